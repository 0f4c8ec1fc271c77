"""``jobs.yaml`` (10.5 and later): the newest five jobs of each kind (packet-format.md 2.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import bind, dump, several, unread
from analyzer.parts.job import Job, jobs_frame
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import dialect_for, write_yaml

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Jobs:
    """Lists of jobs by kind; None where the file has no such list, ``()`` where it is empty or null."""

    ldap_sync_jobs: tuple[Job, ...] | None = several(Job)
    data_retention_jobs: tuple[Job, ...] | None = several(Job)
    message_export_jobs: tuple[Job, ...] | None = several(Job)
    elastic_post_indexing_jobs: tuple[Job, ...] | None = several(Job)
    elastic_post_aggregation_jobs: tuple[Job, ...] | None = several(Job)
    bleve_post_indexing_jobs: tuple[Job, ...] | None = several(Job, spelled="bleve_post_indexing_jobs", until="10.11")
    migration_jobs: tuple[Job, ...] | None = several(Job)
    extra: Mapping[str, Any] = unread()

    def frame(self) -> pd.DataFrame:
        """Return every job as one row; columns of :data:`analyzer.parts.job.JOBS`, times in UTC."""
        return jobs_frame(self)

    def offset_minutes(self) -> int | None:
        """Return the server's own offset from UTC, the most frequent of its jobs' times; None without a job.

        Times of jobs are written in the server's zone (packet-format.md 2.5).
        """
        lists = (getattr(self, field.name) for field in fields(self) if field.name != "extra")
        starts = [job.create_at for jobs in lists for job in jobs or () if job.create_at and job.create_at.timestamp()]
        offsets = Counter(start.utcoffset() for start in starts)
        if not offsets:
            return None
        offset = offsets.most_common(1)[0][0]
        return None if offset is None else round(offset.total_seconds() / 60)


def read(data: bytes) -> Parsed[Jobs]:
    """Read ``jobs.yaml``.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    value = bind(Jobs, load_map(data, notes), "", notes)
    return Parsed(value, notes.result())


def write(value: Jobs, *, target: Version | None = None) -> bytes:
    """Return the file as a server of ``target`` writes it; the newest style without one."""
    return write_yaml(dump(value, target), dialect_for(target))
