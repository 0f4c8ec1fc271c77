"""Flame graphs as text for other tools: folded stacks and speedscope files, of every stack, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analyzer.profiles.flame_layout import preorder
from analyzer.profiles.tree import grow
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.profiles.flame import FlameTree
    from analyzer.profiles.tree import CallTree

SCHEMA = "https://www.speedscope.app/file-format-schema.json"
NO_STACK = "(no stack)"

_SPEEDSCOPE_UNITS = frozenset({"nanoseconds", "microseconds", "milliseconds", "seconds", "bytes"})


def folded(flame: FlameTree) -> Iterator[bytes]:
    """Yield ``root;caller;callee value`` lines of the sample type that is shown, as flamegraph.pl reads them.

    Stacks of equal functions are one line. With a base each line ends in two numbers, before and after, as
    difffolded.pl writes them. A semicolon in a name becomes a colon. Format: https://github.com/brendangregg/FlameGraph.
    """
    tree = _all(flame)
    names = [printable(name).replace(";", ":") or "?" for name in tree.names]
    now = tree.self_values[:, flame.shown].tolist()
    old = None if tree.base_self is None else tree.base_self[:, flame.shown].tolist()
    depth, frame = tree.depth.tolist(), tree.frame.tolist()
    path: list[str] = []
    for node in preorder(tree).tolist():
        if node:
            del path[depth[node] - 1 :]
            path.append(names[frame[node]])
        if now[node] or (old and old[node]):
            numbers = f"{old[node]} {now[node]}" if old else f"{now[node]}"
            yield f"{';'.join(path) or NO_STACK} {numbers}\n".encode()


def speedscope(flame: FlameTree) -> Iterator[bytes]:
    """Yield a speedscope file: each sample type (with a base, of both sides) is one profile of weighted stacks.

    Schema: https://www.speedscope.app/file-format-schema.json.
    """
    import orjson

    tree = _all(flame)
    frames = [
        {"name": printable(name) or "?"} | ({"file": printable(file)} if file else {})
        for name, file in zip(tree.names, tree.files, strict=True)
    ]
    frames.append({"name": NO_STACK})
    columns = [(kind.type, kind.unit, tree.self_values[:, row]) for row, kind in enumerate(tree.types)]
    shown = flame.shown
    if tree.base_self is not None:
        base = [(f"{kind.type} (base)", kind.unit, tree.base_self[:, row]) for row, kind in enumerate(tree.types)]
        columns = [pair for both in zip(columns, base, strict=True) for pair in both]
        shown *= 2
    head = {
        "$schema": SCHEMA,
        "name": printable(flame.title),
        "exporter": "supportpacket",
        "activeProfileIndex": shown,
        "shared": {"frames": frames},
    }
    yield orjson.dumps(head)[:-1] + b',"profiles":['
    order, stacks = preorder(tree), _Stacks(tree)
    for number, (name, unit, values) in enumerate(columns):
        nodes = order[values[order] != 0]
        weights = abs(values[nodes])
        opening = {
            "type": "sampled",
            "name": printable(name),
            "unit": unit if unit in _SPEEDSCOPE_UNITS else "none",
            "startValue": 0,
            "endValue": int(weights.sum()),
        }
        yield (b"," if number else b"") + orjson.dumps(opening)[:-1] + b',"samples":['
        for place, node in enumerate(nodes.tolist()):
            yield (b"," if place else b"") + orjson.dumps(stacks.of(node))
        yield b'],"weights":' + orjson.dumps(weights.tolist()) + b"}"
    yield b"]}\n"


def _all(flame: FlameTree) -> CallTree:
    return grow(flame.stacks) if flame.tree.cut.any() else flame.tree


class _Stacks:
    """Frames of nodes, root first."""

    def __init__(self, tree: CallTree) -> None:
        self._frame, self._parent = tree.frame.tolist(), tree.parent.tolist()
        self._no_stack = len(tree.names)

    def of(self, node: int) -> list[int]:
        """Return the frames from the root's child down to a node."""
        found = []
        while node > 0:
            found.append(self._frame[node])
            node = self._parent[node]
        return found[::-1] or [self._no_stack]
