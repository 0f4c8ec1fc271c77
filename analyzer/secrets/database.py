"""The compiled pattern database, kept in the user's cache folder so that a scan starts at once.

A database is code for the pattern engine: it is loaded only from a file that belongs to this user, that
nobody else can write or read, and whose content matches its hash. The name holds the engine's version, the
platform and the patterns, so another release never meets it.
Source: hyperscan's ``hs_serialize_database``; secrets-notes.md 4b.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import sys
from pathlib import Path
from typing import Any, Final

_MAGIC: Final = b"supportpacket patterns 1\n"
_HASH_BYTES: Final = 32
_MAXIMUM: Final = 64 << 20


def cache_folder() -> Path:
    """Return the user's own cache folder for this package (``XDG_CACHE_HOME`` or ``~/.cache``)."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path("~/.cache").expanduser()) / "supportpacket"


def load() -> Any:
    """Return the database: from the cache if it is there and sound, else compiled and cached.

    Raises:
        ImportError: hyperscan has no wheel here.
    """
    import hyperscan

    from analyzer.secrets.engine import expressions

    patterns, ids, flags = expressions()
    path = _path(patterns, ids, flags, _release())
    with contextlib.suppress(OSError, RuntimeError, ValueError, hyperscan.error):
        return _restore(path)
    database = hyperscan.Database()
    database.compile(expressions=patterns, ids=ids, elements=len(patterns), flags=flags)
    with contextlib.suppress(OSError, RuntimeError):
        _keep(path, hyperscan.dumpb(database))
    return database


def _release() -> str:
    import hyperscan

    known = vars(hyperscan).get("__version__")
    if known is None:  # slow to import
        from importlib.metadata import version

        known = version("hyperscan")
    return str(known)


def _path(patterns: list[bytes], ids: list[int], flags: list[int], release: str) -> Path:
    digest = hashlib.sha256(f"{release} {sys.platform} {os.uname().machine} {_cpu()}".encode())
    for pattern, index, flag in zip(patterns, ids, flags, strict=True):
        digest.update(b"%d %d %d " % (index, flag, len(pattern)) + pattern)
    return cache_folder() / f"patterns-{digest.hexdigest()[:24]}.db"


def _cpu() -> str:
    """Return what tells the processor's features, which the compiled code depends on."""
    with contextlib.suppress(OSError), Path("/proc/cpuinfo").open(encoding="ascii", errors="replace") as stream:
        for line in stream:
            if line.startswith(("flags", "Features")):
                return hashlib.sha256(line.encode()).hexdigest()
    import platform  # it starts a program, so it is asked only where nothing else tells

    return platform.processor()


def _restore(path: Path) -> Any:
    import hyperscan

    folder = path.parent.stat()
    if folder.st_uid != os.getuid() or stat.S_IMODE(folder.st_mode) & 0o022:
        raise PermissionError("others can write to the cache folder")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise PermissionError("the cached patterns do not belong to this user alone")
        content = stream.read(_MAXIMUM)
    head = len(_MAGIC) + _HASH_BYTES
    if not content.startswith(_MAGIC) or hashlib.sha256(content[head:]).digest() != content[len(_MAGIC) : head]:
        raise ValueError("the cached patterns are damaged")
    database = hyperscan.loadb(content[head:], hyperscan.HS_MODE_BLOCK)
    # a loaded database has no scratch space of its own (python-hyperscan #153)
    database.scratch = hyperscan.Scratch(database)
    return database


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.chmod(0o700)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(_MAGIC + hashlib.sha256(content).digest() + content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
