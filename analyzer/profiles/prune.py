"""Cutting stacks at functions: ``drop_frames`` of the file and ``prune_from`` of the user.

Rules: github.com/google/pprof/profile/prune.go. Names are compared without a leading dot and without arguments.
"""

from __future__ import annotations

import re

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.edit import entry_owner, keep_lines, keep_stack_entries, line_owner
from analyzer.profiles.model import Bools, Columns
from analyzer.profiles.patterns import Matcher, compile_pattern, matches

_BRACKET = re.compile(r"\(anonymous namespace\)|operator\(\)|\(")


def simplified(name: str) -> str:
    """Return a function name without a leading dot and without its argument list."""
    name = name.removeprefix(".")
    for match in _BRACKET.finditer(name):
        if match[0] == "(":
            return name[: match.start()]
    return name


def drop_frames(columns: Columns) -> Columns:
    """Apply the file's own ``drop_frames`` and ``keep_frames``; bad patterns there are ignored, as upstream does."""
    if not columns.drop_frames:
        return columns
    try:
        drop = compile_pattern(f"^({columns.drop_frames})$")
        keep = compile_pattern(f"^({columns.keep_frames})$") if columns.keep_frames else None
    except UsageError:
        return columns
    line = _matching_lines(columns, drop, keep)
    offsets = columns.locations.offsets
    owner = line_owner(columns.locations)
    # The match nearest to the root decides: it and everything towards the leaf goes.
    last = np.full(len(columns.locations), -1, np.int64)
    rows = np.flatnonzero(line)
    last[owner[rows]] = rows
    beneath = last >= 0
    whole = beneath & (last == offsets[1:] - 1)
    lines = whole[owner] | (np.arange(len(owner)) > last[owner])
    samples = columns.samples
    sample = entry_owner(columns)
    matched = beneath[samples.locations]
    entry = np.arange(len(sample))
    # From the root: the first match after the first entry that does not match.
    ordinary = np.full(len(samples), -1, np.int64)
    ordinary[sample[~matched]] = entry[~matched]
    candidates = matched & (entry < ordinary[sample])
    cut = np.full(len(samples), -1, np.int64)
    cut[sample[candidates]] = entry[candidates]
    first = np.where(cut >= 0, cut + (whole[samples.locations[cut]] if len(entry) else 0), 0)
    return keep_lines(keep_stack_entries(columns, entry >= first[sample]), lines)


def prune_from(columns: Columns, matcher: Matcher) -> Columns:
    """Cut every stack below its matching frame nearest to the leaf; that frame stays."""
    line = _matching_lines(columns, matcher, None)
    owner = line_owner(columns.locations)
    first = np.full(len(columns.locations), -1, np.int64)
    rows = np.flatnonzero(line)[::-1]
    first[owner[rows]] = rows
    lines = np.arange(len(owner)) >= first[owner]
    samples = columns.samples
    sample = entry_owner(columns)
    matched = np.flatnonzero((first >= 0)[samples.locations])[::-1]
    begin = np.zeros(len(samples), np.int64)
    begin[sample[matched]] = matched
    return keep_lines(keep_stack_entries(columns, np.arange(len(sample)) >= begin[sample]), lines)


def _matching_lines(columns: Columns, drop: Matcher, keep: Matcher | None) -> Bools:
    functions = columns.functions
    if not len(functions):
        return np.zeros(0, bool)
    used = np.unique(functions.name)
    names = [simplified(name) for name in columns.text(used)]
    hit = matches(drop, names)
    if keep is not None:
        hit &= ~matches(keep, names)
    text = np.zeros(len(columns.strings), bool)
    text[used] = hit
    text[0] = False
    return text[functions.name][columns.lines.function]
