"""The database under an infobase: connections, transactions, creation and migration of tables.

Reading and writing go on side by side: a reader sees the base as it was when it began; writers take turns. A connection belongs to one thread
for as long as its transaction lasts. What differs between databases stands in `Dialect`.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import DocumentError
from stand.emulator.database.tables import Field, Storage, Table, quoted
from stand.emulator.database.totals import rebuild as rebuild_totals
from stand.emulator.model import STRING, Attribute, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.connection import Connection
    from stand.emulator.database.dialect import Dialect
    from stand.emulator.database.tables import Layout

_INTEGER = ValueType(("Number",), digits=18)


def _service(name: str, key: int, columns: str) -> Table:
    fields = (
        Field.of(Attribute(column.removesuffix("#"), _INTEGER if column.endswith("#") else STRING))
        for column in columns.split()
    )
    listed = tuple(fields)
    return Table(name, listed, tuple(field.name for field in listed[:key]))


SERVICE_TABLES = {
    table.name: table
    for table in (
        _service("_settings", 1, "name value"),
        _service("_numbers", 3, "object field period last#"),
        _service("_users", 1, "name salt hash roles full_rights#"),
        _service("_log", 1, "id# time level event metadata comment user"),
    )
}
"""Tables every infobase has beside those of its configuration."""


class _Held(NamedTuple):
    """A connection a thread works with now."""

    connection: Connection
    writing: bool


class Database:
    """A database with as many connections as threads work with it at once."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self._local = threading.local()
        self._idle: list[Connection] = []
        self._guard = threading.Lock()
        self._turns = threading.RLock()
        self._closed = False

    @contextmanager
    def writing(self) -> Iterator[Connection]:
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
                self.dialect.begin(connection, writing=True)
                try:
                    yield connection
                except BaseException:
                    _rollback(connection)
                    raise
                connection.execute("COMMIT")

    @contextmanager
    def rehearsing(self) -> Iterator[Connection]:
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
                self.dialect.begin(connection, writing=True)
                try:
                    yield connection
                finally:
                    _rollback(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the base; inside another transaction of the same thread it sees what that one sees."""
        held = self._stack()
        if held:
            yield held[-1].connection
            return
        # As `_holding`, in one piece: every request of a reader passes here.
        connection = self._borrowed()
        held.append(_Held(connection, writing=False))
        try:
            self.dialect.begin(connection, writing=False)
            yield connection
        finally:
            held.pop()
            try:
                _rollback(connection)
            finally:
                self._given_back(connection)

    def close(self) -> None:
        """Closes what is idle now and the rest when it is given back; nothing new can be begun."""
        with self._guard:
            self._closed = True
        self.forget_idle()

    def forget_idle(self) -> None:
        """Closes idle connections: what they prepared may not fit tables that were changed."""
        with self._guard:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _stack(self) -> list[_Held]:
        stack: list[_Held] = self._local.__dict__.setdefault("held", [])
        return stack

    def _held_for_writing(self) -> Connection | None:
        return next((item.connection for item in reversed(self._stack()) if item.writing), None)

    @contextmanager
    def _holding(self, *, writing: bool) -> Iterator[Connection]:
        connection = self._borrowed()
        stack = self._stack()
        stack.append(_Held(connection, writing))
        try:
            yield connection
        finally:
            stack.pop()
            self._given_back(connection)

    def _given_back(self, connection: Connection) -> None:
        with self._guard:
            # One that is still in a transaction could not be rolled back: it is broken.
            keep = not self._closed and not connection.in_transaction
            if keep:
                self._idle.append(connection)
        if not keep:
            connection.close()

    def _borrowed(self) -> Connection:
        with self._guard:
            if self._closed:
                raise DocumentError("база уже закрыта", place=self.dialect.title)
            if self._idle:
                return self._idle.pop()
        return self.dialect.connect()


def _rollback(connection: Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """A part of a transaction that is undone alone when it fails."""
    connection.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK TO part")
        connection.execute("RELEASE part")
        raise
    connection.execute("RELEASE part")


def write_setting(connection: Connection, name: str, value: str) -> None:
    """Keeps a setting of the base, as a part of the transaction."""
    connection.execute(SERVICE_TABLES["_settings"].replace_sql, (name, value))


def create_tables(dialect: Dialect, connection: Connection, layout: Layout) -> None:
    """All tables of a fresh infobase."""
    dialect.create_schema(connection)
    for table in (*SERVICE_TABLES.values(), *layout.tables.values()):
        create_table(dialect, connection, table)
    for sql in layout.views.values():
        connection.execute(sql)


def create_table(dialect: Dialect, connection: Connection, table: Table) -> None:
    """A table with what it is found by."""
    connection.execute(dialect.create_table(table))
    for sql in table.index_sql:
        connection.execute(sql)


def migrate(dialect: Dialect, connection: Connection, old: Layout, new: Layout) -> None:
    """Brings the tables of one configuration to another: what both have keeps its data, what is new is empty, what is gone is dropped.

    An attribute that changed the way it is kept (a string that became a reference) starts empty; a number with another fraction is
    converted.
    """
    dialect.freeze(connection)
    for name in old.views:
        connection.execute(f"DROP VIEW {quoted(name)}")
    for name, table in old.tables.items():
        if name not in new.tables:
            connection.execute(f"DROP TABLE {quoted(table.name)}")
    for name, table in new.tables.items():
        before = old.tables.get(name)
        if before is None:
            create_table(dialect, connection, table)
        elif _shape(before) != _shape(table):
            _rebuild(dialect, connection, before, table)
    for sql in new.views.values():
        connection.execute(sql)
    rebuild_totals(connection, new, (name for name in new.totals if _totals_changed(old, new, name)))


def _totals_changed(old: Layout, new: Layout, register: str) -> bool:
    tables = [(layout.objects.get(register), layout.totals.get(register)) for layout in (old, new)]
    return [_shape(table) if table else () for table in tables[0]] != [
        _shape(table) if table else () for table in tables[1]
    ]


def _shape(table: Table) -> tuple[object, ...]:
    # Two types that are kept alike need no rebuild, whatever else differs.
    fields = tuple((field.name, field.storage, field.scale) for field in table.fields)
    return (fields, table.key, table.indexes)


def _rebuild(dialect: Dialect, connection: Connection, before: Table, after: Table) -> None:
    spare = f"{after.name}.before"
    connection.execute(f"ALTER TABLE {quoted(before.name)} RENAME TO {quoted(spare)}")
    for names in before.indexes:
        connection.execute(f"DROP INDEX IF EXISTS {quoted('/'.join((before.name, *names)))}")
    create_table(dialect, connection, after)
    targets: list[str] = []
    sources: list[str] = []
    for field in after.fields:
        known = before.by_name.get(field.name)
        if known is None or known.storage is not field.storage:
            continue
        targets += [quoted(column) for column in field.columns]
        sources += _converted(known, field)
    if targets:
        # Two records that differed only by a dimension that is gone become one, the last, as 1C would refuse to keep both.
        order = ", ".join(f"{quoted(column)} DESC" for column in before.key_columns)
        tail = f" ORDER BY {order} ON CONFLICT DO NOTHING" if order else " WHERE 1 = 1"
        connection.execute(
            f"INSERT INTO {quoted(after.name)} ({', '.join(targets)}) SELECT {', '.join(sources)} FROM {quoted(spare)}{tail}"  # noqa: S608 - names of the model, quoted
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
