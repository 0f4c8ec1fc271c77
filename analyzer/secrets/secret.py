"""A secret that cannot slip out, and the keyed fingerprints that stand for it.

The text of a :class:`Secret` is ``<kind, length, fingerprint>``; only ``reveal()`` gives the value.
Fingerprints are HMAC-SHA256 with the user's own key: without a key, the hash of a weak password can be guessed
(Presidio #1845).
"""

from __future__ import annotations

import contextlib
import hmac
import os
import stat
from pathlib import Path
from typing import Any, Final

from analyzer.errors import UsageError
from analyzer.text import count, printable

_KEY_BYTES: Final = 32
_KEY_MINIMUM: Final = 16
_KEY_MAXIMUM: Final = 4096


class Secret:
    """One decoded secret value. Equal if kind-independent value and key are equal; never printed."""

    __slots__ = ("_value", "fingerprint", "kind")

    def __init__(self, value: str, kind: str, fingerprint: str) -> None:
        self._value = value
        self.kind = kind
        self.fingerprint = fingerprint

    def reveal(self) -> str:
        """Return the value in clear. Whatever calls this is responsible for where it goes."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return f"<{self.kind}, {count(len(self._value), 'character')}, {self.fingerprint}>"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return self.fingerprint == other.fingerprint if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        return (Secret, (self._value, self.kind, self.fingerprint))


class FingerprintKey:
    """The key of the fingerprints; its own text is only a short id, so that two runs can be told apart."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def fingerprint(self, value: str) -> str:
        """Return ``hmac-`` and 32 hexadecimal digits for a decoded value."""
        digest = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return f"hmac-{digest[:16].hex()}"

    @property
    def id(self) -> str:
        """Eight digits that tell which key was used; written into baselines."""
        return hmac.digest(self._key, b"supportpacket key id", "sha256")[:4].hex()

    def __repr__(self) -> str:
        return f"<fingerprint key {self.id}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (FingerprintKey, (self._key,))


def read_key(path: str | os.PathLike[str]) -> FingerprintKey:
    """Read a key file: any 16 to 4096 bytes, line breaks at the end ignored.

    Raises:
        UsageError: the file cannot be read, or is too short or too long for a key.
    """
    shown = printable(os.fspath(path))
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(_KEY_MAXIMUM + 1).rstrip(b"\r\n")
    except OSError as error:
        raise UsageError(f"{shown}: key file cannot be read: {error.strerror}") from None
    if not _KEY_MINIMUM <= len(content) <= _KEY_MAXIMUM:
        raise UsageError(f"{shown}: a key file holds {_KEY_MINIMUM} to {_KEY_MAXIMUM} bytes")
    return FingerprintKey(content)


def config_folder() -> Path:
    """Return the user's own folder for this package's settings (``XDG_CONFIG_HOME`` or ``~/.config``)."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path("~/.config").expanduser()) / "supportpacket"


def own_key() -> FingerprintKey:
    """Return the user's own key, made once with mode 0600; where that cannot be kept, one for this run alone."""
    try:
        path = config_folder() / "fingerprint.key"
        key = _existing(path) or _create(path)
    except (OSError, RuntimeError):
        key = None
    return FingerprintKey(key or os.urandom(_KEY_BYTES))


def _existing(path: Path) -> bytes | None:
    with contextlib.suppress(FileNotFoundError), path.open("rb") as stream:
        found = os.fstat(stream.fileno())
        if found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o077:
            content = stream.read(_KEY_MAXIMUM).strip()
            return content if len(content) >= _KEY_MINIMUM else None
        raise PermissionError("the key can be read by others")
    return None


def _create(path: Path) -> bytes | None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = os.urandom(_KEY_BYTES).hex().encode()
    # written whole under a name of its own and linked: two first runs at once agree on one key
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        os.write(handle, key)
        os.close(handle)
        with contextlib.suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return _existing(path)
