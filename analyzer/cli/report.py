"""``supportpacket report``: the offline page alone."""

from __future__ import annotations

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
    need_file,
    notice,
    progress_bar,
    tell_problems,
    write_output,
)
from analyzer.errors import UsageError
from analyzer.text import printable


def command(
    source: PacketArgument,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="the page", show_default=False)],
    node: NodeName = None,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Write one offline HTML page about a packet; it loads nothing and shows no secret."""
    if output.suffix.lower() not in {"", ".html", ".htm"}:
        raise UsageError(f"{printable(str(output))}: the report is an HTML page; name it .html")
    from analyzer.face import open_packet

    need_file(output, force=force)
    with (
        progress_bar(enabled=not (quiet or no_progress)) as progress,
        open_packet(source, node=node, progress=progress) as packet,
    ):
        write_output(packet.report(), output, force=force)
        problems = [problem for problem in packet.problems if problem.severity == "error"]
    notice(f"report: {output}", quiet=quiet)
    tell_problems(problems, packet.source)
    raise typer.Exit(INCOMPLETE if problems else DONE)
