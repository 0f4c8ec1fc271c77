"""Records over time, and the times in which the server ran."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from analyzer.format.levels import LEVELS, severity
from analyzer.logs.details import ERROR_LEVELS, field_values
from analyzer.logs.panics import CRASH
from analyzer.logs.schema import RECORD_KINDS, TIME
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

SESSIONS = FrameSchema(
    "sessions",
    (
        Column("session", "int64", "number, from 1; in the order of the log"),
        Column("start", TIME, "when the server began to initialise; NaT when that was before the log"),
        Column("ready", TIME, "when it listened"),
        Column("stop", TIME, "when it said that it stopped"),
        Column("last", TIME, "time of its last record"),
        Column(
            "end",
            "str",
            "stopped (it said so), cut (crashed or killed: another start follows, or a fatal record ends it), open",
        ),
        Column("version", "str", "version that its start names"),
        Column("build", "str", "build_number of its start"),
        Column("enterprise", "boolean", "an enterprise build"),
        Column("go_version", "str", "Go that it was built with"),
        Column("pid", "Int64", "process id, where the start names it"),
        Column("records", "int64", "records in it"),
        Column("errors", "int64", "records at level error or worse in it"),
        Column("line", "int64", "its first line"),
    ),
)
_INIT = "Server is initializing..."
_STOPPED = ("Server stopped", "Server was stopped")
_STOPPING = "Stopping Server..."
_VERSION = re.compile(r"Current version is (\d[^\s()]{0,40})")
_BEFORE_INIT = frozenset({"Advanced logging config not provided for logging", "Logging metrics enabled"})


def timeline(lines: pd.DataFrame, freq: str = "1h") -> pd.DataFrame:
    """Return the number of records by time and level: index ``time`` (UTC), one int64 column a level.

    Continuation lines and records without time are left out. Raises UsageError for a frequency pandas does not know.
    """
    import pandas as pd

    rows = lines[lines["kind"].isin(RECORD_KINDS) & lines["time"].notna()]
    order = [level.name for level in LEVELS]
    try:
        when = rows["time"].dt.floor(freq)
    except (ValueError, TypeError) as error:
        raise UsageError(f"bad frequency {freq!r}; expected such as 1min, 15min, 1h, 1D") from error
    names = rows["level"].astype("str").fillna("none")
    counts = pd.crosstab(when, names)
    known = [name for name in order if name in counts.columns]
    counts = counts[[*known, *sorted(str(name) for name in counts.columns if name not in order)]].astype("int64")
    if len(counts):
        # a frequency of calendar days is as regular as one of minutes: floor accepts fixed ones only
        counts = counts.reindex(_range(counts.index, freq), fill_value=0)
    counts.index.name = "time"
    counts.columns.name = "level"
    return counts


_MOST_BINS = 200_000


def _range(index: pd.Index[Any], freq: str) -> Any:
    """Return every bin between the first and the last; only the bins there are if that would be too many."""
    import pandas as pd

    step = pd.Timedelta(pd.tseries.frequencies.to_offset(freq).nanos, "ns")
    if (index[-1] - index[0]) / step > _MOST_BINS:
        return index
    return pd.date_range(index[0], index[-1], freq=freq, name="time").astype(index.dtype)


def sessions(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the server that the log shows (schema ``SESSIONS``), in the order of the log.

    A run starts with ``Server is initializing...``; without that line (its level was switched off, or the log was
    rotated) with ``Current version is``. What stands before the first start is a run whose start is unknown.
    """
    import numpy as np

    rows = lines[lines["kind"].isin(RECORD_KINDS)]
    if not len(rows):
        return SESSIONS.empty()
    message = rows["msg"].fillna("")
    if "plugin_id" in rows:  # a plugin may say what it likes
        message = message.where(rows["plugin_id"].isna(), "")
    init = (message == _INIT).to_numpy()
    version = _tells_version(message)
    starts = [_back(message, int(at)) for at in np.flatnonzero(init | (version & ~_follows(init, version)))]
    bounds = [*([0] if not starts or starts[0] else []), *starts, len(rows)]
    found = []
    for number, (begin, end) in enumerate(pairwise(bounds), start=1):
        part, texts = rows.iloc[begin:end], message.iloc[begin:end]
        final = end == len(rows) and not _dies(part, lines)
        found.append(_session(number, part, texts, started=begin in starts, final=final))
    return SESSIONS.frame({name: [item[name] for item in found] for name in SESSIONS.names})


def _tells_version(message: pd.Series[Any]) -> Any:
    """Tell which messages are the server's word on its version."""
    told = message.str.startswith("Current version is ").to_numpy(dtype=bool).copy()
    places = told.nonzero()[0]
    told[places] = [_VERSION.match(str(message.iloc[at])) is not None for at in places.tolist()]
    return told


def _dies(part: pd.DataFrame, lines: pd.DataFrame) -> bool:
    """Tell whether the log's last run ends with a fatal record, or with what Go prints when a process dies."""
    if "level" in part and severity(str(part["level"].iloc[-1])) == "fatal":
        return True
    after = lines.loc[lines["line"] > part["line"].max(), "msg"].dropna()
    return any(CRASH.match(str(text)) for text in after)


def _back(message: pd.Series[Any], at: int) -> int:
    """Return where a start really begins: the lines that set logging up come before it says so."""
    while at and message.iloc[at - 1] in _BEFORE_INIT:
        at -= 1
    return at


def _follows(init: Any, version: Any) -> Any:
    """Tell which version lines belong to an initialisation before them, with no other version line between."""
    import numpy as np

    rows = np.arange(len(init))
    last_init = np.maximum.accumulate(np.where(init, rows, -1))
    before = np.concatenate([[-1], np.maximum.accumulate(np.where(version, rows, -1))[:-1]])
    return version & (last_init > before)


def _session(number: int, part: pd.DataFrame, texts: pd.Series[Any], *, started: bool, final: bool) -> dict[str, Any]:
    times = part["time"]
    ready = times[texts.str.startswith("Server is listening on").to_numpy()]
    stop = times[(texts.isin(_STOPPED)).to_numpy()]
    stopping = times[(texts == _STOPPING).to_numpy()]
    says = part[_tells_version(texts)].head(1)
    init = part[(texts == _INIT).to_numpy()].head(1)
    edition = part[texts.isin(("Enterprise Build", "Team Edition Build")).to_numpy()].head(1)
    stop = stop if len(stop) else stopping
    told = _first(field_values(says, ("current_version", "build_number", "pid")))
    named = _VERSION.match(str(says["msg"].iloc[0])) if len(says) else None
    built = _first(field_values(edition, ("enterprise_build",)))
    go = _first(field_values(init, ("go_version", "pid")))
    pid = told.get("pid") or go.get("pid")
    enterprise = built.get("enterprise_build")
    return {
        "session": number,
        "start": times.iloc[0] if started else None,
        "ready": ready.iloc[0] if len(ready) else None,
        "stop": stop.iloc[-1] if len(stop) else None,
        "last": times.max(),
        "end": "stopped" if len(stop) else "open" if final else "cut",
        "version": told.get("current_version") or (named.group(1) if named else None),
        "build": told.get("build_number") or None,
        "enterprise": None if enterprise is None else str(enterprise).lower() == "true",
        "go_version": go.get("go_version") or None,
        "pid": int(str(pid)) if str(pid).isdigit() else None,
        "records": len(part),
        "errors": int(part["level"].isin(ERROR_LEVELS).sum()),
        "line": int(part["line"].iloc[0]),
    }


def _first(values: list[dict[str, Any]]) -> dict[str, Any]:
    return values[0] if values else {}
