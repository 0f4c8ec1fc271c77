"""The packet that callers hold: everything of ``analyzer.packet`` plus the questions that higher rooms answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.archive import Limits, open_archive
from analyzer.packet import Packet as OpenedPacket
from analyzer.packet import packet_of

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.errors import Progress
    from analyzer.packet.opening import PacketSource
    from analyzer.secrets import Policy, ScanResult


class Packet(OpenedPacket):
    """One Support Packet; see ``analyzer.packet.Packet``."""

    def scan(self, policy: Policy | None = None) -> ScanResult:
        """Return what the secret scanner finds in this packet, with its problems and totals."""
        from analyzer.secrets import scan_packet

        return scan_packet(self, policy=policy, progress=self._progress)

    def secrets(self, policy: Policy | None = None) -> pd.DataFrame:
        """Return the findings of the secret scanner as a frame: one row a secret, never the secret itself."""
        return self.scan(policy).findings

    def report(self) -> str:
        """Return the offline HTML page about this packet."""
        from analyzer.report import render_report

        return render_report(self, self.scan())


def open_packet(
    source: PacketSource, *, limits: Limits | None = None, node: str | None = None, progress: Progress | None = None
) -> Packet:
    """Open a Support Packet; see ``analyzer.open_packet``."""
    return packet_of(open_archive(source, limits=limits or Limits()), Packet, progress, node)
