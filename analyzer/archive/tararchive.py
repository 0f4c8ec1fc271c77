"""Tar archives, packed with gzip or plain, listed in one bounded pass and read forward."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from analyzer.archive.base import CHUNK, Archive, Kind
from analyzer.archive.gunzip import Gunzip
from analyzer.archive.inflate import Damage
from analyzer.archive.member import Member, decode_name
from analyzer.archive.tarheader import (
    BLOCK,
    LONG_LINK,
    LONG_NAME,
    PAX,
    PAX_GLOBAL,
    Header,
    is_header,
    parse_header,
    parse_pax,
    time_of,
)
from analyzer.errors import UnsafeArchive
from analyzer.text import human_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.archive.limits import Context
    from analyzer.archive.source import Source

_EXTENDED_MOST = 1 << 20


class _Cursor:
    """A forward reader over the tar stream; skipping unpacks but keeps nothing."""

    def __init__(self, source: Source, *, packed: bool, most: int, too_much: str) -> None:
        self._source = source
        self._gunzip = Gunzip(source) if packed else None
        self._pieces = self._gunzip.pieces(CHUNK) if self._gunzip else None
        self._piece = memoryview(b"")
        self._most = most
        self._too_much = too_much
        self._unpacked = 0
        self.position = 0

    @property
    def trailing(self) -> int:
        return self._gunzip.trailing if self._gunzip else 0

    def take(self, count: int) -> bytes:
        """Return the next bytes, at most ``count`` and at most one piece; nothing at the end."""
        if self._pieces is None:
            data = self._source.read_at(self.position, min(count, CHUNK))
            self.position += len(data)
            return data
        if not self._piece:
            self._piece = memoryview(next(self._pieces, b""))
            self._unpacked += len(self._piece)
            if self._unpacked > self._most:
                raise Damage(self._too_much, "limit")
        data = bytes(self._piece[:count])
        self._piece = self._piece[count:]
        self.position += len(data)
        return data

    def exactly(self, count: int) -> bytes:
        """Return ``count`` bytes, or fewer only at the end."""
        data = self.take(count)
        while len(data) < count and (more := self.take(count - len(data))):
            data += more
        return data

    def skip_to(self, position: int) -> bool:
        """Go forward; return whether the stream is that long."""
        if self._pieces is None:
            self.position = min(position, self._source.size)
            return self.position == position
        while self.position < position:
            if not self._piece and not self.take(0) and not self._piece:
                return False
            step = min(len(self._piece), position - self.position)
            self._piece = self._piece[step:]
            self.position += step
        return True


class TarArchive(Archive):
    """A tar archive; see ``Archive``. Of a packed one, members read in order cost one pass in all."""

    kind: ClassVar[Kind] = "tar"

    def __init__(self, source: Source, context: Context, *, packed: bool) -> None:
        super().__init__(context)
        self._source = source
        self._is_packed = packed
        self.size = source.size
        self._starts: list[int] = []
        self._idle: _Cursor | None = None
        self._list()

    def close(self) -> None:
        """Close what was opened."""
        self._idle = None
        self._source.close()

    def _cursor(self) -> _Cursor:
        left = self._account.left_for(self.name)
        whole = min(left, max(self.limits.ratio_floor, self.limits.ratio * self._source.size))
        reason = (
            f"unpacks to more than {self.limits.ratio} times its {human_bytes(self._source.size)}"
            if whole < left
            else f"the limit of {human_bytes(self.limits.total_bytes)} for all members together is used up"
        )
        return _Cursor(self._source, packed=self._is_packed, most=whole, too_much=reason)

    def _list(self) -> None:
        cursor = self._cursor()
        members: list[Member] = []
        refused: list[Member] = []
        seen: dict[str, int] = {}
        try:
            for header in self._headers(cursor):
                member = self._member(header, cursor.position, seen)
                if member is None:
                    continue
                (members if self._accept(member, header) else refused).append(member)
        except Damage as damage:
            self.note(f"{damage.reason}; members behind it are not listed", severity="error", stage=damage.stage)
        if cursor.trailing:
            self.note(f"{cursor.trailing:,} bytes behind the gzip data are not read")
        self.members, self.refused_members = tuple(members), tuple(refused)

    def _headers(self, cursor: _Cursor) -> Iterator[Header]:
        """Yield each member's header with the cursor at its data; go on behind its data afterwards."""
        deadline = time.monotonic() + self.limits.seconds
        extended: dict[bytes, bytes] = {}
        everywhere: dict[bytes, bytes] = {}
        damaged = zeros = 0
        while len(block := cursor.exactly(BLOCK)) == BLOCK:
            if time.monotonic() > deadline:
                raise Damage(f"not listed within {self.limits.seconds:g} s", "limit")
            if not block.strip(b"\0"):
                zeros += 1
                continue
            header = parse_header(block) if is_header(block) else None
            if header is None:
                damaged += 1
                continue
            if zeros and not damaged:
                self.note("members behind its end mark; two archives may be joined")
            zeros = 0
            start = cursor.position
            padded = -(-header.size // BLOCK) * BLOCK
            if header.kind in {PAX, PAX_GLOBAL, LONG_NAME, LONG_LINK}:
                if header.size > _EXTENDED_MOST:
                    self.note("an extended header is too large and is not read", severity="error", stage="limit")
                else:
                    data = cursor.exactly(header.size)
                    if header.kind == LONG_NAME:
                        extended[b"path"] = data.split(b"\0", 1)[0]
                    elif header.kind != LONG_LINK:
                        (extended if header.kind == PAX else everywhere).update(parse_pax(data))
            else:
                _extend(header, everywhere | extended)
                extended = {}
                padded = -(-header.size // BLOCK) * BLOCK
                yield header
            cursor.skip_to(start + padded)
        if damaged:
            self.note(f"{damaged:,} blocks of 512 bytes are no tar headers and were passed over", severity="error")
        elif block:
            self.note("the archive is cut inside a header", severity="error")
        elif not zeros:
            self.note("the archive has no end mark; it may be cut")

    def _member(self, header: Header, start: int, seen: dict[str, int]) -> Member | None:
        if header.is_folder():
            return None
        index = len(self._starts)
        if index >= self.limits.members:
            raise UnsafeArchive(f"{self.name}: more members than the limit of {self.limits.members:,}")
        self._starts.append(start)
        path, flags = decode_name(header.raw_name)
        ordinal = seen.get(path, 0)
        seen[path] = ordinal + 1
        return Member(path, header.size, header.size, header.modified, index, ordinal, header.raw_name, b"", flags)

    def _accept(self, member: Member, header: Header) -> bool:
        shown = member.shown or "(no name)"
        if len(header.raw_name) > self.limits.name_bytes:
            self.note(
                f"a name of {len(header.raw_name):,} bytes is more than the limit of {self.limits.name_bytes:,}",
                shown, severity="error", stage="limit",
            )  # fmt: skip
            return False
        reason = header.refusal() or (None if member.path else "has no name")
        if reason is not None:
            self.note(f"{reason}, not read" if header.refusal() else reason, shown, severity="error")
            return False
        if "unsafe-name" in member.flags:
            self.note("unsafe name; read under this escaped one", shown)
        if member.ordinal:
            self.note(f"{member.ordinal + 1} members have this name", shown, severity="info")
        return True

    def _packed(self, member: Member) -> int | None:
        return None

    def _pieces(self, member: Member, size: int) -> Iterator[bytes]:
        start = self._starts[member.index]
        cursor, self._idle = self._idle, None
        if cursor is None or cursor.position > start:
            cursor = self._cursor()
        if not cursor.skip_to(start):
            raise Damage("cut: nothing of it can be read")
        left = member.size
        while left and (piece := cursor.take(min(size, left))):
            left -= len(piece)
            yield piece
        if left:
            raise Damage(f"cut: only the first {member.size - left:,} of {member.size:,} bytes can be read")
        self._idle = cursor


def _extend(header: Header, records: dict[bytes, bytes]) -> None:
    """Apply pax records and a GNU long name to the header they precede."""
    header.raw_name = records.get(b"path", header.raw_name)
    if any(key.startswith(b"GNU.sparse.") for key in records):
        header.kind = b"S"
    digits = records.get(b"size", b"")
    if digits.isdigit() and len(digits) < 20:
        header.size = int(digits)
    try:
        header.modified = time_of(float(records[b"mtime"])) if b"mtime" in records else header.modified
    except ValueError:
        header.modified = None
