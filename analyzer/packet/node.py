"""One server of a packet: its own files, each read when it is first asked for, and once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from analyzer.errors import PacketError
from analyzer.packet.reading import DUMP_BYTES, PART_BYTES, Desk

if TYPE_CHECKING:
    from analyzer.archive import Member
    from analyzer.goroutines import GoroutineDump
    from analyzer.logs import Log
    from analyzer.logs.select import Filter
    from analyzer.packet.layout import NodeFiles
    from analyzer.parts.config import Config
    from analyzer.parts.diagnostics import Diagnostics
    from analyzer.parts.support_packet import SupportPacket
    from analyzer.profiles import Profile


class Node:
    """One server. A part that is missing or broken is None; why is in ``packet.problems``.

    Attributes:
        name: the folder's name in a cluster; a standalone server's own hostname, else ``standalone``.
        folder: its folder in the packet, "" for files at the root.
    """

    def __init__(self, desk: Desk, files: NodeFiles, offset_minutes: Callable[[], int | None]) -> None:
        self._desk = desk
        self._offset_minutes = offset_minutes
        self._files = files
        self.folder = files.folder
        self.name = files.fallback_name
        if not files.folder:
            server = self.diagnostics.server if self.diagnostics is not None else None
            if server is not None and server.hostname:
                self.name = server.hostname

    def __repr__(self) -> str:
        return f"<Node {self.name}: {', '.join(sorted(self._files.parts))}>"

    @property
    def members(self) -> Mapping[str, Member]:
        """Part name (``diagnostics``, ``config``, ``cpu``, ``heap``, ``goroutines``, ``log``, …) -> member."""
        return MappingProxyType(self._files.parts)

    @property
    def other(self) -> tuple[Member, ...]:
        """Members beside the node's known files: advanced-logging targets and unknown ones."""
        return tuple(self._files.other)

    @property
    def _where(self) -> str | None:
        # files at the root are called by their bare names
        return self.folder or None

    @cached_property
    def diagnostics(self) -> Diagnostics | None:
        """``diagnostics.yaml`` (10.5 and later)."""
        from analyzer.parts import diagnostics

        return self._desk.part(self.members.get("diagnostics"), self._where, diagnostics.read)

    @cached_property
    def config(self) -> Config | None:
        """``sanitized_config.json``; ``config["SqlSettings.MaxOpenConns"]``."""
        from analyzer.parts import config

        return self._desk.part(self.members.get("config"), self._where, config.read)

    @cached_property
    def cpu(self) -> Profile | None:
        """``cpu.prof``: 5 seconds of CPU time (9.2 and later)."""
        return self._profile("cpu")

    @cached_property
    def heap(self) -> Profile | None:
        """``heap.prof``: live and allocated memory as of the last garbage collection (9.1 and later)."""
        return self._profile("heap")

    def _profile(self, part: str) -> Profile | None:
        from analyzer.profiles import read_profile

        return self._desk.value(self.members.get(part), self._where, read_profile, PART_BYTES)

    @cached_property
    def goroutines(self) -> GoroutineDump | None:
        """``goroutines``: every goroutine's stack (9.2 and later)."""
        from analyzer.goroutines import read_goroutines

        return self._desk.value(self.members.get("goroutines"), self._where, read_goroutines, DUMP_BYTES)

    @cached_property
    def support_packet(self) -> SupportPacket | None:
        """``support_packet.yaml`` in the node's own folder (clusters of 10.0 to 10.4)."""
        from analyzer.parts import support_packet

        return self._desk.part(self.members.get("support_packet"), self._where, support_packet.read)

    @cached_property
    def log(self) -> Log | None:
        """``mattermost.log``, None without one."""
        member = self.members.get("log")
        return None if member is None else self._log(member)

    @cached_property
    def logs(self) -> Mapping[str, Log]:
        """Every log file by member name: mattermost.log, notifications.log, advanced-logging targets."""
        found: dict[str, Log] = {}
        for member in self.log_members:
            log = self.log if member is self.members.get("log") else self._log(member)
            if log is not None:
                name = member.path.rpartition("/")[2]
                # two targets with one base name give two members of one name (packet-format.md 1.5)
                found[f"{name}#{member.ordinal + 1}" if member.ordinal else name] = log
        return MappingProxyType(found)

    @cached_property
    def log_members(self) -> tuple[Member, ...]:
        """Members that are log files: by name, or because the configuration names them as a target."""
        from analyzer.format.files import advanced_targets

        named = [self.members[part] for part in ("log", "notifications") if part in self.members]
        targets = {name for name, _ in advanced_targets(self.config, None)} if self._files.other else set()
        extra = [m for m in self._files.other if m.path.endswith(".log") or m.path.rpartition("/")[2] in targets]
        return (*named, *extra)

    def _log(self, member: Member, columns: tuple[str, ...] | None = None) -> Log | None:
        from analyzer.logs import read_log

        name = self._desk.name(member, self._where)
        stream = self._desk.archive.stream(member, partial=True)
        try:
            log = read_log(stream, columns=columns, name=name, node=self._where)
        except Exception as reason:
            self._desk.failed(member, self._where, reason)
            return None
        if stream.error is not None:
            self._desk.failed(member, self._where, stream.error)
        for problem in log.problems:
            self._desk.add(problem)
        if "time_from" in log.lines and log.lines["time_from"].eq("assumed").any():
            minutes = self._offset_minutes()
            return log if minutes is None else log.at_offset(minutes)
        return log

    def search_log(self, chosen: Filter) -> list[dict[str, Any]] | None:
        """Return the rows of ``mattermost.log`` that fit, the others never read; None if only ``log`` can tell.

        A row is a dict with the columns of ``Log.lines``; ``time`` is a datetime.
        """
        from analyzer.logs.search import search_log
        from analyzer.logs.source import open_feed

        member = self.members.get("log")
        if member is None:
            return None
        archive = self._desk.archive
        try:
            found = search_log(lambda most: open_feed(archive.stream(member), most), chosen)
        except PacketError:
            return None  # what can be read of it is in ``log``
        return None if found is None or found[1].trouble else found[0]

    @cached_property
    def log_lines(self) -> int | None:
        """Lines of ``mattermost.log``, counted without holding them; None without a log."""
        if "log" not in self.members:
            return None
        # a log that was read already is not read again
        log = self.__dict__["log"] if "log" in self.__dict__ else self._log(self.members["log"], ("line",))
        return None if log is None else int(log.quality["lines"].sum())

    def read_all(self) -> None:
        """Read every part, so that all problems are known; of logs only the account of their lines is made."""
        _ = self.diagnostics, self.config, self.cpu, self.heap, self.goroutines, self.support_packet, self.log_lines
