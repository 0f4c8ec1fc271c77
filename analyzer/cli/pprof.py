"""``supportpacket pprof``: the flags and the text of ``go tool pprof -symbolize=none``, without Go.

Every flag is read as Go reads it, so nothing here is declared for Typer but the words themselves. A source is a
file, or ``PACKET:member``: ``packet.zip:cpu.prof``, ``packet.zip:node-1/heap.prof``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer  # noqa: TC002 - Typer reads the annotation of the context

from analyzer.cli.common import DONE, INCOMPLETE, notice
from analyzer.errors import UsageError

if TYPE_CHECKING:
    from analyzer.profiles.flags import CommandLine

USAGE = """usage: supportpacket pprof <format> [options] [binary] <source> ...

A source is a profile, or one inside a packet: packet.zip:cpu.prof, packet.zip:node-1/heap.prof.
Formats, options and texts are those of 'go tool pprof -symbolize=none'.

formats   {formats}
          {patterned} (each with =regexp)
options   {options}
"""


def command(context: typer.Context) -> int:
    """Answer as 'go tool pprof -symbolize=none' does, also for profiles inside a packet."""
    return run(context.args)


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code.

    Raises:
        PacketError: what pprof refuses; nothing was written.
    """
    from analyzer.cli.pictures import can_draw, show_flame_page
    from analyzer.cli.profilesource import is_binary, read
    from analyzer.profiles.fetch import fetch
    from analyzer.profiles.flags import HelpRequested, parse
    from analyzer.profiles.text.reports import generate

    try:
        line = parse(arguments, is_binary)
    except HelpRequested:
        print(_usage(), end="")
        return DONE
    for note in line.notes:
        notice(note)
    if not line.command:
        raise UsageError("no output format given, such as -top; there is no interactive shell here")
    fetched = fetch(line.fetch, read, notice)
    if fetched.failed:
        notice(f"{fetched.failed} of {len(line.fetch.sources) + len(line.fetch.bases)} profiles could not be read")
    if line.command == "web" and not can_draw():
        show_flame_page(fetched.columns, line.options)
    else:
        data = generate(fetched.columns, line.command, line.options, line.pattern, warn=notice)
        _deliver(data, line)
    return INCOMPLETE if fetched.failed else DONE


def _usage() -> str:
    import textwrap

    from analyzer.profiles.flags import KINDS, PATTERN_REPORTS, REPORTS

    def flow(names: Sequence[str]) -> str:
        text = " ".join(f"-{name}" for name in names)
        return textwrap.fill(text, 100, initial_indent=" " * 10, subsequent_indent=" " * 10).strip()

    others = sorted(name for name in KINDS if name not in (*REPORTS, *PATTERN_REPORTS))
    return USAGE.format(formats=flow(REPORTS), patterned=flow(PATTERN_REPORTS), options=flow(others))


def _deliver(data: str | bytes, line: CommandLine) -> None:
    from analyzer.cli.pictures import BINARY, finished, open_viewer

    suffix, data = finished(line.command, data)
    if not line.output and open_viewer(line.command, suffix, data):
        return
    output = line.output
    if not output and line.command in BINARY and sys.stdout.isatty():
        output = _unused_name(suffix)  # nothing binary goes to a terminal
    if output:
        _write(Path(output), data)
        return
    if isinstance(data, str) and sys.stdout.isatty():
        data = _escaped(data)
    sys.stdout.flush()
    sys.stdout.buffer.write(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


def _escaped(text: str) -> str:
    """Return text in which nothing but line breaks and tabs controls the terminal."""
    from analyzer.text import printable

    return "\n".join("\t".join(printable(cell) for cell in row.split("\t")) for row in text.split("\n"))


def _unused_name(suffix: str) -> str:
    for number in range(1, 10_000):
        name = f"profile{number:03d}.{suffix}"
        if not Path(name).exists():
            return name
    raise UsageError("no unused file name left for the report")


def _write(path: Path, data: str | bytes) -> None:
    """Write a file whole or not at all; like pprof, over one of that name."""
    from analyzer.files import replace_when_done

    notice(f"Generating report in {path}")
    with replace_when_done(path, force=True) as partial:
        partial.write_bytes(data if isinstance(data, bytes) else data.encode("utf-8", "replace"))
