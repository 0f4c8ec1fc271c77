"""``supportpacket export``: every frame of a packet as one file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.common import (
    DONE,
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
)


class ExportFormat(StrEnum):
    """File forms of a frame."""

    parquet = "parquet"
    csv = "csv"


def command(
    source: PacketArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR", help="folder for the files", show_default=False)
    ],
    form: Annotated[ExportFormat, typer.Option("--format", help="file form")] = ExportFormat.parquet,
    node: NodeName = None,
    force: Force = False,
    show_secrets: Annotated[bool, typer.Option("--show-secrets", help="leave secrets as they stand")] = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Write every frame of a packet as one file; secrets that the scan finds are replaced by their fingerprints."""
    need_folder(output)
    from analyzer.face import open_packet
    from analyzer.report import Veil, export_frames

    with open_packet(source, node=node) as packet, progress_bar(enabled=not (quiet or no_progress)) as progress:
        veil = None if show_secrets else Veil(finding.secret for finding in packet.scan())
        written = export_frames(packet, output, form.value, force=force, progress=progress, veil=veil)
        problems = [problem for problem in packet.problems if problem.severity == "error"]
    notice(f"{len(written)} frames in {output}", quiet=quiet)
    tell_problems(problems, packet.source)
    raise typer.Exit(INCOMPLETE if problems else DONE)
