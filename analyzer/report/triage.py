"""The main job: one folder with everything about one packet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.files import refuse_overwrite, replace_when_done
from analyzer.report.export import export_frames
from analyzer.report.page import render_report
from analyzer.report.pictures import NAMES, draw
from analyzer.report.veil import Veil
from analyzer.text import count, printable

if TYPE_CHECKING:
    from analyzer.packet import Packet, PacketSummary
    from analyzer.secrets import ScanResult

FRAMES = frozenset(
    {
        "parts", "problems", "diagnostics", "settings", "stats", "jobs", "plugins", "permissions",
        "cpu_top", "heap_top", "goroutines", "goroutine_states", "goroutine_groups", "goroutine_suspects",
        "log_quality", "log_templates",
    }
)  # fmt: skip
"""Frames that a triage writes; ``export`` writes all."""


@dataclass(frozen=True, slots=True)
class TriageResult:
    """What a triage wrote and found.

    Attributes:
        summary: the packet's summary.
        report: path of the page.
        findings: number of secrets at or above medium confidence.
        complete: whether everything in the packet could be read and scanned.
        suspects: goroutines that look stuck, one line a kind.
    """

    summary: PacketSummary
    report: Path
    findings: int
    complete: bool
    suspects: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the summary, then what looks stuck, then whether there are secrets."""
        found = f"{count(self.findings, 'secret')} in clear: see findings.jsonl" if self.findings else "no secret found"
        return "\n".join([self.summary.text(), *self.suspects, found]) + "\n"


def write_triage(packet: Packet, scan: ScanResult, folder: Path, *, force: bool = False) -> TriageResult:
    """Write ``report.html``, ``summary.json``, ``charts/*.png``, ``findings.jsonl`` and ``frames/*.csv``.

    Raises:
        UsageError: the folder holds results already and ``force`` is false, or it cannot be written.
    """
    import orjson

    report = folder / "report.html"
    refuse_overwrite(report, force=force)
    pictures = draw(packet, scan)
    findings = scan.rows()
    if force:  # charts of an earlier packet must not be taken for this one's
        for name in NAMES:
            for stale in (folder / "charts").glob(f"*{name}.png"):
                stale.unlink()
    for picture in pictures.values():
        _write(folder / "charts" / f"{picture.name}.png", picture.png, force=force)
    veil = Veil(finding.secret for finding in scan)
    export_frames(packet, folder / "frames", "csv", force=force, only=FRAMES, veil=veil)
    _write(folder / "findings.jsonl", scan.to_jsonl().encode(), force=force)
    summary = packet.summary()
    told = summary.to_dict() | {"findings": len(findings)}
    _write(
        folder / "summary.json", orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), force=force
    )
    _write(report, render_report(packet, scan, pictures).encode("utf-8", "backslashreplace"), force=force)
    sure = sum(1 for row in findings if row["confidence"] != "low")
    return TriageResult(summary, report, sure, summary.complete and not len(scan.problems), tuple(_stuck(packet)))


def _stuck(packet: Packet) -> Iterator[str]:
    for node in packet.nodes.values():
        frame = None if node.goroutines is None else node.goroutines.suspects()
        if frame is None:
            continue
        for severity, kind, number in zip(frame["severity"], frame["kind"], frame["count"], strict=True):
            if severity != "info":
                yield printable(f"{severity}: {kind}: {count(int(number), 'goroutine')} on {node.name}")


def _write(path: Path, data: bytes, *, force: bool) -> None:
    with replace_when_done(path, force=force) as partial:
        partial.write_bytes(data)
