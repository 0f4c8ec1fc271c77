"""Goroutines put together by what they have in common, computed on the columns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analyzer.errors import UsageError
from analyzer.goroutines.owners import package_of
from analyzer.goroutines.schema import GROUPS, STATES
from analyzer.text import printable

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.goroutines.model import GoroutineDump
    from analyzer.goroutines.records import Ints

NO_LABEL: Final = "(no label)"
NO_CREATOR: Final = "(unknown)"
NO_OWN: Final = "(no own code)"
_STATES_SHOWN: Final = 4


def _codes(values: list[str]) -> tuple[list[str], Ints]:
    """Return the distinct values in order of first appearance and each value's number."""
    seen: dict[str, int] = {}
    numbers = np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.int64)
    return list(seen), numbers


def _by_stack(dump: GoroutineDump) -> tuple[list[str], Ints]:
    names = []
    for functions, own in zip(dump.stack_functions, dump.stack_own, strict=True):
        top = functions[0] if functions else "(no frames)"
        names.append(top if own is None or own == top else f"{top} < {own}")
    return names, dump.records.stack


def _by_state(dump: GoroutineDump) -> tuple[list[str], Ints]:
    names, numbers = _codes([status.state or "(not given)" for status in dump.records.statuses])
    return names, numbers[dump.records.status]


def _by_creator(dump: GoroutineDump) -> tuple[list[str], Ints]:
    names, numbers = _codes([*(creator.function for creator in dump.records.creators), NO_CREATOR])
    return names, numbers[dump.records.creator]  # -1 takes the last one


def _by_own(dump: GoroutineDump) -> tuple[list[str], Ints]:
    names, numbers = _codes([own or NO_OWN for own in dump.stack_own])
    return names, numbers[dump.records.stack]


def _by_package(dump: GoroutineDump) -> tuple[list[str], Ints]:
    packages = []
    for functions, own in zip(dump.stack_functions, dump.stack_own, strict=True):
        function = own or next(iter(functions), "")
        packages.append(package_of(function) or "(none)")
    names, numbers = _codes(packages)
    return names, numbers[dump.records.stack]


def _by_class(dump: GoroutineDump) -> tuple[list[str], Ints]:
    return list(dump.class_names), dump.class_codes


_KEYS: Final[dict[str, Callable[[GoroutineDump], tuple[list[str], Ints]]]] = {
    "stack": _by_stack,
    "state": _by_state,
    "class": _by_class,
    "creator": _by_creator,
    "own": _by_own,
    "package": _by_package,
}
KEYS: Final = tuple(_KEYS)
"""What goroutines can be grouped by, besides ``label:KEY``."""


def group_codes(dump: GoroutineDump, by: str) -> tuple[list[str], Ints]:
    """Return the names of the groups and the number of each row's group.

    Raises:
        UsageError: ``by`` is none of ``KEYS`` and no ``label:KEY``.
    """
    if by.startswith("label:"):
        key = by.removeprefix("label:")
        if not key:
            raise UsageError("label: names no label; give one as label:KEY")
        names, numbers = _codes([status.labels.get(key, NO_LABEL) for status in dump.records.statuses])
        return names, numbers[dump.records.status]
    if by not in _KEYS:
        raise UsageError(f"goroutines cannot be grouped by {printable(by, 40)!r}: {', '.join(KEYS)} or label:KEY")
    return _KEYS[by](dump)


class Partition:
    """Rows ordered by group, so that every figure of a group is a slice."""

    def __init__(self, dump: GoroutineDump, codes: Ints) -> None:
        self.dump = dump
        weight = dump.records.weight
        size = int(codes.max(initial=-1)) + 1
        totals = np.zeros(size, dtype=np.int64)
        np.add.at(totals, codes, weight)
        order = np.argsort(codes, kind="stable")
        self._rows = order
        self._bounds = np.searchsorted(codes[order], np.arange(size + 1))
        self.totals = totals
        self._state_names, self._state_codes = _by_state(dump)
        self.order = [int(g) for g in np.argsort(-totals, kind="stable") if totals[g]]

    def rows(self, group: int) -> Ints:
        """Rows of one group, in the order of the dump."""
        return self._rows[self._bounds[group] : self._bounds[group + 1]]

    def waits(self, rows: Ints) -> tuple[int | None, float | None, int | None, int]:
        """Return min, median, max of the minutes given, and how many goroutines give none."""
        minutes = self.dump.minutes[rows]
        given = minutes[minutes >= 0]
        if not len(given):
            return None, None, None, int(self.dump.records.weight[rows].sum())
        absent = int(self.dump.records.weight[rows][minutes < 0].sum())
        return int(given.min()), float(np.median(given)), int(given.max()), absent

    def most(self, values: Ints, rows: Ints) -> int:
        """Return the most frequent of ``values`` among some rows (-1 included); the first one wins a tie."""
        if len(rows) == 1:
            return int(values[rows[0]])
        found, first, inverse = np.unique(values[rows], return_index=True, return_inverse=True)
        counts = np.zeros(len(found), dtype=np.int64)
        np.add.at(counts, inverse.ravel(), self.dump.records.weight[rows])
        return int(found[np.lexsort((first, -counts))[0]])

    def state_text(self, rows: Ints) -> str:
        """Return ``IO wait 35, select 3``: the states of some rows with their counts."""
        found, inverse = np.unique(self._state_codes[rows], return_inverse=True)
        totals = np.zeros(len(found), dtype=np.int64)
        np.add.at(totals, inverse.ravel(), self.dump.records.weight[rows])
        counts = dict(zip(found.tolist(), totals.tolist(), strict=True))
        order = sorted(counts, key=lambda code: (-counts[code], code))
        shown = ", ".join(f"{self._state_names[code]} {counts[code]}" for code in order[:_STATES_SHOWN])
        return shown + (f", {len(order) - _STATES_SHOWN} more" if len(order) > _STATES_SHOWN else "")

    def ids(self, rows: Ints) -> list[int]:
        """Return the ids of some rows, ascending; none in profiles."""
        ids = self.dump.records.ids[rows]
        return sorted(ids[ids >= 0].tolist())


def group_frame(dump: GoroutineDump, by: str) -> pd.DataFrame:
    """Return one row a group, largest first; columns as in ``schema.GROUPS``."""
    names, codes = group_codes(dump, by)
    parts = Partition(dump, codes)
    total = max(dump.total, 1)
    data: dict[str, Any] = {column: [] for column in GROUPS.names}
    for group in parts.order:
        rows = parts.rows(group)
        stack = parts.most(dump.records.stack, rows)
        creator = parts.most(dump.records.creator, rows)
        functions = dump.stack_functions[stack]
        low, median, high, absent = parts.waits(rows)
        values = (
            names[group], int(parts.totals[group]), parts.totals[group] / total, parts.state_text(rows),
            low, median, high, absent, len(np.unique(dump.records.stack[rows])), stack,
            functions[0] if functions else None, dump.stack_own[stack],
            dump.records.creators[creator].function if creator >= 0 else None, parts.ids(rows),
        )  # fmt: skip
        for column, value in zip(GROUPS.names, values, strict=True):
            data[column].append(value)
    return GROUPS.frame(data)


def state_frame(dump: GoroutineDump) -> pd.DataFrame:
    """Return one row a state, most frequent first; columns as in ``schema.STATES``."""
    names, codes = _by_state(dump)
    parts = Partition(dump, codes)
    data: dict[str, Any] = {column: [] for column in STATES.names}
    for group in parts.order:
        rows = parts.rows(group)
        low, median, high, absent = parts.waits(rows)
        shown = dump.class_names[parts.most(dump.class_codes, rows)]
        values = (names[group], shown, int(parts.totals[group]), low, median, high, absent)
        for column, value in zip(STATES.names, values, strict=True):
            data[column].append(value)
    return STATES.frame(data)
