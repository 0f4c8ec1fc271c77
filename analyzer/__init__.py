"""Read, scan and generate Mattermost Support Packets.

    import analyzer
    packet = analyzer.open_packet("mm_support_packet_Acme_2026-11-22T10-00.zip")
    packet                                  # one screen: what is in it, what is missing
    packet.config["SqlSettings.MaxOpenConns"]
    node = next(iter(packet.nodes.values()))
    node.cpu.top(20)                        # a frame of hot functions
    node.goroutines.suspects()              # who waits for whom
    packet.secrets()                        # what sanitizing left behind
    analyzer.scan(["uploads/"])             # many packets
    analyzer.generate(Plan(config="/opt/mattermost/config/config.json"))    # Plan: from analyzer.generate

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, BinaryIO

from analyzer.errors import (
    DumpError,
    LogError,
    NotAPacket,
    PacketError,
    PartError,
    Problem,
    ProfileError,
    Progress,
    SourceError,
    UnsafeArchive,
    UsageError,
)

if TYPE_CHECKING:
    from analyzer.archive import Limits
    from analyzer.face import Packet
    from analyzer.generate import Generated, Plan
    from analyzer.generate.download import Downloaded
    from analyzer.generate.run import Watch
    from analyzer.goroutines import GoroutineDump
    from analyzer.logs import Log
    from analyzer.profiles import Profile
    from analyzer.secrets import Policy, ScanResult

    Source = str | os.PathLike[str] | bytes | BinaryIO

__all__ = [
    "DumpError",
    "Limits",
    "LogError",
    "NotAPacket",
    "PacketError",
    "PartError",
    "Problem",
    "ProfileError",
    "SourceError",
    "UnsafeArchive",
    "UsageError",
    "download",
    "generate",
    "open_packet",
    "read_goroutines",
    "read_log",
    "read_profile",
    "scan",
]


def __getattr__(name: str) -> Any:
    if name == "Limits":  # every start of the command would pay for its import
        from analyzer.archive import Limits

        return Limits
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def open_packet(source: Source, *, limits: Limits | None = None, progress: Progress | None = None) -> Packet:
    """Open a Support Packet of any release (5.33 to 12.x), standalone or cluster, without extracting it.

    Args:
        source: path of a zip, tar.gz or folder, bytes, a binary file object, or an fsspec URL.
        limits: what may be read; see ``Limits``.
        progress: called while the parts are read for ``problems`` and ``summary()``.

    Raises:
        SourceError: the source cannot be read.
        NotAPacket: it is no archive, or holds none of a packet's files.
        UnsafeArchive: the container as a whole is refused.
    """
    from analyzer.face import open_packet as opened

    return opened(source, limits=limits, progress=progress)


def read_profile(source: Source) -> Profile:
    """Read a pprof profile: protobuf (gzip-packed or not) or one of Go's legacy text forms.

    Raises:
        SourceError: the source cannot be read.
        ProfileError: it is no valid profile; one line with the cause.
    """
    from analyzer.profiles import read_profile as read

    return read(source)


def read_goroutines(source: Source) -> GoroutineDump:
    """Read a goroutine dump of Go 1.4 to 1.27, in text or as a profile.

    Raises:
        SourceError: the source cannot be read.
        DumpError: it holds no goroutine at all.
    """
    from analyzer.goroutines import read_goroutines as read

    return read(source)


def read_log(source: Source, **options: Any) -> Log:
    """Read a server log of any form; ``options`` as in ``analyzer.logs.read_log``.

    Raises:
        SourceError: the source cannot be read.
        UsageError: an unknown column.
    """
    from analyzer.logs import read_log as read

    return read(source, **options)


def scan(
    sources: Iterable[Source] | Source,
    *,
    jobs: int | None = None,
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> ScanResult:
    """Scan packets, folders, globs and URLs for secrets; see ``analyzer.batch.many.scan``.

    Args:
        sources: paths or URLs of packets, or of folders that hold packets.
        jobs: processes; the number of processors without it.
        policy: engine, limits, key and known findings.
        progress: called with (packets done, packets in all, what was done).

    Raises:
        UsageError: the engine asked for is not installed.
    """
    from analyzer.batch import scan as scan_sources

    return scan_sources(sources, jobs=jobs, policy=policy, progress=progress)


def generate(plan: Plan, *, watch: Watch | None = None, progress: Progress | None = None) -> Generated:
    """Collect a packet on the server's host, whether the server runs or not, and leave no secret in it.

    Args:
        plan: what to collect, from where, and where to put it (``from analyzer.generate import Plan``).
        watch: called whenever a collector starts or ends.
        progress: called while members are scanned and written.

    Raises:
        UsageError: there is no such configuration, or the plan contradicts itself.
        SourceError: the packet cannot be written.
    """
    # once imported, the room of this name takes this function's place; it can be called in the same way
    from analyzer.generate.generator import generate as run

    return run(plan, watch=watch, progress=progress)


def download(**options: Any) -> Downloaded:
    """Fetch a packet from a running server; ``options`` as in ``analyzer.generate.download.download``.

    Raises:
        UsageError: neither or both of ``server`` and ``local``, no token, or the file cannot be written.
        SourceError: the server refuses, does not answer, or sends no readable packet.
    """
    from analyzer.generate.download import download as fetch

    return fetch(**options)
