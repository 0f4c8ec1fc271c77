"""``stats.yaml`` (10.5 and later): how much there is (packet-format.md 2.4).

Until 12.0 a failed query leaves 0 in the file, and most failures leave no warning (3.3).
:func:`doubtful` names such zeros.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import bind, dump, integer, unread
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import dialect_for, write_yaml


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of one server or cluster; None where the file has none.

    Attributes:
        registered_users: users that are no bots, deleted ones included.
        active_users: the same, not deleted.
        daily_active_users, monthly_active_users: active in the last 24 hours / 31 days.
        deactivated_users: deleted users that are no bots.
        guests, single_channel_guests, bot_accounts: not deleted.
        posts: every row, deleted and system posts too.
        channels: open and private.
        teams, slash_commands, incoming_webhooks, outgoing_webhooks: counts.
        extra: unknown keys, and raw values that did not fit.
    """

    registered_users: int | None = integer()
    active_users: int | None = integer()
    daily_active_users: int | None = integer()
    monthly_active_users: int | None = integer()
    deactivated_users: int | None = integer()
    guests: int | None = integer()
    single_channel_guests: int | None = integer(since="11.6")
    bot_accounts: int | None = integer()
    posts: int | None = integer()
    channels: int | None = integer()
    teams: int | None = integer()
    slash_commands: int | None = integer()
    incoming_webhooks: int | None = integer()
    outgoing_webhooks: int | None = integer()
    extra: Mapping[str, Any] = unread()

    @property
    def counts(self) -> dict[str, int]:
        """Every count that the file has, by key, in file order."""
        pairs = ((item.name, getattr(self, item.name)) for item in fields(self) if item.name != "extra")
        return {name: value for name, value in pairs if value is not None}


_FAILING_QUERY: Final = {  # a warning's wording to the keys that it concerns; packet-format.md 3.2
    "registered user count": ("registered_users",),
    "active user count": ("active_users",),
    "daily active user count": ("daily_active_users",),
    "monthly active user count": ("monthly_active_users",),
    "deactivated user count": ("deactivated_users",),
    "guest count": ("guests", "single_channel_guests"),
    "bot acount count": ("bot_accounts",),
    "post count": ("posts",),
    "channel count": ("channels",),
    "team count": ("teams",),
    "slash command count": ("slash_commands",),
    "incoming webhook count": ("incoming_webhooks",),
    "outgoing webhook count": ("outgoing_webhooks",),
}


def read(data: bytes) -> Parsed[Stats]:
    """Read ``stats.yaml``.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    value = bind(Stats, load_map(data, notes), "", notes)
    for name, number in value.counts.items():
        if number < 0:
            notes.add(name, "a count below zero: the server could not tell")
    return Parsed(value, notes.result())


def write(value: Stats, *, target: Version | None = None) -> bytes:
    """Return the file as a server of ``target`` writes it; the newest style without one."""
    return write_yaml(dump(value, target), dialect_for(target))


def doubtful(value: Stats, *, version: Version | None, warnings: Collection[str] = ()) -> frozenset[str]:
    """Return the keys whose number may come from a failed query (packet-format.md 3.3, 10.8).

    Negative numbers are doubtful in every release. A zero is doubtful up to 12.0 (or when the version is unknown) if

    - a line of ``warning.txt`` names its query, or
    - any statistics query failed: only the last failure is ever reported, so each zero may hide another, or
    - it contradicts another number: ``registered_users`` below ``active_users``, monthly below daily active users,
      posts without channels, channels without teams, or nothing at all.
    """
    counts = value.counts
    marked = {name for name, number in counts.items() if number < 0}
    if version is not None and version.at_least("12.1"):
        return frozenset(marked)
    zeros = {name for name, number in counts.items() if number == 0}
    failed = any(words in " ".join(line.split()) for line in warnings for words in _FAILING_QUERY)
    if failed or (counts and not any(counts.values())):
        marked |= zeros
    for smaller, larger in (
        ("registered_users", "active_users"),
        ("registered_users", "deactivated_users"),
        ("active_users", "monthly_active_users"),
        ("active_users", "guests"),
        ("monthly_active_users", "daily_active_users"),
        ("channels", "posts"),
        ("teams", "channels"),
    ):
        if smaller in zeros and counts.get(larger, 0) > 0:
            marked.add(smaller)
    return frozenset(marked)
