"""One background job, in both forms that packets have, and the frame of jobs."""

# ruff: noqa: RUF009 - timestamp(), epoch_ms() and nested() are dataclasses.field with rules

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.jobs import JOB_KINDS
from analyzer.parts.fields import epoch_ms, integer, text, text_map, timestamp, unread
from analyzer.parts.frames import utc
from analyzer.schema import Column, FrameSchema

if TYPE_CHECKING:
    import pandas as pd

JOBS: Final = FrameSchema(
    "jobs",
    (
        Column("kind", "str", "list it stands in: ldap_sync, data_retention, message_export, ..."),
        Column("id", "str", "26-character id"),
        Column("type", "str", "the job's own type"),
        Column("status", "str", "pending, in_progress, success, error, cancel_requested, canceled, warning"),
        Column("progress", "Int64", "-1 to 100", "%"),
        Column("priority", "Int64", "0 is normal"),
        Column("create_at", "datetime64[us, UTC]", "created; NaT if never"),
        Column("start_at", "datetime64[us, UTC]", "started; NaT if never"),
        Column("last_activity_at", "datetime64[us, UTC]", "last sign of life; NaT if never"),
        Column("error", "str", "the job's own error text, from its data"),
        Column("data", "str", "everything else that the job noted, as JSON"),
    ),
)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as ``jobs.yaml`` has it: times are RFC 3339 text in the server's own offset; the epoch means never.

    Attributes:
        id, type, status: text.
        priority: 0 is normal.
        create_at, start_at, last_activity_at: aware times with the server's offset.
        progress: -1 to 100.
        data: what the job noted about itself.
        extra: unknown keys, and raw values that did not fit.
    """

    id: str | None = text()
    type: str | None = text()
    priority: int | None = integer()
    create_at: datetime | None = timestamp("create_at", "createat", quoted=True)
    start_at: datetime | None = timestamp("start_at", "startat", quoted=True)
    last_activity_at: datetime | None = timestamp("last_activity_at", "lastactivityat", quoted=True)
    status: str | None = text()
    progress: int | None = integer()
    data: Mapping[str, str] | None = text_map()
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class V1Job(Job):
    """A job as ``support_packet.yaml`` has it: lower-cased Go names, times in epoch milliseconds."""

    create_at: datetime | None = epoch_ms("createat", "create_at")
    start_at: datetime | None = epoch_ms("startat", "start_at")
    last_activity_at: datetime | None = epoch_ms("lastactivityat", "last_activity_at")


def jobs_frame(part: object) -> pd.DataFrame:
    """Return the job lists of ``part`` (attributes named ``<kind>_jobs``) as one frame.

    Args:
        part: a ``Jobs`` or ``SupportPacket`` value.

    Returns:
        Frame with the columns of ``JOBS``; one row a job, in file order of each kind.
    """
    rows: dict[str, list[object]] = {name: [] for name in JOBS.names}
    for kind in JOB_KINDS:
        for job in getattr(part, f"{kind.name}_jobs", None) or ():
            data = dict(job.data or {})
            rows["kind"].append(kind.name)
            rows["error"].append(data.pop("error", None))
            rows["data"].append(json.dumps(data, ensure_ascii=False))
            for name in ("id", "type", "status", "progress", "priority"):
                rows[name].append(getattr(job, name))
            for name in ("create_at", "start_at", "last_activity_at"):
                rows[name].append(utc(getattr(job, name)))
    return JOBS.frame(dict(rows))
