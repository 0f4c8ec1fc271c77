"""What stands above a report.

Rules: ``ProfileLabels`` and ``reportLabels`` in github.com/google/pprof/internal/report/report.go.
"""

from __future__ import annotations

import time

from analyzer.profiles.numbers import truncated
from analyzer.profiles.paths import base
from analyzer.profiles.report import Report
from analyzer.profiles.units import label, percentage, scale

_READING = "\nSee https://git.io/JfYMW for how to read the graph"


def profile_labels(report: Report) -> list[str]:
    """Return what the profile is: binary, comments, measure, time, duration."""
    columns = report.columns
    lines = []
    if len(columns.mappings):
        file, build_id = (
            columns.strings[column[0]] for column in (columns.mappings.filename, columns.mappings.build_id)
        )
        if file:
            lines.append(f"File: {base(file)}")
        if build_id:
            lines.append(f"Build ID: {build_id}")
    lines.extend(comment for comment in columns.comments if not comment.startswith("#"))
    if report.measure.title:
        lines.append(f"Type: {report.measure.title}")
    if columns.doc_url:
        lines.append(f"Doc: {columns.doc_url}")
    if columns.time_ns:
        lines.append(f"Time: {local_time(columns.time_ns)}")
    if columns.duration_ns:
        amount, unit = scale(report.total, report.measure.type.unit, "nanoseconds")
        share = f"({percentage(truncated(amount), columns.duration_ns)})" if unit == "ns" and amount else ""
        duration = label(columns.duration_ns, "nanoseconds")
        lines.append(f"Duration: {duration}, Total samples = {report.format(report.total)} {share}")
    return lines


def local_time(time_ns: int) -> str:
    """Return a moment in the local time zone, to the second, with the zone's abbreviation."""
    moment = time.localtime(time_ns // 1_000_000_000)
    return time.strftime("%Y-%m-%d %H:%M:%S %Z", moment)


def report_labels(
    report: Report, shown: int, count: int, before: int, dropped: int, dropped_edges: int = 0, *, full: bool = False
) -> list[str]:
    """Return the whole heading.

    Args:
        report: the report.
        shown: sum of the flat values shown.
        count: entries shown.
        before: entries before their number was limited.
        dropped: entries left out as too small.
        dropped_edges: calls left out as too small.
        full: the form for pictures.
    """
    options = report.options
    lines = profile_labels(report) if full or not options.compact_labels else []
    if report.filters:
        lines.append("Active filters:")
        lines.extend("   " + _cut(text) for text in report.filters)
    total = report.total
    lines.append(
        f"Showing nodes accounting for {report.format(shown)}, "
        f"{percentage(shown, total).strip()} of {report.format(total)} total"
    )
    if total:
        for number, noun, name, fraction in (
            (dropped, "node", "cum", options.nodefraction),
            (dropped_edges, "edge", "freq", options.edgefraction),
        ):
            if number > 0:
                limit = report.format(abs(truncated(float(total) * fraction)))
                lines.append(f"Dropped {number} {noun}{'s' * (number > 1)} ({name} <= {limit})")
        if 0 < count < before:
            lines.append(f"Showing top {count} nodes out of {before}")
    if full:
        lines.append(_READING)
    return lines


def _cut(text: str) -> str:
    data = text.encode("utf-8", "surrogateescape")
    return text if len(data) <= 80 else data[:80].decode("utf-8", "replace") + "…"
