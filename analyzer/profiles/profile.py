"""``Profile``: what callers hold. It owns nothing but columns; every answer is computed from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.profiles.options import Options

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.profiles.model import Columns, ValueType


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One pprof profile; ``columns`` holds the arrays (see ``analyzer.profiles.model``)."""

    columns: Columns

    @property
    def sample_types(self) -> tuple[ValueType, ...]:
        """What each sample measures, in the order of the file."""
        return self.columns.sample_types

    @property
    def period(self) -> int:
        """Events between two samples, in the unit of ``period_type``."""
        return self.columns.period

    @property
    def period_type(self) -> ValueType:
        """What ``period`` counts."""
        return self.columns.period_type

    @property
    def duration_ns(self) -> int:
        """How long it was collected in nanoseconds, 0 if unknown."""
        return self.columns.duration_ns

    @property
    def comments(self) -> tuple[str, ...]:
        """Free texts in the file."""
        return self.columns.comments

    @property
    def time(self) -> pd.Timestamp | None:
        """When collection began, UTC; None if unknown."""
        import pandas as pd

        return pd.Timestamp(self.columns.time_ns, unit="ns", tz="UTC") if self.columns.time_ns else None

    def top(
        self,
        n: int | None = None,
        *,
        sample_index: str | int | None = None,
        sort: str = "flat",
        granularity: str = "functions",
        noinlines: bool = False,
        mean: bool = False,
        nodefraction: float = 0.0,
    ) -> pd.DataFrame:
        """Return the heaviest functions, one row each.

        Args:
            n: at most so many rows.
            sample_index: which measure, by type or number; the file's own choice without it.
            sort: order by ``flat`` or ``cum``.
            granularity: ``functions``, ``filefunctions``, ``files``, ``lines`` or ``addresses``.
            noinlines: give inlined calls to the function that was really called.
            mean: divide by the first measure.
            nodefraction: leave out rows below this share (``pprof -top``: 0.005).

        Returns:
            columns ``function, flat, flat_pct, sum_pct, cum, cum_pct`` (see ``tables.TOP``), then ``file``,
            ``line`` and ``address`` by granularity; ``attrs`` has ``sample_type``, ``unit`` and ``total``.

        Raises:
            UsageError: no such measure or granularity.
        """
        from analyzer.profiles.tables import top

        options = Options(
            sample_index="" if sample_index is None else str(sample_index),
            sort=sort,
            granularity=granularity,
            noinlines=noinlines,
            mean=mean,
            nodecount=0 if n is None else n,
            nodefraction=nodefraction,
        )
        return top(self.columns, options)
