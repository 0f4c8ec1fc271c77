"""One written schema for every frame: a leaf that every room may use.

A room declares ``FrameSchema("samples", (Column("sample_id", "int64", "row number"), ...))`` once;
the frame's docstring (``describe``), its empty form (``empty``) and its test (``check``) all come from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, pandas dtype as text, what it means, and its unit if it has one."""

    name: str
    dtype: str
    meaning: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class FrameSchema:
    """The columns of one frame, in order."""

    name: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]

    def describe(self) -> str:
        """Return the schema as a table in text, for docstrings and ``help()``."""
        rows = [(c.name, c.dtype, c.meaning + (f" [{c.unit}]" if c.unit else "")) for c in self.columns]
        widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
        return "\n".join(f"{name:<{widths[0]}}  {dtype:<{widths[1]}}  {text}" for name, dtype, text in rows)

    def empty(self) -> pd.DataFrame:
        """Return a frame with these columns and dtypes and no row."""
        import pandas as pd

        return pd.DataFrame({c.name: pd.Series(dtype=c.dtype) for c in self.columns})

    def frame(self, data: dict[str, object]) -> pd.DataFrame:
        """Return ``data`` as a frame with exactly these columns, order and dtypes; missing columns are NA."""
        import pandas as pd

        unknown = set(data) - set(self.names)
        if unknown:
            raise KeyError(f"{self.name}: not in the schema: {sorted(unknown)}")
        size = max((len(v) for v in data.values() if hasattr(v, "__len__")), default=0)
        columns = {}
        for c in self.columns:
            values = data.get(c.name)
            if values is None:
                values = [None] * size
            columns[c.name] = pd.Series(values, dtype=c.dtype)
        return pd.DataFrame(columns)

    def check(self, frame: pd.DataFrame) -> None:
        """Raise AssertionError unless ``frame`` starts with these columns and dtypes (more may follow)."""
        names = list(frame.columns)[: len(self.columns)]
        if names != self.names:
            raise AssertionError(f"{self.name}: columns {names}, expected {self.names}")
        for c in self.columns:
            actual = str(frame[c.name].dtype)
            if actual != c.dtype:
                raise AssertionError(f"{self.name}.{c.name}: dtype {actual}, expected {c.dtype}")
