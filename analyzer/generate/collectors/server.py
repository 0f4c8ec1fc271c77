"""What only a running server knows, asked over REST or its local socket (packet-format.md 6.1, 6.2)."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from analyzer.generate.api import Server, refusal
from analyzer.generate.base import Collected, Collector, Context, RawFile
from analyzer.generate.collectors.logs import log_folder
from analyzer.generate.collectors.plugins import part as plugin_part
from analyzer.generate.http import client

if TYPE_CHECKING:
    import httpx

_LOG_SECONDS: Final = 12.0
_LOG_CAP: Final = 1 << 30


def server_of(context: Context) -> Server | None:
    """Return the running server to ask: as the user says, else the local socket that the configuration names."""
    if context.plan.server:
        return Server(url=context.plan.server, token=context.plan.token or "")
    local = context.plan.local
    if local is None and context.settings.on("ServiceSettings.EnableLocalMode"):
        named = context.settings.path(context.settings.text("ServiceSettings.LocalModeSocketLocation"))
        local = named if _is_socket(named) else None
    return Server(local=local) if local else None


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.stat().st_mode)
    except OSError:
        return False


def _needs(context: Context) -> Iterable[str]:
    server = server_of(context)
    if server:
        yield f"{server.name}: version, licence, running configuration, plugins, cluster, connections"


def _collect(context: Context, out: Collected) -> None:
    server = server_of(context)
    assert server
    with client(seconds=6, url=server.base, local=server.local) as made:
        about = server.ask(made, "/config/client?format=old")
        if isinstance(about, Mapping):
            for name, path in (("Version", "_version"), ("BuildHash", "server.build_hash")):
                value = about.get(name)
                out.fact(path, value if isinstance(value, str) and value else None)
        out.summary = f"{server.name}, {out.facts.get('_version', 'version unknown')}"
        for what, step in _STEPS:
            try:
                step(server, made, out)
            except Exception as error:
                out.warn(f"error while asking the server for its {what}: {context.why(error)}")
        _log(context, server, made, out)


def _licence(server: Server, made: httpx.Client, out: Collected) -> None:
    tree = server.ask(made, "/license/client?format=old")
    if not isinstance(tree, Mapping) or str(tree.get("IsLicensed")).lower() != "true":
        return
    for name, path in (
        ("Company", "license.company"),
        ("SkuShortName", "license.sku_short_name"),
        ("Id", "_license_id"),
    ):
        value = tree.get(name)
        out.fact(path, value if isinstance(value, str) else None)
    users = str(tree.get("Users", ""))
    out.fact("license.users", int(users) if users.isdigit() else None)
    out.fact("license.is_trial", str(tree.get("IsTrial")).lower() == "true" or None)
    out.fact("license.is_gov_sku", str(tree.get("IsGovSku")).lower() == "true" or None)


def _config(server: Server, made: httpx.Client, out: Collected) -> None:
    tree = server.ask(made, "/config")
    if not isinstance(tree, dict):
        raise OSError("the answer is no configuration")
    out.fact("_running_config", tree)


def _plugins(server: Server, made: httpx.Client, out: Collected) -> None:
    tree = server.ask(made, "/plugins")
    lists = [tree.get(name) if isinstance(tree, Mapping) else None for name in ("active", "inactive")]
    on, off = ([row for row in rows or () if isinstance(row, dict)] for rows in lists)
    out.fact("_server_manifests", on + off)
    out.part("plugins.json", plugin_part(on, off))


def _cluster(server: Server, made: httpx.Client, out: Collected) -> None:
    rows = server.ask(made, "/cluster/status")
    nodes = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    if nodes:
        out.fact("cluster.number_of_nodes", len(nodes))


def _connections(server: Server, made: httpx.Client, out: Collected) -> None:
    rows = server.ask(made, "/analytics/old?name=standard")
    values = {row.get("name"): row.get("value") for row in rows if isinstance(row, Mapping)}
    for name, path in (
        ("total_websocket_connections", "websocket.connections"),
        ("total_master_db_connections", "database.master_connections"),
        ("total_read_db_connections", "database.replica_connections"),
    ):
        value = values.get(name)
        if isinstance(value, int | float) and value >= 0:
            out.fact(path, int(value))


_STEPS: Final[tuple[tuple[str, Callable[[Server, Any, Collected], None]], ...]] = (
    ("licence", _licence),
    ("running configuration", _config),
    ("plugins", _plugins),
    ("cluster", _cluster),
    ("connections", _connections),
)


def _log(context: Context, server: Server, made: httpx.Client, out: Collected) -> None:
    """Take the log from the server where this host has no log file of its own."""
    if not context.plan.with_logs or (log_folder(context) / "mattermost.log").is_file():
        return
    url = f"{server.base}/api/v4/logs/download"
    ends = time.monotonic() + _LOG_SECONDS
    # without a name: nothing of it stays behind, whatever happens
    spool = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the packet is being made
    size = 0
    try:
        with made.stream("GET", url, headers=server.headers()) as response:
            if response.status_code != 200:
                raise OSError(refusal(response.status_code, response.read()[:4096]))
            for piece in response.iter_bytes(1 << 20):
                size += spool.write(piece)
                if time.monotonic() > ends or size > _LOG_CAP:
                    out.warn("failed read mattermost log file from the server: it is cut, the transfer took too long")
                    break
    except Exception as error:
        spool.close()
        out.warn(f"failed read mattermost log file from the server: {context.why(error)}")
        return
    spool.flush()
    os.lseek(spool.fileno(), 0, os.SEEK_SET)
    out.file(RawFile("mattermost.log", stream=spool, size=size, modified=datetime.now(UTC).astimezone()))


COLLECTOR = Collector(
    "server", "what only a running server knows", _needs, _collect, "error while asking the server", limit=18.0
)
