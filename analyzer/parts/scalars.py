"""Scalars as the field that holds them wants them.

YAML leaves arrive as text: :class:`Plain` when unquoted, ``str`` when quoted; JSON leaves as Python values. So
``13.10`` stays ``13.10`` in a text field, and an all-digit id stays text, as they do in Go's typed decoding.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_INT = re.compile(r"[-+]?(?:0x[0-9a-fA-F_]{1,16}|0o?[0-7_]{1,22}|0b[01_]{1,64}|[0-9][0-9_]{0,24})\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,4})?\Z")
_TIME = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(?:([Zz])|([-+])(\d\d):?(\d\d))?\Z",
    re.ASCII,
)
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE: Final = frozenset({"true", "True", "TRUE"})
_FALSE: Final = frozenset({"false", "False", "FALSE"})
_OLD_TRUE: Final = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})  # yaml.v3, into bool fields only
_OLD_FALSE: Final = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF"})


class Plain(str):
    """Text of an unquoted YAML scalar: equal to its text, but written back unquoted."""

    __slots__ = ()


class Unfit(Exception):  # noqa: N818 - a signal between reader and binder, never seen outside
    """The raw value does not fit its field; the text says what was expected and what was found."""


class Loose:
    """A value that fits only with tolerance: what it was taken as, and what was odd about it."""

    __slots__ = ("note", "value")

    def __init__(self, value: object, note: str) -> None:
        self.value = value
        self.note = note


def kind_of(raw: object) -> str:
    """Return what a raw value is, in words for a message."""
    if is_null(raw):
        return "null"
    if isinstance(raw, bool):
        return "a boolean"
    if isinstance(raw, int | float):
        return "a number"
    if isinstance(raw, str):
        return "text"
    return "a map" if isinstance(raw, Mapping) else "a list"


def is_null(raw: object) -> bool:
    """Whether a raw value is null in JSON or an unquoted null in YAML."""
    return raw is None or (isinstance(raw, Plain) and raw in _NULLS)


def _int_text(text: str) -> int | None:
    if not _INT.match(text):
        return None
    digits = text.replace("_", "").lower()
    body = digits.lstrip("+-")
    if len(body) > 1 and body[0] == "0" and body[1].isdigit():
        digits = digits.replace("0", "0o", 1)  # Go reads a leading zero as octal
    try:
        return int(digits, 0)
    except ValueError:
        return None


def to_int(raw: object) -> int | Loose:
    """Return an integer of at most 64 bits; whole floats and numbers in quotes fit loosely."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise Unfit(f"expected a whole number, found {kind_of(raw)}")
    note = ""
    number: int | None
    if isinstance(raw, int):
        number = raw
    elif isinstance(raw, str):
        text = str(raw).strip()
        number = _int_text(text)
        note = "" if isinstance(raw, Plain) else "a number in quotes"
        if number is None and _FLOAT.match(text):
            return to_int(float(text))
    else:
        number = int(raw) if math.isfinite(raw) and raw == int(raw) else None
        note = "a whole number in another form"
    if number is None:
        raise Unfit(f"expected a whole number, found {kind_of(raw)}")
    if not -(1 << 63) <= number < 1 << 64:
        raise Unfit("the number does not fit 64 bits")
    return Loose(number, note) if note else number


def to_float(raw: object) -> float | Loose:
    """Return a finite float; numbers in quotes fit loosely."""
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise Unfit(f"expected a number, found {kind_of(raw)}")
    if isinstance(raw, str) and not _FLOAT.match(raw.strip()):
        raise Unfit("expected a number, found text")
    try:
        number = float(raw)
    except OverflowError:
        raise Unfit("the number is too large") from None
    if not math.isfinite(number):
        raise Unfit("expected a finite number")
    if isinstance(raw, str) and not isinstance(raw, Plain):
        return Loose(number, "a number in quotes")
    return number


def to_bool(raw: object) -> bool | Loose:
    """Return a boolean; YAML 1.1 words, quoted words, 0 and 1 fit loosely."""
    if isinstance(raw, bool):
        return raw
    word = str(raw).strip() if isinstance(raw, str | int) else None
    if isinstance(raw, Plain) and word in _TRUE | _FALSE:
        return word in _TRUE
    if word in _TRUE | _OLD_TRUE or word == "1":
        return Loose(True, "a boolean written in another form")
    if word in _FALSE | _OLD_FALSE or word == "0":
        return Loose(False, "a boolean written in another form")
    raise Unfit(f"expected true or false, found {kind_of(raw)}")


def to_text(raw: object) -> str | Loose:
    """Return text; unquoted YAML of any look is its text, JSON numbers and booleans fit loosely."""
    if isinstance(raw, str):
        return str(raw)
    if isinstance(raw, bool):
        return Loose("true" if raw else "false", "a boolean where text is expected")
    if isinstance(raw, int | float):
        return Loose(str(raw), "a number where text is expected")
    raise Unfit(f"expected text, found {kind_of(raw)}")


def parse_time(text: str) -> datetime | None:
    """Return an RFC 3339 time with its own offset (UTC where it has none), to the microsecond; None if it is none."""
    match = _TIME.match(text.strip())
    if not match:
        return None
    year, month, day, hour, minute, second = (int(g) for g in match.groups()[:6])
    micros = int((match[7] or "").ljust(6, "0")[:6] or 0)
    zone = UTC
    if match[9]:
        minutes = int(match[10]) * 60 + int(match[11])
        if minutes >= 24 * 60:
            return None
        zone = timezone(timedelta(minutes=-minutes if match[9] == "-" else minutes)) if minutes else UTC
    try:
        return datetime(year, month, day, hour, minute, second, micros, tzinfo=zone)
    except ValueError:
        return None


def to_time(raw: object) -> datetime | Loose:
    """Return a timezone-aware time from RFC 3339 text, or loosely from epoch seconds or milliseconds."""
    if isinstance(raw, str) and not _int_like(raw):
        found = parse_time(raw)
        if found is None:
            raise Unfit("expected a time in RFC 3339 form, found other text")
        return found
    millis = to_millis(raw)
    return Loose(millis.value if isinstance(millis, Loose) else millis, "a number where a time is expected")


def _int_like(text: str) -> bool:
    return _int_text(text.strip()) is not None


def to_millis(raw: object) -> datetime | Loose:
    """Return the UTC time of an epoch in milliseconds; below 1e11 it is taken as seconds (packet-format.md 2.1)."""
    if isinstance(raw, str) and not _int_like(raw):
        found = parse_time(raw)
        if found is not None:
            return Loose(found, "a time where epoch milliseconds are expected")
    number = to_int(raw)
    loose = isinstance(number, Loose)
    value = number.value if isinstance(number, Loose) else number
    assert isinstance(value, int)
    try:
        if 0 < value < 10**11:
            return Loose(EPOCH + timedelta(seconds=value), "read as seconds, not milliseconds")
        when = EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        raise Unfit("the time lies outside the calendar") from None
    return Loose(when, "a number in quotes") if loose else when


def millis(when: datetime) -> int:
    """Return epoch milliseconds of a time, exactly."""
    return (when - EPOCH) // timedelta(milliseconds=1)


def resolve(raw: Any) -> Any:
    """Return a raw YAML tree as Python values for ``extra``.

    Null, booleans, whole and decimal numbers are resolved where writing them back gives the same text; any other
    unquoted text stays :class:`Plain`, so that ``13.10`` is never turned into 13.1.
    """
    if isinstance(raw, Plain):
        return _resolve_plain(raw)
    if isinstance(raw, Mapping):
        return {key: resolve(item) for key, item in raw.items()}
    if isinstance(raw, list | tuple):
        return [resolve(item) for item in raw]
    return raw


def _resolve_plain(raw: Plain) -> Any:
    if raw == "null":
        return None
    if raw in ("true", "false"):
        return raw == "true"
    if len(raw) < 20:
        number = _int_text(raw)
        if number is not None and str(number) == raw:
            return number
        if _FLOAT.match(raw) and repr(float(raw)) == raw:
            return float(raw)
    return raw
