"""A block of mostly clean JSON -> rows: columns cut out of the bytes at once, the other lines read one by one.

The result is the same as that of ``slow.read_block``; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analyzer.logs.block import Text
from analyzer.logs.columns import Columns, Slot, replaced, slots_of, three_digits
from analyzer.logs.forms import read_line
from analyzer.logs.keys import NAMES, TIMESTAMP, TS
from analyzer.logs.rows import KIND_CODE, NO_OFFSET, NO_TIME, Coded, Part, no_names, record_values
from analyzer.logs.schema import COLUMN_TYPES, INTEGER_FIELDS
from analyzer.logs.slow import Gatherer, read_block
from analyzer.logs.split import Block
from analyzer.logs.stamps import read_many_stamps
from analyzer.logs.tokens import Lines, Pairs, tokenise

if TYPE_CHECKING:
    from analyzer.logs.block import Bools, Ints

_INTEGER: Final = r"\A-?(?:0|[1-9][0-9]{0,17})\z"
_ENOUGH: Final = 0.5  # share of clean lines below which a block is read line by line


def read_block_fast(block: Block, columns: Sequence[str]) -> Part:
    """Return the rows of a block as ``slow.read_block`` does, faster where its lines are clean JSON."""
    text = Text(block.pieces)
    cut = None if block.long_line else tokenise(text)
    if cut is None:
        return read_block(block, columns)
    lines, pairs = cut
    parse = _Parse(text, lines, pairs)
    parse.flag()
    if lines.bad.mean() > 1 - _ENOUGH:
        return read_block(block, columns)
    return parse.part(columns)


class _Parse:
    """One block on its way from pairs to columns."""

    def __init__(self, text: Text, lines: Lines, pairs: Pairs) -> None:
        self.text, self.lines, self.pairs = text, lines, pairs
        self.bytes, self.words = text.codes, text.words
        self.time = np.full(len(lines.start), NO_TIME, np.int64)
        self.offset = np.full(len(lines.start), NO_OFFSET, np.int16)
        self.slots, twice, self.unknown = slots_of(pairs)
        lines.bad[twice] = True

    def flag(self) -> None:
        """Flag lines that only the reference reads right: equal keys, odd times, GELF, audit, odd numbers."""
        bad = self.lines.bad
        for code, slot in self.slots.items():
            if code >= len(NAMES):
                bad[slot.line] = True
            elif NAMES[code] in INTEGER_FIELDS:
                self._check_integers(slot)
        self._times()
        good = ~bad[self.pairs.line]
        if not good.all():
            self.pairs = self.pairs.where(good)
            self.slots, _, self.unknown = slots_of(self.pairs)

    def _check_integers(self, slot: Slot) -> None:
        """Flag lines in which a column of numbers has something else; HTTP codes need no closer look."""
        import pyarrow.compute as pc

        start, end = self.pairs.start[slot.pairs], self.pairs.end[slot.pairs]
        rest = np.flatnonzero(three_digits(self.text, start, end) < 0)
        if not len(rest):
            return
        texts = self.text.slices(start[rest], end[rest])
        right = pc.match_substring_regex(texts, _INTEGER).to_numpy(zero_copy_only=False)
        empty = pc.equal(texts, "null").to_numpy(zero_copy_only=False) & ~self.pairs.string[slot.pairs[rest]]
        wrong = ~(right | empty) | self.pairs.escaped[slot.pairs[rest]]
        self.lines.bad[slot.line[rest[wrong]]] = True

    def _times(self) -> None:
        """Read the timestamps; a line with an odd one is flagged."""
        bad = self.lines.bad
        stamped, epoch = self.slots.get(TIMESTAMP), self.slots.get(TS)
        if stamped:
            at = stamped.pairs
            plain = self.pairs.string[at] & ~self.pairs.escaped[at]
            value, offset, right = read_many_stamps(self.bytes, self.words, self.pairs.start[at], self.pairs.end[at])
            right &= plain
            self.time[stamped.line], self.offset[stamped.line] = value, offset
            bad[stamped.line[~right]] = True
        if epoch:
            bad[epoch.line] |= self.time[epoch.line] != NO_TIME
            bad[epoch.line[self.pairs.string[epoch.pairs]]] = True
            number = ~bad[epoch.line]
            at, line = epoch.pairs[number], epoch.line[number]
            self.time[line], right = self._epochs(at)
            self.offset[line] = 0
            bad[line[~right]] = True

    def _epochs(self, at: Ints) -> tuple[Ints, Bools]:
        import pyarrow as pa
        import pyarrow.compute as pc

        texts = self.text.slices(self.pairs.start[at], self.pairs.end[at])
        number = pc.match_substring_regex(texts, r"\A[0-9]").to_numpy(zero_copy_only=False)
        texts = pc.if_else(pa.array(number), texts, "0")
        seconds = pc.cast(texts, pa.float64()).to_numpy()
        right = (seconds > 0) & (seconds <= 1e11)
        return np.round(np.where(right, seconds, 0) * 1_000_000).astype(np.int64), right

    def part(self, columns: Sequence[str]) -> Part:
        """Return the rows: clean lines from their columns, the others from the reference."""
        lines, bad = self.lines, self.lines.bad
        size = lines.after - lines.start
        zap = np.zeros(len(bad), bool)
        epoch = self.slots.get(TS)
        if epoch:
            zap[epoch.line] = True
        other = self._others(np.flatnonzero(bad), zap)
        kind = np.where(zap, KIND_CODE["zap"], KIND_CODE["json"]).astype(np.int8)
        shown = ~bad
        shown[other.numbers] = True
        kind[other.numbers] = other.codes
        row_of = np.cumsum(shown) - 1
        for name, mask in (("json", ~bad & ~zap), ("zap", ~bad & zap)):
            other.kind_lines[KIND_CODE[name]] += int(np.count_nonzero(mask))
            other.kind_bytes[KIND_CODE[name]] += int(size[mask].sum())
        leading = [(int(row_of[line]), stack, line, at, length) for _, stack, line, at, length in other.leading]
        records = other.records
        self.time[other.numbers] = [NO_TIME if r.time is None else r.time for r in records]
        self.offset[other.numbers] = [NO_OFFSET if r.offset is None else r.offset for r in records]
        rows = int(np.count_nonzero(shown))
        return Part(
            rows=rows,
            lines=len(bad),
            columns=self._columns(columns, rows, row_of, other),
            kind=kind[shown],
            line=np.flatnonzero(shown),
            time=self.time[shown],
            offset=self.offset[shown],
            kind_lines=other.kind_lines,
            kind_bytes=other.kind_bytes,
            damage=other.damage,
            leading=leading,
            last_multiline=other.grouping.last_multiline,
        )

    def _others(self, numbers: Ints, zap: Bools) -> Gatherer:
        """Read the flagged lines one by one, each knowing which record stood before it."""
        gathered = Gatherer()
        before = -1
        starts, ends, afters = (part[numbers].tolist() for part in (self.lines.start, self.lines.end, self.lines.after))
        for number, start, end, after in zip(numbers.tolist(), starts, ends, afters, strict=True):
            if number - before > 1:  # all lines between two flagged ones are JSON records
                gathered.grouping.passed()
            gathered.add(read_line(bytes(self.text.view[start:end])), number, start, after - start)
            before = number
        if len(zap) - before > 1:
            gathered.grouping.passed()
        return gathered

    def _columns(self, names: Sequence[str], rows: int, row_of: Ints, other: Gatherer) -> dict[str, Any]:
        """Return the columns of all rows as ``rows.column_of`` does; None for one that every row lacks."""
        columns = Columns(self.text, self.pairs, self.slots, row_of, rows)
        built: dict[str, Any] = dict.fromkeys(names) | columns.build(names)
        if "fields" in built:
            built["fields"] = columns.rest(self.lines.bad, self.lines.start, self.unknown)
        at = row_of[other.numbers]
        for name in names:
            values = record_values(other.records, name)
            if any(value is not None for value in values):
                built[name] = _with(name, built[name], rows, at, values)
        return built


def _with(name: str, column: Any, rows: int, at: Ints, values: list[Any]) -> Any:
    """Return a column with the values of the other lines in their rows."""
    import pyarrow as pa

    if COLUMN_TYPES[name] == "category":
        coded: Coded = column or no_names(rows)
        return coded.with_values(at, values)
    kind = pa.int64() if name in INTEGER_FIELDS else pa.large_string()
    return replaced(pa.nulls(rows, kind) if column is None else column, at, pa.array(values, kind))
