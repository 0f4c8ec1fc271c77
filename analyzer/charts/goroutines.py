"""Goroutine dumps drawn: states, groups, waits, who started whom, before and after.

Every display keeps computed data; ``from_dump`` (or ``from_comparison``) computes it, ``plot`` draws it on given
axes or new ones and returns the display with ``ax_`` and ``figure_``. Goroutines that wait by design (furniture)
are drawn pale: what is left in colour is what the process works at, or is stuck with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from analyzer.charts import style
from analyzer.goroutines.furniture import canonical
from analyzer.goroutines.groups import NO_CREATOR, group_codes
from analyzer.goroutines.survey import Survey
from analyzer.text import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from analyzer.goroutines import DumpComparison, GoroutineDump

_ROW: Final = 0.3  # inches a bar takes
_NAME: Final = 62
IDLE_LABEL: Final = "wait by design"
BUSY_LABEL: Final = "all others"
WAIT_BINS: Final[tuple[tuple[str, int, int], ...]] = (
    ("1 min", 1, 2),
    ("2–4 min", 2, 5),
    ("5–9 min", 5, 10),
    ("10–29 min", 10, 30),
    ("30–59 min", 30, 60),
    ("1–5 h", 60, 360),
    ("6–23 h", 360, 1440),
    ("1 day +", 1440, 1 << 62),
)
"""Name, first minute, minute after the last one of each bar of the wait histogram."""
NO_TIME: Final = "no time\ngiven"


def _height(rows: int) -> float:
    return max(1.8, 1.1 + _ROW * rows)


def _name(text: str, limit: int = _NAME) -> str:
    """Return a group's name short enough for an axis; functions lose their import path."""
    parts = [style.short_function(canonical(part), limit) for part in text.split(" < ")]
    return style.label(" < ".join(parts), limit)


def _fit_rows(ax: Axes, rows: int) -> None:
    """Put the first row on top, leave no empty space around the rows, count in whole numbers."""
    from matplotlib.ticker import MaxNLocator

    ax.set_ylim(rows - 0.4, -0.6)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=8, integer=True))


def _split(dump: GoroutineDump, codes: np.ndarray, size: int) -> tuple[list[int], list[int]]:
    """Return goroutines by group: those that wait by design, and all others."""
    idle = Survey(dump).furniture
    counts = np.zeros((2, size), dtype=np.int64)
    np.add.at(counts, (np.where(idle, 0, 1), codes), dump.records.weight)
    return counts[0].tolist(), counts[1].tolist()


class _Bars:
    """Horizontal bars, longest on top: a pale part for furniture, a coloured one for the rest."""

    ax_: Axes
    figure_: Figure

    def __init__(self, *, names: Sequence[str], idle: Sequence[int], busy: Sequence[int], title: str) -> None:
        self.names = list(names)
        self.idle = list(idle)
        self.busy = list(busy)
        self.title = title

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw on ``ax`` or new axes; sets ``ax_`` and ``figure_``."""
        self.figure_, self.ax_ = style.axes(ax, width=9.0, height=_height(len(self.names)))
        if not self.names:
            style.empty(self.ax_, "no goroutines")
            return self
        rows = np.arange(len(self.names))
        busy, idle = np.array(self.busy), np.array(self.idle)
        if busy.any():
            self.ax_.barh(rows, busy, color=style.BLUE, height=0.72, label=BUSY_LABEL)
        if idle.any():
            self.ax_.barh(rows, idle, left=busy, color=style.LIGHT_BLUE, height=0.72, label=IDLE_LABEL)
        for row, total in enumerate((busy + idle).tolist()):
            self.ax_.annotate(
                f"{total:,}",
                (total, row),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=style.INK,
            )
        self.ax_.set_yticks(rows, [_name(name) for name in self.names])
        _fit_rows(self.ax_, len(self.names))
        self.ax_.set_xlim(0, float((busy + idle).max()) * 1.1)
        style.tidy(self.ax_, title=title or self.title)
        if busy.any() and idle.any():
            self.ax_.legend(loc="lower right", frameon=False, fontsize=8.5)
        return self


def _bars(dump: GoroutineDump, by: str, n: int) -> tuple[list[str], list[int], list[int]]:
    """Return the ``n`` largest groups and one for all others: names, idle, busy."""
    names, codes = group_codes(dump, by)
    idle, busy = _split(dump, codes, len(names))
    merged: dict[str, tuple[int, int]] = {}
    for name, pale, strong in zip(names, idle, busy, strict=True):
        first, second = merged.get(name, (0, 0))
        merged[name] = (first + pale, second + strong)
    rows = [(name, pale, strong) for name, (pale, strong) in merged.items() if pale + strong]
    rows.sort(key=lambda row: (-(row[1] + row[2]), row[0]))
    shown, rest = rows[:n], rows[n:]
    if rest:
        shown.append((count(len(rest), "other group"), sum(r[1] for r in rest), sum(r[2] for r in rest)))
    return [row[0] for row in shown], [row[1] for row in shown], [row[2] for row in shown]


class GoroutineStatesDisplay(_Bars):
    """How many goroutines are in which state.

    Attributes:
        names, idle, busy: state, and how many goroutines wait in it by design or not.
    """

    @classmethod
    def from_dump(cls, dump: GoroutineDump, *, n: int = 14) -> Self:
        """Count the states of a dump, the ``n`` most frequent by name."""
        names, idle, busy = _bars(dump, "state", n)
        return cls(names=names, idle=idle, busy=busy, title=f"{count(dump.total, 'goroutine')} by state")


class GoroutineGroupsDisplay(_Bars):
    """How many goroutines are in which function of one's own, or any other group."""

    @classmethod
    def from_dump(cls, dump: GoroutineDump, *, by: str = "own", n: int = 15) -> Self:
        """Count the groups of a dump, the ``n`` largest by name.

        Raises:
            UsageError: ``by`` is no way to group.
        """
        names, idle, busy = _bars(dump, by, n)
        what = {"own": "first own function", "class": "what they do"}.get(by, by.removeprefix("label:"))
        return cls(names=names, idle=idle, busy=busy, title=f"{count(dump.total, 'goroutine')} by {what}")


class GoroutineWaitsDisplay:
    """How long goroutines have waited; those without a time have a bar of their own.

    Attributes:
        names: bins, the first one for "no time given".
        idle, busy: goroutines in each bin that wait by design, and all others.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, names: Sequence[str], idle: Sequence[int], busy: Sequence[int]) -> None:
        self.names = list(names)
        self.idle = list(idle)
        self.busy = list(busy)

    @classmethod
    def from_dump(cls, dump: GoroutineDump) -> Self:
        """Sort the goroutines of a dump into bins of minutes; bins after the longest wait are left out."""
        edges = np.array([first for _, first, _ in WAIT_BINS], dtype=np.int64)
        codes = np.where(dump.minutes < 0, 0, np.maximum(np.searchsorted(edges, dump.minutes, "right"), 1))
        used = int(codes.max(initial=0)) + 1
        size = max(used, 4)
        idle, busy = _split(dump, codes, size)
        return cls(names=[NO_TIME, *(name for name, _, _ in WAIT_BINS)][:size], idle=idle, busy=busy)

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw on ``ax`` or new axes; sets ``ax_`` and ``figure_``."""
        self.figure_, self.ax_ = style.axes(ax, width=9.0, height=3.6)
        rows = np.arange(len(self.names))
        rows[1:] += 1  # the bar without a time stands apart
        busy, idle = np.array(self.busy), np.array(self.idle)
        if not (busy + idle).any():
            style.empty(self.ax_, "no goroutines")
            return self
        colours = [style.GREY] + [style.BLUE] * (len(rows) - 1)
        pale = ["#dee2e6"] + [style.LIGHT_BLUE] * (len(rows) - 1)
        self.ax_.bar(rows, busy, color=colours, width=0.8)
        self.ax_.bar(rows, idle, bottom=busy, color=pale, width=0.8)
        for row, total in zip(rows.tolist(), (busy + idle).tolist(), strict=True):
            self.ax_.annotate(
                f"{total:,}",
                (row, total),
                (0, 3),
                textcoords="offset points",
                ha="center",
                fontsize=8.5,
                color=style.INK,
            )
        self.ax_.set_xticks(rows, self.names)
        self.ax_.set_ylim(0, float((busy + idle).max()) * 1.12)
        self.ax_.set_ylabel("goroutines", color=style.INK, fontsize=9)
        style.tidy(self.ax_, title=title or "How long they have waited", grid="y")
        handles = [
            self.ax_.bar([0], [0], color=style.BLUE, label=BUSY_LABEL),
            self.ax_.bar([0], [0], color=style.LIGHT_BLUE, label=IDLE_LABEL),
        ]
        self.ax_.legend(handles=handles, loc="upper right", frameon=False, fontsize=8.5)
        return self


class CreatorTreeDisplay:
    """Who started whom, added up: a function, below it what it started.

    Attributes:
        names: function of each row, depth first.
        depths: how far each row is indented.
        totals: goroutines of the row and everything below it.
        hidden: rows that were left out because they are small.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, names: Sequence[str], depths: Sequence[int], totals: Sequence[int], hidden: int = 0) -> None:
        self.names = list(names)
        self.depths = list(depths)
        self.totals = list(totals)
        self.hidden = hidden

    @classmethod
    def from_dump(cls, dump: GoroutineDump, *, n: int = 26, max_depth: int = 5) -> Self:
        """Add up the creators of a dump; the ``n`` largest rows stay.

        A goroutine hangs below the function that started it, and that one below its own creator while the
        goroutine that called it is still there (Go 1.21 and later give its id).
        """
        totals: Counter[tuple[str, ...]] = Counter()
        for path, number in creator_paths(dump, max_depth).items():
            for depth in range(1, len(path) + 1):
                totals[path[:depth]] += number
        largest = sorted(totals, key=lambda path: (-totals[path], len(path), path))[:n]
        kept = {path[:depth] for path in largest for depth in range(1, len(path) + 1)}
        order = _depth_first(kept, totals)
        return cls(
            names=[path[-1] for path in order],
            depths=[len(path) - 1 for path in order],
            totals=[totals[path] for path in order],
            hidden=len(totals) - len(kept),
        )

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw on ``ax`` or new axes; sets ``ax_`` and ``figure_``."""
        self.figure_, self.ax_ = style.axes(ax, width=9.5, height=_height(len(self.names)))
        if not self.names:
            style.empty(self.ax_, "this form of dump does not say who started whom")
            return self
        rows = np.arange(len(self.names))
        colours = [style.LIGHT_BLUE if depth == 0 else style.BLUE for depth in self.depths]
        self.ax_.barh(rows, self.totals, color=colours, height=0.66)
        for row, total in enumerate(self.totals):
            self.ax_.annotate(
                f"{total:,}",
                (total, row),
                (4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=style.INK,
            )
        labels = [
            "   " * depth + ("└ " if depth else "") + _name(name, _NAME - 4 * depth)
            for name, depth in zip(self.names, self.depths, strict=True)
        ]
        self.ax_.set_yticks(rows, labels, ha="left")
        _fit_rows(self.ax_, len(self.names))
        self.ax_.set_xlim(0, max(self.totals) * 1.12)
        more = f" ({count(self.hidden, 'smaller row')} left out)" if self.hidden else ""
        style.tidy(self.ax_, title=title or f"Who started whom{more}")
        self._pad()
        return self

    def _pad(self) -> None:
        """Make room for labels that begin at a common left edge, which is what shows the indentation."""
        self.figure_.canvas.draw()
        widths = [text.get_window_extent().width for text in self.ax_.get_yticklabels()]
        self.ax_.tick_params(axis="y", pad=max(widths) * 72 / self.figure_.dpi + 4)


def creator_paths(dump: GoroutineDump, max_depth: int = 5) -> Counter[tuple[str, ...]]:
    """Return how many goroutines have which path of functions: oldest known creator first, own entry last."""
    records = dump.records
    if not records.creators:
        return Counter()
    entries = [canonical(functions[-1]) if functions else "(no frames)" for functions in dump.stack_functions]
    creators = [canonical(creator.function) for creator in records.creators]
    row_of = {goroutine: row for row, goroutine in enumerate(records.ids.tolist())}
    creator, parent = records.creator.tolist(), records.creator_id.tolist()
    paths: Counter[tuple[str, ...]] = Counter()
    for row, stack in enumerate(records.stack.tolist()):
        path = [entries[stack]]
        at: int | None = row
        while at is not None and len(path) < max_depth:
            path.append(creators[creator[at]] if creator[at] >= 0 else NO_CREATOR)
            at = row_of.get(parent[at]) if creator[at] >= 0 and parent[at] >= 0 else None
        if path[-1] == NO_CREATOR and len(path) > 1:
            path.pop()
        paths[tuple(reversed(path))] += int(records.weight[row])
    return paths


def _depth_first(kept: set[tuple[str, ...]], totals: Counter[tuple[str, ...]]) -> list[tuple[str, ...]]:
    children: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for one in kept:
        children.setdefault(one[:-1], []).append(one)
    order: list[tuple[str, ...]] = []
    pending: list[tuple[str, ...]] = [()]
    while pending:
        path = pending.pop()
        if path:
            order.append(path)
        pending += sorted(children.get(path, ()), key=lambda p: (totals[p], p))
    return order


class GoroutineChangesDisplay:
    """Groups of two dumps beside each other, largest change on top.

    Attributes:
        names: groups.
        before, after: goroutines of each.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, names: Sequence[str], before: Sequence[int], after: Sequence[int]) -> None:
        self.names = list(names)
        self.before = list(before)
        self.after = list(after)

    @classmethod
    def from_comparison(cls, comparison: DumpComparison, *, n: int = 15) -> Self:
        """Take the ``n`` groups that changed most; unchanged ones fill up by size."""
        groups = comparison.groups.head(n)
        return cls(names=groups["group"].tolist(), before=groups["before"].tolist(), after=groups["after"].tolist())

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw on ``ax`` or new axes; sets ``ax_`` and ``figure_``."""
        self.figure_, self.ax_ = style.axes(ax, width=9.0, height=_height(round(len(self.names) * 1.35)))
        if not self.names:
            style.empty(self.ax_, "no goroutines")
            return self
        rows = np.arange(len(self.names))
        self.ax_.barh(rows - 0.2, self.before, color=style.LIGHT_BLUE, height=0.38, label="before")
        self.ax_.barh(rows + 0.2, self.after, color=style.BLUE, height=0.38, label="after")
        for row, (before, after) in enumerate(zip(self.before, self.after, strict=True)):
            delta = after - before
            colour = style.RED if delta > 0 else style.GREEN if delta < 0 else style.MUTED
            self.ax_.annotate(
                f"{delta:+,}" if delta else "=",
                (max(before, after), row), (4, 0), textcoords="offset points", va="center", fontsize=8.5, color=colour,
            )  # fmt: skip
        self.ax_.set_yticks(rows, [_name(name) for name in self.names])
        _fit_rows(self.ax_, len(self.names))
        self.ax_.set_xlim(0, max(*self.before, *self.after, 1) * 1.12)
        style.tidy(self.ax_, title=title or "Goroutines before and after")
        self.ax_.legend(loc="lower right", frameon=False, fontsize=8.5)
        return self
