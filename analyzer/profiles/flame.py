"""Flame graphs: a call tree cut to what can be seen, ready to be drawn or written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from analyzer.errors import UsageError
from analyzer.files import replace_when_done
from analyzer.profiles.measure import find_measure
from analyzer.profiles.tree import CallTree, grow
from analyzer.profiles.tree_stacks import beside, columns_of, sides, stacks_of

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from analyzer.profiles.model import Columns, ValueType
    from analyzer.profiles.tree_stacks import AnyProfile, Stacks

MAX_NODES = 50_000
MAX_PAGE_BYTES = 3_000_000
_MANY_FRAMES = 2_000_000  # beyond that, nodes are dropped while the tree grows
_LIGHT_SHARE = 2e-5


@dataclass(frozen=True, slots=True, eq=False)
class FlameTree:
    """A flame graph of one profile, or of two; in a notebook it shows itself.

    Attributes:
        title: what it is a picture of.
        profiles: the profile, and the older one that it is compared with, if any.
        stacks: their samples; of a profile with negative values (a difference) what grew beside what shrank.
        tree: their call tree, at most about ``MAX_NODES`` nodes.
        shown: row of ``types`` that is shown first.
        inverted: callers are shown first.
    """

    title: str
    profiles: tuple[Columns, ...]
    stacks: Stacks
    tree: CallTree
    shown: int
    inverted: bool

    @property
    def types(self) -> tuple[ValueType, ...]:
        """What can be shown."""
        return self.stacks.types

    def __repr__(self) -> str:
        kind = self.types[self.shown] if self.types else None
        nodes = f"{len(self.tree):,} nodes, {len(self.stacks):,} stacks"
        return f"<FlameTree {self.title!r}: {nodes}{f', {kind.type}' if kind else ''}>"

    def callers(self) -> CallTree:
        """Return the tree from the leaves up, with about as many nodes as ``tree``."""
        return cut_tree(self.stacks, max_nodes=self.tree.kept, bottom_up=True)

    def to_html(self, *, max_bytes: int = MAX_PAGE_BYTES) -> str:
        """Return a page that works offline: zoom, search, callers, sandwich; frames are cut until it fits."""
        from analyzer.profiles.flame_html import page

        return page(self, max_bytes=max_bytes)

    def to_svg(self, *, width: int = 1200) -> str:
        """Return a static picture without scripts."""
        from analyzer.profiles.flame_svg import picture

        return picture(self, width=width)

    def to_folded(self) -> Iterable[bytes]:
        """Return lines ``root;caller;callee value`` of every stack; with a base ``… before after``."""
        from analyzer.profiles.flame_text import folded

        return folded(self)

    def to_speedscope(self) -> Iterable[bytes]:
        """Return the file that https://www.speedscope.app opens, with every sample type."""
        from analyzer.profiles.flame_text import speedscope

        return speedscope(self)

    def save(self, path: str | os.PathLike[str], *, force: bool = False) -> None:
        """Write to a file in the form that its extension names: .html, .svg, .folded or .speedscope.json.

        Raises:
            UsageError: another extension, or the file exists and ``force`` is false.
        """
        blocks = self.render(PurePath(path).name)
        with replace_when_done(path, force=force) as partial, partial.open("wb") as stream:
            stream.writelines(blocks)

    def render(self, name: str) -> Iterable[bytes]:
        """Return the content of a file of that name.

        Raises:
            UsageError: its extension is none of .html, .svg, .folded, .speedscope.json.
        """
        lowered = name.lower()
        if lowered.endswith((".html", ".htm")):
            return [self.to_html().encode()]
        if lowered.endswith(".svg"):
            return [self.to_svg().encode()]
        if lowered.endswith(".folded"):
            return self.to_folded()
        if lowered.endswith(".speedscope.json"):
            return self.to_speedscope()
        raise UsageError(f"{name}: a flame graph ends in .html, .svg, .folded or .speedscope.json")

    def _repr_html_(self) -> str:
        from analyzer.profiles.flame_html import notebook_cell

        return notebook_cell(self)


def flame_tree(
    profile: AnyProfile,
    *,
    base: AnyProfile | None = None,
    sample_index: str | int | None = None,
    invert: bool = False,
    title: str | None = None,
    max_nodes: int = MAX_NODES,
) -> FlameTree:
    """Return the flame graph of a profile, or of its difference to an older one.

    Args:
        profile: a ``Profile`` or its columns.
        base: an older profile to compare with.
        sample_index: sample type to show first, by name or number; the file's own choice without it.
        invert: show callers first.
        title: heading; the sample type without it.
        max_nodes: about how many nodes to keep; lighter ones are added up as ``(other)``.

    Raises:
        UsageError: no such sample type, or the profiles measure nothing in common.
    """
    profiles = (columns_of(profile),) if base is None else (columns_of(profile), columns_of(base))
    measure = find_measure(profiles[0], "" if sample_index is None else str(sample_index))
    each = [stacks_of(columns) for columns in profiles]
    stacks = sides(each[0]) if base is None else beside(*each)
    names = [kind.type for kind in stacks.types]
    if measure.type.type not in names:
        if sample_index is not None:
            raise UsageError(f"the base does not measure {measure.type.type}, only {', '.join(names)}")
        shown = len(names) - 1
    else:
        shown = names.index(measure.type.type)
    return FlameTree(
        title=title or names[shown] + (" difference" if stacks.based else ""),
        profiles=profiles,
        stacks=stacks,
        tree=cut_tree(stacks, max_nodes=max_nodes, bottom_up=False),
        shown=shown,
        inverted=invert,
    )


def cut_tree(stacks: Stacks, *, max_nodes: int, bottom_up: bool) -> CallTree:
    """Return the call tree of stacks, cut to ``max_nodes``; of very many stacks light nodes do not even grow."""
    min_share = _LIGHT_SHARE if stacks.depths_sum > _MANY_FRAMES else 0.0
    return grow(stacks, bottom_up=bottom_up, min_share=min_share, max_nodes=max_nodes)
