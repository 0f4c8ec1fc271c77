"""Where the bytes of a profile come from: a path, a file object or bytes; gzip or not; never without a limit."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import SEEK_CUR, SEEK_END, BytesIO
from pathlib import Path
from typing import BinaryIO, TypeAlias

from analyzer.errors import ProfileError, SourceError
from analyzer.text import human_bytes, printable

Source: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO

MAX_BYTES = 1 << 30  # of one profile, unpacked; a million distinct stacks take 64 MB
_RATIO = 150  # real profiles pack 2 to 20 times; deflate itself ends at 1032
_FREE = 64 << 20  # below this no ratio is looked at
_BLOCK = 256 << 10  # unpacked bytes at a time
_FEED = 64 << 10  # packed bytes at a time
_TRUNCATED = "decompressing profile: unexpected EOF"


class UnpackError(ProfileError):
    """The content cannot be had: broken gzip, or more than the limit."""


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a source, unpacked if they are gzip, as often as they are asked for.

    Both methods raise:
        SourceError: the source cannot be read.
        UnpackError: it is larger than the limit, or broken gzip.
    """

    name: str
    open: Callable[[], BinaryIO]
    max_bytes: int

    def blocks(self) -> Iterator[bytes]:
        """Yield the content in blocks of about 256 kB."""
        try:
            with self.open() as file:
                yield from _gathered(_unpacked(file, self.max_bytes))
        except OSError as error:
            raise _unreadable(self.name, error) from None

    def whole(self) -> bytes:
        """Return all of the content."""
        return b"".join(self.blocks())


def content(source: Source, max_bytes: int = MAX_BYTES) -> Content:
    """Return what is in a source; a file of the disk is read when asked for, anything else now.

    Raises:
        SourceError: the source cannot be read.
        ProfileError: it is larger than ``max_bytes``.
    """
    if isinstance(source, (str, os.PathLike)) and _can_be_read_again(source):
        return Content(printable(os.fspath(source)), lambda: Path(source).open("rb"), max_bytes)
    packed = _raw(source, max_bytes)
    return Content("", lambda: BytesIO(packed), max_bytes)


def _can_be_read_again(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a file with a size, neither a pipe nor something the kernel makes up."""
    try:
        found = os.stat(path)  # noqa: PTH116 - as any path that open takes
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0


def _unreadable(name: str, error: OSError) -> SourceError:
    return SourceError(f"{name}: {error.strerror or error}")


def _too_large(max_bytes: int) -> UnpackError:
    return UnpackError(f"the profile is larger than {human_bytes(max_bytes)}")


def _raw(source: Source, max_bytes: int) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        try:
            with Path(source).open("rb") as file:
                data = file.read(max_bytes + 1)
        except OSError as error:
            raise _unreadable(printable(os.fspath(source)), error) from None
    else:
        data = source.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise _too_large(max_bytes)
    return data


def _unpacked(file: BinaryIO, max_bytes: int) -> Iterator[bytes]:
    size = file.seek(0, SEEK_END)
    file.seek(0)
    if size > max_bytes:
        raise _too_large(max_bytes)
    magic = file.read(2)
    file.seek(0)
    if magic == b"\x1f\x8b":
        yield from _inflated(file, size, max_bytes)
        return
    for left in range(size, 0, -_BLOCK):
        yield file.read(min(left, _BLOCK))


def _gathered(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Join small pieces: a file may be made of many tiny gzip members."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)


def gunzip(data: bytes, max_bytes: int = MAX_BYTES) -> bytes:
    """Unpack gzip, all members of it, stopping at a limit that no real profile reaches.

    Raises:
        ProfileError: broken gzip (``verdict`` says what Go says), or more than ``max_bytes`` come out.
    """
    return b"".join(_inflated(BytesIO(data), len(data), max_bytes))


def _inflated(file: BinaryIO, size: int, max_bytes: int) -> Iterator[bytes]:
    limit = min(max_bytes, max(_FREE, _RATIO * size))
    room = limit
    while file.tell() < size:
        for piece in _member(file):
            room -= len(piece)
            if room < 0:
                raise UnpackError(f"the gzip data unpacks to more than {human_bytes(limit)}")
            yield piece


def _member(file: BinaryIO) -> Iterator[bytes]:
    """Unpack one gzip member and leave the file where it ends."""
    from isal import isal_zlib

    unpacker = isal_zlib.decompressobj(wbits=31)
    feed = 1 << 10  # small at first: what lies behind a member is copied each time
    try:
        while not unpacker.eof:
            pending = unpacker.unconsumed_tail
            if not pending:
                pending = file.read(feed)
                feed = min(feed * 4, _FEED)
            piece = unpacker.decompress(pending, _BLOCK)
            if not piece and not pending:
                raise UnpackError("the gzip data is cut short", verdict=_TRUNCATED)
            yield piece
    except isal_zlib.error as error:  # type: ignore[misc]  # the stubs lack its base class
        raise UnpackError(f"the gzip data is broken: {error}", verdict=_verdict(str(error))) from None
    file.seek(-len(unpacker.unused_data), SEEK_CUR)


def _verdict(reason: str) -> str:
    lowered = reason.lower()
    if "header" in lowered or "method" in lowered or "wrapper" in lowered:
        return "decompressing profile: gzip: invalid header"
    if "checksum" in lowered or "trailer" in lowered:
        return "decompressing profile: gzip: invalid checksum"
    return "decompressing profile: flate: corrupt input"
