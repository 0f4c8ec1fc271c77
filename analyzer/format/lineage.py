"""Which of the three lineages a packet is, told by its file names, and what the zip's own name says.

Sources: packet-format.md 0 (lineages), 1.3 (layouts), 1.6 (zip names), 9.1 and 10 (two-file rule).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from analyzer.format.versions import Version


class Lineage(StrEnum):
    """The layouts that packets have had."""

    V1 = "V1"
    """5.33 to 10.4: ``support_packet.yaml`` at the root."""
    V2_FLAT = "V2-flat"
    """10.5 to 10.9, and later standalone servers: ``diagnostics.yaml`` at the root."""
    V2_CLUSTER = "V2-cluster"
    """10.10 and later with clustering: ``<hostname>/diagnostics.yaml``."""
    MIXED = "mixed"
    """10.0 to 10.9 with clustering: the requesting node's files at the root, other nodes' in folders of their own."""
    UNKNOWN = "unknown"
    """None of the telling files is there."""


NODE_FILES: Final = ("diagnostics.yaml", "sanitized_config.json")
"""A first-level folder with both is a node; with ``diagnostics.yaml`` alone it belongs to a plugin."""

_V1_NODE: Final = ("support_packet.yaml", "sanitized_config.json")
_PLATFORM: Final = frozenset({"mattermost.log", "notifications.log", "cpu.prof", "heap.prof", "goroutines"})


def node_folders(names: Iterable[str]) -> tuple[str, ...]:
    """Return the first-level folders that are nodes, sorted.

    A folder is a node if it has both ``NODE_FILES``, or ``support_packet.yaml`` (10.0 to 10.4), or two or more of the
    configuration, the log and the profiles (a node whose diagnostics are missing).
    """
    folders: dict[str, set[str]] = {}
    for name in names:
        folder, _, base = name.partition("/")
        if base and "/" not in base:
            folders.setdefault(folder, set()).add(base)
    return tuple(sorted(folder for folder, files in folders.items() if _is_node(files)))


def _is_node(files: set[str]) -> bool:
    if files.issuperset(NODE_FILES) or "support_packet.yaml" in files:
        return True
    return len(files & (_PLATFORM | {"sanitized_config.json"})) >= 2


def detect(names: Iterable[str]) -> Lineage:
    """Return the lineage that member names (common top folder stripped, forward slashes) show."""
    every = list(names)
    root = {name for name in every if "/" not in name}
    folders = node_folders(every)
    if "support_packet.yaml" in root:
        return Lineage.MIXED if folders else Lineage.V1
    if "diagnostics.yaml" in root:
        return Lineage.MIXED if folders else Lineage.V2_FLAT
    if folders:
        inside = {name.partition("/")[2] for name in every if name.partition("/")[0] in folders}
        return Lineage.V2_CLUSTER if "diagnostics.yaml" in inside else Lineage.MIXED
    if root & {"stats.yaml", "jobs.yaml", "permissions.yaml", "database_schema.yaml"}:
        return Lineage.V2_FLAT
    return Lineage.UNKNOWN


def lineage_of(version: Version, *, clustered: bool) -> Lineage:
    """Return the lineage that a server of this version writes.

    For 10.0 to 10.9 with clustering the answer is ``mixed``, although a lone node's packet looks like ``V2-flat``.
    """
    if version.before("10.0"):
        return Lineage.V1
    if version.before("10.5"):
        return Lineage.MIXED if clustered else Lineage.V1
    if not clustered:
        return Lineage.V2_FLAT
    return Lineage.MIXED if version.before("10.10") else Lineage.V2_CLUSTER


@dataclass(frozen=True, slots=True)
class ZipName:
    """What the file name of a packet says.

    Attributes:
        era: ``V1`` (to 10.4), ``V2`` (10.5 and later) or ``browser`` (the web app's fallback).
        company: the licence's company as the server sanitized it (V2), else None.
        time: start of generation in the server's own zone, without zone.
        twelve_hour: the hour is 01 to 12 without AM or PM (V1), so ``time`` may be 12 hours early.
    """

    era: str
    company: str | None
    time: datetime
    twelve_hour: bool


_STAMP = r"(?P<date>\d{4}-\d\d-\d\d)"
_COPY = r"(?:[ _-]?\(\d+\)|[ _-]copy)?"
_V1_NAME = re.compile(rf"mattermost_support_packet_{_STAMP}-(?P<hour>\d\d)-(?P<minute>\d\d){_COPY}\Z", re.ASCII)
_V2_NAME = re.compile(
    rf"mm_support_packet_(?:(?P<company>[A-Za-z0-9_-]{{0,100}})_)?{_STAMP}T(?P<hour>\d\d)[-:](?P<minute>\d\d){_COPY}\Z",
    re.ASCII,
)
_SUFFIXES: Final = (".zip", ".tar.gz", ".tgz")


def parse_zip_name(name: str) -> ZipName | None:
    """Return what a packet's file or folder name says, or None if it follows no known pattern (1.6)."""
    stem = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    for suffix in _SUFFIXES:
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
            break
    old = _V1_NAME.match(stem)
    match = old or _V2_NAME.match(stem)
    if not match:
        return None
    try:
        time = datetime.strptime(f"{match['date']} {match['hour']}:{match['minute']}", "%Y-%m-%d %H:%M")  # noqa: DTZ007
    except ValueError:
        return None
    if old:
        return ZipName("V1", None, time, twelve_hour=1 <= time.hour <= 12)
    company = match["company"]
    return ZipName("browser" if company is None else "V2", company, time, twelve_hour=False)


def sanitize_file_name(name: str) -> str:
    """Return a company name as the server puts it into the zip name (SanitizeFileName, 1.6)."""
    return re.sub("[^A-Za-z0-9_-]", "_", name.strip(". ").replace(".", ""))[:100]


def zip_name(version: Version, company: str, time: datetime) -> str:
    """Return the zip name that a server of this version gives; ``time`` in the server's zone."""
    if version.before("10.5"):
        return f"mattermost_support_packet_{time:%Y-%m-%d-%I-%M}.zip"
    return f"mm_support_packet_{sanitize_file_name(company)}_{time:%Y-%m-%dT%H-%M}.zip"
