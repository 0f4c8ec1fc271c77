"""Flat and cumulative values of every function, for all columns of stacks in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.profiles.model import I64

if TYPE_CHECKING:
    from analyzer.profiles.tree_stacks import Stacks

_ENTRIES = 1 << 20  # entries of stacks at a time: bounds the temporary arrays


def function_totals(stacks: Stacks) -> tuple[I64, I64]:
    """Return (flat, cum), int64 [frames, columns]; a function counts once per stack however often it recurs."""
    size, columns = len(stacks.names), stacks.taken.shape[1]
    flat, cum = np.zeros((size, columns), np.int64), np.zeros((size, columns), np.int64)
    depth = np.diff(stacks.offsets)
    first = 0
    while first < len(stacks):
        last = int(np.searchsorted(stacks.offsets, stacks.offsets[first] + _ENTRIES, side="right")) - 1
        last = min(max(last, first + 1), len(stacks))
        sample, frame, leaf = _frames(stacks, first, last, depth)
        _add(flat, frame[leaf], stacks.taken, sample[leaf])
        key = np.sort((sample - first) * size + frame)
        fresh = np.ones(len(key), bool)
        np.not_equal(key[1:], key[:-1], out=fresh[1:])
        sample, frame = np.divmod(key[fresh], max(size, 1))
        _add(cum, frame, stacks.taken, sample + first)
        first = last
    return flat, cum


def _frames(stacks: Stacks, first: int, last: int, depth: I64) -> tuple[I64, I64, I64]:
    """Return sample and frame of every frame of some samples, and which of them are the leaves."""
    location = stacks.locations[stacks.offsets[first] : stacks.offsets[last]]
    counts = np.diff(stacks.slot_offsets)[location]
    begin = np.cumsum(counts) - counts
    slot = np.arange(int(counts.sum())) + np.repeat(stacks.slot_offsets[location] - begin, counts)
    sample = np.repeat(np.repeat(np.arange(first, last), depth[first:last]), counts)
    leaves = (stacks.offsets[first:last] - stacks.offsets[first])[depth[first:last] > 0]
    return sample, stacks.slot_frame[slot].astype(np.int64), begin[leaves]


def _add(sums: I64, rows: I64, values: I64, samples: I64) -> None:
    for column in range(values.shape[1]):
        np.add.at(sums[:, column], rows, values[samples, column])
