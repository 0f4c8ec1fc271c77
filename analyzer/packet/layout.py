"""Which member is which part: the top folder, the nodes, the files of the packet as a whole.

Rules of packet-format.md 1.2, 1.3 and 10 (reader). Only names are looked at, no member is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from analyzer.archive import Member

PACKET_FILES: Mapping[str, str] = {
    "metadata": "metadata.yaml",
    "support_packet": "support_packet.yaml",
    "stats": "stats.yaml",
    "jobs": "jobs.yaml",
    "permissions": "permissions.yaml",
    "plugins": "plugins.json",
    "database_schema": "database_schema.yaml",
    "warnings": "warning.txt",
}
"""Part -> name; these lie at the root whatever the number of nodes."""

NODE_FILES: Mapping[str, str] = {
    "diagnostics": "diagnostics.yaml",
    "config": "sanitized_config.json",
    "cpu": "cpu.prof",
    "heap": "heap.prof",
    "goroutines": "goroutines",
    "log": "mattermost.log",
    "notifications": "notifications.log",
    "support_packet": "support_packet.yaml",  # of the other nodes of a cluster, 10.0 to 10.4
}
"""Part -> name; these lie at the root or in one folder for each node."""

_PACKET_NAMES = {name: part for part, name in PACKET_FILES.items()}
_NODE_NAMES = {name: part for part, name in NODE_FILES.items()}
# a folder with one of these and no diagnostics.yaml is still a node: its diagnostics failed
_NODE_ONLY = {name for part, name in NODE_FILES.items() if part != "diagnostics"}


@dataclass(slots=True)
class NodeFiles:
    """Members of one node: ``folder`` is "" for files at the root; ``ordinal`` counts members of one name."""

    folder: str
    ordinal: int = 0
    parts: dict[str, Member] = field(default_factory=dict)
    other: list[Member] = field(default_factory=list)

    @property
    def fallback_name(self) -> str:
        """The name to use when the node's own diagnostics give none."""
        name = self.folder or "standalone"
        return name if self.ordinal == 0 else f"{name}#{self.ordinal + 1}"


@dataclass(frozen=True, slots=True)
class Layout:
    """Every member of an archive in its place.

    Attributes:
        top: wrapping folder with its slash, "" without one; it is no part of any name below.
        parts: part name -> member, for the packet as a whole.
        nodes: the nodes, root first, then by folder name.
        plugins: plugin folder -> its diagnostics.yaml.
        other: members that belong to no part.
        repeated: members whose name and place an earlier member has already.
    """

    top: str
    parts: Mapping[str, Member]
    nodes: tuple[NodeFiles, ...]
    plugins: Mapping[str, Member]
    other: tuple[Member, ...]
    repeated: tuple[Member, ...]

    @property
    def holds_a_packet(self) -> bool:
        """Whether any member is a file of a Support Packet."""
        return bool(self.nodes or self.parts.keys() - {"metadata"})

    def inner(self, member: Member) -> str:
        """Return a member's path inside the packet, without the wrapping folder."""
        return member.path.removeprefix(self.top)


def find_parts(members: Iterable[Member]) -> Layout:
    """Sort the members of an archive into the places of a packet."""
    usable = [member for member in members if not member.noise]
    top = _wrapping_folder(usable)
    parts: dict[str, Member] = {}
    nodes: dict[tuple[str, int], NodeFiles] = {}
    plugins: dict[str, Member] = {}
    other: list[Member] = []
    repeated: list[Member] = []
    node_folders = _node_folders(usable, top)
    for member in usable:
        folder, _, name = member.path.removeprefix(top).rpartition("/")
        if not folder and name in _PACKET_NAMES:
            if _PACKET_NAMES[name] in parts:
                repeated.append(member)
            else:
                parts[_PACKET_NAMES[name]] = member
        elif name in _NODE_NAMES and folder in node_folders:
            # two members of one name: another node's files appended under the same name (packet-format.md 1.3)
            files = nodes.setdefault((folder, member.ordinal), NodeFiles(folder, member.ordinal))
            files.parts[_NODE_NAMES[name]] = member
            if member.ordinal:
                repeated.append(member)
        elif name == "diagnostics.yaml" and folder and folder not in plugins:
            plugins[folder] = member
        elif folder in node_folders and (folder or name.endswith(".log")):
            nodes.setdefault((folder, 0), NodeFiles(folder)).other.append(member)
        else:
            other.append(member)
    ordered = tuple(files for _, files in sorted(nodes.items(), key=lambda item: item[0]))
    return Layout(top, parts, ordered, plugins, tuple(other), tuple(repeated))


def _wrapping_folder(members: list[Member]) -> str:
    """Return the folders that wrap the whole packet (customers re-zip packets), but never a node's own folder."""
    paths = [member.path for member in members if "unsafe-name" not in member.flags]
    top = ""
    while paths:
        folders = {path.partition("/")[0] if "/" in path else "" for path in paths}
        folder = folders.pop()
        if folders or not folder:
            break
        paths = [path.removeprefix(f"{folder}/") for path in paths]
        # a lone folder of a node's files and nothing of the packet as a whole: a packet cut down to that node
        if "diagnostics.yaml" in paths and not _NODE_ONLY.isdisjoint(paths) and _PACKET_NAMES.keys().isdisjoint(paths):
            break
        top += f"{folder}/"
    return top


def _node_folders(members: list[Member], top: str) -> set[str]:
    """Return the folders that hold a node's files; "" is the root.

    A folder with diagnostics.yaml and nothing else of a node belongs to a plugin (rule of the official reader,
    packet-format.md 9.1); one with a node's other files but no diagnostics is a node whose diagnostics failed.
    """
    found: dict[str, set[str]] = {}
    for member in members:
        folder, _, name = member.path.removeprefix(top).rpartition("/")
        if "/" not in folder and name in _NODE_NAMES:
            found.setdefault(folder, set()).add(name)
    return {folder for folder, names in found.items() if not folder or names & _NODE_ONLY}
