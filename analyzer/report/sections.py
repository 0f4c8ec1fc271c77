"""The sections of the page, each made from an opened packet; a part that is missing gives a shorter section."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.packet.frames import diagnostics as diagnostics_frame
from analyzer.packet.frames import nodes_with
from analyzer.packet.frames import stats as stats_frame
from analyzer.report.blocks import CELL, Block, Column, Picture, Section, Table, table
from analyzer.text import count, human_bytes, printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from analyzer.goroutines import GoroutineDump
    from analyzer.logs import Log
    from analyzer.packet import Packet
    from analyzer.profiles import Profile

MAX_NODES = 6  # nodes with pictures of their own; a larger cluster's other nodes are in the frames
TOP = 12
LOUD = ("panic", "fatal", "critical", "error", "warn")


def overview(packet: Packet) -> Section:
    """Return what the packet holds, what is missing, and what the server itself could not collect."""
    summary = packet.summary()
    rows = [
        (
            "ok" if part.status == "read" else part.status.upper(),
            f"{part.node}/{part.member}" if part.node else part.member,
            human_bytes(part.size_bytes) if part.size_bytes is not None else "",
            part.detail,
        )
        for part in summary.parts
    ]
    columns = (Column("", "mark"), Column("part", "short"), Column("size", "number"), Column("holds"))
    blocks = [
        Block(facts=tuple(summary.head)),
        Block(
            title="Parts",
            table=table(columns, rows, limit=200),
            folded="" if any(mark != "ok" for mark, *_ in rows) else f"all {len(rows)} were read",
        ),
        Block(title="Warnings of the server", lines=tuple(printable(line, 600) for line in summary.warnings))
        if summary.warnings
        else Block(),
    ]
    if summary.problems:
        problems = [(p.severity, str(p.node or ""), p.part, p.message) for p in summary.problems]
        heads = (Column("", "mark"), Column("node", "short"), Column("part", "short"), Column("reason"))
        blocks.append(Block(title="Could not be read", table=table(heads, problems, file="frames/problems.csv")))
    if summary.other:
        lines = tuple(printable(name, 300) for name in summary.other[:50])
        blocks.append(Block(title="Files of no known part", lines=lines))
    return Section("packet", "Packet", tuple(blocks))


def secrets(findings: Sequence[Mapping[str, object]], pictures: Mapping[str, Picture]) -> Section:
    """Return the findings of the secret scan; never a secret."""
    columns = (
        Column("confidence", "mark"),
        Column("kind", "short"),
        Column("where"),
        Column("times", "number"),
        Column("why"),
        Column("what to do"),
        Column("fingerprint", "code"),
    )
    rows = [
        (
            row["confidence"],
            row["kind"],
            _place(row),
            row["occurrences"],
            row["reason"],
            row["remedy"],
            str(row["fingerprint"])[:17],
        )
        for row in findings
    ]
    nothing = "No secret was found that sanitizing should not have left."
    lead = "Values that are still in clear in this packet. Who has it, has them." if rows else ""
    found = table(columns, rows, limit=200, nothing=nothing, file="findings.jsonl")
    drawn = (pictures["secrets"],) if "secrets" in pictures else ()
    return Section("secrets", "Secrets", (Block(pictures=drawn), Block(table=found)), lead)


def _place(row: Mapping[str, object]) -> str:
    path = row.get("key_path")
    line = row.get("line")
    return f"{row['member']}" + (f" · {path}" if path else f":{line}" if line else "")


def goroutines(packet: Packet, pictures: Mapping[str, Picture]) -> Section | None:
    """Return states, groups and suspects of every node's dump, None where no node has one."""
    blocks: list[Block] = []
    for name, node in nodes_with(packet, "goroutines"):
        dump = node.goroutines
        if dump is None:
            continue
        blocks.append(Block(title=_title(packet, name, f"{count(len(dump), 'goroutine')}"), table=_suspects(dump)))
        if dump.messages:  # why the process died, where the text is its last words
            said = tuple(f"line {m.line}: {printable(m.text, CELL)}" for m in dump.messages[:TOP])
            blocks.append(Block(title="Crash output", lines=said))
        blocks.append(
            Block(pictures=_pictures(pictures, name, "goroutine_states", "goroutine_functions", "goroutine_waits"))
        )
        blocks.append(Block(folded="Largest groups", table=_groups(dump)))
    return Section("goroutines", "Goroutines", tuple(blocks)) if blocks else None


def _suspects(dump: GoroutineDump) -> Table:
    frame = dump.suspects()
    columns = (
        Column("", "mark"),
        Column("kind", "short"),
        Column("count", "number"),
        Column("evidence", "wide"),
        Column("next"),
    )
    rows = [
        (row.severity, row.kind, row.count, row.evidence, row.next)
        for row in frame[["kind", "severity", "count", "evidence", "next"]].itertuples(index=False)
    ]
    return table(columns, rows, limit=20, nothing="No goroutine looks stuck.")


def _groups(dump: GoroutineDump) -> Table:
    columns = (
        Column("count", "number"),
        Column("state", "short"),
        Column("first own function", "code"),
        Column("leaf", "code"),
    )
    frame = dump.groups("stack").head(TOP)
    rows = [
        (row.count, row.states, row.user_function, row.top_function)
        for row in frame[["count", "states", "user_function", "top_function"]].itertuples(index=False)
    ]
    return table(columns, rows, limit=TOP)


def profiles(packet: Packet, pictures: Mapping[str, Picture]) -> Section | None:
    """Return the hot functions of every node's profiles, None where no node has one."""
    blocks: list[Block] = []
    for part, title in (("cpu", "CPU"), ("heap", "Memory")):
        for name, node in nodes_with(packet, part):
            profile: Profile | None = getattr(node, part)
            if profile is None:
                continue
            blocks.append(Block(title=_title(packet, name, title), pictures=_pictures(pictures, name, part)))
            blocks.append(Block(folded=f"{title}: the {TOP} heaviest by what they call", table=_top(profile)))
    return Section("profiles", "Hot functions", tuple(blocks)) if blocks else None


def _top(profile: Profile) -> Table:
    from analyzer.profiles.flame_units import amount

    frame = profile.top(TOP, sort="cum")
    unit = str(frame.attrs["unit"])
    columns = (
        Column("flat", "number"),
        Column("%", "number"),
        Column("cum", "number"),
        Column("%", "number"),
        Column("function", "code"),
    )
    values = (frame[name].tolist() for name in ("flat", "flat_pct", "cum", "cum_pct", "function"))
    rows = [
        (amount(flat, unit), f"{flat_pct:.1f}", amount(cum, unit), f"{cum_pct:.1f}", function)
        for flat, flat_pct, cum, cum_pct, function in zip(*values, strict=True)
    ]
    return table(columns, rows, limit=TOP, nothing="The profile holds no samples.")


def logs(packet: Packet, pictures: Mapping[str, Picture]) -> Section | None:
    """Return what every node's log adds up to, None where no node has one."""
    blocks: list[Block] = []
    for name, node in nodes_with(packet, "log"):
        log = node.log
        if log is None:
            continue
        lines = count(int(log.quality["lines"].sum()), "line")
        blocks.append(Block(title=_title(packet, name, lines), pictures=_pictures(pictures, name, "log_timeline")))
        blocks.append(Block(table=_templates(log)))
    return Section("log", "Log", tuple(blocks), "Messages that are errors or warnings, by pattern.") if blocks else None


def _templates(log: Log) -> Table:
    frame = log.templates()
    loud = frame[frame["level"].isin(LOUD)]
    loud = loud.iloc[
        loud["level"].map({level: rank for rank, level in enumerate(LOUD)}).astype(int).argsort(kind="stable")
    ]
    columns = (
        Column("", "mark"),
        Column("count", "number"),
        Column("last", "short"),
        Column("message"),
        Column("error"),
    )
    rows = [
        (_level_mark(str(row.level)), row.count, _time(row.last), row.template, row.error)
        for row in loud[["template", "count", "level", "last", "error"]].itertuples(index=False)
    ]
    return table(
        columns, rows, limit=TOP, nothing="No error and no warning in the log.", file="frames/log_templates.csv"
    )


def _level_mark(level: str) -> str:
    return "warning" if level == "warn" else "error" if level == "error" else "critical"


def _time(value: object) -> str:
    return "" if value is None or value != value else f"{value:%Y-%m-%d %H:%M:%S}"  # noqa: PLR0124 - NaT


def server(packet: Packet) -> Section | None:
    """Return diagnostics, counts, jobs and plugins as the packet has them."""
    blocks = []
    for title, frame in (
        ("Statistics", stats_frame(packet)),
        ("Jobs", packet.jobs),
        ("Plugins", packet.plugins),
    ):
        if len(frame):
            blocks.append(Block(title=title, table=_of_frame(frame)))
    diagnostics = diagnostics_frame(packet)
    if len(diagnostics):
        blocks.append(Block(title="Diagnostics", folded=count(len(diagnostics), "value"), table=_of_frame(diagnostics)))
    return Section("server", "Server", tuple(blocks)) if blocks else None


_LEFT_OUT = {"data", "homepage_url", "priority", "id"}


def _of_frame(frame: pd.DataFrame) -> Table:
    names = [name for name in frame.columns if name not in _LEFT_OUT and _tells(frame[name])]
    if frame["node"].nunique() < 2 and "node" in names:
        names.remove("node")
    numeric = {name for name in names if frame[name].dtype.kind in "iuf"}
    columns = tuple(Column(str(name).replace("_", " "), "number" if name in numeric else "text") for name in names)
    rows = [
        tuple(_time(value) if hasattr(value, "tzinfo") else _yes(value) for value in row)
        for row in frame[names].itertuples(index=False)
    ]
    return table(columns, rows, limit=100)


def _tells(series: pd.Series) -> bool:
    """Whether a column says anything: not all of it is missing, nor all of it False."""
    return not series.isna().all() and not (series.dtype == bool and not series.any())


def _yes(value: object) -> object:
    return {True: "yes", False: ""}.get(value, value) if isinstance(value, bool) else value


def _title(packet: Packet, name: str, text: str) -> str:
    return f"{printable(name)}: {text}" if len(packet.nodes) > 1 else text


def _pictures(pictures: Mapping[str, Picture], node: str, *names: str) -> tuple[Picture, ...]:
    return tuple(pictures[f"{node}/{name}"] for name in names if f"{node}/{name}" in pictures)
