"""Members found by their local headers, for a zip without a usable central directory.

A server that dies while it writes a packet leaves such a file (packet-format.md 1.7), and so does a cut
download. Sizes then stand behind each member's data, so the data is inflated once to find where it ends.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from analyzer.archive.inflate import Damage, Inflater, crc32
from analyzer.archive.limits import Clock, ceiling
from analyzer.archive.zipdirectory import (
    CENTRAL_SIGN,
    DEFLATED,
    DESCRIPTOR_SIGN,
    END64_SIGN,
    END_SIGN,
    HAS_DESCRIPTOR,
    LOCAL,
    LOCAL_SIGN,
    Entry,
    widen,
)
from analyzer.errors import UnsafeArchive
from analyzer.text import human_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.archive.limits import Limits
    from analyzer.archive.source import Source

_WINDOW = 1 << 20
_STEP = 1 << 18
_NEWEST_VERSION = 63  # APPNOTE 6.3.10


def read_local(source: Source, offset: int) -> tuple[Entry, int] | None:
    """Return the member that a local header at ``offset`` names and where its data starts, or None."""
    head = source.read_at(offset, LOCAL.size)
    if len(head) < LOCAL.size or not head.startswith(LOCAL_SIGN):
        return None
    _, _, bits, method, clock, date, crc, packed, size, name_size, extra_size = LOCAL.unpack(head)
    rest = source.read_at(offset + LOCAL.size, name_size + extra_size)
    if len(rest) < name_size + extra_size:
        return None
    entry = Entry(
        rest[:name_size], offset, packed, size, crc, method, bits, date, clock, extra=rest[name_size:], recovered=True
    )
    widen(entry)
    entry.offset = offset
    return entry, offset + LOCAL.size + name_size + extra_size


def scan_members(source: Source, limits: Limits, end: int) -> Iterator[Entry]:
    """Yield the members found before ``end``, with the sizes and checksum that their data really has.

    Raises:
        UnsafeArchive: more members than the limits allow, or the search takes too long.
    """
    clock = Clock(source.name, limits.seconds)
    position = found = unpacked = 0
    while (position := find_header(source, position, end, clock)) >= 0:
        read = read_local(source, position)
        if read is None:
            position += len(LOCAL_SIGN)
            continue
        entry, start = read
        found += 1
        if found > limits.members:
            raise UnsafeArchive(f"{source.name}: more members than the limit of {limits.members:,}")
        if unpacked > limits.total_bytes:
            raise UnsafeArchive(f"{source.name}: unpacks to more than {human_bytes(limits.total_bytes)}")
        position = _measure(source, limits, entry, start, end, clock)
        unpacked += entry.size if entry.bits & HAS_DESCRIPTOR else 0
        yield entry


def find_header(source: Source, position: int, end: int, clock: Clock) -> int:
    """Return where the next plausible local header starts at or behind ``position``, or -1."""
    while position + LOCAL.size <= end:
        clock.check()
        window = source.read_at(position, min(_WINDOW, end - position))
        at = -1
        while (at := window.find(LOCAL_SIGN, at + 1)) >= 0 and at + LOCAL.size <= len(window):
            if _plausible(window, at):
                return position + at
        if len(window) < LOCAL.size:
            break
        position += len(window) - LOCAL.size + 1
    return -1


def _plausible(window: bytes, at: int) -> bool:
    """Whether a local header can be meant as one, and is not packed data that looks like its signature."""
    _, version, bits, method, _, _, _, _, _, name_size, _ = LOCAL.unpack_from(window, at)
    return bool(version & 0xFF <= _NEWEST_VERSION and bits & 0xC080 == 0 and method < 100 and name_size)


def _measure(source: Source, limits: Limits, entry: Entry, start: int, end: int, clock: Clock) -> int:
    """Fill in where a member's data ends, and return where to look for the next header."""
    if entry.bits & HAS_DESCRIPTOR and entry.refusal() is None and not (entry.packed or entry.size):
        if entry.method == DEFLATED:
            return _measure_deflated(source, limits, entry, start, end, clock)
        return _measure_stored(source, entry, start, end, clock)
    stop = start + entry.packed
    if stop > end:
        entry.partial = True
        stop = end
    elif stop < end and source.read_at(stop, 2) != b"PK":
        # the size is wrong: the data goes to the next header at most
        following = find_header(source, start, end, clock)
        entry.fault = "its local header gives a wrong packed size"
        stop = following if following >= 0 else end
    entry.bound = stop
    return stop


def _measure_deflated(source: Source, limits: Limits, entry: Entry, start: int, end: int, clock: Clock) -> int:
    most, _ = ceiling(limits, limits.total_bytes, max(end - start, 1))
    inflater = Inflater(source.read_at, start, end)
    crc = 0
    try:
        for piece in inflater.pieces(_STEP):
            crc = crc32(piece, crc)
            clock.check()
            if inflater.unpacked > most:
                raise Damage("unpacks to more than the limit", "limit")
    except Damage as damage:
        following = find_header(source, start, end, clock)
        stop = following if following >= 0 else end
        entry.fault = damage.reason if damage.stage == "limit" else None
        entry.packed, entry.size, entry.crc, entry.bound = stop - start, inflater.unpacked, crc, stop
        return stop
    entry.packed, entry.size, entry.crc = inflater.packed, inflater.unpacked, crc
    entry.bound = start + inflater.packed
    if not inflater.finished:
        entry.partial = True
        entry.packed, entry.bound = end - start, end
        return end
    return _check_descriptor(source, entry, end)


def _check_descriptor(source: Source, entry: Entry, end: int) -> int:
    """Compare the sizes behind the data with the data; return where the descriptor ends."""
    behind = source.read_at(entry.bound, min(24, end - entry.bound))
    signed = len(DESCRIPTOR_SIGN) if behind.startswith(DESCRIPTOR_SIGN) else 0
    for form in ("<3I", "<I2Q"):
        fields = behind[signed : signed + struct.calcsize(form)]
        if len(fields) == struct.calcsize(form) and struct.unpack(form, fields) == (
            entry.crc,
            entry.packed,
            entry.size,
        ):
            return entry.bound + signed + len(fields)
    if len(behind) < signed + 12:
        entry.partial = True
        return end
    entry.fault = "its data contradicts the checksum and sizes behind it"
    return entry.bound


def _measure_stored(source: Source, entry: Entry, start: int, end: int, clock: Clock) -> int:
    """Find the end of unpacked data of unknown size: a descriptor that fits the distance to it."""
    position = start
    while position < end:
        clock.check()
        window = source.read_at(position, min(_WINDOW, end - position))
        at = -1
        while (at := window.find(DESCRIPTOR_SIGN, at + 1)) >= 0:
            if at + 16 <= len(window):
                crc, packed, size = struct.unpack_from("<3I", window, at + 4)
                if packed == size == position + at - start:
                    entry.crc, entry.packed, entry.size, entry.bound = crc, packed, size, position + at
                    return position + at + 16
        if len(window) < 16:
            break
        position += len(window) - 15
    following = find_header(source, start, end, clock)
    stop = following if following >= 0 else end
    entry.packed = entry.size = stop - start
    entry.bound, entry.partial = stop, True
    return stop


def looks_like_zip(head: bytes) -> bool:
    """Whether a file starts as zip files do."""
    return head.startswith((LOCAL_SIGN, CENTRAL_SIGN, END_SIGN, END64_SIGN, DESCRIPTOR_SIGN + LOCAL_SIGN))
