"""A log's bytes -> blocks of whole lines -> lines.

A line ends at LF. GELF records end with NUL instead (logr v2 formatters/gelf.go), so a NUL ends the line of a
record that starts with ``{"version":``; NUL and LF together are one line end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from analyzer.logs.forms import MAX_LINE

_HEAD: Final = 64 << 10
RECORD_START = re.compile(
    rb'\{"|(?:\x1b\[[0-9;]*m)?(?:[A-Za-z-]{3,40}(?:\x1b\[0m)?[ \t]+[^\w\[\s]{0,4}[ \t]*)?\[?\d{4}-\d\d-\d\d[T ]'
)
_LINE_END = re.compile(rb"\x00?\n|\x00")
_GELF: Final = b'{"version":'
_BOM: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines: their bytes, in pieces as they were read, and where they start in the file."""

    pieces: tuple[bytes | memoryview, ...]
    offset: int
    long_line: int = 0  # above 0: the pieces are only the head of one line of this many bytes, its line end included
    ended: bool = True  # the long line has a line end

    @property
    def data(self) -> bytes:
        """All bytes, copied."""
        return b"".join(self.pieces)

    @property
    def size(self) -> int:
        """How many bytes the pieces hold."""
        return sum(map(len, self.pieces))


def blocks(chunks: Iterable[bytes], size: int = 1 << 20) -> Iterator[Block]:
    """Cut chunks into blocks of whole lines, at the start of a record where there is one.

    So a message of several lines and a stack trace stay in one block with the line they belong to.
    No more than a few blocks' bytes are ever held: of a line without end only the head is kept.
    """
    pieces: list[bytes] = []
    offset = total = 0
    skipped = 0  # bytes of a line without end that were let go
    for chunk in chunks:
        if skipped:
            end = chunk.find(b"\n")
            if end < 0:
                skipped += len(chunk)
                continue
            size_of_line = total + skipped + end + 1
            yield Block(tuple(pieces), offset, size_of_line)
            offset += size_of_line
            pieces, total, skipped = [chunk[end + 1 :]], len(chunk) - end - 1, 0
        else:
            pieces.append(chunk)
            total += len(chunk)
        if total < size:
            continue
        cut = pieces[-1].rfind(b'\n{"') + 1
        if cut:  # as in nearly every log: nothing is copied
            last = pieces[-1]
            block = Block((*pieces[:-1], memoryview(last)[:cut]), offset)
        else:
            last = b"".join(pieces)
            cut = _cut(last, keep_whole=len(last) < 4 * size)
            block = Block((last[:cut],), offset)
        if cut:
            yield block
            offset += block.size
        elif len(last) > MAX_LINE and b"\n" not in last:
            skipped = len(last) - _HEAD
            last = last[:_HEAD]
        pieces, total = [last[cut:]], len(last) - cut
    held = b"".join(pieces)
    if skipped:
        yield Block((held,), offset, len(held) + skipped, ended=False)
    elif held:
        yield Block((held,), offset)


def _cut(held: bytes, *, keep_whole: bool) -> int:
    """Return where the last record of ``held`` starts, 0 if it is not known yet."""
    at = held.rfind(b'\n{"')
    if at < 0:
        at = held.rfind(b'\x00{"version":')
    if at >= 0:
        return at + 1
    end = len(held)
    for _ in range(20_000):
        end = held.rfind(b"\n", 0, end)
        if end < 0:
            break
        if RECORD_START.match(held, end + 1):
            return end + 1
    return 0 if keep_whole else held.rfind(b"\n") + 1


def split_lines(data: bytes) -> list[tuple[int, int, int]]:
    """Return (start, end, next start) of every line; ``end`` is before the line end, CR included in it."""
    spans: list[tuple[int, int, int]] = []
    start, size = 0, len(data)
    if b"\x00" not in data:
        while start < size:
            end = data.find(b"\n", start)
            after = size if end < 0 else end + 1
            spans.append((start, size if end < 0 else end, after))
            start = after
        return spans
    while start < size:
        end, after = _line_end(data, start)
        spans.append((start, end, after))
        start = after
    return spans


def _line_end(data: bytes, start: int) -> tuple[int, int]:
    gelf = data.startswith((_GELF, _BOM + _GELF), start)
    at = start
    while match := _LINE_END.search(data, at):
        ends_line = match.group().endswith(b"\n")
        if ends_line or gelf or data.startswith(_GELF, match.end()):
            # outside GELF a NUL before LF is dirt of the line, not its end
            return (match.start() if gelf or not ends_line else match.end() - 1), match.end()
        at = match.end()
    return len(data), len(data)
