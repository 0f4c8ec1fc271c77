"""Zip files built field by field, so that every field can lie."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from dataclasses import dataclass

import pytest


@dataclass
class Piece:
    """One member; a field that is None is filled in honestly."""

    name: bytes
    data: bytes = b""
    method: int = 8
    packed_data: bytes | None = None
    local_name: bytes | None = None
    crc: int | None = None
    size: int | None = None
    packed: int | None = None
    offset: int | None = None
    bits: int = 0
    made_by: int = 20
    attributes: int = 0
    extra: bytes = b""
    comment: bytes = b""
    in_body: bool = True


def deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def forge(
    pieces: list[Piece], *, comment: bytes = b"", entries: int | None = None, end64: tuple[int, int, int] | None = None
) -> bytes:
    """Build a zip; ``entries`` forges the count, ``end64`` adds a zip64 record (entries, size, offset)."""
    body, directory = bytearray(), bytearray()
    for piece in pieces:
        packed_data = piece.packed_data
        if packed_data is None:
            packed_data = deflate(piece.data) if piece.method == 8 else piece.data
        crc = zlib.crc32(piece.data) if piece.crc is None else piece.crc
        size = len(piece.data) if piece.size is None else piece.size
        packed = len(packed_data) if piece.packed is None else piece.packed
        local_name = piece.name if piece.local_name is None else piece.local_name
        offset = len(body) if piece.offset is None else piece.offset
        short = (min(packed, 0xFFFFFFFF), min(size, 0xFFFFFFFF))
        if piece.in_body:
            body += struct.pack(
                "<4s5H3I2H", b"PK\3\4", 20, piece.bits, piece.method, 0, 0x5821, crc, *short, len(local_name), 0
            )
            body += local_name + packed_data
        directory += struct.pack(
            "<4s6H3I5H2I", b"PK\1\2", piece.made_by, 20, piece.bits, piece.method, 0, 0x5821, crc, *short,
            len(piece.name), len(piece.extra), len(piece.comment), 0, 0, piece.attributes, offset,
        )  # fmt: skip
        directory += piece.name + piece.extra + piece.comment
    start = len(body)
    total = len(pieces) if entries is None else entries
    body += directory
    if end64 is not None:
        where = len(body)
        count64, size64, offset64 = end64
        body += struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count64, count64, size64, offset64)
        body += struct.pack("<4sIQI", b"PK\6\7", 0, where, 1)
    body += struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, total, total, len(directory), start, len(comment))
    return bytes(body) + comment


class Peak:
    """Most memory that Python allocated inside the block, in bytes."""

    bytes = 0

    def __enter__(self):
        tracemalloc.start()
        return self

    def __exit__(self, *_):
        self.bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()


@pytest.fixture(scope="session")
def piece():
    return Piece


@pytest.fixture(scope="session")
def build():
    return forge


@pytest.fixture(scope="session")
def pack():
    return deflate


@pytest.fixture
def peak():
    return Peak()
