"""A frame in the forms that leave a command."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

from analyzer.cli.common import FrameFormat, terminal_width, text_table
from analyzer.errors import UsageError
from analyzer.text import without_controls

if TYPE_CHECKING:
    import pandas as pd


def render_frame(frame: pd.DataFrame, form: FrameFormat, *, to_terminal: bool = False) -> bytes:
    """Return ``frame`` as bytes in one form; times are ISO 8601 with offset, NA is empty or null.

    Raises:
        UsageError: Parquet asked for on a terminal.
    """
    if form is FrameFormat.parquet:
        if to_terminal:
            raise UsageError("parquet is binary: name a file with -o, or pipe it")
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        return buffer.getvalue()
    if form is FrameFormat.csv:
        return _texts(frame).to_csv(index=False, lineterminator="\n").encode("utf-8", "backslashreplace")
    rows = records(frame)
    if form is FrameFormat.table:
        headers = [str(name) for name in frame.columns]
        width = terminal_width() if to_terminal else None
        return text_table(headers, [list(row.values()) for row in rows], width=width).encode("utf-8", "replace")
    import orjson

    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    if form is FrameFormat.jsonl:
        return b"".join(_c1_escaped(orjson.dumps(row, option=options | orjson.OPT_APPEND_NEWLINE)) for row in rows)
    return _c1_escaped(orjson.dumps(rows, option=options | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


_C1 = re.compile(rb"\xc2[\x80-\x9f]|\x7f")


def _c1_escaped(line: bytes) -> bytes:
    """Return JSON with C1 controls and DEL escaped too: JSON itself asks for C0 only, but terminals obey them."""
    return _C1.sub(lambda match: b"\\u%04x" % match.group()[-1], line)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain Python values: None for NA, ISO text for times."""
    names = [str(name) for name in frame.columns]
    return [
        dict(zip(names, (plain(value) for value in row), strict=True))
        for row in frame.itertuples(index=False, name=None)
    ]


def plain(value: Any) -> Any:
    """Return one cell as a plain Python value that JSON can hold."""
    import numpy as np
    import pandas as pd

    if value is None or isinstance(value, bool | str):
        return value if not isinstance(value, str) else value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset | np.ndarray):
        return [plain(item) for item in value]
    if pd.isna(value):
        return None
    if isinstance(value, dt.datetime):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    return value.item() if isinstance(value, np.generic) else value


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    columns = {}
    for name in frame.columns:
        series = frame[name]
        if isinstance(series.dtype, pd.DatetimeTZDtype) or series.dtype == object:
            series = pd.Series([_text(plain(value)) for value in series], index=series.index, dtype=object)
        elif series.dtype.kind not in "biufc":
            series = series.astype(object).map(_text, na_action="ignore")
        columns[name] = series
    return pd.DataFrame(columns)


def _text(value: Any) -> Any:
    if isinstance(value, list | dict):
        import orjson

        return without_controls(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode())
    return without_controls(value) if isinstance(value, str) else value
