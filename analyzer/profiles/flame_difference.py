"""How a flame graph shows change: red for more, blue for less, stronger the larger the relative change."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analyzer.profiles.tree import CallTree

_SAME, _MORE, _LESS = (0xE5, 0xE7, 0xEB), (0xE3, 0x4A, 0x33), (0x3B, 0x82, 0xD6)


def change(now: float, before: float) -> float:
    """Return the relative change from -1 (gone) over 0 (the same) to 1 (new)."""
    largest = max(abs(now), abs(before))
    return (now - before) / largest if largest else 0.0


def change_colour(tree: CallTree, node: int, type_index: int) -> str:
    """Return the colour of a node on light ground."""
    ratio = change(*_both(tree, node, type_index))
    towards = _MORE if ratio > 0 else _LESS
    strength = abs(ratio) ** 0.7
    return "#" + "".join(f"{round(a + (b - a) * strength):02x}" for a, b in zip(_SAME, towards, strict=True))


def change_text(tree: CallTree, node: int, type_index: int) -> str:
    """Return the change in words: ``new``, ``gone``, ``+12.3 %`` or ``unchanged``."""
    now, before = _both(tree, node, type_index)
    if now == before:
        return "unchanged"
    if not before:
        return "new"
    return f"{(now - before) / abs(before):+.1%}" if now else "gone"


def _both(tree: CallTree, node: int, type_index: int) -> tuple[int, int]:
    before = 0 if tree.base_total is None else int(tree.base_total[node, type_index])
    return int(tree.total[node, type_index]), before
