"""``supportpacket goroutines``: counts, groups, suspects with evidence, two dumps beside each other."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.common import (
    INCOMPLETE,
    Force,
    NodeName,
    NoProgress,
    Output,
    Quiet,
    Source,
    need_file,
    notice,
    tell_problems,
    write_frame,
    write_output,
)

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.errors import Problem
    from analyzer.goroutines import DumpComparison, GoroutineDump
    from analyzer.packet import Packet


class DumpFormat(StrEnum):
    """Forms of what the command says."""

    table = "table"
    json = "json"
    csv = "csv"


def command(
    source: Source,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="KEY",
            help="groups by stack, state, class, creator, own (first own function), package or label:KEY",
            show_default=False,
        ),
    ] = None,
    suspects: Annotated[bool, typer.Option("--suspects", help="only what looks stuck, with evidence")] = False,
    compare: Annotated[
        str | None,
        typer.Option("--compare", metavar="SOURCE", help="a later dump or packet", show_default=False),
    ] = None,
    form: Annotated[
        DumpFormat, typer.Option("--format", help="table for people, json or csv for scripts")
    ] = DumpFormat.table,
    node: NodeName = None,
    output: Output = None,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,  # noqa: ARG001 - accepted as by every command; there is no bar to hide
) -> None:
    """Say what the goroutines of a server do: SOURCE is a packet or a bare dump.

    Without options: states, the largest groups and suspects. CSV holds one table: groups, or what was asked for;
    of a comparison both tables, told apart by the column ``table``.
    """
    from analyzer.errors import UsageError
    from analyzer.text import printable

    if suspects and (by or compare):
        raise UsageError("--suspects stands alone: --by and --compare ask for groups")
    need_file(output, force=force)
    dumps, problems = _dumps(source, node, or_only=compare is not None)
    later: Mapping[str, GoroutineDump] = {}
    if compare is not None:
        later, more = _dumps(compare, node, or_only=True)
        problems += more
        if node is not None and node not in {**dumps, **later}:
            raise UsageError(f"no node {printable(node)} in either source")
    if not quiet:
        tell_problems(problems, source)
        for name, dump in {**dumps, **later}.items():
            _tell(name, dump)
        _tell_labels(by, {**dumps, **later})
    if compare is not None:
        _write_comparison(_pairs(dumps, later), by or "stack", form, output, force=force)
    elif form is DumpFormat.table:
        from analyzer.cli import dumptext

        text = dumptext.suspects if suspects else partial(dumptext.groups, by=by) if by else dumptext.overview
        write_output(dumptext.sections({name: text(dump) for name, dump in dumps.items()}), output, force=force)
    elif form is DumpFormat.json and not (suspects or by):
        _write_json({name: _summary(dump) for name, dump in dumps.items()}, output, force=force)
    else:
        frames = {name: dump.suspects() if suspects else dump.groups(by or "stack") for name, dump in dumps.items()}
        write_frame(_with_node(frames), form, output, force=force)
    if problems:
        raise typer.Exit(INCOMPLETE)


def _dumps(source: str, node: str | None, *, or_only: bool = False) -> tuple[dict[str, GoroutineDump], list[Problem]]:
    """Return the dumps of a source by node (a bare file has the name "") and what could not be read.

    With ``or_only``, a packet's only node will do, whatever its name.
    """
    from analyzer.archive import MemberError, open_archive
    from analyzer.cli.profilesource import member_bytes, split
    from analyzer.errors import SourceError
    from analyzer.goroutines import read_goroutines
    from analyzer.packet import open_packet
    from analyzer.text import printable

    if source == "-":
        return {"": read_goroutines(sys.stdin.buffer, name="standard input")}, []
    if parts := split(source):
        return {"": read_goroutines(member_bytes(*parts, endings=("goroutines",)), name=source)}, []
    with open_archive(source) as archive:
        if archive.kind in {"file", "gzip"}:
            try:
                data = archive.read(archive.members[0])
            except (MemberError, IndexError) as error:
                raise SourceError(f"{archive.name}: {getattr(error, 'reason', 'nothing in it')}") from None
            return {"": read_goroutines(data, name=archive.name)}, []
    with open_packet(source) as packet:
        only = or_only and len(packet.nodes) == 1
        nodes = packet.nodes if node is None or only else {node: packet.node(node)}
        found = {name: one.goroutines for name, one in nodes.items()}
        dumps = {name: dump for name, dump in found.items() if dump is not None}
        problems = [p for p in packet.problems if "goroutines" in p.part and p.severity == "error"]
        if not dumps:
            raise SourceError(f"{printable(source)}: {_why_none(packet, problems)}")
    return dumps, problems


def _why_none(packet: Packet, problems: list[Problem]) -> str:
    """Say why a packet gives no dump, after naming on stderr what else is broken in it."""
    shown = problems[0] if problems else None
    broken = [problem for problem in packet.problems if problem.severity == "error" and problem is not shown]
    tell_problems(broken, packet.source)
    if shown is not None:
        return shown.message
    # merged for 9.1 or 9.2 (packet-format.md 1.1)
    old = packet.version is None or packet.version.before("9.2")
    return "holds no goroutine dump" + (" (servers send one since 9.1 or 9.2)" if old and not broken else "")


def _tell_labels(by: str | None, dumps: Mapping[str, GoroutineDump]) -> None:
    """Name the labels that there are when none is of the key asked for."""
    if by is None or not by.startswith("label:"):
        return
    key = by.removeprefix("label:")
    known = sorted({key for dump in dumps.values() for status in dump.records.statuses for key in status.labels})
    if key and key not in known:
        notice(f"supportpacket: no goroutine has the label {key}; there are: {', '.join(known[:20]) or 'none'}")


def _tell(name: str, dump: GoroutineDump) -> None:
    """Name on stderr what was not read of a dump."""
    where = f"{name}: " if name else ""
    if dump.truncated:
        notice(f"supportpacket: {where}the dump is cut, there may have been more goroutines")
    if dump.unparsed:
        line, text = dump.unparsed[0]
        notice(f"supportpacket: {where}{len(dump.unparsed):,} lines not understood, such as line {line}: {text[:100]}")


def _pairs(
    before: Mapping[str, GoroutineDump], after: Mapping[str, GoroutineDump]
) -> dict[str, tuple[GoroutineDump, GoroutineDump]]:
    """Return dumps of the same node side by side; the only node of each fits the other one whatever its name."""
    from analyzer.errors import UsageError
    from analyzer.text import printable

    if len(before) == len(after) == 1:
        (name, one), (other, two) = next(iter(before.items())), next(iter(after.items()))
        return {name or other: (one, two)}
    common = {name: (dump, after[name]) for name, dump in before.items() if name in after}
    if not common:
        names = ", ".join(printable(name) for name in (*before, *after) if name)
        raise UsageError(
            f"no node is in both sources ({names}): name one dump of each, such as "
            "A.zip:NODE/goroutines --compare B.zip:NODE/goroutines"
        )
    return common


def _with_node(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the frames of all nodes as one; its first column is ``node`` unless it is a bare dump."""
    import pandas as pd

    if list(frames) == [""]:
        return frames[""]
    for name, frame in frames.items():
        frame.insert(0, "node", name)
    return pd.concat(frames.values(), ignore_index=True)


def _summary(dump: GoroutineDump) -> dict[str, object]:
    from analyzer.cli.frames import records

    return {
        "goroutines": dump.total,
        "truncated": dump.truncated,
        "states": records(dump.states()),
        "groups": records(dump.groups()),
        "suspects": records(dump.suspects()),
        "messages": [message._asdict() for message in dump.messages],
        "unparsed": [{"line": line, "text": text} for line, text in dump.unparsed],
    }


def _write_json(values: Mapping[str, object], output: Path | None, *, force: bool) -> None:
    """Write one object; that of a bare dump stands alone, those of a packet are named by node."""
    import orjson

    value = values[""] if list(values) == [""] else values
    data = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    write_output(data, output, force=force)


def _one_table(found: Mapping[str, DumpComparison]) -> pd.DataFrame:
    """Return who is stuck and the groups as one frame; its first column says which of the two a row is of."""
    import pandas as pd

    frames = []
    for name in ("groups", "stuck"):
        frame = _with_node({node: getattr(comparison, name) for node, comparison in found.items()})
        # counts stay whole numbers where the other table has none
        frame = frame.astype({column: "Int64" for column in frame.columns if frame[column].dtype == "int64"})
        frame.insert(0, "table", name)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def _write_comparison(
    pairs: Mapping[str, tuple[GoroutineDump, GoroutineDump]],
    by: str,
    form: DumpFormat,
    output: Path | None,
    *,
    force: bool,
) -> None:
    """Write who is stuck and which groups changed."""
    from analyzer.cli.frames import records

    found = {name: before.compare(after, by=by) for name, (before, after) in pairs.items()}
    if form is DumpFormat.csv:
        write_frame(_one_table(found), form, output, force=force)
    elif form is DumpFormat.json:
        values = {
            name: {
                "same_process": comparison.same_process,
                "stuck": records(comparison.stuck),
                "furniture": comparison.furniture,
                "groups": records(comparison.groups),
            }
            for name, comparison in found.items()
        }
        _write_json(values, output, force=force)
    else:
        from analyzer.cli import dumptext

        texts = {name: dumptext.comparison(comparison, by) for name, comparison in found.items()}
        write_output(dumptext.sections(texts), output, force=force)
