"""``supportpacket flame``: the flame graph of one profile, or of the difference between two."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from analyzer.cli.common import (
    Force,
    NodeName,
    NoProgress,
    Output,
    Quiet,
    need_file,
    notice,
    tell_problems,
    write_output,
)
from analyzer.errors import NotAPacket, ProfileError, SourceError, UsageError
from analyzer.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.errors import Problem
    from analyzer.packet import Packet
    from analyzer.profiles.flame import FlameTree
    from analyzer.profiles.model import Columns

_FORMS = ".html, .svg, .png, .folded or .speedscope.json"


class Part(StrEnum):
    """Profiles of a packet."""

    cpu = "cpu"
    heap = "heap"


class Found(NamedTuple):
    """A profile and what to call it."""

    columns: Columns
    name: str


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE", help="packet, bare profile, or PACKET:member (packet.zip:cpu.prof)", show_default=False
        ),
    ],
    profile: Annotated[Part, typer.Option("--profile", help="which profile of a packet")] = Part.cpu,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="SOURCE", help="older packet or profile to compare with", show_default=False),
    ] = None,
    invert: Annotated[bool, typer.Option("--invert", help="callers instead of callees")] = False,
    sample_index: Annotated[
        str | None,
        typer.Option(
            "--sample-index", metavar="TYPE", help="measure to show (first), by name or number", show_default=False
        ),
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="heading", show_default=False)] = None,
    node: NodeName = None,
    output: Output = None,
    force: Force = False,
    quiet: Quiet = False,
    no_progress: NoProgress = False,  # noqa: ARG001 - accepted as by every command; there is no bar to hide
) -> None:
    """Flame graph of a profile, in the form that the extension of FILE names.

    .html (interactive, offline), .svg, .png, .folded (for flamegraph.pl), .speedscope.json; folded stacks to stdout
    without -o.
    """
    from analyzer.profiles.flame import flame_tree

    _check(output, force=force)
    newer = _find(source, profile, node, quiet=quiet)
    older = None if base is None else _find(base, profile, node, quiet=quiet)
    if title is None:
        title = newer.name if older is None else f"{newer.name} against {older.name}"
    flame = flame_tree(
        newer.columns,
        base=None if older is None else older.columns,
        sample_index=sample_index,
        invert=invert,
        title=title,
    )
    write_output(_render(flame, output), output, force=force)
    if output is not None:
        notice(f"{flame.types[flame.shown].type} of {title} in {output}", quiet=quiet)


def _check(output: Path | None, *, force: bool) -> None:
    """Refuse an unknown extension, or a file that exists, before anything is read."""
    known = (".html", ".htm", ".svg", ".png", ".folded", ".speedscope.json")
    if output is not None and not output.name.lower().endswith(known):
        raise UsageError(f"{printable(str(output))}: a flame graph ends in {_FORMS}")
    need_file(output, force=force)


def _render(flame: FlameTree, output: Path | None) -> Iterable[bytes]:
    if output is None:
        return flame.to_folded()
    if not output.name.lower().endswith(".png"):
        return flame.render(output.name)
    import io

    from analyzer.charts.flame import FlameDisplay

    buffer = io.BytesIO()
    FlameDisplay(flame=flame).plot().figure_.savefig(buffer, format="png", dpi=150)
    return [buffer.getvalue()]


def _find(source: str, part: Part, node: str | None, *, quiet: bool) -> Found:
    """Return the profile that a source names.

    Raises:
        PacketError: it cannot be read, or holds no such profile; one line that begins with the source.
    """
    try:
        if _may_be_packet(source):
            try:
                return _in_packet(source, part, node, quiet=quiet)
            except NotAPacket:
                if Path(source).is_dir() or "://" in source:
                    raise
        from analyzer.cli.profilesource import read

        return Found(read(source), _base_name(source))
    except (SourceError, ProfileError) as error:
        if str(error).startswith(printable(source)):
            raise
        told = f"{printable(source)}: {error}"
        raise (
            ProfileError(told, verdict=error.verdict) if isinstance(error, ProfileError) else SourceError(told)
        ) from None


def _base_name(source: str) -> str:
    """Return the last part of a path, URL or PACKET:member, for titles."""
    packet, colon, member = source.rstrip("/").partition(":")
    if colon and not member.startswith("//"):
        return f"{packet.rpartition('/')[2]}:{member}"
    return source.rstrip("/").rpartition("/")[2]


def _may_be_packet(source: str) -> bool:
    """Tell by its first bytes whether a source is worth opening as a packet."""
    path = Path(source)
    if path.is_dir() or ("://" in source and not source.endswith((".prof", ".pb.gz"))):
        return True
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except (OSError, ValueError):
        return False
    return start == b"PK\x03\x04" or source.lower().endswith((".tar", ".tar.gz", ".tgz", ".zip"))


def _in_packet(source: str, part: Part, node: str | None, *, quiet: bool) -> Found:
    from analyzer.packet import open_packet

    with open_packet(source) as packet:
        chosen = node if node is not None else _first_with(packet, part)
        found = getattr(packet.node(chosen), part.value)
        if found is None:
            raise SourceError(f"{packet.source}: {_why(packet, part, chosen)}")
        others = [other for other in packet.nodes if other != chosen]
        if others and node is None:
            shown = ", ".join(printable(other) for other in others[:5])
            notice(f"node {chosen} of {packet.source}; choose another with --node: {shown}", quiet=quiet)
        where = f"{chosen}/" if packet.clustered else ""
        return Found(found.columns, f"{_base_name(packet.source)}: {where}{part.value}.prof")


def _first_with(packet: Packet, part: Part) -> str:
    """Return the first node that has such a profile, the leader before the others."""
    leader = packet.first_node
    nodes = sorted(packet.nodes.values(), key=lambda node: node is not leader)
    for node in nodes:
        if part.value in node.members:
            return node.name
    _tell_broken(packet)
    raise SourceError(f"{packet.source}: it holds no {part.value}.prof")


def _tell_broken(packet: Packet, shown: Problem | None = None) -> None:
    """Name on stderr what is broken in a packet that lacks a profile, but for what is shown anyway."""
    broken = [problem for problem in packet.problems if problem.severity == "error" and problem is not shown]
    tell_problems(broken, packet.source)


def _why(packet: Packet, part: Part, node: str) -> str:
    for problem in packet.problems:
        if problem.part.endswith(f"{part.value}.prof"):
            _tell_broken(packet, problem)
            return str(problem)
    _tell_broken(packet)
    return f"{printable(node)} has no {part.value}.prof"
