"""Settings overridden by the environment, as the server does it (packet-format.md 6.3).

``MM_<SECTION>_<KEY>``, in any case, nested sections by further underscores. Values that do not fit the setting's type
are ignored, as the server ignores them. Source: ``mm:server/config/environment.go``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from analyzer.generate.settings.defaults import FREE_MAPS, RAW_JSON, default_types, names

_NO_SETTINGS: Final = frozenset(
    {
        "MM_CONFIG",
        "MM_LICENSE",
        "MM_INSTALL_TYPE",
        "MM_LOG_PATH",
        "MM_CUSTOM_DEFAULTS_PATH",
        "MM_CLOUD_INSTALLATION_ID",
        "MM_TOKEN",
    }
)
_INTEGER = re.compile(r"[+-]?[0-9]+\Z")
_BOOL: Final = {
    **dict.fromkeys(("1", "t", "T", "TRUE", "true", "True"), True),
    **dict.fromkeys(("0", "f", "F", "FALSE", "false", "False"), False),
}
"""What Go's ``strconv.ParseBool`` takes."""


def overrides(environment: Mapping[str, str], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted path to value for every variable that overrides a setting.

    Args:
        environment: variables by name; names outside ``MM_`` are ignored.
        known: types by path: values of the stored configuration, for settings that are not in the catalogue.
    """
    paths = dict(names()) | {path.lower(): path for path in known}
    by_variable = {f"MM_{lower.replace('.', '_')}".upper(): path for lower, path in paths.items()}
    types = dict(known) | dict(default_types())
    found: dict[str, Any] = {}
    for name, text in environment.items():
        path = by_variable.get(name.upper())
        if path is None or path not in types or name.upper() in _NO_SETTINGS:
            continue
        fits, value = _convert(path, text, types[path])
        if fits:
            found[path] = value
    return found


def _convert(path: str, text: str, example: Any) -> tuple[bool, Any]:
    if path in RAW_JSON or path in FREE_MAPS or isinstance(example, Mapping):
        try:
            return True, json.loads(text)
        except ValueError:
            return False, None
    if isinstance(example, bool):
        return text in _BOOL, _BOOL.get(text)
    if isinstance(example, int):
        fits = bool(_INTEGER.match(text)) and -(1 << 63) <= int(text) < 1 << 63
        return fits, int(text) if fits else None
    if isinstance(example, list):
        return True, text.split(" ")
    return True, text


def apply(tree: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``tree`` with the overrides in it."""
    out = dict(tree)
    for path, value in found.items():
        *sections, name = path.split(".")
        level = out
        for section in sections:
            below = level.get(section)
            level[section] = dict(below) if isinstance(below, Mapping) else {}
            level = level[section]
        level[name] = value
    return out


def flat(tree: Mapping[str, Any], path: str = "") -> Iterable[tuple[str, Any]]:
    """Yield (dotted path, value) of every setting below ``tree``; free maps are one value."""
    for key, value in tree.items():
        where = f"{path}.{key}" if path else key
        if isinstance(value, Mapping) and where not in FREE_MAPS and where not in RAW_JSON:
            yield from flat(value, where)
        else:
            yield where, value
