"""``support_packet.yaml`` (5.33 to 10.4): everything about the server in one file (packet-format.md 2.2)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.versions import Version, parse_version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import Orders, bind, dump, flag, integer, several, text, texts, unread
from analyzer.parts.job import V1Job, jobs_frame
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import write_yaml

if TYPE_CHECKING:
    import pandas as pd

STATISTICS: Final = (
    "active_users",
    "daily_active_users",
    "monthly_active_users",
    "inactive_user_count",
    "total_posts",
    "total_channels",
    "total_teams",
    "websocket_connections",
    "master_db_connections",
    "read_db_connections",
)
"""Keys that come from the analytics rows, where -1 means that the server did not count."""


@dataclass(frozen=True, slots=True)
class SupportPacket:
    """The whole file; keys that a release does not write are None.

    Attributes:
        database_version: 5.33-6.4 the Mattermost database version, 6.5-7.7 the schema number, then the server's own.
        unavailable: statistics that the file gives as -1, so not counted; their fields are None.
        extra: unknown keys, and raw values that did not fit.
    """

    server_os: str | None = text()
    server_architecture: str | None = text()
    server_version: str | None = text(since="7.0")
    build_hash: str | None = text(since="7.0", omit_until="9.8")
    database_type: str | None = text()
    database_version: str | None = text()
    database_schema_version: str | None = text(since="7.8")
    websocket_connections: int | None = integer(since="7.8")
    master_db_connections: int | None = integer(since="7.8")
    read_db_connections: int | None = integer(since="7.8")
    cluster_id: str | None = text(since="9.0")
    file_driver: str | None = text(since="9.0")
    file_status: str | None = text(since="9.0")
    ldap_vendor_name: str | None = text(omit=True)
    ldap_vendor_version: str | None = text(omit=True)
    elastic_server_version: str | None = text(omit=True)
    elastic_server_plugins: tuple[str, ...] | None = texts(omit=True)
    license_to: str | None = text(since="7.8")
    license_supported_users: int | None = integer(since="7.0", omit_until="9.8")
    license_is_trial: bool | None = flag(since="9.2", omit=True)
    active_users: int | None = integer(since="7.0")
    daily_active_users: int | None = integer(since="7.8")
    monthly_active_users: int | None = integer(since="7.8")
    inactive_user_count: int | None = integer(since="7.8")
    total_posts: int | None = integer(since="7.8")
    total_channels: int | None = integer(since="7.8")
    total_teams: int | None = integer(since="7.8")
    data_retention_jobs: tuple[V1Job, ...] | None = several(V1Job, since="7.8")
    message_export_jobs: tuple[V1Job, ...] | None = several(V1Job, since="7.8")
    elastic_post_indexing_jobs: tuple[V1Job, ...] | None = several(V1Job, since="7.8")
    elastic_post_aggregation_jobs: tuple[V1Job, ...] | None = several(V1Job, since="7.8")
    bleve_post_indexing_jobs: tuple[V1Job, ...] | None = several(V1Job, spelled="bleve_post_indexing_jobs", since="9.0")
    ldap_sync_jobs: tuple[V1Job, ...] | None = several(V1Job, since="7.8")
    compliance_jobs: tuple[V1Job, ...] | None = several(V1Job, since="7.8", until="9.8")
    migration_jobs: tuple[V1Job, ...] | None = several(V1Job, since="7.8")
    unavailable: frozenset[str] = frozenset()
    extra: Mapping[str, Any] = unread()

    def frame(self) -> pd.DataFrame:
        """Return every job as one row; columns of :data:`analyzer.parts.job.JOBS`, times in UTC."""
        return jobs_frame(self)


# Key order before 9.8: real 8.1.9 packet (packet-format.md 8, S2)
_OLD_ORDER: Final[Orders] = {
    SupportPacket: (
        "license_to",
        "server_os",
        "server_architecture",
        "server_version",
        "build_hash",
        "database_type",
        "database_version",
        "database_schema_version",
        "ldap_vendor_name",
        "ldap_vendor_version",
        "elastic_server_version",
        "elastic_server_plugins",
        "active_users",
        "license_supported_users",
        "total_channels",
        "total_posts",
        "total_teams",
        "daily_active_users",
        "monthly_active_users",
        "websocket_connections",
        "master_db_connections",
        "read_db_connections",
        "inactive_user_count",
        "elastic_post_indexing_jobs",
        "elastic_post_aggregation_jobs",
        "ldap_sync_jobs",
        "message_export_jobs",
        "data_retention_jobs",
        "compliance_jobs",
        "migration_jobs",
    )
}


def read(data: bytes) -> Parsed[SupportPacket]:
    """Read ``support_packet.yaml``; -1 in a statistic becomes None and is named in ``unavailable``.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    tree = load_map(data, notes)
    trial = tree.get("license_is_trial")
    if trial in ("true", "false", ""):  # text in 9.2 to 9.7: no fault
        tree["license_is_trial"] = None if trial == "" else trial == "true"
    value = bind(SupportPacket, tree, "", notes)
    gone = {name for name in STATISTICS if (getattr(value, name) or 0) < 0}
    for name in sorted(gone):
        notes.add(name, "-1: the server did not count", "info")
    value = dataclasses.replace(value, **dict.fromkeys(gone), unavailable=frozenset(gone))  # type: ignore[arg-type]
    return Parsed(value, notes.result())


def write(value: SupportPacket, *, target: Version | None = None) -> bytes:
    """Return the file as a server of ``target`` writes it; without one, as ``value.server_version`` does.

    Statistics named in ``unavailable`` are written as -1.
    """
    target = target or parse_version(value.server_version)
    shown = dataclasses.replace(value, **dict.fromkeys(value.unavailable, -1))  # type: ignore[arg-type]
    old = target is not None and target.before("9.8")
    tree = dump(shown, target, _OLD_ORDER if old else None)
    if old and "license_is_trial" in tree:
        tree["license_is_trial"] = "true"
    return write_yaml(tree, "v2")
