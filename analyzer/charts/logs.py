"""Charts of a log: records over time with restarts, the most frequent patterns, errors per hour and node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from analyzer.charts import style
from analyzer.format.levels import LEVELS
from analyzer.text import count

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analyzer.logs.log import Log

_FREQUENCIES = (
    ("1s", 1),
    ("5s", 5),
    ("15s", 15),
    ("1min", 60),
    ("5min", 300),
    ("15min", 900),
    ("1h", 3600),
    ("6h", 21600),
)
_MOST_BINS = 120
_ERROR_LEVELS = tuple(level.name for level in LEVELS if level.severity in {"fatal", "error"})
# families other than the standard levels take the colour of what they mean
_SEVERITY = {level.name: level.severity for level in LEVELS}


class TimelineDisplay:
    """Records by time and level, stacked, the worst on top; starts and ends of the server marked.

    Attributes:
        timeline: frame of ``Log.timeline``.
        sessions: frame of ``Log.sessions``, or None.
        ax_: the axes drawn on.
        figure_: its figure.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, timeline: pd.DataFrame, sessions: pd.DataFrame | None = None) -> None:
        """Keep the computed data."""
        self.timeline = timeline
        self.sessions = sessions

    @classmethod
    def from_log(cls, log: Log, *, freq: str | None = None) -> Self:
        """Count the records of a log; without ``freq`` the bins are chosen to fit the time it spans."""
        sessions = None if "node" in log.lines else log.sessions()
        return cls(timeline=log.timeline(freq or best_freq(log.lines)), sessions=sessions)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw on ``ax`` or on a new figure; ``kwargs`` go to ``Axes.bar``."""
        self.figure_, self.ax_ = style.axes(ax, width=10, height=4.2)
        ax = self.ax_
        if not len(self.timeline):
            style.empty(ax, "no record with a time in this log")
            return self
        import numpy as np

        left = _places(self.timeline.index)
        width = float(np.diff(left).min()) if len(left) > 1 else 1 / 1440
        bottom = np.zeros(len(left))
        for name, group in _grouped(self.timeline).items():
            ax.bar(
                left, group, width, bottom=bottom, align="edge", color=style.LEVEL_COLOURS.get(name, style.PURPLE),
                label=f"{style.label(name)} ({int(group.sum()):,})", linewidth=0, **kwargs,
            )  # fmt: skip
            bottom += group
        self._mark(ax, left[0], left[-1] + width)
        _time_axis(ax)
        ax.set_xlim(left[0] - width / 2, left[-1] + 1.5 * width)
        marked = self.sessions is not None and bool(self.sessions[["start", "stop"]].notna().to_numpy().any())
        ax.set_ylim(0, float(bottom.max()) * (1.5 if marked else 1.08))  # the marks' texts stand above the bars
        ax.set_ylabel("records", color=style.MUTED)
        style.tidy(ax, title="Log records by level", grid="y")
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9)
        return self

    def _mark(self, ax: Axes, first: float, last: float) -> None:
        """Mark where the server started and stopped; marks that would overlap share one text."""
        marks = _marks(self.sessions) if self.sessions is not None else []
        marks = [mark for mark in marks if first <= mark[0] <= last]
        groups: list[list[tuple[float, str, str]]] = []
        for mark in marks:
            if groups and mark[0] - groups[-1][-1][0] < (last - first) * 0.015:
                groups[-1].append(mark)
            else:
                groups.append([mark])
        for group in groups:
            for place, _, colour in group:
                ax.axvline(place, color=colour, linewidth=1, linestyle=(0, (3, 2)))
            starts = [text for _, text, _ in group if text.startswith("start")]
            text = f"{len(starts)} starts" if len(starts) > 1 else starts[0] if starts else "stop"
            if starts and len(group) > len(starts):
                text = (
                    text.replace("start", "restart", 1)
                    if len(starts) == 1
                    else f"{text}, {count(len(group) - len(starts), 'stop')}"
                )
            near_edge = group[0][0] - first < (last - first) * 0.03
            ax.text(
                group[-1][0] if near_edge else group[0][0], 0.98, f" {style.label(text, 30)} ", rotation=90, va="top",
                transform=ax.get_xaxis_transform(), fontsize=8, color=group[-1][2], ha="left" if near_edge else "right",
            )  # fmt: skip


def _marks(sessions: pd.DataFrame) -> list[tuple[float, str, str]]:
    """Return (place on the time axis, text, colour) of every start and stop, in order."""
    found = []
    for moments, words, colour in ((sessions["start"], "start", style.GREEN), (sessions["stop"], "stop", style.INK)):
        for moment, version in zip(moments, sessions["version"], strict=True):
            if moment == moment:  # noqa: PLR0124  NaT is not equal to itself
                text = f"{words} {version}" if words == "start" and isinstance(version, str) else words
                found.append((_places([moment])[0], text, colour))
    return sorted(found)


def _grouped(timeline: pd.DataFrame) -> dict[str, Any]:
    """Return counts by colour group, the mildest first: the standard levels, other families by what they mean."""
    order = ("trace", "debug", "info", "stdlog", "warn", "error", "critical", "fatal", "panic")
    groups: dict[str, Any] = {}
    for name in timeline.columns:
        key = name if name in order else {"fatal": "fatal"}.get(_SEVERITY.get(name, ""), _SEVERITY.get(name, str(name)))
        values = timeline[name].to_numpy()
        groups[key] = groups[key] + values if key in groups else values
    return {name: groups[name] for name in (*order, *(key for key in groups if key not in order)) if name in groups}


class TemplatesDisplay:
    """The most frequent message patterns as bars, coloured by their worst level.

    Attributes:
        templates: frame of ``Log.templates``, most frequent first.
        ax_: the axes drawn on.
        figure_: its figure.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, templates: pd.DataFrame) -> None:
        """Keep the computed data."""
        self.templates = templates

    @classmethod
    def from_log(cls, log: Log, *, n: int = 15, levels: tuple[str, ...] | None = None) -> Self:
        """Take the ``n`` most frequent patterns, of the given levels only."""
        templates = log.templates()
        if levels is not None:
            templates = templates[templates["level"].isin(levels)]
        return cls(templates=templates.head(n))

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw on ``ax`` or on a new figure; ``kwargs`` go to ``Axes.barh``."""
        rows = self.templates.iloc[::-1]
        self.figure_, self.ax_ = style.axes(ax, width=10, height=1.2 + 0.32 * max(len(rows), 4))
        ax = self.ax_
        if not len(rows):
            style.empty(ax, "no message in this log")
            return self
        colours = [
            style.LEVEL_COLOURS.get(name, style.LEVEL_COLOURS.get(_SEVERITY.get(name, ""), style.GREY))
            if isinstance(name, str)
            else style.GREY
            for name in rows["level"].tolist()
        ]
        bars = ax.barh(range(len(rows)), rows["count"], color=colours, height=0.72, **kwargs)
        ax.bar_label(bars, labels=[f"{count:,}" for count in rows["count"]], padding=4, fontsize=8, color=style.INK)
        ax.set_yticks(range(len(rows)), [style.label(text, 70) for text in rows["template"]])
        ax.set_xlim(0, float(rows["count"].max()) * 1.12)
        ax.set_xlabel("records", color=style.MUTED)
        style.tidy(ax, title="Most frequent messages")
        from matplotlib.patches import Patch

        shown = [
            name
            for name in ("panic", "fatal", "error", "warn", "info", "debug")
            if style.LEVEL_COLOURS[name] in colours
        ]
        seen = {style.LEVEL_COLOURS[name]: name for name in reversed(shown)}
        handles = [Patch(color=colour, label=name) for colour, name in reversed(list(seen.items()))]
        ax.legend(handles=handles, loc="lower right", frameon=False, fontsize=9)
        return self


class ErrorsDisplay:
    """Errors per hour, one row a node, as a heat map with its numbers.

    Attributes:
        errors: frame: index ``time`` (start of the hour), one column a node, number of records at error or worse.
        ax_: the axes drawn on.
        figure_: its figure.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, errors: pd.DataFrame) -> None:
        """Keep the computed data."""
        self.errors = errors

    @classmethod
    def from_log(cls, log: Log, *, freq: str = "1h") -> Self:
        """Count the errors of one log, or of a merged one by its ``node`` column."""
        import pandas as pd

        lines = log.lines
        rows = lines[lines["level"].isin(_ERROR_LEVELS) & lines["time"].notna() & lines["kind"].ne("continuation")]
        node = rows["node"].astype(str) if "node" in rows else pd.Series(log.node or log.name, index=rows.index)
        errors = pd.crosstab(rows["time"].dt.floor(freq), node)
        times = lines["time"].dropna()
        if len(times):
            whole = pd.date_range(times.min().floor(freq), times.max().floor(freq), freq=freq)
            errors = errors.reindex(whole.astype(errors.index.dtype) if len(errors) else whole, fill_value=0)
        names = [str(name) for name in lines["node"].cat.categories] if "node" in lines else [log.node or log.name]
        errors = errors.reindex(columns=names, fill_value=0).astype("int64")
        errors.index.name, errors.columns.name = "time", "node"
        return cls(errors=errors)

    def plot(self, ax: Axes | None = None, **kwargs: Any) -> Self:
        """Draw on ``ax`` or on a new figure; ``kwargs`` go to ``Axes.pcolormesh``."""
        errors = self.errors
        self.figure_, self.ax_ = style.axes(ax, width=10, height=1.5 + 0.45 * max(len(errors.columns), 1))
        ax = self.ax_
        if not len(errors) or not int(errors.to_numpy().sum()):
            style.empty(ax, "no error in this log")
            return self
        from matplotlib.colors import LinearSegmentedColormap, PowerNorm

        left = _places(errors.index)
        width = left[1] - left[0] if len(left) > 1 else 1 / 24
        edges = [*left, left[-1] + width]
        values = errors.to_numpy().T
        shades = LinearSegmentedColormap.from_list("errors", ["#fff5f5", style.RED, "#5f1111"])
        mesh = ax.pcolormesh(
            edges, range(len(errors.columns) + 1), values, cmap=shades, edgecolors="white", linewidth=0.6,
            norm=PowerNorm(0.5, vmin=0, vmax=float(values.max())), **kwargs,
        )  # fmt: skip
        if len(errors) <= 36:
            for row, column in zip(*values.nonzero(), strict=True):
                dark = values[row, column] > values.max() / 4
                ax.text(
                    left[column] + width / 2, row + 0.5, f"{values[row, column]:,}", ha="center", va="center",
                    fontsize=8, color="white" if dark else style.INK,
                )  # fmt: skip
        ax.set_yticks(
            [row + 0.5 for row in range(len(errors.columns))], [style.label(str(name), 40) for name in errors.columns]
        )
        ax.invert_yaxis()
        _time_axis(ax)
        style.tidy(ax, title="Errors per hour and node", grid=None)
        self.figure_.colorbar(mesh, ax=ax, pad=0.01, label="errors")
        return self


def best_freq(lines: pd.DataFrame) -> str:
    """Return the shortest bin with which the log's time fits on one chart."""
    times = lines["time"].dropna()
    seconds = (times.max() - times.min()).total_seconds() if len(times) else 0.0
    return next((freq for freq, size in _FREQUENCIES if seconds / size <= _MOST_BINS), "1D")


def _places(moments: Any) -> Any:
    """Return times as places on matplotlib's time axis."""
    import pandas as pd
    from matplotlib import dates

    make: Any = dates.date2num
    return make(pd.DatetimeIndex(moments).tz_convert(None).to_pydatetime())


def _time_axis(ax: Axes) -> None:
    from matplotlib import dates

    module: Any = dates
    locator = module.AutoDateLocator()
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(module.ConciseDateFormatter(locator))
    ax.set_xlabel("time (UTC)", color=style.MUTED)
