"""The comments that servers from about 11.9 write into ``diagnostics.yaml`` (packet-format.md 2.3).

Key path to (line above, comment behind); read in the fixtures of the official reader (packet-format.md 8).
"""

from __future__ import annotations

from typing import Final

Comment = tuple[str | None, str | None]

COMMENTS: Final[dict[str, Comment]] = {
    "server.os": ("Machine", None),
    "server.cpu_cores": ("Capacity (hardware → effective quota)", "logical CPUs visible to the OS"),
    "server.total_memory_mb": (None, "host/VM total RAM; may exceed container limit"),
    "server.container_cpu_limit": (
        None,
        "cgroup v2 CPU quota in CPUs; Linux only, omitted if no limit set",
    ),
    "server.container_memory_limit_mb": (
        None,
        "cgroup v2 memory quota in MB; Linux only, omitted if no limit set",
    ),
    "server.process_id": ("Process lifecycle", None),
    "server.started_at": (None, "when Mattermost process started"),
    "server.host_started_at": (None, "when the host OS booted; omitted if unavailable"),
    "server.open_file_descriptors": (None, "current open FDs for this process"),
    "server.max_file_descriptors": (None, "system limit (ulimit -n)"),
    "server.version": ("Software", None),
    "database.master_pool_wait_count": (
        None,
        "cumulative; total times a goroutine waited for a connection since process start",
    ),
    "database.master_pool_wait_duration_ms": (
        None,
        "cumulative wait time across all goroutines since process start",
    ),
    "database.master_connections_closed_max_idle": (
        None,
        "cumulative; connections closed because the idle pool was full",
    ),
    "database.master_connections_closed_max_lifetime": (
        None,
        "cumulative; connections closed for exceeding ConnMaxLifetime",
    ),
    "database.replica_pool_wait_count": (None, "cumulative across all replicas; see master_pool_wait_count"),
    "database.replica_pool_wait_duration_ms": (None, "cumulative across all replicas"),
    "database.replica_connections_closed_max_idle": (None, "cumulative across all replicas"),
    "database.replica_connections_closed_max_lifetime": (None, "cumulative across all replicas"),
    "database.cache_hit_ratio": (
        "PostgreSQL-only (these fields are omitted on MySQL)",
        "blks_hit / (blks_hit + blks_read) from pg_stat_database; cumulative since stats reset",
    ),
    "database.deadlocks": (None, "cumulative since pg_stat_database reset"),
    "database.temp_files": (None, "cumulative count of temp files created since stats reset"),
    "database.temp_bytes_mb": (None, "cumulative bytes written to temp files, in MB"),
    "database.rollbacks": (None, "cumulative transaction rollbacks since stats reset"),
    "database.idle_in_transaction_count": (None, "point-in-time count from pg_stat_activity"),
    "database.longest_query_duration_seconds": (None, "point-in-time; max age of any active query right now"),
    "database.waiting_for_lock_count": (
        None,
        "point-in-time count of backends waiting on a Lock wait_event_type",
    ),
    "database.posts_dead_tuples": (None, "n_dead_tup for the posts table from pg_stat_user_tables"),
    "database.posts_last_autovacuum": (
        None,
        "last autovacuum on posts; null if never autovacuumed (then omitted)",
    ),
    "file_store.filesystem_type": (
        None,
        "local driver only (e.g. ext4, xfs); omitted for s3 and other remote drivers",
    ),
    "file_store.total_mb": (None, "local driver only; capacity of the volume hosting FileSettings.Directory"),
    "file_store.available_mb": (None, "local driver only; free space remaining on that volume"),
}
