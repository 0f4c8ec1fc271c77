"""The offline page: everything about one packet in one HTML file that loads nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from analyzer.report import sections as make
from analyzer.report.blocks import Mood, Picture, Section, Tile
from analyzer.report.pictures import draw
from analyzer.report.veil import Veil
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.packet import Packet
    from analyzer.secrets import ScanResult

Findings = Sequence[Mapping[str, object]]


def render_report(packet: Packet, scan: ScanResult, pictures: Mapping[str, Picture] | None = None) -> str:
    """Return the page about a packet as HTML.

    Args:
        packet: the opened packet; parts that were not read yet are read.
        scan: what the secret scan of the packet found; what it found is shown nowhere, not even in a log line.
        pictures: charts that were drawn already (``pictures.draw``), drawn here otherwise.
    """
    from importlib.metadata import version

    import jinja2

    drawn = draw(packet, scan) if pictures is None else pictures
    findings = scan.rows()
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analyzer.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    page = environment.get_template("report.html").render(
        title=_title(packet),
        source=packet.source,
        tiles=_tiles(packet, findings),
        sections=_sections(packet, findings, drawn),
        version=version("supportpacket"),
    )
    return Veil(finding.secret for finding in scan).html(page)


def _title(packet: Packet) -> str:
    company = packet.summary().company
    server = f"Mattermost {packet.server_version}" if packet.server_version else "Mattermost, unknown version"
    return printable(f"{company} · {server}" if company else server)


def _sections(packet: Packet, findings: Findings, pictures: Mapping[str, Picture]) -> list[Section]:
    made = [
        packet.attempt(f"section {name}", make_section)
        for name, make_section in (
            ("secrets", partial(make.secrets, findings, pictures)),
            ("goroutines", partial(make.goroutines, packet, pictures)),
            ("profiles", partial(make.profiles, packet, pictures)),
            ("log", partial(make.logs, packet, pictures)),
            ("server", partial(make.server, packet)),
        )
    ]
    # made last, so that it names what could not be shown, and shown first
    made.insert(0, make.overview(packet))
    return [section for section in made if section is not None]


def _tiles(packet: Packet, findings: Findings) -> list[Tile]:
    """Return the numbers that say at a glance whether something is wrong."""
    sure = sum(1 for row in findings if row["confidence"] != "low")
    summary = packet.summary()
    unread = sum(1 for problem in summary.problems if problem.severity == "error")
    stuck = errors = 0
    for node in packet.nodes.values():
        if node.goroutines is not None:
            suspects = node.goroutines.suspects()
            stuck += int(suspects.loc[suspects["severity"] != "info", "count"].sum())
        if node.log is not None:
            errors += int(node.log.lines["level"].isin(["error", "critical", "fatal", "panic"]).sum())
    numbers: tuple[tuple[int, str, str, Mood], ...] = (
        (sure, "secret in clear", "secrets in clear", "bad"),
        (stuck, "goroutine under suspicion", "goroutines under suspicion", "warn"),
        (errors, "error in the log", "errors in the log", "warn"),
        (len(summary.warnings), "warning of the server", "warnings of the server", "warn"),
        (len(summary.missing), "part missing", "parts missing", "warn"),
        (unread, "part unreadable", "parts unreadable", "bad"),
    )
    return [
        Tile(f"{number:,}", one if number == 1 else many, mood if number else "good")
        for number, one, many, mood in numbers
    ]
