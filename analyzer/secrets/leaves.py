"""Every string and number of a JSON text with its key path and the bytes it stands in, without recursion.

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
_TOKEN = re.compile(
    rb'[ \t\r\n\xef\xbb\xbf]*(?:"(?P<text>(?:[^"\\]|\\.)*)"|(?P<sign>[{}\[\]:,])|(?P<plain>[-+.\w]+))', re.DOTALL
)


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
    # one entry a level: path of the container, whether it is a list; and the index or key of the next value
    stack: list[tuple[str, bool]] = []
    slots: list[int | str] = []
    position, expect_key, seen = 0, False, False
    while (token := _TOKEN.match(text, position)) is not None:
        position = token.end()
        kind = token.lastgroup
        if kind == "text" and expect_key:
            slots[-1] = _text(token[1])
            expect_key = False
        elif kind != "sign":
            seen = True
            yield from _leaf(token, _path(stack, slots, path), _key(stack, slots), outer)
        elif (sign := token[2]) == b",":
            if not stack:
                raise NoJson("more than one value")
            in_list = stack[-1][1]
            if in_list:
                slots[-1] = int(slots[-1]) + 1
            expect_key = not in_list
        elif sign in b"{[":
            if len(stack) >= MAX_DEPTH:
                raise NoJson("nested too deeply")
            stack.append((_path(stack, slots, path), sign == b"["))
            slots.append(0 if sign == b"[" else "")
            expect_key, seen = sign == b"{", True
        elif sign in b"}]":
            if not stack or stack[-1][1] != (sign == b"]"):
                raise NoJson("brackets do not match")
            stack.pop()
            slots.pop()
            expect_key = False
    if stack or not seen or text[position:].strip():
        raise NoJson("the text breaks off or is no JSON")


def _text(raw: bytes) -> str:
    return (unescape_json(raw).data if b"\\" in raw else raw).decode("utf-8", "replace")


def _path(stack: list[tuple[str, bool]], slots: list[int | str], path: str) -> str:
    if not stack:
        return path
    container, is_list = stack[-1]
    return f"{container}[{slots[-1]}]" if is_list else join(container, str(slots[-1]))


def _key(stack: list[tuple[str, bool]], slots: list[int | str]) -> str:
    for (_, is_list), slot in zip(reversed(stack), reversed(slots), strict=True):
        if not is_list:
            return str(slot)
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
