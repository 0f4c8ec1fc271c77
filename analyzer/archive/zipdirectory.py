"""The end record and the central directory of a zip file, read within bounds.

Layout: APPNOTE.TXT 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), sections 4.3.7 to 4.3.16
and 4.5.3. Nothing a field claims is allocated or trusted before it is compared with the file.
"""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from analyzer.errors import UnsafeArchive
from analyzer.text import count, human_bytes

if TYPE_CHECKING:
    from analyzer.archive.limits import Limits
    from analyzer.archive.source import Source

LOCAL_SIGN, CENTRAL_SIGN, END_SIGN = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
DESCRIPTOR_SIGN, END64_SIGN, LOCATOR_SIGN = b"PK\x07\x08", b"PK\x06\x06", b"PK\x06\x07"
LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
END64 = struct.Struct("<4sQ2H2I4Q")
LOCATOR = struct.Struct("<4sIQI")
STORED, DEFLATED = 0, 8
HAS_DESCRIPTOR = 1 << 3
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_ENCRYPTED = ((1 << 6, "strongly encrypted"), (1 << 13, "encrypted with its directory"), (1, "encrypted"))
_PATCHED = 1 << 5
_METHODS = {
    1: "shrink", 6: "implode", 9: "deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "xz", 98: "PPMd",
    99: "AES encryption",
}  # fmt: skip
_UNIX_HOSTS = {3, 19}  # Unix, OS X


@dataclass(slots=True)
class Entry:
    """One member as the container describes it; offsets count from the start of the source."""

    raw_name: bytes
    offset: int
    packed: int
    size: int
    crc: int
    method: int
    bits: int
    date: int
    time: int
    made_by: int = 0
    attributes: int = 0
    extra: bytes = b""
    comment: bytes = b""
    bound: int = 0  # no byte at or behind it belongs to this member
    recovered: bool = False
    partial: bool = False
    misplaced: bool = False
    fault: str | None = None  # known to be wrong, though its data may still be read

    def is_folder(self) -> bool:
        """Whether it is only a folder's name."""
        unix_folder = self.made_by >> 8 in _UNIX_HOSTS and stat.S_ISDIR(self.attributes >> 16)
        return self.size == 0 and self.packed <= 2 and (self.raw_name.endswith((b"/", b"\\")) or unix_folder)

    def refusal(self) -> str | None:
        """Return why such a member is never read, or None."""
        for bit, words in _ENCRYPTED:
            if self.bits & bit:
                return f"{words}, so it cannot be read"
        if self.bits & _PATCHED:
            return "holds a patch, not a file"
        if self.method not in {STORED, DEFLATED}:
            return f"packed with {_METHODS.get(self.method, f'method {self.method}')}; only deflate is read"
        if self.made_by >> 8 in _UNIX_HOSTS:
            mode = self.attributes >> 16
            if stat.S_IFMT(mode) and not stat.S_ISREG(mode):
                return "a symbolic link" if stat.S_ISLNK(mode) else "no regular file"
        return None

    def modified(self) -> datetime | None:
        """Return the extended timestamp if there is one, else the DOS date as if it were UTC, else None."""
        extended = extra_field(self.extra, 0x5455)
        if len(extended) >= 5 and extended[0] & 1:
            return datetime.fromtimestamp(0, UTC) + timedelta(seconds=struct.unpack_from("<i", extended, 1)[0])
        date, time = self.date, self.time
        try:
            return datetime(
                1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2, tzinfo=UTC
            )
        except ValueError:  # month 0, as packets before 9.3 have it (packet-format.md 1.7)
            return None


@dataclass(slots=True)
class Directory:
    """What the end record and the central directory say.

    Attributes:
        entries: one for each member, in order.
        start: where the central directory starts in the source.
        end: end of the end record with its comment.
        shift: bytes that stand before the archive (negative when bytes are missing).
        comment: the archive's comment.
        notes: what is unusual, one line each.
        complete: whether every entry that was announced could be read.
    """

    start: int
    end: int
    shift: int = 0
    comment: bytes = b""
    entries: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    complete: bool = True


@dataclass(slots=True)
class _End:
    position: int
    directory_end: int
    entries: int
    directory_size: int
    directory_offset: int
    comment: bytes
    notes: list[str]


def extra_field(extra: bytes, wanted: int) -> bytes:
    """Return the data of one extra field, or nothing (APPNOTE 4.5)."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        if kind == wanted:
            return extra[at + 4 : at + 4 + length]
        at += 4 + length
    return b""


def read_directory(source: Source, limits: Limits) -> Directory | None:
    """Read the central directory, or return None if the source has no usable end record.

    Raises:
        UnsafeArchive: more members, or a larger directory, than the limits allow; known before it is read.
        SourceError: the source fails.
    """
    end = _find_end(source)
    if end is None:
        return None
    # a count that the directory has no room for is a lie or a flipped bit: what stands there is read
    entries = min(end.entries, end.directory_size // CENTRAL.size)
    if entries > limits.members:
        raise UnsafeArchive(f"{source.name}: {entries:,} members are more than the limit of {limits.members:,}")
    if end.directory_size > limits.directory_bytes:
        raise UnsafeArchive(
            f"{source.name}: a central directory of {human_bytes(end.directory_size)} is more than the limit of "
            f"{human_bytes(limits.directory_bytes)}"
        )
    start = end.directory_end - end.directory_size
    directory = Directory(
        start=start,
        end=end.position + END.size + len(end.comment),
        shift=start - end.directory_offset,
        comment=end.comment,
        notes=end.notes,
    )
    _read_entries(source, limits, directory, end)
    return directory


def _find_end(source: Source) -> _End | None:
    """Return the last end record that fits a central directory right before it."""
    base = max(0, source.size - END.size - _FULL16)
    tail = source.read_at(base, source.size - base)
    at = len(tail)
    while (at := tail.rfind(END_SIGN, 0, at)) >= 0:
        if at + END.size <= len(tail):
            end = _parse_end(source, tail, base, at)
            if end is not None and _fits(source, end):
                return end
    return None


def _parse_end(source: Source, tail: bytes, base: int, at: int) -> _End | None:
    _, disk, _, _, entries, size, offset, comment_size = END.unpack_from(tail, at)
    comment = tail[at + END.size : at + END.size + comment_size]
    end = _End(base + at, base + at, entries, size, offset, comment, [])
    if len(comment) < comment_size:
        end.notes.append("the archive comment is cut")
    if END_SIGN in comment:
        end.notes.append("the archive comment holds another zip's end record")
    if disk not in {0, _FULL16}:
        end.notes.append(f"this is part {disk + 1} of a zip in several parts")
    _apply_zip64(source, end)
    return end


def _apply_zip64(source: Source, end: _End) -> None:
    """Take numbers that do not fit the end record from the zip64 record, which must end where its locator starts."""
    where = end.position - LOCATOR.size
    locator = source.read_at(where, LOCATOR.size) if where >= 0 else b""
    if not locator.startswith(LOCATOR_SIGN):
        return
    for at in (where - END64.size, LOCATOR.unpack(locator)[2]):
        record = source.read_at(at, END64.size) if 0 <= at <= where - END64.size else b""
        if record.startswith(END64_SIGN) and at + 12 + END64.unpack(record)[1] == where:
            break
    else:
        end.notes.append("its zip64 locator leads nowhere")
        return
    end.directory_end = at
    entries, size, offset = END64.unpack(record)[7:]
    plain = (end.entries, end.directory_size, end.directory_offset)
    if end.entries == _FULL16:
        end.entries = entries
    if end.directory_size == _FULL32:
        end.directory_size = size
    if end.directory_offset == _FULL32:
        end.directory_offset = offset
    if plain == (end.entries, end.directory_size, end.directory_offset) != (entries, size, offset):
        end.notes.append("its zip64 record contradicts its end record")


def _fits(source: Source, end: _End) -> bool:
    start = end.directory_end - end.directory_size
    if end.directory_size == 0:
        return end.entries == 0
    return start >= 0 and source.read_at(start, 4) == CENTRAL_SIGN


def _read_entries(source: Source, limits: Limits, directory: Directory, end: _End) -> None:
    data = source.read_at(directory.start, end.directory_size)
    at, entries = 0, directory.entries
    while at + CENTRAL.size <= len(data) and data.startswith(CENTRAL_SIGN, at):
        if len(entries) >= limits.members:
            raise UnsafeArchive(f"{source.name}: more members than the limit of {limits.members:,}")
        (_, made_by, _, bits, method, time, date, crc, packed, size, name_size, extra_size, comment_size, _, _,
         attributes, offset) = CENTRAL.unpack_from(data, at)  # fmt: skip
        at += CENTRAL.size
        name_end, extra_end = at + name_size, at + name_size + extra_size
        entry = Entry(
            data[at:name_end], offset, packed, size, crc, method, bits, date, time, made_by, attributes,
            data[name_end:extra_end], data[extra_end : extra_end + comment_size],
        )  # fmt: skip
        at = extra_end + comment_size
        if at > len(data):
            break
        widen(entry)
        entry.offset += directory.shift
        entries.append(entry)
    if at != len(data) or len(entries) != end.entries:
        directory.complete = False
        directory.notes.append(
            f"the end record announces {count(end.entries, 'member')}, its central directory lists {len(entries):,}"
        )


def widen(entry: Entry) -> None:
    """Take sizes and offset that do not fit 32 bits from the zip64 extra field (APPNOTE 4.5.3)."""
    if _FULL32 not in {entry.size, entry.packed, entry.offset}:
        return
    wide = extra_field(entry.extra, 0x0001)
    at = 0
    for name in ("size", "packed", "offset"):
        if getattr(entry, name) == _FULL32 and at + 8 <= len(wide):
            setattr(entry, name, struct.unpack_from("<Q", wide, at)[0])
            at += 8
