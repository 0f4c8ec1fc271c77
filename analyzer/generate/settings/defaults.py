"""Which settings a release has, in which order, with which default.

``defaults.json`` holds one row a setting: ``[path, default, since, until]``. The order is that of the Go structs, which
is the order of ``sanitized_config.json``. A row with nothing but a path gives a place in the order to a setting whose
default is not known here; it is written only when the configuration has it. ``until`` is the first release without.
Facts: configurations of real 8.1, 9.11 and 11.6 servers, the 12.0 changelog (packet-format.md 2.7.5). Releases between
those are known only roughly, which matters little: a server stores every setting it has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from analyzer.format.versions import Version, within

# maps with keys of the administrator's own, below which there are no settings
FREE_MAPS: Final = frozenset(
    {
        "PluginSettings.Plugins",
        "PluginSettings.PluginStates",
        "ContentFlaggingSettings.NotificationSettings.EventTargetMapping",
    }
)
RAW_JSON: Final = frozenset(
    f"{section}.AdvancedLoggingJSON"
    for section in ("LogSettings", "ExperimentalAuditSettings", "NotificationLogSettings")
)
"""``json.RawMessage`` settings: any JSON, from the environment as JSON text."""


@dataclass(frozen=True, slots=True)
class Default:
    """One setting: its place is its position in :func:`catalogue`."""

    path: str
    value: Any = None
    since: str | None = None
    until: str | None = None
    known: bool = True


@cache
def catalogue() -> tuple[Default, ...]:
    """Return every setting of every release, in struct order."""
    rows = json.loads(files(__package__).joinpath("defaults.json").read_text("utf-8"))
    return tuple(Default(*row) if len(row) > 1 else Default(row[0], known=False) for row in rows)


@cache
def names() -> Mapping[str, str]:
    """Return lower-cased dotted path to path as the server spells it, sections included.

    Go's JSON decoder takes keys in any case, and environment variables are in capitals.
    """
    out: dict[str, str] = {}
    for row in catalogue():
        parts = row.path.split(".")
        for depth in range(1, len(parts) + 1):
            path = ".".join(parts[:depth])
            out[path.lower()] = path
    return out


@cache
def default_types() -> Mapping[str, Any]:
    """Return path to a default of any release: what kind of value a setting takes."""
    return {row.path: row.value for row in catalogue() if row.known}


def spelled(tree: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Return ``tree`` with known settings spelled as the server does; unknown keys stay."""
    out: dict[str, Any] = {}
    for key, value in tree.items():
        where = f"{path}.{key}" if path else key
        known = names().get(where.lower(), where)
        nested = isinstance(value, Mapping) and known not in FREE_MAPS and known not in RAW_JSON
        out[known.rpartition(".")[2] if known.lower() == where.lower() else key] = (
            spelled(value, known) if nested else value
        )
    return out


def completed(tree: Mapping[str, Any], target: Version | None) -> dict[str, Any]:
    """Return the configuration that a server of ``target`` runs with: defaults filled in, keys in struct order.

    Settings that ``target`` does not know any more are dropped, as the server drops them; keys that no release is known
    to have follow at the end of their section. Feature flags go last in V2 (10.5 and later; packet-format.md 2.7).
    """
    left = _copy(tree)
    out: dict[str, Any] = {}
    for row in catalogue():
        parts = row.path.split(".")
        found, value = _take(left, parts)
        if not within(target, row.since, row.until):
            if not found or not (row.until is None or target is None or not target.at_least(row.until)):
                continue
        elif not found or value is None:
            if not row.known:
                continue
            value = _copy(row.value)
        _put(out, parts, value)
    _merge(out, left)
    if "FeatureFlags" in out and (target is None or target.at_least("10.5")):
        out["FeatureFlags"] = out.pop("FeatureFlags")
    return out


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _take(tree: dict[str, Any], parts: list[str]) -> tuple[bool, Any]:
    """Remove and return a value; a section that is no map, or absent, has none."""
    *sections, name = parts
    for section in sections:
        below = tree.get(section)
        if not isinstance(below, dict):
            return False, None
        tree = below
    return (True, tree.pop(name)) if name in tree else (False, None)


def _put(tree: dict[str, Any], parts: list[str], value: Any) -> None:
    *sections, name = parts
    for section in sections:
        tree = tree.setdefault(section, {})
    # a release without the deeper keys keeps the upper one: the last writer would lose either
    tree.setdefault(name, value)


def _merge(into: dict[str, Any], rest: Mapping[str, Any]) -> None:
    for key, value in rest.items():
        below = into.get(key)
        if isinstance(value, Mapping) and isinstance(below, dict):
            _merge(below, value)
        elif key not in into and not (isinstance(value, Mapping) and not value):
            into[key] = value
