"""Reports as frames: the numbers of the text reports, in the sample type's own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.errors import UsageError
from analyzer.profiles.labels import labels_by_sample
from analyzer.profiles.numbers import means
from analyzer.profiles.prune import drop_frames
from analyzer.profiles.report import Report, prepare
from analyzer.profiles.text.tags import tag_sums
from analyzer.profiles.text.tree import ordered_calls
from analyzer.schema import Column, FrameSchema
from analyzer.text import printable

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.profiles.model import I64, Columns
    from analyzer.profiles.options import Options
    from analyzer.profiles.patterns import Matcher

_OWN = "the sample type's own"
TOP = FrameSchema(
    "top",
    (
        Column("function", "str", "function name; empty at the granularity of files"),
        Column("flat", "int64", "spent in the function itself", _OWN),
        Column("flat_pct", "float64", "flat as a share of the total", "percent"),
        Column("sum_pct", "float64", "flat of this row and all above it", "percent"),
        Column("cum", "int64", "spent in the function and all that it called", _OWN),
        Column("cum_pct", "float64", "cum as a share of the total", "percent"),
    ),
)
CALLS = FrameSchema(
    "calls",
    (
        Column("function", "str", "the entry that this row belongs to"),
        Column("role", "str", "caller, self or callee"),
        Column("other", "str", "the caller or callee; the entry itself in its own row"),
        Column("weight", "int64", "spent in these calls; cum in the entry's own row", _OWN),
        Column("weight_pct", "float64", "weight as a share of the entry's cum; of the total in its own row", "percent"),
        Column("flat", "Int64", "flat of the entry, in its own row only", _OWN),
        Column("flat_pct", "float64", "flat as a share of the total, in its own row only", "percent"),
        Column("inlined", "bool", "all of these calls were inlined"),
    ),
)
TRACES = FrameSchema(
    "traces",
    (
        Column("sample_id", "int64", "row of the sample"),
        Column("value", "int64", "what it took", _OWN),
        Column("labels", "object", "dict of its labels: key -> list of texts or numbers"),
        Column("stack", "object", "list of printed frames, leaf first"),
    ),
)
TAGS = FrameSchema(
    "tags",
    (
        Column("key", "str", "name of the label"),
        Column("value", "str", "its value as printed"),
        Column("weight", "int64", "spent in samples that carry it", _OWN),
        Column("weight_pct", "float64", "weight as a share of the total", "percent"),
    ),
)


def _report(columns: Columns, command: str, options: Options) -> Report:
    if options.sort not in ("flat", "cum"):
        raise UsageError(f"cannot sort by {printable(options.sort, 40)!r}: flat or cum")
    return prepare(drop_frames(columns), command, options, lambda _: None)


def _described(frame: pd.DataFrame, report: Report) -> pd.DataFrame:
    frame.attrs.update(sample_type=report.measure.title, unit=report.measure.type.unit, total=report.total)
    return frame


def top(columns: Columns, options: Options) -> pd.DataFrame:
    """Return one row an entry: the table of ``pprof -top``."""
    import pandas as pd

    report = _report(columns, "top", options)
    graph = report.graph()
    nodes, order = graph.nodes, graph.order
    granularity = report.options.granularity or "functions"
    flat, cum = graph.flat[order], graph.cum[order]
    rows = order.tolist()
    # A frame without a name shows its binary, as in the text, unless files are asked for.
    names = [nodes.function_name(n) or ("" if granularity == "files" else nodes.binary_name(n)) for n in rows]
    data: dict[str, object] = {
        "function": pd.Series(names, dtype="str"),
        "flat": flat,
        "flat_pct": _percent(flat, report.total),
        "sum_pct": _percent(np.cumsum(flat), report.total),
        "cum": cum,
        "cum_pct": _percent(cum, report.total),
    }
    if granularity != "functions":
        data["file"] = pd.Series([nodes.file_name(node) for node in rows], dtype="str")
    if granularity in ("lines", "addresses"):
        data["line"] = nodes.line[order]
    if granularity == "addresses":
        data["address"] = nodes.address[order]
    return _described(pd.DataFrame(data), report)


def calls(columns: Columns, options: Options, command: str, matcher: Matcher | None = None) -> pd.DataFrame:
    """Return entries with their callers and callees: the rows of ``pprof -tree`` and ``-peek``."""
    report = _report(columns, command, options)
    graph = report.graph()
    nodes = graph.nodes
    callers, callees = ordered_calls(graph.edges(), nodes)
    rows: list[tuple[object, ...]] = []
    for node in graph.order.tolist():
        name = nodes.printed(node)
        if matcher is not None and not matcher(name):
            continue
        flat, cum = int(graph.flat[node]), int(graph.cum[node])
        rows.extend(
            (name, "caller", nodes.printed(source), weight, _share(weight, cum), None, None, inline)
            for source, _, weight, inline in callers[node]
        )
        own = _share(cum, report.total), flat, _share(flat, report.total)
        rows.append((name, "self", name, cum, *own, False))
        rows.extend(
            (name, "callee", nodes.printed(target), weight, _share(weight, cum), None, None, inline)
            for _, target, weight, inline in callees[node]
        )
    cells = zip(*rows, strict=True) if rows else ((),) * len(CALLS.names)
    data: dict[str, object] = {name: list(column) for name, column in zip(CALLS.names, cells, strict=True)}
    return _described(CALLS.frame(data), report)


def traces(columns: Columns, options: Options) -> pd.DataFrame:
    """Return one row a sample that has a stack: what ``pprof -traces`` prints."""
    report = _report(columns, "traces", options)
    columns = report.columns
    nodes = report.nodes()
    printed = [nodes.printed(node) for node in range(len(nodes))]
    slots, slot_node = nodes.slot_offsets.tolist(), nodes.slot_node.tolist()
    weights = report.weights
    values = means(weights.value, weights.divisor).tolist()
    labels = labels_by_sample(columns)
    locations, offsets = columns.samples.locations.tolist(), columns.samples.offsets.tolist()
    ids: list[int] = []
    shown: list[dict[str, list[object]]] = []
    stacks: list[list[str]] = []
    for sample in range(len(values)):
        stack = locations[offsets[sample] : offsets[sample + 1]]
        if not stack:
            continue
        own: dict[str, list[object]] = {}
        if found := labels.get(sample):
            own |= {key: list(texts) for key, texts in found.texts.items()}
            own |= {key: [number for number, _ in numbers] for key, numbers in found.numbers.items()}
        ids.append(sample)
        shown.append(own)
        stacks.append([printed[node] for place in stack for node in slot_node[slots[place] : slots[place + 1]]])
    data: dict[str, object] = {
        "sample_id": ids,
        "value": [values[sample] for sample in ids],
        "labels": shown,
        "stack": stacks,
    }
    return _described(TRACES.frame(data), report)


def tags(columns: Columns, options: Options) -> pd.DataFrame:
    """Return one row a label value: what ``pprof -tags`` prints."""
    report = _report(columns, "tags", options)
    rows = [
        (key, text, weight, _share(weight, report.total))
        for key, own in tag_sums(report).items()
        for text, weight in own.items()
    ]
    cells = zip(*rows, strict=True) if rows else ((),) * len(TAGS.names)
    data: dict[str, object] = {name: list(column) for name, column in zip(TAGS.names, cells, strict=True)}
    return _described(TAGS.frame(data), report)


def _share(value: int, total: int) -> float:
    return abs(value / total) * 100 if total else 0.0


def _percent(values: I64, total: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return shares without a sign, 0 of a total of 0, as the text prints them."""
    if not total:
        return np.zeros(len(values))
    return np.abs(values / total) * 100
