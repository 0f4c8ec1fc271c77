"""Scanning one member as it is inflated: overlapping blocks, positions in the whole member, limits that are said.

A block is the new chunk behind the end of the one before: ``LEFT`` bytes for what stands before a match,
``OVERLAP`` bytes that were
not yet searched because a match might have gone on. No more than one block is held, however long the member
or a line is.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
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
    blocks = _blocks(chunks, matcher, scan)
    last_end = 0
    places = _Places()
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
            places.enter(block)
            for match in found:
                if match.end + base > last_end:
                    last_end = match.end + base
                    yield Placed(match.moved(base), *places.at(match.start))
            places.leave()
    raise failure


class _Block(NamedTuple):
    """A stretch of a member in which candidates were looked for.

    ``low`` and ``high`` bound where candidates begin, ``keep`` is where the next block begins, ``lines`` are those of
    the rising ``offsets``.
    """

    text: bytes
    base: int
    low: int
    high: int
    keep: int
    candidates: list[tuple[int, int]]
    offsets: list[int]
    lines: list[int]


def _some(blocks: Iterator[_Block]) -> tuple[list[_Block], Exception | None]:
    """Return a few blocks, none at the end, and what kept the next from being read."""
    some: list[_Block] = []
    candidates = 0
    try:
        for block in blocks:
            some.append(block)
            candidates += len(block.candidates)
            if len(some) >= BATCH or candidates >= BATCH_CANDIDATES:
                break
    except Exception as error:  # what came before it is confirmed first
        return some, error
    return some, None


def _blocks(chunks: Iterable[bytes], matcher: Matcher, scan: MemberScan) -> Iterator[_Block]:
    """Yield the blocks of a member with their candidates."""
    held = b""
    base = 0  # offset of held[0] in the member
    searched = 0  # offset up to which keywords were taken
    line, counted = 1, 0  # line of an offset of held
    for chunk, final in with_last(chunks):
        if not scan.size:
            scan.binary = b"\0" in chunk[:4096] or chunk.startswith(GZIP)
        scan.size += len(chunk)
        held += chunk
        end = base + len(held)
        limit = end if final else _limit(held, base, searched)
        if limit <= searched and not final:
            continue
        candidates, cut = matcher.candidates(held, searched - base, limit - base)
        if cut:
            scan.tally.capped.add("all rules")
        keep = max(0, limit - LEFT - base)
        offsets, lines = [counted], [line]
        for at, _ in candidates:
            if at > counted:
                line += held.count(b"\n", counted, at)
                counted = at
                offsets.append(at)
                lines.append(line)
        if keep > counted:
            line += held.count(b"\n", counted, keep)
            counted = keep
        yield _Block(held, base, searched - base, limit - base, keep, candidates, offsets, lines)
        searched = limit
        held = held[keep:]
        base += keep
        counted -= keep


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


class _Places:
    """Line and column of offsets, block by block; what has been counted once is not counted again."""

    def __init__(self) -> None:
        self._offset = 0  # in the block
        self._column = 0  # characters between the line's start and _offset

    def enter(self, block: _Block) -> None:
        """Go on with ``block``."""
        self._block = block

    def leave(self) -> None:
        """Count up to the next block, before which the bytes go away."""
        keep = self._block.keep
        if keep > self._offset:
            self._advance(keep)
        self._offset -= keep

    def at(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of ``offset``; offsets may go back, then nothing is remembered."""
        block, text = self._block, self._block.text
        known = max(bisect_right(block.offsets, offset) - 1, 0)
        near, line = block.offsets[known], block.lines[known]
        line += text.count(b"\n", near, offset) if offset >= near else -text.count(b"\n", offset, near)
        if offset >= self._offset:
            self._advance(offset)
            return line, self._column + 1
        start = text.rfind(b"\n", 0, offset) + 1
        return line, _characters(text[start:offset]) + 1

    def _advance(self, offset: int) -> None:
        text, before = self._block.text, self._offset
        start = text.rfind(b"\n", before, offset) + 1
        self._column = _characters(text[start:offset]) if start else self._column + _characters(text[before:offset])
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
