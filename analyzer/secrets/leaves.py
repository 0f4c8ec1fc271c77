"""Strings and long numbers of a JSON text with their key paths and bytes, without recursion.

A parsed tree has no positions, and a finding needs them. JSON inside a string is descended into as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from analyzer.parts.base import join
from analyzer.secrets.decode import Layer, unescape_json

MAX_DEPTH: Final = 200
MAX_JSON_IN_TEXT: Final = 3
# one token a step: a closing bracket, or a value with the key before it; and the comma behind. What stands before it is
# passed over at once: settings of an object that hold nothing, as most of a configuration are
_TOKEN = re.compile(
    rb"""(?P<nothing>(?:[ \t\r\n]*"[^"\\]*"[ \t\r\n]*:[ \t\r\n]*(?:true|false|null|""|[-+.\w]{1,3})[ \t\r\n]*,)*+)
    [ \t\r\n]*(?:(?P<close>[}\]])|(?:"(?P<key>[^"\\]*(?:\\.[^"\\]*)*)"[ \t\r\n]*:[ \t\r\n]*)?
    (?:"(?P<text>[^"\\]*(?:\\.[^"\\]*)*)"|(?P<open>[{\[])|(?P<plain>[-+.\w]+)))[ \t\r\n]*(?P<comma>,)?""",
    re.DOTALL | re.VERBOSE,
)
_MARK: Final = b"\xef\xbb\xbf"


class NoJson(ValueError):  # noqa: N818
    """The text is no JSON, from some place on."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value: its key path, last key, decoded text, and where it stands.

    Attributes:
        path: key path from the top of the member.
        key: the last key, as the name that may promise a secret.
        value: decoded text of a string; a number or literal as it stands.
        layers: how to get from places in ``value`` (as UTF-8) to bytes of the member, innermost first.
        is_text: whether it is a string.
    """

    path: str
    key: str
    value: str
    layers: tuple[Layer, ...]
    is_text: bool

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the bytes of the member that the bytes ``start`` to ``end`` of the UTF-8 value stand in."""
        for layer in self.layers:
            start, end = layer.place(start, end)
        return start, end

    @property
    def raw(self) -> tuple[int, int] | None:
        """Where the value stands in the member byte for byte as it is, None if anything is escaped."""
        plain = len(self.layers) == 1 and not self.layers[0].encoding
        return (self.layers[0].start, self.layers[0].end) if plain else None

    @property
    def encodings(self) -> tuple[str, ...]:
        """One ``json`` for each level of escapes that changed something."""
        return tuple("json" for layer in reversed(self.layers) if layer.encoding)


def leaves(text: bytes, path: str = "", outer: tuple[Layer, ...] = ()) -> Iterator[Leaf]:
    """Yield the leaves of a JSON text in order.

    Raises:
        NoJson: the text breaks off or is no JSON; the leaves before that have been yielded.
    """
    # one entry a level: path of the container, whether it is a list; and the index or key of the last value
    stack: list[tuple[str, bool]] = []
    slots: list[int | bytes] = []
    position = len(_MARK) if text.startswith(_MARK) else 0
    awaited, seen = True, False  # whether a value may come now
    while (token := _TOKEN.match(text, position)) is not None:
        position = token.end()
        nothing, close, raw_key, text_value, opened, plain, comma = token.groups()
        in_object = bool(stack) and not stack[-1][1]
        if nothing and not (awaited and in_object):
            raise NoJson("a comma or a key is missing")
        if close is not None:
            if not stack or stack.pop()[1] != (close == b"]"):
                raise NoJson("brackets do not match")
            slots.pop()
            awaited = comma is not None
            continue
        if not awaited or in_object != (raw_key is not None) or (seen and not stack):
            raise NoJson("a comma or a key is missing")
        seen = True
        if in_object:
            slots[-1] = raw_key
        elif stack:
            slots[-1] = int(slots[-1]) + 1
        if opened is None:
            awaited = comma is not None
            # literals, short numbers and empty texts hold nothing
            if text_value or (plain is not None and plain[:4].isdigit() and len(plain) > 3):
                yield from _leaf(token, _path(stack, slots, path), _key(slots), outer)
        elif len(stack) >= MAX_DEPTH or comma is not None:
            raise NoJson("nested too deeply, or a value is missing")
        else:
            stack.append((_path(stack, slots, path), opened == b"["))
            slots.append(-1 if opened == b"[" else b"")
            awaited = True
    if stack or not seen or text[position:].strip():
        raise NoJson("the text breaks off or is no JSON")


def _text(raw: bytes) -> str:
    return (unescape_json(raw).data if b"\\" in raw else raw).decode("utf-8", "replace")


def _path(stack: list[tuple[str, bool]], slots: list[int | bytes], path: str) -> str:
    if not stack:
        return path
    slot = slots[-1]
    return f"{stack[-1][0]}[{slot}]" if isinstance(slot, int) else join(stack[-1][0], _text(slot))


def _key(slots: list[int | bytes]) -> str:
    for slot in reversed(slots):
        if not isinstance(slot, int):
            return _text(slot)
    return ""


def _leaf(token: re.Match[bytes], path: str, key: str, outer: tuple[Layer, ...]) -> Iterator[Leaf]:
    if token["text"] is None:
        plain = token["plain"]
        whole = Layer(plain, "", token.start("plain"), token.end("plain"), ((0, token.start("plain"), 1.0),))
        yield Leaf(path, key, plain.decode("latin-1"), (whole, *outer), is_text=False)
        return
    raw, start = token["text"], token.start("text")
    layer = unescape_json(raw, start) if b"\\" in raw else Layer(raw, "", start, token.end("text"), ((0, start, 1.0),))
    layers = (layer, *outer)
    if layer.data.lstrip()[:1] in {b"{", b"["} and len(outer) < MAX_JSON_IN_TEXT:
        inner: list[Leaf] = []
        try:
            inner.extend(leaves(layer.data, path, layers))
        except NoJson:
            inner.clear()
        if inner:
            yield from inner
            return
    yield Leaf(path, key, layer.data.decode("utf-8", "replace"), layers, is_text=True)
