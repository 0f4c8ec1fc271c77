"""When the server's YAML libraries quote a text, and how.

Facts read in github.com/goccy/go-yaml v1.18 ``token.IsNeedQuoted`` and gopkg.in/yaml.v2, v3 ``stringv`` and emitter,
and checked against their output (``tests/parts/data/go_yaml_scalars.json``).
"""

from __future__ import annotations

import io
import math
import re
from typing import Final

from yaml.emitter import Emitter, ScalarAnalysis

from analyzer.parts.scalars import parse_time

_LEGACY_BOOLS: Final = frozenset(
    ("y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off", "OFF")
)
_WORDS: Final = frozenset(("null", "Null", "NULL", "~", "true", "True", "TRUE", "false", "False", "FALSE"))
_GO_FLOAT = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\Z")
_V2_WORDS: Final = (
    _WORDS
    | _LEGACY_BOOLS
    | frozenset((".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"))
)
_V2_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BASE60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d*)?(?: ?(?:Z|[-+]\d\d:\d\d))?)?\Z")
_CLOCK = re.compile(r"(?:[01]?\d|2[0-3]):[0-5]?\d\Z")
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?: (?:[01]?\d|2[0-3]):[0-5]\d:[0-5]\d(?:[.,]\d+)?)?\Z")
_SHORT: Final = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", '"': '\\"', "\\": "\\\\",
}  # fmt: skip
_LIBYAML_SHORT: Final = {
    **_SHORT,
    "\0": "\\0",
    "\x1b": "\\e",
    "\x85": "\\N",
    "\xa0": "\\_",
    "\u2028": "\\L",
    "\u2029": "\\P",
}


def analyze(value: str) -> ScalarAnalysis:
    """Return libyaml's analysis of a text, which go-yaml v2 and v3 share."""
    return Emitter(io.StringIO(), allow_unicode=True).analyze_scalar(value)


def _goccy_number(value: str) -> bool:
    if value.startswith("_") or value.count(".") > 1:
        return False
    negative = value.startswith("-")
    body = value.removeprefix("+").removeprefix("-").replace("_", "")
    for prefix, digits in (("0x", "[0-9a-fA-F]+"), ("0o", "[0-7]+"), ("0b", "[01]+")):
        if body.startswith(prefix):
            return re.fullmatch(digits, body[2:], re.ASCII) is not None
    if body.startswith("0") and len(body) > 1 and "." not in body:
        return re.fullmatch("[0-7]+", body, re.ASCII) is not None
    text = "-" + body if negative else body
    if "." in body:
        return re.fullmatch(_GO_FLOAT, text) is not None and text.isascii()
    return re.fullmatch("-?[0-9]+", text, re.ASCII) is not None


def _goccy_time(value: str) -> bool:
    day = _DAY.match(value)
    if day:
        return parse_time(f"{day[1]}T00:00:00Z") is not None
    return value[10:11] in ("T", "t") and parse_time(value) is not None


def goccy_quotes(value: str) -> bool:
    """Whether goccy/go-yaml puts a text in double quotes."""
    if not value or value in _WORDS or value in _LEGACY_BOOLS or value == "-" or _goccy_number(value):
        return True
    if value[0] in "*&[{}],!|>%'\"@ `" or value[-1] in ": ":
        return True
    if _CLOCK.match(value) or _goccy_time(value):
        return True
    return "#" in value or "\\" in value or ": " in value or "- " in value


def go_quote(value: str) -> str:
    """Return a text as Go's ``strconv.Quote`` does."""
    return '"' + "".join(_SHORT.get(c) or (c if c.isprintable() else _hex(c, lower=True)) for c in value) + '"'


def _hex(char: str, *, lower: bool) -> str:
    code = ord(char)
    if code < 0x80 or (not lower and code <= 0xFF):
        digits = f"\\x{code:02x}"
    elif code <= 0xFFFF:
        digits = f"\\u{code:04x}"
    else:
        digits = f"\\U{code:08x}"
    return digits if lower else digits[:2] + digits[2:].upper()


def libyaml_quote(value: str) -> str:
    """Return a text in double quotes as libyaml, and so go-yaml v2 and v3, write it (unfolded)."""
    out = []
    for char in value:
        special = _LIBYAML_SHORT.get(char)
        if char == "\ufeff" or not _libyaml_printable(char):
            special = special or _hex(char, lower=False)
        elif char not in '"\\\x85\xa0\u2028\u2029':
            special = None
        out.append(special or char)
    return '"' + "".join(out) + '"'


def _libyaml_printable(char: str) -> bool:
    return " " <= char <= "~" or "\xa0" <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd"


def needs_double_quotes(value: str) -> bool:
    """Whether go-yaml v2 or v3 must escape something: control characters, and all beyond the basic plane."""
    return any(not _libyaml_printable(char) and char != "\n" for char in value) or any(
        c in value for c in "\u2028\u2029\ufeff"
    )


def v2_resolves(value: str) -> bool:
    """Whether go-yaml v2 or v3 would read the unquoted text as something else than text, and so quotes it."""
    if not value or value in _V2_WORDS:
        return True
    if value[0] in "+-.0123456789":
        body = value.replace("_", "")
        if (_V2_FLOAT.match(body) and math.isfinite(float(body))) or _BASE60.match(value) or _DATE.match(value):
            return True
        return re.fullmatch(r"[-+]?0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)", body, re.ASCII) is not None
    return False
