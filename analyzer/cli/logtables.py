"""Tables of ``supportpacket logs`` for people: fewer columns, short times, the cause beside the message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from analyzer.cli.common import terminal_width, text_table
from analyzer.text import printable

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd

NOTHING: Final = {
    None: "no line fits",
    "stats": "no log",
    "panics": "no panic found",
    "templates": "no record fits",
    "timeline": "no record fits",
}
"""What a table without rows leaves open, by question."""
_SHOWN: Final = ("line", "time", "level", "caller", "msg", "error")
# what matters most comes first: a narrow terminal cuts at the right
_COLUMNS: Final = {
    "templates": ("count", "level", "last", "template", "error", "caller", "first"),
    "panics": ("line", "kind", "time", "goroutines", "plugin_id", "message", "top_function"),
}
_WIDTHS: Final = {"msg": 120, "error": 120, "sample": 100, "template": 100, "stack": 60, "last_error": 80}
_TO_SECONDS: Final = frozenset({"first", "last"})


def rows_table(rows: Iterable[dict[str, Any]], *, node: bool) -> str:
    """Return rows that a search found as a table, with the node they are from or without."""
    shown = ("node", *_SHOWN) if node else _SHOWN
    cells = [[_short(name, row[name]) for name in shown] for row in rows]
    return text_table(shown, cells, width=terminal_width())


def _short(name: str, value: Any) -> Any:
    if value is None:
        return ""
    if name == "time":
        return _moment(value)
    return printable(value.strip(), _WIDTHS.get(name)) if isinstance(value, str) else value


def _moment(value: dt.datetime, timespec: str = "milliseconds") -> str:
    return value.isoformat(timespec=timespec).removesuffix("+00:00") + "Z"


def for_people(frame: pd.DataFrame, question: str | None) -> pd.DataFrame:
    """Return what a table shows of an answer: fewer columns, no line breaks, long texts cut."""
    if question is None:
        frame = frame[[name for name in ("node", *_SHOWN) if name in frame]]
    elif question in _COLUMNS:
        frame = frame[list(_COLUMNS[question])]
    shown = frame.copy()
    for name in shown.columns:
        if str(shown[name].dtype) in {"str", "category"}:
            limit = _WIDTHS.get(str(name), 80)
            shown[name] = [
                printable(value.strip(), limit) if isinstance(value, str) else "" for value in shown[name].tolist()
            ]
        elif str(shown[name].dtype).startswith("datetime64"):
            timespec = "seconds" if name in _TO_SECONDS or question == "timeline" else "milliseconds"
            shown[name] = [_moment(value, timespec) if value == value else "" for value in shown[name]]  # noqa: PLR0124
    return shown
