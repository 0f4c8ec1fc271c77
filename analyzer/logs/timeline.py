"""Records over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyzer.errors import UsageError
from analyzer.format.levels import LEVELS
from analyzer.logs.schema import RECORD_KINDS

if TYPE_CHECKING:
    import pandas as pd


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
