"""``-dot``: the call graph for graphviz.

Rules: github.com/google/pprof/internal/graph/dotgraph.go. Upstream leaves label values and the title as they are;
for output that goes on to graphviz they are escaped, because a packet must not put attributes into a picture.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from analyzer.profiles.names import shortened
from analyzer.profiles.numbers import truncated_quotient
from analyzer.profiles.paths import base
from analyzer.profiles.text.heading import report_labels
from analyzer.profiles.text.tagboxes import Escape, tag_boxes
from analyzer.profiles.units import percentage
from analyzer.profiles.visual import Builder, Edge, Node

if TYPE_CHECKING:
    from analyzer.profiles.report import Report


def escaped(text: str) -> str:
    """Return a text as it may stand inside quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l")


def dot(report: Report, *, safe: bool = False) -> str:
    """Return the graph in the DOT language.

    Args:
        report: the report.
        safe: escape what upstream leaves alone: label values and the title.
    """
    builder = Builder(report)
    picture = builder.picture()
    boxes = picture.boxes
    flat = [box.flat_value for box in boxes]
    report = report.with_unit_for(flat, [box.cum_value for box in boxes])
    labels = report_labels(
        report, sum(flat), len(boxes), picture.before, picture.dropped, picture.dropped_edges, full=True
    )
    escape: Escape = escaped if safe else str
    title = escape(report.title)
    lines = [f'digraph "{title or "unnamed"}" {{', 'node [style=filled fillcolor="#f8f8f8"]']
    tooltip = f' tooltip="{title}"' if title else ""
    legend = "\\l".join(escaped(text) for text in labels)
    lines.append(
        f'subgraph cluster_L {{ "{escaped(labels[0])}" [shape=box fontsize=16 label="{legend}\\l"{tooltip}] }}'
    )
    numbers = {box: number for number, box in enumerate(boxes, 1)}
    largest = max((float(abs(value)) for value in flat), default=0.0)
    with_tags = set()
    for box, number in numbers.items():
        lines.append(_box_line(builder, report, box, number, largest))
        if tags := tag_boxes(report, box, number, escape):
            with_tags.add(box)
            lines.extend(tags)
    edges = [edge for box in boxes for edge in box.callees.values()]
    for edge in builder.sorted_edges(edges):
        ends = numbers.get(edge.source, 0), numbers.get(edge.target, 0)
        lines.append(_edge_line(builder, report, edge, ends, edge.source in with_tags))
    lines.append("}")
    return "\n".join(lines) + "\n"


def _box_line(builder: Builder, report: Report, box: Node, number: int, largest: float) -> str:
    flat, cum = box.flat_value, box.cum_value
    own = whole = report.format(flat)
    label = _multiline(builder, box)
    label += f"{own} ({percentage(flat, report.total).strip()})" if flat else "0"
    if cum != flat:
        whole = report.format(cum)
        label += ("\\n" if flat else " ") + f"of {whole} ({percentage(cum, report.total).strip()})"
    size = 8
    if largest and flat and abs(flat) <= largest:
        size += math.ceil(16.0 * math.sqrt(float(abs(flat)) / largest))
    score = _share(cum, report.total)
    return (
        f'N{number} [label="{label}" id="node{number}" fontsize={size} shape=box '
        f'tooltip="{escaped(builder.name(box))} ({whole})" '
        f'color="{color(score)}" fillcolor="{color(score, background=True)}"]'
    )


def _share(value: int, total: int) -> float:
    if total:
        return float(value) / float(abs(total))
    return math.copysign(math.inf, value) if value else math.nan


def _multiline(builder: Builder, box: Node) -> str:
    """Return a box's name with a line break at every dot of the function's name."""
    nodes, key = builder.nodes, box.key
    name = escaped(shortened(nodes.function_name(key))).replace("::", "\\n")
    name = name.replace("[...]", "[…]").replace(".", "\\n")
    file = nodes.file_name(key)
    return "\\n".join(nodes.components(key, name=name, file=base(file) if file else "")) + "\\n"


def _edge_line(builder: Builder, report: Report, edge: Edge, ends: tuple[int, int], spread: bool) -> str:
    weight = report.format(edge.value)
    text = f'label=" {weight}{chr(92) + "n (inline)" if edge.inline else ""}"'
    total = report.total
    if total:
        heaviness = 1 + min(abs(truncated_quotient(edge.value * 100, total)), 100)
        width = 1 + min(abs(truncated_quotient(edge.value * 5, total)), 5)
        text += f" weight={heaviness}" if heaviness > 1 else ""
        text += f" penwidth={width}" if width > 1 else ""
        text += f' color="{color(_share(edge.value, total))}"'
    arrow = "..." if edge.residual else "->"
    source, target = (escaped(builder.name(box)) for box in (edge.source, edge.target))
    tooltip = f'"{source} {arrow} {target} ({weight})"'
    text += f" tooltip={tooltip} labeltooltip={tooltip}"
    text += ' style="dotted"' if edge.residual else ""
    text += " minlen=2" if spread else ""
    return f"N{ends[0]} -> N{ends[1]} [{text}]"


def color(score: float, *, background: bool = False) -> str:
    """Return green for -1, grey for 0, red for 1; light ones for backgrounds."""
    saturation, value = (0.1, 0.93) if background else (1.0, 0.7)
    if math.isnan(score):
        # Go's min and max hand it on; its bytes are those of a value that was never computed.
        return f"#{_byte(value)}{_byte(math.nan)}{_byte(value * (1 - saturation))}"
    score = max(-1.0, min(1.0, score))
    if abs(score) < 0.2:
        saturation *= abs(score) / 0.2
    if score:
        score = math.copysign(abs(score) ** (1.0 - 0.7), score)
    if score < 0.0:
        red, green = value * (1 + saturation * score), value
    else:
        red, green = value, value * (1 - saturation * score)
    return f"#{_byte(red)}{_byte(green)}{_byte(value * (1 - saturation))}"


def _byte(level: float) -> str:
    return "00" if math.isnan(level) else f"{int(level * 255.0) & 0xFF:02x}"
