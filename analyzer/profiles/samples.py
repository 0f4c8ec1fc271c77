"""Samples decoded block by block, before the tables that they refer to are known.

Go's runtime writes samples first and what they refer to behind them. Their ids and string indices are therefore
kept as they are, in 32 bits where that is enough, and turned into rows in place at the end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import numpy as np

from analyzer.profiles.lookup import Rows, Texts
from analyzer.profiles.model import I32, U64, Labels, Samples
from analyzer.profiles.parts import SAMPLE
from analyzer.profiles.submessages import located, nested, scalar
from analyzer.profiles.validity import References
from analyzer.profiles.wire import Messages, number_ends, repeated, walk

if TYPE_CHECKING:
    from numpy.typing import NDArray

_Number = TypeVar("_Number", bound=np.generic)
_STEP = 1 << 16  # entries by which an array grows, unless it is small or huge
_ENTRIES = 1 << 16  # ids looked up at a time


class _Growing(Generic[_Number]):
    """An array that grows in place: joining blocks at the end would need the memory twice."""

    def __init__(self, dtype: type[_Number]) -> None:
        self._array = np.empty(0, dtype)
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def extend(self, block: NDArray[np.generic]) -> None:
        size = self._size + len(block)
        if size > len(self._array):
            self._array.resize(size + max(min(size, _STEP), size // 32), refcheck=False)
        self._array[self._size : size] = block
        self._size = size

    def done(self) -> NDArray[_Number]:
        self._array.resize(self._size, refcheck=False)
        return self._array


class _Ids:
    """Numbers below 2**64, stored in 32 bits each until one needs more."""

    def __init__(self) -> None:
        self._narrow = _Growing(np.uint32)
        self._wide: _Growing[np.uint64] | None = None

    def extend(self, block: U64) -> None:
        if self._wide is None and len(block) and int(block.max()) >> 32:
            self._wide = _Growing(np.uint64)
            self._wide.extend(self._narrow.done())
            self._narrow = _Growing(np.uint32)
        (self._narrow if self._wide is None else self._wide).extend(block)

    def done(self) -> NDArray[np.uint32] | U64:
        return self._narrow.done() if self._wide is None else self._wide.done()


class SampleTable:
    """Takes samples in blocks."""

    def __init__(self) -> None:
        self._values, self._value_counts = _Growing(np.int64), _Growing(np.int32)
        self._stacks, self._depths = _Ids(), _Growing(np.int32)
        self._label_owner, self._label_number = _Growing(np.int32), _Growing(np.int64)
        self._label_key, self._label_string, self._label_unit = _Ids(), _Ids(), _Ids()

    def add(self, messages: Messages) -> None:
        """Decode some samples.

        Raises:
            BadMessageError: one of them breaks the wire format.
        """
        first = len(self._depths)
        with located(SAMPLE, first):
            fields = walk(messages)
            closing = number_ends(messages)
            ids, depths = repeated(messages, fields.pick(1), closing)
            values, counts = repeated(messages, fields.pick(2), closing)
            owner, inner, inner_fields = nested(messages, fields, 3)
        with located(SAMPLE, first, owner):
            key, string, number, unit = (scalar(inner_fields, field, len(inner)) for field in (1, 2, 3, 4))
        self._stacks.extend(ids)
        self._depths.extend(depths)
        self._values.extend(values.view(np.int64))
        self._value_counts.extend(counts)
        self._label_owner.extend(owner + first)
        self._label_key.extend(key)
        self._label_string.extend(string)
        self._label_number.extend(number.view(np.int64))
        self._label_unit.extend(unit)

    def samples(self, types: int, location_ids: U64) -> tuple[Samples, References]:
        """Return all samples, and what the file says about them that is not in there; the table is used up."""
        counts, flat = self._value_counts.done(), self._values.done()
        shape = (len(counts), types)
        if len(counts) and (counts != types).any():
            flat = np.zeros(shape, np.int64)  # refused by the check that follows
        offsets = np.zeros(len(counts) + 1, np.int64)
        np.cumsum(self._depths.done(), dtype=np.int64, out=offsets[1:])
        stacks, missing = _resolved(self._stacks.done(), Rows(location_ids))
        where = None if missing is None else (int(np.searchsorted(offsets, missing[0], side="right")) - 1, missing[1])
        return Samples(flat.reshape(shape), offsets, stacks), References(where, counts)

    def labels(self, texts: Texts) -> Labels:
        """Return labels as upstream reads them: text if ``str`` is set, else a number unless all of it is 0."""
        string, number, unit = self._label_string.done(), self._label_number.done(), self._label_unit.done()
        text = string != 0
        keys = texts.rows(self._label_key.done(), "label")
        strings = np.where(text, texts.rows(string, "label"), np.int32(-1))
        unit[text] = 0
        units = texts.rows(unit, "label")
        number[text] = 0
        kept = text | (number != 0) | (unit != 0)
        columns = (self._label_owner.done(), keys, strings, number, units)
        return Labels(*columns) if kept.all() else Labels(*(column[kept] for column in columns))


def _resolved(ids: NDArray[np.uint32] | U64, rows: Rows) -> tuple[I32, tuple[int, int] | None]:
    """Turn ids into rows, in place if they have 32 bits; return also (place, id) of the first that has none."""
    found: I32 = ids.view(np.int32) if ids.itemsize == 4 else np.empty(len(ids), np.int32)
    missing: tuple[int, int] | None = None
    for start in range(0, len(ids), _ENTRIES):
        wanted = ids[start : start + _ENTRIES]
        block = rows.find(wanted)
        if missing is None and (block < 0).any():
            at = int(np.flatnonzero(block < 0)[0])
            missing = start + at, int(wanted[at])
        found[start : start + _ENTRIES] = block
    return found, missing
