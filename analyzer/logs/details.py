"""Reading single keys out of ``fields``, for the few rows that need it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from analyzer.format.levels import LEVELS
from analyzer.logs.schema import FREQUENT_NAMES

if TYPE_CHECKING:
    import pandas as pd

ERROR_LEVELS: tuple[str, ...] = tuple(level.name for level in LEVELS if level.severity in {"fatal", "error"})
"""Names of the levels that mean an error or worse, of every family."""


def field_values(rows: pd.DataFrame, keys: Sequence[str]) -> list[dict[str, Any]]:
    """Return for every row the values of ``keys`` that it has, from its own columns or from ``fields``."""
    import orjson

    found: list[dict[str, Any]] = []
    texts = rows["fields"].tolist() if "fields" in rows else [None] * len(rows)
    for at, text in enumerate(texts):
        values: dict[str, Any] = {}
        if isinstance(text, str):
            try:
                inner = orjson.loads(text)
            except orjson.JSONDecodeError:
                inner = {}
            values = {key: inner[key] for key in keys if key in inner}
        for key in keys:
            if key in FREQUENT_NAMES and key in rows:
                value = rows[key].iloc[at]
                if isinstance(value, str) or (value == value and value is not None and not _missing(value)):  # noqa: PLR0124
                    values[key] = value
        found.append(values)
    return found


def _missing(value: Any) -> bool:
    import pandas as pd

    return value is pd.NA or value is pd.NaT


def texts_of(rows: pd.DataFrame, name: str) -> list[str | None]:
    """Return a column as text, None for missing values or a missing column."""
    if name not in rows:
        return [None] * len(rows)
    return [value if isinstance(value, str) else None for value in rows[name].tolist()]
