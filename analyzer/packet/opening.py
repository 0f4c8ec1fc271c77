"""``open_packet``: from a source to a Packet."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeVar

from analyzer.archive import Limits, open_archive
from analyzer.errors import NotAPacket, Progress
from analyzer.packet.layout import find_parts
from analyzer.packet.packet import Packet
from analyzer.text import count, printable

if TYPE_CHECKING:
    from analyzer.archive import Archive

PacketSource: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
AnyPacket = TypeVar("AnyPacket", bound=Packet)


def open_packet(
    source: PacketSource,
    *,
    limits: Limits | None = None,
    name: str | None = None,
    node: str | None = None,
    progress: Progress | None = None,
) -> Packet:
    """Open a Support Packet of any release without extracting it.

    Args:
        source: path of a zip, tar.gz or folder, bytes, a binary file object, or an fsspec URL.
        limits: what may be read; see ``Limits``.
        name: what to call it in messages; the source's own name by default.
        node: only this node of a cluster, and the packet as a whole.
        progress: called with (members done, members in all, what is read) while everything is read.

    Raises:
        SourceError: the source cannot be read.
        NotAPacket: it is no archive, or holds none of a packet's files.
        UnsafeArchive: the container as a whole is refused.
        UsageError: the packet has no such node.
    """
    return packet_of(open_archive(source, limits=limits or Limits(), name=name), Packet, progress, node)


def packet_of(
    archive: Archive, kind: type[AnyPacket], progress: Progress | None = None, node: str | None = None
) -> AnyPacket:
    """Return an opened archive as a packet of class ``kind``; closes it if it is none.

    Raises:
        NotAPacket: see ``open_packet``.
    """
    layout = find_parts(archive.members)
    if archive.kind in {"file", "gzip"}:
        archive.close()
        if not archive.size:
            raise NotAPacket(f"{archive.name}: empty, no Support Packet")
        why = f" ({archive.refused[0].message})" if archive.refused else ""
        raise NotAPacket(f"{archive.name}: a single file, no Support Packet{why}; see goroutines, logs, flame, pprof")
    if not layout.holds_a_packet:
        reason = _reason(archive)
        archive.close()
        raise NotAPacket(f"{archive.name}: no Support Packet: {reason}")
    return kind(archive, layout, progress, node)


def _reason(archive: Archive) -> str:
    if not archive.members and archive.refused:
        return f"no member can be read ({archive.refused[0].message})"
    if not archive.members:
        return "it is empty"
    inner = [member for member in archive.members if member.path.lower().endswith((".zip", ".tar.gz", ".tgz"))]
    if inner:
        return f"it holds {count(len(inner), 'archive')} ({inner[0].shown}); unpack it, or scan it as it is"
    names = ", ".join(printable(member.path, 40) for member in archive.members[:3])
    more = ", …" if len(archive.members) > 3 else ""
    return f"none of its files in {count(len(archive.members), 'member')} ({names}{more})"
