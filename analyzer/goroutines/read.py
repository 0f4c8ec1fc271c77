"""From a file, bytes or a file object to a GoroutineDump."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from analyzer.errors import DumpError, PartError, SourceError
from analyzer.goroutines.counts import TITLE, from_columns, read_counts
from analyzer.goroutines.model import GoroutineDump
from analyzer.goroutines.records import Records, read_records
from analyzer.goroutines.unwrap import is_wrapped, left_wrapped, plain, unwrap
from analyzer.text import human_bytes, printable

DumpSource: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO

MAX_BYTES: Final = 512 << 20
"""Go writes at most 64 MiB; log prefixes and escapes make a few times that of it."""


_GZIP: Final = b"\x1f\x8b"
_SNIFF: Final = 65536


def load(source: DumpSource, name: str | None = None) -> tuple[bytes, str]:
    """Return the bytes of a source and a name for messages.

    Raises:
        SourceError: it cannot be read.
        DumpError: it is larger than ``MAX_BYTES``.
    """
    if isinstance(source, bytes | bytearray | memoryview):
        data, name = bytes(source), name or "goroutines"
    else:
        own = getattr(source, "name", "goroutines") if hasattr(source, "read") else source
        name = printable(name or str(own), 200)
        try:
            if isinstance(source, str | os.PathLike):
                with Path(source).open("rb") as stream:
                    data = stream.read(MAX_BYTES + 1)
            else:
                data = source.read(MAX_BYTES + 1)
        except OSError as error:
            raise SourceError(f"{name}: {error.strerror or type(error).__name__}") from None
    if len(data) > MAX_BYTES:
        raise DumpError(f"{name}: larger than {human_bytes(MAX_BYTES)}, so no goroutine dump")
    return data, name


def read_goroutines(source: DumpSource, *, name: str | None = None) -> GoroutineDump:
    """Read the goroutines of a process.

    Dumps of Go 1.4 to 1.27 (``debug=2``, panic output), alone or inside a log; goroutine profiles as text
    (``debug=1``) or protobuf, which give the same groups, but no ids, minutes, creators and arguments.

    Args:
        source: path, bytes, or a file object opened in binary mode.
        name: what to call it in messages; its own name by default.

    Raises:
        SourceError: the source cannot be read.
        DumpError: it holds no goroutine at all, or is a profile of something else.
    """
    data, name = load(source, name)
    try:
        dump = _dump(data)
    except PartError as error:
        raise DumpError(f"{name}: {error}") from None
    if not dump.total:
        raise DumpError(f"{name}: holds no goroutine")
    return dump


def _dump(data: bytes) -> GoroutineDump:
    """Tell the form and read it."""
    from analyzer.profiles.container import gunzip

    if data.startswith(_GZIP):
        data = gunzip(data, MAX_BYTES)
    text = plain(data)
    if TITLE.match(text[:4096]):
        return GoroutineDump(read_counts(text), "counts")
    if b"\0" in text[:_SNIFF] and b"goroutine " not in text[:_SNIFF]:
        from analyzer.profiles.read import read_columns

        return GoroutineDump(from_columns(read_columns(data, max_bytes=MAX_BYTES)), "profile")
    return GoroutineDump(_read_text(text))


def _read_text(text: bytes) -> Records:
    """Read a dump that stands for itself, or is inside something else."""
    if not is_wrapped(text):
        records = read_records(text)
        if not left_wrapped(records):
            return records
    inner = unwrap(text)
    return read_records(inner.text, inner.lines, cut=inner.cut)
