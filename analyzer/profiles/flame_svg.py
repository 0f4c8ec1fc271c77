"""Flame graphs as a static picture: SVG without scripts; browsers show a box's title when the pointer rests on it."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import numpy as np

from analyzer.profiles.flame_colour import PALETTE, package_of, tint_of
from analyzer.profiles.flame_difference import change_colour, change_text
from analyzer.profiles.flame_layout import lay_out
from analyzer.profiles.flame_units import amount
from analyzer.profiles.tree_grow import OTHER, ROOT
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.profiles.flame import FlameTree
    from analyzer.profiles.tree import CallTree

_ROW, _MARGIN, _HEAD = 17, 8, 30
_LETTER = 6.65  # width of one letter of the font, in pixels
_ROWS = 70  # deeper rows are left out: the picture is for a page, the script for the depths


def picture(flame: FlameTree, *, width: int = 1200, max_boxes: int = 20_000) -> str:
    """Return the picture, ``width`` pixels wide; boxes below half a pixel and all but the widest are left out."""
    tree = flame.callers() if flame.inverted else flame.tree
    inner = width - 2 * _MARGIN
    boxes = lay_out(tree, flame.shown, narrowest=0.5 / inner) if flame.types else None
    parts: list[str] = []
    deepest = 0
    if boxes is not None:
        widest = np.sort(np.argsort(-boxes.width, kind="stable")[:max_boxes])
        columns = (column[widest].tolist() for column in (boxes.node, boxes.left, boxes.width, boxes.depth))
        for node, left, share, depth in zip(*columns, strict=True):
            if depth < _ROWS:
                deepest = max(deepest, depth)
                parts.append(_box(flame, tree, node, _MARGIN + left * inner, _HEAD + depth * _ROW, share * inner))
    height = _HEAD + (deepest + 1) * _ROW + _MARGIN
    title = _escaped(heading(flame))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{title}"><style>text{{font:11px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",'
        "monospace;fill:#111827}.h{font:600 14px system-ui,sans-serif}</style>"
        f'<rect width="{width}" height="{height}" fill="#fff"/><text class="h" x="{_MARGIN}" y="20">{title}</text>'
        f"{''.join(parts)}</svg>\n"
    )


def heading(flame: FlameTree) -> str:
    """Return one line: title, sample type, total, and whether callers or callees are shown."""
    kind = flame.types[flame.shown]
    total = amount(int(flame.tree.total[0, flame.shown]), kind.unit)
    if flame.tree.base_total is not None:
        total += f" ({change_text(flame.tree, 0, flame.shown)})"
    return printable(f"{flame.title} · {kind.type} {total}" + (" · callers" if flame.inverted else ""))


def _box(flame: FlameTree, tree: CallTree, node: int, x: float, y: float, width: float) -> str:
    name = printable(tree.name(node), 300)
    kind = flame.types[flame.shown]
    total, whole = int(tree.total[node, flame.shown]), int(tree.total[0, flame.shown])
    told = f"{name}: {amount(total, kind.unit)}" + (f", {abs(total / whole):.2%}" if whole else "")
    if tree.base_total is not None:
        told += f", {change_text(tree, node, flame.shown)}"
    # one decimal is a tenth of a pixel; a gap keeps neighbours apart
    gap = 0.8 if width > 3 else 0.0
    size = f'width="{max(width - gap, 0.4):.1f}" height="{_ROW - 1}"'
    rect = f'<rect x="{x:.1f}" y="{y}" {size} fill="{box_colour(flame, tree, node)}"/>'
    letters = int((width - 6) / _LETTER)
    text = ""
    if letters >= 3:
        shown = fitted(name, letters)
        text = f'<text x="{x + 3:.1f}" y="{y + 12}">{_escaped(shown)}</text>'
    return f"<g><title>{_escaped(told)}</title>{rect}{text}</g>"


def _escaped(text: str) -> str:
    """Return text for XML, without the two characters that it cannot hold even as references."""
    return html.escape(text).replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")


def fitted(name: str, letters: int) -> str:
    """Return a name in at most so many letters: whole, without its folders, or cut."""
    if len(name) <= letters:
        return name
    plain, bracket, _ = name.partition("[")
    last = plain.rpartition("/")[2] + ("[…]" if bracket else "") if plain else name
    return last if len(last) <= letters else last[: letters - 1] + "…"


def box_colour(flame: FlameTree, tree: CallTree, node: int) -> str:
    """Return the colour of a node on light ground: that of its package, or of its change against the base."""
    frame = int(tree.frame[node])
    if tree.base_total is not None:
        return change_colour(tree, node, flame.shown)
    if frame in (ROOT, OTHER):
        return "#e5e7eb"
    return PALETTE[tint_of(package_of(tree.names[frame]))][0]
