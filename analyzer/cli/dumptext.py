"""Goroutine dumps as text for people."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analyzer.cli.common import terminal_width, text_table
from analyzer.cli.frames import records
from analyzer.goroutines.survey import short
from analyzer.text import count, printable

if TYPE_CHECKING:
    from analyzer.goroutines import DumpComparison, GoroutineDump

_SHOWN = 12
_CHANGES = 40
_WIDTH = 110


def sections(texts: Mapping[str, str]) -> str:
    """Return one text; several nodes have a headline each."""
    if len(texts) == 1:
        return next(iter(texts.values()))
    return "\n".join(f"{printable(name)}\n{'=' * min(len(name), 60)}\n{text}" for name, text in texts.items())


def overview(dump: GoroutineDump) -> str:
    """Return states, the largest groups and suspects of one dump."""
    rows = [[row["count"], row["state"] or "(not given)", _waits(row)] for row in records(dump.states())]
    head = f"{count(dump.total, 'goroutine')}, {count(len(dump.records.stacks), 'stack')}\n\n"
    states = _table(["count", "state", "minutes"], rows)
    return f"{head}{states}\nLargest groups\n{groups(dump, 'stack', _SHOWN)}\nSuspects\n{suspects(dump)}"


def groups(dump: GoroutineDump, by: str, limit: int | None = None) -> str:
    """Return a table of the groups of one dump."""
    found = records(dump.groups(by))
    rows = [
        [row["count"], f"{row['share']:.1%}", row["states"], _waits(row), _name(row["group"])] for row in found[:limit]
    ]
    text = _table(["count", "share", "states", "minutes", by], rows)
    hidden = len(found) - len(rows)
    return text + (f"… {hidden:,} more (--by {by} lists all)\n" if hidden else "")


def suspects(dump: GoroutineDump) -> str:
    """Return the suspects of one dump with their evidence and what to look at next."""
    lines = []
    for row in records(dump.suspects()):
        lines.append(f"{row['severity'].upper()}  {row['kind']}: {row['evidence'][0]}")
        lines += [f"    {text}" for text in row["evidence"][1:]]
        lines += textwrap.wrap(row["next"], _WIDTH, initial_indent="    next: ", subsequent_indent="          ")
        lines.append("")
    return "\n".join(lines) if lines else "none: no goroutine looks stuck\n"


def comparison(found: DumpComparison, by: str) -> str:
    """Return who has not moved and which groups changed."""
    text = f"{found.before.total:,} goroutines before, {found.after.total:,} after\n\n"
    text += _stuck(found) if found.same_process else "Two processes: only groups can be compared.\n\n"
    changed = found.groups[found.groups["delta"] != 0]
    if changed.empty:
        return text + "No group changed.\n"
    rows = [
        [row["before"], row["after"], f"{row['delta']:+,}", _name(row["group"])]
        for row in records(changed.head(_CHANGES))
    ]
    hidden = len(changed) - len(rows)
    return text + _table(["before", "after", "delta", by], rows) + (f"… {hidden:,} more\n" if hidden else "")


def _stuck(found: DumpComparison) -> str:
    places: dict[tuple[str, str], list[int]] = {}
    for row in records(found.stuck):
        place = short(row["user_function"] or row["top_function"] or "(no frames)")
        places.setdefault((row["state"], place), []).append(row["id"])
    moved = count(len(found.stuck), "goroutine has", "goroutines have")
    lines = [f"{moved} not moved, {found.furniture:,} more wait by design"]
    for (state, place), ids in sorted(places.items(), key=lambda item: -len(item[1])):
        shown = ", ".join(map(str, ids[:5])) + (", …" if len(ids) > 5 else "")
        lines.append(f"  {len(ids):>5,}  {printable(state, 60)}  {place}  (goroutines {shown})")
    return "\n".join(lines) + "\n\n"


def _waits(row: Mapping[str, Any]) -> str:
    low, high = row["wait_min"], row["wait_max"]
    if low is None:
        return "-"
    return f"{low}" if low == high else f"{low}-{high}"


def _name(group: str) -> str:
    return " < ".join(short(part, 160) for part in group.split(" < "))


def _table(headers: list[str], rows: list[list[Any]]) -> str:
    return text_table(headers, rows, width=terminal_width())
