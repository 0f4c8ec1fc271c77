"""The forms of a finished scan: table, JSON, JSON lines, CSV, Parquet, SARIF."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

from analyzer.cli.common import FrameFormat, terminal_width, text_table
from analyzer.text import count, printable

if TYPE_CHECKING:
    from analyzer.secrets import Finding, ScanResult


def render(result: ScanResult, form: str, *, show_secrets: bool = False, interrupted: bool = False) -> bytes:
    """Return ``result`` as bytes in one form other than the table; values only with ``show_secrets``."""
    if form == "sarif":
        return (json.dumps(result.to_sarif(), indent=1, ensure_ascii=True) + "\n").encode()
    if form == "jsonl":
        return result.to_jsonl(show_secrets=show_secrets).encode()
    if form == "json":
        tree = {
            "findings": result.rows(show_secrets=show_secrets),
            "problems": [problem.record() for packet in result.packets for problem in packet.problems],
            "summary": result.totals.record() | ({"interrupted": True} if interrupted else {}),
        }
        return (json.dumps(tree, indent=1, ensure_ascii=True) + "\n").encode()
    from analyzer.cli.frames import render_frame

    frame = result.findings
    if show_secrets:
        frame = frame.assign(secret=[finding.secret.reveal() for finding in result])
    return render_frame(frame, FrameFormat(form))


def table(result: ScanResult, given: Collection[str], *, least: str, below: int, show_secrets: bool) -> str:
    """Return ``result`` as a table for people.

    Args:
        result: what was found.
        given: the sources as the user named them; a packet that is none of them is named with its findings.
        least: least confidence reported.
        below: findings left out because of it.
        show_secrets: whether the values are shown.
    """
    opened = [packet.source for packet in result.packets if packet.opened]
    several = len(opened) > 1 or any(source not in given for source in opened)
    headers = ["confidence", "kind", "where", "times", "fingerprint", "what to do"]
    rows: list[list[object]] = [
        [f.confidence, f.kind, _where(f, several=several), f.occurrences, f.fingerprint[:17], f.remedy] for f in result
    ]
    if show_secrets:
        headers.insert(3, "secret")
        for row, finding in zip(rows, result, strict=True):
            row.insert(3, finding.secret.reveal())
    text = text_table(headers, rows, width=terminal_width()) if rows else f"{_nothing(result, least, below)}\n"
    lost = [problem for packet in result.packets for problem in packet.problems]
    if lost:
        text += f"\n{count(len(lost), 'remark')}:\n"
        for problem in lost:
            where = f"{problem.source}: {problem.member}" if problem.member else problem.source
            text += f"  {problem.severity}: {printable(where)}: {printable(problem.message)}\n"
    return text


def _nothing(result: ScanResult, least: str, below: int) -> str:
    """Say why there is no row: nothing found, only weaker findings, or nothing that could be looked at."""
    if below:
        return f"no secret at {least} confidence{'' if least == 'high' else ' or above'} ({below:,} below it)"
    if not result.packets or not (result.totals.bytes or result.complete):
        return "nothing was scanned"
    return "no secret found" if result.totals.packets else "nothing to scan"


def _where(finding: Finding, *, several: bool) -> str:
    place = f"{finding.packet}!/{finding.member}" if several else finding.member
    if finding.key_path:
        return f"{place} {finding.key_path}"
    return f"{place}:{finding.line}" if finding.line is not None else f"{place} at byte {finding.offset:,}"
