"""``supportpacket generate``: a packet collected on the host, server up or down."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from analyzer.cli.common import DONE, INCOMPLETE, Force, NoProgress, Quiet, need_folder, notice, write_output
from analyzer.errors import UsageError
from analyzer.text import count, human_bytes, printable

if TYPE_CHECKING:
    from analyzer.generate.generator import Generated, Prepared
    from analyzer.generate.run import Step

_MARKS: Final = {"done": "✓", "partly": "!", "failed": "✗", "late": "✗", "off": "–", "running": "…", "waiting": " "}
_COLOURS: Final = {"done": "green", "partly": "yellow", "failed": "red", "late": "red", "off": "dim", "running": "cyan"}


class LayoutChoice(StrEnum):
    """File sets of a packet."""

    v1 = "v1"
    v2 = "v2"


def command(
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE|DSN",
            help="config.json, or a postgres:// data source; better in MM_CONFIG, where no other user sees it",
            show_default=False,
        ),
    ] = None,
    logs: Annotated[
        Path | None, typer.Option("--logs", metavar="DIR", help="folder with mattermost.log", show_default=False)
    ] = None,
    plugins: Annotated[
        Path | None, typer.Option("--plugins", metavar="DIR", help="folder with the plugins", show_default=False)
    ] = None,
    root: Annotated[
        Path | None,
        typer.Option("--root", metavar="DIR", help="the server's folder, for relative names", show_default=False),
    ] = None,
    env_file: Annotated[
        Path | None,
        typer.Option(
            "--env-file", metavar="FILE", help="variables of the server (NAME=value), added to ours", show_default=False
        ),
    ] = None,
    pprof_url: Annotated[
        str | None,
        typer.Option("--pprof-url", metavar="URL", help="the server's profiling listener", show_default=False),
    ] = None,
    server: Annotated[
        str | None,
        typer.Option("--server", metavar="URL", help="ask this running server too (with a token)", show_default=False),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="access token for --server (or in MM_TOKEN)", show_default=False
        ),
    ] = None,
    local: Annotated[
        Path | None,
        typer.Option("--local", metavar="SOCKET", help="ask this local-mode socket too", show_default=False),
    ] = None,
    layout: Annotated[
        LayoutChoice | None,
        typer.Option("--layout", help="file set (default: that of the server's version)", show_default=False),
    ] = None,
    target_version: Annotated[
        str | None,
        typer.Option(
            "--target-version", metavar="VERSION", help="server version (default: found out)", show_default=False
        ),
    ] = None,
    no_logs: Annotated[bool, typer.Option("--no-logs", help="no log files")] = False,
    cpu_seconds: Annotated[
        int, typer.Option("--cpu-seconds", min=0, max=60, help="length of the CPU profile; 0 for none")
    ] = 5,
    no_file_store_probe: Annotated[
        bool, typer.Option("--no-file-store-probe", help="write no test file into the file store")
    ] = False,
    mask: Annotated[bool, typer.Option("--mask", help="asterisks instead of example strings")] = False,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="folder for the packet")] = Path(),
    plan_only: Annotated[bool, typer.Option("--plan", help="show what would be read, and stop")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="tell what was done as JSON on stdout")] = False,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """Collect a Support Packet on the server's host, whether the server runs or not, and leave no secret in it.

    Exits with 0 when everything is in it, 3 when something is missing (warning.txt says what), 2 when there is none.
    """
    need_folder(output)
    from analyzer.generate import Plan, finish, prepare
    from analyzer.generate.api import check_url, read_token

    source = config or os.environ.get("MM_CONFIG")
    if not source:
        raise UsageError("which configuration? name it with --config, or in MM_CONFIG")
    token = read_token(token_file) if token_file else os.environ.get("MM_TOKEN")
    plan = Plan(
        config=source,
        output=output,
        logs=logs,
        plugins=plugins,
        folder=root,
        pprof_url=pprof_url,
        layout=layout.value if layout else None,
        target_version=target_version,
        with_logs=not no_logs,
        cpu_seconds=cpu_seconds,
        probe_file_store=not no_file_store_probe,
        mask=mask,
        server=check_url(server) if server else None,
        token=token,
        local=local,
        environment=_environment(env_file),
        force=force,
    )
    prepared = prepare(plan)
    if plan_only:
        _show_plan(prepared, as_json=as_json)
        raise typer.Exit(DONE)
    if prepared.context.settings.fault:
        notice(f"supportpacket: {prepared.context.settings.fault}; only what needs no configuration is collected")
    with _terminate_cleanly(), _checklist(prepared, quiet=quiet or no_progress) as watch:
        done = finish(prepared, watch=watch)
    if as_json:
        _write_json(report(done))
    if not quiet:
        _tell(done)
    if not as_json:
        write_output(f"{printable(str(done.path))}\n", None)
    raise typer.Exit(DONE if done.complete else INCOMPLETE)


def _environment(path: Path | None) -> tuple[tuple[str, str], ...] | None:
    """Return the variables of a file of ``NAME=value`` lines, ours going before them; None without a file."""
    if path is None:
        return None
    try:
        text = path.read_text("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"{printable(str(path))}: environment file cannot be read: {error.strerror}") from None
    found = {}
    for line in text.splitlines():
        name, mark, value = line.strip().removeprefix("export ").partition("=")
        if mark and not name.startswith("#"):
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[name.strip()] = value[1:-1] if quoted else value
    return tuple({**found, **os.environ}.items())


@contextlib.contextmanager
def _terminate_cleanly() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does, so that nothing half-written stays."""

    def stop(_signal: int, _frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show_plan(prepared: Prepared, *, as_json: bool) -> None:
    settings, plan = prepared.context.settings, prepared.context.plan
    rows = [
        {"collector": s.collector.name, "collects": s.collector.title, "reads": list(s.needs)} for s in prepared.steps
    ]
    if as_json:
        _write_json(
            {
                "config": settings.origin,
                "fault": settings.fault,
                "overridden": list(settings.overridden),
                "version": str(prepared.context.version) if prepared.context.version else None,
                "output": str(plan.output),
                "collectors": rows,
            }
        )
        return
    lines = [f"configuration  {settings.origin}" + (f"  ({settings.fault})" if settings.fault else "")]
    if settings.overridden:
        lines.append(f"environment    overrides {count(len(settings.overridden), 'setting')}")
    lines.append(f"version        {prepared.context.version or 'unknown so far'}")
    lines.append(f"packet         into {plan.output}")
    lines.append("")
    for row in rows:
        reads = row["reads"] or ["-"]
        lines += [f"{row['collector'] if not i else '':<16} {text}" for i, text in enumerate(reads)]
    write_output("".join(f"{printable(line)}\n" for line in lines), None)


@contextlib.contextmanager
def _checklist(prepared: Prepared, *, quiet: bool) -> Iterator[Callable[[Step], None] | None]:
    """Show the collectors as they go: a live list on a terminal, one line for each that ended otherwise."""
    if quiet:
        yield None
        return
    if not sys.stderr.isatty():
        yield lambda step: None if step.state == "running" else notice(_line(step))
        return
    from rich.console import Console
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

    def table() -> Table:
        made = Table.grid(padding=(0, 1))
        for step in prepared.steps:
            if step.state == "off":
                continue
            colour = _COLOURS.get(step.state, "")
            summary = step.collected.summary if step.collected and step.state != "running" else step.collector.title
            made.add_row(
                Text(_MARKS[step.state], style=colour),
                Text(step.collector.name),
                Text(printable(summary, 100), style="" if step.ok else colour),
            )
        return made

    with Live(table(), console=Console(stderr=True), refresh_per_second=8) as live:
        yield lambda _step: live.update(table())


def _line(step: Step) -> str:
    summary = step.collected.summary if step.collected else ""
    return f"{_MARKS[step.state]} {step.collector.name:<16} {step.seconds:5.1f} s  {summary}"


def _tell(done: Generated) -> None:
    """Say on stderr what is in the packet, what is missing and why, and what was sanitized."""
    notice("")
    notice(
        f"packet     {done.path} ({human_bytes(done.size)}, {count(len(done.members), 'member')}, "
        f"{done.seconds:.1f} s), server {done.version or 'version unknown'}, layout {done.layout}"
    )
    values = sum(done.sanitized.values())
    where = ", ".join(f"{name} {number}" for name, number in done.sanitized.items())
    notice(f"sanitized  {count(values, 'value')}" + (f": {where}" if where else ""))
    if done.warnings:
        notice(f"missing    {count(len(done.warnings), 'line')} in warning.txt:")
        for line in done.warnings:
            notice(f"           {line}")


def report(done: Generated) -> dict[str, Any]:
    """Return what was done, as ``--json`` prints it; no value of a setting is in it."""
    return {
        "path": str(done.path),
        "size": done.size,
        "version": done.version,
        "layout": done.layout,
        "complete": done.complete,
        "seconds": round(done.seconds, 3),
        "collectors": [
            {
                "name": step.collector.name,
                "state": step.state,
                "seconds": round(step.seconds, 3),
                "summary": step.collected.summary if step.collected else "",
                "reads": list(step.needs),
                "warnings": list(step.collected.warnings) if step.collected else [],
            }
            for step in done.steps
        ],
        "members": dict(done.members),
        "sanitized": dict(done.sanitized),
        "left_out": dict(done.left_out),
        "warnings": list(done.warnings),
    }


def _write_json(tree: dict[str, Any]) -> None:
    import orjson

    write_output(orjson.dumps(tree, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE), None)
