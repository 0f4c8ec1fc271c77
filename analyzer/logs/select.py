"""Choosing lines: by level, time, node, caller, ids, and patterns in message or error text."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from analyzer.format.levels import FAMILIES, LEVELS, expand_levels
from analyzer.logs.schema import RECORD_KINDS
from analyzer.logs.times import parse_time

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LONGEST_PATTERN = 4096
_STANDARD = tuple(level.name for level in LEVELS if level.family == "standard")


@dataclass(frozen=True, slots=True)
class Filter:
    """What lines to keep; every part that is set must hold.

    Attributes:
        levels: exact level names, None for all.
        since: microseconds since 1970, inclusive; lines without a time are left out.
        until: microseconds since 1970, exclusive.
        caller: glob on the caller, such as ``app/*`` or ``web/context.go:*``.
        grep: RE2 pattern on the message.
        error: RE2 pattern on the error text.
        equal: exact values by column: node, request_id, user_id, plugin_id, kind.
    """

    levels: tuple[str, ...] | None = None
    since: int | None = None
    until: int | None = None
    caller: str | None = None
    grep: str | None = None
    error: str | None = None
    equal: tuple[tuple[str, str], ...] = ()


def make_filter(
    *,
    level: str | Sequence[str] | None = None,
    since: object = None,
    until: object = None,
    caller: str | None = None,
    grep: str | None = None,
    error: str | None = None,
    **equal: str | None,
) -> Filter:
    """Return a checked filter; raises UsageError for an unknown level, a bad time or a bad pattern.

    ``level`` takes names and families (``error``, ``LDAPError``, ``ldap``, ``audit``), as a list or with commas. Times
    are ISO 8601 text (UTC if they have no offset), datetimes or pandas Timestamps.
    """
    names = level.split(",") if isinstance(level, str) else list(level) if level is not None else None
    levels = expand_levels([name for name in names if name.strip()]) if names is not None else None
    if names is not None and not levels:
        raise UsageError(
            f"no such level in {', '.join(names)!r}; levels are {', '.join(_STANDARD)}, "
            f"families are {', '.join(FAMILIES)}"
        )
    for pattern in (grep, error):
        if pattern is not None:
            check_pattern(pattern)
    return Filter(
        levels=tuple(levels) if levels is not None else None,
        since=_micros(since, "since"),
        until=_micros(until, "until"),
        caller=caller,
        grep=grep,
        error=error,
        equal=tuple((name, value) for name, value in equal.items() if value is not None),
    )


def check_pattern(pattern: str) -> Any:
    """Return the compiled RE2 pattern; raises UsageError if it is none. RE2 runs in linear time whatever it gets."""
    import re2

    if len(pattern) > _LONGEST_PATTERN:
        raise UsageError(f"the pattern has more than {_LONGEST_PATTERN} characters")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        reason = error.args[0] if error.args else "it cannot be read"
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise UsageError(f"bad pattern {pattern!r}: {text}") from error


def _micros(value: object, what: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1_000_000)
    text = str(value).strip()
    parsed = parse_time(f"{text} 00:00" if _DATE.fullmatch(text) else text)
    if parsed is None:
        raise UsageError(f"bad time for {what}: {text!r}; expected ISO 8601 such as 2026-11-22T10:00:00Z")
    return parsed[0]


def parents(kind: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """Return for every row the row of its record: itself, or for a continuation the record before; -1 for none."""
    import numpy as np

    own = kind.isin(RECORD_KINDS).to_numpy() | (kind == "unparsed").to_numpy()
    record = kind.isin(RECORD_KINDS).to_numpy()
    rows = np.arange(len(kind))
    last = np.maximum.accumulate(np.where(record, rows, -1)) if len(kind) else rows
    return np.where(own, rows, last)


def keep(lines: pd.DataFrame, chosen: Filter) -> pd.DataFrame:
    """Return the rows that ``chosen`` keeps; continuation lines go with their record."""
    import numpy as np

    mask = np.ones(len(lines), bool)
    for name in _needed(chosen):
        if name not in lines:
            raise UsageError(f"the log was read without the column {name!r}")
    if chosen.levels is not None:
        mask &= lines["level"].isin(chosen.levels).to_numpy()
    if chosen.since is not None or chosen.until is not None:
        stamps = lines["time"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").view(np.int64)
        mask &= lines["time"].notna().to_numpy()
        if chosen.since is not None:
            mask &= stamps >= chosen.since
        if chosen.until is not None:
            mask &= stamps < chosen.until
    if chosen.caller is not None:
        matcher = re.compile(fnmatch.translate(chosen.caller))
        names = lines["caller"].cat.categories
        mask &= lines["caller"].isin([name for name in names if matcher.match(str(name))]).to_numpy()
    for name, value in chosen.equal:
        mask &= (lines[name] == value).fillna(value=False).to_numpy(dtype=bool)
    for name, pattern in (("msg", chosen.grep), ("error", chosen.error)):
        if pattern is not None:
            mask &= matches(lines[name], pattern)
    parent = parents(lines["kind"])
    own = parent == np.arange(len(lines))
    return lines[np.where(own, mask, (parent >= 0) & mask[parent])]


def _needed(chosen: Filter) -> list[str]:
    needs = [
        ("level", chosen.levels),
        ("time", chosen.since),
        ("time", chosen.until),
        ("caller", chosen.caller),
        ("msg", chosen.grep),
        ("error", chosen.error),
    ]
    return [name for name, value in needs if value is not None] + [name for name, _ in chosen.equal]


def matches(texts: pd.Series[Any], pattern: str) -> npt.NDArray[np.bool_]:
    """Return which texts the RE2 ``pattern`` is found in; a missing text matches nothing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    array = pa.chunked_array(pa.array(texts.array))
    found = pc.match_substring_regex(array, pattern).fill_null(False)
    result: npt.NDArray[np.bool_] = found.to_numpy()
    return result
