"""The newest background jobs of each kind (packet-format.md 2.2, 2.5)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from analyzer.format.jobs import JOB_KINDS, NEWEST_KEPT
from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.postgres import DatabaseFault, connected, needs

_QUERY: Final = (
    "SELECT Id, Type, Priority, CreateAt, StartAt, LastActivityAt, Status, Progress, Data FROM Jobs"
    " WHERE Type = %s ORDER BY CreateAt DESC LIMIT %s"
)
_WORDS: Final = {
    "ldap_sync": "LDAP sync",
    "data_retention": "data retention",
    "message_export": "message export",
    "elastic_post_indexing": "ES post indexing",
    "elastic_post_aggregation": "ES post aggregation",
    "bleve_post_indexing": "bleve post indexing",
    "compliance": "compliance",
    "migration": "migration",
}


def local_time(milliseconds: Any) -> datetime:
    """Return epoch milliseconds as a time in this host's zone, which the server's jobs are written in; 0 is 1970."""
    when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(milliseconds or 0))
    return when.astimezone() if milliseconds else when


def _collect(context: Context, out: Collected) -> None:
    lists: dict[str, tuple[dict[str, Any], ...]] = {}
    out.part("jobs.yaml", lists)
    with connected(context) as reader:
        for kind in JOB_KINDS:
            if context.version is not None and not context.version.within(None, kind.until):
                continue
            if context.version is None and kind.until:
                continue
            try:
                rows = reader.rows(_QUERY, kind.type, max(NEWEST_KEPT.values()))
            except DatabaseFault as error:
                out.warn(f"error while getting {_WORDS[kind.name]} jobs: {error}")
                continue
            lists[f"{kind.name}_jobs"] = tuple(_job(row) for row in rows)
    out.summary = f"{sum(len(rows) for rows in lists.values())} jobs"


def _job(row: tuple[Any, ...]) -> dict[str, Any]:
    data = row[8]
    if isinstance(data, str | bytes):
        try:
            data = json.loads(data)
        except ValueError:
            data = {}
    return {
        "id": row[0],
        "type": row[1],
        "priority": int(row[2] or 0),
        "create_at": local_time(row[3]),
        "start_at": local_time(row[4]),
        "last_activity_at": local_time(row[5]),
        "status": row[6],
        "progress": int(row[7] or 0),
        "data": {str(key): str(value) for key, value in data.items()} if isinstance(data, dict) else {},
    }


COLLECTOR = Collector(
    "jobs", "the newest background jobs", needs, _collect, "error while getting migration jobs", limit=15.0
)
