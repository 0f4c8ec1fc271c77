"""The frames of a dump: one row a goroutine, one row a frame of a distinct stack, one goroutine's own frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.errors import UsageError
from analyzer.goroutines.body import BodyReader
from analyzer.goroutines.pieces import decode
from analyzer.goroutines.schema import FRAMES, GOROUTINES, STACKS

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.goroutines.model import GoroutineDump
    from analyzer.goroutines.records import Ints

MAX_ROWS = 1_000_000
"""A profile may claim any count; its frame of goroutines has at most this many rows (``groups()`` has no limit)."""


def _taken(values: list[Any], codes: Ints, dtype: str) -> pd.Series[Any]:
    """Return ``values[codes]`` as a column; -1 takes the last value."""
    import pandas as pd

    column = pd.Series(values, dtype=dtype)
    return column.take(codes % max(len(values), 1)).reset_index(drop=True)


def _nullable(values: Ints) -> pd.Series[Any]:
    """Return integers as a column in which negative ones are NA."""
    import pandas as pd

    return pd.Series(pd.arrays.IntegerArray(np.maximum(values, 0), values < 0))


def goroutine_frame(dump: GoroutineDump) -> pd.DataFrame:
    """Return one row a goroutine; columns as in ``schema.GOROUTINES``."""
    import pandas as pd

    r = dump.records
    weight = r.weight
    if dump.total > MAX_ROWS:
        weight = np.minimum(weight, max(MAX_ROWS // max(len(weight), 1), 1))
    rows = np.repeat(np.arange(len(weight)), weight)
    status, stack = r.status[rows], r.stack[rows]
    known = r.statuses
    tops = [functions[0] if functions else None for functions in dump.stack_functions]
    bubbles = np.array([-1 if s.bubble is None else s.bubble for s in known], dtype=np.int64)
    depths = np.array([len(functions) for functions in dump.stack_functions], dtype=np.int64)
    labels = np.empty(len(rows), dtype=object)
    labels[:] = [dict(known[code].labels) for code in status.tolist()]
    columns = {
        "id": _nullable(r.ids[rows]),
        "state": _taken([s.state for s in known], status, "str"),
        "state_class": _taken(list(dump.class_names), dump.class_codes[rows], "str"),
        "wait_minutes": _nullable(dump.minutes[rows]),
        "locked_to_thread": np.array([s.locked for s in known], dtype=bool)[status],
        "labels": pd.Series(labels, dtype=object),
        "stack_id": stack,
        "depth": depths[stack],
        "top_function": _taken(tops, stack, "str"),
        "user_function": _taken(list(dump.stack_own), stack, "str"),
        "creator": _taken([*(c.function for c in r.creators), None], r.creator[rows], "str"),
        "creator_id": _nullable(r.creator_id[rows]),
        "truncated": r.cut[rows],
        "leaked": np.array(["leaked" in s.marks for s in known], dtype=bool)[status],
        "durable": np.array(["durable" in s.marks for s in known], dtype=bool)[status],
        "bubble": _nullable(bubbles[status]),
        "extra": _taken([s.extra for s in known], status, "str"),
    }
    return pd.DataFrame(columns, columns=GOROUTINES.names)


def stack_frame(dump: GoroutineDump) -> pd.DataFrame:
    """Return one row a frame of each distinct stack; columns as in ``schema.STACKS``."""
    stacks = dump.records.stacks
    sizes = [len(stack) for stack in stacks]
    flat = [frame for stack in stacks for frame in stack]
    return STACKS.frame(
        {
            "stack_id": np.repeat(np.arange(len(stacks), dtype=np.int64), sizes),
            "depth": np.array([depth for size in sizes for depth in range(size)], dtype=np.int64),
            "function": [frame.function for frame in flat],
            "file": [frame.file for frame in flat],
            "line": [frame.line for frame in flat],
        }
    )


def frames_of(dump: GoroutineDump, goroutine: int) -> pd.DataFrame:
    """Return one goroutine's own frames; columns as in ``schema.FRAMES``.

    Raises:
        UsageError: no goroutine has this id.
    """
    rows = np.flatnonzero(dump.records.ids == goroutine)
    if not len(rows) or goroutine < 0:
        raise UsageError(f"there is no goroutine {goroutine} in this dump")
    row = int(rows[0])
    starts, ends = dump.spans
    raw = dump.records.text[starts[row] : ends[row]].partition(b"\n")[2]
    calls = BodyReader().read(decode(raw), last=row == len(dump.records.ids) - 1).calls
    return FRAMES.frame(
        {
            "depth": np.arange(len(calls), dtype=np.int64),
            "function": [call.frame.function for call in calls],
            "file": [call.frame.file for call in calls],
            "line": [call.frame.line for call in calls],
            "args": [call.args for call in calls],
            "offset": [call.offset for call in calls],
        }
    )
