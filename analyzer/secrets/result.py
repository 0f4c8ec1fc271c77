"""What a scan of one or many packets gave: findings, problems, totals, and the forms they leave in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analyzer.secrets.finding import FINDINGS, PROBLEMS, Confidence, Finding, ScanProblem

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class PacketScan:
    """What the scan of one source gave.

    Attributes:
        source: the source as the user gave it.
        kind: ``packet``, or the kind of archive it is (``zip``, ``tar``, ``folder``, ``gzip``, ``file``); ``unread``
            if it could not be opened, ``skipped`` if it was left alone on purpose.
        findings: to be reported.
        suppressed: what a baseline or allow list accounts for.
        problems: what could not be scanned.
        members: members scanned.
        bytes: unpacked bytes scanned.
        sha256: of the source's bytes, where they were read for that.
        repeated_of: the source with the same content that was scanned instead.
        paths: members scanned with their sizes, for SARIF.
    """

    source: str
    kind: str = "packet"
    findings: tuple[Finding, ...] = ()
    suppressed: tuple[Finding, ...] = ()
    problems: tuple[ScanProblem, ...] = ()
    members: int = 0
    bytes: int = 0
    sha256: str | None = None
    repeated_of: str | None = None
    paths: tuple[tuple[str, int], ...] = field(default=(), repr=False)

    @property
    def opened(self) -> bool:
        """Whether there was anything to scan."""
        return self.kind not in {"unread", "skipped"}


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts over a whole scan.

    Attributes:
        packets: sources opened and scanned, packets or not.
        members: members scanned, those of archives inside too.
        bytes: unpacked bytes scanned.
        findings: findings reported, of any confidence.
        suppressed: findings that a baseline or allow list accounts for.
        problems: problem lines that mean something was not scanned or doubtful.
        repeated: sources whose content another source had already; scanned once.
        seconds: wall-clock time.
    """

    packets: int = 0
    members: int = 0
    bytes: int = 0
    findings: int = 0
    suppressed: int = 0
    problems: int = 0
    repeated: int = 0
    seconds: float = 0.0

    def record(self) -> dict[str, Any]:
        """Return the summary line's JSON form."""
        row: dict[str, Any] = {"type": "summary"}
        row |= {"unpacked_bytes" if name == "bytes" else name: getattr(self, name) for name in self.__slots__}
        row["seconds"] = round(self.seconds, 3)
        return row


@dataclass(frozen=True)
class ScanResult:
    """Findings, problems and totals; frames are made when they are asked for. Its text shows counts only.

    Attributes:
        packets: one :class:`PacketScan` a source, in order.
        seconds: wall-clock time of the whole scan.
    """

    packets: tuple[PacketScan, ...] = ()
    seconds: float = 0.0
    extra_problems: tuple[ScanProblem, ...] = field(default=())

    def __repr__(self) -> str:
        t = self.totals
        return f"<ScanResult: {t.packets} packets, {t.findings} findings, {t.problems} problems>"

    def __iter__(self) -> Iterator[Finding]:
        """Yield the findings that no baseline or allow list accounts for."""
        for packet in self.packets:
            yield from packet.findings

    @cached_property
    def totals(self) -> Totals:
        """Counts over the whole scan."""
        packets = self.packets
        return Totals(
            packets=sum(p.opened and p.repeated_of is None for p in packets),
            members=sum(p.members for p in packets),
            bytes=sum(p.bytes for p in packets),
            findings=sum(len(p.findings) for p in packets),
            suppressed=sum(len(p.suppressed) for p in packets),
            problems=sum(row.severity != "info" for row in self._problem_rows()),
            repeated=sum(p.repeated_of is not None for p in packets),
            seconds=self.seconds,
        )

    def _problem_rows(self) -> list[ScanProblem]:
        return [*self.extra_problems, *(row for packet in self.packets for row in packet.problems)]

    @property
    def complete(self) -> bool:
        """Whether everything could be scanned."""
        return not any(row.loses_content for row in self._problem_rows())

    def reaching(self, confidence: Confidence) -> list[Finding]:
        """Return the findings of at least ``confidence``."""
        return [finding for finding in self if finding.reaches(confidence)]

    @cached_property
    def findings(self) -> pd.DataFrame:
        """Frame of findings: one row a rule, value and packet; see ``analyzer.secrets.FINDINGS``. Never a secret."""
        return findings_frame(self)

    @cached_property
    def problems(self) -> pd.DataFrame:
        """Frame of what could not be scanned, without remarks; see ``analyzer.secrets.PROBLEMS``."""
        rows = [row for row in self._problem_rows() if row.severity != "info"]
        return PROBLEMS.frame({name: [getattr(row, name) for row in rows] for name in PROBLEMS.names})

    def rows(self, *, show_secrets: bool = False) -> list[dict[str, Any]]:
        """Return the findings as the dictionaries of the JSON lines."""
        return [finding.record(show_secrets=show_secrets) for finding in self]

    def to_jsonl(self, *, show_secrets: bool = False) -> str:
        """Return findings, problems and the summary as JSON lines, as ``scan --format jsonl`` writes them."""
        lines = [
            *self.rows(show_secrets=show_secrets),
            *(row.record() for row in self._problem_rows()),
            self.totals.record(),
        ]
        return "".join(json_line(line) for line in lines)

    def to_sarif(self) -> dict[str, Any]:
        """Return a SARIF 2.1.0 log: packets and members as artifacts, byte regions, keyed fingerprints, no snippet."""
        from analyzer.secrets.sarif import sarif_log

        return sarif_log(self)


def findings_frame(findings: Iterable[Finding]) -> pd.DataFrame:
    """Return findings as a frame of the schema ``FINDINGS``."""
    rows = [finding.record() for finding in findings]
    return FINDINGS.frame({name: [row[name] for row in rows] for name in FINDINGS.names})


def json_line(row: dict[str, Any]) -> str:
    """Return one record as a JSON line; everything beyond ASCII is escaped, so no control character gets through."""
    return json.dumps(row, ensure_ascii=True) + "\n"
