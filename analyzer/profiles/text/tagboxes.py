"""Boxes for labels beside the boxes of a call graph.

Rules: ``addNodelets``, ``numericNodelets`` and ``collapsedTags`` in
github.com/google/pprof/internal/graph/dotgraph.go: at most four per box, sizes of allocations put together by
nearness.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from analyzer.profiles.numbers import truncated, truncated_quotient
from analyzer.profiles.report import Report
from analyzer.profiles.units import label, scale
from analyzer.profiles.visual import MAX_TAGS, Node, Tag

Escape: TypeAlias = Callable[[str], str]


def tag_boxes(report: Report, box: Node, number: int, escape: Escape) -> list[str]:
    """Return the DOT lines for the labels at a box."""
    flat = bool(box.callees)  # leaves show the inclusive value, which holds that of callees left out
    lines: list[str] = []
    for place, tag in enumerate(sorted_tags(list(box.tags.values()), flat=flat)[:MAX_TAGS]):
        value = tag.flat_value if flat else tag.cum_value
        if not value:
            continue
        weight = report.format(value)
        name = f"N{number}_{place}"
        lines.append(f'{name} [label = "{escape(tag.name)}" id="{name}" fontsize=8 shape=box3d tooltip="{weight}"]')
        lines.append(f'N{number} -> {name} [label=" {weight}" weight=100 tooltip="{weight}" labeltooltip="{weight}"]')
        lines.extend(_number_boxes(report, list(box.number_tags.get(tag.name, {}).values()), name, flat=flat))
    lines.extend(_number_boxes(report, list(box.number_tags.get("", {}).values()), f"N{number}", flat=flat))
    return lines


def _number_boxes(report: Report, tags: list[Tag], source: str, *, flat: bool) -> list[str]:
    lines = []
    for place, tag in enumerate(_collapsed(tags, flat=flat)):
        value, style = tag.cum_value, ' style="dotted"'
        if flat or tag.flat_value == tag.cum_value:
            value, style = tag.flat_value, ""
        if not value:
            continue
        weight = report.format(value)
        name = f"N{source}_{place}"
        lines.append(f'{name} [label = "{tag.name}" id="{name}" fontsize=8 shape=box3d tooltip="{weight}"]')
        lines.append(
            f'{source} -> {name} [label=" {weight}" weight=100 tooltip="{weight}" labeltooltip="{weight}"{style}]'
        )
    return lines


def sorted_tags(tags: list[Tag], *, flat: bool) -> list[Tag]:
    """Order labels by weight, then by name."""
    return sorted(tags, key=lambda tag: (0 if flat else -abs(tag.cum), -abs(tag.flat), tag.name))


def _collapsed(tags: list[Tag], *, flat: bool) -> list[Tag]:
    """Put numeric labels together into at most four groups around the heaviest."""
    tags = sorted_tags(tags, flat=flat)
    if len(tags) <= MAX_TAGS:
        return tags
    groups = [[tag] for tag in tags[:MAX_TAGS]]
    for tag in tags[MAX_TAGS:]:
        min(groups, key=lambda group: _distance(tag, group[0])).append(tag)
    return sorted_tags([_joined(group) for group in groups], flat=flat)


def _distance(tag: Tag, other: Tag) -> float:
    return abs(scale(other.value, other.unit, tag.unit)[0] - float(tag.value))


def _joined(group: list[Tag]) -> Tag:
    first = group[0]
    if len(group) == 1:
        return Tag(label(first.value, first.unit), flat=first.flat_value, cum=first.cum_value)
    low = high = first
    for tag in group[1:]:
        if truncated(scale(tag.value, tag.unit, low.unit)[0]) < low.value:
            low = tag
        if truncated(scale(tag.value, tag.unit, high.unit)[0]) > high.value:
            high = tag
    flat, cum = sum(tag.flat for tag in group), sum(tag.cum for tag in group)
    flat_div, cum_div = sum(tag.flat_div for tag in group), sum(tag.cum_div for tag in group)
    return Tag(
        f"{label(low.value, low.unit)}..{label(high.value, high.unit)}",
        flat=truncated_quotient(flat, flat_div) if flat_div else flat,
        cum=truncated_quotient(cum, cum_div) if cum_div else cum,
    )
