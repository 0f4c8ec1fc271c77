"""What a packet lacks: parts that this release should have sent, what could not be read, what the server could not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.errors import Problem
from analyzer.format.files import expected_files
from analyzer.format.lineage import Lineage
from analyzer.packet.layout import NODE_FILES, PACKET_FILES
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.packet.packet import Packet
    from analyzer.packet.reading import Desk


def note_oddities(desk: Desk) -> None:
    """Note what the names alone show: repeated members, a wrapping folder, unsafe names."""
    layout = desk.layout
    for member in layout.repeated:
        times = "another member of this name; read as another node's" if "/" not in layout.inner(member) else "repeated"
        desk.note(desk.name(member, None), times, stage="find", severity="warning")
    if layout.top:
        desk.note(layout.top, "a folder wraps the whole packet", stage="find", severity="info")
    for member in layout.other:
        if "unsafe-name" in member.flags:
            desk.note(
                member.shown, "an unsafe name: it counts as no part of the packet", stage="find", severity="warning"
            )


def missing(packet: Packet) -> tuple[str, ...]:
    """Return paths that this release always sends, or that its configuration calls for, and that are not there."""
    held = {packet.layout.inner(member) for member in packet.archive.members}
    folders = {node.folder for node in packet.nodes.values()} if packet.clustered else {""}
    clustered = packet.lineage is Lineage.V2_CLUSTER
    gone: dict[str, None] = {}
    for node in packet.nodes.values():
        for expected in expected_files(packet.version, clustered=clustered, config=node.config):
            if not expected.required:
                continue
            prefix = f"{node.folder}/" if expected.per_node and node.folder in folders and node.folder else ""
            if node.folder and not expected.per_node and expected.name in _PER_NODE:
                continue
            if f"{prefix}{expected.name}" not in held:
                gone[printable(f"{prefix}{expected.name}")] = None
    if not packet.nodes:
        for expected in expected_files(packet.version, clustered=False):
            if expected.required and expected.name not in held:
                gone[expected.name] = None
    return tuple(gone)


_PER_NODE = frozenset(NODE_FILES.values())


def warning_lines(packet: Packet) -> tuple[str, ...]:
    """Return the messages of warning.txt, each as one line of text."""
    warnings = packet.server_warnings
    if warnings is None:
        return ()
    return tuple(" ".join(complaint.text.split()) for complaint in warnings.complaints(packet.version))


def server_problems(packet: Packet) -> tuple[Problem, ...]:
    """Return every message of warning.txt as a problem of the part that it concerns."""
    warnings = packet.server_warnings
    if warnings is None:
        return ()
    return tuple(
        Problem(
            None,
            printable(complaint.part or PACKET_FILES["warnings"], 200),
            "server",
            "warning",
            printable(" ".join(complaint.text.split()), 1000),
            complaint.span,
        )
        for complaint in warnings.complaints(packet.version)
    )
