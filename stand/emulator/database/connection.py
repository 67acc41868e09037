"""What an infobase wants of a connection, whichever database is behind it. `sqlite3.Connection` is one as it stands; PostgreSQL gets a wrapper.

SQL over it is portable: `?` marks, an alias for every derived table, no scalar MAX and MIN, conditions are conditions and not numbers.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from stand.emulator.database.tables import Table

_MANY = 100
"""From so many rows on a way with more steps and less work for each pays."""


class EngineError(Exception):
    """The database refused a statement: what `sqlite3.Error` is for SQLite, for any other database."""


FAILURES = (sqlite3.Error, EngineError)
"""What any statement may fail with."""


class Cursor(Protocol):
    """Rows of a statement."""

    @property
    def rowcount(self) -> int:
        """Rows changed."""

    def fetchone(self) -> Any:
        """The next row or None."""

    def fetchall(self) -> list[Any]:
        """All rows that are left."""

    def fetchmany(self, size: int = ..., /) -> list[Any]:
        """So many of the next rows."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection; one thread at a time."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Cursor:
        """Runs one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Cursor:
        """Runs one statement for each row."""

    def close(self) -> None:
        """Closes it."""


def load_rows(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Writes rows over those with the same keys; of two with one key the later stays."""
    load = getattr(connection, "load", None)
    if load is None or len(rows) < _MANY:
        connection.executemany(table.replace_sql, rows)
    else:
        load(table, rows)


def streamed(connection: Connection, sql: str, parameters: Sequence[Any]) -> Cursor:
    """A query whose answer may be larger than memory: rows come as they are fetched. Only while reading."""
    if isinstance(connection, sqlite3.Connection):
        return connection.execute(sql, parameters)
    stream = getattr(connection, "stream", connection.execute)
    cursor: Cursor = stream(sql, parameters)
    return cursor
