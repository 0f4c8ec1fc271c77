"""What a log is read from: a path, bytes, a binary file object, or chunks of bytes."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, Protocol, TypeAlias, cast

from analyzer.errors import PacketError, SourceError

CHUNK: Final = 256 << 10
_PEEK: Final = 64 << 10
_GZIP: Final = b"\x1f\x8b\x08"
# a byte order mark, and text of a log's first line; a NUL or two in UTF-8 must not be taken for it
_UTF_16: Final = (
    ("utf-16-le", re.compile(rb"\xff\xfe(?:[\t\n\r -~]\0){15}")),
    ("utf-16-be", re.compile(rb"\xfe\xff(?:\0[\t\n\r -~]){15}")),
)
_ENOUGH: Final = 32


class Readable(Protocol):
    """A binary file object; only ``read`` is needed."""

    def read(self, size: int = ..., /) -> bytes:
        """Return up to ``size`` bytes, none at the end."""


LogSource: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable | Iterable[bytes]


@dataclass(slots=True)
class Feed:
    """Chunks of a source, and what came of reading them."""

    chunks: Iterator[bytes]
    name: str
    limit: int
    done: int = 0
    total: int | None = None
    trouble: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[bytes]:
        """Yield chunks up to the limit; an error after the first bytes ends the log early, in ``trouble``."""
        try:
            for chunk in self.chunks:
                room = self.limit - self.done
                self.done += min(len(chunk), room)
                if len(chunk) > room:
                    self.trouble.append(f"only the first {self.limit:,} bytes were read")
                    yield chunk[:room]
                    return
                if chunk:
                    yield chunk
        except (PacketError, OSError, EOFError, zlib.error) as error:
            if not self.done:
                if isinstance(error, PacketError):
                    raise
                raise SourceError(f"{self.name}: {_reason(error)}") from error
            self.trouble.append(f"reading stopped after {self.done:,} bytes: {_reason(error)}")


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def is_bare_log(source: str) -> bool:
    """Tell whether ``source`` is one file that is no archive: a log, as it is or with gzip.

    Raises SourceError if it is a file that cannot be read.
    """
    path = Path(source)
    if "\0" in source or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_PEEK)
    except OSError as error:
        raise SourceError(f"{path.name}: {_reason(error)}") from error
    if head.startswith(_GZIP):
        with contextlib.suppress(zlib.error):
            head = zlib.decompressobj(wbits=31).decompress(head, _PEEK)
    return not head.startswith((b"PK\x03\x04", b"PK\x05\x06")) and head[257:262] != b"ustar"


def open_feed(source: LogSource, limit: int) -> Feed:
    """Return the chunks of a source; gzip (a rotated log) is unpacked on the way.

    Raises SourceError if a path cannot be opened and TypeError if ``source`` is of no known kind.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = memoryview(source).cast("B")
        feed = Feed(_of_bytes(data), "log", limit, total=len(data))
        return _unzipped(feed)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        try:
            if not path.is_file():
                raise SourceError(f"{path.name}: {'not a file' if path.exists() else 'no such file'}")
            size = path.stat().st_size
            handle = path.open("rb", buffering=0)
        except OSError as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(f"{path.name}: {_reason(error)}") from error
        return _unzipped(Feed(_of_file(cast("BinaryIO", handle), close=True), path.name, limit, total=size))
    name = Path(str(getattr(source, "name", "log"))).name
    if hasattr(source, "read"):
        return _unzipped(Feed(_of_file(cast("BinaryIO", source), close=False), name, limit))
    if isinstance(source, Iterable):
        return _unzipped(Feed(iter(source), name, limit))
    raise TypeError(f"a log is read from a path, bytes, a binary file or chunks, not {type(source).__name__}")


def _of_bytes(data: memoryview) -> Iterator[bytes]:
    for start in range(0, len(data), CHUNK):
        yield bytes(data[start : start + CHUNK])


def _of_file(handle: BinaryIO, *, close: bool) -> Iterator[bytes]:
    try:
        while chunk := handle.read(CHUNK):
            yield chunk
    finally:
        if close:
            handle.close()


def _unzipped(feed: Feed) -> Feed:
    """Unpack gzip, and make UTF-16 (what PowerShell's ``>`` writes) UTF-8, if the first bytes say so."""
    first, rest = _peek(feed.chunks)
    feed.chunks = _again(first, rest)
    if first.startswith(_GZIP):
        first, rest = _peek(_gunzip(first, rest))
        feed.chunks, feed.total = _again(first, rest), None
    for encoding, start in _UTF_16:
        if start.match(first):
            feed.chunks, feed.total = _recoded(_again(first, rest), encoding), None
    return feed


def _peek(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the first bytes, enough to tell what they are, and the chunks after them."""
    first = b""
    while len(first) < _ENOUGH:
        try:
            piece = next(chunks, b"")
        except (PacketError, OSError, EOFError, zlib.error) as error:
            if first:
                return first, _failing(error)
            raise
        if not piece:
            break
        first += piece
    return first, chunks


def _failing(error: Exception) -> Iterator[bytes]:
    raise error
    yield b""


def _recoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _gunzip(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the unpacked bytes in bounded pieces; several gzip members may follow each other."""
    unpack = zlib.decompressobj(wbits=31)
    for chunk in _again(first, rest):
        data = chunk
        while data:
            yield unpack.decompress(data, CHUNK)
            data = unpack.unconsumed_tail
            if unpack.eof and unpack.unused_data.startswith(_GZIP):
                data, unpack = unpack.unused_data, zlib.decompressobj(wbits=31)
            elif unpack.eof:
                return
    if not unpack.eof:
        yield unpack.flush()
        raise EOFError("the gzip file is cut")
