"""Zip archives: members placed in the file, each refused or read on its own (secrets-notes.md 8b)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from analyzer.archive.base import Archive, Kind
from analyzer.archive.inflate import Damage, Inflater, crc32
from analyzer.archive.member import NO_FLAGS, SHOWN, Flag, Member, decode_name
from analyzer.archive.zipdirectory import DEFLATED, HAS_DESCRIPTOR, LOCAL, Directory, Entry, read_directory
from analyzer.archive.ziplayout import Gap, place
from analyzer.archive.zipscan import read_local
from analyzer.text import count, human_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.archive.limits import Context
    from analyzer.archive.source import Source


class ZipArchive(Archive):
    """A zip archive; see ``Archive``."""

    kind: ClassVar[Kind] = "zip"

    def __init__(self, source: Source, context: Context) -> None:
        super().__init__(context)
        self._source = source
        self.size = source.size
        directory = read_directory(source, self.limits)
        if directory is None:
            directory = Directory(start=source.size, end=source.size, complete=False)
            directory.notes.append("no central directory; members are found by their local headers")
        self.comment = directory.comment
        gaps = place(source, self.limits, directory)
        for note in directory.notes:
            self.note(note, severity="error" if not directory.complete else "warning")
        self._entries = directory.entries
        self._gaps: dict[int, Gap] = {}
        self._list(gaps)

    def close(self) -> None:
        """Close what was opened."""
        self._source.close()

    def _list(self, gaps: list[Gap]) -> None:
        members: list[Member] = []
        refused: list[Member] = []
        seen: dict[str, int] = {}
        for index, entry in enumerate(self._entries):
            if entry.is_folder():
                continue
            path, flags = decode_name(entry.raw_name)
            ordinal = seen.get(path, 0)
            seen[path] = ordinal + 1
            member = Member(
                path, entry.size, entry.packed, entry.modified(), index, ordinal,
                entry.raw_name, entry.comment, _flags(entry, flags),
            )  # fmt: skip
            if self._accept(member, entry):
                members.append(member)
            else:
                refused.append(member)
        self.members, self.refused_members = tuple(members), tuple(refused)
        self.leftovers = tuple(self._leftover(gap, len(self._entries) + n) for n, gap in enumerate(gaps))

    def _accept(self, member: Member, entry: Entry) -> bool:
        """Whether a member may be read; what is to be said about it goes into ``refused``."""
        reason = entry.refusal() or ("has no name" if not member.path else None)
        if reason is None and entry.fault is not None and entry.bound == 0:
            reason = entry.fault
        if (reason, member.flags, member.ordinal) == (None, NO_FLAGS, 0) and len(entry.raw_name) <= SHOWN:
            return True
        shown = member.shown or "(no name)"
        if len(entry.raw_name) > self.limits.name_bytes:
            self.note(
                f"a name of {len(entry.raw_name):,} bytes is more than the limit of {self.limits.name_bytes:,}",
                shown, severity="error", stage="limit",
            )  # fmt: skip
            return False
        if reason is not None:
            self.note(reason, shown, severity="error")
            return False
        if "unsafe-name" in member.flags:
            self.note("unsafe name; read under this escaped one", shown)
        if entry.partial:
            self.note("the archive ends inside its data", shown, severity="error")
        if member.ordinal:
            self.note(f"{member.ordinal + 1} members have this name", shown, severity="info")
        return True

    def _leftover(self, gap: Gap, index: int) -> Member:
        self._gaps[index] = gap
        size = gap.end - gap.start
        self.note(f"{count(size, 'byte')} {gap.where} belong to no member")
        return Member(f"({gap.where})", size, size, None, index)

    def _packed(self, member: Member) -> int | None:
        if member.index in self._gaps:
            return None
        entry = self._entries[member.index]
        return max(0, min(entry.packed, entry.bound - entry.offset - LOCAL.size))

    def _pieces(self, member: Member, size: int) -> Iterator[bytes]:
        gap = self._gaps.get(member.index)
        if gap is not None:
            yield from self._raw(gap.start, gap.end, size)
            return
        entry = self._entries[member.index]
        start, fault = self._locate(entry)
        crc, received = 0, 0
        if entry.method == DEFLATED:
            inflater = Inflater(self._source.read_at, start, entry.bound)
            for piece in inflater.pieces(size):
                crc = crc32(piece, crc)
                yield piece
            received, packed, finished = inflater.unpacked, inflater.packed, inflater.finished
        else:
            stop = min(start + entry.packed, entry.bound)
            for piece in self._raw(start, stop, size):
                crc = crc32(piece, crc)
                received += len(piece)
                yield piece
            packed, finished = received, received == entry.packed
        if entry.partial or not finished:
            raise Damage(f"cut: only the first {human_bytes(received)} can be read")
        if received != entry.size:
            raise Damage(f"declares {count(entry.size, 'byte')}, holds {received:,}")
        if packed != entry.packed:
            raise Damage(f"declares {count(entry.packed, 'packed byte')}, uses {packed:,}")
        if crc != entry.crc:
            raise Damage("its checksum is wrong")
        if fault is not None:
            raise Damage(fault)

    def _raw(self, start: int, end: int, size: int) -> Iterator[bytes]:
        while start < end and (piece := self._source.read_at(start, min(size, end - start))):
            start += len(piece)
            yield piece

    def _locate(self, entry: Entry) -> tuple[int, str | None]:
        """Return where a member's data starts and what is wrong with its local header, if anything."""
        local = read_local(self._source, entry.offset)
        if local is None:
            # the central directory usually repeats name and extra field, so the data may still be found
            return entry.offset + LOCAL.size + len(entry.raw_name) + len(entry.extra), "its local header is damaged"
        header, start = local
        fault = entry.fault
        if header.raw_name != entry.raw_name:
            other, _ = decode_name(header.raw_name)
            fault = f"its local header names it {other}"
        elif header.method != entry.method or (header.bits ^ entry.bits) & ~HAS_DESCRIPTOR & 0x2069:
            fault = "its local header contradicts the central directory"
        elif not header.bits & HAS_DESCRIPTOR and (header.size, header.crc) != (entry.size, entry.crc):
            fault = fault or "its local header contradicts the central directory"
        return start, fault


def _flags(entry: Entry, flags: frozenset[Flag]) -> frozenset[Flag]:
    if entry.recovered:
        flags |= {"recovered"}
    if entry.partial:
        flags |= {"partial"}
    if entry.misplaced:
        flags |= {"misplaced"}
    return flags
