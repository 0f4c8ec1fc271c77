"""Scanning one member as it is inflated: overlapping blocks, positions in the whole member, limits that are said.

A block is the new chunk behind the end of the one before: ``LEFT`` bytes for what stands before a match,
``OVERLAP`` bytes that were
not yet searched because a match might have gone on. No more than a few megabytes are held, however long the member
or a line is.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from analyzer.secrets.matching import Match, Tally, confirmed, without_overlaps

if TYPE_CHECKING:
    from analyzer.secrets.engine import Matcher

Extra: TypeAlias = Callable[[bytes, int, int], list[Match]]
LEFT: Final = 1 << 10
OVERLAP: Final = 1 << 14
CHUNK: Final = 1 << 19  # what fits the processor's own cache is inflated and searched there
GZIP: Final = b"\x1f\x8b\x08"
BATCH: Final = 16
BATCH_CANDIDATES: Final = 20_000
STRIDE: Final = 8 << 20
WAITING: Final = 24 << 20
"""Bytes whose lines are counted only when a match behind them asks for its line."""
MAX_GZIP_RATIO: Final = 1_100


class Placed(NamedTuple):
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

    Blocks are searched for candidates one by one, while the processor's cache holds them, and the candidates of
    several blocks confirmed at once: going to and fro would have both push each other out of that cache.

    Args:
        chunks: the member's bytes in order, of any sizes.
        matcher: the engine.
        scan: counts and limits of this member.
        generic: whether rules that rest on a name alone are used.
        extra: another source of matches, used where our own rules have none.
    """
    lines = _Lines()
    blocks = _blocks(chunks, matcher, scan, lines, every=extra is not None)
    last_end = 0
    failure: Exception | None = None
    while failure is None:
        some, failure = _some(blocks)
        if not some and failure is None:
            return
        for block in some:
            text, base = block.text, block.base
            found = confirmed(text, block.low, block.candidates, matcher, scan.tally, generic=generic)
            if extra is not None:
                found = without_overlaps([*found, *extra(text, block.low, block.high)])
            lines.enter(block)
            for match in found:
                if match.end + base > last_end:
                    last_end = match.end + base
                    yield Placed(match.moved(base), *lines.at(match.start))
    raise failure


class _Block(NamedTuple):
    """A stretch of a member in which candidates were found.

    ``low`` and ``high`` bound where they begin, ``column`` counts the characters of its first line before the block.
    """

    text: bytes
    base: int
    low: int
    high: int
    candidates: list[tuple[int, int]]
    column: int


def _some(blocks: Iterator[_Block]) -> tuple[list[_Block], Exception | None]:
    """Return a few blocks, none at the end, and what kept the next from being read."""
    some: list[_Block] = []
    candidates = 0
    try:
        for block in blocks:
            some.append(block)
            candidates += len(block.candidates)
            if len(some) >= BATCH or candidates >= BATCH_CANDIDATES or block.base - some[0].base >= STRIDE:
                break
    except Exception as error:  # what came before it is confirmed first
        return some, error
    return some, None


def _blocks(
    chunks: Iterable[bytes], matcher: Matcher, scan: MemberScan, lines: _Lines, *, every: bool
) -> Iterator[_Block]:
    """Yield the blocks of a member that have candidates, and now and then another; or ``every`` block."""
    held = b""
    base = 0  # offset of held[0] in the member
    searched = 0  # offset up to which keywords were taken
    column = yielded = 0
    for chunk, final in with_last(chunks):
        if not scan.size:
            scan.binary = b"\0" in chunk[:4096] or chunk.startswith(GZIP)
        scan.size += len(chunk)
        lines.add(chunk)
        held += chunk
        end = base + len(held)
        limit = end if final else _limit(held, base, searched)
        if limit <= searched and not final:
            continue
        candidates, cut = matcher.candidates(held, searched - base, limit - base)
        if cut:
            scan.tally.capped.add("all rules")
        if candidates or every or base - yielded >= STRIDE:
            yielded = base
            yield _Block(held, base, searched - base, limit - base, candidates, column)
        keep = max(0, limit - LEFT - base)
        column = _column(held, 0, keep, column)
        searched = limit
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
    try:
        for chunk in chunks:
            if waiting is not None:
                yield waiting, False
            waiting = bytes(chunk)
    except Exception:  # a fault in the member: what came before it counts
        if waiting is not None:
            yield waiting, True
        raise
    if waiting is not None:
        yield waiting, True


class _Lines:
    """Line and column of offsets; only what stands before a match is counted, and that once."""

    def __init__(self) -> None:
        self._chunks: deque[bytes] = deque()  # of the member, from the one that holds _offset on
        self._waiting = 0  # their bytes
        self._offset = 0  # in the first of them
        self._line = 1  # there
        self._base = 0  # offset of the first of them in the member

    def add(self, chunk: bytes) -> None:
        """Take the next bytes of the member."""
        self._chunks.append(chunk)
        self._waiting += len(chunk)

    def _count(self) -> None:
        """Count to the end of the first chunk, and let go of it."""
        chunk = self._chunks.popleft()
        self._line += chunk.count(b"\n", self._offset)
        self._base += len(chunk)
        self._waiting -= len(chunk)
        self._offset = 0

    def enter(self, block: _Block) -> None:
        """Go on with the offsets of ``block``; bytes far before it are counted, so that they can go."""
        while self._waiting > WAITING and self._base + len(self._chunks[0]) <= block.base:
            self._count()
        self._block = block
        self._column_at, self._column = 0, block.column

    def at(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of ``offset`` in the block; offsets may go back, then nothing is remembered."""
        return self._line_of(offset), self._column_of(offset) + 1

    def _line_of(self, offset: int) -> int:
        place = self._block.base + offset
        while self._chunks and place >= self._base + len(self._chunks[0]):
            self._count()
        counted = self._base + self._offset
        if place < counted:
            return self._line - self._block.text.count(b"\n", offset, counted - self._block.base)
        if self._chunks:
            self._line += self._chunks[0].count(b"\n", self._offset, place - self._base)
            self._offset = place - self._base
        return self._line

    def _column_of(self, offset: int) -> int:
        text = self._block.text
        if offset < self._column_at:
            return _column(text, 0, offset, self._block.column)
        self._column = _column(text, self._column_at, offset, self._column)
        self._column_at = offset
        return self._column


def _column(text: bytes, start: int, end: int, before: int) -> int:
    """Return the characters in front of ``end`` in its line, of which ``before`` stand in front of ``start``."""
    line = text.rfind(b"\n", start, end) + 1
    return _characters(text[line:end]) if line else before + _characters(text[start:end])


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
