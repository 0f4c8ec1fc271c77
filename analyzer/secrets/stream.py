"""Scanning one member as it is inflated: overlapping blocks, positions in the whole member, limits that are said.

A block is the new chunk behind the end of the one before: ``LEFT`` bytes for what stands before a match,
``OVERLAP`` bytes that were
not yet searched because a match might have gone on. No more than one block is held, however long the member
or a line is.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from analyzer.secrets.matching import Match, Tally, search, without_overlaps

if TYPE_CHECKING:
    from analyzer.secrets.engine import Matcher

Extra: TypeAlias = Callable[[bytes, int, int], list[Match]]
LEFT: Final = 1 << 10
OVERLAP: Final = 1 << 14
CHUNK: Final = 1 << 19  # what fits the processor's own cache is inflated and searched there
GZIP: Final = b"\x1f\x8b\x08"
MAX_GZIP_RATIO: Final = 1_100


@dataclass(frozen=True, slots=True)
class Placed:
    """A match with its place in the member: bytes, and line and column of its first character."""

    match: Match
    line: int
    column: int


@dataclass(slots=True)
class MemberScan:
    """What one pass over one member gave besides its matches."""

    size: int = 0
    binary: bool = False
    tally: Tally = field(default_factory=Tally)


def placed_matches(
    chunks: Iterable[bytes], matcher: Matcher, scan: MemberScan, *, generic: bool = True, extra: Extra | None = None
) -> Iterator[Placed]:
    """Yield the matches of a member in order; ``scan`` fills meanwhile.

    Args:
        chunks: the member's bytes in order, of any sizes.
        matcher: the engine.
        scan: counts and limits of this member.
        generic: whether rules that rest on a name alone are used.
        extra: another source of matches, used where our own rules have none.
    """
    held = b""
    base = 0  # offset of held[0] in the member
    searched = 0  # offset up to which keywords were taken
    lines = _Lines()
    last_end = 0
    for chunk, final in with_last(chunks):
        if not scan.size:
            scan.binary = b"\0" in chunk[:4096] or chunk.startswith(GZIP)
        scan.size += len(chunk)
        held += chunk
        end = base + len(held)
        limit = end if final else _limit(held, base, searched)
        if limit <= searched and not final:
            continue
        found = search(held, searched - base, limit - base, matcher, scan.tally, generic=generic)
        if extra is not None:
            found = without_overlaps([*found, *extra(held, searched - base, limit - base)])
        for match in found:
            if match.end + base <= last_end:
                continue
            last_end = max(last_end, match.end + base)
            line, column = lines.at(held, base, match.start + base)
            yield Placed(match.moved(base), line, column)
        searched = limit
        keep = max(0, searched - LEFT - base)
        lines.leave(held, base, base + keep)
        held = held[keep:]
        base += keep


def _limit(held: bytes, base: int, searched: int) -> int:
    """Return how far keywords may be taken now: to the last line end that leaves ``OVERLAP`` bytes, if there is one."""
    far = len(held) - OVERLAP
    if far <= searched - base:
        return searched
    line_end = held.rfind(b"\n", max(searched - base, far - OVERLAP), far) + 1
    return base + (line_end or far)


def with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Yield each chunk with whether it is the last."""
    waiting: bytes | None = None
    for chunk in chunks:
        if waiting is not None:
            yield waiting, False
        waiting = bytes(chunk)
    if waiting is not None:
        yield waiting, True


class _Lines:
    """Line and column of rising offsets; counts only what has not been counted."""

    def __init__(self) -> None:
        self._line = 1
        self._offset = 0
        self._column = 0  # characters since the line's start, before _offset

    def _advance(self, held: bytes, start: int, end: int) -> None:
        newlines = held.count(b"\n", start, end)
        if newlines:
            self._line += newlines
            self._column = _characters(held[held.rfind(b"\n", start, end) + 1 : end])
        else:
            self._column += _characters(held[start:end])

    def at(self, held: bytes, base: int, offset: int) -> tuple[int, int]:
        """Return (line, column) of ``offset``; offsets may go back within a block, then nothing is advanced."""
        if offset >= self._offset:
            self._advance(held, self._offset - base, offset - base)
            self._offset = offset
            return self._line, self._column + 1
        behind = held.count(b"\n", offset - base, self._offset - base)
        start = held.rfind(b"\n", 0, offset - base) + 1
        return self._line - behind, _characters(held[start : offset - base]) + 1

    def leave(self, held: bytes, base: int, offset: int) -> None:
        """Count up to ``offset``, before which the bytes go away."""
        if offset > self._offset:
            self._advance(held, self._offset - base, offset - base)
            self._offset = offset


def _characters(text: bytes) -> int:
    return len(text) if text.isascii() else len(text.decode("utf-8", "replace"))


def inflated(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """Yield what gzip chunks inflate to, one gzip stream after another, at most ``limit`` bytes.

    Raises:
        zlib.error: the data is no gzip, or damaged; what came before has been yielded.
    """
    machine = zlib.decompressobj(31)
    given = 0
    for chunk in chunks:
        data = chunk
        while data:
            out = machine.decompress(data, CHUNK)
            given += len(out)
            if out:
                yield out
            if given > limit:
                raise zlib.error(f"inflates to more than {limit} bytes")
            data = machine.unconsumed_tail
            if machine.eof:
                data = machine.unused_data
                if not data.startswith(GZIP[:2]):
                    return
                machine = zlib.decompressobj(31)
    if not machine.eof:
        raise zlib.error("ends inside its data")
