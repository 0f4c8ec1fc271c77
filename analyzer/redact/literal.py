"""Replacing many literals at once in a stream, each by one of the same length."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

CHUNK: Final = 1 << 20
SHORT: Final = 5
"""Literals of at most so many bytes count only where no letter or digit touches them."""

_WORD: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


class Literals:
    """Finds and replaces literals; thread-safe after it is made.

    Args:
        pairs: literal to its replacement, which has the same length.
    """

    def __init__(self, pairs: Mapping[bytes, bytes]) -> None:
        self._old = list(pairs)
        self._new = [pairs[old] for old in self._old]
        if any(len(a) != len(b) for a, b in zip(self._old, self._new, strict=True)):
            raise ValueError("a replacement has another length than what it replaces")
        self.longest = max((len(old) for old in self._old), default=0)
        self._find = _finder(self._old)

    def __len__(self) -> int:
        return len(self._old)

    def __repr__(self) -> str:
        return f"<{len(self._old)} literals>"

    def places(self, block: bytes | bytearray, low: int, high: int) -> list[tuple[int, int, int]]:
        """Return (start, end, literal) of every literal that begins in [low, high), by start, the longest first."""
        found = []
        for index, end in self._find(bytes(block)):
            start = end - len(self._old[index])
            if low <= start < high and (end - start > SHORT or _alone(block, start, end)):
                found.append((start, end, index))
        found.sort(key=lambda place: (place[0], -place[1]))
        return found

    def replacement(self, index: int) -> bytes:
        """Return what literal ``index`` is replaced by."""
        return self._new[index]

    def rewrite(
        self, chunks: Iterable[bytes], also: Iterable[tuple[int, bytes]] = (), counted: list[int] | None = None
    ) -> Iterator[bytes]:
        """Yield the stream with every literal replaced.

        Args:
            chunks: the stream.
            also: (offset in the stream, bytes to put there), by offset: places known otherwise.
            counted: its first item is raised by the number of places that were replaced.
        """
        waiting = list(also)
        held = bytearray()
        base = done = 0
        for chunk, final in _with_last(chunks):
            held += chunk
            # a literal that starts here may go on in the next chunk, or be the start of a longer one
            high = len(held) if final else len(held) - max(self.longest, 64) + 1
            if high <= 0 and not final:
                continue
            changed = self._replace(held, done, high)
            while waiting and waiting[0][0] < base + high:
                offset, content = waiting.pop(0)
                at = offset - base
                if at >= 0 and at + len(content) <= len(held):
                    held[at : at + len(content)] = content
                    changed += 1
            if counted is not None:
                counted[0] += changed
            yield bytes(held[:high])
            base += high
            del held[:high]
            done = 0

    def _replace(self, held: bytearray, low: int, high: int) -> int:
        changed = 0
        filled = low
        for start, end, index in self.places(held, low, high):
            if end <= filled:
                continue
            # what overlaps the one before gives its rest only
            first = max(start, filled)
            held[first:end] = self._new[index][first - start :]
            filled = end
            changed += 1
        return changed


def _alone(block: bytes | bytearray, start: int, end: int) -> bool:
    if end < len(block) and block[end] in _WORD:
        return False
    if not start or block[start - 1] not in _WORD:
        return True
    # the last digit of %40, or the n of \n, is no neighbour
    return bytes(block[max(start - 3, 0) : start])[:1] == b"%" or bytes(block[max(start - 2, 0) : start])[:1] == b"\\"


def _with_last(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    waiting: bytes | None = None
    for chunk in chunks:
        if waiting is not None:
            yield waiting, False
        waiting = chunk
    if waiting is not None:
        yield waiting, True


def _finder(literals: list[bytes]) -> Any:
    """Return a function from a block to (index, end) of every literal in it."""
    if not literals:
        return lambda _block: ()
    try:
        import hyperscan
    except ImportError:
        return _aho_corasick(literals)
    database = hyperscan.Database()
    escaped = [b"".join(b"\\x%02x" % byte for byte in literal) for literal in literals]
    database.compile(
        expressions=escaped, ids=list(range(len(literals))), elements=len(literals), flags=[0] * len(literals)
    )

    own = threading.local()

    def find(block: bytes) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        note = found.append
        if not hasattr(own, "scratch"):
            own.scratch = hyperscan.Scratch(database)  # one may not serve two threads at once
        database.scan(
            block,
            match_event_handler=lambda index, _start, end, _flags, _context: note((index, end)),
            scratch=own.scratch,
        )
        return found

    return find


def _aho_corasick(literals: list[bytes]) -> Any:
    import ahocorasick_rs

    automaton = ahocorasick_rs.BytesAhoCorasick(literals)
    return lambda block: [(i, end) for i, _, end in automaton.find_matches_as_indexes(block, overlapping=True)]
