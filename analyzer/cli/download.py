"""``supportpacket download``: a packet fetched from a running server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from analyzer.cli.common import (
    DONE,
    INCOMPLETE,
    Force,
    NoProgress,
    Quiet,
    need_folder,
    notice,
    progress_bar,
    write_output,
)
from analyzer.errors import UsageError
from analyzer.text import count, human_bytes, printable


def command(
    server: Annotated[
        str | None, typer.Option("--server", metavar="URL", help="the server's site URL", show_default=False)
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="administrator's token (or in MM_TOKEN)",
            show_default=False,
        ),
    ] = None,
    local: Annotated[
        Path | None,
        typer.Option("--local", metavar="SOCKET", help="the server's local-mode socket instead", show_default=False),
    ] = None,
    no_logs: Annotated[bool, typer.Option("--no-logs", help="no log files")] = False,
    plugin_packet: Annotated[
        list[str] | None,
        typer.Option("--plugin-packet", metavar="ID", help="this plugin's optional data too", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="folder for the packet")] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="tell what was fetched as JSON on stdout")] = False,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Fetch a Support Packet from a running server, as 'mmctl system supportpacket' does, and say what it lacks.

    Exits with 0 when nothing is missing, 3 when something is, 2 when there is no packet.
    """
    _check(server, token_file, local, output)
    from analyzer.generate.api import read_token
    from analyzer.generate.download import download

    token = read_token(token_file) if token_file else os.environ.get("MM_TOKEN")
    with progress_bar(enabled=not (quiet or no_progress)) as progress:
        done = download(
            server=server,
            token=token,
            local=local,
            output=output,
            with_logs=not no_logs,
            plugin_packets=tuple(plugin_packet or ()),
            force=force,
            progress=progress,
        )
    if as_json:
        import orjson

        tree = {
            "path": str(done.path),
            "size": done.size,
            "version": done.version,
            "complete": done.complete,
            "missing": list(done.missing),
            "warnings": list(done.warnings),
            "problems": list(done.problems),
        }
        write_output(orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), None)
    else:
        write_output(f"{printable(str(done.path))}\n", None)
    notice(
        f"downloaded {done.path} ({human_bytes(done.size)}), server {done.version or 'version unknown'}", quiet=quiet
    )
    for what, lines in (
        ("documented file", done.missing),
        ("thing that the server could not collect", done.warnings),
        ("part that cannot be read", done.problems),
    ):
        if lines:
            plural = {"thing that the server could not collect": "things that the server could not collect"}
            notice(f"unavailable: {count(len(lines), what, plural.get(what))}", quiet=quiet)
            for line in lines:
                notice(f"  {line}", quiet=quiet)
    raise typer.Exit(DONE if done.complete else INCOMPLETE)


def _check(server: str | None, token_file: Path | None, local: Path | None, output: Path) -> None:
    """Refuse what cannot work before anything is imported or asked; raises UsageError."""
    if (server is None) == (local is None):
        raise UsageError("name a server by its URL (--server) or by its local socket (--local), one of both")
    if token_file:
        try:
            token_file.open("rb").close()
        except OSError as error:
            raise UsageError(f"{printable(str(token_file))}: token file cannot be read: {error.strerror}") from None
    elif server and not os.environ.get("MM_TOKEN"):
        raise UsageError("an access token is needed: put it into a file and name that with --token-file")
    need_folder(output)
