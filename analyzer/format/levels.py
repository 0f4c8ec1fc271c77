"""Log levels of the server, as data.

Source: ``server/public/shared/mlog/levels.go`` of github.com/mattermost/mattermost (packet-format.md 4.4);
``TcpLogTarget`` comes from ``mlog/levels.go`` of releases 5.2x, before logr v2; ``dpanic`` is zap's own
(go.uber.org/zap/zapcore/level.go), possible in logs up to 5.38.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["fatal", "error", "warn", "info", "debug"]
"""How bad a level is, whatever its family."""


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its number in logr, its name in the log, its family, and how bad it is."""

    id: int | None
    name: str
    family: str
    severity: Severity


LEVELS: tuple[Level, ...] = (
    Level(0, "panic", "standard", "fatal"),
    Level(1, "fatal", "standard", "fatal"),
    Level(2, "error", "standard", "error"),
    Level(3, "warn", "standard", "warn"),
    Level(4, "info", "standard", "info"),
    Level(5, "debug", "standard", "debug"),
    Level(6, "trace", "standard", "debug"),
    Level(7, "critical", "standard", "error"),
    Level(10, "stdlog", "standard", "info"),
    Level(11, "logerror", "standard", "error"),
    Level(None, "dpanic", "standard", "fatal"),
    Level(100, "audit-api", "audit", "info"),
    Level(101, "audit-content", "audit", "info"),
    Level(102, "audit-permissions", "audit", "info"),
    Level(103, "audit-cli", "audit", "info"),
    Level(120, "TcpLogTarget", "log-target", "info"),
    Level(130, "RemoteClusterServiceDebug", "remote-cluster", "debug"),
    Level(131, "RemoteClusterServiceError", "remote-cluster", "error"),
    Level(132, "RemoteClusterServiceWarn", "remote-cluster", "warn"),
    Level(140, "LDAPError", "ldap", "error"),
    Level(141, "LDAPWarn", "ldap", "warn"),
    Level(142, "LDAPInfo", "ldap", "info"),
    Level(143, "LDAPDebug", "ldap", "debug"),
    Level(144, "LDAPTrace", "ldap", "debug"),
    Level(200, "SharedChannelServiceDebug", "shared-channels", "debug"),
    Level(201, "SharedChannelServiceError", "shared-channels", "error"),
    Level(202, "SharedChannelServiceWarn", "shared-channels", "warn"),
    Level(203, "SharedChannelServiceMsgInbound", "shared-channels", "debug"),
    Level(204, "SharedChannelServiceMsgOutbound", "shared-channels", "debug"),
    Level(300, "NotificationError", "notifications", "error"),
    Level(301, "NotificationWarn", "notifications", "warn"),
    Level(302, "NotificationInfo", "notifications", "info"),
    Level(303, "NotificationDebug", "notifications", "debug"),
    Level(304, "NotificationTrace", "notifications", "debug"),
)

FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(level.family for level in LEVELS))

BY_ID = MappingProxyType({level.id: level for level in LEVELS if level.id is not None})
"""Level by number: GELF writes the number only."""

BY_NAME = MappingProxyType({level.name.casefold(): level for level in LEVELS})
"""Level by name without regard to case: zap's colour encoder writes standard levels in capitals."""

# other spellings seen in plugin output and hand-written lines
_ALIASES = MappingProxyType({"warning": "warn", "err": "error"})


def canonical_level(name: str) -> str:
    """Return the level's name as the server writes it; an unknown name is returned unchanged."""
    folded = name.strip().casefold()
    known = BY_NAME.get(_ALIASES.get(folded, folded))
    return known.name if known else name


def expand_levels(names: list[str]) -> list[str] | None:
    """Return level names for ``names``, a mix of level names and family names; None if one is unknown.

    ``ldap`` stands for all five LDAP levels, ``standard`` for panic to logerror.
    """
    found: dict[str, None] = {}
    for name in names:
        folded = name.strip().casefold()
        level = BY_NAME.get(_ALIASES.get(folded, folded))
        if level:
            found[level.name] = None
        elif folded in FAMILIES:
            found.update(dict.fromkeys(item.name for item in LEVELS if item.family == folded))
        else:
            return None
    return list(found)


def severity(name: str | None) -> Severity | None:
    """Return how bad a level name is, or None when it is not one of the server's."""
    level = BY_NAME.get(name.casefold()) if name else None
    return level.severity if level else None
