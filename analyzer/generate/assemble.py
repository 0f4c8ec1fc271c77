"""From facts and parts to the members of a packet, in the layout of the target release."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.files import FILES
from analyzer.format.versions import Version, parse_version
from analyzer.generate.base import RawFile
from analyzer.parts import config as config_part
from analyzer.parts import diagnostics, jobs, metadata, plugins, stats, support_packet
from analyzer.parts import permissions as permissions_part
from analyzer.parts import schema as schema_part
from analyzer.parts.diagnostics import Diagnostics
from analyzer.parts.job import Job, V1Job
from analyzer.parts.metadata import Metadata
from analyzer.parts.support_packet import SupportPacket

if TYPE_CHECKING:
    from analyzer.generate.plan import Layout
    from analyzer.generate.settings import Settings

_ID_ALPHABET: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_V1_NEWEST: Final = "10.4.0"
_V2_NEWEST: Final = "12.0.0"


@dataclass(slots=True)
class Findings:
    """What all collectors found together.

    Attributes:
        facts: dotted paths of ``diagnostics.yaml`` to values; names that start with ``_`` are our own.
        parts: member name to part value.
        files: members taken as they are.
        warnings: lines for ``warning.txt``.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    files: list[RawFile] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shape:
    """How the packet is written.

    Attributes:
        layout: ``v1`` or ``v2``.
        version: the server's version; None if unknown.
        target: release whose keys, order and quoting are written; always one that has the layout.
        node: folder of the node's own files in a cluster, else ``""``.
    """

    layout: Layout
    version: Version | None
    target: Version
    node: str = ""

    def place(self, name: str) -> str:
        """Return the member name of a file: in the node's folder or at the root."""
        if not self.node or name in _ROOT_FILES or name == "warning.txt":
            return name
        return f"{self.node}/{name}"


_ROOT_FILES: Final = frozenset(row.name for row in FILES if row.place == "root")


def shape_of(layout: Layout | None, version: Version | None, node: str) -> Shape:
    """Return how a packet of this server is written; ``layout`` overrides what its version would choose."""
    chosen: Layout = layout or ("v1" if version is not None and version.before("10.5") else "v2")
    target = version
    if chosen == "v1" and (target is None or target.at_least("10.5")):
        target = parse_version(_V1_NEWEST)
    if chosen == "v2" and (target is None or target.before("10.5")):
        target = parse_version(_V2_NEWEST)
    assert target is not None
    clustered = node if chosen == "v2" and target.at_least("10.10") else ""
    return Shape(chosen, version, target, clustered)


def members(found: Findings, shape: Shape, config: Mapping[str, Any] | None, settings: Settings) -> list[RawFile]:
    """Return the packet's members in the order of the file matrix, without ``warning.txt``.

    Args:
        found: what was collected; its warnings grow where a part cannot be made.
        shape: how to write.
        config: the sanitized configuration; None leaves the file out.
        settings: the configuration in clear, asked for switches only.
    """
    made = dict(_texts(found, shape, config, settings))
    for item in found.files:
        if _has(shape, item.name):
            made.setdefault(item.name, item)
    extra = [item for item in found.files if item is not made.get(item.name) and _has(shape, item.name)]
    rank = {row.name: position for position, row in enumerate(FILES)}
    ordered = sorted(made.values(), key=lambda item: rank.get(item.name, rank["*"]))
    return [replace(item, name=shape.place(item.name)) for item in [*ordered, *extra]]


def _has(shape: Shape, name: str) -> bool:
    """Whether the target release has such a member; advanced logs may have any name."""
    rows = [row for row in FILES if row.name == name]
    if not rows:
        return shape.target.at_least("10.5")
    return any(shape.target.within(row.since, row.until) for row in rows)


def _texts(
    found: Findings, shape: Shape, config: Mapping[str, Any] | None, settings: Settings
) -> Iterable[tuple[str, RawFile]]:
    now = datetime.now(UTC).astimezone()
    for name, make in _writers(found, shape, config, settings).items():
        if not _has(shape, name):
            continue
        try:
            data = make()
        except Exception as error:
            # a value of a kind that no server has: this file is missing, the others are not
            found.warnings.append(f"failed to write {name}: {type(error).__name__}")
            continue
        if data:
            yield name, RawFile(name, data, modified=now)


def _writers(
    found: Findings, shape: Shape, config: Mapping[str, Any] | None, settings: Settings
) -> dict[str, Callable[[], bytes]]:
    """Return member name to what makes its bytes; no bytes, no member."""
    target, parts = shape.target, found.parts

    def write_diagnostics() -> bytes:
        value = _diagnostics(found, shape, settings)
        return diagnostics.write(value, target=target, comments=target.at_least("11.9"))

    def write_metadata() -> bytes:
        label = _metadata(found, shape)
        return metadata.write(label, target=target) if label is not None else b""

    makers: dict[str, Callable[[], bytes]] = {"metadata.yaml": write_metadata}
    if shape.layout == "v1":
        makers["support_packet.yaml"] = lambda: support_packet.write(
            _support_packet(found, shape, settings), target=target
        )
    else:
        makers["diagnostics.yaml"] = write_diagnostics
        if parts.get("stats.yaml"):
            makers["stats.yaml"] = lambda: stats.write(stats.Stats(**parts["stats.yaml"]), target=target)
        if parts.get("jobs.yaml"):
            makers["jobs.yaml"] = lambda: jobs.write(_jobs(parts["jobs.yaml"]), target=target)
        if "permissions.yaml" in parts:
            makers["permissions.yaml"] = lambda: permissions_part.write(parts["permissions.yaml"], target=target)
        if "database_schema.yaml" in parts:
            makers["database_schema.yaml"] = lambda: schema_part.write(parts["database_schema.yaml"], target=target)
    if "plugins.json" in parts:
        makers["plugins.json"] = lambda: plugins.write(parts["plugins.json"], target=target)
    if config is not None:
        makers["sanitized_config.json"] = lambda: config_part.write(config_part.Config(config), target=target)
    return makers


def _known(of: type, values: Mapping[str, Any]) -> Any:
    names = {item.name for item in fields(of)}
    return of(**{name: value for name, value in values.items() if name in names})


def _jobs(lists: Mapping[str, Iterable[Mapping[str, Any]]]) -> jobs.Jobs:
    return _known(jobs.Jobs, {kind: tuple(Job(**row) for row in rows) for kind, rows in lists.items()})  # type: ignore[no-any-return]


def _blocks(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted facts as nested maps."""
    tree: dict[str, Any] = {}
    for path, value in facts.items():
        if path.startswith("_"):
            continue
        *outer, name = path.split(".")
        level = tree
        for key in outer:
            level = level.setdefault(key, {})
        level[name] = value
    return tree


def _diagnostics(found: Findings, shape: Shape, settings: Settings) -> Diagnostics:
    facts = {**_switched_off(settings, shape), **found.facts}
    facts.setdefault("config.store_type", settings.origin or None)
    facts.setdefault("server.version", str(shape.version) if shape.version else None)
    tree = _blocks({path: value for path, value in facts.items() if value is not None})
    values: dict[str, Any] = {"version": 2 if shape.target.at_least("10.10") else 1}
    for item in fields(Diagnostics):
        key = item.metadata.get("key")
        if key is not None and key.of is not None:
            # a block without a fact is written empty, as the server does
            values[item.name] = _nested(key.of, tree.get(item.name, {}))
    return Diagnostics(**values)


def _nested(of: type, values: Mapping[str, Any]) -> Any:
    out: dict[str, Any] = {}
    for item in fields(of):
        key = item.metadata.get("key")
        if key is not None and item.name in values:
            out[item.name] = _nested(key.of, values[item.name]) if key.of is not None else values[item.name]
    return of(**out)


def _switched_off(settings: Settings, shape: Shape) -> dict[str, Any]:
    """Return the facts that follow from switches alone, as the server writes them."""
    if settings.fault:
        return {}
    on = settings.on
    facts: dict[str, Any] = {}
    if not on("ClusterSettings.Enable"):
        facts |= {"cluster.id": "", "cluster.number_of_nodes": 0}
    if shape.target.at_least("11.9"):
        if not (on("LdapSettings.Enable") or on("LdapSettings.EnableSync")):
            facts["ldap.status"] = "disabled"
        if not on("SamlSettings.Enable"):
            facts["saml.status"] = "disabled"
        if not on("ElasticsearchSettings.EnableIndexing"):
            facts["elastic.status"] = "disabled"
        for name, section in (
            ("gitlab", "GitLabSettings"),
            ("google", "GoogleSettings"),
            ("office365", "Office365Settings"),
            ("openid", "OpenIdSettings"),
        ):
            if not on(f"{section}.Enable"):
                facts[f"oauth_providers.{name}.status"] = "disabled"
    if not on("EmailSettings.SendEmailNotifications"):
        facts["notifications.email.status"] = "disabled"
    if not on("EmailSettings.SendPushNotifications"):
        facts["notifications.push.status"] = "disabled"
    return facts


def _support_packet(found: Findings, shape: Shape, settings: Settings) -> SupportPacket:
    facts = {**_switched_off(settings, shape), **found.facts}
    counts = found.parts.get("stats.yaml") or {}
    status = facts.get("file_store.file_status")
    lists = {
        kind: tuple(_v1_job(row) for row in list(rows)[:2])
        for kind, rows in (found.parts.get("jobs.yaml") or {}).items()
    }
    values = {
        "server_os": facts.get("server.os"),
        "server_architecture": facts.get("server.architecture"),
        "server_version": str(shape.version) if shape.version else None,
        "build_hash": facts.get("server.build_hash"),
        "database_type": facts.get("database.type"),
        "database_version": facts.get("database.version"),
        "database_schema_version": facts.get("database.schema_version"),
        "websocket_connections": facts.get("websocket.connections"),
        "master_db_connections": facts.get("database.master_connections"),
        "read_db_connections": facts.get("database.replica_connections"),
        "cluster_id": facts.get("cluster.id"),
        "file_driver": facts.get("file_store.file_driver"),
        "file_status": f"FAIL: {facts.get('file_store.error', '')}" if status == "FAIL" else status,
        "ldap_vendor_name": facts.get("ldap.server_name"),
        "ldap_vendor_version": facts.get("ldap.server_version"),
        "elastic_server_version": facts.get("elastic.server_version"),
        "elastic_server_plugins": facts.get("elastic.server_plugins"),
        "license_to": facts.get("license.company"),
        "license_supported_users": facts.get("license.users"),
        "license_is_trial": facts.get("license.is_trial"),
        "active_users": counts.get("active_users"),
        "daily_active_users": counts.get("daily_active_users"),
        "monthly_active_users": counts.get("monthly_active_users"),
        "inactive_user_count": counts.get("deactivated_users"),
        "total_posts": counts.get("posts"),
        "total_channels": counts.get("channels"),
        "total_teams": counts.get("teams"),
        **lists,
    }
    if shape.target.before("9.11") and values["ldap_vendor_name"] == "unknown":
        values["ldap_vendor_name"] = values["ldap_vendor_version"] = None
    return _known(SupportPacket, values)  # type: ignore[no-any-return]


def _v1_job(row: Mapping[str, Any]) -> V1Job:
    return V1Job(**row)


def valid_id(text: Any) -> bool:
    """Whether a text passes ``model.IsValidId``: 26 letters and digits."""
    return isinstance(text, str) and len(text) == 26 and set(text) <= _ID_ALPHABET


def _metadata(found: Findings, shape: Shape) -> Metadata | None:
    """Return the packet's label, or None with a warning where it would not pass the server's own validation (2.1)."""
    facts = found.facts
    label = Metadata(
        version=1,
        type="support-packet",
        generated_at=datetime.now(UTC),
        server_version=str(shape.version) if shape.version else "",
        server_id=facts.get("_server_id") or "",
        license_id=facts.get("_license_id") or "",
        customer_id=facts.get("_customer_id") or "",
    )
    fault = None
    if parse_version(label.server_version) is None or not str(label.server_version)[:1].isdigit():
        fault = "could not parse server version: it is not known"
    elif not valid_id(label.server_id):
        fault = "server id is not a valid id" if label.server_id else "server id is not known"
    elif label.license_id and not valid_id(label.license_id):
        fault = "license id is not a valid id"
    elif label.customer_id and not valid_id(label.customer_id):
        fault = "customer id is not a valid id"
    if fault:
        found.warnings.append(f"failed to generate Packet metadata: invalid metadata: {fault}")
        return None
    return label


def merged(parts: Iterable[Any]) -> Findings:
    """Return everything that the collectors found; what a running server says of itself goes before other sources."""
    out = Findings()
    for collected in parts:
        out.facts = {**collected.facts, **out.facts}
        for name, value in collected.parts.items():
            out.parts.setdefault(name, value)
        out.files += collected.files
        out.warnings += [line for line in collected.warnings if line not in out.warnings]
    # counts may still have been written to while the time ran out
    out.parts = {name: dict(value) if isinstance(value, dict) else value for name, value in out.parts.items()}
    return out


def running_config(found: Findings, settings: Settings) -> Mapping[str, Any] | None:
    """Return the configuration to sanitize: the running server's, with what it masks taken from the stored one.

    A value that the server gives as a mask is worth less than our own, which shows at least the host of a data source.
    """
    asked = found.facts.get("_running_config")
    if not isinstance(asked, Mapping):
        return None if settings.fault else settings.running
    tree: Mapping[str, Any] = _unmasked(asked, settings.running)
    return tree


def _unmasked(asked: Any, own: Any) -> Any:
    if isinstance(asked, Mapping):
        below = own if isinstance(own, Mapping) else {}
        return {key: _unmasked(item, below.get(key)) for key, item in asked.items()}
    if isinstance(asked, str) and asked == "*" * 32 and isinstance(own, str) and own:
        return own
    if isinstance(asked, list) and asked and all(item == "*" * 32 for item in asked) and isinstance(own, list):
        return own or asked
    return json.loads(json.dumps(asked))
