"""How one secret may stand in a file: as it is, escaped for JSON, URLs, HTML or SQL, in base64 or hex, twice encoded.

An example string has its special characters where the secret has them, so both have the same length in every spelling.
"""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote, quote_plus

Spelling = Callable[[str], str]

_GO_USER_INFO: Final = "$&+,;=-_.~"
_GO_PATH: Final = "$&+,/:;=@-_.~"


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _json_ascii(text: str) -> str:
    return json.dumps(text)[1:-1]


def _go_json(text: str) -> str:
    escaped = _json(text)
    for char, code in (
        ("<", "\\u003c"),
        (">", "\\u003e"),
        ("&", "\\u0026"),
        ("\u2028", "\\u2028"),
        ("\u2029", "\\u2029"),
    ):
        escaped = escaped.replace(char, code)
    return escaped


def _json_slashes(text: str) -> str:
    return _json(text).replace("/", "\\/")


def _percent(text: str) -> str:
    return quote(text, safe="-_.~", errors="replace")


def _percent_plus(text: str) -> str:
    return quote_plus(text, safe="-_.~", errors="replace")


def _percent_user(text: str) -> str:
    return quote(text, safe=_GO_USER_INFO, errors="replace")


def _percent_path(text: str) -> str:
    return quote(text, safe=_GO_PATH, errors="replace")


def _percent_every(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "replace"))


def _html(text: str) -> str:
    return html.escape(text)


def _go_html(text: str) -> str:
    return html.escape(text, quote=False).replace('"', "&#34;").replace("'", "&#39;")


def _sql(text: str) -> str:
    return text.replace("'", "''")


def _backslashes(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def _lower_hex(spelling: Spelling) -> Spelling:
    def lower(text: str) -> str:
        parts = spelling(text).split("%")
        return parts[0] + "".join("%" + part[:2].lower() + part[2:] for part in parts[1:])

    return lower


_ONCE: Final[tuple[Spelling, ...]] = (
    str,
    _json,
    _json_ascii,
    _go_json,
    _json_slashes,
    _percent,
    _percent_plus,
    _percent_user,
    _percent_path,
    _percent_every,
    *(_lower_hex(each) for each in (_percent, _percent_plus, _percent_user, _percent_path, _percent_every)),
    _html,
    _go_html,
    _sql,
    _backslashes,
)
_TWICE: Final[tuple[Spelling, ...]] = (_json, _go_json, _json_ascii, _percent, _percent_plus, _lower_hex(_percent))
FEWEST_BASE64: Final = 8
"""Shorter stretches of base64 or hex would stand in a file by chance."""


def spellings(secret: str, dummy: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield (spelling of the secret, the same spelling of its dummy), both of one length, each once.

    Where an example string of asterisks is longer or shorter in a spelling, plain asterisks take its place.
    """
    seen: set[bytes] = set()
    for before, after in _pairs(secret, dummy):
        old, new = before.encode("utf-8", "replace"), after.encode("utf-8", "replace")
        if old and old != new and old not in seen:
            seen.add(old)
            yield old, new if len(old) == len(new) else b"*" * len(old)


def _pairs(secret: str, dummy: str) -> Iterator[tuple[str, str]]:
    # where two spellings of the secret are one, the dummy's usual one counts: upper case after %, lower in hex
    once: dict[str, str] = {}
    for spell in _ONCE:
        once.setdefault(spell(secret), spell(dummy))
    yield from once.items()
    whole: dict[str, str] = {}
    for before, after in _wholes(secret, dummy):
        whole.setdefault(before, after)
    yield from whole.items()
    for before, after in (*once.items(), *whole.items()):
        for spell in _TWICE:
            yield spell(before), spell(after)
            if spell is _json or spell is _go_json:
                yield spell(spell(before)), spell(spell(after))
    yield from _inside_base64(secret, dummy)


def _wholes(secret: str, dummy: str) -> Iterator[tuple[str, str]]:
    before, after = secret.encode("utf-8", "replace"), dummy.encode("utf-8", "replace")
    if len(before) * 2 >= FEWEST_BASE64:
        yield before.hex(), after.hex()
        yield before.hex().upper(), after.hex().upper()
    for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
        old, new = encode(before).decode(), encode(after).decode()
        if len(old) >= FEWEST_BASE64:
            yield old, new
            if len(old.rstrip("=")) >= FEWEST_BASE64:
                yield old.rstrip("="), new.rstrip("=")


def _inside_base64(secret: str, dummy: str) -> Iterator[tuple[str, str]]:
    """Yield the base64 characters that the secret alone decides, in each of its three positions in a longer text."""
    before, after = secret.encode("utf-8", "replace"), dummy.encode("utf-8", "replace")
    for shift in range(3):
        first = -(-shift * 8 // 6)
        last = (shift + len(before)) * 8 // 6
        if last - first < FEWEST_BASE64:
            continue
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            old, new = (encode(b"\0" * shift + value).decode()[first:] for value in (before, after))
            # at the end of the text, where padding decides the last character; and with anything behind it
            yield old, new
            yield old.rstrip("="), new.rstrip("=")
            old, new = (encode(b"\0" * shift + value + b"\0\0").decode()[first:last] for value in (before, after))
            yield old, new
