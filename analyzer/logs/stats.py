"""What a log adds up to, in numbers."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from analyzer.logs.schema import RECORD_KINDS

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.logs.log import Log


_TELL_STARTS = {"time", "level", "msg", "fields", "plugin_id"}


@dataclass(frozen=True)
class LogStats:
    """Counts of a log.

    Attributes:
        lines: physical lines, blank ones included.
        bytes: size of the log.
        records: lines that are a record of their own.
        unparsed_lines: lines that were not understood.
        unparsed_bytes: their size.
        first: time of the earliest record, or None.
        last: time of the latest record, or None.
        inferred_times: records whose time had no offset of its own.
        starts: starts of the server among them; None if columns that tell were left out.
        kinds: lines by kind.
        levels: records by level, most frequent first.
    """

    lines: int
    bytes: int
    records: int
    unparsed_lines: int
    unparsed_bytes: int
    first: pd.Timestamp | None
    last: pd.Timestamp | None
    inferred_times: int
    starts: int | None
    kinds: dict[str, int]
    levels: dict[str, int]

    def frame(self) -> pd.DataFrame:
        """Return the counts as rows ``name``, ``value``; kinds and levels as ``kind.json``, ``level.error``."""
        import pandas as pd

        rows: list[tuple[str, object]] = []
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, dict):
                rows += [(f"{item.name[:-1]}.{key}", number) for key, number in value.items()]
            else:
                rows.append((item.name, value.isoformat() if hasattr(value, "isoformat") else value))
        names, values = zip(*rows, strict=True)
        # as objects from the start: a time that is None must not turn the counts into floats
        return pd.DataFrame({"name": pd.Series(names, dtype="str"), "value": pd.Series(values, dtype="object")})


def log_stats(log: Log) -> LogStats:
    """Return the counts of ``log``."""
    lines, quality = log.lines, log.quality
    records = lines[lines["kind"].isin(RECORD_KINDS)]
    times = records["time"].dropna() if "time" in records else None
    levels = records["level"].value_counts() if "level" in records else None
    return LogStats(
        lines=int(quality["lines"].sum()),
        bytes=int(quality["bytes"].sum()),
        records=len(records),
        unparsed_lines=int(quality["lines"]["unparsed"]),
        unparsed_bytes=int(quality["bytes"]["unparsed"]),
        first=times.min() if times is not None and len(times) else None,
        last=times.max() if times is not None and len(times) else None,
        inferred_times=int((records["time_from"].isin(["packet", "log", "assumed"])).sum())
        if "time_from" in records
        else 0,
        starts=int(log.sessions()["start"].notna().sum()) if set(lines.columns) >= _TELL_STARTS else None,
        kinds={str(kind): int(number) for kind, number in quality["lines"].items() if number},
        levels={str(k): int(v) for k, v in levels.items() if v} if levels is not None else {},
    )
