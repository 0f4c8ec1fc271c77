"""Flame graphs as one HTML page that needs nothing else, and as a notebook cell.

Names come from strangers. They reach the page only as JSON in a block that is not executed, with every ``<`` written
as an escape; the script shows them as text; and the page forbids itself everything but its own script and style.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from analyzer.profiles.flame_data import LABEL_VALUES, basis_of, page_data
from analyzer.profiles.flame_svg import picture
from analyzer.profiles.tree import fewer
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.profiles.flame import FlameTree

_SCRIPTS = ("trees.js", "layout.js", "paint.js", "app.js")
_FEWEST_NODES = 500
_MANY_STACKS = 200_000  # a page of so many has no room for all values of its labels
_FEW_LABEL_VALUES = 4
_CELL_HEIGHT = 560
_PICTURE_BOXES = 600  # of the still picture for readers without scripts


@cache
def _asset(name: str) -> str:
    return (files("analyzer.profiles") / "flame_page" / name).read_text("utf-8")


@cache
def script() -> str:
    """Return the page's script: all files, without indents and lines of comment."""
    lines = [line.strip() for name in _SCRIPTS for line in _asset(name).splitlines()]
    code = "\n".join(line for line in lines if line and not line.startswith("//"))
    return f'"use strict";(()=>{{\n{code}\n}})();\n'


def page(flame: FlameTree, *, max_bytes: int) -> str:
    """Return the page of a flame graph, below ``max_bytes``: label values, then frames are added up until it fits."""
    import orjson

    basis = basis_of(flame)
    label_values = LABEL_VALUES if len(flame.stacks) <= _MANY_STACKS else _FEW_LABEL_VALUES
    trees = {"down": flame.tree}
    while True:
        if "up" not in trees and trees["down"].cut.any():
            trees["up"] = flame.callers()
        data = page_data(flame, basis, trees, max_label_values=label_values)
        text = _filled(flame, _quiet(orjson.dumps(data).decode()))
        size, kept = len(text.encode()), {name: tree.kept for name, tree in trees.items()}
        if size <= max_bytes or max(kept.values()) <= _FEWEST_NODES:
            return text
        if label_values > _FEW_LABEL_VALUES and len(data["trees"]["down"]["cells"]["node"]) > 2 * len(trees["down"]):
            label_values = _FEW_LABEL_VALUES
            continue
        share = min(0.8 * max_bytes / size, 0.8)
        trees = {name: fewer(tree, flame.stacks, int(kept[name] * share)) for name, tree in trees.items()}


def _filled(flame: FlameTree, data: str) -> str:
    style, code = _asset("flame.css"), script()
    parts = {
        "policy": f"default-src 'none'; script-src '{_hash(code)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        "title": html.escape(printable(flame.title)),
        "style": style,
        "script": code,
        "data": data,
        "picture": _data_uri(flame),
    }
    # One pass: what a name holds is never taken for a place to fill.
    return re.sub(r"\{\{ (\w+) \}\}", lambda match: parts[match[1]], _asset("page.html"))


def _quiet(data: str) -> str:
    """Escape what could end a script block or a line of script; equal JSON comes out."""
    for char in "<>&\u2028\u2029":
        data = data.replace(char, f"\\u{ord(char):04x}")
    return data


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _data_uri(flame: FlameTree) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture(flame, max_boxes=_PICTURE_BOXES).encode()).decode()


def notebook_cell(flame: FlameTree) -> str:
    """Return the page in a frame of its own; where scripts are stripped, a static picture stays in its place."""
    import orjson

    text = flame.to_html()
    name = "flame-" + hashlib.sha256(text.encode()).hexdigest()[:12]
    # the page travels inside the script: a viewer that strips scripts then leaves none of it behind
    code = (
        f"(()=>{{const box=document.getElementById('{name}');if(!box)return;"
        "const frame=document.createElement('iframe');"
        "frame.setAttribute('sandbox','allow-scripts');frame.title=box.firstElementChild.alt;"
        f"frame.style.cssText='width:100%;height:{_CELL_HEIGHT}px;border:1px solid #8884;border-radius:6px';"
        f"frame.srcdoc={_quiet(orjson.dumps(text).decode())};box.replaceChildren(frame)}})()"
    )
    title = html.escape(printable(flame.title))
    picture = f'<img alt="Flame graph of {title}" src="{_data_uri(flame)}" style="max-width:100%">'
    return f'<div id="{name}">{picture}</div><script>{code}</script>'
