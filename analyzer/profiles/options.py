"""What can be asked of a report, in one frozen value; names and defaults are those of pprof's flags.

Source: ``config`` in github.com/google/pprof/internal/driver/config.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Sort: TypeAlias = Literal["flat", "cum"]


@dataclass(frozen=True, slots=True)
class Options:
    """Selection, granularity, units and trimming of one report.

    Patterns are RE2, searched anywhere in the text; "" means not asked for.

    Attributes:
        focus: keep samples with a matching frame.
        ignore: drop samples with a matching frame.
        hide: take matching frames out of stacks.
        show: take all other frames out of stacks.
        show_from: cut stacks above the matching frame nearest to the root.
        prune_from: cut stacks below the matching frame nearest to the leaf.
        tagfocus: keep samples whose labels match, or lie in a range like ``32kb:64kb``; ``key=`` may precede.
        tagignore: drop such samples.
        tagshow: keep only labels whose key matches.
        taghide: drop labels whose key matches.
        tagroot: label keys (with commas) that become frames at the root.
        tagleaf: label keys that become frames at the leaf.
        sample_index: which measure: a number, a type, or "" for the file's own choice.
        mean: divide by the first measure.
        granularity: what one entry is; "" stands for the report's own.
        noinlines: give inlined calls to the function that was really called.
        showcolumns: tell columns of a line apart.
        unit: ``minimum`` (one unit for all), ``auto`` (each number its own) or a unit.
        divide_by: divisor of every number.
        relative_percentages: percentages of what the filters left, not of everything.
        sort: order by ``flat`` or ``cum``.
        nodecount: at most so many entries; -1 for the report's own limit.
        nodefraction: leave out entries below this share.
        edgefraction: leave out calls below this share.
        trim: leave anything out at all.
        drop_negative: leave out entries that fell in a difference.
        call_tree: keep calling contexts apart (dot and callgrind only).
        compact_labels: leave the heading out.
        source_path: where source files are searched (``:`` between folders).
        trim_path: prefixes to cut from file names (``:`` between them).
    """

    focus: str = ""
    ignore: str = ""
    hide: str = ""
    show: str = ""
    show_from: str = ""
    prune_from: str = ""
    tagfocus: str = ""
    tagignore: str = ""
    tagshow: str = ""
    taghide: str = ""
    tagroot: str = ""
    tagleaf: str = ""
    sample_index: str = ""
    mean: bool = False
    granularity: str = ""
    noinlines: bool = False
    showcolumns: bool = False
    unit: str = "minimum"
    divide_by: float = 1.0
    relative_percentages: bool = False
    sort: str = "flat"
    nodecount: int = -1
    nodefraction: float = 0.005
    edgefraction: float = 0.001
    trim: bool = True
    drop_negative: bool = False
    call_tree: bool = False
    compact_labels: bool = False
    source_path: str = ""
    trim_path: str = ""
