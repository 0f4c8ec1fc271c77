"""Call trees as arrays: node, parent, depth, self, total; down from the root, up from the leaves, by label, of two.

A parent always comes before its children, and node 0 is the whole profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.profiles.model import I32, I64, Bools, ValueType
from analyzer.profiles.tree_grow import OTHER, ROOT, Shape, cut_shape, grow_shape, levels
from analyzer.profiles.tree_stacks import (
    Stacks,
    beside,
    columns_of,
    join_values,
    label_values,
    rooted,
    sides,
    stacks_of,
)
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.profiles.tree_stacks import AnyProfile

SPECIAL_NAMES = {ROOT: "all", OTHER: "(other)"}

CALL_TREE = FrameSchema(
    "call_tree",
    (
        Column("node", "int64", "number of the node; 0 is the whole profile"),
        Column("parent", "int64", "node of the caller (bottom-up: of the callee); -1 for the whole"),
        Column("depth", "int64", "nodes above this one"),
        Column("function", "str", "name of the function"),
        Column("inlined", "bool", "every call of it here was inlined"),
        Column("self", "int64", "spent in stacks that end here", "the sample type's own"),
        Column("total", "int64", "spent here and in all nodes below", "the sample type's own"),
    ),
)


@dataclass(frozen=True, slots=True, eq=False)
class CallTree:
    """A call tree; all arrays have one entry a node, parents first.

    Attributes:
        types: what is measured.
        names, files: name and source file of each frame.
        frame: int32, row of ``names``, or ROOT or OTHER.
        parent: int32, -1 for the root.
        depth: int32, 0 for the root.
        inlined: bool, every call here was inlined.
        self_values: int64 [nodes, types], of stacks that end in the node.
        total: int64 [nodes, types], of the node and all below.
        base_self, base_total: the same of the base, or None without one.
        ends: int32 [samples], node in which each sample's stack ends.
        bottom_up: children are callers.
        weight: float64, sum of the shares of a node's samples, which decides what is cut; 0 for OTHER nodes.
        cut: bool [samples], the end of the stack is not shown but added up in an OTHER node.
    """

    types: tuple[ValueType, ...]
    names: tuple[str, ...]
    files: tuple[str, ...]
    frame: I32
    parent: I32
    depth: I32
    inlined: Bools
    self_values: I64
    total: I64
    base_self: I64 | None
    base_total: I64 | None
    ends: I32
    bottom_up: bool
    weight: NDArray[np.float64]
    cut: Bools

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def kept(self) -> int:
        """Number of nodes that are not sums of what was cut."""
        return int((self.frame != OTHER).sum())

    def name(self, node: int) -> str:
        """Return the name of a node's function."""
        frame = int(self.frame[node])
        return SPECIAL_NAMES[frame] if frame < 0 else self.names[frame]

    def path(self, node: int) -> list[str]:
        """Return the names from the root's child down to a node."""
        names = []
        while node > 0:
            names.append(self.name(node))
            node = int(self.parent[node])
        return names[::-1]

    def table(self, type_index: int) -> pd.DataFrame:
        """Return the nodes as a frame (schema ``CALL_TREE``) of one sample type; with a base, its columns too."""
        names = [self.name(node) for node in range(len(self))]
        data: dict[str, object] = {
            "node": np.arange(len(self)),
            "parent": self.parent,
            "depth": self.depth,
            "function": names,
            "inlined": self.inlined,
            "self": self.self_values[:, type_index],
            "total": self.total[:, type_index],
        }
        frame = CALL_TREE.frame(data)
        if self.base_self is not None and self.base_total is not None:
            frame["base_self"] = self.base_self[:, type_index]
            frame["base_total"] = self.base_total[:, type_index]
        kind = self.types[type_index]
        frame.attrs.update(sample_type=kind.type, unit=kind.unit)
        return frame


def call_tree(
    profile: AnyProfile,
    *,
    base: AnyProfile | None = None,
    bottom_up: bool = False,
    by: str | None = None,
    min_share: float = 0.0,
    max_nodes: int | None = None,
) -> CallTree:
    """Return the call tree of a profile.

    Args:
        profile: a ``Profile`` or its columns; one with negative values (a difference) is shown as what grew beside
            what shrank.
        base: an older profile to compare with.
        bottom_up: begin with the leaves, children are callers.
        by: label whose values become the first level.
        min_share: nodes below this share of every sample type are added up in OTHER nodes.
        max_nodes: keep at most so many nodes, the heaviest, beside OTHER nodes.

    Raises:
        UsageError: the profiles measure nothing in common, or no sample has the label.
    """
    columns = columns_of(profile)
    stacks = stacks_of(columns)
    values = label_values(columns, by) if by is not None else None
    if base is not None:
        older = columns_of(base)
        stacks = beside(stacks, stacks_of(older))
        if by is not None and values is not None:
            values = join_values(values, label_values(older, by))
    stacks = sides(stacks)
    if values is not None:
        stacks = rooted(stacks, *values)
    return grow(stacks, bottom_up=bottom_up, min_share=min_share, max_nodes=max_nodes)


def grow(stacks: Stacks, *, bottom_up: bool = False, min_share: float = 0.0, max_nodes: int | None = None) -> CallTree:
    """Grow the call tree of stacks; see ``call_tree``."""
    shape = grow_shape(stacks, bottom_up=bottom_up, min_share=min_share, max_nodes=max_nodes)
    return _filled(stacks, shape, bottom_up=bottom_up)


def fewer(tree: CallTree, stacks: Stacks, max_nodes: int) -> CallTree:
    """Return the call tree of the same stacks with at most so many nodes beside OTHER nodes."""
    shape = Shape(tree.frame, tree.parent, tree.depth, tree.inlined, tree.weight, tree.ends, tree.cut)
    return _filled(stacks, cut_shape(shape, max_nodes), bottom_up=tree.bottom_up)


def _filled(stacks: Stacks, shape: Shape, *, bottom_up: bool) -> CallTree:
    values = np.zeros((len(shape.frame), stacks.taken.shape[1]), np.int64)
    for column in range(values.shape[1]):
        np.add.at(values[:, column], shape.ends, stacks.taken[:, column])
    total = _roll_up(shape, values)
    width = len(stacks.types)
    return CallTree(
        types=stacks.types,
        names=stacks.names,
        files=stacks.files,
        frame=shape.frame,
        parent=shape.parent,
        depth=shape.depth,
        inlined=shape.inlined,
        self_values=values[:, :width],
        total=total[:, :width],
        base_self=values[:, width:] if stacks.based else None,
        base_total=total[:, width:] if stacks.based else None,
        ends=shape.ends,
        bottom_up=bottom_up,
        weight=shape.weight,
        cut=shape.cut,
    )


def _roll_up(shape: Shape, values: I64) -> I64:
    """Return values with those of all nodes below added."""
    total = values.copy()
    for level in levels(shape.depth)[:0:-1]:
        for column in range(total.shape[1]):
            np.add.at(total[:, column], shape.parent[level], total[level, column])
    return total
