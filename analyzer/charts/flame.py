"""A flame graph as a still picture of pixels; the page and the SVG of ``FlameTree`` need no matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from analyzer.charts.style import INK, axes, empty, label
from analyzer.profiles.flame import flame_tree
from analyzer.profiles.flame_layout import Layout, lay_out
from analyzer.profiles.flame_svg import box_colour, fitted, heading

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analyzer.profiles.flame import FlameTree
    from analyzer.profiles.tree import CallTree

_WIDTH = 14.0  # inches
_ROW = 0.165
_ROWS = 60  # deeper rows are left out
_NARROWEST = 0.0004  # share of the width below which a box is left out
_LETTER = 0.0745  # inches


class FlameDisplay:
    """Boxes of a call tree, the root on top; colours are packages, or the change against a base.

    Attributes:
        flame: the flame graph.
        ax_, figure_: set by ``plot``.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, flame: FlameTree) -> None:
        self.flame = flame

    @classmethod
    def from_profile(cls, profile: Any, *, base: Any = None, **options: Any) -> Self:
        """Take the flame graph of a ``Profile``; see ``analyzer.profiles.flame.flame_tree`` for the options.

        Raises:
            UsageError: see ``flame_tree``.
        """
        return cls(flame=flame_tree(profile, base=base, **options))

    def plot(self, ax: Axes | None = None) -> Self:
        """Draw on ``ax`` or on a new figure; sets ``ax_`` and ``figure_`` and returns self."""
        from matplotlib.collections import PolyCollection

        tree = self.flame.callers() if self.flame.inverted else self.flame.tree
        boxes = lay_out(tree, self.flame.shown, narrowest=_NARROWEST)
        rows = min(int(boxes.depth.max(initial=0)) + 1, _ROWS)
        self.figure_, drawn = axes(ax, width=_WIDTH, height=0.45 + rows * _ROW)
        self.ax_ = drawn
        drawn.set_axis_off()
        drawn.set_title(label(heading(self.flame), 130), loc="left", fontsize=11, color=INK, fontweight="bold")
        if not len(boxes.node):
            empty(drawn, "the profile holds no samples of this type")
            return self
        corners, colours = [], []
        gap = 1.2 / (_WIDTH * 110)
        for place in range(len(boxes.node)):
            left, width, depth = float(boxes.left[place]), float(boxes.width[place]), int(boxes.depth[place])
            if depth < rows:
                right = left + max(width - gap, width / 2)
                corners.append([(left, depth), (right, depth), (right, depth + 0.94), (left, depth + 0.94)])
                colours.append(box_colour(self.flame, tree, int(boxes.node[place])))
        drawn.add_collection(PolyCollection(corners, facecolors=colours, linewidths=0))
        drawn.set_xlim(0, 1)
        drawn.set_ylim(rows, 0)
        self._write_names(tree, boxes, rows)
        return self

    def _write_names(self, tree: CallTree, boxes: Layout, rows: int) -> None:
        wide = float(self.ax_.get_window_extent().width) / self.figure_.dpi  # inches
        for place in range(len(boxes.node)):
            letters = int((float(boxes.width[place]) * wide - 0.06) / _LETTER)
            if letters < 3 or boxes.depth[place] >= rows:
                continue
            name = label(fitted(tree.name(int(boxes.node[place])), letters), letters + 8)
            self.ax_.text(
                float(boxes.left[place]) + 0.04 / wide,
                float(boxes.depth[place]) + 0.5,
                name,
                va="center",
                fontsize=7.4,
                color=INK,
                family="monospace",
                clip_on=True,
            )
