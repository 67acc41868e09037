"""The database under an infobase: connections, transactions, creation and migration of tables. SQLite in WAL mode.

Reading and writing go on side by side: a reader sees the base as it was when it began; writers take turns (`BEGIN IMMEDIATE`). Each
thread has its own connection.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from harness.errors import DocumentError
from stand.emulator.functions import register_functions
from stand.emulator.tables import Storage, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.tables import Field, Layout, Table

_BUSY_SECONDS = 30.0
_PREPARED = 512

SERVICE_TABLES = {
    "_settings": "CREATE TABLE _settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "_numbers": "CREATE TABLE _numbers (object TEXT, field TEXT, period TEXT, last INTEGER NOT NULL, PRIMARY KEY (object, field, period)) WITHOUT ROWID",
    "_users": "CREATE TABLE _users (name TEXT PRIMARY KEY, salt TEXT NOT NULL, hash TEXT NOT NULL, roles TEXT NOT NULL, full_rights INTEGER NOT NULL) WITHOUT ROWID",
    "_log": 'CREATE TABLE _log (id INTEGER PRIMARY KEY, time TEXT NOT NULL, level TEXT NOT NULL, event TEXT NOT NULL, metadata TEXT NOT NULL, comment TEXT NOT NULL, "user" TEXT NOT NULL)',
}
"""Tables every infobase has beside those of its configuration."""


class Database:
    """A file of SQLite with a connection for each thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._writing = threading.RLock()
        self._closed = False

    def connection(self) -> sqlite3.Connection:
        """This thread's connection."""
        known: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if known is not None:
            return known
        with self._guard:
            if self._closed:
                raise DocumentError("база уже закрыта", place=str(self.path))
            fresh = self._connect()
            self._all.append(fresh)
        self._local.connection = fresh
        return fresh

    def _connect(self) -> sqlite3.Connection:
        fresh = sqlite3.connect(
            self.path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=_PREPARED,
        )
        try:
            fresh.execute("PRAGMA journal_mode = WAL")
            # A base is a copy that lives for a rehearsal: losing the last transaction to a power cut is no loss, a broken file would be.
            fresh.execute("PRAGMA synchronous = NORMAL")
            fresh.execute("PRAGMA temp_store = MEMORY")
            fresh.execute("PRAGMA trusted_schema = OFF")
        except sqlite3.DatabaseError as error:
            fresh.close()
            raise DocumentError(f"это не база эмулятора: {error}", place=str(self.path)) from error
        register_functions(fresh)
        return fresh

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that writes: committed at the end, rolled back by any exception."""
        with self._writing:
            connection = self.connection()
            if connection.in_transaction:
                # A caller inside its own transaction: part of it, undone alone when it fails.
                with savepoint(connection):
                    yield connection
                return
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                _rollback(connection)
                raise
            connection.execute("COMMIT")

    @contextmanager
    def rehearsing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that writes and is always undone."""
        with self._writing:
            connection = self.connection()
            within = connection.in_transaction
            connection.execute("SAVEPOINT rehearsal" if within else "BEGIN IMMEDIATE")
            try:
                yield connection
            finally:
                if within:
                    connection.execute("ROLLBACK TO rehearsal")
                    connection.execute("RELEASE rehearsal")
                else:
                    _rollback(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the base."""
        connection = self.connection()
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            _rollback(connection)

    def close(self) -> None:
        """Closes every connection; nothing can be read or written afterwards."""
        with self._guard:
            self._closed = True
            for connection in self._all:
                with suppress(sqlite3.Error):
                    connection.close()
            self._all.clear()
        self._local = threading.local()


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextmanager
def savepoint(connection: sqlite3.Connection) -> Iterator[None]:
    """A part of a transaction that is undone alone when it fails."""
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO part")
        connection.execute("RELEASE part")
        raise
    connection.execute("RELEASE part")


def create_tables(connection: sqlite3.Connection, layout: Layout) -> None:
    """All tables of a fresh infobase."""
    for sql in SERVICE_TABLES.values():
        connection.execute(sql)
    for table in layout.tables.values():
        _create(connection, table)


def _create(connection: sqlite3.Connection, table: Table) -> None:
    connection.execute(table.create_sql)
    for sql in table.index_sql:
        connection.execute(sql)


def migrate(connection: sqlite3.Connection, old: Layout, new: Layout) -> None:
    """Brings the tables of one configuration to another: what both have keeps its data, what is new is empty, what is gone is dropped.

    An attribute that changed the way it is kept (a string that became a reference) starts empty; a number with another fraction is
    converted.
    """
    for name, table in old.tables.items():
        if name not in new.tables:
            connection.execute(f"DROP TABLE {quoted(table.name)}")
    for name, table in new.tables.items():
        before = old.tables.get(name)
        if before is None:
            _create(connection, table)
        elif _shape(before) != _shape(table):
            _rebuild(connection, before, table)


def _shape(table: Table) -> tuple[object, ...]:
    # Two types that are kept alike need no rebuild, whatever else differs.
    fields = tuple((field.name, field.storage, field.scale) for field in table.fields)
    return (fields, table.key, table.indexes)


def _rebuild(connection: sqlite3.Connection, before: Table, after: Table) -> None:
    spare = f"{after.name}.before"
    connection.execute(f"ALTER TABLE {quoted(before.name)} RENAME TO {quoted(spare)}")
    for names in before.indexes:
        connection.execute(f"DROP INDEX IF EXISTS {quoted('/'.join((before.name, *names)))}")
    _create(connection, after)
    targets: list[str] = []
    sources: list[str] = []
    for field in after.fields:
        known = before.by_name.get(field.name)
        if known is None or known.storage is not field.storage:
            continue
        targets += [quoted(column) for column in field.columns]
        sources += _converted(known, field)
    # Two records that differed only by a dimension that is gone become one, as 1C would refuse to keep both.
    connection.execute(
        f"INSERT OR REPLACE INTO {quoted(after.name)} ({', '.join(targets)}) SELECT {', '.join(sources)} FROM {quoted(spare)}"  # noqa: S608 - names of the model, quoted
    )
    connection.execute(f"DROP TABLE {quoted(spare)}")


def _converted(before: Field, after: Field) -> list[str]:
    columns = [quoted(column) for column in before.columns]
    if after.storage is not Storage.NUMBER or before.scale == after.scale:
        return columns
    (column,) = columns
    if after.scale > before.scale:
        return [f"{column} * {10 ** (after.scale - before.scale)}"]
    divisor = 10 ** (before.scale - after.scale)
    # Half away from zero, as 1C rounds.
    return [f"(abs({column}) + {divisor // 2}) / {divisor} * (CASE WHEN {column} < 0 THEN -1 ELSE 1 END)"]


def columns_of(connection: sqlite3.Connection, table: str) -> list[Any]:
    """What the database itself says of a table's columns: name, type, place in the key."""
    return [(row[1], row[2], row[5]) for row in connection.execute(f"PRAGMA table_info({quoted(table)})")]
