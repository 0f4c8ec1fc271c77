"""Python values to JSON as Go's ``json.MarshalIndent(v, "", "    ")`` writes them (packet-format.md 2.7)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from analyzer.parts.gofloat import in_json

_HTML = re.compile("[<>&\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def write_json(tree: Any) -> bytes:
    """Return a value as JSON: four spaces, HTML-escaped, no newline at the end, keys in order."""
    return "".join(_value(tree, "\n")).encode()


def quote(text: str) -> str:
    """Return a text as a JSON string with Go's HTML escaping."""
    shown = json.dumps(_SURROGATE.sub("\ufffd", text), ensure_ascii=False)
    return _HTML.sub(lambda m: f"\\u{ord(m.group()):04x}", shown)


def _value(tree: Any, newline: str) -> Iterator[str]:
    if isinstance(tree, Mapping | list | tuple):
        yield from _container(tree, newline)
    elif isinstance(tree, str):
        yield quote(tree)
    elif tree is None:
        yield "null"
    elif isinstance(tree, bool):
        yield "true" if tree else "false"
    elif isinstance(tree, float):
        yield in_json(tree) if math.isfinite(tree) else "null"
    else:
        yield str(int(tree))


def _container(tree: Any, newline: str) -> Iterator[str]:
    is_map = isinstance(tree, Mapping)
    if not tree:
        yield "{}" if is_map else "[]"
        return
    inner = newline + "    "
    yield "{" if is_map else "["
    comma = ""
    for item in tree.items() if is_map else tree:
        yield comma + inner
        if is_map:
            yield quote(str(item[0])) + ": "
            yield from _value(item[1], inner)
        else:
            yield from _value(item, inner)
        comma = ","
    yield newline + ("}" if is_map else "]")
