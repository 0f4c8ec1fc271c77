"""What a scan must know about a packet: its nodes, its server's version, which settings its plugins declare."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from analyzer.archive import MemberError
from analyzer.format.versions import Version, parse_version
from analyzer.packet.layout import Layout, NodeFiles, find_parts

if TYPE_CHECKING:
    from analyzer.archive import Archive, Member

_SMALL: Final = 1 << 20
_PLUGINS: Final = 32 << 20
_LOG_HEAD: Final = 4 << 20
_VERSION = re.compile(rb"(?m)^[ \t]*(?:server_)?version:[ \t]*[\"']?(v?\d+\.\d+[0-9A-Za-z.+-]*)")
_SERVER_VERSION = re.compile(rb"(?m)^server_version:[ \t]*[\"']?(v?\d+\.\d+[0-9A-Za-z.+-]*)")
_IN_SERVER = re.compile(rb"(?ms)^server:[ \t]*(?:#[^\n]*)?\n((?:[ \t]+[^\n]*\n?)+)")
_HOSTNAME = re.compile(rb"(?m)^[ \t]+hostname:[ \t]*[\"']?([^\s\"'#]{1,255})")
_LOGGED = re.compile(rb'"current_version":"([0-9A-Za-z.+-]{1,40})"|Current version is ([0-9A-Za-z.+-]{1,40})')


@dataclass(frozen=True, slots=True)
class Declared:
    """Settings that a plugin's manifest declares, in lower case: all, secret ones, those in sections."""

    keys: frozenset[str] = frozenset()
    secret: frozenset[str] = frozenset()
    in_sections: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Context:
    """A packet as a scan sees it. ``layout`` is None for what is no packet."""

    layout: Layout | None
    version: Version | None = None
    node_names: Mapping[str, str] = field(default_factory=dict)
    plugins: Mapping[str, Declared] = field(default_factory=dict)

    @property
    def is_packet(self) -> bool:
        """Whether files of a Support Packet were found."""
        return self.layout is not None and self.layout.holds_a_packet

    def inner(self, member: Member) -> str:
        """Return the member's path inside the packet."""
        return self.layout.inner(member) if self.layout else member.path

    def node_of(self, member: Member) -> str | None:
        """Return the node a member belongs to, None for files of the packet as a whole."""
        if self.layout is None:
            return None
        for files in self.layout.nodes:
            if member in files.parts.values() or member in files.other:
                return self.node_names.get(_key(files), files.fallback_name)
        return None


def _key(files: NodeFiles) -> str:
    return f"{files.folder}#{files.ordinal}"


def look_at(archive: Archive) -> Context:
    """Return the context of an archive; reads only a few small members and never raises because of one."""
    layout = find_parts(archive.members)
    if not layout.holds_a_packet:
        return Context(None)
    names: dict[str, str] = {}
    version: bytes | None = None
    if "metadata" in layout.parts:
        version = _first(_SERVER_VERSION, _read(archive, layout.parts["metadata"], _SMALL))
    for files in layout.nodes:
        if "diagnostics" in files.parts:
            block = _first(_IN_SERVER, _read(archive, files.parts["diagnostics"], _SMALL)) or b""
            version = version or _first(_VERSION, block)
            host = _first(_HOSTNAME, block)
            if host and not files.folder and not files.ordinal:
                names[_key(files)] = host.decode("utf-8", "replace")
    for part in ("support_packet",):
        if version is None and part in layout.parts:
            version = _first(_SERVER_VERSION, _read(archive, layout.parts[part], _SMALL))
    for files in layout.nodes:
        if version is None and "log" in files.parts:
            version = _first(_LOGGED, _read(archive, files.parts["log"], _LOG_HEAD))
    plugins = _declared(_read(archive, layout.parts["plugins"], _PLUGINS)) if "plugins" in layout.parts else {}
    return Context(layout, parse_version(version.decode("latin-1") if version else None), names, plugins)


def _read(archive: Archive, member: Member, limit: int) -> bytes:
    data = bytearray()
    try:
        for piece in archive.chunks(member):
            data += piece
            if len(data) >= limit:
                break
    except MemberError:  # told where the member itself is scanned
        pass
    return bytes(data[:limit])


def _first(pattern: re.Pattern[bytes], data: bytes) -> bytes | None:
    found = pattern.search(data)
    return next((group for group in found.groups() if group is not None), None) if found else None


def _declared(data: bytes) -> dict[str, Declared]:
    """Return each plugin's declared settings from plugins.json of either lineage."""
    try:
        tree = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    found: dict[str, Declared] = {}
    for group in tree.values() if isinstance(tree, dict) else ():
        for manifest in group if isinstance(group, list) else ():
            if isinstance(manifest, dict) and isinstance(manifest.get("id"), str):
                found[manifest["id"].lower()] = _of_manifest(manifest.get("settings_schema"))
    return found


def _of_manifest(schema: object) -> Declared:
    if not isinstance(schema, dict):
        return Declared()
    top = _settings(schema.get("settings"))
    inner: list[tuple[str, bool]] = []
    sections = schema.get("sections")
    for section in sections if isinstance(sections, list) else ():
        if isinstance(section, dict):
            inner += _settings(section.get("settings"))
    return Declared(
        frozenset(key for key, _ in (*top, *inner)),
        frozenset(key for key, secret in (*top, *inner) if secret),
        frozenset(key for key, _ in inner),
    )


def _settings(found: object) -> list[tuple[str, bool]]:
    rows = found if isinstance(found, list) else ()
    return [
        (row["key"].lower(), bool(row.get("secret")))
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("key"), str)
    ]
