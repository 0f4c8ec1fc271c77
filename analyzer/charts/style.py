"""How every chart looks: one palette, one way to make axes, safe text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.text import printable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1f2933"
MUTED = "#7b8794"
GRID = "#e4e7eb"
BLUE = "#1c58d9"
LIGHT_BLUE = "#a8c4f5"
RED = "#c92a2a"
ORANGE = "#e8590c"
YELLOW = "#f2b01e"
GREEN = "#2b8a3e"
TEAL = "#0b7285"
PURPLE = "#6741d9"
GREY = "#adb5bd"

LEVEL_COLOURS = {
    "panic": "#7f1d1d",
    "fatal": "#7f1d1d",
    "critical": "#7f1d1d",
    "error": RED,
    "warn": YELLOW,
    "info": BLUE,
    "debug": GREY,
    "trace": "#dee2e6",
}
"""Log levels always have the same colour."""


def axes(ax: Axes | None, *, width: float = 9.0, height: float = 4.5) -> tuple[Figure, Axes]:
    """Return the figure and axes to draw on: the given axes, or new ones of ``width`` x ``height`` inches.

    New figures do not go through pyplot's global state, so drawing many in one process leaks nothing.
    """
    if ax is not None:
        return ax.figure, ax  # type: ignore[return-value]
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained", dpi=110)
    FigureCanvasAgg(figure)
    return figure, figure.add_subplot()


def tidy(ax: Axes, *, title: str | None = None, grid: str | None = "x") -> None:
    """Give axes the house look: no box, light grid along ``grid`` ("x", "y" or None), left title."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(GRID)
    ax.tick_params(colors=INK, labelsize=9, length=0)
    ax.set_axisbelow(True)
    if grid is not None:
        ax.grid(visible=True, axis=grid, color=GRID, linewidth=0.8)  # type: ignore[arg-type]
    if title is not None:
        ax.set_title(label(title, 110), loc="left", fontsize=11, color=INK, fontweight="bold")


def empty(ax: Axes, text: str) -> None:
    """Say on the axes why there is nothing to draw."""
    ax.set_axis_off()
    ax.text(0.5, 0.5, label(text, 90), ha="center", va="center", color=MUTED, fontsize=11, transform=ax.transAxes)


def label(text: str, limit: int = 60) -> str:
    """Return packet text safe to draw: no control characters, no mathtext, the middle cut out beyond ``limit``."""
    shown = printable(text).replace("$", r"\$")
    if len(shown) <= limit:
        return shown
    head = limit // 3
    return f"{shown[:head]}…{shown[-(limit - head - 1) :]}"


_VERSION_ELEMENT = re.compile(r"/v[0-9]+(?=[./]|$)")


def short_function(name: str, limit: int = 60) -> str:
    """Return a Go function name without its import path and type arguments, cut in the middle beyond ``limit``.

    ``github.com/a/b/v8/channels/store.(*S).Get[go.shape.int]`` becomes ``store.(*S).Get[…]``, and
    ``github.com/x/msgpack/v5.(*Decoder).Decode`` becomes ``msgpack.(*Decoder).Decode``.
    """
    head, bracket, rest = name.partition("[")
    shown = _VERSION_ELEMENT.sub("", head).rsplit("/", 1)[-1]
    if bracket:
        shown += "[…]" + rest.rpartition("]")[2]
    return label(shown, limit)
