"""The database's tables, columns and indexes, with the server's own queries (packet-format.md 2.9)."""

from __future__ import annotations

from typing import Any, Final

from analyzer.generate.base import Collected, Collector, Context
from analyzer.generate.postgres import DatabaseFault, connected, needs
from analyzer.parts.schema import Column, DatabaseSchema, Index, Table

_COLLATION: Final = "SELECT datcollate FROM pg_database WHERE datname = current_database()"
_ENCODING: Final = "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()"
_OPTIONS: Final = """
SELECT c.relname, unnest(c.reloptions) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.reloptions IS NOT NULL"""
_COLUMNS: Final = """
SELECT t.table_name, c.column_name, c.data_type, c.character_maximum_length, c.is_nullable, c.collation_name
FROM information_schema.tables t
LEFT JOIN information_schema.columns c ON t.table_name = c.table_name AND t.table_schema = c.table_schema
WHERE t.table_schema = current_schema() ORDER BY t.table_name, c.ordinal_position"""
_INDEXES: Final = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"


def _needs(context: Context) -> tuple[str, ...]:
    if context.version is not None and context.version.before("10.11"):
        return ()
    return needs(context)


def _collect(context: Context, out: Collected) -> None:
    found: dict[str, list[tuple[Any, ...]]] = {}
    faults = []
    with connected(context) as reader:
        for words, query in (
            ("get database collation", _COLLATION),
            ("get database encoding", _ENCODING),
            ("query table options", _OPTIONS),
            ("query schema information", _COLUMNS),
            ("query index information", _INDEXES),
        ):
            try:
                found[query] = reader.rows(query)
            except DatabaseFault as error:
                faults.append(f"failed to {words}: {error}")
    if faults:
        # the file is whole or not there at all, as the server has it
        for fault in faults:
            out.warn(f"failed to get schema definition: {fault}")
        return
    tables = _tables(found[_COLUMNS], found[_OPTIONS], found[_INDEXES])
    out.part(
        "database_schema.yaml",
        DatabaseSchema(
            database_collation=found[_COLLATION][0][0], database_encoding=found[_ENCODING][0][0], tables=tuple(tables)
        ),
    )
    out.summary = f"{len(tables)} tables"


def _tables(
    columns: list[tuple[Any, ...]], options: list[tuple[Any, ...]], indexes: list[tuple[Any, ...]]
) -> list[Table]:
    tables = []
    for name in dict.fromkeys(row[0] for row in columns):
        own = [row for row in columns if row[0] == name and row[1] is not None]
        settings = dict(str(text).partition("=")[::2] for table, text in options if table == name and "=" in text)
        tables.append(
            Table(
                name=name,
                collation=next((row[5] for row in own if row[5]), None),
                options=settings or None,
                columns=tuple(
                    Column(name=row[1], data_type=row[2], max_length=row[3] or 0, is_nullable=row[4] == "YES")
                    for row in own
                ),
                indexes=tuple(Index(name=row[1], definition=row[2]) for row in indexes if row[0] == name) or None,
            )
        )
    return tables


COLLECTOR = Collector(
    "schema", "tables, columns, indexes", _needs, _collect, "failed to get schema definition", limit=15.0
)
