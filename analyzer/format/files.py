"""The file matrix: which release writes which member, where, and on what condition (packet-format.md 1.2, 1.5)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias

from analyzer.format.versions import Version, within

Place: TypeAlias = Literal["root", "node"]
Condition: TypeAlias = Literal[
    "always", "plugins", "log", "notification log", "postgres", "advanced log", "plugin hook", "failure"
]


class Settings(Protocol):
    """What the matrix asks of a configuration: the value at a key path."""

    def get(self, path: str, default: Any = None, /) -> Any:
        """Return the value at a dotted key path, or ``default``."""
        ...


@dataclass(frozen=True, slots=True)
class FileRow:
    """One member of a packet.

    Attributes:
        name: base name; ``*`` where it varies.
        since, until: releases that write it, ``until`` exclusive; None is open.
        place: ``node`` files stand under ``<hostname>/`` in clusters from 10.10.
        when: ``always``, or the condition.
        detail: the condition in words.
        source: where this was read.
    """

    name: str
    since: str
    until: str | None
    place: Place
    when: Condition
    detail: str
    source: str


_ALWAYS: Final = "every packet"
FILES: Final = (
    FileRow("support_packet.yaml", "5.33", "10.5", "root", "always", _ALWAYS, "PR#16667, PR#29403"),
    FileRow("metadata.yaml", "9.11", None, "root", "always", "valid licence and customer ids", "PR#27490; 2.1, 8.1"),
    FileRow("diagnostics.yaml", "10.5", None, "node", "always", _ALWAYS, "PR#29403, PR#30755"),
    FileRow("stats.yaml", "10.5", None, "root", "always", _ALWAYS, "PR#29403"),
    FileRow("jobs.yaml", "10.5", None, "root", "always", _ALWAYS, "PR#29403"),
    FileRow("permissions.yaml", "10.5", None, "root", "always", _ALWAYS, "PR#29403"),
    FileRow("plugins.json", "5.33", None, "root", "plugins", "PluginSettings.Enable", "PR#16667; 2.8"),
    FileRow("sanitized_config.json", "5.33", None, "node", "always", _ALWAYS, "PR#16667, PR#30755"),
    FileRow(
        "database_schema.yaml",
        "10.11",
        None,
        "root",
        "postgres",
        "SqlSettings.DriverName is postgres",
        "PR#31162; 2.9",
    ),
    # merged for 9.1 or 9.2 (packet-format.md 1.1), so only 9.2 is sure to have them
    FileRow("cpu.prof", "9.2", None, "node", "always", _ALWAYS, "PR#24477"),
    FileRow("heap.prof", "9.2", None, "node", "always", _ALWAYS, "PR#24476"),
    FileRow("goroutines", "9.2", None, "node", "always", _ALWAYS, "PR#24478"),
    FileRow(
        "mattermost.log",
        "5.33",
        None,
        "node",
        "log",
        "LogSettings.EnableFile and not switched off in the request",
        "1.5",
    ),
    FileRow(
        "notifications.log",
        "5.33",
        "11.0",
        "node",
        "notification log",
        "NotificationLogSettings.EnableFile; often missing, because servers that log no notification have no such file",
        "PR#33473; 1.5",
    ),
    FileRow(
        "*",
        "10.5",
        None,
        "node",
        "advanced log",
        "base name of each file target in AdvancedLoggingJSON (audit targets from 10.7)",
        "PR#29403, PR#29844; 1.5",
    ),
    FileRow("*/diagnostics.yaml", "10.4", None, "root", "plugin hook", "plugins that implement the hook", "1.4"),
    FileRow(
        "tsdb_dump.tar.gz", "9.8", None, "root", "plugin hook", "Metrics plugin, ticked in the request", "1.4, 2.11"
    ),
    FileRow("warning.txt", "5.33", None, "root", "failure", "at least one step failed", "3"),
)

NEVER_WRITTEN: Final = {
    "postgres_schema_dump.sql": "documentation names it; the file is database_schema.yaml",
    "audit.log": "documentation names it; there only if an advanced logging target has that base name",
    "ldap.log": "documentation names it; there only if an advanced logging target has that base name",
    "notification.log": "a reader's misspelling of notifications.log (packet-format.md 9.2)",
}
"""Names that documentation uses but no server writes by itself (packet-format.md 1.2)."""


@dataclass(frozen=True, slots=True)
class ExpectedFile:
    """One member that a packet ought to have.

    Attributes:
        name: base name.
        per_node: it stands in every node's folder instead of at the root.
        required: False where its absence is usual although the configuration asks for it.
        reason: why it is expected, in words.
        source: where the rule was read.
    """

    name: str
    per_node: bool
    required: bool
    reason: str
    source: str


def expected_files(
    version: Version | None, *, clustered: bool = False, config: Settings | None = None
) -> tuple[ExpectedFile, ...]:
    """Return what a server of ``version`` with ``config`` puts into a packet, in matrix order.

    Only what this release always sends and what the configuration calls for: never what the release does not have, no
    plugin files, no ``warning.txt``. Without a configuration the conditional members are left out, except those whose
    setting is on by default (``plugins.json``); without a version nothing is expected.

    Args:
        version: server version; None gives no expectation.
        clustered: the packet has node folders (10.10 and later).
        config: the packet's configuration; key paths such as ``LogSettings.EnableFile``.
    """
    if version is None:
        return ()
    per_node = clustered and version.at_least("10.10")
    out = []
    for row in FILES:
        if not within(version, row.since, row.until):
            continue
        on_node = per_node and row.place == "node"
        if row.when == "advanced log":
            out += [
                ExpectedFile(name, on_node, True, f"file target of {section}", row.source)
                for name, section in advanced_targets(config, version)
            ]
        elif _called_for(row.when, config):
            out.append(ExpectedFile(row.name, on_node, row.when != "notification log", row.detail, row.source))
    return tuple(out)


def _called_for(when: Condition, config: Settings | None) -> bool:
    if when == "always":
        return True
    if when == "plugins":
        return config is None or _is(config, "PluginSettings.Enable") is not False
    if config is None:
        return False
    if when == "log":
        return _is(config, "LogSettings.EnableFile") is True
    if when == "notification log":
        return _is(config, "NotificationLogSettings.EnableFile") is True
    return when == "postgres" and config.get("SqlSettings.DriverName") == "postgres"


def _is(config: Settings, path: str) -> bool | None:
    value = config.get(path)
    return value if isinstance(value, bool) else None


_ADVANCED: Final = (  # section, since, until: packet-format.md 1.5
    ("LogSettings", "10.5", None),
    ("ExperimentalAuditSettings", "10.7", None),
    ("NotificationLogSettings", "10.7", "11.0"),
)


def advanced_targets(config: Settings | None, version: Version | None) -> Iterator[tuple[str, str]]:
    """Yield (base name, section) of every file target in ``AdvancedLoggingJSON``; 1.5.

    Settings are read as an object or as JSON in a string; a path to a file with settings cannot be followed.
    """
    if config is None:
        return
    seen = set()
    for section, since, until in _ADVANCED:
        if not within(version, since, until):
            continue
        for target in _targets(config.get(f"{section}.AdvancedLoggingJSON")):
            options = target.get("options")
            path = options.get("filename") if isinstance(options, Mapping) else None
            if target.get("type") != "file" or not isinstance(path, str):
                continue
            name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
            if name and name not in seen:
                seen.add(name)
                yield name, f"{section}.AdvancedLoggingJSON"


def _targets(raw: Any) -> list[Mapping[str, Any]]:
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except (ValueError, RecursionError):
            return []
    if not isinstance(raw, Mapping):
        return []
    return [target for target in raw.values() if isinstance(target, Mapping)]
