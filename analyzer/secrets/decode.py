"""Taking encodings off a value, and finding the encoded stretches of a text that hide a secret.

A layer keeps the map back: every decoded byte knows which bytes of the member it came from.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from analyzer.secrets.rules import RULES
from analyzer.secrets.rules.names import WORDS

MAX_REGION: Final = 1 << 14
MAX_INFLATED: Final = 1 << 20
_TEXT: Final = 0.6  # share of printable bytes; random bytes have about 0.4
_JSON_ESCAPE = re.compile(rb'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_SHORT: Final = {b'"': b'"', b"\\": b"\\", b"/": b"/", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}
_JSON_LINE = re.compile(rb'\s*(?:\d{4}-\S+ )?[{"\[]')


@dataclass(slots=True)
class Layer:
    """A decoded stretch: ``data``, how it was encoded, and where each piece of it came from.

    ``pieces`` holds (decoded offset, raw offset, raw bytes for each decoded byte) in rising order; a layer of
    equal steps has one.
    """

    data: bytes
    encoding: str
    start: int
    end: int
    pieces: tuple[tuple[int, int, float], ...]
    percent: bytes = b""  # the raw text, from which the pieces are made when a place is asked for

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the raw (start, end) that the decoded bytes ``start`` to ``end`` stand in."""
        return self._raw(start), max(self._raw(end - 1, last=True), self._raw(start) + 1)

    def _raw(self, at: int, *, last: bool = False) -> int:
        if not self.pieces:
            self.pieces = _percent_pieces(self.percent, self.start)
        index = bisect_right(self.pieces, (at, 1 << 62, 0.0)) - 1
        decoded, raw, step = self.pieces[max(index, 0)]
        offset = at - decoded
        if last:
            following = self.pieces[index + 1][1] if index + 1 < len(self.pieces) else self.end
            return min(following, raw + -int(-(offset + 1) * step // 1))
        return min(self.end, raw + int(offset * step))


def unescape_json(raw: bytes, start: int = 0) -> Layer:
    """Take one level of JSON escapes off; what is no valid escape stays as it is."""
    pieces: list[tuple[int, int, float]] = [(0, start, 1.0)]
    out = bytearray()
    last = 0
    high: tuple[int, int] | None = None
    for found in _JSON_ESCAPE.finditer(raw):
        out += raw[last : found.start()]
        code, short = found.groups()
        if short:
            char = _SHORT[short]
        else:
            number = int(code, 16)
            if 0xD800 <= number < 0xDC00:
                high, last = (number, found.start()), found.end()
                continue
            if high and 0xDC00 <= number < 0xE000:
                number = 0x10000 + ((high[0] - 0xD800) << 10) + number - 0xDC00
            char = chr(number).encode("utf-8", "replace")
        high = None
        pieces.append((len(out), start + found.start(), (found.end() - found.start()) / len(char)))
        out += char
        pieces.append((len(out), start + found.end(), 1.0))
        last = found.end()
    out += raw[last:]
    return Layer(bytes(out), "json", start, start + len(raw), tuple(pieces))


_PERCENT = re.compile(rb"%[0-9A-Fa-f]{2}")


def unescape_percent(raw: bytes, start: int = 0) -> Layer:
    """Take one level of percent-encoding off."""
    return Layer(unquote_to_bytes(raw), "percent", start, start + len(raw), (), raw)


def _percent_pieces(raw: bytes, start: int) -> tuple[tuple[int, int, float], ...]:
    pieces: list[tuple[int, int, float]] = [(0, start, 1.0)]
    shift = 0
    for found in _PERCENT.finditer(raw):
        at = found.start() - shift
        pieces.append((at, start + found.start(), 3.0))
        pieces.append((at + 1, start + found.end(), 1.0))
        shift += 2
    return tuple(pieces)


def decode_value(
    block: bytes, start: int, end: int, *, depth: int = 0, percent: bool = False
) -> tuple[str, tuple[str, ...]]:
    """Return the value of a secret as it was before it was written there, and the encodings taken off.

    Args:
        block: the bytes around it.
        start: where it begins.
        end: where it ends.
        depth: backslashes before its opening quote (0, 1, 3): how deep in escaped text it stands.
        percent: whether it stands in a URL.
    """
    raw = block[start:end]
    encodings: list[str] = []
    if b"\\" in raw:
        levels = (depth + 1).bit_length() - 1
        line = block.rfind(b"\n", max(0, start - MAX_REGION), start) + 1
        if _JSON_LINE.match(block, line):
            levels += 1
        for _ in range(max(levels, 1)):
            text = raw.decode("utf-8", "replace")
            try:
                plain = json.loads(f'"{text}"', strict=False).encode("utf-8", "replace")
            except ValueError:
                break
            if plain == raw:
                break
            raw = plain
            encodings.append("json")
    if percent and b"%" in raw:
        plain = unquote_to_bytes(raw)
        if plain != raw:
            raw = plain
            encodings.append("percent")
    return raw.decode("utf-8", "replace"), tuple(encodings)


# --- stretches worth decoding
# -------------------------------------------------------------------------------------------------

_STRONG: Final = sorted(
    {
        word
        for rule in RULES
        if not rule.generic and rule.id != "query-secret"
        for word in rule.keywords
        if len(word) >= 4
    }
    | {
        "passw",
        "Passw",
        "PASSW",
        "secret",
        "Secret",
        "SECRET",
        "token",
        "Token",
        "TOKEN",
        "api_key",
        "apiKey",
        "API_KEY",
        "apikey",
    }
    | {"https://", "http://", "postgres", "mysql://", "redis://", "Bearer ", "bearer ", "Authorization"}
)


def _base64_fragments(word: str) -> set[str]:
    """Return ``word`` as it stands in base64 at each alignment, without letters that neighbours change."""
    found = set()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + word.encode("latin-1")).decode().rstrip("=")
        first = -(-shift * 8 // 6)
        last = (shift + len(word)) * 8 // 6
        fragment = encoded[first:last]
        if len(fragment) >= 5:
            found.add(fragment)
    return found


_ONCE: Final = {mark for word in _STRONG for mark in _base64_fragments(word)} | {"H4sIA"}
_COMMON: Final = ("password", "Password", "secret", "Secret", "token", "Token", "https://", "postgres", "PRIVATE KEY")
_TWICE: Final = {mark for word in _COMMON for once in _base64_fragments(word) for mark in _base64_fragments(once)}
BASE64_MARKS: Final = tuple(sorted(_ONCE | _TWICE))
"""What the beginning of a rule's match looks like in base64; ``H4sIA`` is gzip."""

_WIDE_WORDS: Final = tuple(
    sorted({w.lower() for w in _STRONG if len(w) >= 4} | {w for w in WORDS if len(w) >= 5} | {"://"})
)
UTF16_MARKS: Final = tuple(word.encode("utf-16-le")[:-1] for word in _WIDE_WORDS)
"""A word as UTF-16 from its first to its last letter: the same bytes in both byte orders."""
PERCENT_MARK: Final = r"%(?:25)?(?:3[dDaA]|2[26fF]|40|5[bBcCdD]|7[bB])[^\s\"'<>]"
JSON_MARK: Final = r"\\u00(?:2[27fF]|3[aAdD]|[4-7][0-9a-fA-F])|:\\/\\/|\\/hooks\\/|\\/services\\/"

_URL_STOPS: Final = tuple(bytes([c]) for c in b" \t\n\r\x0b\x0c\"'<>\\`\x00")
_URL_RUN = re.compile(rb"[^\s\"'<>\\`\x00]{0,8192}")
_BASE64_CHARS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]{0,16384}={0,2}")
_WIDE = re.compile(rb"(?:[\x09\x0a\x0d\x20-\x7e]\x00){0,8192}[\x20-\x7e]?")


def percent_region(block: bytes, at: int) -> Layer | None:
    """Decode the URL-like run around ``at``."""
    low = max(0, at - 4096)
    start = max(max(block.rfind(stop, low, at) for stop in _URL_STOPS) + 1, low)
    found = _URL_RUN.match(block, start)
    end = found.end() if found else at
    return unescape_percent(block[start:end], start) if end > at else None


def json_region(block: bytes, at: int) -> Layer:
    """Decode the escapes of the line around ``at``, at most some kilobytes of it."""
    start = max(block.rfind(b"\n", max(0, at - 2048), at) + 1, at - 2048, 0)
    end = block.find(b"\n", at, at + 8192)
    return unescape_json(block[start : end if end >= 0 else at + 8192], start)


def base64_region(block: bytes, at: int) -> Layer | None:
    """Decode the base64 run around ``at``; a path or name in front may shift it, so every alignment is tried."""
    window = block[max(0, at - 8192) : at]
    start = at - len(window) + len(window.rstrip(_BASE64_CHARS))
    found = _BASE64_RUN.match(block, start)
    if not found or found.end() - start < 16:
        return None
    best: Layer | None = None
    for shift in range(4):
        layer = _base64_from(block, start + shift, found.end())
        if layer and (best is None or _readable(layer.data) > _readable(best.data)):
            best = layer
    return best if best is not None and _readable(best.data) > _TEXT else None


def _base64_from(block: bytes, start: int, end: int) -> Layer | None:
    text = block[start:end].rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    text = text[: len(text) - (len(text) % 4 == 1)]
    try:
        data = binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    except binascii.Error:
        return None
    encoding = "base64"
    if data[:3] == b"\x1f\x8b\x08":
        inflated = _gunzip(data)
        # inside a compressed stream bytes have no place of their own: the whole run is the place
        return Layer(inflated, "base64+gzip", start, end, ((0, start, 0.0),)) if inflated else None
    return Layer(data, encoding, start, end, ((0, start, 4 / 3),))


def _gunzip(data: bytes) -> bytes:
    try:
        return zlib.decompressobj(31).decompress(data, MAX_INFLATED)
    except zlib.error:
        return b""


def _readable(data: bytes) -> float:
    sample = data[:512]
    return sum(32 <= b < 127 or b in b"\n\r\t\0" for b in sample) / max(len(sample), 1)


def utf16_region(block: bytes, at: int) -> Layer | None:
    """Decode the run of two-byte characters around ``at``; seen from a character, both byte orders look alike."""
    start, low = at, max(0, at - 4096)
    while start - 2 >= low and block[start - 1] == 0 and 9 <= block[start - 2] < 127:
        start -= 2
    found = _WIDE.match(block, start)
    if not found or found.end() - start < 16:
        return None
    return Layer(found.group()[0::2], "utf-16", start, found.end(), ((0, start, 2.0),))
