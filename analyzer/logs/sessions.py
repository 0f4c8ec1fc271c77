"""The times in which the server ran, as its log tells."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.levels import severity
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
_EDITIONS = ("Enterprise Build", "Team Edition Build")
# marks of which a run counts the last one; of the others it counts the first
_LAST: Final = frozenset({"stopped", "stopping"})


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
    begins = [*([0] if not starts or starts[0] else []), *starts]
    marks = {
        "init": np.flatnonzero(init),
        "version": np.flatnonzero(version),
        "edition": np.flatnonzero(message.isin(_EDITIONS)),
        "ready": np.flatnonzero(message.str.startswith("Server is listening on")),
        "stopped": np.flatnonzero(message.isin(_STOPPED)),
        "stopping": np.flatnonzero(message == _STOPPING),
    }
    return SESSIONS.frame(_columns(rows, marks, begins, shown=frozenset(starts), died=_dies(rows, lines)))


def _columns(
    rows: pd.DataFrame, marks: dict[str, Any], begins: list[int], *, shown: frozenset[int], died: bool
) -> dict[str, object]:
    """Return the columns of the runs that begin at the rows ``begins``; the starts of those in ``shown`` are seen."""
    import numpy as np

    ends = [*begins[1:], len(rows)]
    at = {name: _within(places, begins, ends, last=name in _LAST) for name, places in marks.items()}
    facts = _facts(rows, [place for name in ("init", "version", "edition") for place in at[name] if place >= 0])
    of = {name: [facts.get(place, {}) for place in at[name]] for name in ("init", "version", "edition")}
    stop = [said if said >= 0 else began for said, began in zip(at["stopped"], at["stopping"], strict=True)]
    bad = np.concatenate([[0], np.cumsum(rows["level"].isin(ERROR_LEVELS).to_numpy())])
    pids = [str(told.get("pid") or go.get("pid")) for told, go in zip(of["version"], of["init"], strict=True)]
    built = [told.get("enterprise_build") for told in of["edition"]]
    return {
        "session": list(range(1, len(begins) + 1)),
        "start": _moments(rows, [begin if begin in shown else -1 for begin in begins]),
        "ready": _moments(rows, at["ready"]),
        "stop": _moments(rows, stop),
        "last": _latest(rows, begins),
        "end": [
            "stopped" if place >= 0 else "open" if end == len(rows) and not died else "cut"
            for place, end in zip(stop, ends, strict=True)
        ],
        "version": [told.get("current_version") or told.get("named") for told in of["version"]],
        "build": [told.get("build_number") or None for told in of["version"]],
        "enterprise": [None if value is None else str(value).lower() == "true" for value in built],
        "go_version": [told.get("go_version") or None for told in of["init"]],
        "pid": [int(pid) if pid.isdigit() else None for pid in pids],
        "records": [end - begin for begin, end in zip(begins, ends, strict=True)],
        "errors": [int(bad[end] - bad[begin]) for begin, end in zip(begins, ends, strict=True)],
        "line": rows["line"].to_numpy()[begins].tolist(),
    }


def _within(places: Any, begins: list[int], ends: list[int], *, last: bool) -> list[int]:
    """Return for each run the first or last of the rows ``places`` in it, -1 where there is none."""
    import numpy as np

    if not len(places):
        return [-1] * len(begins)
    if last:
        found = np.searchsorted(places, ends) - 1
        right = (found >= 0) & (places[np.maximum(found, 0)] >= begins)
    else:
        found = np.searchsorted(places, begins)
        right = (found < len(places)) & (places[np.minimum(found, len(places) - 1)] < ends)
    chosen = places[np.clip(found, 0, len(places) - 1)]
    return [int(place) for place in np.where(right, chosen, -1)]


def _facts(rows: pd.DataFrame, places: list[int]) -> dict[int, dict[str, Any]]:
    """Return what the records at ``places`` say of version, edition and process."""
    some = rows.iloc[places]
    keys = ("current_version", "build_number", "enterprise_build", "go_version", "pid")
    found: dict[int, dict[str, Any]] = {}
    for place, text, values in zip(places, some["msg"].tolist(), field_values(some, keys), strict=True):
        named = _VERSION.match(str(text))
        found[place] = {**values, "named": named.group(1) if named else None}
    return found


def _moments(rows: pd.DataFrame, places: list[int]) -> Any:
    """Return the times of rows, NaT for the place -1."""
    import numpy as np

    chosen = np.array(places)
    return rows["time"].iloc[np.maximum(chosen, 0)].where(chosen >= 0).reset_index(drop=True)


def _latest(rows: pd.DataFrame, begins: list[int]) -> Any:
    """Return the latest time in each run; NaT counts as earlier than any."""
    import numpy as np
    import pandas as pd

    moments = rows["time"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").view(np.int64)
    return pd.Series(np.maximum.reduceat(moments, begins).view("datetime64[us]")).dt.tz_localize("UTC")


def _tells_version(message: pd.Series[Any]) -> Any:
    """Tell which messages are the server's word on its version."""
    told = message.str.startswith("Current version is ").to_numpy(dtype=bool).copy()
    places = told.nonzero()[0]
    told[places] = [_VERSION.match(str(message.iloc[at])) is not None for at in places.tolist()]
    return told


def _dies(rows: pd.DataFrame, lines: pd.DataFrame) -> bool:
    """Tell whether the log's last run ends with a fatal record, or with what Go prints when a process dies."""
    if severity(str(rows["level"].iloc[-1])) == "fatal":
        return True
    after = lines.loc[lines.index > rows.index[-1], "msg"].dropna()
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
