"""Tar headers: ustar, GNU and pax (POSIX.1-2017 pax, section "ustar Interchange Format"; GNU tar manual)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BLOCK = 512
_KINDS = {
    b"1": "a hard link", b"2": "a symbolic link", b"3": "a device", b"4": "a device", b"6": "a pipe",
    b"S": "a sparse file", b"M": "the rest of a file from another volume", b"V": "a volume label",
    b"D": "a list of a folder",
}  # fmt: skip
LONG_NAME, LONG_LINK, PAX, PAX_GLOBAL = b"L", b"K", b"x", b"g"
_REGULAR = {b"0", b"\0", b"7"}
_FOLDER = b"5"


@dataclass(slots=True)
class Header:
    """One tar header, with what earlier extended headers said about it."""

    raw_name: bytes
    size: int
    modified: datetime | None
    kind: bytes

    def is_folder(self) -> bool:
        """Whether it is only a folder's name."""
        return self.kind == _FOLDER or (self.kind in _REGULAR and self.raw_name.endswith(b"/"))

    def refusal(self) -> str | None:
        """Return why such a member is never read, or None."""
        if self.kind in _REGULAR:
            return None
        return _KINDS.get(self.kind, "no regular file")


def is_header(block: bytes) -> bool:
    """Whether a block is a tar header: its checksum fits."""
    if len(block) < BLOCK or not block[:BLOCK].strip(b"\0"):
        return False
    block = block[:BLOCK]
    try:
        wanted = int(block[148:156].strip(b"\0 ") or b"x", 8)
    except ValueError:
        return False
    return sum(block[:148]) + 8 * 32 + sum(block[156:]) == wanted


def parse_header(block: bytes) -> Header | None:
    """Read one header block whose checksum fits, or return None if its numbers are nonsense."""
    size, changed = _number(block[124:136]), _number(block[136:148])
    if size is None or size < 0:
        return None
    name = block[:100].split(b"\0", 1)[0]
    prefix = block[345:500].split(b"\0", 1)[0]
    if block[257:263] == b"ustar\0" and prefix:
        name = prefix + b"/" + name
    return Header(name, size, time_of(changed), block[156:157])


def time_of(seconds: float | None) -> datetime | None:
    """Return seconds since 1970 as a UTC time, or None when it is none that makes sense."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(seconds=int(seconds))
    except (OverflowError, ValueError):
        return None


def _number(field: bytes) -> int | None:
    if field[:1] in {b"\x80", b"\xff"}:  # GNU: big-endian binary where octal digits do not suffice
        value = int.from_bytes(field[1:], "big")
        return value if field[0] == 0x80 else value - (1 << (8 * (len(field) - 1)))
    try:
        return int(field.strip(b"\0 ") or b"0", 8)
    except ValueError:
        return None


def parse_pax(data: bytes) -> dict[bytes, bytes]:
    """Read the records of a pax header (``length key=value newline``), as far as they are well formed."""
    records: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        digits = data[at:space] if space > 0 else b""
        if not digits.isdigit():
            break
        end = at + int(digits)
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if end > len(data) or end <= space or not equals:
            break
        records[key] = value
        at = end
    return records
