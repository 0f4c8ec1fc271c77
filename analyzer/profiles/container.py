"""Where the bytes of a profile come from: a path, a file object or bytes; gzip or not; never without a limit."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, TypeAlias

from analyzer.errors import ProfileError, SourceError
from analyzer.text import human_bytes, printable

Source: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO

MAX_BYTES = 1 << 30  # of one profile, unpacked; a million distinct stacks take 64 MB
_RATIO = 150  # real profiles pack 2 to 20 times; deflate itself ends at 1032
_FREE = 64 << 20  # below this no ratio is looked at
_CHUNK = 4 << 20
_TRUNCATED = "decompressing profile: unexpected EOF"


def loader(source: Source, max_bytes: int = MAX_BYTES) -> Callable[[], bytes]:
    """Return a function that gives the bytes of a source, unpacked if they are gzip, as often as it is called.

    The function raises:
        SourceError: the source cannot be read.
        ProfileError: it is larger than ``max_bytes``, or broken gzip.
    """
    if not isinstance(source, (str, os.PathLike)):
        packed = _raw(source, max_bytes)
        return lambda: _unpacked(packed, max_bytes)
    return lambda: _unpacked(_raw(source, max_bytes), max_bytes)


def _unpacked(data: bytes, max_bytes: int) -> bytes:
    return gunzip(data, max_bytes) if data[:2] == b"\x1f\x8b" else data


def _raw(source: Source, max_bytes: int) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        data = bytes(source)
    elif isinstance(source, (str, os.PathLike)):
        try:
            with Path(source).open("rb") as file:
                data = file.read(max_bytes + 1)
        except OSError as error:
            raise SourceError(f"{printable(os.fspath(source))}: {error.strerror or error}") from None
    else:
        data = source.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ProfileError(f"the profile is larger than {human_bytes(max_bytes)}")
    return data


def gunzip(data: bytes, max_bytes: int = MAX_BYTES) -> bytes:
    """Unpack gzip, all members of it, stopping at a limit that no real profile reaches.

    Raises:
        ProfileError: broken gzip (``verdict`` says what Go says), or more than ``max_bytes`` come out.
    """
    limit = min(max_bytes, max(_FREE, _RATIO * len(data)))
    chunks: list[bytes] = []
    room = limit
    at = 0
    while at < len(data):
        at, member = _member(data, at, room)
        chunks += member
        room -= sum(map(len, member))
    return b"".join(chunks)


def _member(data: bytes, at: int, room: int) -> tuple[int, list[bytes]]:
    """Unpack one gzip member; return where it ends and its content in pieces."""
    from isal import isal_zlib

    unpacker = isal_zlib.decompressobj(wbits=31)
    pieces: list[bytes] = []
    limit = room
    feed = 1 << 10  # small at first: what lies behind a member is copied each time
    try:
        while not unpacker.eof:
            pending = unpacker.unconsumed_tail or data[at : at + feed]
            if not unpacker.unconsumed_tail:
                at += len(pending)
                feed = min(feed * 4, _CHUNK)
            piece = unpacker.decompress(pending, _CHUNK)
            if not piece and not pending:
                raise ProfileError("the gzip data is cut short", verdict=_TRUNCATED)
            pieces.append(piece)
            room -= len(piece)
            if room < 0:
                raise ProfileError(f"the gzip data unpacks to more than {human_bytes(limit)}")
    except isal_zlib.error as error:  # type: ignore[misc]  # the stubs lack its base class
        raise ProfileError(f"the gzip data is broken: {error}", verdict=_verdict(str(error))) from None
    return at - len(unpacker.unused_data), pieces


def _verdict(reason: str) -> str:
    lowered = reason.lower()
    if "header" in lowered or "method" in lowered or "wrapper" in lowered:
        return "decompressing profile: gzip: invalid header"
    if "checksum" in lowered or "trailer" in lowered:
        return "decompressing profile: gzip: invalid checksum"
    return "decompressing profile: flate: corrupt input"
