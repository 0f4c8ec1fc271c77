"""Timestamps of log lines: the server's own layout and what ``timestamp_format`` may make of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_ISO = re.compile(
    r"(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)? ?"
    r"(Z|UTC|GMT|[+-]\d\d(?::?[0-5]\d)?)?(?: [A-Z]{3,5})?",
    re.ASCII,
)
# other layouts of Go's time package that carry a date; %Z is read as a bare name, which gives no offset
_LAYOUTS = (
    "%a, %d %b %Y %H:%M:%S %z",  # RFC1123Z
    "%a, %d %b %Y %H:%M:%S",  # RFC1123
    "%A, %d-%b-%y %H:%M:%S",  # RFC850
    "%d %b %y %H:%M %z",  # RFC822Z
    "%d %b %y %H:%M",  # RFC822
    "%a %b %d %H:%M:%S %z %Y",  # RubyDate
    "%a %b %d %H:%M:%S %Y",  # ANSIC, UnixDate
)
_ZONE_NAME = re.compile(r" ([A-Z]{3,5})(?= |$)")
_UTC_NAMES = frozenset({"UTC", "GMT"})
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  offsets are applied by hand
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = 64


@lru_cache(maxsize=4096)
def parse_time(text: str) -> tuple[int, int | None] | None:
    """Return (microseconds since 1970, offset in minutes) of a timestamp, or None when it is none.

    With an offset the microseconds are UTC. Without one (offset None) they are the clock on the wall.
    """
    if len(text) > _LONGEST:
        return None
    match = _ISO.fullmatch(text)
    if match:
        return _from_iso(match)
    return _from_layouts(text)


def _from_iso(match: re.Match[str]) -> tuple[int, int | None] | None:
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micros = int((fraction or "0")[:6].ljust(6, "0"))
    try:
        wall = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), micros)  # noqa: DTZ001
    except ValueError:
        return None
    value = (wall - _EPOCH) // _MICROSECOND
    offset = zone_minutes(zone)
    if zone is not None and offset is None:
        return None
    return value - (offset or 0) * 60_000_000, offset


def zone_minutes(zone: str | None) -> int | None:
    """Return the minutes of ``Z``, ``UTC``, ``+02``, ``+0200`` or ``+02:00``; None when there is no such zone."""
    if zone is None:
        return None
    if zone in {"Z", "UTC", "GMT"}:
        return 0
    digits = zone[1:].replace(":", "")
    if not (len(digits) in {2, 4} and digits.isdigit()):
        return None
    hours, minutes = int(digits[:2]), int(digits[2:] or 0)
    if hours > 23 or minutes > 59:
        return None
    return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)


def _from_layouts(text: str) -> tuple[int, int | None] | None:
    name = _ZONE_NAME.search(text)
    bare = _ZONE_NAME.sub("", text) if name else text
    for layout in _LAYOUTS:
        try:
            parsed = datetime.strptime(bare, layout)  # noqa: DTZ007  the offset is looked at below
        except ValueError:
            continue
        shift = parsed.utcoffset()
        if shift is not None:
            return (parsed.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // _MICROSECOND, int(
                shift.total_seconds() // 60
            )
        offset = 0 if name and name.group(1) in _UTC_NAMES else None
        return (parsed - _EPOCH) // _MICROSECOND, offset
    return None


def parse_epoch(text: str) -> int | None:
    """Return microseconds of an epoch number as zap and GELF write it (seconds, float), or None.

    Milliseconds, microseconds and nanoseconds are accepted too: a number above 1e11 cannot be seconds of this age.
    """
    try:
        number = float(text)
    except ValueError:
        return None
    if not 0 < number < 1e19:
        return None
    if number > 1e14:
        return round(number / 1000 if number > 1e17 else number)
    seconds = number / 1000 if number > 1e11 else number
    return round(seconds * 1_000_000)
