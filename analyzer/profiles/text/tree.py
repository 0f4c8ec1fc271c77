"""``-tree`` and ``-peek``: every entry between its callers and its callees.

Rules: ``printTree`` in github.com/google/pprof/internal/report/report.go.
"""

from __future__ import annotations

from collections import defaultdict

from analyzer.errors import UsageError
from analyzer.profiles.graph import Edges
from analyzer.profiles.nodes import Nodes
from analyzer.profiles.patterns import Matcher
from analyzer.profiles.report import Report
from analyzer.profiles.text.heading import report_labels
from analyzer.profiles.units import percentage

_SEPARATOR = "-" * 58 + "+-------------"
_LEGEND = "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t "


def tree(report: Report, matcher: Matcher | None = None, pattern: str = "") -> str:
    """Return the call graph as text; with ``matcher`` only of the entries whose printed name matches.

    Raises:
        UsageError: nothing matches.
    """
    graph = report.graph()
    flat, cum = graph.flat[graph.order].tolist(), graph.cum[graph.order].tolist()
    report = report.with_unit_for(flat, cum)
    lines = report_labels(report, sum(flat), len(flat), graph.before, graph.dropped)
    lines += [_SEPARATOR, _LEGEND]
    nodes = graph.nodes
    callers, callees = ordered_calls(graph.edges(), nodes)
    running = matched = 0
    for node, own, whole in zip(graph.order.tolist(), flat, cum, strict=True):
        name = nodes.printed(node)
        if matcher is not None and not matcher(name):
            continue
        matched += 1
        lines.append(_SEPARATOR)
        lines.extend(_call(report, nodes, source, weight, whole, inline) for source, _, weight, inline in callers[node])
        running += own
        lines.append(
            f"{report.format(own):>10} {percentage(own, report.total)} {percentage(running, report.total)} "
            f"{report.format(whole):>10} {percentage(whole, report.total)}                | {name}"
        )
        lines.extend(_call(report, nodes, target, weight, whole, inline) for _, target, weight, inline in callees[node])
    if flat:
        lines.append(_SEPARATOR)
    if matcher is not None and not matched:
        raise UsageError(f"no matches found for regexp: {pattern}")
    return "\n".join(lines) + "\n"


def _call(report: Report, nodes: Nodes, other: int, weight: int, whole: int, inline: bool) -> str:
    mark = " (inline)" if inline else ""
    return f"{report.format(weight):>50} {percentage(weight, whole)} |   {nodes.printed(other)}{mark}"


Call = tuple[int, int, int, bool]


def ordered_calls(edges: Edges, nodes: Nodes) -> tuple[dict[int, list[Call]], dict[int, list[Call]]]:
    """Return (source, target, weight, inline) by target and by source, heaviest first, then by names."""
    names: dict[int, str] = {}

    def order(call: Call) -> tuple[int, str, str]:
        source, target, weight, _ = call
        for node in (source, target):
            if node not in names:
                names[node] = nodes.printed(node)
        return -abs(weight), names[source], names[target]

    columns = (edges.source, edges.target, edges.weight, edges.inline)
    calls: list[Call] = list(zip(*(column.tolist() for column in columns), strict=True))
    callers: dict[int, list[Call]] = defaultdict(list)
    callees: dict[int, list[Call]] = defaultdict(list)
    for call in sorted(calls, key=order):
        callees[call[0]].append(call)
        callers[call[1]].append(call)
    return callers, callees
