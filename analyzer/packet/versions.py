"""Which server made a packet, and when: asked of one part after the other, the surest first."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from analyzer.archive import MemberError
from analyzer.format.versions import parse_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.archive import Member
    from analyzer.packet.packet import Packet

# "Current version is 6.1.0 (...)" and the field current_version of the same line: the only trace before 7.0
_LOGGED = re.compile(rb'"current_version":"([0-9A-Za-z.+-]{1,40})"|Current version is ([0-9A-Za-z.+-]{1,40})')


def server_version(packet: Packet) -> str | None:
    """Return the version from metadata, diagnostics, support_packet.yaml or the log, None if none of them tells."""
    for text in _told(packet):
        if text and parse_version(text):
            return text
    return None


def _told(packet: Packet) -> Iterator[str | None]:
    if packet.metadata is not None:
        yield packet.metadata.server_version
    for node in packet.nodes.values():
        if node.diagnostics is not None and node.diagnostics.server is not None:
            yield node.diagnostics.server.version
    if packet.support_packet is not None:
        yield packet.support_packet.server_version
    for node in packet.nodes.values():
        if "log" in node.members:
            yield _logged(packet, node.members["log"])


def _logged(packet: Packet, member: Member) -> str | None:
    found, tail = None, b""
    try:
        for chunk in packet.archive.chunks(member):
            # the last start in the log is the running server
            for match in _LOGGED.finditer(tail + chunk):
                found = match.group(1) or match.group(2)
            tail = chunk[-128:]
    except MemberError:  # told where the log itself is read
        pass
    return found.decode() if found else None


def generated_at(packet: Packet) -> datetime | None:
    """Return the time in metadata.yaml, else the newest time of a member, UTC."""
    if packet.metadata is not None and packet.metadata.generated_at is not None:
        return packet.metadata.generated_at
    if packet.archive.kind == "folder":
        return None  # its files have the time of unpacking or copying
    times = [member.modified for member in packet.archive.members if member.modified is not None]
    return max(times).astimezone(UTC) if times else None
