"""Which samples, frames and labels stay: focus, ignore, hide, show, show_from and the tag filters.

Rules and their order: ``applyFocus`` in github.com/google/pprof/internal/driver/driver_focus.go, ``filter.go`` in
its profile package. A location matches by the name or the file of any of its frames, or by its mapped file.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analyzer.profiles.edit import (
    entry_owner,
    keep_labels,
    keep_lines,
    keep_samples,
    keep_stack_entries,
    line_owner,
)
from analyzer.profiles.labels import label_units
from analyzer.profiles.model import I64, Bools, Columns
from analyzer.profiles.options import Options
from analyzer.profiles.patterns import Matcher, compile_option, matches
from analyzer.profiles.prune import prune_from
from analyzer.profiles.tagfilter import compile_tag_filter

Warn = Callable[[str], None]


def apply_filters(columns: Columns, options: Options, warn: Warn) -> Columns:
    """Apply every filter of the options; tell ``warn`` about those that matched nothing.

    Raises:
        UsageError: a bad pattern.
    """
    focus = compile_option("focus", options.focus)
    ignore = compile_option("ignore", options.ignore)
    hide = compile_option("hide", options.hide)
    show = compile_option("show", options.show)
    show_from = compile_option("show_from", options.show_from)
    units = label_units(columns)[0] if options.tagfocus or options.tagignore else {}
    tagfocus = compile_tag_filter("tagfocus", options.tagfocus, units, warn)
    tagignore = compile_tag_filter("tagignore", options.tagignore, units, warn)
    prune = compile_option("prune_from", options.prune_from)
    columns = _by_name(columns, focus, ignore, hide, show, warn)
    if show_from is not None:
        columns = _show_from(columns, show_from, warn)
    kept = np.ones(len(columns.samples), bool)
    if tagfocus is not None:
        focused = tagfocus(columns)
        _unmatched(focused, "TagFocus", warn)
        kept &= focused
    if tagignore is not None:
        ignored = tagignore(columns)
        _unmatched(ignored, "TagIgnore", warn)
        kept &= ~ignored
    columns = keep_samples(columns, kept)
    tagshow = compile_option("tagshow", options.tagshow)
    taghide = compile_option("taghide", options.taghide)
    columns = _label_keys(columns, tagshow, taghide, warn)
    return columns if prune is None else prune_from(columns, prune)


def _unmatched(found: Bools, name: str, warn: Warn) -> None:
    if not found.any():
        warn(f"{name} expression matched no samples")


class _Matches:
    """One pattern against every function, mapping, line and location of a profile."""

    def __init__(self, columns: Columns, matcher: Matcher) -> None:
        functions = columns.functions
        used = np.unique(np.concatenate([functions.name, functions.filename]))
        text = np.zeros(len(columns.strings), bool)
        text[used] = matches(matcher, columns.text(used))
        function = text[functions.name] | text[functions.filename]
        mapping = np.append(matches(matcher, columns.text(columns.mappings.filename)), False)
        self.line = function[columns.lines.function] if len(function) else np.zeros(0, bool)
        self.mapped = mapping[columns.locations.mapping]  # row -1, no mapping, is the last entry
        self.location = self.mapped.copy()
        self.location[line_owner(columns.locations)[self.line]] = True


def _by_name(
    columns: Columns,
    focus: Matcher | None,
    ignore: Matcher | None,
    hide: Matcher | None,
    show: Matcher | None,
    warn: Warn,
) -> Columns:
    if focus is None and ignore is None and hide is None and show is None:
        return columns
    everywhere = np.ones(len(columns.locations), bool)
    nowhere = ~everywhere
    ignored = nowhere if ignore is None else _Matches(columns, ignore).location
    focused = (everywhere if focus is None else _Matches(columns, focus).location) & ~ignored
    if focus is not None:
        _unmatched(focused, "Focus", warn)
    if ignore is not None:
        _unmatched(ignored, "Ignore", warn)
    stacks = columns.samples.locations
    kept = _any_entry(columns, focused[stacks]) & ~_any_entry(columns, ignored[stacks])
    lines, hidden = _hide_and_show(columns, hide, show, warn)
    entries = ~hidden[stacks]
    if hidden.any():
        kept &= _any_entry(columns, entries)
    # Entries first: which of them go is told by the stacks as they are now.
    return keep_lines(keep_samples(keep_stack_entries(columns, entries), kept), lines)


def _any_entry(columns: Columns, flags: Bools) -> Bools:
    found = np.zeros(len(columns.samples), bool)
    found[entry_owner(columns)[flags]] = True
    return found


def _hide_and_show(columns: Columns, hide: Matcher | None, show: Matcher | None, warn: Warn) -> tuple[Bools, Bools]:
    """Return which lines stay and which locations leave the stacks."""
    owner = line_owner(columns.locations)
    lines = np.ones(len(columns.lines), bool)
    hidden = np.zeros(len(columns.locations), bool)
    if hide is not None:
        found = _Matches(columns, hide)
        _unmatched(found.location, "Hide", warn)
        lines &= ~(found.line | found.mapped[owner])
        hidden |= found.location & ~_has_line(columns, lines)
    if show is not None:
        found = _Matches(columns, show)
        lines &= found.line | found.mapped[owner]
        left = _has_line(columns, lines)
        _unmatched(left, "Show", warn)
        hidden |= ~left
    return lines, hidden


def _has_line(columns: Columns, lines: Bools) -> Bools:
    found = np.zeros(len(columns.locations), bool)
    found[line_owner(columns.locations)[lines]] = True
    return found


def _show_from(columns: Columns, matcher: Matcher, warn: Warn) -> Columns:
    """Cut the root side of every stack down to its match nearest to the root."""
    found = _Matches(columns, matcher)
    _unmatched(found.location, "ShowFrom", warn)
    owner = line_owner(columns.locations)
    # Of a matching location the lines up to its last match stay, all of them if its mapping matches.
    last = np.full(len(columns.locations), -1, np.int64)
    rows = np.flatnonzero(found.line)
    last[owner[rows]] = rows
    whole = found.mapped | ~found.location
    lines = whole[owner] | (np.arange(len(owner)) <= last[owner])
    samples = columns.samples
    entries = found.location[samples.locations]
    rows = np.flatnonzero(entries)
    highest = np.full(len(samples), -1, np.int64)
    sample = entry_owner(columns)
    highest[sample[rows]] = rows
    kept_entries = np.arange(len(sample)) <= highest[sample]
    kept = highest >= 0
    return keep_lines(keep_samples(keep_stack_entries(columns, kept_entries), kept), lines)


def _label_keys(columns: Columns, show: Matcher | None, hide: Matcher | None, warn: Warn) -> Columns:
    if show is None and hide is None:
        return columns
    keys: I64 = np.unique(columns.labels.key).astype(np.int64)
    names = columns.text(keys)
    shown = np.ones(len(keys), bool) if show is None else matches(show, names)
    hidden = np.zeros(len(keys), bool) if hide is None else matches(hide, names)
    if show is not None:
        _unmatched(shown, "TagShow", warn)
    if hide is not None:
        _unmatched(hidden, "TagHide", warn)
    kept = np.zeros(len(columns.strings), bool)
    kept[keys] = shown & ~hidden
    return keep_labels(columns, kept[columns.labels.key])
