"""Version, schema version, licence, ids and statistics of the database (packet-format.md 2.3, 6.6)."""

from __future__ import annotations

from datetime import UTC
from typing import Final

from analyzer.generate import license as licence
from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.postgres import DatabaseFault, Reader, connected, needs, source
from analyzer.text import human_bytes

# the three queries of the server's own store diagnostics (11.9 and later)
_DATABASE: Final = """
SELECT COALESCE(blks_hit::double precision / NULLIF(blks_hit + blks_read, 0), 0), deadlocks, temp_files, temp_bytes,
       xact_rollback
FROM pg_stat_database WHERE datname = current_database()"""
_ACTIVITY: Final = """
SELECT COUNT(*) FILTER (WHERE state = 'idle in transaction'),
       EXTRACT(EPOCH FROM COALESCE(MAX(clock_timestamp() - query_start)
           FILTER (WHERE state = 'active' AND query_start IS NOT NULL),
           interval '0 second'))::double precision,
       COUNT(*) FILTER (WHERE wait_event_type = 'Lock')
FROM pg_stat_activity WHERE datname = current_database()"""
_POSTS: Final = """
SELECT n_dead_tup, last_autovacuum FROM pg_stat_user_tables
WHERE lower(relname) = 'posts' AND schemaname = current_schema() LIMIT 1"""


def _needs(context: Context) -> tuple[str, ...]:
    if context.settings.fault and not source(context):
        return ()
    return needs(context) or (f"nothing: {_why_not(context)}",)


def _why_not(context: Context) -> str:
    driver = context.settings.text("SqlSettings.DriverName")
    if driver not in ("", "postgres"):
        return f"a {driver} database is not read, only PostgreSQL"
    return "SqlSettings.DataSource is empty; where the server has it in a variable, name its file with --env-file"


def _collect(context: Context, out: Collected) -> None:
    out.fact("database.type", context.settings.text("SqlSettings.DriverName") or "postgres")
    if not source(context):
        raise DatabaseFault(_why_not(context))
    with connected(context) as reader:
        for words, step in (
            ("error while getting DB version", _version),
            ("error while getting DB type and schema version", _schema_version),
            ("error while getting the server's id", _identity),
            ("error while getting the licence", _licence),
            ("error while collecting support packet database diagnostics", _statistics),
        ):
            try:
                step(context, reader, out)
            except DatabaseFault as error:
                out.warn(f"{words}: {error}")


def _version(_: Context, reader: Reader, out: Collected) -> None:
    version = reader.value("SHOW server_version")
    out.fact("database.version", version)
    size = reader.value("SELECT pg_database_size(current_database())")
    out.summary = f"PostgreSQL {version}, {human_bytes(int(size))}"


def _schema_version(_: Context, reader: Reader, out: Collected) -> None:
    version = reader.value("SELECT Version FROM db_migrations ORDER BY Version DESC LIMIT 1")
    if version is None:
        raise DatabaseFault("db_migrations is empty")
    out.fact("database.schema_version", str(version))


def _identity(_: Context, reader: Reader, out: Collected) -> None:
    rows = dict(reader.rows("SELECT Name, Value FROM Systems WHERE Name IN ('DiagnosticId', 'Version')"))
    out.fact("_server_id", rows.get("DiagnosticId"))
    out.fact("_version", rows.get("Version"))


def _licence(context: Context, reader: Reader, out: Collected) -> None:
    text = context.environment.get("MM_LICENSE") or reader.value(
        "SELECT Bytes FROM Licenses WHERE Id = (SELECT Value FROM Systems WHERE Name = 'ActiveLicenseId')"
    )
    tree = licence.read_license(text) if text else None
    if text and tree is None:
        raise DatabaseFault("the active licence cannot be read")
    for path, value in licence.facts(tree or {}).items():
        out.fact(path, value)
    if tree is None:
        # known to be unlicensed, which the server writes as zero values
        for path, value in (("license.company", ""), ("license.users", 0), ("license.sku_short_name", "")):
            out.fact(path, value)


def _statistics(context: Context, reader: Reader, out: Collected) -> None:
    if context.version is not None and context.version.before("11.9"):
        return
    faults = []
    for table, query, store in (
        ("pg_stat_database", _DATABASE, _from_database),
        ("pg_stat_activity", _ACTIVITY, _from_activity),
        ("pg_stat_user_tables", _POSTS, _from_posts),
    ):
        try:
            rows = reader.rows(query)
        except DatabaseFault as error:
            faults.append(f"postgres diagnostics query failed for {table}: {error}")
            continue
        if rows:
            store(out, rows[0])
    if faults:
        raise DatabaseFault("; ".join(faults))


def _from_database(out: Collected, row: tuple) -> None:  # type: ignore[type-arg]
    out.fact("database.cache_hit_ratio", row[0])
    out.fact("database.deadlocks", row[1])
    out.fact("database.temp_files", row[2])
    out.fact("database.temp_bytes_mb", row[3] / (1 << 20))
    out.fact("database.rollbacks", row[4])


def _from_activity(out: Collected, row: tuple) -> None:  # type: ignore[type-arg]
    out.fact("database.idle_in_transaction_count", row[0])
    out.fact("database.longest_query_duration_seconds", row[1])
    out.fact("database.waiting_for_lock_count", row[2])


def _from_posts(out: Collected, row: tuple) -> None:  # type: ignore[type-arg]
    out.fact("database.posts_dead_tuples", row[0])
    out.fact("database.posts_last_autovacuum", row[1].astimezone(UTC) if row[1] else None)


COLLECTOR = Collector(
    "database", "version, licence, pg_stat", _needs, _collect, "error while getting DB version", limit=15.0
)
