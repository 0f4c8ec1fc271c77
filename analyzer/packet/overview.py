"""From a packet to its one-screen summary."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from analyzer.packet.completeness import missing, warning_lines
from analyzer.packet.layout import NODE_FILES, PACKET_FILES
from analyzer.packet.summary import PacketSummary, PartStatus
from analyzer.text import count, printable

if TYPE_CHECKING:
    from analyzer.archive import Member
    from analyzer.packet.node import Node
    from analyzer.packet.packet import Packet


def summarize(packet: Packet) -> PacketSummary:
    """Return the summary of a packet; every part is read for it, logs are only counted."""
    packet.read_all()
    gone = missing(packet)
    warnings = warning_lines(packet)
    return PacketSummary(
        source=packet.source,
        lineage=str(packet.lineage),
        server_version=packet.server_version,
        generated_at=packet.generated_at,
        company=_company(packet),
        facts=tuple(_facts(packet)),
        nodes=tuple(packet.nodes),
        parts=tuple(_parts(packet, gone)),
        missing=gone,
        warnings=warnings,
        problems=tuple(problem for problem in packet.problems if problem.stage != "server"),
        other=tuple(printable(packet.layout.inner(member), 200) for member in _unknown(packet)),
    )


def _company(packet: Packet) -> str | None:
    diagnostics = packet.diagnostics
    if diagnostics is not None and diagnostics.license is not None and diagnostics.license.company:
        return diagnostics.license.company
    return packet.support_packet.license_to if packet.support_packet is not None else None


def _unknown(packet: Packet) -> list[Member]:
    logs = {member.index for node in packet.nodes.values() for member in node.log_members}
    loose = [member for node in packet.nodes.values() for member in node.other if member.index not in logs]
    return [*loose, *packet.layout.other]


def _facts(packet: Packet) -> list[tuple[str, str]]:
    """Return what a support engineer asks first, as far as the packet tells."""
    facts = [("licence", _licence(packet)), ("database", _database(packet)), ("users", _users(packet))]
    diagnostics = packet.diagnostics
    if diagnostics is not None:
        server, store = diagnostics.server, diagnostics.file_store
        if server is not None:
            size = [f"{server.cpu_cores} cores" if server.cpu_cores else "", _memory(server.total_memory_mb)]
            host = ", ".join(filter(None, [server.os, server.architecture, _known(server.installation_type), *size]))
            facts.append(("host", host))
        if store is not None and store.file_status not in {None, "OK"}:
            facts.append(("file store", f"{store.file_status} {store.error or ''}".strip()))
    return [(label, printable(text, 200)) for label, text in facts if text]


def _known(text: str | None) -> str | None:
    return None if text == "unknown" else text


def _memory(megabytes: int | None) -> str:
    return f"{megabytes / 1024:.1f} GB memory" if megabytes else ""


def _licence(packet: Packet) -> str:
    diagnostics = packet.diagnostics
    if diagnostics is not None and diagnostics.license is not None:
        if diagnostics.unlicensed:
            return "none"
        words = [diagnostics.license.sku_short_name, _seats(diagnostics.license.users)]
        return ", ".join(filter(None, [*words, "trial" if diagnostics.license.is_trial else ""]))
    return _seats(packet.support_packet.license_supported_users) if packet.support_packet is not None else ""


def _seats(number: int | None) -> str:
    return count(number, "seat") if number else ""


def _database(packet: Packet) -> str:
    diagnostics, old = packet.diagnostics, packet.support_packet
    if diagnostics is not None and diagnostics.database is not None:
        database = diagnostics.database
        words = [database.type, database.version]
        words.append(f"schema {database.schema_version}" if database.schema_version else None)
    elif old is not None:
        words = [old.database_type, old.database_version]
        words.append(f"schema {old.database_schema_version}" if old.database_schema_version else None)
    else:
        return ""
    return " ".join(word for word in words if word)


def _users(packet: Packet) -> str:
    stats, old = packet.stats, packet.support_packet
    if stats is not None:
        registered, active, posts = stats.registered_users, stats.active_users, stats.posts
        text = _counts(("registered", registered), ("active", active), ("posts", posts))
        return f"{text} (doubtful: a query may have failed)" if text and packet.doubtful_stats else text
    if old is not None:
        return _counts(("active", old.active_users), ("posts", old.total_posts))
    return ""


def _counts(*pairs: tuple[str, int | None]) -> str:
    return ", ".join(f"{number:,} {label}" for label, number in pairs if number is not None)


def _parts(packet: Packet, gone: tuple[str, ...]) -> list[PartStatus]:
    rows = []
    for part, name in PACKET_FILES.items():
        member = packet.layout.parts.get(part)
        if member is not None:
            rows.append(_status(packet, None, name, member, partial(_PACKET_DETAILS[part], packet)))
    for folder, member in packet.layout.plugins.items():
        name = f"{printable(folder, 100)}/diagnostics.yaml"
        rows.append(_status(packet, None, name, member, partial(_plugin_detail, packet, folder)))
    for node in packet.nodes.values():
        for part, name in NODE_FILES.items():
            member = node.members.get(part)
            if member is not None:
                place = node.name if node.folder else None
                rows.append(_status(packet, place, name, member, partial(_NODE_DETAILS[part], node)))
        extra = [member for member in node.log_members if member not in node.members.values()]
        rows += [_status(packet, None, printable(packet.layout.inner(m), 200), m, lambda: "log") for m in extra]
    rows += [PartStatus(None, name, "missing", None, "this release should have sent it") for name in gone]
    return rows


def _status(packet: Packet, node: str | None, name: str, member: Member, detail: Callable[[], str]) -> PartStatus:
    if member.index in packet.broken:
        reason = next((p.message for p in packet.problems if p.part == name and p.severity == "error"), "")
        left = detail()
        return PartStatus(
            node, name, "broken", member.size, printable(f"{reason}; read: {left}" if left else reason, 160)
        )
    return PartStatus(node, name, "read", member.size, printable(detail(), 160))


def _plugin_detail(packet: Packet, folder: str) -> str:
    value = packet.plugin_diagnostics.get(folder)
    return f"version {value.version}" if value is not None and value.version else ""


def _plugins(packet: Packet) -> str:
    value = packet.plugin_lists
    return "" if value is None else f"{len(value.enabled or ())} running, {len(value.disabled or ())} not"


def _or_empty(value: Any, text: Callable[[Any], str]) -> str:
    return "" if value is None else text(value)


_PACKET_DETAILS: dict[str, Callable[[Packet], str]] = {
    "metadata": lambda p: _or_empty(p.metadata, lambda m: m.type or ""),
    "support_packet": lambda p: _or_empty(p.support_packet, lambda s: s.server_version or ""),
    "stats": lambda p: _or_empty(p.stats, lambda s: count(len(s.counts), "count")),
    "jobs": lambda p: count(len(p.jobs), "job"),
    "permissions": lambda p: count(len(p.permissions), "role"),
    "plugins": _plugins,
    "database_schema": lambda p: _or_empty(p.database_schema, lambda s: count(len(s.tables or ()), "table")),
    "warnings": lambda p: count(len(warning_lines(p)), "message"),
}


def _settings(node: Node) -> str:
    return _or_empty(node.config, lambda config: count(len(config), "setting"))


def _cpu(node: Node) -> str:
    return _or_empty(node.cpu, lambda profile: count(len(profile.columns.samples), "stack"))


def _heap(node: Node) -> str:
    return _or_empty(node.heap, lambda profile: count(len(profile.columns.samples), "stack"))


def _dump(node: Node) -> str:
    dump = node.goroutines
    if dump is None:
        return ""
    return count(len(dump), "goroutine") + (", cut" if dump.truncated else "")


_NODE_DETAILS: dict[str, Callable[[Node], str]] = {
    "diagnostics": lambda n: _or_empty(n.diagnostics, lambda d: f"layout {d.version}" if d.version else ""),
    "config": _settings,
    "cpu": _cpu,
    "heap": _heap,
    "goroutines": _dump,
    "log": lambda n: _or_empty(n.log_lines, lambda lines: count(lines, "line")),
    "notifications": lambda _: "log",
    "support_packet": lambda n: _or_empty(n.support_packet, lambda s: s.server_version or ""),
}
