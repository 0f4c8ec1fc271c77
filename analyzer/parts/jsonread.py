"""JSON text to Python values, safely.

The standard parser with hooks is used rather than orjson, because repeated keys, NaN and numbers beyond 64 bits must be
noted and read; the files are small.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from analyzer.errors import PartError
from analyzer.parts.base import Notes
from analyzer.parts.yamlread import decode
from analyzer.text import printable

MAX_DEPTH = 200
MAX_DIGITS = 400
_TOKENS = re.compile(r'"(?:[^"\\]+|\\.)*+"|["{}\[\],]', re.DOTALL)


def load_map(data: bytes, notes: Notes) -> dict[str, Any]:
    """Return the top-level object of a JSON document; repeated keys, NaN and trailing text are noted.

    A document that is cut short is closed at its last whole value, which is noted as an error.

    Raises:
        PartError: no object could be read at all; the reason has line and column.
    """
    text = decode(data, notes)
    if not text.strip(" \t\r\n\0"):
        raise PartError("the document is empty")
    tree = _parse(text, notes)
    if not isinstance(tree, dict):
        raise PartError(f"expected an object, found {'a list' if isinstance(tree, list) else 'one value'}")
    return tree


def _parse(text: str, notes: Notes) -> Any:
    start = len(text) - len(text.lstrip(" \t\r\n"))
    end = len(text)
    try:
        try:
            tree, end = _decoder(notes).raw_decode(text, start)
        except json.JSONDecodeError as fault:
            tree = _rescue(text, start, fault, notes)
    except RecursionError:
        raise PartError(f"nested more than {MAX_DEPTH} levels deep") from None
    if text[end:].strip(" \t\r\n\0"):
        notes.add("", "text follows the document; it is left out")
    _check_depth(tree)
    return _clean(tree, notes) if "\\u" in text else tree


def _decoder(notes: Notes, *, strict: bool = True) -> json.JSONDecoder:
    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        out = dict(items)
        if len(out) != len(items):
            seen: set[str] = set()
            for key, _ in items:
                if key in seen:
                    notes.add(key, "the key occurs more than once in one object; the last one counts")
                seen.add(key)
        return out

    def constant(word: str) -> float | None:
        notes.add("", f"{word} is no JSON; it is read as null")
        return None

    def whole(text: str) -> int | float | None:
        if len(text) > MAX_DIGITS:
            notes.add("", f"a number of {len(text):,} digits is read as null")
            return None
        return int(text)

    def decimal(text: str) -> float | None:
        number = float(text)
        if not math.isfinite(number):
            notes.add("", "a number too large for a float is read as null")
            return None
        return number

    return json.JSONDecoder(
        object_pairs_hook=pairs, parse_constant=constant, parse_int=whole, parse_float=decimal, strict=strict
    )


def _rescue(text: str, start: int, fault: json.JSONDecodeError, notes: Notes) -> Any:
    """Read a faulty document with raw control characters in its strings, or up to the fault."""
    where = f"line {fault.lineno}, column {fault.colno}: {printable(fault.msg, 100)}"
    quiet = Notes()
    try:
        tree, _ = _decoder(quiet, strict=False).raw_decode(text, start)
        notes.add("", f"{where}; read all the same")
    except json.JSONDecodeError as last:
        closed = _closed(text[: last.pos])
        tree = _decoder(quiet, strict=False).decode(closed) if closed else None
        if not isinstance(tree, dict) or not tree:
            raise PartError(where) from None
        notes.add("", f"{where}; what stands before it is kept", "error")
    return tree


def _closed(text: str) -> str | None:
    """Return a cut document closed after its last whole value; None where nothing whole stands."""
    stack: list[str] = []
    good = 0
    open_at_good: tuple[str, ...] = ()
    for token in _TOKENS.finditer(text):
        char = token.group()
        if char[0] == '"':
            if len(char) == 1:
                break  # a string without end
            continue
        if char in "{[":
            stack.append("}" if char == "{" else "]")
            good = token.end()
        elif char == ",":
            good = token.start()
        elif not stack or stack.pop() != char:
            break
        else:
            good = token.end()
        if len(stack) > MAX_DEPTH:
            return None
        if char != ",":
            open_at_good = tuple(stack)
    return text[:good] + "".join(reversed(open_at_good)) if good else None


def _check_depth(tree: Any) -> None:
    level, depth = [tree], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise PartError(f"nested more than {MAX_DEPTH} levels deep")
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]


def _clean(tree: Any, notes: Notes) -> Any:
    """Replace lone surrogates, which Go reads as U+FFFD and no encoder takes."""
    if isinstance(tree, str):
        try:
            tree.encode()
        except UnicodeEncodeError:
            notes.add("", "half of a surrogate pair is read as U+FFFD")
            return tree.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return tree
    if isinstance(tree, list):
        return [_clean(item, notes) for item in tree]
    if isinstance(tree, dict):
        return {_clean(key, notes): _clean(item, notes) for key, item in tree.items()}
    return tree
