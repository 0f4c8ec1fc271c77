"""Roles and schemes, their names for people masked as the server masks them (packet-format.md 2.6)."""

from __future__ import annotations

from typing import Any, Final

from analyzer.format.masks import FAKE_SETTING
from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.collectors.jobs import local_time
from analyzer.generate.postgres import DatabaseFault, connected, needs
from analyzer.parts.permissions import Permissions, Role, Scheme

_ROLES: Final = "SELECT Id, Name, CreateAt, UpdateAt, DeleteAt, Permissions, SchemeManaged, BuiltIn FROM Roles"
_SCHEME_ROLES: Final = (
    "default_team_admin_role",
    "default_team_user_role",
    "default_channel_admin_role",
    "default_channel_user_role",
    "default_team_guest_role",
    "default_channel_guest_role",
    "default_playbook_admin_role",
    "default_playbook_member_role",
    "default_run_admin_role",
    "default_run_member_role",
)
_PAGE: Final = 100


def _collect(context: Context, out: Collected) -> None:
    roles: tuple[Role, ...] | None = None
    schemes: tuple[Scheme, ...] | None = None
    with connected(context) as reader:
        try:
            roles = tuple(_role(row) for row in reader.rows(_ROLES))
        except DatabaseFault as error:
            out.warn(f"failed to get list of roles: {error}")
        try:
            schemes = tuple(_schemes(reader))
        except DatabaseFault as error:
            out.warn(f"failed to get list of schemes: {error}")
    if roles is not None or schemes is not None:
        out.part("permissions.yaml", Permissions(roles=roles, schemes=schemes))
    out.summary = f"{len(roles or ())} roles, {len(schemes or ())} schemes"


def _role(row: tuple[Any, ...]) -> Role:
    return Role(
        id=row[0],
        name=row[1],
        display_name=FAKE_SETTING,
        description=FAKE_SETTING,
        create_at=local_time(row[2]),
        update_at=local_time(row[3]),
        delete_at=local_time(row[4]),
        permissions=tuple(str(row[5] or "").split()),
        scheme_managed=bool(row[6]),
        built_in=bool(row[7]),
    )


def _schemes(reader: Any) -> list[Scheme]:
    found: list[Scheme] = []
    columns = ", ".join(name.replace("_", "") for name in _SCHEME_ROLES)
    while True:
        rows = reader.rows(
            f"SELECT Id, CreateAt, UpdateAt, DeleteAt, Scope, {columns} FROM Schemes"  # noqa: S608 - our own names
            " WHERE DeleteAt = 0 ORDER BY CreateAt DESC LIMIT %s OFFSET %s",
            _PAGE,
            len(found),
        )
        for row in rows:
            named: dict[str, Any] = {name: value or "" for name, value in zip(_SCHEME_ROLES, row[5:], strict=True)}
            found.append(
                Scheme(
                    id=row[0],
                    name=FAKE_SETTING,
                    display_name=FAKE_SETTING,
                    description=FAKE_SETTING,
                    create_at=local_time(row[1]),
                    update_at=local_time(row[2]),
                    delete_at=local_time(row[3]),
                    scope=row[4],
                    **named,
                )
            )
        if len(rows) < _PAGE:
            return found


COLLECTOR = Collector("permissions", "roles and schemes", needs, _collect, "failed to get list of roles", limit=15.0)
