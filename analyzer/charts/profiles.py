"""Charts of profiles: hot functions, the difference of two profiles, shares by label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from analyzer.charts.style import BLUE, INK, LIGHT_BLUE, MUTED, RED, TEAL, axes, empty, label, short_function, tidy
from analyzer.profiles.flame_units import amount, scale
from analyzer.profiles.measure import find_measure
from analyzer.profiles.tree_stacks import label_values

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW = 0.31  # inches a bar takes
_NAME = 52  # characters of a name beside a bar


class HotFunctionsDisplay:
    """Horizontal bars: what each function took itself (flat), over what it took with its callees (cum).

    Attributes:
        functions: frame with ``function, flat, cum`` (int64, in ``unit``), hottest first.
        total: what the whole profile took, in ``unit``.
        unit: unit of the sample type (``nanoseconds``, ``bytes``, ``count``).
        sample_type: name of what is measured (``cpu``, ``inuse_space``).
        duration_ns: how long the profile was collected, 0 if unknown.
        ax_, figure_: set by ``plot``.
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self, *, functions: pd.DataFrame, total: int, unit: str, sample_type: str = "", duration_ns: int = 0
    ) -> None:
        self.functions = functions
        self.total = total
        self.unit = unit
        self.sample_type = sample_type
        self.duration_ns = duration_ns

    @classmethod
    def from_profile(cls, profile: Any, n: int = 15, sample_index: int | str | None = None) -> Self:
        """Take the ``n`` functions with the highest flat value of a ``Profile``.

        Args:
            profile: an ``analyzer.profiles.Profile``.
            n: number of functions.
            sample_index: sample type by name or number; the profile's default otherwise.

        Raises:
            UsageError: there is no such sample type.
        """
        frame = profile.top(n, sample_index=sample_index)
        return cls(
            functions=frame,
            total=int(frame.attrs["total"]),
            unit=str(frame.attrs["unit"]),
            sample_type=str(frame.attrs.get("sample_type", "")),
            duration_ns=int(profile.duration_ns),
        )

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw the bars on ``ax`` or on a new figure; sets ``ax_`` and ``figure_`` and returns self."""
        rows = len(self.functions)
        self.figure_, drawn = axes(ax, width=10, height=1.15 + _ROW * max(rows, 4))
        self.ax_ = drawn
        if not rows or not self.total:
            tidy(drawn, title=title or self._title(), grid=None)
            empty(drawn, "the profile holds no samples")
            return self
        flat, cum = (self.functions[name].to_numpy().astype(float) for name in ("flat", "cum"))
        divisor, suffix = scale(self.unit, max(abs(cum).max(), abs(flat).max()))
        places = range(rows)
        drawn.barh(places, cum / divisor, height=0.72, color=LIGHT_BLUE, label="with callees (cum)")
        drawn.barh(places, flat / divisor, height=0.72, color=BLUE, label="itself (flat)")
        _name_rows(drawn, [short_function(name, _NAME) for name in self.functions["function"]])
        for place, own, whole in zip(places, flat, cum, strict=True):
            drawn.annotate(
                f"{amount(own, self.unit)}  {abs(own) / self.total:.1%}",
                (max(own, whole, 0) / divisor, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=INK,
            )
        drawn.set_xlim(right=max(cum.max(), flat.max(), 0) / divisor * 1.16)
        drawn.set_xlabel(
            f"{self.sample_type or 'value'} [{suffix}]" if suffix else self.sample_type, color=MUTED, loc="left"
        )
        drawn.xaxis.set_major_formatter("{x:,g}")
        _legend(drawn)
        tidy(drawn, title=title or self._title())
        return self

    def _title(self) -> str:
        parts = [f"Hot functions: {self.sample_type}" if self.sample_type else "Hot functions"]
        parts.append(f"{amount(self.total, self.unit)} in all")
        if self.duration_ns:
            parts.append(f"collected over {amount(self.duration_ns, 'nanoseconds')}")
        return " · ".join(parts)


class ProfileDiffDisplay:
    """Horizontal bars: by how much the flat value of each function changed between two profiles.

    Attributes:
        functions: frame with ``function, before, after, change`` (int64, in ``unit``), largest change first.
        total_before, total_after: what each whole profile took, in ``unit``.
        unit, sample_type: what is measured.
        ax_, figure_: set by ``plot``.
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self, *, functions: pd.DataFrame, total_before: int, total_after: int, unit: str, sample_type: str = ""
    ) -> None:
        self.functions = functions
        self.total_before = total_before
        self.total_after = total_after
        self.unit = unit
        self.sample_type = sample_type

    @classmethod
    def from_profiles(
        cls, profile: Any, base: Any, n: int = 20, *, sample_index: int | str | None = None, by: str = "flat"
    ) -> Self:
        """Take the ``n`` functions that changed most from ``base`` to ``profile``.

        Args:
            profile: the newer ``Profile``.
            base: the older one.
            n: number of functions.
            sample_index: sample type by name or number; the profile's default otherwise.
            by: compare ``flat`` or ``cum`` values.

        Raises:
            UsageError: one of them has no such sample type.
        """
        import pandas as pd

        after = profile.top(sample_index=sample_index)
        kind = after.attrs["sample_type"]
        before = base.top(sample_index=kind)
        both = pd.DataFrame(
            {name: frame.set_index("function")[by] for name, frame in (("before", before), ("after", after))}
        )
        both = both.fillna(0).astype("int64")
        both["change"] = both["after"] - both["before"]
        both = both[both["change"] != 0].sort_values("change", key=abs, ascending=False, kind="stable").head(n)
        return cls(
            functions=both.rename_axis("function").reset_index(),
            total_before=int(before.attrs["total"]),
            total_after=int(after.attrs["total"]),
            unit=str(after.attrs["unit"]),
            sample_type=str(kind),
        )

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw the bars on ``ax`` or on a new figure; sets ``ax_`` and ``figure_`` and returns self."""
        rows = len(self.functions)
        self.figure_, drawn = axes(ax, width=10, height=1.15 + _ROW * max(rows, 4))
        self.ax_ = drawn
        if not rows:
            tidy(drawn, title=title or self._title(), grid=None)
            empty(drawn, "no function changed")
            return self
        change = self.functions["change"].to_numpy().astype(float)
        divisor, suffix = scale(self.unit, abs(change).max())
        drawn.barh(range(rows), change / divisor, height=0.72, color=[RED if value > 0 else BLUE for value in change])
        drawn.axvline(0, color=MUTED, linewidth=0.8)
        _name_rows(drawn, [short_function(name, _NAME) for name in self.functions["function"]])
        for place, row in enumerate(self.functions.itertuples(index=False)):
            drawn.annotate(
                self._change_text(int(row.before), int(row.after)),  # type: ignore[arg-type]
                (change[place] / divisor, place),
                xytext=(5 if change[place] > 0 else -5, 0),
                textcoords="offset points",
                va="center",
                ha="left" if change[place] > 0 else "right",
                fontsize=8,
                color=INK,
            )
        reach = abs(change).max() / divisor
        low, high = change.min() / divisor, change.max() / divisor
        drawn.set_xlim(
            min(low, 0) - reach * (0.28 if low < 0 else 0.02), max(high, 0) + reach * (0.28 if high > 0 else 0.02)
        )
        drawn.set_xlabel(
            f"change of {self.sample_type or 'value'}" + (f" [{suffix}]" if suffix else ""), color=MUTED, loc="left"
        )
        drawn.xaxis.set_major_formatter("{x:,g}")
        tidy(drawn, title=title or self._title())
        return self

    def _change_text(self, before: int, after: int) -> str:
        sign = "+" if after > before else "−"
        text = f"{sign}{amount(abs(after - before), self.unit)}"
        if not before:
            return f"{text}  new"
        return f"{text}  {abs(after - before) / abs(before):.0%}" if after else f"{text}  gone"

    def _title(self) -> str:
        kind = f"{self.sample_type} " if self.sample_type else ""
        return f"Change: {kind}{amount(self.total_before, self.unit)} → {amount(self.total_after, self.unit)}"


class LabelShareDisplay:
    """Horizontal bars: what the samples of each value of one label took.

    Attributes:
        key: the label.
        shares: frame with ``value, total`` (int64, in ``unit``), largest first; ``(none)`` are samples without it.
        total: what the whole profile took, in ``unit``.
        unit, sample_type: what is measured.
        ax_, figure_: set by ``plot``.
    """

    ax_: Axes
    figure_: Figure

    def __init__(self, *, key: str, shares: pd.DataFrame, total: int, unit: str, sample_type: str = "") -> None:
        self.key = key
        self.shares = shares
        self.total = total
        self.unit = unit
        self.sample_type = sample_type

    @classmethod
    def from_profile(cls, profile: Any, key: str, n: int = 15, *, sample_index: int | str | None = None) -> Self:
        """Take the ``n`` values of a label that took most; the others are one row.

        Raises:
            UsageError: no sample has the label, or there is no such sample type.
        """
        import numpy as np
        import pandas as pd

        columns = profile.columns
        measure = find_measure(columns, "" if sample_index is None else str(sample_index))
        texts, row = label_values(columns, key)
        taken = measure.weights(columns).value
        sums = np.zeros(len(texts), np.int64)
        np.add.at(sums, row, taken)
        order = np.argsort(-np.abs(sums), kind="stable")
        order = order[sums[order] != 0]
        names, totals = [texts[place] for place in order[:n].tolist()], sums[order[:n]].tolist()
        if len(order) > n:
            names.append(f"({len(order) - n} other values)")
            totals.append(int(sums[order[n:]].sum()))
        return cls(
            key=key,
            shares=pd.DataFrame({"value": pd.Series(names, dtype="str"), "total": np.array(totals, np.int64)}),
            total=int(np.abs(taken).sum()),
            unit=measure.type.unit,
            sample_type=measure.type.type,
        )

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw the bars on ``ax`` or on a new figure; sets ``ax_`` and ``figure_`` and returns self."""
        rows = len(self.shares)
        self.figure_, drawn = axes(ax, width=9, height=1.0 + _ROW * max(rows, 4))
        self.ax_ = drawn
        title = title or f"{self.sample_type or 'Value'} by label {self.key}: {amount(self.total, self.unit)} in all"
        if not rows or not self.total:
            tidy(drawn, title=title, grid=None)
            empty(drawn, "the profile holds no samples")
            return self
        totals = self.shares["total"].to_numpy().astype(float)
        divisor, suffix = scale(self.unit, abs(totals).max())
        drawn.barh(range(rows), totals / divisor, height=0.72, color=TEAL)
        _name_rows(drawn, [label(value, _NAME) for value in self.shares["value"]])
        for place, value in enumerate(totals):
            drawn.annotate(
                f"{amount(value, self.unit)}  {abs(value) / self.total:.1%}",
                (max(value, 0) / divisor, place),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
                color=INK,
            )
        drawn.set_xlim(right=max(totals.max(), 0) / divisor * 1.18)
        drawn.set_xlabel(f"{self.sample_type or 'value'}" + (f" [{suffix}]" if suffix else ""), color=MUTED, loc="left")
        drawn.xaxis.set_major_formatter("{x:,g}")
        tidy(drawn, title=title)
        return self


def _name_rows(ax: Axes, names: list[str]) -> None:
    """Write names beside the bars, the first on top."""
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(axis="y", labelsize=8.5)
    ax.set_ylim(len(names) - 0.4, -0.6)
    for text in ax.get_yticklabels():
        text.set_fontfamily("monospace")


def _legend(ax: Axes) -> None:
    """Put the legend below the axis, where no bar can hide it."""
    ax.legend(loc="upper right", bbox_to_anchor=(1.0, 0.0), borderaxespad=2.0, ncols=2, frameon=False, fontsize=8.5)
