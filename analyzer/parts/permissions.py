"""``permissions.yaml`` (10.5 and later): roles and schemes, names masked by the server (packet-format.md 2.6)."""

# ruff: noqa: RUF009 - timestamp(), epoch_ms() and nested() are dataclasses.field with rules

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import bind, dump, flag, several, text, texts, timestamp, unread
from analyzer.parts.frames import utc
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import dialect_for, write_yaml
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

_TIMES: Final = (
    Column("create_at", "datetime64[us, UTC]", "created; NaT if never"),
    Column("update_at", "datetime64[us, UTC]", "last changed; NaT if never"),
    Column("delete_at", "datetime64[us, UTC]", "deleted; NaT if not"),
)
ROLES: Final = FrameSchema(
    "roles",
    (
        Column("id", "str", "26-character id"),
        Column("name", "str", "role name, never masked"),
        Column("permissions", "Int64", "how many permissions it has"),
        Column("permission_names", "str", "the permissions, separated by spaces"),
        Column("scheme_managed", "boolean", "managed by a scheme"),
        Column("built_in", "boolean", "comes with the server"),
        Column("scheme_id", "str", "its scheme, newest releases only"),
        *_TIMES,
    ),
)
SCHEMES: Final = FrameSchema(
    "schemes",
    (
        Column("id", "str", "26-character id"),
        Column("name", "str", "masked by the server"),
        Column("scope", "str", "team, channel, playbook or run"),
        *_TIMES,
    ),
)


@dataclass(frozen=True, slots=True)
class Role:
    """One role; the epoch as ``delete_at`` means not deleted."""

    id: str | None = text()
    name: str | None = text()
    display_name: str | None = text()
    description: str | None = text()
    create_at: datetime | None = timestamp(quoted=True)
    update_at: datetime | None = timestamp(quoted=True)
    delete_at: datetime | None = timestamp(quoted=True)
    permissions: tuple[str, ...] | None = texts()
    scheme_managed: bool | None = flag()
    built_in: bool | None = flag()
    scheme_id: str | None = text(null=True, since="11.6")  # first seen in a real 11.6 packet
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Scheme:
    """One permission scheme."""

    id: str | None = text()
    name: str | None = text()
    display_name: str | None = text()
    description: str | None = text()
    create_at: datetime | None = timestamp(quoted=True)
    update_at: datetime | None = timestamp(quoted=True)
    delete_at: datetime | None = timestamp(quoted=True)
    scope: str | None = text()
    default_team_admin_role: str | None = text()
    default_team_user_role: str | None = text()
    default_channel_admin_role: str | None = text()
    default_channel_user_role: str | None = text()
    default_team_guest_role: str | None = text()
    default_channel_guest_role: str | None = text()
    default_playbook_admin_role: str | None = text()
    default_playbook_member_role: str | None = text()
    default_run_admin_role: str | None = text()
    default_run_member_role: str | None = text()
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Permissions:
    """Roles and schemes; None where the list is missing, ``()`` where it is empty or null."""

    roles: tuple[Role, ...] | None = several(Role)
    schemes: tuple[Scheme, ...] | None = several(Scheme)
    extra: Mapping[str, Any] = unread()

    def frame(self) -> pd.DataFrame:
        """Return one row a role; columns of :data:`ROLES`, times in UTC."""
        rows: dict[str, list[object]] = {name: [] for name in ROLES.names}
        for role in self.roles or ():
            for name in ("id", "name", "scheme_managed", "built_in", "scheme_id"):
                rows[name].append(getattr(role, name))
            rows["permissions"].append(None if role.permissions is None else len(role.permissions))
            rows["permission_names"].append(None if role.permissions is None else " ".join(role.permissions))
            _add_times(rows, role)
        return ROLES.frame(dict(rows))

    def schemes_frame(self) -> pd.DataFrame:
        """Return one row a scheme; columns of :data:`SCHEMES`, times in UTC."""
        rows: dict[str, list[object]] = {name: [] for name in SCHEMES.names}
        for scheme in self.schemes or ():
            for name in ("id", "name", "scope"):
                rows[name].append(getattr(scheme, name))
            _add_times(rows, scheme)
        return SCHEMES.frame(dict(rows))


def _add_times(rows: dict[str, list[object]], item: Role | Scheme) -> None:
    for name in ("create_at", "update_at", "delete_at"):
        rows[name].append(utc(getattr(item, name)))


def read(data: bytes) -> Parsed[Permissions]:
    """Read ``permissions.yaml``.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    value = bind(Permissions, load_map(data, notes), "", notes)
    return Parsed(value, notes.result())


def write(value: Permissions, *, target: Version | None = None) -> bytes:
    """Return the file as a server of ``target`` writes it; the newest style without one."""
    return write_yaml(dump(value, target), dialect_for(target))
