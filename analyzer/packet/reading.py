"""Reading one member as one part: what fails becomes a problem, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from analyzer.archive import Archive, Member, MemberError
from analyzer.errors import PacketError, Problem, Severity, Stage
from analyzer.text import printable

if TYPE_CHECKING:
    from analyzer.packet.layout import Layout
    from analyzer.parts.base import Parsed

T = TypeVar("T")

PART_BYTES = 64 << 20  # the official reader's cap for one member (packet-format.md 9.1)
DUMP_BYTES = 80 << 20  # the Go runtime stops a goroutine dump at 64 MB (pprof-notes.md 4.1)


class Desk:
    """Reads the members of one packet and keeps what went wrong, each thing once."""

    def __init__(self, archive: Archive, layout: Layout) -> None:
        self.archive = archive
        self.layout = layout
        self.broken: set[int] = set()
        self._problems: dict[Problem, None] = {}
        self._named = {problem.part for problem in archive.refused if problem.severity == "error"}
        for problem in archive.refused:
            self._problems[self._inside(problem)] = None

    def _inside(self, problem: Problem) -> Problem:
        """Return a problem of the container with the path that the member has in the packet."""
        path = problem.part.removeprefix(printable(self.layout.top))
        folder, slash, name = path.partition("/")
        if folder and slash and any(files.folder == folder for files in self.layout.nodes):
            return replace(problem, node=folder, part=name)
        return replace(problem, part=path or problem.part)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Problems so far, in the order they were met."""
        return tuple(self._problems)

    def note(
        self,
        part: str,
        message: str,
        *,
        node: str | None = None,
        stage: Stage = "read",
        severity: Severity = "error",
        span: tuple[int, int] | None = None,
    ) -> None:
        """Keep one problem."""
        self._problems[Problem(node, printable(part, 200), stage, severity, printable(message, 500), span)] = None

    def add(self, problem: Problem) -> None:
        """Keep a problem that a lower room has made."""
        self._problems[problem] = None

    def name(self, member: Member, node: str | None) -> str:
        """Return how a member is called in problems: its path in the packet, without the node's own folder."""
        inner = printable(self.layout.inner(member), 200)
        return inner.removeprefix(f"{node}/") if node else inner

    def data(self, member: Member, node: str | None, limit: int = PART_BYTES) -> bytes:
        """Return a member's bytes, or what can be read of them."""
        data, error = self.archive.salvage(member, limit)
        if error is not None:
            self.failed(member, node, error)
        return data

    def check(self, member: Member, node: str | None) -> None:
        """Read a member to its end without keeping it, so that damage is known."""
        try:
            for _ in self.archive.chunks(member):
                pass
        except PacketError as error:
            self.failed(member, node, error)

    def failed(self, member: Member, node: str | None, error: Exception) -> None:
        """Keep the reason why a member could not be read or understood."""
        self.broken.add(member.index)
        name = self.name(member, node)
        if isinstance(error, MemberError) and member.shown in self._named:
            return  # the container told it already
        if isinstance(error, MemberError):
            self.note(name, error.reason, node=node, stage=error.stage)
        elif isinstance(error, PacketError):
            self.note(name, str(error).removeprefix(f"{name.rpartition('/')[2]}: "), node=node, stage="parse")
        else:
            # a defect of ours must not cost the other parts; its text might quote the packet, so only its kind is told
            self.note(name, f"could not be understood ({type(error).__name__})", node=node, stage="parse")

    def part(self, member: Member | None, node: str | None, read: Callable[[bytes], Parsed[T]]) -> T | None:
        """Return the value of one part, None when it is missing or broken."""
        if member is None:
            return None
        data, error = self.archive.salvage(member, PART_BYTES)
        if error is not None:
            self.failed(member, node, error)
            return None
        try:
            parsed = read(data)
        except Exception as reason:
            self.failed(member, node, reason)
            return None
        if any(found.severity == "error" for found in parsed.problems):
            self.broken.add(member.index)  # what could be read of it is kept
        for found in parsed.problems:
            self.note(self.name(member, node), str(found), node=node, stage="parse", severity=found.severity)
        return parsed.value

    def value(
        self, member: Member | None, node: str | None, read: Callable[[bytes], T], limit: int = PART_BYTES
    ) -> T | None:
        """Return what ``read`` makes of a member or of what is left of it, None when that is nothing."""
        if member is None:
            return None
        data = self.data(member, node, limit)
        if not data and member.index in self.broken:
            return None
        try:
            return read(data)
        except Exception as reason:
            self.failed(member, node, reason)
            return None
