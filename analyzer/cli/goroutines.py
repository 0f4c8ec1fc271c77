"""``supportpacket goroutines``: counts, groups, suspects with evidence, two dumps beside each other."""

from __future__ import annotations

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
    Output,
    Quiet,
    Source,
    notice,
    tell_problems,
    write_frame,
    write_output,
)

if TYPE_CHECKING:
    import pandas as pd

    from analyzer.errors import Problem
    from analyzer.goroutines import GoroutineDump


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
) -> None:
    """Say what the goroutines of a server do: SOURCE is a packet or a bare dump.

    Without options: states, the largest groups and suspects. CSV holds one table: groups, or what was asked for.
    """
    from analyzer.errors import UsageError

    if suspects and (by or compare):
        raise UsageError("--suspects stands alone: --by and --compare ask for groups")
    dumps, problems = _dumps(source, node)
    later: Mapping[str, GoroutineDump] = {}
    if compare is not None:
        later, more = _dumps(compare, node)
        problems += more
    if not quiet:
        tell_problems(problems, source)
        for name, dump in {**dumps, **later}.items():
            _tell(name, dump)
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


def _dumps(source: str, node: str | None) -> tuple[dict[str, GoroutineDump], list[Problem]]:
    """Return the dumps of a source by node (a bare file has the name "") and what could not be read."""
    from analyzer.archive import MemberError, open_archive
    from analyzer.errors import SourceError
    from analyzer.goroutines import read_goroutines
    from analyzer.packet import open_packet
    from analyzer.text import printable

    with open_archive(source) as archive:
        if archive.kind in {"file", "gzip"}:
            try:
                data = archive.read(archive.members[0])
            except (MemberError, IndexError) as error:
                raise SourceError(f"{archive.name}: {getattr(error, 'reason', 'nothing in it')}") from None
            return {"": read_goroutines(data, name=archive.name)}, []
    with open_packet(source) as packet:
        nodes = packet.nodes if node is None else {node: packet.node(node)}
        found = {name: one.goroutines for name, one in nodes.items()}
        dumps = {name: dump for name, dump in found.items() if dump is not None}
        problems = [p for p in packet.problems if "goroutines" in p.part and p.severity == "error"]
        if not dumps:
            reason = problems[0].message if problems else "holds no goroutine dump (servers before 9.2 sent none)"
            raise SourceError(f"{printable(source)}: {reason}")
    return dumps, problems


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
        raise UsageError(f"no node is in both sources ({names}): choose one with --node")
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
        write_frame(
            _with_node({name: comparison.groups for name, comparison in found.items()}), form, output, force=force
        )
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
