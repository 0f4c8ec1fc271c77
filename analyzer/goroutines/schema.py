"""The frames of a goroutine dump, each written down once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analyzer.schema import Column, FrameSchema

GOROUTINES: Final = FrameSchema(
    "goroutines",
    (
        Column("id", "Int64", "goroutine id, never used twice in one process; NA in profiles"),
        Column("state", "str", "status word as Go wrote it, marks removed; empty when the form has none"),
        Column("state_class", "str", "what it does, coarsely: see analyzer.goroutines.states"),
        Column("wait_minutes", "Int64", "NA: unknown, or under a minute", "minutes"),
        Column("locked_to_thread", "bool", "runtime.LockOSThread was called"),
        Column("labels", "object", "dict of pprof labels, {} when none"),
        Column("stack_id", "int64", "row of the stacks frame's stack_id"),
        Column("depth", "int64", "number of frames"),
        Column("top_function", "str", "function at the leaf; NA without frames"),
        Column("user_function", "str", "first function from the leaf that is neither library nor plumbing; NA if none"),
        Column("creator", "str", "function that started it; NA when unknown"),
        Column("creator_id", "Int64", "id of the goroutine that started it; NA before Go 1.21"),
        Column("truncated", "bool", "frames elided, stack unavailable, or the text was cut in it"),
        Column("leaked", "bool", "marked (leaked): the garbage collector proved that it waits for ever"),
        Column("durable", "bool", "marked (durable): blocked inside its synctest bubble"),
        Column("bubble", "Int64", "synctest bubble; NA outside"),
        Column("extra", "str", "what the header says beyond the known grammar"),
    ),
)
STACKS: Final = FrameSchema(
    "stacks",
    (
        Column("stack_id", "int64", "number of the stack: same functions, files and lines = same stack"),
        Column("depth", "int64", "0 = leaf"),
        Column("function", "str", "function as Go wrote it"),
        Column("file", "str", "file as Go wrote it"),
        Column("line", "int64", "line of the file, 0 when not given"),
    ),
)
FRAMES: Final = FrameSchema(
    "frames",
    (
        Column("depth", "int64", "0 = leaf"),
        Column("function", "str", "function as Go wrote it"),
        Column("file", "str", "file as Go wrote it"),
        Column("line", "int64", "line of the file, 0 when not given"),
        Column("args", "str", "argument words as text; '...' for an inlined frame"),
        Column("offset", "Int64", "offset of the call in its function; NA when inlined", "bytes"),
    ),
)
STATES: Final = FrameSchema(
    "states",
    (
        Column("state", "str", "status word"),
        Column("state_class", "str", "what it means"),
        Column("count", "int64", "goroutines"),
        Column("wait_min", "Int64", "shortest wait given", "minutes"),
        Column("wait_median", "Float64", "median of the waits given", "minutes"),
        Column("wait_max", "Int64", "longest wait given", "minutes"),
        Column("no_wait", "int64", "goroutines without a wait"),
    ),
)
GROUPS: Final = FrameSchema(
    "groups",
    (
        Column("group", "str", "what they have in common; for stacks the leaf and the first own function"),
        Column("count", "int64", "goroutines"),
        Column("share", "float64", "part of all goroutines, 0 to 1"),
        Column("states", "str", "states with counts, most frequent first"),
        Column("wait_min", "Int64", "shortest wait given", "minutes"),
        Column("wait_median", "Float64", "median of the waits given", "minutes"),
        Column("wait_max", "Int64", "longest wait given", "minutes"),
        Column("no_wait", "int64", "goroutines without a wait"),
        Column("stacks", "int64", "distinct stacks"),
        Column("stack_id", "int64", "the most frequent stack"),
        Column("top_function", "str", "leaf of that stack"),
        Column("user_function", "str", "first own function of that stack; NA if none"),
        Column("creator", "str", "function that started most of them; NA when unknown"),
        Column("ids", "object", "list of goroutine ids, ascending; [] in profiles"),
    ),
)
SUSPECTS: Final = FrameSchema(
    "suspects",
    (
        Column("kind", "str", "what it looks like: see analyzer.goroutines.kinds"),
        Column("severity", "str", "error, warning or info"),
        Column("count", "int64", "goroutines concerned"),
        Column("ids", "object", "list of their ids, ascending; [] in profiles"),
        Column("evidence", "object", "list of lines that show it"),
        Column("next", "str", "what to look at next"),
    ),
)
STUCK: Final = FrameSchema(
    "stuck",
    (
        Column("id", "int64", "goroutine id"),
        Column("state", "str", "status word in the later dump"),
        Column("wait_minutes", "Int64", "wait in the later dump; NA: unknown", "minutes"),
        Column("stack_id", "int64", "stack in the later dump"),
        Column("top_function", "str", "leaf"),
        Column("user_function", "str", "first own function; NA if none"),
    ),
)


def comparison_schema(names: Sequence[str]) -> FrameSchema:
    """Return the columns of a comparison of several dumps, named as their columns are."""
    return FrameSchema(
        "comparison",
        (
            Column("group", "str", "what the goroutines have in common"),
            *(Column(name, "int64", f"goroutines in {name}") for name in names),
            Column("delta", "int64", "last minus first"),
        ),
    )
