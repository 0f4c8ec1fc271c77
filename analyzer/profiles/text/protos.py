"""``-proto`` and ``-topproto``: a report as a profile again.

Rules: ``printProto`` and ``printTopProto`` in github.com/google/pprof/internal/report/report.go.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analyzer.profiles.edit import with_values
from analyzer.profiles.encode import encode, pack
from analyzer.profiles.model import Columns, Functions, Labels, Lines, Locations, Mappings, Samples, ValueType
from analyzer.profiles.numbers import truncated
from analyzer.profiles.report import Report
from analyzer.profiles.units import scale


def proto(report: Report) -> bytes:
    """Return the filtered profile, values divided by ``divide_by``."""
    columns = report.columns
    if report.ratio > 0 and report.ratio != 1:
        values = np.trunc(columns.samples.values * report.ratio).astype(np.int64)
        columns = with_values(columns, values)
    return pack(encode(columns))


def top_proto(report: Report) -> bytes:
    """Return the entries of ``-top`` as a profile of one-frame stacks."""
    return pack(encode(_top_columns(report)))


def _top_columns(report: Report) -> Columns:
    graph = report.graph()
    order = graph.order
    flat, cum = graph.flat[order].tolist(), graph.cum[order].tolist()
    report = report.with_unit_for(flat, cum)
    nodes = graph.nodes
    unit, own = report.output_unit, report.measure.type.unit
    values = [[truncated(scale(value, own, unit)[0]) for value in row] for row in zip(cum, flat, strict=True)]
    count = len(order)
    keys = zip(nodes.name[order].tolist(), nodes.file[order].tolist(), nodes.start_line[order].tolist(), strict=True)
    functions: dict[tuple[int, int, int], int] = {}
    rows = [functions.setdefault(key, len(functions)) for key in keys]
    table = np.array(list(functions), np.int64).reshape(-1, 3)
    ids = np.arange(1, count + 1, dtype=np.uint64)
    steps = np.arange(count + 1, dtype=np.int64)
    none = np.zeros(0, np.int32)
    source = report.columns
    return replace(
        source,
        sample_types=(ValueType("cum", unit), ValueType("flat", unit)),
        default_sample_type="",
        samples=Samples(np.array(values, np.int64).reshape(-1, 2), steps, np.arange(count, dtype=np.int32)),
        labels=Labels(none, none, none, none.astype(np.int64), none),
        locations=Locations(ids, np.full(count, -1, np.int32), nodes.address[order], np.zeros(count, bool), steps),
        lines=Lines(np.array(rows, np.int32), nodes.line[order], nodes.column[order]),
        functions=Functions(
            np.arange(1, len(table) + 1, dtype=np.uint64),
            table[:, 0].astype(np.int32),
            np.zeros(len(table), np.int32),
            table[:, 1].astype(np.int32),
            table[:, 2],
        ),
        mappings=_no_mappings(),
        strings=nodes.texts,
        comments=(),
        drop_frames="",
        keep_frames="",
        doc_url="",
    )


def _no_mappings() -> Mappings:
    numbers, rows, flags = np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(0, bool)
    return Mappings(numbers, numbers, numbers, numbers, rows, rows, flags, flags, flags, flags)
