"""Reading PostgreSQL so that nothing is changed and nothing waits for long."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from analyzer.generate.scrub import database_reason
from analyzer.generate.settings import dsn

if TYPE_CHECKING:
    import psycopg

    from analyzer.generate.base import Context

CONNECT_SECONDS: Final = 5
STATEMENT_MS: Final = 8000
LOCK_MS: Final = 3000


class DatabaseFault(OSError):  # noqa: N818
    """The database was not reached, or a query failed; the message is fit for a packet."""


def source(context: Context) -> str:
    """Return the configured data source of a PostgreSQL database, or ``""``."""
    driver = context.settings.text("SqlSettings.DriverName") or "postgres"
    return context.settings.text("SqlSettings.DataSource") if driver == "postgres" else ""


def needs(context: Context) -> tuple[str, ...]:
    """Return the database that would be read, for ``--plan``."""
    text = source(context)
    return (f"database {dsn.place(text)}",) if text else ()


class Reader:
    """One connection; every query is a read-only transaction of its own with time limits."""

    def __init__(self, connection: psycopg.Connection[Any], known: Sequence[str], search_path: str | None) -> None:
        self._connection = connection
        self._known = known
        self._search_path = search_path

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows of a query.

        Raises:
            DatabaseFault: it failed.
        """
        import psycopg

        try:
            with self._connection.transaction(), self._connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL statement_timeout = {STATEMENT_MS}")
                cursor.execute(f"SET LOCAL lock_timeout = {LOCK_MS}")
                if self._search_path:
                    cursor.execute("SELECT set_config('search_path', %s, true)", (self._search_path,))
                cursor.execute(query.encode(), values or None)
                return cursor.fetchall()
        except psycopg.Error as error:
            raise DatabaseFault(database_reason(error, self._known)) from None

    def value(self, query: str, *values: Any) -> Any:
        """Return the first column of the first row, or None.

        Raises:
            DatabaseFault: the query failed.
        """
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None


@contextlib.contextmanager
def connected(context: Context) -> Iterator[Reader]:
    """Yield a reader on the configured database.

    Raises:
        DatabaseFault: it cannot be reached.
    """
    import psycopg

    text = source(context)
    try:
        connection = psycopg.connect(
            dsn.for_psycopg(text),
            connect_timeout=CONNECT_SECONDS,
            prepare_threshold=None,
            application_name="supportpacket",
            autocommit=False,
        )
    except (psycopg.Error, UnicodeError, ValueError) as error:
        why = database_reason(error, context.secrets) if isinstance(error, psycopg.Error) else context.why(error)
        raise DatabaseFault(f"{dsn.place(text)}: {why}") from None
    try:
        connection.read_only = True
        yield Reader(connection, context.secrets, _search_path(text))
    finally:
        connection.close()


def _search_path(text: str) -> str | None:
    """Return the schema search path that a Go driver would set from its data source."""
    pairs = dict(parse_qsl(text.partition("?")[2]))
    found = pairs.get("search_path")
    if found is None and (match := re.search(r"(?:\A|\s)search_path=(\S+)", text)):
        found = match[1].strip("'")
    return found
