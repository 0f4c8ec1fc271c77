"""YAML text to a tree of dicts, lists and text, safely.

libyaml's event stream is used, not its object construction: nothing is resolved, no tag is obeyed, no alias is
followed (Go never writes one), depth and node counts are bounded, and what stands before a fault is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from analyzer.errors import PartError
from analyzer.parts.base import MAX_BYTES, Notes, join
from analyzer.parts.scalars import Plain
from analyzer.text import printable

MAX_DEPTH = 50
MAX_NODES = 1_000_000
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|\ufeff")
_CUT_HINT = "what stands before it is kept"
_DROPPED = "(no key)"  # told by identity: the value of a key that is a map or list


def decode(data: bytes, notes: Notes) -> str:
    """Return bytes as text: UTF-8 with or without BOM, UTF-16 with BOM; faulty bytes become U+FFFD and are noted.

    Raises:
        PartError: the part is larger than ``MAX_BYTES``.
    """
    if len(data) > MAX_BYTES:
        raise PartError(f"{len(data):,} bytes, more than the {MAX_BYTES:,} that a part may have")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        notes.add("", "the text is UTF-16, not UTF-8", "info")
        return data.decode("utf-16", "replace")
    if data.startswith(b"\xef\xbb\xbf"):
        notes.add("", "the text starts with a byte order mark", "info")
        data = data[3:]
    try:
        return data.decode()
    except UnicodeDecodeError as fault:
        line = data.count(b"\n", 0, fault.start) + 1
        notes.add("", f"invalid UTF-8 on line {line}; faulty bytes are shown as U+FFFD", "warning")
        return data.decode("utf-8", "replace")


def load_map(data: bytes, notes: Notes) -> dict[str, Any]:
    """Return the top-level map of a YAML document; leaves are ``str`` (quoted) or ``Plain`` (unquoted).

    An empty document is an empty map, noted.

    Raises:
        PartError: no map could be read at all; the reason has line and column.
    """
    tree = load(data, notes)
    if isinstance(tree, dict):
        return tree
    if tree is None or (isinstance(tree, Plain) and tree in ("", "~", "null")):
        raise PartError("the document is empty")
    raise PartError(f"expected a map, found {'a list' if isinstance(tree, list) else 'one scalar'}")


def load(data: bytes, notes: Notes) -> Any:
    """Return a YAML document's tree; see :func:`load_map`."""
    text = decode(data, notes)
    if _FORBIDDEN.search(text):
        notes.add("", "control characters that YAML forbids are shown as U+FFFD", "warning")
        text = _FORBIDDEN.sub("\ufffd", text)
    builder = _Builder(notes)
    try:
        for event in _events(text):
            if builder.take(event):
                break
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        reason = where + printable(str(fault.problem or fault.context or "no YAML"), 120)
        if not isinstance(builder.root, dict) or not builder.root:
            raise PartError(reason) from None
        notes.add("", f"{reason}; {_CUT_HINT}", "error")
    except yaml.YAMLError as fault:
        raise PartError(printable(str(fault).splitlines()[0], 160)) from None
    return builder.root


def _events(text: str) -> Iterator[Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    yield from yaml.parse(text, Loader=loader)


class _Builder:
    """Builds the tree event by event, so that a fault leaves what was read so far."""

    def __init__(self, notes: Notes) -> None:
        self.notes = notes
        self.root: Any = None
        self.stack: list[tuple[Any, str]] = []  # open containers with their key paths
        self.keys: list[str | None] = []  # the pending key of each open map
        self.nodes = 0
        self.skip = 0  # depth inside a container that stands where a key is expected
        self.done = False

    def take(self, event: Any) -> bool:
        """Add one event; True once the reader should stop."""
        if isinstance(event, yaml.DocumentStartEvent):
            if self.done:
                self.notes.add("", "more than one document; only the first is read")
            return self.done
        if isinstance(event, yaml.DocumentEndEvent):
            self.done = True
            return False
        if isinstance(event, yaml.NodeEvent):
            self.nodes += 1
            if self.nodes > MAX_NODES:
                raise PartError(f"more than {MAX_NODES:,} values in one part")
        if self.skip:
            self._skip(event)
        elif isinstance(event, yaml.ScalarEvent):
            plain = event.style in (None, "") and (event.implicit[0] or event.tag == "!")
            self._put(Plain(event.value) if plain else event.value)
        elif isinstance(event, yaml.AliasEvent):
            self.notes.add(self._path(), "an alias; none is followed", "warning")
            self._put(None)
        elif isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self._open({} if isinstance(event, yaml.MappingStartEvent) else [])
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.stack.pop()
            self.keys.pop()
        return False

    def _skip(self, event: Any) -> None:
        if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
            self.skip += 1
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.skip -= 1

    def _path(self) -> str:
        if not self.stack:
            return ""
        container, path = self.stack[-1]
        if isinstance(container, list):
            return f"{path}[{len(container)}]"
        key = self.keys[-1]
        return path if key is None else join(path, key)

    def _open(self, container: Any) -> None:
        if self.stack and isinstance(self.stack[-1][0], dict) and self.keys[-1] is None:
            self.notes.add(self._path(), "a map or list stands where a key is expected; it is left out")
            self.skip, self.keys[-1] = 1, _DROPPED
            return
        if len(self.stack) >= MAX_DEPTH:
            raise PartError(f"nested more than {MAX_DEPTH} levels deep")
        path = self._path()
        self._put(container)
        self.stack.append((container, path))
        self.keys.append(None)

    def _put(self, value: Any) -> None:
        if not self.stack:
            self.root = value
            return
        container, path = self.stack[-1]
        if isinstance(container, list):
            container.append(value)
            return
        key = self.keys[-1]
        if key is None:
            self.keys[-1] = "" if value is None else str(value)
            return
        if key is _DROPPED:
            self.keys[-1] = None
            return
        if key in container:
            self.notes.add(join(path, key), "the key occurs more than once; the last one counts")
        container[key] = value
        self.keys[-1] = None
