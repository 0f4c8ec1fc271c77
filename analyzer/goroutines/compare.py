"""Two or more dumps beside each other: who is stuck, what grows.

Go never uses a goroutine id twice in one process, so the same id with the same stack in two dumps of one
process is a goroutine that has not moved. Of two processes only groups can be compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from analyzer.errors import UsageError
from analyzer.goroutines.groups import group_codes
from analyzer.goroutines.schema import STUCK, comparison_schema
from analyzer.goroutines.survey import Survey

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.goroutines.body import Frame
    from analyzer.goroutines.model import GoroutineDump
    from analyzer.goroutines.records import Flags, Ints

_LOOK_AT: Final = 5000
_POINTER: Final = re.compile(rb"0x[0-9a-f]{9,16}(?![0-9a-f?])")


@dataclass(frozen=True, eq=False)
class DumpComparison:
    """What happened between two dumps.

    Attributes:
        before, after: the dumps.
        same_process: whether both are of one process, so that ids mean the same.
        stuck: goroutines that have not moved; columns as in ``schema.STUCK``. Empty for two processes.
        groups: columns ``group, before, after, delta``, largest change first.
        furniture: how many goroutines have not moved because they wait by design.
    """

    before: GoroutineDump
    after: GoroutineDump
    same_process: bool
    stuck: pd.DataFrame
    groups: pd.DataFrame
    furniture: int


def is_same_process(before: GoroutineDump, after: GoroutineDump) -> bool:
    """Whether two dumps are of one process.

    Goroutines that both have, with one stack, then hold the same pointers; another process of the same program
    gives its first goroutines the same ids, but not the same memory. Without pointers the stacks must do.
    """
    if before.form != "dump" or after.form != "dump":
        return False
    left, right = _by_id(before), _by_id(after)
    common = sorted(left.keys() & right.keys())[:_LOOK_AT]
    alike = equal = pointers = 0
    spans_before, spans_after = before.spans, after.spans
    for goroutine in common:
        a, b = left[goroutine], right[goroutine]
        if _stack(before, a) != _stack(after, b):
            continue
        alike += 1
        one, two = (_pointers(d, s, row) for d, s, row in ((before, spans_before, a), (after, spans_after, b)))
        pointers += bool(one)
        equal += bool(one) and one == two
    return equal > pointers / 2 if pointers else alike > len(common) / 2


def _stack(dump: GoroutineDump, row: int) -> tuple[Frame, ...]:
    return dump.records.stacks[dump.records.stack[row]]


def _pointers(dump: GoroutineDump, bounds: tuple[Ints, Ints], row: int) -> list[bytes]:
    """Return the words of a record that look like addresses and are not marked as stale."""
    return _POINTER.findall(dump.records.text, int(bounds[0][row]), int(bounds[1][row]))


def _by_id(dump: GoroutineDump) -> dict[int, int]:
    """Return id to row; the first one of an id wins."""
    rows: dict[int, int] = {}
    for row, goroutine in enumerate(dump.records.ids.tolist()):
        if goroutine >= 0:
            rows.setdefault(goroutine, row)
    return rows


def _unmoved(before: GoroutineDump, after: GoroutineDump) -> Ints:
    """Return the rows of the later dump whose id and stack are in the earlier one, too."""
    left = _by_id(before)
    rows = [
        row
        for goroutine, row in _by_id(after).items()
        if goroutine in left and _stack(before, left[goroutine]) == _stack(after, row)
    ]
    return np.array(sorted(rows), dtype=np.int64)


def _stuck_frame(after: GoroutineDump, rows: Ints) -> pd.DataFrame:
    frame = after.goroutines.iloc[rows]
    return STUCK.frame({name: frame[name].tolist() for name in STUCK.names})


def _totals(dump: GoroutineDump, by: str) -> dict[object, tuple[str, int]]:
    """Return key to (name, goroutines) of each group; the key is the same in every dump."""
    names, codes = group_codes(dump, by)
    counts = np.zeros(len(names), dtype=np.int64)
    np.add.at(counts, codes, dump.records.weight)
    keys: Sequence[object] = dump.records.stacks if by == "stack" else names
    result: dict[object, tuple[str, int]] = {}
    for key, name, number in zip(keys, names, counts.tolist(), strict=True):
        if number:
            result[key] = (name, number + result.get(key, ("", 0))[1])
    return result


def compare(
    before: GoroutineDump, after: GoroutineDump, *, by: str = "stack", same_process: bool | None = None
) -> DumpComparison:
    """Compare two dumps.

    Args:
        before: the earlier dump.
        after: the later dump.
        by: how to group, see ``GoroutineDump.groups``.
        same_process: whether they are of one process; None finds out.

    Raises:
        UsageError: ``by`` is no way to group.
    """
    same = is_same_process(before, after) if same_process is None else same_process
    rows = _unmoved(before, after) if same else np.zeros(0, dtype=np.int64)
    survey = Survey(after)
    idle: Flags = (survey.furniture | survey.of_class("running"))[rows]
    return DumpComparison(
        before=before,
        after=after,
        same_process=same,
        stuck=_stuck_frame(after, rows[~idle]),
        groups=across({"before": before, "after": after}, by=by),
        furniture=int(np.count_nonzero(survey.furniture[rows])),
    )


def across(dumps: Mapping[str, GoroutineDump], *, by: str = "stack") -> pd.DataFrame:
    """Return one row a group and one column a dump: several dumps over time, nodes of a cluster, packets.

    The last column ``delta`` is the last dump minus the first; rows are ordered by its size.

    Raises:
        UsageError: fewer than two dumps, or ``by`` is no way to group.
    """
    if len(dumps) < 2:
        raise UsageError("there is nothing to compare: at least two dumps are needed")
    columns = {name: _totals(dump, by) for name, dump in dumps.items()}
    names = {key: name for column in columns.values() for key, (name, _) in column.items()}
    counts = {name: {key: number for key, (_, number) in column.items()} for name, column in columns.items()}
    first, *_, last = counts.values()
    delta = {key: last.get(key, 0) - first.get(key, 0) for key in names}
    order = sorted(names, key=lambda key: (-abs(delta[key]), -last.get(key, 0), names[key]))
    data: dict[str, object] = {"group": [names[key] for key in order]}
    for name, column in counts.items():
        data[name] = [column.get(key, 0) for key in order]
    data["delta"] = [delta[key] for key in order]
    return comparison_schema(list(columns)).frame(data)
