"""The command ``supportpacket``: a table of commands, each imported only when it is called."""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from analyzer.cli.common import USAGE
from analyzer.errors import PacketError
from analyzer.text import printable

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


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code; the entry point of ``supportpacket``."""
    try:
        result = app(args=arguments, standalone_mode=False)
        sys.stdout.flush()
        return int(result or 0)
    except BrokenPipeError:
        # the reader of our output is gone: say nothing, and keep the interpreter from flushing again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (KeyboardInterrupt, typer.Abort):
        print("supportpacket: interrupted", file=sys.stderr)
        return 130
    except PacketError as error:
        print(f"supportpacket: {printable(str(error))}", file=sys.stderr)
        return USAGE
    except typer.Exit as stop:
        return int(stop.exit_code)
    except Exception as error:  # the last line of defence: one line, and no value that might be a secret
        return _explain(error)


def _explain(error: Exception) -> int:
    show = getattr(error, "show", None)
    if callable(show):  # usage errors of the command line library know how to print themselves
        show()
        return int(getattr(error, "exit_code", USAGE))
    if isinstance(error, OSError) and error.strerror:
        name = f"{printable(str(error.filename))}: " if error.filename else ""
        print(f"supportpacket: {name}{error.strerror}", file=sys.stderr)
        return USAGE
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119
    print(f"supportpacket: internal error: {type(error).__name__} at {place}; please report it", file=sys.stderr)
    return USAGE


def run() -> None:
    """Entry point for the console script."""
    _open_closed_streams()
    sys.exit(main())


def _open_closed_streams() -> None:
    """Let output to a stream that the caller has closed (``>&-``) go nowhere, instead of into the next opened file."""
    for number, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != number:
                os.dup2(opened, number)
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", closefd=False))


if __name__ == "__main__":
    run()
