"""``Log``: the frame of a log, and the questions asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.logs.stats import LogStats


@dataclass(frozen=True, eq=False)
class Log:
    """A log as one frame, with the account of its bytes.

    Attributes:
        lines: one row a line that is not blank, in the file's order (schema ``LINES``).
        quality: lines and bytes by kind, blank lines included; their sum is the file.
        damage: the byte spans that were not understood, or not as they stand (schema ``DAMAGE``).
        problems: what the packet should report: unread bytes, lines not understood.
        name: the file's name.
        node: the node it comes from, or None.
    """

    lines: pd.DataFrame
    quality: pd.DataFrame
    damage: pd.DataFrame
    problems: tuple[Problem, ...] = ()
    name: str = "log"
    node: str | None = None
    _kept: dict[str, object] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        records = int(self.lines["kind"].isin(["json", "plain", "zap", "gelf"]).sum())
        return f"<Log {self.name!r}: {records:,} records, {int(self.quality['lines'].sum()):,} lines>"

    def stats(self) -> LogStats:
        """Return what the log adds up to: counts, times, levels, sessions, restarts."""
        from analyzer.logs.stats import log_stats

        return log_stats(self)
