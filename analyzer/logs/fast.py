"""A block of mostly clean JSON -> rows: columns cut out of the bytes at once, the other lines read one by one.

The result is the same as that of ``slow.read_block``; tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analyzer.format.levels import canonical_level
from analyzer.logs.block import Text
from analyzer.logs.forms import read_line
from analyzer.logs.keys import MASKS, MIX, NAMES, TIMESTAMP, TS, UNKNOWN
from analyzer.logs.rows import KIND_CODE, NO_OFFSET, NO_TIME, Coded, Part, record_values
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
    text = Text(block.data)
    cut = None if block.long_line else tokenise(text)
    if cut is None:
        return read_block(block, columns)
    lines, pairs = cut
    parse = _Parse(text, lines, pairs)
    parse.flag()
    if lines.bad.mean() > 1 - _ENOUGH:
        return read_block(block, columns)
    return parse.part(columns)


@dataclass(slots=True)
class _Slot:
    """The pairs of one key: their positions among all pairs, at most one a line."""

    pairs: Ints
    line: Ints


class _Parse:
    """One block on its way from pairs to columns."""

    def __init__(self, text: Text, lines: Lines, pairs: Pairs) -> None:
        self.text, self.lines, self.pairs = text, lines, pairs
        self.data, self.bytes, self.words = text.data, text.codes, text.words
        self.slots: dict[int, _Slot] = {}
        self.time = np.full(len(lines.start), NO_TIME, np.int64)
        self.offset = np.full(len(lines.start), NO_OFFSET, np.int16)

    def flag(self) -> None:
        """Flag lines that only the reference reads right: equal keys, odd times, GELF, audit, odd numbers."""
        pairs, bad = self.pairs, self.lines.bad
        order = np.argsort(pairs.code, kind="stable")
        bounds = np.searchsorted(pairs.code[order], np.arange(UNKNOWN + 2))
        for code in range(UNKNOWN):
            at = order[bounds[code] : bounds[code + 1]]
            if not len(at):
                continue
            line = pairs.line[at]
            if code >= len(NAMES):
                bad[line] = True
                continue
            twice = line[1:] == line[:-1]
            if twice.any():
                bad[line[1:][twice]] = True
            self.slots[code] = _Slot(at, line)
        self._times()
        for code, slot in self.slots.items():
            if NAMES[code] in INTEGER_FIELDS:
                self._check_integers(slot)
        keep = ~bad[pairs.line]
        if not keep.all():
            number = np.cumsum(keep) - 1
            self.pairs = pairs.where(keep)
            for code, slot in list(self.slots.items()):
                left = keep[slot.pairs]
                self.slots[code] = _Slot(number[slot.pairs[left]], slot.line[left])

    def _check_integers(self, slot: _Slot) -> None:
        """Flag lines in which a column of numbers has something else; HTTP codes need no closer look."""
        import pyarrow.compute as pc

        start, end = self.pairs.start[slot.pairs], self.pairs.end[slot.pairs]
        digits = self.bytes[start[:, None] + np.arange(3)] - np.uint8(ord("0")) if len(start) else np.zeros((0, 3))
        simple = (end - start == 3) & (digits <= 9).all(axis=1) & (digits[:, 0] > 0)
        rest = np.flatnonzero(~simple)
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
        other_rows = row_of[other.numbers]
        built = {name: self._column(name, rows, row_of, other, other_rows) for name in columns}
        return Part(
            rows=rows,
            lines=len(bad),
            columns=built,
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
            gathered.add(read_line(self.data[start:end]), number, start, after - start)
            before = number
        if len(zap) - before > 1:
            gathered.grouping.passed()
        return gathered

    def _column(self, name: str, rows: int, row_of: Ints, other: Gatherer, other_rows: Ints) -> Any:
        """Return one column of all rows as ``rows.column_of`` does; None if every row lacks it."""
        import pyarrow as pa

        slot = self.slots.get(NAMES.index(name)) if name in NAMES else None
        found = record_values(other.records, name)
        extra = found if any(value is not None for value in found) else None
        if name != "fields" and (slot is None or not len(slot.pairs)) and extra is None:
            return None
        if COLUMN_TYPES[name] == "category":
            return self._coded(name, slot, rows, row_of, extra, other_rows)
        array = self._rest(rows, row_of) if name == "fields" else self._known(name, slot, rows, row_of)
        return array if extra is None else _replace(array, _mask(rows, other_rows), pa.array(extra, array.type))

    def _coded(
        self, name: str, slot: _Slot | None, rows: int, row_of: Ints, extra: list[Any] | None, other_rows: Ints
    ) -> Coded:
        """Return a categorical column of all rows."""
        codes = np.full(rows, -1, np.int32)
        names: list[str] = []
        if slot is not None and len(slot.pairs):
            short = self._short_names(slot)
            if short is not None:
                codes[row_of[slot.line]], names = short
            else:
                values = self._values(slot).dictionary_encode()
                names = values.dictionary.to_pylist()
                codes[row_of[slot.line]] = values.indices.fill_null(-1).to_numpy()
        if extra is not None:
            places = {text: place for place, text in enumerate(names)}
            codes[other_rows] = [-1 if text is None else places.setdefault(text, len(places)) for text in extra]
            names = list(places)
        return _canonical(Coded(codes, names)) if name == "level" else Coded(codes, names)

    def _short_names(self, slot: _Slot) -> tuple[Any, list[str]] | None:
        """Return (codes, names) of values of up to 32 bytes without cutting them all out; None if some are longer.

        Values are told apart by a hash of their words and then held against the first of their hash, so the result is
        exact.
        """
        import pandas as pd

        pairs, at = self.pairs, slot.pairs
        start, end = pairs.start[at], pairs.end[at]
        size = end - start
        longest = int(size.max())
        if longest > 32 or pairs.escaped[at].any() or not pairs.string[at].all():
            return None
        last = len(self.data) - 1
        words = [
            self.words[np.minimum(start + skip, last) if skip else start] & MASKS[np.clip(size - skip, 0, 8)]
            for skip in range(0, max(longest, 1), 8)
        ]
        hashed = size.astype(np.uint64)
        for word in words:
            hashed = (hashed ^ word) * MIX
            hashed ^= hashed >> np.uint64(29)
        codes, found = pd.factorize(hashed)
        first = np.empty(len(found), np.int64)
        first[codes[::-1]] = np.arange(len(codes))[::-1]
        if (size != size[first][codes]).any() or any((word != word[first][codes]).any() for word in words):
            return None
        return codes, [self.data[start[i] : end[i]].decode() for i in first.tolist()]

    def _values(self, slot: _Slot, row_of: Ints | None = None, rows: int = 0) -> Any:
        """Return a key's values as text, null for null; in their rows if ``row_of`` is given."""
        import pyarrow as pa
        import pyarrow.compute as pc

        start, end = self.pairs.start[slot.pairs], self.pairs.end[slot.pairs]
        string, escaped = self.pairs.string[slot.pairs], self.pairs.escaped[slot.pairs]
        if row_of is None:
            rows, at = len(start), np.arange(len(start))
            values = self.text.slices(start, end)
        else:
            at = row_of[slot.line]
            values = self.text.slices(start, end, at, rows)
        if escaped.any():
            values = _replace(values, _mask(rows, at[escaped]), self._decode(slot.pairs[escaped]))
        if not string.all():
            others = np.flatnonzero(~string & (end - start == 4))
            null = others[self.bytes[start[others]] == ord("n")]
            if len(null):
                missing = pa.scalar(None, pa.large_string())
                values = pc.if_else(pa.array(_mask(rows, at[null])), missing, values)
        return values

    def _known(self, name: str, slot: _Slot | None, rows: int, row_of: Ints) -> Any:
        """Return the column of a known key that is text or a number."""
        import pyarrow as pa

        integer = name in INTEGER_FIELDS
        if slot is None or not len(slot.pairs):
            return pa.nulls(rows, pa.int64() if integer else pa.large_string())
        values = self._values(slot, row_of, rows)
        return values.cast(pa.int64()) if integer else values

    def _decode(self, at: Ints) -> Any:
        """Return the content of strings with escapes; all are known to be right."""
        import orjson
        import pyarrow as pa

        texts = self.text.slices(self.pairs.start[at] - 1, self.pairs.end[at] + 1)
        return pa.array(orjson.loads("[" + ",".join(texts.to_pylist()) + "]"), pa.large_string())

    def _rest(self, rows: int, row_of: Ints) -> Any:
        """Return ``fields``: per line the pairs without a column, as they stand."""
        pairs = self.pairs
        at = np.flatnonzero(pairs.code == UNKNOWN)
        start = pairs.key[at]
        end = pairs.end[at] + pairs.string[at]
        line = pairs.line[at]
        # pairs that stand side by side are one piece
        joins = np.zeros(len(at), bool)
        joins[1:] = (line[1:] == line[:-1]) & (start[1:] == end[:-1] + 1)
        first = np.flatnonzero(~joins)
        last = np.append(first[1:], len(at)) - 1 if len(at) else first
        start, end, line = start[first], end[last], line[first]
        twice = np.zeros(len(line), bool)
        if len(line):
            same = line[1:] == line[:-1]
            twice[1:] |= same
            twice[:-1] |= same
        several = line[twice]
        array = self._braced(rows, row_of, start[~twice], end[~twice], line[~twice])
        if len(several):
            array = _replace(array, _mask(rows, row_of[several]), self._joined(start[twice], end[twice], several))
        return array

    def _braced(self, rows: int, row_of: Ints, start: Ints, end: Ints, line: Ints) -> Any:
        """Return ``{piece}`` for lines with one piece and ``{}`` for the others.

        A piece is cut with the byte on either side, which then become the braces.
        """
        import pyarrow as pa

        lines = self.lines
        clean = np.flatnonzero(~lines.bad)
        left, right = lines.start[clean].copy(), lines.start[clean] + 2
        place = np.searchsorted(clean, line)
        left[place], right[place] = start - 1, end + 1
        cut = self.text.slices(left, right)
        _, offsets, values = cut.buffers()
        text = np.frombuffer(values, np.uint8).copy()
        bounds = np.frombuffer(offsets, np.int64)[: len(cut) + 1]
        text[bounds[:-1]] = ord("{")
        text[bounds[1:] - 1] = ord("}")
        array = pa.LargeStringArray.from_buffers(len(cut), offsets, pa.py_buffer(text))
        if len(clean) == rows:
            return array
        index = np.full(rows, -1, np.int64)
        index[row_of[clean]] = np.arange(len(clean))
        return array.take(pa.array(index, mask=index < 0))

    def _joined(self, start: Ints, end: Ints, line: Ints) -> Any:
        """Return ``{piece,piece}`` for lines with several pieces, in the order of the lines."""
        import pyarrow as pa
        import pyarrow.compute as pc

        pieces = self.text.slices(start, end)
        heads = np.flatnonzero(np.concatenate([[True], line[1:] != line[:-1]]))
        bounds = pa.array(np.append(heads, len(line)), pa.int64())
        joined = pc.binary_join(pa.LargeListArray.from_arrays(bounds, pieces), pa.scalar(",", pa.large_string()))
        return pc.binary_join_element_wise(
            pa.scalar("{", pa.large_string()),
            joined,
            pa.scalar("}", pa.large_string()),
            pa.scalar("", pa.large_string()),
        )


def _mask(rows: int, at: Ints) -> Bools:
    mask = np.zeros(rows, bool)
    mask[at] = True
    return mask


def _replace(array: Any, mask: Bools, values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.replace_with_mask(array, pa.array(mask), values)


def _canonical(coded: Coded) -> Coded:
    """Return levels with the server's spelling."""
    right = [canonical_level(name) for name in coded.names]
    if right == coded.names:
        return coded
    places: dict[str, int] = {}
    new = np.array([*(places.setdefault(name, len(places)) for name in right), -1], np.int32)
    return Coded(new[coded.codes], list(places))
