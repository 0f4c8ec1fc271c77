"""Where each member of a zip lies: none may reach into another, and none is lost because another one lies."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING

from analyzer.archive.member import decode_name
from analyzer.archive.zipdirectory import HAS_DESCRIPTOR, LOCAL, Directory, Entry
from analyzer.archive.zipscan import read_local, scan_members
from analyzer.text import count, printable

if TYPE_CHECKING:
    from analyzer.archive.limits import Limits
    from analyzer.archive.source import Source

_DESCRIPTOR, _DESCRIPTOR_MOST = 16, 24
_EXTRA_SLACK = 64  # a gap smaller than descriptor and extra field may be is not worth a read


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes that belong to no member."""

    start: int
    end: int
    where: str


def place(source: Source, limits: Limits, directory: Directory) -> list[Gap]:
    """Give each entry its offset and bound, or a fault without bound when it must be refused.

    Entries of a damaged directory are looked for by their local headers; members that it lost are added.

    Returns:
        the gaps, in order.
    """
    entries = directory.entries
    ordered = sorted(entries, key=lambda entry: entry.offset)
    holed = directory.shift < 0 or not directory.complete
    if holed or not _regular(ordered, directory.start):
        lost = [entry for entry in entries if not _stands(source, entry, directory.start)]
        if lost or not directory.complete:
            holed = _find_again(source, limits, directory, lost) or holed
        ordered = sorted((e for e in entries if e.fault is None or e.recovered), key=lambda entry: entry.offset)
    ordered = _one_each(ordered)
    for entry, following in zip_longest(ordered, ordered[1:]):
        stop = following.offset if following else directory.start
        if _least_end(entry) <= stop:
            entry.bound = min(entry.bound or stop, stop)
        elif holed or following is None:
            entry.bound, entry.partial = stop, True
        else:
            entry.fault = f"its data overlaps {_shown(following)}"
    return _gaps(source, directory, ordered)


def _shown(entry: Entry) -> str:
    return printable(decode_name(entry.raw_name)[0], 80)


def _least_end(entry: Entry) -> int:
    return entry.offset + LOCAL.size + len(entry.raw_name) + entry.packed


def _regular(ordered: list[Entry], end: int) -> bool:
    """Whether the members follow one another exactly as a writer would put them, judged without reading."""
    if ordered and ordered[0].offset != 0:
        return False
    stops = [*(entry.offset for entry in ordered[1:]), end]
    return all(
        stop - _least_end(entry) == len(entry.extra) + (_DESCRIPTOR if entry.bits & HAS_DESCRIPTOR else 0)
        for entry, stop in zip(ordered, stops, strict=False)
    )


def _stands(source: Source, entry: Entry, end: int) -> bool:
    """Whether a member's local header is where the central directory says, under the same name."""
    if not 0 <= entry.offset < end:
        return False
    local = read_local(source, entry.offset)
    return local is not None and local[0].raw_name == entry.raw_name


def _find_again(source: Source, limits: Limits, directory: Directory, lost: list[Entry]) -> bool:
    """Look for lost entries by local headers, and for members no entry lists; return whether any was moved."""
    standing = {entry.offset for entry in directory.entries} - {entry.offset for entry in lost}
    by_name: dict[bytes, list[Entry]] = {}
    for entry in lost:
        by_name.setdefault(entry.raw_name, []).append(entry)
    moved = False
    for found in scan_members(source, limits, directory.start):
        if found.offset in standing:
            continue
        same = by_name.get(found.raw_name)
        if same:
            entry = same.pop(0)
            entry.offset, entry.misplaced, moved = found.offset, True, True
        elif not directory.complete:
            directory.entries.append(found)
    for entries in by_name.values():
        for entry in entries:
            entry.fault = (
                "its local header has another name"
                if 0 <= entry.offset < directory.start and read_local(source, entry.offset)
                else "no local header where the central directory says"
            )
    if moved:
        directory.notes.append(f"{count(len(lost), 'member')} not where the central directory says")
    return moved


def _one_each(ordered: list[Entry]) -> list[Entry]:
    """Keep one entry of those that share a local header: the first listed; refuse the others."""
    kept: list[Entry] = []
    for entry in ordered:  # sorted by offset and, as sorting is stable, as they are listed
        if kept and kept[-1].offset == entry.offset:
            entry.fault = f"its data overlaps {_shown(kept[-1])}"
        else:
            kept.append(entry)
    return kept


def _gaps(source: Source, directory: Directory, placed: list[Entry]) -> list[Gap]:
    gaps = []
    end = 0
    for number, entry in enumerate(placed):
        if number == 0 and entry.offset > 0:
            gaps.append(Gap(0, entry.offset, "before the first member"))
        elif entry.offset - end > _DESCRIPTOR_MOST:
            gaps.append(Gap(end, entry.offset, "between members"))
        end = max(end, _least_end(entry))
        stop = placed[number + 1].offset if number + 1 < len(placed) else directory.start
        if stop - end > _DESCRIPTOR_MOST + _EXTRA_SLACK:
            local = read_local(source, entry.offset)
            end = max(end, local[1] + entry.packed) if local else stop
        elif stop > end:
            end = stop
    if directory.start - end > _DESCRIPTOR_MOST:
        gaps.append(Gap(end, directory.start, "behind the last member"))
    if source.size > directory.end:
        gaps.append(Gap(directory.end, source.size, "behind the archive"))
    return gaps
