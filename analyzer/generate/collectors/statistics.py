"""How much there is: the counts of ``stats.yaml``, each with the server's own query (packet-format.md 2.4).

Queries as in ``mm:server/channels/store/sqlstore/{user,post,channel,team,command,webhook}_store.go``. The one for
guests of a single channel is our reading of the release notes: guests in exactly one open or private channel.
"""

# ruff: noqa: S608 - queries are put together from the constants below, never from data

from __future__ import annotations

import time
from typing import Any, Final

from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.postgres import DatabaseFault, connected, needs
from analyzer.parts.stats import Stats

_DAY_MS: Final = 24 * 60 * 60 * 1000
_MONTH_MS: Final = 31 * _DAY_MS
_NOT_REMOTE: Final = "(Users.RemoteId = '' OR Users.RemoteId IS NULL)"
_NO_BOT: Final = "LEFT JOIN Bots ON Users.Id = Bots.UserId"
_ACTIVE_SINCE: Final = f"""
SELECT COUNT(*) FROM Status LEFT JOIN Bots ON Status.UserId = Bots.UserId LEFT JOIN Users ON Status.UserId = Users.Id
WHERE Status.LastActivityAt > %s AND Bots.UserId IS NULL AND {_NOT_REMOTE} AND Users.DeleteAt = 0"""

QUERIES: Final[tuple[tuple[str, str, str, str | None], ...]] = (
    (
        "registered_users",
        "registered user",
        f"SELECT COUNT(DISTINCT Users.Id) FROM Users {_NO_BOT} WHERE {_NOT_REMOTE} AND Bots.UserId IS NULL",
        None,
    ),
    (
        "active_users",
        "active user",
        f"""SELECT COUNT(DISTINCT Users.Id) FROM Users {_NO_BOT}
WHERE Users.DeleteAt = 0 AND {_NOT_REMOTE} AND Bots.UserId IS NULL""",
        None,
    ),
    ("daily_active_users", "daily active user", _ACTIVE_SINCE, None),
    ("monthly_active_users", "monthly active user", _ACTIVE_SINCE, None),
    (
        "deactivated_users",
        "deactivated user",
        f"SELECT COUNT(Users.Id) FROM Users {_NO_BOT} WHERE Users.DeleteAt > 0 AND Bots.UserId IS NULL",
        None,
    ),
    ("guests", "guest", "SELECT COUNT(*) FROM Users WHERE Roles LIKE '%%system_guest%%' AND DeleteAt = 0", None),
    (
        "single_channel_guests",
        "single channel guest",
        """SELECT COUNT(*) FROM (
    SELECT Users.Id FROM Users JOIN ChannelMembers ON ChannelMembers.UserId = Users.Id
    JOIN Channels ON Channels.Id = ChannelMembers.ChannelId
    WHERE Users.Roles LIKE '%%system_guest%%' AND Users.DeleteAt = 0
    AND Channels.DeleteAt = 0 AND Channels.Type IN ('O', 'P')
    GROUP BY Users.Id HAVING COUNT(*) = 1) AS guests""",
        "11.6",
    ),
    (
        "bot_accounts",
        "bot acount",  # the server's own spelling, which readers know
        f"""SELECT COUNT(DISTINCT Users.Id) FROM Users JOIN Bots ON Users.Id = Bots.UserId
WHERE Users.DeleteAt = 0 AND {_NOT_REMOTE}""",
        None,
    ),
    ("posts", "post", "SELECT COUNT(*) FROM Posts", None),
    ("channels", "channels", "SELECT COUNT(*) FROM Channels WHERE Type IN ('O', 'P')", None),
    ("teams", "team", "SELECT COUNT(*) FROM Teams WHERE DeleteAt = 0", None),
    ("slash_commands", "command", "SELECT COUNT(*) FROM Commands WHERE DeleteAt = 0", None),
    ("incoming_webhooks", "incoming webhook", "SELECT COUNT(*) FROM IncomingWebhooks WHERE DeleteAt = 0", None),
    ("outgoing_webhooks", " outgoing webhook", "SELECT COUNT(*) FROM OutgoingWebhooks WHERE DeleteAt = 0", None),
)
"""(key, words of the server's warning, query, first release)."""


def _collect(context: Context, out: Collected) -> None:
    counts: dict[str, Any] = {}
    # whatever is counted when the time is over is in the packet
    out.part("stats.yaml", counts)
    now = int(time.time() * 1000)
    since = {"daily_active_users": now - _DAY_MS, "monthly_active_users": now - _MONTH_MS}
    with connected(context) as reader:
        for key, words, query, first in QUERIES:
            if first and context.version is not None and context.version.before(first):
                continue
            # %% stands for % only where there are values to put in
            text = query if key in since else query.replace("%%", "%")
            try:
                counts[key] = int(reader.value(text, *((since[key],) if key in since else ())))
            except DatabaseFault as error:
                out.warn(f"failed to get {words} count: {error}")
    out.summary = f"{len(counts)} counts, {counts.get('active_users', '?')} active users"


def part(counts: dict[str, Any]) -> Stats:
    """Return the part's value; a count that failed is missing."""
    return Stats(**dict(counts))


COLLECTOR = Collector(
    "statistics", "counts of users, posts, channels", needs, _collect, "failed to get registered user count", limit=20.0
)
