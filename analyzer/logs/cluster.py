"""Several nodes' logs as one, in the order of time; how far the nodes' clocks stand apart.

Skew is estimated and reported. Times are never corrected: who reads the merged log must be able to trust them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from analyzer.logs.schema import RECORD_KINDS
from analyzer.logs.select import matches, parents
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.logs.log import Log

SKEW = FrameSchema(
    "skew",
    (
        Column("node", "str", "node"),
        Column("reference", "str", "node it is compared with"),
        Column(
            "skew_ms", "float64", "median of (node's time - reference's time) of the same events; NaN if unknown", "ms"
        ),
        Column("spread_ms", "float64", "half of the range in which the middle half of the differences lies", "ms"),
        Column("events", "int64", "events found in both logs"),
        Column("sure", "boolean", "at least three events, and the spread is smaller than the skew or below a second"),
    ),
)
# events that reach every node of a cluster within moments: cluster and job bus, caches, licence, configuration
_SHARED_MESSAGE: Final = (
    r"(?i)cluster|leader|^Purging all caches|^Invalidat|^Set license|^Removing license"
    r"|^Config(?:uration)? (?:changed|reloaded|saved)|^Job (?:is|state)|^Updat(?:ed|ing) config|plugin status"
)
_SHARED_CALLER: Final = ("cluster/", "platform/cluster", "app/cluster", "enterprise/cluster")
_FURTHEST_MINUTES: Final = 24 * 60
_ID_COLUMNS: Final = ("job_id", "request_id", "plugin_id", "event")


def merge_logs(logs: Mapping[str, Log]) -> pd.DataFrame:
    """Return the lines of all nodes as one frame: ``node`` first, ordered by time.

    Lines of one node keep their order; a line without a time (a continuation) stands where its record stands. The
    frame's ``attrs["skew"]`` is ``clock_skew(logs)`` as records.
    """
    import numpy as np
    import pandas as pd

    if len(logs) == 1:  # nothing to put in order, and no copy of a large frame
        ((node, log),) = logs.items()
        single = log.lines.drop(columns="node", errors="ignore").copy(deep=False)
        names = pd.Categorical.from_codes(np.zeros(len(single), np.int8), categories=pd.Index([node]))
        single.insert(0, "node", pd.Series(names, index=single.index))
        single.attrs["skew"] = []
        return single
    frames = []
    for node, log in logs.items():
        frame = log.lines.drop(columns="node", errors="ignore")
        stamps = frame["time"].ffill().bfill() if "time" in frame else pd.Series(pd.NaT, index=frame.index)
        moment = stamps.dt.tz_localize(None).to_numpy().astype("datetime64[us]").view(np.int64).copy()
        parent = parents(frame["kind"])
        moment = np.where(parent >= 0, moment[parent], moment) if len(frame) else moment
        # a clock set back must not tear a node's lines apart: its order is kept
        frames.append(frame.assign(node=node, _moment=np.maximum.accumulate(moment) if len(moment) else moment))
    if not frames:
        from analyzer.logs.schema import LINES

        return LINES.empty().assign(node=pd.Series(dtype="str"))
    merged = pd.concat(_same_categories(frames), ignore_index=True)
    merged["node"] = pd.Categorical(merged["node"], categories=list(logs))
    merged = merged.iloc[np.argsort(merged["_moment"].to_numpy(), kind="stable")]
    merged = merged[["node", *(name for name in merged.columns if name not in {"node", "_moment"})]].reset_index(
        drop=True
    )
    merged.attrs["skew"] = clock_skew(logs).to_dict("records")
    return merged


def _same_categories(frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return the frames with one set of categories a column, so that they stay categorical together."""
    import pandas as pd
    from pandas.api.types import union_categoricals

    names = [name for name, dtype in frames[0].dtypes.items() if str(dtype) == "category"]
    result = list(frames)
    for name in names:
        together = union_categoricals([frame[name] for frame in frames]).categories
        dtype = pd.CategoricalDtype(together)
        result = [frame.assign(**{str(name): frame[name].astype(dtype)}) for frame in result]
    return result


def clock_skew(logs: Mapping[str, Log]) -> pd.DataFrame:
    """Return how far each node's clock stands from the first node's (schema ``SKEW``).

    Events that all nodes log at nearly the same moment are paired: same message, caller and ids, as often in one log as
    in the other. Network delay and logging order are in the figure, so a few milliseconds mean nothing.
    """
    names = list(logs)
    if len(names) < 2:
        return SKEW.empty()
    events = {name: _events(logs[name].lines) for name in names}
    rows = []
    for name in names[1:]:
        differences = _differences(events[name], events[names[0]])
        rows.append({"node": name, "reference": names[0], **_summary(differences)})
    return SKEW.frame({column: [row[column] for row in rows] for column in SKEW.names})


def _events(lines: pd.DataFrame) -> dict[tuple[str, ...], list[int]]:
    """Return the times (microseconds) of the shared events of one log, by what they are."""
    import numpy as np

    rows = lines[lines["kind"].isin(RECORD_KINDS) & lines["time"].notna()]
    mask = matches(rows["msg"], _SHARED_MESSAGE)
    caller = rows["caller"].astype(str)
    mask |= caller.str.startswith(_SHARED_CALLER).to_numpy()
    rows, caller = rows[mask], caller[mask]
    times = rows["time"].dt.tz_localize(None).to_numpy().astype("datetime64[us]").view(np.int64).tolist()
    keys: list[Any] = [rows["msg"].fillna("").tolist(), caller.tolist()]
    keys += [rows[name].astype(str).tolist() for name in _ID_COLUMNS if name in rows]
    found: dict[tuple[str, ...], list[int]] = {}
    for time, *key in zip(times, *keys, strict=True):
        found.setdefault(tuple(key), []).append(time)
    return found


def _differences(one: dict[tuple[str, ...], list[int]], other: dict[tuple[str, ...], list[int]]) -> list[int]:
    """Return time differences of the events that both logs have equally often, the k-th with the k-th."""
    limit = _FURTHEST_MINUTES * 60_000_000
    return [
        a - b
        for key, times in one.items()
        if len(times) == len(other.get(key, ()))
        for a, b in zip(times, other[key], strict=True)
        if abs(a - b) <= limit
    ]


def _summary(differences: list[int]) -> dict[str, Any]:
    import numpy as np

    if not differences:
        return {"skew_ms": float("nan"), "spread_ms": float("nan"), "events": 0, "sure": False}
    low, middle, high = (float(x) / 1000 for x in np.percentile(differences, [25, 50, 75]))
    spread = (high - low) / 2
    sure = len(differences) >= 3 and (spread < abs(middle) or spread < 1000)
    return {"skew_ms": middle, "spread_ms": spread, "events": len(differences), "sure": sure}
