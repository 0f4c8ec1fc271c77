"""Writing files so that nothing is lost or half-written: a leaf that every room may use."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.text import printable


def refuse_overwrite(path: str | os.PathLike[str], *, force: bool) -> None:
    """Raise UsageError if ``path`` exists and ``force`` is false."""
    if not force and os.path.lexists(path):
        raise UsageError(f"{printable(str(path))} exists already (use --force to overwrite it)")


@contextlib.contextmanager
def replace_when_done(path: str | os.PathLike[str], *, force: bool = False, mode: int | None = None) -> Iterator[Path]:
    """Yield a temporary name beside ``path``; rename it to ``path`` on success, remove it on any error.

    Args:
        path: the file to write; its folder is created.
        force: overwrite an existing file.
        mode: permission bits; the umask's default for new files otherwise.

    Raises:
        UsageError: ``path`` exists and ``force`` is false, or it cannot be written; one line.
    """
    target = Path(path)
    refuse_overwrite(target, force=force)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:80]}.", suffix=".part", dir=target.parent)
    except OSError as error:
        raise UsageError(f"{printable(str(path))}: cannot be written: {error.strerror or error}") from None
    os.close(handle)
    partial = Path(name)
    try:
        yield partial
        partial.chmod(mode if mode is not None else 0o666 & ~_umask())
        # checked again: another process may have written the name meanwhile
        refuse_overwrite(target, force=force)
        partial.replace(target)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
