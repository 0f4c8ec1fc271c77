"""Pairs of clean lines -> columns: all text in one cut, all names in one table, so that few calls do much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from analyzer.format.levels import canonical_level
from analyzer.logs.block import take_slices
from analyzer.logs.keys import MASKS, MIX, NAMES, UNKNOWN
from analyzer.logs.rows import Coded, arrow_names, code_type
from analyzer.logs.schema import COLUMN_TYPES, INTEGER_FIELDS

if TYPE_CHECKING:
    from analyzer.logs.block import Bools, Ints, Text, Words
    from analyzer.logs.tokens import Pairs

_LONGEST_NAME: Final = 32
_CODE_OF: Final = {name: code for code, name in enumerate(NAMES)}


@dataclass(slots=True)
class Slot:
    """The pairs of one key: their positions among all pairs and their lines, at most one a line."""

    pairs: Ints
    line: Ints


def slots_of(pairs: Pairs) -> tuple[dict[int, Slot], Ints, Ints]:
    """Return (the pairs of each known key, lines that have a key twice, pairs of unknown keys)."""
    order = np.argsort(pairs.code, kind="stable")
    code = pairs.code[order]
    line = pairs.line[order]
    bounds = np.searchsorted(code, np.arange(UNKNOWN + 1)).tolist()
    known = bounds[UNKNOWN]
    twice = (line[1:known] == line[: known - 1]) & (code[1:known] == code[: known - 1]) if known else np.empty(0, bool)
    slots = {
        number: Slot(order[first:after], line[first:after])
        for number, (first, after) in enumerate(pairwise(bounds))
        if after > first
    }
    return slots, line[1:known][twice], order[known:]


class Columns:
    """The columns of one block: where each pair's value goes, and what it becomes."""

    def __init__(self, text: Text, pairs: Pairs, slots: Mapping[int, Slot], row_of: Ints, rows: int) -> None:
        """Build columns of ``rows`` rows; ``row_of`` is the row of each line."""
        self.text, self.pairs, self.row_of, self.rows = text, pairs, row_of, rows
        self._slots = {name: slots[code] for name, code in _CODE_OF.items() if code in slots}
        self._between: Any = None

    def build(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the columns of known keys; those that no line has are left out."""
        held = [name for name in names if name in self._slots]
        coded = [name for name in held if COLUMN_TYPES[name] == "category"]
        built: dict[str, Any] = self._names(coded)
        for name in coded:
            if name not in built:
                values = self._values(self._slots[name]).dictionary_encode()
                built[name] = self._placed(name, values.indices.fill_null(-1).to_numpy(), values.dictionary)
        whole = [name for name in held if name in INTEGER_FIELDS]
        built |= {name: self._integers(self._slots[name]) for name in whole}
        return built | self._texts([name for name in held if name not in built])

    def _names(self, held: list[str]) -> dict[str, Coded]:
        """Return categorical columns without cutting out all values, if these are short strings without escapes.

        Values of one word are told apart by it. Of longer ones a hash of their words tells them apart, and each is then
        held against the first of its hash, so the result is exact; should two have one hash, none is returned.
        """
        built, several = {}, []
        for name in held:
            at = self._slots[name].pairs
            start = self.pairs.start[at]
            size = self.pairs.end[at] - start
            longest = size.max()
            if longest > _LONGEST_NAME or not self.pairs.string[at].all() or self.pairs.escaped[at].any():
                continue
            if longest > 8:
                several.append((name, at, start, size))
                continue
            codes, found = pd.factorize(self.text.words[start] & MASKS.take(size))
            names = arrow_names(word.tobytes().rstrip(b"\0").decode() for word in found)
            built[name] = self._placed(name, codes, names)
        return built | self._long_names(several)

    def _long_names(self, held: list[tuple[str, Ints, Ints, Ints]]) -> dict[str, Coded]:
        """Return categorical columns of values of several words: (name, pairs, starts, sizes)."""
        if not held:
            return {}
        edges = np.cumsum([0, *(len(at) for _, at, _, _ in held)])
        at, start, size = (np.concatenate([parts[i] for parts in held]) for i in (1, 2, 3))
        column = np.repeat(np.arange(len(held)), np.diff(edges)) << 8 | size
        codes, first = _distinct(column, self._words(start, size))
        if codes is None:
            return {}
        names = self._cut(at[first])
        # the values of one column stand together, so their codes do
        bounds = np.searchsorted(first, edges).tolist()
        return {
            name: self._placed(name, codes[edges[i] : edges[i + 1]] - bounds[i], names[bounds[i] : bounds[i + 1]])
            for i, (name, _, _, _) in enumerate(held)
        }

    def _words(self, start: Ints, size: Ints) -> list[tuple[Ints | slice, Words]]:
        """Return (which values reach so far, their eight bytes from there on) for every eighth byte."""
        words = self.text.words
        found: list[tuple[Ints | slice, Words]] = [(slice(None), words[start] & MASKS.take(np.minimum(size, 8)))]
        for skip in range(8, _LONGEST_NAME, 8):
            reach = np.flatnonzero(size > skip)
            if not len(reach):
                break
            found.append((reach, words[start[reach] + skip] & MASKS.take(np.minimum(size[reach] - skip, 8))))
        return found

    def _placed(self, name: str, codes: Ints, names: Any) -> Coded:
        """Return a categorical column of all rows."""
        placed = np.full(self.rows, -1, code_type(len(names)))
        placed[self.row_of[self._slots[name].line]] = codes
        coded = Coded(placed, names)
        return canonical(coded) if name == "level" else coded

    def _texts(self, held: list[str]) -> dict[str, Any]:
        """Return columns of text: one cut for all of them, then those with escapes are decoded."""
        if not held:
            return {}
        pairs, size = self.pairs, self.rows
        index = np.full(len(held) * size, -1, np.int64)
        for number, name in enumerate(held):
            slot = self._slots[name]
            index[self.row_of[slot.line] + number * size] = slot.pairs
        other = np.flatnonzero(~pairs.string)
        null = other[self._is_null(other)]
        if len(null):
            is_null = np.zeros(len(pairs.string), bool)
            is_null[null] = True
            index[is_null[index] & (index >= 0)] = -1
        cut = self._cut(index)
        return {name: self._decoded(name, cut.slice(number * size, size)) for number, name in enumerate(held)}

    def _cut(self, index: Ints) -> Any:
        """Return the values of pairs as they stand, null where ``index`` is negative."""
        if self._between is None:
            self._between = self.text.between(self.pairs.start, self.pairs.end)
        return take_slices(self._between, index)

    def _decoded(self, name: str, column: Any) -> Any:
        slot = self._slots[name]
        escaped = self.pairs.escaped[slot.pairs]
        if not escaped.any():
            return column
        return replaced(column, self.row_of[slot.line[escaped]], self._unescaped(slot.pairs[escaped]))

    def _unescaped(self, at: Ints) -> Any:
        """Return the content of strings with escapes; all are known to be right."""
        import orjson
        import pyarrow as pa

        texts = self.text.slices(self.pairs.start[at] - 1, self.pairs.end[at] + 1)
        return pa.array(orjson.loads("[" + ",".join(texts.to_pylist()) + "]"), pa.large_string())

    def _is_null(self, at: Ints) -> Bools:
        """Tell which of these pairs have null for a value."""
        start, end = self.pairs.start[at], self.pairs.end[at]
        found: Bools = ~self.pairs.string[at] & (end - start == 4) & (self.text.wide[start] == ord("n"))
        return found

    def _values(self, slot: Slot) -> Any:
        """Return a key's values as text, null for null."""
        import pyarrow as pa
        import pyarrow.compute as pc

        start, end = self.pairs.start[slot.pairs], self.pairs.end[slot.pairs]
        escaped = self.pairs.escaped[slot.pairs]
        values = self.text.slices(start, end)
        if escaped.any():
            values = replaced(values, np.flatnonzero(escaped), self._unescaped(slot.pairs[escaped]))
        null = self._is_null(slot.pairs)
        return pc.if_else(pa.array(null), pa.scalar(None, pa.large_string()), values) if null.any() else values

    def _integers(self, slot: Slot) -> Any:
        """Return a column of numbers; all are known to be right."""
        import pyarrow as pa

        start, end = self.pairs.start[slot.pairs], self.pairs.end[slot.pairs]
        values = three_digits(self.text, start, end)
        if (values < 0).any():
            values = self._values(slot).cast(pa.int64())
            missing, values = values.is_null().to_numpy(zero_copy_only=False), values.fill_null(0).to_numpy()
        else:
            missing = np.zeros(len(values), bool)
        placed, empty = np.zeros(self.rows, np.int64), np.ones(self.rows, bool)
        at = self.row_of[slot.line]
        placed[at], empty[at] = values, missing
        return pa.array(placed, mask=empty)

    def rest(self, lines_bad: Bools, lines_start: Ints, unknown: Ints) -> Any:
        """Return ``fields``: per line the pairs without a column, as they stand."""
        pairs = self.pairs
        start = pairs.key[unknown]
        end = pairs.end[unknown] + pairs.string[unknown]
        line = pairs.line[unknown]
        # pairs that stand side by side are one piece
        joins = np.zeros(len(unknown), bool)
        joins[1:] = (line[1:] == line[:-1]) & (start[1:] == end[:-1] + 1)
        first = np.flatnonzero(~joins)
        last = np.append(first[1:], len(unknown)) - 1 if len(unknown) else first
        start, end, line = start[first], end[last], line[first]
        twice = np.zeros(len(line), bool)
        if len(line):
            same = line[1:] == line[:-1]
            twice[1:] |= same
            twice[:-1] |= same
        several = line[twice]
        array = self._braced(lines_bad, lines_start, start[~twice], end[~twice], line[~twice])
        if len(several):
            array = replaced(array, self.row_of[several], self._joined(start[twice], end[twice], several))
        return array

    def _braced(self, lines_bad: Bools, lines_start: Ints, start: Ints, end: Ints, line: Ints) -> Any:
        """Return ``{piece}`` for lines with one piece and ``{}`` for the others.

        A piece is cut with the byte on either side, which then become the braces.
        """
        import pyarrow as pa

        clean = np.flatnonzero(~lines_bad)
        left = lines_start[clean]
        right = left + 2
        place = np.searchsorted(clean, line) if len(clean) < len(lines_bad) else line
        left[place], right[place] = start - 1, end + 1
        cut = self.text.slices(left, right)
        _, offsets, values = cut.buffers()
        text = np.frombuffer(values, np.uint8).copy()
        bounds = np.frombuffer(offsets, np.int64)[: len(cut) + 1]
        text[bounds[:-1]] = ord("{")
        text[bounds[1:] - 1] = ord("}")
        array = pa.LargeStringArray.from_buffers(len(cut), offsets, pa.py_buffer(text))
        if len(clean) == self.rows:
            return array
        index = np.full(self.rows, -1, np.int64)
        index[self.row_of[clean]] = np.arange(len(clean))
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


def _distinct(column: Ints, words: list[tuple[Ints | slice, Words]]) -> tuple[Ints | None, Ints]:
    """Return (a code for each value, the first value of each code); no codes if two values share a hash."""
    hashed = column.astype(np.uint64)
    for reach, word in words:
        mixed = (hashed[reach] ^ word) * MIX
        mixed ^= mixed >> np.uint64(29)
        hashed[reach] = mixed
    codes, found = pd.factorize(hashed)
    highest = np.maximum.accumulate(codes)
    first = np.concatenate([[0], np.flatnonzero(highest[1:] != highest[:-1]) + 1])
    if len(first) != len(found):  # pragma: no cover
        raise AssertionError("codes are not numbered as they occur")
    example = first[codes]
    same = (column == column[example]).all()
    for reach, word in words:
        whole = np.zeros(len(column), np.uint64)
        whole[reach] = word
        same = same and (word == whole[example[reach]]).all()
    return (codes if same else None), first


def three_digits(text: Text, start: Ints, end: Ints) -> Ints:
    """Return the values of numbers of three digits, as HTTP statuses are; -1 for all others."""
    digits = [(text.wide[start + place] - np.uint8(ord("0"))).astype(np.int64) for place in range(3)]
    simple = (end - start == 3) & (digits[0] > 0) & (digits[0] < 10) & (digits[1] < 10) & (digits[2] < 10)
    return np.where(simple, (digits[0] * 10 + digits[1]) * 10 + digits[2], -1)


def replaced(array: Any, at: Ints, values: Any) -> Any:
    """Return an Arrow array with other values at some rows, which rise."""
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = np.zeros(len(array), bool)
    mask[at] = True
    return pc.replace_with_mask(array, pa.array(mask), values)


def canonical(coded: Coded) -> Coded:
    """Return levels with the server's spelling."""
    names = coded.names.to_pylist()
    right = [canonical_level(name) for name in names]
    if right == names:
        return coded
    places: dict[str, int] = {}
    new = np.array([*(places.setdefault(name, len(places)) for name in right), -1], coded.codes.dtype)
    return Coded(new[coded.codes], arrow_names(places))
