"""``tagroot`` and ``tagleaf``: labels turned into frames at the root or the leaf of every stack.

Rules: ``addLabelNodes`` in github.com/google/pprof/internal/driver/tagroot.go. The frame's function is named after
the label's values, its file after the key; a sample without the label gets a frame without a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from analyzer.profiles.edit import with_strings
from analyzer.profiles.labels import SampleLabels, labels_by_sample
from analyzer.profiles.model import I32, Columns, Functions, Lines, Locations, Samples
from analyzer.profiles.options import Options
from analyzer.profiles.units import scaled_label

_NONE = SampleLabels()


def add_tag_frames(columns: Columns, options: Options, warn: Callable[[str], None]) -> Columns:
    """Add the frames that the options ask for."""
    roots = [key for key in options.tagroot.split(",") if key]
    leaves = [key for key in options.tagleaf.split(",") if key]
    if not roots and not leaves:
        return columns
    labels = labels_by_sample(columns)
    frames: dict[tuple[str, str], int] = {}
    size = len(columns.samples)
    first = len(columns.locations)
    sides = (("TagRoot", roots), ("TagLeaf", leaves))
    rows = {title: np.zeros((size, len(keys)), np.int32) for title, keys in sides}
    matched = set()
    for sample in range(size):
        own = labels.get(sample, _NONE)
        for title, keys in sides:
            # The first key is nearest to the root, so stacks, leaf first, take them in reverse.
            for place, key in enumerate(reversed(keys)):
                values = _values(own, key, options.unit)
                if values:
                    matched.add(title)
                rows[title][sample, place] = first + frames.setdefault((",".join(values), key), len(frames))
    for title, keys in sides:
        if keys and title not in matched:
            warn(f"{title} expression matched no samples")
    return _with_stacks(_with_frames(columns, list(frames)), rows["TagLeaf"], rows["TagRoot"])


def _values(labels: SampleLabels, key: str, unit: str) -> list[str]:
    values = list(labels.texts.get(key, ()))
    given = labels.units_given(key)
    for number, own in labels.numbers.get(key, ()):
        values.append(scaled_label(number, own, unit) if given else scaled_label(number, "", ""))
    return values


def _with_frames(columns: Columns, frames: list[tuple[str, str]]) -> Columns:
    """Return the profile with one more function and location for each (name, file)."""
    columns, texts = with_strings(columns, [text for frame in frames for text in frame])
    names = np.array(texts, np.int32).reshape(-1, 2)
    count = len(frames)
    functions, locations, lines = columns.functions, columns.locations, columns.lines
    zeros = np.zeros(count, np.int64)
    function_rows = np.arange(len(functions), len(functions) + count, dtype=np.int32)
    line_rows = np.arange(len(lines) + 1, len(lines) + count + 1)
    return replace(
        columns,
        functions=Functions(
            np.concatenate([functions.id, _next_ids(functions.id, count)]),
            np.concatenate([functions.name, names[:, 0]]),
            np.concatenate([functions.system_name, np.zeros(count, np.int32)]),
            np.concatenate([functions.filename, names[:, 1]]),
            np.concatenate([functions.start_line, zeros]),
        ),
        lines=Lines(
            np.concatenate([lines.function, function_rows]),
            np.concatenate([lines.line, zeros]),
            np.concatenate([lines.column, zeros]),
        ),
        locations=Locations(
            np.concatenate([locations.id, _next_ids(locations.id, count)]),
            np.concatenate([locations.mapping, np.full(count, -1, np.int32)]),
            np.concatenate([locations.address, zeros.astype(np.uint64)]),
            np.concatenate([locations.folded, np.zeros(count, bool)]),
            np.concatenate([locations.offsets, line_rows]),
        ),
    )


def _next_ids(
    ids: np.ndarray[tuple[int], np.dtype[np.uint64]], count: int
) -> np.ndarray[tuple[int], np.dtype[np.uint64]]:
    largest = int(ids.max()) if len(ids) else 0
    return np.array([(largest + 1 + i) % (1 << 64) for i in range(count)], np.uint64)


def _with_stacks(columns: Columns, leaves: I32, roots: I32) -> Columns:
    samples = columns.samples
    depth = np.diff(samples.offsets)
    extra = leaves.shape[1] + roots.shape[1]
    offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(depth + extra)])
    stacks = np.empty(int(offsets[-1]), np.int32)
    old = np.ones(len(stacks), bool)
    for place in range(leaves.shape[1]):
        at = offsets[:-1] + place
        stacks[at] = leaves[:, place]
        old[at] = False
    for place in range(roots.shape[1]):
        at = offsets[1:] - roots.shape[1] + place
        stacks[at] = roots[:, place]
        old[at] = False
    stacks[old] = samples.locations
    return replace(columns, samples=Samples(samples.values, offsets, stacks))
