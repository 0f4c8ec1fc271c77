"""``Log``: the frame of a log, and the questions asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

    def __repr__(self) -> str:
        records = int(self.lines["kind"].isin(["json", "plain", "zap", "gelf"]).sum())
        return f"<Log {self.name!r}: {records:,} records, {int(self.quality['lines'].sum()):,} lines>"

    def at_offset(self, minutes: int) -> Log:
        """Return the log with times for which no line gives an offset read at this one, as the packet tells it."""
        import pandas as pd

        assumed = self.lines["time_from"] == "assumed"
        time = self.lines["time"].where(~assumed, self.lines["time"] - pd.Timedelta(minutes=minutes))
        source = self.lines["time_from"].where(~assumed, "packet")
        return replace(self, lines=self.lines.assign(time=time, time_from=source))

    def stats(self) -> LogStats:
        """Return what the log adds up to: counts, times, starts of the server, kinds, levels."""
        from analyzer.logs.stats import log_stats

        return log_stats(self)

    def select(
        self,
        *,
        level: str | Sequence[str] | None = None,
        since: object = None,
        until: object = None,
        node: str | None = None,
        caller: str | None = None,
        request_id: str | None = None,
        user_id: str | None = None,
        plugin_id: str | None = None,
        kind: str | None = None,
        grep: str | None = None,
        error: str | None = None,
    ) -> Log:
        """Return the log with the lines that fit only; continuation lines go with their record.

        ``level`` takes names and families (``ldap``, ``audit``, ``notifications``, ...); ``since`` is inclusive,
        ``until`` is not; ``caller`` is a glob; ``grep`` (message) and ``error`` (error text) are RE2 patterns.
        ``quality`` and ``damage`` stay those of the whole file. Raises UsageError for what cannot be read.
        """
        from analyzer.logs.select import keep, make_filter

        same_node = node is None or "node" in self.lines
        chosen = make_filter(
            level=level,
            since=since,
            until=until,
            caller=caller,
            grep=grep,
            error=error,
            node=node if same_node else None,
            request_id=request_id,
            user_id=user_id,
            plugin_id=plugin_id,
            kind=kind,
        )
        lines = keep(self.lines, chosen)
        if not same_node and node != self.node:
            lines = lines.iloc[:0]
        return replace(self, lines=lines.reset_index(drop=True))

    def timeline(self, freq: str = "1h") -> pd.DataFrame:
        """Return records by time and level: index ``time`` (UTC, every bin), one column a level."""
        from analyzer.logs.timeline import timeline

        return timeline(self.lines, freq)

    def templates(self) -> pd.DataFrame:
        """Return message patterns with counts, most frequent first (schema ``TEMPLATES``)."""
        from analyzer.logs.templates import templates

        return templates(self)

    def new_templates(self, before: Log) -> pd.DataFrame:
        """Return the message patterns that ``before`` does not have."""
        from analyzer.logs.templates import new_templates

        return new_templates(self, before)

    def sessions(self) -> pd.DataFrame:
        """Return the runs of the server that the log shows (schema ``SESSIONS``)."""
        from analyzer.logs.sessions import sessions

        return sessions(self.lines)

    def panics(self) -> pd.DataFrame:
        """Return every panic, its lines joined (schema ``PANICS``)."""
        from analyzer.logs.panics import panics

        return panics(self.lines)

    def slow(self, threshold_ms: float = 1000.0) -> pd.DataFrame:
        """Return queries and requests that took at least ``threshold_ms`` (schema ``SLOW``)."""
        from analyzer.logs.requests import slow

        return slow(self.lines, threshold_ms)

    def errors_by_request(self) -> pd.DataFrame:
        """Return the requests that logged errors (schema ``REQUEST_ERRORS``)."""
        from analyzer.logs.requests import errors_by_request

        return errors_by_request(self.lines)

    def plugins(self) -> pd.DataFrame:
        """Return what each plugin did (schema ``PLUGINS``)."""
        from analyzer.logs.plugins import plugins

        return plugins(self.lines)
