"""``caller`` and server version -> the line in the public repository. Pure: nothing is fetched.

A caller names only the last directory of the file (logr ``logrec.go``: calcCaller), so where that directory lies must
be known per release. Source: the trees of github.com/mattermost/mattermost. Up to 7.x the server stands at the root
(``app/``, ``web/``, ``services/``, ``shared/``); from 8.0 under ``server/`` (``server/channels/app/``,
``server/platform/services/``, ``server/public/``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import quote

_REPO: Final = "https://github.com/mattermost/mattermost"
_CALLER = re.compile(r"([\w.\-]{1,128})/([\w.\-]{1,128}\.go):(\d{1,9})", re.ASCII)
_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,4}))?(?:-(rc\d{1,2}))?", re.ASCII)

# last directory -> where it lies since 8.0, and where it lay before; {} is the directory itself
_CHANNELS: Final = "server/channels/{}"
_APP: Final = "server/channels/app/{}"
_JOBS: Final = "server/channels/jobs/{}"
_STORE: Final = "server/channels/store/{}"
_SERVICES: Final = "server/platform/services/{}"
_SHARED: Final = "server/platform/shared/{}"
_PUBLIC: Final = "server/public/{}"
_PUBLIC_SHARED: Final = "server/public/shared/{}"
_GROUPS: Final = (
    (_CHANNELS, "{}", "app api4 web wsapi jobs store utils audit manualtesting"),
    (
        _APP,
        "app/{}",
        "platform email imports slashcommands oauthproviders imaging teams users featureflag worktemplates",
    ),
    (_APP, "app/{}", "password properties"),
    (_JOBS, "jobs/{}", "migrations plugins active_users delete_empty_drafts_migration expirynotify export_delete"),
    (_JOBS, "jobs/{}", "export_process export_users_to_csv extract_content hosted_purchase_screening import_delete"),
    (
        _JOBS,
        "jobs/{}",
        "import_process last_accessible_file last_accessible_post notify_admin post_persistent_notifications",
    ),
    (_JOBS, "jobs/{}", "product_notices refresh_materialized_views resend_invitation_email s3_path_migration"),
    (_JOBS, "jobs/{}", "cleanup_desktop_tokens delete_orphan_drafts_migration mobile_session_metadata"),
    (_STORE, "store/{}", "sqlstore localcachelayer retrylayer timerlayer searchlayer"),
    (_SERVICES, "services/{}", "awsmeter cache configservice docextractor httpservice imageproxy marketplace"),
    (
        _SERVICES,
        "services/{}",
        "remotecluster searchengine sharedchannel slackimport telemetry timezones tracing upgrader",
    ),
    (_SHARED, "shared/{}", "filestore mail markdown mfa templates"),
    (_PUBLIC, "{}", "plugin model pluginapi"),
    (_PUBLIC_SHARED, "shared/{}", "i18n mlog"),
    ("server/cmd/mattermost/{}", "cmd/mattermost/{}", "commands"),
    ("server/cmd/{}", "cmd/{}", "mattermost mmctl"),
    ("server/{}", "{}", "config einterfaces"),
    ("server/enterprise/{}", "", "metrics message_export elasticsearch opensearch"),
)
_PLACES = MappingProxyType(
    {name: (new.format(name), old.format(name)) for new, old, names in _GROUPS for name in names.split()}
)
# one name, several directories: the file tells which one is meant
_FILES = MappingProxyType(
    {
        ("httpservice", "client.go"): ("server/public/shared/httpservice", "services/httpservice"),
        ("web", "context.go"): ("server/channels/web", "web"),
    }
)
# directories of Go's own library and of other modules that log through the server
_NOT_OURS = frozenset(
    {"io", "http", "log", "runtime", "slog", "net", "go-plugin", "hclog@v1.6.3", "sync", "os", "bufio"}
)
# directories that exist more than once in the tree
_AMBIGUOUS = frozenset({"plugins", "utils", "plugin", "common", "mail", "markdown", "templates", "commands", "store"})


@dataclass(frozen=True, slots=True)
class SourceLink:
    """Where a caller's line is.

    Attributes:
        url: the best guess, or None if the directory is not known or not the server's.
        path: path in the repository of the guess, or None.
        search_url: a search for the file, for when the guess is wrong or there is none.
        sure: the directory lies in one place only, and the release is known.
    """

    url: str | None
    path: str | None
    search_url: str
    sure: bool


def source_link(caller: str, version: str | None = None) -> SourceLink | None:
    """Return the link for a ``caller`` such as ``app/server.go:684`` at a server version such as ``11.6.0``.

    Without a version the link goes to the main branch and is not sure. None if ``caller`` is no caller.
    """
    match = _CALLER.fullmatch(caller)
    if not match:
        return None
    directory, file, line = match.groups()
    search = f"{_REPO}/search?type=code&q={quote(f'path:{directory}/{file}')}"
    release = _VERSION.match(version) if version else None
    before = release is not None and int(release.group(1)) < 8
    places = _FILES.get((directory, file)) or _PLACES.get(directory)
    folder = places[1 if before else 0] if places else None
    if folder is None or not folder or directory in _NOT_OURS:
        return SourceLink(None, None, search, sure=False)
    path = f"{folder}/{file}"
    ref = _tag(release) if release else "master"
    sure = release is not None and (directory not in _AMBIGUOUS or (directory, file) in _FILES)
    return SourceLink(f"{_REPO}/blob/{ref}/{quote(path)}#L{line}", path, search, sure)


def _tag(release: re.Match[str]) -> str:
    major, minor, patch, candidate = release.groups()
    return f"v{major}.{minor}.{patch or 0}" + (f"-{candidate}" if candidate else "")
