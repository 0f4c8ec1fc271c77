"""Where the boxes of a flame graph lie: shared by every static picture of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.profiles.model import I32, I64
from analyzer.profiles.tree_grow import OTHER, levels

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.profiles.tree import CallTree


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Boxes, one entry each; heavier siblings come first, OTHER last.

    Attributes:
        node: node of each box.
        left, width: place and width as shares of the whole, 0 to 1.
        depth: row, 0 for the root.
    """

    node: I64
    left: NDArray[np.float64]
    width: NDArray[np.float64]
    depth: I32


def lay_out(tree: CallTree, type_index: int, *, narrowest: float = 0.0) -> Layout:
    """Place all nodes that are at least ``narrowest`` wide (a share of the whole)."""
    weight = np.abs(tree.total[:, type_index].astype(np.float64))
    if tree.base_total is not None and not weight.any():
        weight = np.abs(tree.base_total[:, type_index].astype(np.float64))
    width = weight / (weight[0] or 1.0)
    left = np.zeros(len(tree))
    for level in levels(tree.depth)[1:]:
        parent = tree.parent[level]
        order = level[np.lexsort((-width[level], tree.frame[level] == OTHER, parent))]
        parent = tree.parent[order]
        before = np.cumsum(width[order]) - width[order]
        starts = np.flatnonzero(np.concatenate([[True], parent[1:] != parent[:-1]]))
        group = np.cumsum(np.concatenate([[0], (parent[1:] != parent[:-1]).astype(np.int64)]))
        left[order] = left[parent] + before - before[starts][group]
    seen = np.flatnonzero((width >= narrowest) & (width > 0))
    return Layout(seen, left[seen], width[seen], tree.depth[seen])


def preorder(tree: CallTree) -> I64:
    """Return the nodes depth first, each before its children, siblings in the order of their numbers."""
    size = np.ones(len(tree), np.int64)
    by_depth = levels(tree.depth)
    for level in by_depth[:0:-1]:
        np.add.at(size, tree.parent[level], size[level])
    rank = np.zeros(len(tree), np.int64)
    for level in by_depth[1:]:
        order = level[np.argsort(tree.parent[level], kind="stable")]
        parent = tree.parent[order]
        before = np.cumsum(size[order]) - size[order]
        starts = np.concatenate([[True], parent[1:] != parent[:-1]])
        group = np.cumsum(starts) - 1
        rank[order] = rank[parent] + 1 + before - before[np.flatnonzero(starts)][group]
    return np.argsort(rank)
