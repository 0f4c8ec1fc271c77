"""Requests and queries: which were slow, and which ended in errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from analyzer.logs.details import ERROR_LEVELS, texts_of
from analyzer.logs.schema import RECORD_KINDS, TIME
from analyzer.logs.select import matches
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

SLOW = FrameSchema(
    "slow",
    (
        Column("line", "int64", "line of the record; of a span its last one"),
        Column("time", TIME, "when it was logged"),
        Column("kind", "str", "query, request, other; or span: first to last record of one request"),
        Column("duration_ms", "float64", "how long it took; a span is a lower bound", "ms"),
        Column("what", "str", "field that holds the duration; message for one in the text"),
        Column("msg", "str", "message"),
        Column("caller", "str", "where it was logged"),
        Column("request_id", "str", "id of the request"),
        Column("url", "str", "URL or path of the request"),
    ),
)
REQUEST_ERRORS = FrameSchema(
    "request_errors",
    (
        Column("request_id", "str", "id of the request"),
        Column("errors", "int64", "its records at level error or worse"),
        Column("records", "int64", "all its records"),
        Column("first", TIME, "time of the first error"),
        Column("last", TIME, "time of the last error"),
        Column("user_id", "str", "user"),
        Column("method", "str", "HTTP method"),
        Column("path", "str", "URL path"),
        Column("http_code", "Int64", "HTTP status of the error"),
        Column("err_where", "str", "function that made the error"),
        Column("msg", "str", "message of the first error"),
        Column("error", "str", "text of the first error"),
        Column("line", "int64", "line of the first error"),
    ),
)
_UNITS: Final = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "μs": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4, "h": 3.6e6}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h)){1,4}", re.ASCII)
_IN_TEXT = re.compile(
    r"(?:took|in|after|duration|elapsed|for)[ :=]+((?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h)){1,4})\b",
    re.ASCII | re.IGNORECASE,
)
# names of fields that hold a duration; a unit may follow
_FIELD = re.compile(
    r"(?:^|[_ ])(?:duration|elapsed|took|latency|response_?time|exec_?time|runtime)(?:$|[_ ])"
    r"|^(?:duration|took|elapsed)",
    re.IGNORECASE,
)
_FIELD_RE2: Final = r'(?i)"[^"]{0,40}(?:duration|elapsed|took|latency|response_?time|exec_?time|runtime)[^"]{0,20}":'
_TEXT_RE2: Final = r"(?i)(?:took|in|after|duration|elapsed|for)[ :=]+[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|μs|ms|s|m|h)"
_SUFFIXES: Final = (
    ("_ns", 1e-6),
    ("_us", 1e-3),
    ("_ms", 1.0),
    ("millis", 1.0),
    ("_seconds", 1e3),
    ("_sec", 1e3),
    ("_s", 1e3),
)
_QUERY = re.compile(r"\b(?:select|insert|update|delete)\b|\bsql\b|query", re.IGNORECASE)


def duration_ms(name: str, value: object) -> float | None:
    """Return a field's duration in ms: Go's text (``1.5s``), or a number whose unit is in the field's name.

    A bare number without unit is nanoseconds if it is a whole number above 1e6 (Go's Duration), else milliseconds.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str) and _WHOLE.fullmatch(value):
        return sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(value))
    try:
        number = float(value) if isinstance(value, (int, float, str)) else None
    except ValueError:
        return None
    if number is None or number < 0:
        return None
    for suffix, factor in _SUFFIXES:
        if name.lower().endswith(suffix):
            return number * factor
    return number * 1e-6 if number > 1e6 and number == int(number) else number


def slow(lines: pd.DataFrame, threshold_ms: float = 1000.0) -> pd.DataFrame:
    """Return what took at least ``threshold_ms``, slowest first (schema ``SLOW``).

    Durations are read from fields (``duration``, ``took_ms``, ...) and from messages (``took 2.3s``). Server logs
    name no duration for requests, so requests with several records count by the time between the first and the last.
    """
    rows = lines[lines["kind"].isin(RECORD_KINDS)]
    found = _told(rows, threshold_ms) + _spans(rows, threshold_ms)
    if not found:
        return SLOW.empty()
    found.sort(key=lambda item: (-item["duration_ms"], item["line"]))
    return SLOW.frame({name: [item[name] for item in found] for name in SLOW.names})


def _told(rows: pd.DataFrame, threshold_ms: float) -> list[dict[str, Any]]:
    mask = matches(rows["msg"], _TEXT_RE2)
    if "fields" in rows:
        mask |= matches(rows["fields"], _FIELD_RE2)
    some = rows[mask]
    found = []
    for at, text in enumerate(texts_of(some, "msg")):
        row = some.iloc[at]
        best = _longest(row, text or "")
        if best and best[0] >= threshold_ms:
            found.append(_row(row, best[0], best[1], _kind(row, text or "")))
    return found


def _longest(row: pd.Series[Any], text: str) -> tuple[float, str] | None:
    import orjson

    found: list[tuple[float, str]] = []
    fields = row.get("fields")
    if isinstance(fields, str):
        for name, value in orjson.loads(fields).items():
            if _FIELD.search(name) and (length := duration_ms(name, value)) is not None:
                found.append((length, name))
    for match in _IN_TEXT.finditer(text):
        length = duration_ms("", match.group(1))
        if length is not None:
            found.append((length, "message"))
    return max(found, default=None)


def _kind(row: pd.Series[Any], text: str) -> str:
    caller = row.get("caller")
    if _QUERY.search(text) or (isinstance(caller, str) and caller.startswith(("sqlstore/", "store/"))):
        return "query"
    return "request" if isinstance(row.get("request_id"), str) else "other"


def _row(row: pd.Series[Any], length: float, what: str, kind: str) -> dict[str, Any]:
    url = row.get("url")
    path = row.get("path")
    return {
        "line": int(row["line"]),
        "time": row["time"],
        "kind": kind,
        "duration_ms": length,
        "what": what,
        "msg": row["msg"],
        "caller": row.get("caller"),
        "request_id": row.get("request_id"),
        "url": url if isinstance(url, str) else path,
    }


def _spans(rows: pd.DataFrame, threshold_ms: float) -> list[dict[str, Any]]:
    if "request_id" not in rows:
        return []
    own = rows[rows["request_id"].fillna("").ne("") & rows["time"].notna()]
    # a websocket is one request for as long as it stays open
    for name in ("url", "path"):
        if name in own:
            sockets = own.loc[own[name].fillna("").str.endswith("/websocket"), "request_id"]
            own = own[~own["request_id"].isin(sockets.unique())]
    if not len(own):
        return []
    grouped = own.groupby("request_id", sort=False)["time"].agg(["min", "max", "size"])
    length = (grouped["max"] - grouped["min"]).dt.total_seconds() * 1000
    slowest = grouped[(length >= threshold_ms) & (grouped["size"] > 1)].index
    last = own[own["request_id"].isin(slowest)].drop_duplicates("request_id", keep="last")
    return [_row(row, float(length[row["request_id"]]), "span", "span") for _, row in last.iterrows()]


def errors_by_request(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the requests that logged errors, most errors first (schema ``REQUEST_ERRORS``)."""
    rows = lines[lines["kind"].isin(RECORD_KINDS) & lines["request_id"].fillna("").ne("")]
    bad = rows[rows["level"].isin(ERROR_LEVELS)]
    if not len(bad):
        return REQUEST_ERRORS.empty()
    grouped = bad.groupby("request_id", sort=False)
    times = grouped["time"].agg(["min", "max"])
    first = bad.drop_duplicates("request_id").set_index("request_id")
    order = list(times.index)
    all_records = rows["request_id"].value_counts()
    first = first.loc[order]
    codes = grouped["http_code"].max().loc[order] if "http_code" in bad else None
    frame = REQUEST_ERRORS.frame(
        {
            "request_id": order,
            "errors": grouped.size().loc[order].tolist(),
            "records": [int(all_records[name]) for name in order],
            "first": times["min"].tolist(),
            "last": times["max"].tolist(),
            **{name: texts_of(first, name) for name in ("user_id", "method", "path", "err_where", "msg", "error")},
            "http_code": codes.tolist() if codes is not None else None,
            "line": first["line"].tolist(),
        }
    )
    return frame.sort_values(["errors", "line"], ascending=[False, True], ignore_index=True)


__all__ = ["REQUEST_ERRORS", "SLOW", "duration_ms", "errors_by_request", "slow"]
