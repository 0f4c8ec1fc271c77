"""New profiles from old ones: fewer samples, shorter stacks, fewer frames or labels; nothing changes in place."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

import numpy as np

from analyzer.profiles.model import I64, Bools, Columns, Labels, Locations, Samples, Table

_T = TypeVar("_T", bound=Table)


def rows_of(table: _T, chosen: Bools | I64) -> _T:
    """Return some rows of a table whose columns all have one entry a row."""
    return type(table)(**{field.name: getattr(table, field.name)[chosen] for field in fields(table)})


def keep_samples(columns: Columns, kept: Bools) -> Columns:
    """Return the profile with some of its samples."""
    if kept.all():
        return columns
    samples = columns.samples
    depth = np.diff(samples.offsets)
    stack = np.repeat(kept, depth)
    new_rows = np.cumsum(kept) - 1
    chosen = kept[columns.labels.sample]
    labels = rows_of(columns.labels, chosen)
    return replace(
        columns,
        samples=Samples(samples.values[kept], _offsets(depth[kept]), samples.locations[stack]),
        labels=replace(labels, sample=new_rows[labels.sample].astype(np.int32)),
    )


def keep_stack_entries(columns: Columns, kept: Bools) -> Columns:
    """Return the profile with some entries of its stacks; ``kept`` has one entry for each of them."""
    if kept.all():
        return columns
    samples = columns.samples
    remaining = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return replace(
        columns,
        samples=Samples(samples.values, remaining[samples.offsets], samples.locations[kept]),
    )


def keep_lines(columns: Columns, kept: Bools) -> Columns:
    """Return the profile with some of its locations' frames."""
    if kept.all():
        return columns
    locations = columns.locations
    remaining = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
    return replace(
        columns,
        locations=replace(locations, offsets=remaining[locations.offsets]),
        lines=rows_of(columns.lines, kept),
    )


def keep_labels(columns: Columns, kept: Bools) -> Columns:
    """Return the profile with some of its labels."""
    return columns if kept.all() else replace(columns, labels=rows_of(columns.labels, kept))


def with_values(columns: Columns, values: I64) -> Columns:
    """Return the profile with other values."""
    samples = columns.samples
    return replace(columns, samples=Samples(values, samples.offsets, samples.locations))


def set_label(columns: Columns, key: str, value: str) -> Columns:
    """Return the profile with one text label on every sample, in place of any of that key."""
    columns, rows = with_strings(columns, [key, value])
    old = columns.labels
    kept = (old.key != rows[0]) | (old.string < 0)
    old = rows_of(old, kept)
    count = len(columns.samples)
    added = Labels(
        np.arange(count, dtype=np.int32),
        np.full(count, rows[0], np.int32),
        np.full(count, rows[1], np.int32),
        np.zeros(count, np.int64),
        np.zeros(count, np.int32),
    )
    return replace(columns, labels=join_labels([old, added]))


def join_labels(tables: list[Labels]) -> Labels:
    """Return labels of several tables, ordered by sample."""
    joined = Labels(
        **{field.name: np.concatenate([getattr(table, field.name) for table in tables]) for field in fields(Labels)}
    )
    return rows_of(joined, np.argsort(joined.sample, kind="stable"))


def with_strings(columns: Columns, texts: list[str]) -> tuple[Columns, list[int]]:
    """Return the profile with more texts in its table, and their rows."""
    rows = {text: row for row, text in enumerate(columns.strings)}
    found = [rows.setdefault(text, len(rows)) for text in texts]
    return (columns if len(rows) == len(columns.strings) else replace(columns, strings=tuple(rows))), found


def without_inlines(columns: Columns, *, source_columns: bool) -> Columns:
    """Return the profile with only the last, really called frame of every location, with its column or without."""
    offsets = columns.locations.offsets
    kept = np.zeros(len(columns.lines), bool)
    kept[offsets[1:][np.diff(offsets) > 0] - 1] = True
    columns = keep_lines(columns, kept)
    mappings = replace(columns.mappings, has_inline_frames=np.zeros(len(columns.mappings), bool))
    lines = columns.lines
    if not source_columns:
        lines = replace(lines, column=np.zeros(len(lines), np.int64))
    return replace(columns, mappings=mappings, lines=lines)


def entry_owner(columns: Columns) -> I64:
    """Return the sample of every stack entry."""
    return np.repeat(np.arange(len(columns.samples)), np.diff(columns.samples.offsets))


def line_owner(locations: Locations) -> I64:
    """Return the location of every line."""
    return np.repeat(np.arange(len(locations)), np.diff(locations.offsets))


def _offsets(counts: I64) -> I64:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
