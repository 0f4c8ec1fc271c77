"""An opened packet: its nodes, its parts, its frames, and everything that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Self, TypeVar

from analyzer.errors import PacketError, Problem, Progress, UsageError
from analyzer.format.lineage import Lineage, detect
from analyzer.format.versions import Version, parse_version
from analyzer.packet import completeness, frames, versions
from analyzer.packet.layout import Layout, find_parts
from analyzer.packet.node import Node
from analyzer.packet.reading import Desk
from analyzer.text import printable

if TYPE_CHECKING:
    from datetime import datetime
    from types import TracebackType

    import pandas as pd

    from analyzer.archive import Archive
    from analyzer.packet.summary import PacketSummary
    from analyzer.parts.config import Config
    from analyzer.parts.diagnostics import Diagnostics
    from analyzer.parts.jobs import Jobs
    from analyzer.parts.metadata import Metadata
    from analyzer.parts.permissions import Permissions
    from analyzer.parts.plugin_diagnostics import PluginDiagnostics
    from analyzer.parts.plugins import Plugins
    from analyzer.parts.schema import DatabaseSchema
    from analyzer.parts.stats import Stats
    from analyzer.parts.support_packet import SupportPacket
    from analyzer.parts.warnings import Warnings

T = TypeVar("T")


class Packet:
    """One Support Packet. Parts are read when they are first asked for, and once.

    A part that is missing or broken is None, its frame is empty, and nothing here raises because of it:
    ``missing`` and ``problems`` tell. In a notebook a packet shows a one-screen summary.

    Attributes:
        archive: the opened container; secrets and other questions about raw bytes go there.
        nodes: servers by name; a standalone packet has one.
    """

    def __init__(
        self,
        archive: Archive,
        layout: Layout | None = None,
        progress: Progress | None = None,
        node: str | None = None,
    ) -> None:
        self.archive = archive
        self._progress = progress
        self._layout = layout if layout is not None else find_parts(archive.members)
        self._desk = Desk(archive, self._layout)
        completeness.note_oddities(self._desk)
        self._all_read = False
        self.nodes: Mapping[str, Node] = MappingProxyType(self._make_nodes())
        if node is not None:
            self.nodes = MappingProxyType({node: self.node(node)})

    def _make_nodes(self) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        for files in self._layout.nodes:
            node = Node(self._desk, files, lambda: self.offset_minutes)
            if node.name in nodes:  # two nodes of one host name collide in the packet (packet-format.md 1.3)
                node.name = f"{node.name}#{len(nodes) + 1}"
            nodes[node.name] = node
        return nodes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the source; parts that were read stay."""
        self.archive.close()

    def __repr__(self) -> str:
        return self.summary().text()

    def _repr_html_(self) -> str:
        return self.summary().html()

    # what it is

    @property
    def source(self) -> str:
        """Name of the source, safe to show."""
        return self.archive.name

    @property
    def layout(self) -> Layout:
        """Which member is which part."""
        return self._layout

    @cached_property
    def lineage(self) -> Lineage:
        """``V1``, ``V2-flat``, ``V2-cluster``, ``mixed`` or ``unknown`` (packet-format.md 0)."""
        return detect([self._layout.inner(m) for m in self.archive.members if not m.noise])

    @cached_property
    def server_version(self) -> str | None:
        """The server's version as text, from the first part that tells, None if none does."""
        return versions.server_version(self)

    @property
    def version(self) -> Version | None:
        """The server's version for comparing, None if unknown."""
        return parse_version(self.server_version)

    @cached_property
    def generated_at(self) -> datetime | None:
        """When the packet was made (the end of its making), UTC."""
        return versions.generated_at(self)

    @property
    def clustered(self) -> bool:
        """Whether the packet holds folders of nodes."""
        return any(node.folder for node in self.nodes.values())

    def node(self, name: str) -> Node:
        """Return a node by name.

        Raises:
            UsageError: the packet has no such node; the message names those it has.
        """
        if name not in self.nodes:
            known = ", ".join(printable(known) for known in self.nodes) or "none"
            raise UsageError(f"{self.source}: no node {printable(name)}; its nodes: {known}")
        return self.nodes[name]

    @property
    def first_node(self) -> Node | None:
        """The cluster's leader if one says so, else the node at the root, else the first by name."""
        nodes = list(self.nodes.values())
        for node in nodes:
            cluster = node.diagnostics.cluster if node.diagnostics is not None else None
            if cluster is not None and cluster.is_leader:
                return node
        return nodes[0] if nodes else None

    # parts

    @cached_property
    def metadata(self) -> Metadata | None:
        """``metadata.yaml`` (9.11 and later)."""
        from analyzer.parts import metadata

        return self._desk.part(self._layout.parts.get("metadata"), None, metadata.read)

    @cached_property
    def support_packet(self) -> SupportPacket | None:
        """``support_packet.yaml`` (until 10.4)."""
        from analyzer.parts import support_packet

        return self._desk.part(self._layout.parts.get("support_packet"), None, support_packet.read)

    @cached_property
    def stats(self) -> Stats | None:
        """``stats.yaml`` (10.5 and later); ``doubtful_stats`` names numbers not to be trusted."""
        from analyzer.parts import stats

        return self._desk.part(self._layout.parts.get("stats"), None, stats.read)

    @property
    def doubtful_stats(self) -> frozenset[str]:
        """Keys of ``stats`` whose number may come from a failed query (packet-format.md 3.3, 10.8)."""
        from analyzer.parts.stats import doubtful

        if self.stats is None:
            return frozenset()
        return doubtful(self.stats, version=self.version, warnings=self.warning_lines)

    @cached_property
    def job_lists(self) -> Jobs | None:
        """``jobs.yaml`` (10.5 and later) as a value; ``jobs`` is the frame."""
        from analyzer.parts import jobs

        return self._desk.part(self._layout.parts.get("jobs"), None, jobs.read)

    @property
    def offset_minutes(self) -> int | None:
        """The server's offset from UTC as its jobs tell it (10.5 and later), None if they do not."""
        return None if self.job_lists is None else self.job_lists.offset_minutes()

    @cached_property
    def roles_and_schemes(self) -> Permissions | None:
        """``permissions.yaml`` (10.5 and later) as a value; ``permissions`` is the frame of roles."""
        from analyzer.parts import permissions

        return self._desk.part(self._layout.parts.get("permissions"), None, permissions.read)

    @cached_property
    def plugin_lists(self) -> Plugins | None:
        """``plugins.json`` as a value; ``plugins`` is the frame."""
        from analyzer.parts import plugins

        return self._desk.part(self._layout.parts.get("plugins"), None, plugins.read)

    @cached_property
    def plugin_diagnostics(self) -> Mapping[str, PluginDiagnostics]:
        """``<plugin id>/diagnostics.yaml`` by folder; broken ones are left out and named in ``problems``."""
        from analyzer.parts import plugin_diagnostics

        read = {
            folder: self._desk.part(member, None, plugin_diagnostics.read)
            for folder, member in self._layout.plugins.items()
        }
        return MappingProxyType({folder: value for folder, value in read.items() if value is not None})

    @cached_property
    def database_schema(self) -> DatabaseSchema | None:
        """``database_schema.yaml`` (10.11 and later, PostgreSQL)."""
        from analyzer.parts import schema

        return self._desk.part(self._layout.parts.get("database_schema"), None, schema.read)

    @cached_property
    def server_warnings(self) -> Warnings | None:
        """``warning.txt``: what the server itself could not collect; its lines are in ``problems`` too."""
        from analyzer.parts import warnings

        return self._desk.part(self._layout.parts.get("warnings"), None, warnings.read)

    @property
    def warning_lines(self) -> tuple[str, ...]:
        """The messages of ``warning.txt``."""
        return completeness.warning_lines(self)

    @property
    def config(self) -> Config | None:
        """The configuration of the leader, or of the first node that has one."""
        return next((node.config for node in self._leader_first() if node.config is not None), None)

    @property
    def diagnostics(self) -> Diagnostics | None:
        """The diagnostics of the leader, or of the first node that has them."""
        return next((node.diagnostics for node in self._leader_first() if node.diagnostics is not None), None)

    def _leader_first(self) -> list[Node]:
        first = self.first_node
        return [] if first is None else [first, *(node for node in self.nodes.values() if node is not first)]

    # frames

    @cached_property
    def jobs(self) -> pd.DataFrame:
        """Jobs, of ``jobs.yaml`` or ``support_packet.yaml``; ``node`` first."""
        return frames.jobs(self)

    @cached_property
    def plugins(self) -> pd.DataFrame:
        """Plugins and whether they run; ``node`` first."""
        return frames.plugins(self)

    @cached_property
    def permissions(self) -> pd.DataFrame:
        """Roles with their permissions; ``node`` first."""
        return frames.permissions(self)

    @cached_property
    def logs(self) -> pd.DataFrame:
        """``mattermost.log`` of every node, ordered by time; ``node`` first."""
        return frames.logs(self)

    def frames(self) -> Mapping[str, Callable[[], pd.DataFrame]]:
        """Return every frame of this packet by name, each made when it is called."""
        return frames.all_frames(self)

    # what is not there

    @property
    def missing(self) -> tuple[str, ...]:
        """Paths that this release always sends, or that its configuration calls for, and that are not there."""
        return completeness.missing(self)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that could not be read, and every line of ``warning.txt``; complete: reads what is still unread."""
        self.read_all()
        return (*self._desk.problems, *completeness.server_problems(self))

    @property
    def broken(self) -> frozenset[int]:
        """Positions in the archive of the members that could not be read whole, as far as they were read."""
        return frozenset(self._desk.broken)

    def read_all(self) -> None:
        """Read every part and check every other member, so that all problems are known; logs are not kept."""
        if self._all_read:
            return
        self._all_read = True
        total = len(self.archive.members)
        _ = self.metadata, self.support_packet, self.stats, self.job_lists, self.roles_and_schemes
        _ = self.plugin_lists, self.plugin_diagnostics, self.database_schema, self.server_warnings
        read = {member.index for member in (*self._layout.parts.values(), *self._layout.plugins.values())}
        for node in self.nodes.values():
            if self._progress is not None:
                self._progress(len(read), total, node.name)
            node.read_all()
            read |= {member.index for member in node.members.values()}
        for member in self.archive.members:
            if member.index not in read and not member.noise:
                self._desk.check(member, None)
        if self._progress is not None:
            self._progress(total, total, self.source)

    def attempt(self, what: str, make: Callable[[], T]) -> T | None:
        """Return what ``make`` returns; what fails is a problem of ``what`` and gives None.

        For faces that show several things: one that a strange packet breaks must not cost the others.
        """
        try:
            return make()
        except Exception as reason:
            told = str(reason) if isinstance(reason, PacketError) else f"could not be shown ({type(reason).__name__})"
            self._desk.note(what, told, stage="parse")
            return None

    def summary(self) -> PacketSummary:
        """Return one screen about the packet."""
        from analyzer.packet.overview import summarize

        return summarize(self)
