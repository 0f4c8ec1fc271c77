"""Key paths as people and findings write them: ``PluginSettings.Plugins["com.mattermost.calls"].x``, ``A.b[0].c``.

The spelling is that of the outside face: dots, ``[0]`` for list items, ``["a.b"]`` for keys that hold dots.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

Step = str | int
_STEP = re.compile(
    r"""\[(?P<index>\d{1,9})\]|\[(?P<quoted>"(?:[^"\\]|\\.)*"|'[^']*')\]|\.?(?P<name>[^.\[\]"]+)""", re.ASCII
)
MAX_STEPS = 64
_MISSING = object()


def parse_path(path: str) -> tuple[Step, ...] | None:
    """Return the steps of a key path, or None if it is none."""
    steps: list[Step] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None or len(steps) >= MAX_STEPS:
            return None
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["quoted"] is not None:
            quoted = match["quoted"]
            if quoted[0] == "'":
                steps.append(quoted[1:-1])
            else:
                try:
                    steps.append(json.loads(quoted, strict=False))
                except ValueError:
                    return None
        else:
            steps.append(match["name"])
        position = match.end()
    return tuple(steps) or None


def find(tree: Any, path: str) -> Any:
    """Return what stands at a key path; keys with dots may be quoted or written plainly.

    Raises:
        KeyError: nothing stands there.
    """
    steps = parse_path(path)
    found = _MISSING if steps is None else _walk(tree, steps)
    if found is _MISSING:
        raise KeyError(path)
    return found


def _walk(node: Any, steps: tuple[Step, ...]) -> Any:
    if not steps:
        return node
    head = steps[0]
    if isinstance(node, list):
        return _walk(node[head], steps[1:]) if isinstance(head, int) and head < len(node) else _MISSING
    if not isinstance(node, Mapping):
        return _MISSING
    key = ""
    for taken, step in enumerate(steps, 1):  # "com.mattermost.calls.x": the shortest key that leads on
        if isinstance(step, int):
            key += f"[{step}]"
        else:
            key = f"{key}.{step}" if key else step
        if key in node:
            found = _walk(node[key], steps[taken:])
            if found is not _MISSING:
                return found
    return _MISSING
