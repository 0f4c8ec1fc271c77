"""What sanitizing left behind: policy by server version, rules over every byte, findings without the secret.

The rules and the engine are imported when a scan begins, so that importing this room costs little.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.secrets.baseline import Known, baseline_text, read_known
from analyzer.secrets.finding import FINDINGS, PROBLEMS, Finding, ScanProblem
from analyzer.secrets.policy import Policy
from analyzer.secrets.result import PacketScan, ScanResult
from analyzer.secrets.secret import FingerprintKey, Secret, own_key, read_key

if TYPE_CHECKING:
    from analyzer.archive import Archive
    from analyzer.errors import Progress
    from analyzer.packet import Packet

__all__ = [
    "FINDINGS",
    "PROBLEMS",
    "Finding",
    "FingerprintKey",
    "Known",
    "PacketScan",
    "Policy",
    "ScanProblem",
    "ScanResult",
    "Secret",
    "baseline_text",
    "own_key",
    "read_key",
    "read_known",
    "scan_archive",
    "scan_packet",
]


def scan_packet(
    packet: Packet | Archive, *, policy: Policy | None = None, progress: Progress | None = None
) -> ScanResult:
    """Scan an opened packet or archive.

    Args:
        packet: what ``open_packet`` or ``open_archive`` returned; it is not closed.
        policy: engine, limits, key and known findings.
        progress: called with (bytes done, None, member).

    Raises:
        UsageError: the engine asked for is not installed.
    """
    import time

    from analyzer.archive import Archive

    started = time.perf_counter()
    archive = packet if isinstance(packet, Archive) else packet.archive
    scanned = scan_archive(archive, policy=policy, progress=progress)
    return ScanResult((scanned,), time.perf_counter() - started)


def scan_archive(
    archive: Archive, *, source: str | None = None, policy: Policy | None = None, progress: Progress | None = None
) -> PacketScan:
    """Scan every byte of one archive and return what was found; one bad member never hides the rest.

    Args:
        archive: opened; it is not closed.
        source: what the user called it; the archive's own name otherwise.
        policy: engine, limits, key and known findings.
        progress: called with (bytes done, None, member).

    Raises:
        UsageError: the engine asked for is not installed.
    """
    from analyzer.secrets.scan import scan_members

    return scan_members(archive, source=source, policy=policy, progress=progress)
