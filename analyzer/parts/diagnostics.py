"""``diagnostics.yaml`` (10.5 and later): one server's licence, host, database and services (packet-format.md 2.3)."""

# ruff: noqa: RUF009 - timestamp(), epoch_ms() and nested() are dataclasses.field with rules

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from analyzer.format.diagnostics_comments import COMMENTS
from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import (
    Orders,
    bind,
    decimal,
    dump,
    flag,
    integer,
    nested,
    text,
    texts,
    timestamp,
    unread,
)
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import dialect_for, write_yaml

_LATER = "12.1"  # on master after 12.0, release not established (packet-format.md 1.1)


@dataclass(frozen=True, slots=True)
class License:
    """The licence; empty company and zero seats mean unlicensed."""

    company: str | None = text()
    users: int | None = integer()
    sku_short_name: str | None = text()
    is_trial: bool | None = flag(omit=True)
    is_gov_sku: bool | None = flag(omit=True)
    is_non_production: bool | None = flag(omit=True, since=_LATER)
    is_cloud: bool | None = flag(omit=True, since=_LATER)
    expires_at: int | None = integer(omit=True, since=_LATER)
    is_seat_count_enforced: bool | None = flag(omit=True, since=_LATER)
    extra_users: int | None = integer(since=_LATER)
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Server:
    """Host and process; memory in MB of 1024 * 1024 bytes, host view except for ``container_*``."""

    os: str | None = text()
    architecture: str | None = text()
    hostname: str | None = text()
    installation_type: str | None = text()
    cpu_cores: int | None = integer(since="11.4")
    total_memory_mb: int | None = integer(since="11.4")
    container_cpu_limit: float | None = decimal(omit=True, since="11.8")
    container_memory_limit_mb: int | None = integer(omit=True, since="11.8")
    process_id: int | None = integer(since="11.8")
    started_at: datetime | None = timestamp(quoted=False, since="11.8")
    host_started_at: datetime | None = timestamp(quoted=False, omit=True, since="11.8")
    open_file_descriptors: int | None = integer(since="11.8")
    max_file_descriptors: int | None = integer(since="11.8")
    version: str | None = text()
    build_hash: str | None = text()
    go_version: str | None = text(since="11.8")
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class ConfigStore:
    """Where the configuration is kept."""

    store_type: str | None = text()
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Database:
    """Connections of this node and, from 11.9, pool and PostgreSQL statistics (cumulative unless in use or idle).

    The PostgreSQL statistics are Go pointers: a zero is written, what could not be asked is left out.
    """

    type: str | None = text()
    version: str | None = text()
    schema_version: str | None = text()
    master_connections: int | None = integer()
    replica_connections: int | None = integer()
    search_connections: int | None = integer()
    master_connections_in_use: int | None = integer(since="11.9")
    master_connections_idle: int | None = integer(since="11.9")
    master_pool_wait_count: int | None = integer(since="11.9")
    master_pool_wait_duration_ms: int | None = integer(since="11.9")
    master_connections_closed_max_idle: int | None = integer(since="11.9")
    master_connections_closed_max_lifetime: int | None = integer(since="11.9")
    replica_connections_in_use: int | None = integer(since="11.9")
    replica_connections_idle: int | None = integer(since="11.9")
    replica_pool_wait_count: int | None = integer(since="11.9")
    replica_pool_wait_duration_ms: int | None = integer(since="11.9")
    replica_connections_closed_max_idle: int | None = integer(since="11.9")
    replica_connections_closed_max_lifetime: int | None = integer(since="11.9")
    cache_hit_ratio: float | None = decimal(since="11.9")
    deadlocks: int | None = integer(since="11.9")
    temp_files: int | None = integer(since="11.9")
    temp_bytes_mb: float | None = decimal(since="11.9")
    rollbacks: int | None = integer(since="11.9")
    idle_in_transaction_count: int | None = integer(since="11.9")
    longest_query_duration_seconds: float | None = decimal(since="11.9")
    waiting_for_lock_count: int | None = integer(since="11.9")
    posts_dead_tuples: int | None = integer(since="11.9")
    posts_last_autovacuum: datetime | None = timestamp(quoted=False, since="11.9")
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class FileStore:
    """The file store; sizes are those of the local volume in MB."""

    file_status: str | None = text()
    error: str | None = text(omit=True, spelled="file_store.error")
    file_driver: str | None = text()
    filesystem_type: str | None = text(omit=True, since="11.9")
    total_mb: int | None = integer(omit=True, since="11.9")
    available_mb: int | None = integer(omit=True, since="11.9")
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Websocket:
    """Web-socket connections of this node."""

    connections: int | None = integer()
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster; ``number_of_nodes`` is 0 without a cluster interface."""

    id: str | None = text()
    number_of_nodes: int | None = integer()
    is_leader: bool | None = flag(omit=True, since=_LATER)
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Probe:
    """The outcome of one connection test: ``OK``, ``FAIL`` or ``disabled``, and the error text."""

    status: str | None = text()
    error: str | None = text(omit=True)
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Notifications:
    """Mail and push tests (11.8 and later)."""

    email: Probe | None = nested(Probe)
    push: Probe | None = nested(Probe)
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Ldap:
    """The LDAP test and vendor; every key is missing where LDAP is off (before 11.9)."""

    status: str | None = text(omit=True)
    error: str | None = text(omit=True, spelled="ldap.error")
    server_name: str | None = text(omit=True)
    server_version: str | None = text(omit=True)
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Saml:
    """The SAML provider, guessed from its URL, and its test."""

    provider_type: str | None = text(omit=True, since="11.2")
    status: str | None = text(omit=True, since="11.9")
    error: str | None = text(omit=True, since="11.9")
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Elastic:
    """The search engine."""

    status: str | None = text(omit=True, since="11.9")
    backend: str | None = text(omit=True, since="11.2")
    server_version: str | None = text(omit=True)
    server_plugins: tuple[str, ...] | None = texts(omit=True)
    error: str | None = text(omit=True, since="11.0")
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class OAuthProviders:
    """Probes of the OAuth and OpenID providers (11.9 and later)."""

    gitlab: Probe | None = nested(Probe)
    google: Probe | None = nested(Probe)
    office365: Probe | None = nested(Probe)
    openid: Probe | None = nested(Probe)
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """The whole file. A block that the file does not have is None; ``{}`` is a block of Nones."""

    version: int | None = integer()
    license: License | None = nested(License)
    server: Server | None = nested(Server)
    config: ConfigStore | None = nested(ConfigStore)
    database: Database | None = nested(Database)
    file_store: FileStore | None = nested(FileStore)
    websocket: Websocket | None = nested(Websocket)
    cluster: Cluster | None = nested(Cluster)
    notifications: Notifications | None = nested(Notifications, since="11.8")
    ldap: Ldap | None = nested(Ldap)
    saml: Saml | None = nested(Saml, since="11.2")
    elastic: Elastic | None = nested(Elastic)
    oauth_providers: OAuthProviders | None = nested(OAuthProviders, since="11.9", omit=True)
    extra: Mapping[str, Any] = unread()

    @property
    def unlicensed(self) -> bool | None:
        """Whether the licence block is all zero (the official reader's rule); None without the block."""
        if self.license is None:
            return None
        return not (self.license.company or self.license.users or self.license.sku_short_name)


# Struct order of ``server`` in older releases: packet-format.md 2.3 (10.5), real 11.6 packets (8.1)
_SERVER_UNTIL_11_4: Final[Orders] = {
    Server: ("os", "architecture", "hostname", "version", "build_hash", "installation_type")
}
_SERVER_UNTIL_11_8: Final[Orders] = {
    Server: (
        "os",
        "architecture",
        "cpu_cores",
        "total_memory_mb",
        "hostname",
        "version",
        "build_hash",
        "installation_type",
    )
}


def _orders(target: Version | None) -> Orders:
    if target is None or target.at_least("11.8"):
        return {}
    return _SERVER_UNTIL_11_4 if target.before("11.4") else _SERVER_UNTIL_11_8


def read(data: bytes) -> Parsed[Diagnostics]:
    """Read ``diagnostics.yaml``; both spellings of ``error`` are read.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    value = bind(Diagnostics, load_map(data, notes), "", notes)
    if value.version is not None and value.version > 2:
        notes.add("version", f"layout {value.version} is newer than the layouts 1 and 2 known here")
    return Parsed(value, notes.result())


def write(value: Diagnostics, *, target: Version | None = None, comments: bool = False) -> bytes:
    """Return the file as a server of ``target`` writes it; every key with a value in the newest style without one.

    Args:
        value: what to write; None is left out.
        target: server version whose keys, order, spelling and YAML dialect are used.
        comments: write the head and line comments that servers from 11.9 write.
    """
    tree = dump(value, target, _orders(target))
    return write_yaml(tree, dialect_for(target), (lambda path: COMMENTS.get(path, (None, None))) if comments else None)
