"""How call trees grow: level by level, over all samples at once.

The children of one level are the distinct pairs of node and next frame. Samples of nodes too light to show stop
there, so a million stacks cost little more than the part of the tree that is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.profiles.model import I32, I64, Bools

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.profiles.tree_stacks import Stacks

ROOT, OTHER = -1, -2
"""Frames of the two kinds of nodes that are no function: the whole, and what was cut from a node."""


def shares(values: I64) -> NDArray[np.float64]:
    """Return each sample's share of a profile, of the sample type in which it is largest."""
    if not values.size:
        return np.zeros(len(values))
    sizes = np.abs(values.astype(np.float64))
    sums = sizes.sum(axis=0)
    largest: NDArray[np.float64] = (sizes / np.where(sums == 0, 1, sums)).max(axis=1)
    return largest


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A tree without values, and where each sample ends in it.

    Attributes:
        frame, parent, depth, inlined: see ``CallTree``.
        weight: sum of the shares of a node's samples; never larger than that of its parent.
        ends: int32 [samples], node in which each stack ends.
        cut: bool [samples], its stack goes on below that node, but is not shown.
    """

    frame: I32
    parent: I32
    depth: I32
    inlined: Bools
    weight: NDArray[np.float64]
    ends: I32
    cut: Bools


def grow_shape(stacks: Stacks, *, bottom_up: bool, min_share: float, max_nodes: int | None) -> Shape:
    """Return the tree of stacks, what is too light or too much added up in OTHER nodes; see ``call_tree``."""
    shape = _grow(stacks, bottom_up=bottom_up, min_share=min_share)
    return cut_shape(shape, len(shape.frame) if max_nodes is None else max_nodes)


def cut_shape(shape: Shape, max_nodes: int) -> Shape:
    """Keep the heaviest nodes, and below them one OTHER node for all that was cut there, now or before."""
    if len(shape.frame) > max_nodes or (shape.frame == OTHER).any():
        shape = _heaviest(shape, max_nodes)
    return _with_others(shape)


def _grow(stacks: Stacks, *, bottom_up: bool, min_share: float) -> Shape:
    weight = shares(stacks.taken)
    width = max(len(stacks.names), 1)
    root = np.array([ROOT], np.int32), np.array([-1], np.int32), np.zeros(1, bool), np.array([weight.sum()])
    grown: list[tuple[I32, I32, Bools, NDArray[np.float64]]] = [root]
    ends, cut = np.zeros(len(stacks), np.int32), np.zeros(len(stacks), bool)
    walk = _Walk(stacks, bottom_up=bottom_up)
    above, first = 0, 1  # the first node of the level above, and of this one
    while True:
        ends[walk.sample] = walk.node
        walk.keep(walk.going())
        if not len(walk.sample):
            break
        frame, inline = walk.frames()
        keys, place = _distinct((walk.node - above) * width + frame, (first - above) * width)
        heavy = np.bincount(place, weight[walk.sample]).astype(np.float64)
        stay = heavy >= min_share
        if not stay.all():
            going = stay[place]
            cut[walk.sample[~going]] = True
            walk.keep(going)
            place, inline = (np.cumsum(stay) - 1)[place[going]], inline[going]
            keys, heavy = keys[stay], heavy[stay]
        caller, frame = np.divmod(keys, width)
        inlined = np.bincount(place, ~inline, minlength=len(keys)) == 0
        grown.append((frame.astype(np.int32), (caller + above).astype(np.int32), inlined, heavy))
        walk.step(place + first)
        above, first = first, first + len(keys)
    frames, parents, inlines, weights = (np.concatenate(column) for column in zip(*grown, strict=True))
    depth = np.repeat(np.arange(len(grown), dtype=np.int32), [len(level[0]) for level in grown])
    return Shape(frames, parents, depth, inlines, weights, ends, cut)


class _Walk:
    """Walks all stacks at once, one frame a step.

    Attributes:
        sample: samples that are still under way.
        node: the node that each of them has reached.
    """

    def __init__(self, stacks: Stacks, *, bottom_up: bool) -> None:
        self._stacks = stacks
        self._stride = 1 if bottom_up else -1
        low, high = stacks.offsets[:-1], stacks.offsets[1:]
        self.sample = np.arange(len(stacks))
        self.node = np.zeros(len(stacks), np.int64)
        self._at = low.copy() if bottom_up else high - 1  # entry of the stack
        self._end = high if bottom_up else low - 1
        self._slot = np.zeros(len(stacks), np.int64)  # frame of that entry
        self._last = np.zeros(len(stacks), np.int64)  # frame after which the next entry begins
        self._at_label = stacks.root is not None
        self._enter(np.flatnonzero(self._at != self._end))

    def going(self) -> Bools:
        """Tell which samples stand on a frame."""
        going: Bools = (self._at != self._end) | self._at_label
        return going

    def frames(self) -> tuple[I32, Bools]:
        """Return the frame on which each sample stands, and whether it is inlined."""
        if self._at_label and self._stacks.root is not None:
            return self._stacks.root[self.sample], np.zeros(len(self.sample), bool)
        return self._stacks.slot_frame[self._slot], self._stacks.slot_inline[self._slot]

    def keep(self, chosen: Bools) -> None:
        """Go on with some of the samples."""
        if chosen.all():
            return
        for name in ("sample", "node", "_at", "_end", "_slot", "_last"):
            setattr(self, name, getattr(self, name)[chosen])

    def step(self, node: I64) -> None:
        """Go one frame further; ``node`` is where each sample is now."""
        self.node = node
        if self._at_label:
            self._at_label = False
            return
        done = self._slot == self._last
        self._slot += self._stride
        self._at += np.where(done, self._stride, 0)
        self._enter(np.flatnonzero(done & (self._at != self._end)))

    def _enter(self, rows: I64) -> None:
        location = self._stacks.locations[self._at[rows]]
        slots = self._stacks.slot_offsets
        first, last = slots[location], slots[location + 1] - 1
        self._slot[rows], self._last[rows] = (first, last) if self._stride > 0 else (last, first)


def _distinct(keys: I64, span: int) -> tuple[I64, I64]:
    """Return the distinct keys (0 <= key < span) in order, and for each key its place among them."""
    if span > 8 * len(keys) + 4096:
        found, place = np.unique(keys, return_inverse=True)
        return found, place
    seen = np.zeros(span, bool)
    seen[keys] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[keys]


def _heaviest(shape: Shape, max_nodes: int) -> Shape:
    """Keep the heaviest nodes; samples of the others end in the nearest node that is kept."""
    # Equal weights keep the order of the nodes, so no node outlives its parent.
    kept = np.zeros(len(shape.frame), bool)
    kept[np.argsort(-shape.weight, kind="stable")[:max_nodes]] = True
    kept &= shape.frame != OTHER
    nearest = np.arange(len(kept))
    for level in levels(shape.depth)[1:]:
        gone = level[~kept[level]]
        nearest[gone] = nearest[shape.parent[gone]]
    renamed = np.cumsum(kept) - 1
    return Shape(
        shape.frame[kept],
        np.where(shape.parent[kept] < 0, -1, renamed[shape.parent[kept]]).astype(np.int32),
        shape.depth[kept],
        shape.inlined[kept],
        shape.weight[kept],
        renamed[nearest[shape.ends]].astype(np.int32),
        shape.cut | ~kept[shape.ends],
    )


def _with_others(shape: Shape) -> Shape:
    """Add an OTHER node below every node that lost something."""
    if not shape.cut.any():
        return shape
    above, place = np.unique(shape.ends[shape.cut], return_inverse=True)
    ends = shape.ends.copy()
    ends[shape.cut] = len(shape.frame) + place
    return Shape(
        np.concatenate([shape.frame, np.full(len(above), OTHER, np.int32)]),
        np.concatenate([shape.parent, above.astype(np.int32)]),
        np.concatenate([shape.depth, shape.depth[above] + 1]).astype(np.int32),
        np.concatenate([shape.inlined, np.zeros(len(above), bool)]),
        np.concatenate([shape.weight, np.zeros(len(above))]),
        ends,
        shape.cut,
    )


def levels(depth: I32) -> list[I64]:
    """Return the nodes of each depth."""
    order = np.argsort(depth, kind="stable")
    bounds = np.cumsum(np.bincount(depth))[:-1]
    return np.split(order, bounds)
