"""What each plugin did: started, failed, exited, panicked, and how much it logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.logs.details import ERROR_LEVELS, field_values
from analyzer.logs.panics import panics
from analyzer.logs.schema import RECORD_KINDS, TIME
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

PLUGINS = FrameSchema(
    "log_plugins",
    (
        Column("plugin_id", "str", "id of the plugin"),
        Column("records", "int64", "records that name it"),
        Column("errors", "int64", "of these at level error or worse"),
        Column("warnings", "int64", "of these at level warn"),
        Column("stderr", "int64", "lines of its stderr"),
        Column("activation_failures", "int64", "times it could not be activated"),
        Column("exits", "int64", "times its process ended"),
        Column("panics", "int64", "panics of its process"),
        Column("health_failures", "int64", "times it did not answer the health check"),
        Column("first", TIME, "first record"),
        Column("last", TIME, "last record"),
        Column("last_error", "str", "text of its last error"),
    ),
)
_FAILED = ("Unable to activate plugin", "Unable to start plugin", "Failed to activate plugin")
_EXITED = "plugin process exited"
# plugin/health_check.go names the plugin in a field of its own
_UNHEALTHY = "Health check failed for plugin"


def plugins(lines: pd.DataFrame) -> pd.DataFrame:
    """Return one row a plugin that the log names, most errors first (schema ``PLUGINS``)."""
    import pandas as pd

    records = lines["kind"].isin(RECORD_KINDS)
    unhealthy = records & (lines["msg"] == _UNHEALTHY)
    owner = lines["plugin_id"].astype("object")
    if unhealthy.any():
        told = field_values(lines[unhealthy], ("id", "plugin_id"))
        owner[unhealthy] = [values.get("plugin_id") or values.get("id") for values in told]
    named = records & owner.notna()
    rows, owner = lines[named], owner[named].astype(str)
    if not len(rows):
        return PLUGINS.empty()
    bad = rows["level"].isin(ERROR_LEVELS)
    marks = pd.DataFrame(
        {
            "records": 1,
            "errors": bad.astype("int64"),
            "warnings": (rows["level"] == "warn").astype("int64"),
            "stderr": (rows["source"] == "plugin_stderr").astype("int64"),
            "activation_failures": rows["msg"].isin(_FAILED).astype("int64"),
            "exits": (rows["msg"] == _EXITED).astype("int64"),
            "health_failures": unhealthy[named].astype("int64"),
        }
    )
    counts = marks.groupby(owner).sum()
    times = rows["time"].groupby(owner).agg(["min", "max"])
    text = rows["error"].where(rows["error"].notna(), rows["msg"])
    last = text[bad].groupby(owner[bad]).last()
    crashes = panics(lines)["plugin_id"].value_counts()
    names = list(counts.index)
    frame = PLUGINS.frame(
        {
            "plugin_id": names,
            **{name: counts[name].tolist() for name in marks.columns},
            "panics": [int(crashes.get(name, 0)) for name in names],
            "first": times["min"].tolist(),
            "last": times["max"].tolist(),
            "last_error": [last.get(name) for name in names],
        }
    )
    return frame.sort_values(["errors", "records"], ascending=False, ignore_index=True)
