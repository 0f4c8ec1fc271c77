"""Files that plugins add to a packet: names and keys (packet-format.md 1.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PluginFile:
    """One file that a plugin is known to add.

    Attributes:
        plugin: plugin id, or a description where the id varies.
        name: member name.
        keys: top-level keys of a ``diagnostics.yaml``; empty for other files.
        opt_in: written only when its box was ticked (never with mmctl).
        source: where this was read.
    """

    plugin: str
    name: str
    keys: tuple[str, ...] = ()
    opt_in: bool = False
    source: str = "packet-format.md 1.4"


_AGENTS: Final = (
    "version", "total_agents", "total_llm_services", "llm_service_types", "mcp_enabled", "total_mcp_servers",
    "enabled_mcp_servers", "enable_call_summary", "enable_token_usage_logging", "enable_channel_mention_tool_calling",
    "allow_native_web_search_in_channels", "web_search_enabled", "embedding_search_enabled", "telemetry_enabled",
)  # fmt: skip
_CALENDAR: Final = ("version", "connected_user_count", "subscription_count", "is_oauth_configured")
_GIT: Final = ("version", "connected_user_count", "is_oauth_configured")

PLUGIN_FILES: Final = (
    PluginFile(
        "com.mattermost.calls",
        "com.mattermost.calls/diagnostics.yaml",
        (
            "version", "total_calls", "total_active_calls", "total_active_sessions", "avg_duration",
            "avg_participants", "avg_video_duration", "total_video_duration", "rtcd", "active_calls", "active_sessions",
        ),
        source="mattermost-plugin-calls PR 904; packet-format.md 1.4",
    ),
    PluginFile(
        "playbooks",
        "playbooks/diagnostics.yaml",
        ("version", "total_playbooks", "active_playbooks", "total_playbook_runs"),
        source="https://github.com/mattermost/mattermost-plugin-playbooks/pull/1957",
    ),
    PluginFile(
        "github",
        "github/diagnostics.yaml",
        _GIT,
        source="https://github.com/mattermost/mattermost-plugin-github/pull/837",
    ),
    PluginFile(
        "com.github.manland.mattermost-plugin-gitlab",
        "com.github.manland.mattermost-plugin-gitlab/diagnostics.yaml",
        _GIT,
        source="https://github.com/mattermost/mattermost-plugin-gitlab/pull/532",
    ),
    PluginFile(
        "jira",
        "jira/diagnostics.yaml",
        (
            "version", "instance_count", "server_instance_count", "cloud_instance_count", "subscription_count",
            "connected_user_count",
        ),
        source="https://github.com/mattermost/mattermost-plugin-jira/pull/1131",
    ),
    PluginFile(
        "focalboard",
        "focalboard/diagnostics.yaml",
        ("version", "total_boards", "active_boards", "total_cards", "active_cards"),
    ),
    PluginFile("com.mattermost.mscalendar", "com.mattermost.mscalendar/diagnostics.yaml", _CALENDAR),
    PluginFile("com.mattermost.gcal", "com.mattermost.gcal/diagnostics.yaml", _CALENDAR),
    PluginFile(
        "mattermost-ai",
        "mattermost-ai/diagnostics.yaml",
        _AGENTS,
        source="https://github.com/mattermost/mattermost-plugin-agents/pull/794",
    ),
    PluginFile("com.mattermost.mattermost-plugin-metrics", "tsdb_dump.tar.gz", opt_in=True),
)  # fmt: skip


def plugin_of(folder: str, keys: frozenset[str] = frozenset()) -> str | None:
    """Return the plugin whose file lies in ``folder``, or None if it is no known one.

    The calendar plugins name their folder after their version (``1.4.0/``), so such a folder is told by its keys.
    """
    for row in PLUGIN_FILES:
        if row.name == f"{folder}/diagnostics.yaml":
            return row.plugin
    if folder[:1].isdigit() and "." in folder and keys and keys <= frozenset(_CALENDAR) | {"extra"}:
        return "com.mattermost.mscalendar or com.mattermost.gcal"
    return None
