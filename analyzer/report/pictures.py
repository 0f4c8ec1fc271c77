"""The charts of a packet, drawn once for the page and for the folder of a triage."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from analyzer.report.blocks import Picture
from analyzer.report.sections import MAX_NODES
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.packet import Packet
    from analyzer.packet.node import Node
    from analyzer.secrets import ScanResult

DPI = 130
FEW = 5  # fewer findings are told by their table alone


def draw(packet: Packet, scan: ScanResult) -> dict[str, Picture]:
    """Return the charts by ``node/name`` (``secrets`` for the whole packet); what lacks its data is left out."""
    from analyzer.charts.secrets import SecretsDisplay

    pictures: dict[str, Picture] = {}
    if scan.totals.findings >= FEW:
        png = packet.attempt(
            "chart secrets", partial(_png, partial(_plot, SecretsDisplay.from_findings, scan.findings))
        )
        if png is not None:
            pictures["secrets"] = Picture("secrets", "Secrets by kind", png)
    several = len(packet.nodes) > 1
    for node in list(packet.nodes.values())[:MAX_NODES]:
        for name, title, chart in _charts(node):
            shown = f"{node.name}: {title}" if several else title
            prefix = f"{file_name(node.name)}-" if several else ""
            png = packet.attempt(f"chart {name}", partial(_png, chart))
            if png is not None:
                pictures[f"{node.name}/{name}"] = Picture(f"{prefix}{name}", printable(shown), png)
    return pictures


def _charts(node: Node) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    """Yield name, title and maker of a drawn Display for every part that the node has."""
    from analyzer.charts.goroutines import GoroutineGroupsDisplay, GoroutineStatesDisplay, GoroutineWaitsDisplay
    from analyzer.charts.logs import TimelineDisplay
    from analyzer.charts.profiles import HotFunctionsDisplay

    for part, title in (("cpu", "CPU: hot functions"), ("heap", "Memory: hot functions")):
        profile = getattr(node, part)
        if profile is not None:
            yield part, title, partial(_plot, HotFunctionsDisplay.from_profile, profile)
    dump = node.goroutines
    if dump is not None:
        yield "goroutine_states", "Goroutines by state", partial(_plot, GoroutineStatesDisplay.from_dump, dump)
        yield "goroutine_functions", "Goroutines by function", partial(_plot, GoroutineGroupsDisplay.from_dump, dump)
        if dump.goroutines["wait_minutes"].notna().any():
            yield "goroutine_waits", "Goroutines by waiting time", partial(_plot, GoroutineWaitsDisplay.from_dump, dump)
    log = node.log
    if log is not None:
        yield "log_timeline", "Log by level", partial(_plot, TimelineDisplay.from_log, log)


NAMES = ("secrets", "cpu", "heap", "goroutine_states", "goroutine_functions", "goroutine_waits", "log_timeline")
"""Every chart's file name without ending; a cluster's have the node's name and a dash before it."""


def _plot(compute: Callable[[Any], Any], value: Any) -> Any:
    return compute(value).plot()


def _png(chart: Callable[[], Any]) -> bytes:
    buffer = io.BytesIO()
    chart().figure_.savefig(buffer, format="png", dpi=DPI)
    return buffer.getvalue()


def file_name(text: str) -> str:
    """Return text from a packet as a safe part of a file name."""
    safe = (char if (char.isascii() and char.isalnum()) or char in "-_." else "_" for char in text)
    return "".join(safe)[:80].lstrip(".")
