"""``-top`` and ``-text``.

Rules: ``TextItems`` and ``printText`` in github.com/google/pprof/internal/report/report.go.
"""

from __future__ import annotations

import numpy as np

from analyzer.profiles.graph import maybe_inline
from analyzer.profiles.report import Report
from analyzer.profiles.text.heading import report_labels
from analyzer.profiles.trim import Graph
from analyzer.profiles.units import percentage

_HEAD = f"{'flat':>10} {'flat':>5}% {'sum':>5}% {'cum':>10} {'cum':>5}%"


def top(report: Report) -> str:
    """Return the table of the heaviest entries."""
    graph = report.graph()
    flat, cum = graph.flat[graph.order].tolist(), graph.cum[graph.order].tolist()
    report = report.with_unit_for(flat, cum)
    lines = report_labels(report, sum(flat), len(flat), graph.before, graph.dropped)
    lines.append(_HEAD)
    suffixes = inline_suffixes(graph)
    running = 0
    for node, own, whole in zip(graph.order.tolist(), flat, cum, strict=True):
        running += own
        lines.append(
            f"{report.format(own):>10} {percentage(own, report.total)} {percentage(running, report.total)} "
            f"{report.format(whole):>10} {percentage(whole, report.total)}  "
            f"{graph.nodes.printed(node)}{suffixes.get(node, '')}"
        )
    return "\n".join(lines) + "\n"


def inline_suffixes(graph: Graph) -> dict[int, str]:
    """Return the mark of every node that was inlined: into all its callers that are shown, or into some."""
    candidates = maybe_inline(graph.nodes)
    shown = np.zeros(len(graph.nodes), bool)
    shown[graph.order] = True
    candidates &= shown
    if not candidates.any():
        return {}
    edges = graph.edges(targets=candidates)
    inline, direct = (set(edges.target[flag].tolist()) for flag in (edges.inline, ~edges.inline))
    return {node: " (partial-inline)" if node in direct else " (inline)" for node in inline}
