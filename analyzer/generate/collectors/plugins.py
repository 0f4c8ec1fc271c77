"""Manifests of the installed plugins, and which of them are switched on (packet-format.md 2.7.4, 2.8)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.collectors.logs import open_log
from analyzer.parts import plugins
from analyzer.text import printable

MAX_BYTES: Final = 4 << 20
_NAMES: Final = ("plugin.json", "plugin.yaml", "plugin.yml")


def plugin_folder(context: Context) -> Path:
    """Return the folder with the installed plugins: as the user says, else ``PluginSettings.Directory``."""
    if context.plan.plugins:
        return context.plan.plugins
    return context.settings.path(context.settings.text("PluginSettings.Directory") or "./plugins")


def _needs(context: Context) -> Iterable[str]:
    if context.plan.plugins or not context.settings.fault:
        yield f"{plugin_folder(context)}/*/plugin.json"


def manifests(folder: Path, warn: Any, why: Any) -> list[dict[str, Any]]:
    """Return the manifest of every plugin below ``folder``, by folder name; one that cannot be read is warned about.

    Raises:
        OSError: the folder cannot be read.
    """
    found = []
    for entry in sorted(folder.iterdir()):
        path = next((entry / name for name in _NAMES if (entry / name).is_file()), None)
        if path is None:
            continue
        try:
            item = _manifest(path)
        except (OSError, ValueError, yaml.YAMLError) as error:
            warn(f"failed to get plugin list for Support Packet: {printable(str(path))}: {why(error)}")
            continue
        found.append(item)
    return found


def _manifest(path: Path) -> dict[str, Any]:
    item = open_log(path, path.name)
    assert item.stream
    with item.stream as stream:
        if item.size > MAX_BYTES:
            raise ValueError("it is larger than 4 MB")
        text = stream.read(MAX_BYTES).decode("utf-8-sig", "replace")
    try:
        tree = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (RecursionError, yaml.YAMLError, ValueError):
        raise ValueError("it cannot be parsed") from None
    if not isinstance(tree, dict) or not isinstance(tree.get("id"), str):
        raise ValueError("it is no manifest with an id")  # noqa: TRY004 - a fault of the file
    return tree


def _collect(context: Context, out: Collected) -> None:
    if context.settings.get("PluginSettings.Enable") is False:
        # the server's own words, so that readers know the line
        out.warn(
            "failed to get plugin list for Support Packet: GetPlugins: Plugins have been disabled. "
            "Please check your logs for details."
        )
        out.summary = "plugins are disabled"
        return
    folder = plugin_folder(context)
    try:
        found = manifests(folder, out.warn, context.why)
    except OSError as error:
        raise OSError(f"open {printable(str(folder))}: {context.why(error)}") from None
    out.fact("_manifests", found)
    states = context.settings.get("PluginSettings.PluginStates", {})
    on = [item for item in found if _enabled(states, item["id"])]
    off = [item for item in found if item not in on]
    out.part("plugins.json", part(on, off))
    out.summary = f"{len(on)} enabled, {len(off)} disabled"


def _enabled(states: Any, plugin: str) -> bool:
    state = states.get(plugin) if isinstance(states, Mapping) else None
    return isinstance(state, Mapping) and state.get("Enable") is True


def part(on: list[dict[str, Any]], off: list[dict[str, Any]]) -> plugins.Plugins:
    """Return the part's value for two lists of manifests."""
    return plugins.read(json.dumps({"enabled": on, "disabled": off}).encode()).value


COLLECTOR = Collector(
    "plugins", "installed plugins", _needs, _collect, "failed to get plugin list for Support Packet", limit=10.0
)
