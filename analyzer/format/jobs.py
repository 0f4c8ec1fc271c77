"""Background jobs as packets list them: keys, types, statuses (packet-format.md 2.2, 2.5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class JobKind:
    """One list of jobs in ``jobs.yaml`` or ``support_packet.yaml``.

    Attributes:
        name: short name, the key without ``_jobs``, spelled right.
        key: key in ``jobs.yaml``, as the server spells it.
        type: the job's own ``type``.
        since, until: releases whose packets have the list (V1 or V2); ``until`` exclusive.
        source: where this was read.
    """

    name: str
    key: str
    type: str
    since: str = "7.8"
    until: str | None = None
    source: str = "packet-format.md 2.2, 2.5"


JOB_KINDS: Final = (
    JobKind("ldap_sync", "ldap_sync_jobs", "ldap_sync"),
    JobKind("data_retention", "data_retention_jobs", "data_retention"),
    JobKind("message_export", "message_export_jobs", "message_export"),
    JobKind("elastic_post_indexing", "elastic_post_indexing_jobs", "elasticsearch_post_indexing"),
    JobKind("elastic_post_aggregation", "elastic_post_aggregation_jobs", "elasticsearch_post_aggregation"),
    JobKind(
        "bleve_post_indexing",
        "bleve_post_indexin_jobs",
        "bleve_post_indexing",
        since="9.0",
        until="10.11",
        source="PR#24382, PR#33430",
    ),
    JobKind("compliance", "compliance_jobs", "compliance", until="9.8", source="PR#26456; packet-format.md 2.2"),
    JobKind("migration", "migration_jobs", "migrations"),
)

NEWEST_KEPT: Final = {"V1": 2, "V2": 5}
"""How many jobs of a kind a packet lists at most, newest first."""
