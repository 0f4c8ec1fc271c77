"""``supportpacket summary``: what is in a packet."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from analyzer.cli.common import (
    DONE,
    INCOMPLETE,
    Force,
    NodeName,
    NoProgress,
    Output,
    PacketArgument,
    Quiet,
    need_file,
    progress_bar,
    tell_problems,
    write_output,
)


class SummaryFormat(StrEnum):
    """Forms of the summary."""

    text = "text"
    json = "json"


def command(
    source: PacketArgument,
    form: Annotated[
        SummaryFormat, typer.Option("--format", help="text for people, json for scripts")
    ] = SummaryFormat.text,
    node: NodeName = None,
    output: Output = None,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Tell what is in a packet: version, nodes, each part read, missing or broken, problems, warnings."""
    need_file(output, force=force)
    from analyzer.packet import open_packet

    with (
        progress_bar(enabled=not (quiet or no_progress)) as progress,
        open_packet(source, node=node, progress=progress) as packet,
    ):
        summary = packet.summary()
    if form is SummaryFormat.json:
        import orjson

        write_output(
            orjson.dumps(summary.to_dict(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), output, force=force
        )
    else:
        write_output(summary.text(), output, force=force)
    if not quiet:
        tell_problems([p for p in summary.problems if p.severity == "error"], summary.source)
    raise typer.Exit(DONE if summary.complete else INCOMPLETE)
