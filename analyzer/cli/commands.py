"""The table of commands, each imported only when it is called, and the options of ``supportpacket`` itself."""

from __future__ import annotations

import importlib
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS: tuple[tuple[str, str, str], ...] = (
    ("summary", "analyzer.cli.summary", "What is in a packet: version, nodes, parts read, missing, broken."),
    ("triage", "analyzer.cli.triage", "The main job: report, charts, findings and frames of one packet."),
    ("report", "analyzer.cli.report", "One offline HTML page about a packet."),
    ("pprof", "analyzer.cli.pprof", "Drop-in for 'go tool pprof': same flags, same text, no Go needed."),
    (
        "flame",
        "analyzer.cli.flame",
        "Flame graph of a profile: .html, .svg, .png, .folded, .speedscope.json.",
    ),
    ("goroutines", "analyzer.cli.goroutines", "Goroutine counts, groups and suspects with evidence."),
    ("logs", "analyzer.cli.logs", "The log as rows, or what it adds up to."),
    ("scan", "analyzer.cli.scan", "Secrets left in one packet or in every packet under folders and URLs."),
    ("export", "analyzer.cli.export", "Every frame of a packet as one file each."),
    ("generate", "analyzer.cli.generate", "A packet collected on the host, server up or down."),
    ("download", "analyzer.cli.download", "A packet fetched from a server, as mmctl does."),
)
"""Name, module that holds ``command``, and one line of help, in the order of ``--help``."""

# commands that read their own flags, as the tool they stand in for does
RAW_COMMANDS = frozenset({"pprof"})


class LazyGroup(TyperGroup):
    """A group whose commands are imported on use, so that ``--help`` and a scan start fast."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return [name for name, _, _ in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Import one command, or return None if there is no such command."""
        for name, module, text in COMMANDS:
            if name == cmd_name:
                app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
                raw = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
                settings = raw if name in RAW_COMMANDS else {"help_option_names": ["-h", "--help"]}
                app.command(name, context_settings=settings, short_help=text)(importlib.import_module(module).command)
                return typer.main.get_command(app)
        return None

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands from the table, importing none."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, _, text in COMMANDS])


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"supportpacket {version('supportpacket')}")
        raise typer.Exit


app = typer.Typer(
    cls=LazyGroup,
    name="supportpacket",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", help="print the version and exit", callback=_version, is_eager=True
    ),
) -> None:
    """Read, scan and generate Mattermost Support Packets."""
