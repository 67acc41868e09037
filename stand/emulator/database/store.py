"""The database under an infobase: connections, transactions, creation and migration of tables. SQLite in WAL mode.

Reading and writing go on side by side: a reader sees the base as it was when it began; writers take turns (`BEGIN IMMEDIATE`). A connection
belongs to one thread for as long as its transaction lasts.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import DocumentError
from stand.emulator.database.functions import register_functions
from stand.emulator.database.tables import Storage, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.tables import Field, Layout, Table

_BUSY_SECONDS = 30.0
_PREPARED = 512

SERVICE_TABLES = {
    "_settings": "CREATE TABLE _settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "_numbers": "CREATE TABLE _numbers (object TEXT, field TEXT, period TEXT, last INTEGER NOT NULL, PRIMARY KEY (object, field, period)) WITHOUT ROWID",
    "_users": "CREATE TABLE _users (name TEXT PRIMARY KEY, salt TEXT NOT NULL, hash TEXT NOT NULL, roles TEXT NOT NULL, full_rights INTEGER NOT NULL) WITHOUT ROWID",
    "_log": 'CREATE TABLE _log (id INTEGER PRIMARY KEY, time TEXT NOT NULL, level TEXT NOT NULL, event TEXT NOT NULL, metadata TEXT NOT NULL, comment TEXT NOT NULL, "user" TEXT NOT NULL)',
}
"""Tables every infobase has beside those of its configuration."""


class _Held(NamedTuple):
    """A connection a thread works with now."""

    connection: sqlite3.Connection
    writing: bool


class Database:
    """A file of SQLite with as many connections as threads work with it at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._idle: list[sqlite3.Connection] = []
        self._guard = threading.Lock()
        self._turns = threading.RLock()
        self._closed = False

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction that writes: committed at the end, rolled back by any exception.

        Inside another one of the same thread it is a part of that, undone alone when it fails; inside a reading one it stands by itself.
        """
        with self._turns:
            outer = self._held_for_writing()
            if outer is not None:
                with savepoint(outer):
                    yield outer
                return
            with self._holding(writing=True) as connection:
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
        with self._turns:
            outer = self._held_for_writing()
            if outer is not None:
                outer.execute("SAVEPOINT rehearsal")
                try:
                    yield outer
                finally:
                    outer.execute("ROLLBACK TO rehearsal")
                    outer.execute("RELEASE rehearsal")
                return
            with self._holding(writing=True) as connection:
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                finally:
                    _rollback(connection)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the base; inside another transaction of the same thread it sees what that one sees."""
        held = self._stack()
        if held:
            yield held[-1].connection
            return
        with self._holding(writing=False) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                _rollback(connection)

    def close(self) -> None:
        """Closes what is idle now and the rest when it is given back; nothing new can be begun."""
        with self._guard:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _stack(self) -> list[_Held]:
        stack: list[_Held] = self._local.__dict__.setdefault("held", [])
        return stack

    def _held_for_writing(self) -> sqlite3.Connection | None:
        return next((item.connection for item in reversed(self._stack()) if item.writing), None)

    @contextmanager
    def _holding(self, *, writing: bool) -> Iterator[sqlite3.Connection]:
        connection = self._borrowed()
        stack = self._stack()
        stack.append(_Held(connection, writing))
        try:
            yield connection
        finally:
            stack.pop()
            with self._guard:
                keep = not self._closed
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _borrowed(self) -> sqlite3.Connection:
        with self._guard:
            if self._closed:
                raise DocumentError("база уже закрыта", place=str(self.path))
            if self._idle:
                return self._idle.pop()
        return self._connected()

    def _connected(self) -> sqlite3.Connection:
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
