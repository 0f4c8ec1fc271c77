"""Charts of profiles: hot functions, the difference of two profiles, shares by label."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from analyzer.charts.style import BLUE, INK, LIGHT_BLUE, MUTED, axes, empty, short_function, tidy
from analyzer.profiles.flame_units import amount, scale

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
        drawn.set_xlabel(f"{self.sample_type or 'value'} [{suffix}]" if suffix else self.sample_type, color=MUTED)
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
