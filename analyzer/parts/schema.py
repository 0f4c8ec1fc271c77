"""``database_schema.yaml`` (10.11 and later, PostgreSQL): tables, columns, indexes (packet-format.md 2.9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from analyzer.format.versions import Version
from analyzer.parts.base import Notes, Parsed
from analyzer.parts.fields import bind, dump, flag, integer, several, text, text_map, unread
from analyzer.parts.yamlread import load_map
from analyzer.parts.yamlwrite import dialect_for, write_yaml
from analyzer.schema import Column as FrameColumn
from analyzer.schema import FrameSchema

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = FrameSchema(
    "columns",
    (
        FrameColumn("table", "str", "table or view"),
        FrameColumn("position", "Int64", "1-based place in the table"),
        FrameColumn("column", "str", "column name"),
        FrameColumn("data_type", "str", "PostgreSQL type"),
        FrameColumn("max_length", "Int64", "NA where unlimited", "characters"),
        FrameColumn("is_nullable", "boolean", "may be NULL"),
    ),
)
INDEXES: Final = FrameSchema(
    "indexes",
    (
        FrameColumn("table", "str", "table"),
        FrameColumn("index", "str", "index name"),
        FrameColumn("definition", "str", "CREATE INDEX statement"),
    ),
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``max_length`` in characters is missing where the type has no limit."""

    name: str | None = text()
    data_type: str | None = text()
    max_length: int | None = integer(omit=True)
    is_nullable: bool | None = flag()
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Index:
    """One index with its definition."""

    name: str | None = text()
    definition: str | None = text()
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class Table:
    """One table or view; ``options`` are storage options such as autovacuum thresholds."""

    name: str | None = text()
    collation: str | None = text(omit=True)
    options: Mapping[str, str] | None = text_map(omit=True)
    columns: tuple[Column, ...] | None = several(Column)
    indexes: tuple[Index, ...] | None = several(Index, omit=True)
    extra: Mapping[str, Any] = unread()


@dataclass(frozen=True, slots=True)
class DatabaseSchema:
    """The whole file; the server writes tables in random order."""

    database_collation: str | None = text(omit=True)
    database_encoding: str | None = text(omit=True)
    tables: tuple[Table, ...] | None = several(Table)
    extra: Mapping[str, Any] = unread()

    def frame(self) -> pd.DataFrame:
        """Return one row a column in file order; columns of :data:`COLUMNS`."""
        rows: dict[str, list[object]] = {name: [] for name in COLUMNS.names}
        for table in self.tables or ():
            for position, column in enumerate(table.columns or (), 1):
                rows["table"].append(table.name)
                rows["position"].append(position)
                rows["column"].append(column.name)
                for name in ("data_type", "max_length", "is_nullable"):
                    rows[name].append(getattr(column, name))
        return COLUMNS.frame(dict(rows))

    def indexes_frame(self) -> pd.DataFrame:
        """Return one row an index in file order; columns of :data:`INDEXES`."""
        rows: dict[str, list[object]] = {name: [] for name in INDEXES.names}
        for table in self.tables or ():
            for index in table.indexes or ():
                rows["table"].append(table.name)
                rows["index"].append(index.name)
                rows["definition"].append(index.definition)
        return INDEXES.frame(dict(rows))


def read(data: bytes) -> Parsed[DatabaseSchema]:
    """Read ``database_schema.yaml``.

    Raises:
        PartError: no YAML map could be read; one line with line and column.
    """
    notes = Notes()
    value = bind(DatabaseSchema, load_map(data, notes), "", notes)
    return Parsed(value, notes.result())


def write(value: DatabaseSchema, *, target: Version | None = None) -> bytes:
    """Return the file as a server of ``target`` writes it; the newest style without one."""
    return write_yaml(dump(value, target), dialect_for(target))
