"""``supportpacket triage``: the main job, everything about one packet in one folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.common import (
    DONE,
    FOUND,
    INCOMPLETE,
    Force,
    NodeName,
    NoProgress,
    PacketArgument,
    Quiet,
    need_folder,
    notice,
    progress_bar,
    tell_problems,
    write_output,
)


def command(
    source: PacketArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="folder for the results", show_default=False)
    ],
    node: NodeName = None,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Write report.html, summary.json, charts/*.png, findings.jsonl and frames/*.csv for one packet.

    Exits with 1 when secrets were found, with 3 when something could not be read.
    """
    need_folder(output)
    from analyzer.face import open_packet
    from analyzer.report import write_triage

    with (
        progress_bar(enabled=not (quiet or no_progress)) as progress,
        open_packet(source, node=node, progress=progress) as packet,
    ):
        result = write_triage(packet, packet.scan(), output, force=force)
    if not quiet:
        write_output(result.text(), None)
    tell_problems([p for p in result.summary.problems if p.severity == "error"], result.summary.source)
    notice(f"report: {result.report}", quiet=quiet)
    raise typer.Exit(FOUND if result.findings else DONE if result.complete else INCOMPLETE)
