"""Flat, cumulative and edge weights over nodes.

Rules (``newGraph`` in github.com/google/pprof/internal/graph/graph.go): a node's cumulative value grows once per
sample however often it recurs; each caller-callee pair likewise, at its occurrence nearest to the root; the leaf
gets the flat value only if the true leaf was kept; nothing calls itself. Sums are int64 and exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from analyzer.profiles.model import I32, I64, Bools, Columns
from analyzer.profiles.nodes import Nodes

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ENTRIES = 1 << 16  # stack entries at a time: bounds the temporary arrays
_DENSE = 1 << 22  # so many possible calls are summed in plain arrays


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What each sample counts: its value, and its divisor when means are asked for."""

    value: I64
    divisor: I64

    @property
    def counted(self) -> Bools:
        """Samples that count at all."""
        counted: Bools = (self.value != 0) | (self.divisor != 0)
        return counted


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
class _Block:
    """Stack entries of some samples, leaf first.

    Attributes:
        rows: the samples.
        sample: place in ``rows`` of each entry's sample.
        location: its location.
        leaf: the first entry of each of ``rows``.
    """

    rows: I64
    sample: I32
    location: I32
    leaf: I64


def _blocks(columns: Columns, chosen: Bools) -> Iterator[_Block]:
    """Yield the stack entries of the chosen samples in blocks."""
    samples = columns.samples
    depth = np.diff(samples.offsets)
    wanted = np.flatnonzero(chosen & (depth > 0))
    depth = depth[wanted]
    reached = np.cumsum(depth)
    first = 0
    while first < len(wanted):
        done = reached[first - 1] if first else 0
        last = max(int(np.searchsorted(reached, done + _ENTRIES, side="right")), first + 1)
        rows, depths = wanted[first:last], depth[first:last]
        leaf = np.cumsum(depths) - depths
        if len(rows) == rows[-1] - rows[0] + 1:
            location = samples.locations[samples.offsets[rows[0]] : samples.offsets[rows[-1] + 1]]
        else:
            location = samples.locations[np.arange(int(depths.sum())) + np.repeat(samples.offsets[rows] - leaf, depths)]
        yield _Block(rows, np.repeat(np.arange(len(rows), dtype=np.int32), depths), location, leaf)
        first = last


def totals(columns: Columns, nodes: Nodes, weights: Weights) -> Totals:
    """Sum flat and cumulative values over all nodes."""
    size = len(nodes)
    flat, flat_div, cum, cum_div = (np.zeros(size, np.int64) for _ in range(4))
    means = bool(weights.divisor.any())
    bits = size.bit_length()
    innermost = nodes.slot_node[nodes.slot_offsets[:-1]]
    for block in _blocks(columns, weights.counted):
        leaf = innermost[block.location[block.leaf]]
        value, divisor = weights.value[block.rows], weights.divisor[block.rows]
        np.add.at(flat, leaf, value)
        keys = _node_keys(block, nodes, innermost, bits)
        keys.sort()
        fresh = np.ones(len(keys), bool)
        np.not_equal(keys[1:], keys[:-1], out=fresh[1:])
        keys = keys[fresh]
        sample, node = keys >> bits, keys & ((1 << bits) - 1)
        np.add.at(cum, node, value[sample])
        if means:
            np.add.at(flat_div, leaf, divisor)
            np.add.at(cum_div, node, divisor[sample])
    return Totals(flat, flat_div, cum, cum_div)


def _node_keys(block: _Block, nodes: Nodes, innermost: I32, bits: int) -> NDArray[np.integer]:
    """Return (sample, node) of every frame as one number each, in no order."""
    small = len(block.rows) << bits < 1 << 32
    parts = [_packed(block.sample, innermost[block.location], bits, small)]
    offsets = nodes.slot_offsets
    depth = np.diff(offsets)
    if (depth > 1).any():  # the other frames of locations with inlined calls
        more = np.flatnonzero(depth[block.location] > 1)
        further = 1
        while len(more):
            location = block.location[more]
            parts.append(_packed(block.sample[more], nodes.slot_node[offsets[location] + further], bits, small))
            further += 1
            more = more[depth[location] > further]
    return np.concatenate(parts)


def _packed(sample: I32, node: I32, bits: int, small: bool) -> NDArray[np.integer]:
    """Return one number for each (sample, node): plain numbers sort several times faster than pairs."""
    if small:
        return sample.astype(np.uint32) << np.uint32(bits) | node.astype(np.uint32)
    return sample.astype(np.int64) << bits | node


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
    chosen = np.arange(len(nodes)) if kept is None else np.flatnonzero(kept)
    rank = np.full(len(nodes), -1, np.int64)
    rank[chosen] = np.arange(len(chosen))
    slots = _Slots(nodes, rank[nodes.slot_node])
    wanted = None if targets is None else targets[chosen]
    sums: _Sums = _DenseSums(len(chosen)) if len(chosen) ** 2 <= _DENSE else _SparseSums(len(chosen))
    for block in _blocks(columns, weights.counted):
        calls = _calls(block, slots, len(chosen), wanted)
        rows = block.rows[calls.sample]
        sums.add(calls.key, weights.value[rows], weights.divisor[rows], calls.residual, calls.direct)
    key, weight, divisor, residual, direct = sums.result()
    source, target = np.divmod(key, max(len(chosen), 1))
    return Edges(chosen[source], chosen[target], weight, divisor, residual, ~direct)


@dataclass(frozen=True, slots=True)
class _Calls:
    """Calls of a block of samples, each once a sample."""

    key: I64  # caller * nodes + callee
    sample: I64
    residual: Bools
    direct: Bools


class _Slots:
    """Slots whose node takes part, by location."""

    def __init__(self, nodes: Nodes, rank: I64) -> None:
        self.rank = rank
        self.inline = nodes.slot_inline
        self.offsets = nodes.slot_offsets
        self.depth = np.diff(nodes.slot_offsets)
        owner = np.repeat(np.arange(len(self.depth)), self.depth)
        self.used = np.zeros(len(self.depth), bool)
        self.used[owner[rank >= 0]] = True


def _calls(block: _Block, slots: _Slots, size: int, wanted: Bools | None) -> _Calls:
    depth = slots.depth[block.location]
    entry = np.flatnonzero(slots.used[block.location])
    location, sizes = block.location[entry], depth[entry]
    begin = np.cumsum(sizes) - sizes
    steps = np.arange(int(sizes.sum()))
    slot = steps + np.repeat(slots.offsets[location] - begin, sizes)
    place = steps + np.repeat((np.cumsum(depth) - depth)[entry] - begin, sizes)  # among all frames of the block
    node = slots.rank[slot]
    at = np.flatnonzero(node >= 0)
    node, slot, place = node[at], slot[at], place[at]
    sample = np.repeat(block.sample[entry], sizes)[at]
    pairs = (sample[:-1] == sample[1:]) & (node[:-1] != node[1:])
    if wanted is not None and len(node):
        pairs &= wanted[node[:-1]]
    pair = np.flatnonzero(pairs)
    key = node[pair + 1] * size + node[pair]
    owner = sample[pair].astype(np.int64)
    # Of one sample's equal calls the one nearest to the root counts: the last one, as frames are leaf first.
    chosen = _last_of_each(owner, key, size * size)
    pair = pair[chosen]
    return _Calls(key[chosen], owner[chosen], place[pair + 1] - place[pair] > 1, ~slots.inline[slot[pair]])


def _last_of_each(owner: I64, key: I64, keys: int) -> I64:
    """Return the last place of every (owner, key)."""
    if not len(key):
        return np.empty(0, np.int64)
    place = np.arange(len(key))
    bits, key_bits = len(key).bit_length(), keys.bit_length()
    if int(owner[-1]).bit_length() + key_bits + bits <= 63:
        packed = (owner << key_bits | key) << bits | place  # one plain sort is several times faster
        packed.sort()
        group = packed >> bits
        chosen: I64 = packed[np.append(group[1:] != group[:-1], True)] & ((1 << bits) - 1)
        return chosen
    order: I64 = np.lexsort((place, key, owner))
    last = (np.diff(key[order]) != 0) | (np.diff(owner[order]) != 0)
    return np.asarray(order[np.append(last, True)], np.int64)


_Result: TypeAlias = tuple[I64, I64, I64, Bools, Bools]


class _DenseSums:
    """Sums in arrays with a place for every possible call."""

    def __init__(self, nodes: int) -> None:
        size = nodes * nodes
        self._weight, self._divisor = np.zeros(size, np.int64), np.zeros(size, np.int64)
        self._met, self._residual, self._direct = (np.zeros(size, bool) for _ in range(3))

    def add(self, key: I64, weight: I64, divisor: I64, residual: Bools, direct: Bools) -> None:
        np.add.at(self._weight, key, weight)
        if divisor.any():
            np.add.at(self._divisor, key, divisor)
        self._met[key] = True
        self._residual[key[residual]] = True
        self._direct[key[direct]] = True

    def result(self) -> _Result:
        key = np.flatnonzero(self._met)
        return key, self._weight[key], self._divisor[key], self._residual[key], self._direct[key]


class _SparseSums:
    """Sums by sorting, for many nodes."""

    def __init__(self, nodes: int) -> None:
        del nodes
        self._parts: list[_Result] = []

    def add(self, key: I64, weight: I64, divisor: I64, residual: Bools, direct: Bools) -> None:
        self._parts.append(_reduce(key, weight, divisor, residual, direct))

    def result(self) -> _Result:
        none = np.empty(0, np.int64)
        parts = [(none, none, none, none.astype(bool), none.astype(bool)), *self._parts]
        return _reduce(*(np.concatenate(column) for column in zip(*parts, strict=True)))


_Sums: TypeAlias = _DenseSums | _SparseSums


def _reduce(key: I64, weight: I64, divisor: I64, residual: Bools, direct: Bools) -> _Result:
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
