"""A chart of findings: how many of each kind, by confidence, and in which members they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from analyzer.charts.style import GREY, MUTED, ORANGE, RED, axes, empty, label, tidy
from analyzer.text import count

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS: Final = {"high": RED, "medium": ORANGE, "low": GREY}
_MOST: Final = 14


class SecretsDisplay:
    """Stacked bars: findings of each kind or member, high confidence first.

    Attributes:
        counts: frame indexed by kind or member, most first, with the columns ``high, medium, low`` (int64).
        by: ``kind`` or ``member``.
        left_out: rows that did not fit, and left_out_findings the findings in them.
        ax_, figure_: set by ``plot``.
    """

    ax_: Axes
    figure_: Figure

    def __init__(
        self, *, counts: pd.DataFrame, by: str = "kind", left_out: int = 0, left_out_findings: int = 0
    ) -> None:
        self.counts = counts
        self.by = by
        self.left_out = left_out
        self.left_out_findings = left_out_findings

    @classmethod
    def from_findings(cls, findings: pd.DataFrame, *, by: str = "kind") -> Self:
        """Count a frame of findings (``ScanResult.findings``, ``Packet.secrets()``).

        Args:
            findings: one row a finding; values are not in it.
            by: ``kind`` or ``member``.

        Raises:
            KeyError: ``by`` is no column.
        """
        import pandas as pd

        table = pd.crosstab(findings[by], findings["confidence"]) if len(findings) else pd.DataFrame()
        table = table.reindex(columns=list(_COLOURS), fill_value=0).astype("int64")
        ordered = table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]
        rest = ordered.iloc[_MOST:]
        return cls(counts=ordered.head(_MOST), by=by, left_out=len(rest), left_out_findings=int(rest.to_numpy().sum()))

    def plot(self, ax: Axes | None = None, *, title: str | None = None) -> Self:
        """Draw on ``ax`` or on a new figure; sets ``ax_`` and ``figure_`` and returns self."""
        from matplotlib.ticker import MaxNLocator

        rows = len(self.counts)
        self.figure_, self.ax_ = axes(ax, width=9, height=1.4 + 0.34 * max(rows, 3))
        if not rows:
            empty(self.ax_, "no secret found")
            return self
        names = [label(str(name), 48) for name in self.counts.index]
        left = [0] * rows
        for confidence, colour in _COLOURS.items():
            widths = [int(n) for n in self.counts[confidence]]
            self.ax_.barh(range(rows), widths, left=left, color=colour, height=0.68, label=confidence)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        most = max(left)
        for row, total in enumerate(left):
            self.ax_.text(total + most * 0.012, row, f"{total:,}", va="center", color=MUTED, fontsize=9)
        self.ax_.set_yticks(range(rows), names)
        # a bar keeps its height however few there are; the first is on top
        self.ax_.set_ylim(max(rows, 3) - 0.5, -0.5)
        self.ax_.set_xlim(0, most * 1.08)
        self.ax_.xaxis.set_major_locator(MaxNLocator(integer=True))
        rest = f" ({count(self.left_out, self.by)} more with {self.left_out_findings:,})" if self.left_out else ""
        self.ax_.set_xlabel(f"findings{rest}", color=MUTED, fontsize=9)
        total = sum(left) + self.left_out_findings
        tidy(self.ax_, title=title or f"{count(total, 'secret')} in clear, by {self.by} and confidence")
        self.ax_.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=9, title="confidence")
        return self
