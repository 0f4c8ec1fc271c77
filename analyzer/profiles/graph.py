"""Flat, cumulative and edge weights over nodes.

Rules (``newGraph`` in github.com/google/pprof/internal/graph/graph.go): a node's cumulative value grows once per
sample however often it recurs; each caller-callee pair likewise, at its occurrence nearest to the root; the leaf
gets the flat value only if the true leaf was kept; nothing calls itself. Sums are int64 and exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analyzer.profiles.model import I64, Bools, Columns
from analyzer.profiles.nodes import Nodes

_FRAMES = 1 << 20  # frames at a time: bounds the temporary arrays


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What each sample counts: its value, and its divisor when means are asked for."""

    value: I64
    divisor: I64

    @property
    def counted(self) -> Bools:
        """Samples that count at all."""
        return (self.value != 0) | (self.divisor != 0)


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """Flat and cumulative sums, one entry a node; the ``*_div`` sums are 0 unless means are asked for."""

    flat: I64
    flat_div: I64
    cum: I64
    cum_div: I64


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Calls between nodes, ordered by (source, target).

    Attributes:
        source, target: caller and callee.
        weight, weight_div: int64 sums.
        residual: the call goes over nodes that were left out.
        inline: every such call was inlined.
    """

    source: I64
    target: I64
    weight: I64
    weight_div: I64
    residual: Bools
    inline: Bools

    def __len__(self) -> int:
        return len(self.source)

    def where(self, chosen: Bools) -> Edges:
        """Return some of the edges."""
        return Edges(
            self.source[chosen],
            self.target[chosen],
            self.weight[chosen],
            self.weight_div[chosen],
            self.residual[chosen],
            self.inline[chosen],
        )


@dataclass(frozen=True, slots=True)
class _Frames:
    """Frames of a block of samples, leaf first.

    Attributes:
        sample: sample of each frame.
        slot: its slot.
        leaf: it is the true leaf of its sample.
    """

    sample: I64
    slot: I64
    leaf: Bools


def _frames(columns: Columns, nodes: Nodes, chosen: Bools) -> Iterator[_Frames]:
    """Yield the frames of the chosen samples in blocks."""
    samples = columns.samples
    slot_counts = np.diff(nodes.slot_offsets)
    wanted = np.flatnonzero(chosen & (np.diff(samples.offsets) > 0))
    depth = np.diff(samples.offsets)[wanted]
    reached = np.cumsum(depth)
    first = 0
    while first < len(wanted):
        done = reached[first - 1] if first else 0
        last = max(int(np.searchsorted(reached, done + _FRAMES, side="right")), first + 1)
        rows, depths = wanted[first:last], depth[first:last]
        begin = np.cumsum(depths) - depths
        if len(rows) == rows[-1] - rows[0] + 1:
            location = samples.locations[samples.offsets[rows[0]] : samples.offsets[rows[-1] + 1]]
        else:
            location = samples.locations[
                np.arange(int(depths.sum())) + np.repeat(samples.offsets[rows] - begin, depths)
            ]
        sample = np.repeat(rows, depths)
        leaf = np.zeros(len(location), bool)
        leaf[begin] = True
        slot = nodes.slot_offsets[location]
        counts = slot_counts[location]
        if (counts > 1).any():
            at = np.cumsum(counts) - counts
            slot = np.arange(int(counts.sum())) + np.repeat(slot - at, counts)
            sample = np.repeat(sample, counts)
            leaf = np.zeros(len(slot), bool)
            leaf[at[begin]] = True
        yield _Frames(sample, slot, leaf)
        first = last


def totals(columns: Columns, nodes: Nodes, weights: Weights) -> Totals:
    """Sum flat and cumulative values over all nodes."""
    size = len(nodes)
    sums = [np.zeros(size, np.int64) for _ in range(4)]
    flat, flat_div, cum, cum_div = sums
    means = bool(weights.divisor.any())
    for block in _frames(columns, nodes, weights.counted):
        node = nodes.slot_node[block.slot]
        leaf_node, leaf_sample = node[block.leaf], block.sample[block.leaf]
        np.add.at(flat, leaf_node, weights.value[leaf_sample])
        low = int(block.sample[0])
        keys = np.sort((block.sample - low) * size + node)
        fresh = np.ones(len(keys), bool)
        np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
        sample, node = np.divmod(keys[fresh], size)
        sample += low
        np.add.at(cum, node, weights.value[sample])
        if means:
            np.add.at(flat_div, leaf_node, weights.divisor[leaf_sample])
            np.add.at(cum_div, node, weights.divisor[sample])
    return Totals(flat, flat_div, cum, cum_div)


def maybe_inline(nodes: Nodes) -> Bools:
    """Return which nodes are inlined at any location at all."""
    found = np.zeros(len(nodes), bool)
    found[nodes.slot_node[nodes.slot_inline]] = True
    return found


def edges(
    columns: Columns,
    nodes: Nodes,
    weights: Weights,
    kept: Bools | None = None,
    targets: Bools | None = None,
) -> Edges:
    """Sum calls between nodes, left-out nodes skipped over.

    Args:
        columns: the profile.
        nodes: its nodes.
        weights: what each sample counts.
        kept: nodes that take part; None for all.
        targets: nodes whose callers are asked for; None for all.
    """
    parts = [
        _block_edges(nodes, weights, block, kept, targets)
        for block in _frames(columns, nodes, weights.counted)
    ]
    if not parts:
        none = np.empty(0, np.int64)
        return Edges(none, none, none, none, none.astype(bool), none.astype(bool))
    keys, weight, divisor, residual, direct = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _sum_edges(len(nodes), keys, weight, divisor, residual, direct)


def _block_edges(
    nodes: Nodes, weights: Weights, block: _Frames, kept: Bools | None, targets: Bools | None
) -> tuple[I64, I64, I64, Bools, Bools]:
    node = nodes.slot_node[block.slot].astype(np.int64)
    at = np.arange(len(node)) if kept is None else np.flatnonzero(kept[node])
    node, sample, slot = node[at], block.sample[at], block.slot[at]
    pairs = (sample[:-1] == sample[1:]) & (node[:-1] != node[1:])
    if targets is not None:
        pairs &= targets[node[:-1]]
    pair = np.flatnonzero(pairs)
    residual = at[pair + 1] - at[pair] > 1
    size = len(nodes)
    key = node[pair + 1] * size + node[pair]
    inline = nodes.slot_inline[slot[pair]]
    sample = sample[pair]
    # Of one sample's equal calls the one nearest to the root counts: the last one, as frames are leaf first.
    order = np.lexsort((np.arange(len(pair)), key, sample))
    last = np.ones(len(order), bool)
    if len(order):
        ordered_key, ordered_sample = key[order], sample[order]
        last[:-1] = (ordered_key[1:] != ordered_key[:-1]) | (ordered_sample[1:] != ordered_sample[:-1])
    order = order[last]
    sample = sample[order]
    keys, weight, divisor, some, direct = _reduce(
        key[order], weights.value[sample], weights.divisor[sample], residual[order], ~inline[order]
    )
    return keys, weight, divisor, some, direct


def _reduce(key: I64, weight: I64, divisor: I64, residual: Bools, direct: Bools) -> tuple[I64, I64, I64, Bools, Bools]:
    if not len(key):
        return key, weight, divisor, residual, direct
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return (
        ordered[starts],
        np.add.reduceat(weight[order], starts),
        np.add.reduceat(divisor[order], starts),
        np.logical_or.reduceat(residual[order], starts),
        np.logical_or.reduceat(direct[order], starts),
    )


def _sum_edges(size: int, key: I64, weight: I64, divisor: I64, residual: Bools, direct: Bools) -> Edges:
    key, weight, divisor, residual, direct = _reduce(key, weight, divisor, residual, direct)
    source, target = np.divmod(key, max(size, 1))
    return Edges(source, target, weight, divisor, residual, ~direct)
