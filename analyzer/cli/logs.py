"""``supportpacket logs``: the log as rows, or what it adds up to."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.common import (
    DONE,
    INCOMPLETE,
    Force,
    FrameFormat,
    NodeName,
    NoProgress,
    Output,
    Quiet,
    Source,
    need_file,
    notice,
    progress_bar,
    tell_problems,
    write_frame,
    write_output,
)
from analyzer.cli.logtables import NOTHING, for_people, rows_table
from analyzer.errors import Problem, UsageError
from analyzer.text import printable

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.logs.log import Log
    from analyzer.logs.select import Filter
    from analyzer.logs.source import LogSource


class LogFormat(StrEnum):
    """Forms of the rows."""

    table = "table"
    jsonl = "jsonl"
    csv = "csv"
    parquet = "parquet"


def command(
    source: Source,
    level: Annotated[
        str | None, typer.Option("--level", metavar="L,…", help="only these levels or families", show_default=False)
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="T", help="from this time on (ISO 8601)", show_default=False)
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="T", help="before this time", show_default=False)
    ] = None,
    grep: Annotated[
        str | None, typer.Option("--grep", metavar="RE", help="message matches (RE2)", show_default=False)
    ] = None,
    error: Annotated[
        str | None, typer.Option("--error", metavar="RE", help="error text matches (RE2)", show_default=False)
    ] = None,
    caller: Annotated[
        str | None, typer.Option("--caller", metavar="GLOB", help="caller matches, such as app/*", show_default=False)
    ] = None,
    stats: Annotated[bool, typer.Option("--stats", help="counts by kind and level, times, bytes")] = False,
    templates: Annotated[bool, typer.Option("--templates", help="message patterns, most frequent first")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="records by time and level")] = False,
    panics: Annotated[bool, typer.Option("--panics", help="panics with their stacks")] = False,
    form: Annotated[LogFormat, typer.Option("--format", help="form of the output")] = LogFormat.table,
    node: NodeName = None,
    output: Output = None,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,
) -> None:
    """The log as rows, or what it adds up to."""
    asked = [
        name
        for name, on in (("stats", stats), ("templates", templates), ("timeline", timeline), ("panics", panics))
        if on
    ]
    if len(asked) > 1:
        raise UsageError(f"--{asked[0]} and --{asked[1]} cannot be asked for together")
    need_file(output, force=force)
    from analyzer.logs.select import make_filter

    chosen = make_filter(level=level, since=since, until=until, caller=caller, grep=grep, error=error)
    question = asked[0] if asked else None
    problems = None
    if question is None and form is not LogFormat.parquet:
        problems = _search(source, chosen, node, form, output, force=force, quiet=quiet)
    if problems is None:
        with progress_bar(enabled=not (quiet or no_progress)) as progress:
            frame, problems = _frames(source, chosen, question, node, progress)
        if question == "stats" and form is not LogFormat.jsonl:
            # one type a column: these forms cannot hold counts beside times
            frame = frame.assign(value=frame["value"].map(str, na_action="ignore").astype("str"))
        if form is LogFormat.table:
            if frame.empty:
                notice(NOTHING[question], quiet=quiet)
            frame = for_people(frame, question)
        write_frame(frame, FrameFormat(form.value), output, force=force)
    tell_problems(problems, printable(source))
    raise typer.Exit(INCOMPLETE if any(problem.severity == "error" for problem in problems) else DONE)


def _search(
    source: str, chosen: Filter, node: str | None, form: LogFormat, output: Path | None, *, force: bool, quiet: bool
) -> list[Problem] | None:
    """Write the rows of one log without reading the lines that cannot fit; None if that is not possible here."""
    from analyzer.logs.search import search_log
    from analyzer.logs.source import is_bare_log, open_feed

    if is_bare_log(source):
        found = None if node else search_log(lambda most: open_feed(source, most), chosen)
        if found is None:
            return None
        rows, trouble = found[0], found[1].trouble
        name = printable(found[1].name)
    else:
        of_packet = _search_packet(source, chosen, node)
        if of_packet is None:
            return None
        rows, trouble, name = of_packet, [], ""
    if not rows and form is LogFormat.table:
        notice(NOTHING[None], quiet=quiet)
    in_packet = not name
    table = rows_table(rows, node=in_packet) if form is LogFormat.table else _lines(rows, form, node=in_packet)
    write_output(table, output, force=force)
    return [Problem(None, name, "read", "error", printable(text)) for text in trouble]


def _search_packet(source: str, chosen: Filter, node: str | None) -> list[dict[str, Any]] | None:
    """Return the rows of the one log of a packet that reads without a word; None for any other source."""
    from analyzer.cli.profilesource import split
    from analyzer.logs.search import can_search

    if source == "-" or not can_search(chosen) or split(source):
        return None
    from analyzer.packet import open_packet

    with open_packet(source) as packet:
        names = [packet.node(node).name] if node is not None else list(packet.nodes)
        if len(names) != 1 or packet.archive.refused or packet.broken:
            return None
        rows = packet.nodes[names[0]].search_log(chosen)
        return None if rows is None else [{"node": names[0], **row} for row in rows]


def _lines(rows: Iterable[dict[str, Any]], form: LogFormat, *, node: bool) -> Iterator[bytes]:
    """Yield rows as JSON lines or CSV."""
    from analyzer.logs.schema import LINES

    if form is LogFormat.jsonl:
        import orjson

        for row in rows:
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
        return
    import csv
    import io

    names = ["node", *LINES.names] if node else LINES.names
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        time = row["time"]
        writer.writerow([time.isoformat() if name == "time" and time else row[name] for name in names])
        if buffer.tell() > 1 << 20:
            yield buffer.getvalue().encode("utf-8", "backslashreplace")
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "backslashreplace")


def _frames(
    source: str, chosen: Filter, question: str | None, node: str | None, progress: Any
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return the answer to a question, or the rows, from whole logs."""
    from analyzer.logs.schema import RECORD_KINDS

    logs, problems = _logs(source, node, progress)
    no_logs = [
        Problem(name or None, printable(log.name), "parse", "error", "holds no log record")
        for name, log in logs.items()
        if len(log.lines) and not log.lines["kind"].isin(RECORD_KINDS).any()
    ]
    frame = _answer(logs, chosen, question)
    if question == "panics" and not frame.empty:
        no_logs = []  # what a crash prints holds no record
    return frame, problems + no_logs


def _logs(source: str, node: str | None, progress: Any) -> tuple[dict[str, Log], list[Problem]]:
    """Return the logs of a source by node, and what could not be read of them."""
    bare = _bare(source)
    if bare is not None:
        if node is not None:
            raise UsageError(f"{printable(source)}: a bare log has no nodes")
        from analyzer.logs.reader import read_log

        name = None if bare is source else "standard input" if source == "-" else source
        log = read_log(bare, name=name, progress=progress)
        return {"": log}, list(log.problems)
    from analyzer.packet import open_packet

    packet = open_packet(source)
    names = [packet.node(node).name] if node is not None else list(packet.nodes)
    logs: dict[str, Log] = {}
    problems = [problem for problem in packet.archive.refused if problem.severity == "error"]
    where = "what can be read of this packet" if problems else "this packet"
    for name in names:
        member, found = packet.nodes[name].members.get("log"), packet.nodes[name].log
        if found is not None:
            logs[name] = found
            problems += found.problems
        if member is None:
            problems.append(Problem(name, "mattermost.log", "find", "warning", f"not in {where}"))
        elif found is None or member.index in packet.broken:
            problems.append(Problem(name, "mattermost.log", "read", "error", "could not be read whole"))
    return logs, problems


def _bare(source: str) -> LogSource | None:
    """Return what to read if a source is one log: a file, ``-`` (standard input), PACKET:member; None for a packet."""
    from analyzer.cli.profilesource import member_bytes, split
    from analyzer.logs.source import is_bare_log

    if source == "-":
        return sys.stdin.buffer
    if is_bare_log(source):
        return source
    parts = split(source)
    return member_bytes(*parts, endings=(".log", ".log.gz")) if parts else None


def _answer(logs: dict[str, Log], chosen: Filter, question: str | None) -> pd.DataFrame:
    from dataclasses import replace

    from analyzer.logs.cluster import merge_logs
    from analyzer.logs.log import Log
    from analyzer.logs.schema import DAMAGE, LINES
    from analyzer.logs.select import keep

    if question == "stats":
        return _stats(logs, chosen)
    if set(logs) == {""}:
        lines = logs[""].lines
    else:
        lines = merge_logs(logs)
    whole = next(iter(logs.values()), None)
    if whole is None:
        from analyzer.logs.rows import quality_frame

        whole = Log(LINES.empty(), quality_frame([0] * 7, [0] * 7), DAMAGE.empty())
    if question == "panics":
        # a panic is spread over lines, so lines are left out only after it is put together
        found = replace(whole, lines=lines).panics()
        kept = set(keep(lines, chosen)["line"])
        return found[found["line"].isin(kept)].reset_index(drop=True)
    log = replace(whole, lines=keep(lines, chosen).reset_index(drop=True))
    if question == "templates":
        return log.templates()
    if question == "timeline":
        return _timeline(log)
    return log.lines


def _stats(logs: dict[str, Log], chosen: Filter) -> pd.DataFrame:
    import pandas as pd

    from analyzer.logs.log import Log
    from analyzer.logs.select import keep

    frames = []
    for name, log in logs.items():
        part = Log(keep(log.lines, chosen), log.quality, log.damage, log.problems, log.name, log.node)
        frame = part.stats().frame()
        frames.append(frame if not name else frame.assign(node=name)[["node", "name", "value"]])
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({"name": [], "value": []})


def _timeline(log: Log) -> pd.DataFrame:
    """Return records by time; the bins are chosen so that a screen holds them."""
    times = log.lines["time"].dropna()
    seconds = (times.max() - times.min()).total_seconds() if len(times) else 0
    for freq, size in (("1s", 1), ("10s", 10), ("1min", 60), ("10min", 600), ("1h", 3600), ("6h", 21600)):
        if seconds / size <= 120:
            return log.timeline(freq).reset_index()
    return log.timeline("1D").reset_index()
