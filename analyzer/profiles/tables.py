"""Reports as frames: the numbers of the text reports, in the sample type's own unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.profiles.measure import find_measure
from analyzer.profiles.nodes import build, identity
from analyzer.profiles.options import Options
from analyzer.profiles.trim import trimmed
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.profiles.model import I64, Columns

TOP = FrameSchema(
    "top",
    (
        Column("function", "str", "function name; empty at the granularity of files"),
        Column("flat", "int64", "spent in the function itself", "the sample type's own"),
        Column("flat_pct", "float64", "flat as a share of the total", "percent"),
        Column("sum_pct", "float64", "flat of this row and all above it", "percent"),
        Column("cum", "int64", "spent in the function and all that it called", "the sample type's own"),
        Column("cum_pct", "float64", "cum as a share of the total", "percent"),
    ),
)


def top(columns: Columns, options: Options) -> pd.DataFrame:
    """Return one row an entry: the table of ``pprof -top``."""
    import pandas as pd

    measure = find_measure(columns, options.sample_index, mean=options.mean)
    granularity = options.granularity or "functions"
    nodes = build(columns, identity(granularity, inlines=not options.noinlines, columns=options.showcolumns))
    graph = trimmed(columns, nodes, measure.weights(columns), options)
    total = measure.total(columns)
    order = graph.order
    flat, cum = graph.flat[order], graph.cum[order]
    names = [nodes.function_name(node) or _stand_in(nodes.printed(node), granularity) for node in order.tolist()]
    data: dict[str, object] = {
        "function": pd.Series(names, dtype="str"),
        "flat": flat,
        "flat_pct": _percent(flat, total),
        "sum_pct": _percent(np.cumsum(flat), total),
        "cum": cum,
        "cum_pct": _percent(cum, total),
    }
    if granularity != "functions":
        data["file"] = pd.Series([nodes.file_name(node) for node in order.tolist()], dtype="str")
    if granularity in ("lines", "addresses"):
        data["line"] = nodes.line[order]
    if granularity == "addresses":
        data["address"] = nodes.address[order]
    frame = pd.DataFrame(data)
    frame.attrs.update(sample_type=measure.title, unit=measure.type.unit, total=total)
    return frame


def _stand_in(printed: str, granularity: str) -> str:
    """A frame without a name shows its binary, as in the text, unless files are asked for."""
    return "" if granularity == "files" else printed


def _percent(values: I64, total: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return shares without a sign, 0 of a total of 0, as the text prints them."""
    if not total:
        return np.zeros(len(values))
    return np.abs(values / total) * 100
