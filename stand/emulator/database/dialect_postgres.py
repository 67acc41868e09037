"""PostgreSQL 15 or newer: an infobase is a database of its own, as 1C keeps it, and within it a schema, so that nothing else is ever touched.

Writers take turns by an advisory lock: balances that two documents check at once would both be enough otherwise. Readers see one snapshot.
"""

from __future__ import annotations

from contextlib import closing
from functools import cached_property
from typing import TYPE_CHECKING, cast

from harness.errors import DocumentError, StepError
from stand.emulator.database.cells import quoted, short_name
from stand.emulator.database.connection import EngineError
from stand.emulator.database.postgres_functions import function_statements
from stand.emulator.database.postgres_server import PostgresServer

if TYPE_CHECKING:
    from pathlib import Path

    from stand.emulator.database.cells import Cell, Field
    from stand.emulator.database.connection import Connection
    from stand.emulator.database.dialect import Place
    from stand.emulator.database.postgres_connection import PostgresConnection
    from stand.emulator.database.tables import Table

SCHEMA = "infobase"
"""Schema of the tables."""
_OLDEST = 150000
_TURN = 7_721_531
"""Number of the advisory lock writers take."""
_OPTIONS = (
    f"-c search_path={SCHEMA}",
    "-c lock_timeout=30s",
    "-c jit=off",
    # A base is a copy that lives for a rehearsal: losing the last transaction to a power cut is no loss, a broken one would be.
    "-c synchronous_commit=off",
)


class PostgresDialect:
    """A base in a database of a server; see `stand.emulator.database.dialect.Dialect`."""

    backup_suffix = ".dump"

    def __init__(self, address: str) -> None:
        self._address = address

    @cached_property
    def _server(self) -> PostgresServer:
        return PostgresServer(self._address)

    @property
    def place(self) -> Place:
        """The address, password and all."""
        return self._address

    @property
    def title(self) -> str:
        """The address without user and password."""
        return self._server.title

    def beside(self, name: str) -> Place:
        """Address of another database of the server."""
        return self._server.address_of(short_name(f"{self._server.name}.{name}"))

    def exists(self) -> bool:
        """Whether the database is there and has the schema."""
        if not self._server.exists(self._server.name):
            return False
        with closing(self.connect()) as connection:
            return connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = ?", (SCHEMA,)).fetchone() is not None

    def prepare(self) -> None:
        """Makes the database when it is not there yet."""
        if not self._server.exists(self._server.name):
            self._server.create(self._server.name)

    def connect(self) -> PostgresConnection:
        """See `Dialect`."""
        try:
            fresh = self._server.connection(self._server.name, options=" ".join(_OPTIONS))
        except EngineError as error:
            raise StepError(f"база PostgreSQL не отвечает: {error}", place=self.title) from error
        if fresh.raw.info.server_version < _OLDEST:
            fresh.close()
            raise StepError("нужен PostgreSQL 15 или новее", place=self.title)
        return fresh

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """See `Dialect`."""
        known = cast("PostgresConnection", connection)
        if writing:
            known.script(f"BEGIN; SELECT pg_advisory_xact_lock({_TURN})")
            return
        # The lock comes before the snapshot: whoever waited for a migration sees what it made.
        known.script(
            f"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; LOCK TABLE {SCHEMA}._settings IN ACCESS SHARE MODE"
        )

    def freeze(self, connection: Connection) -> None:
        """Tables made within a transaction look empty to a snapshot that is older: readers are waited for."""
        connection.execute(f"LOCK TABLE {SCHEMA}._settings IN ACCESS EXCLUSIVE MODE")

    def create_schema(self, connection: Connection) -> None:
        """The schema, and the functions of the query language in it."""
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        for sql in function_statements(SCHEMA):
            connection.execute(sql)

    def create_table(self, table: Table) -> str:
        """See `Dialect`."""
        columns = ", ".join(_columns(field) for field in table.fields)
        key = ", ".join(quoted(column) for column in table.key_columns)
        return f"CREATE TABLE {quoted(table.name)} ({columns}{f', PRIMARY KEY ({key})' if key else ''})"

    def tables(self, connection: Connection) -> list[str]:
        """See `Dialect`."""
        sql = 'SELECT tablename FROM pg_tables WHERE schemaname = ? ORDER BY tablename COLLATE "C"'
        return [row[0] for row in connection.execute(sql, (SCHEMA,))]

    def columns(self, connection: Connection, table: str) -> tuple[list[str], list[str]]:
        """See `Dialect`."""
        relation = (f"{SCHEMA}.{quoted(table)}",)
        named = "SELECT attname FROM pg_attribute WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        keyed = (
            "SELECT a.attname FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY AS k(number, place)"
            " JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number"
            " WHERE i.indrelid = ?::regclass AND i.indisprimary ORDER BY k.place"
        )
        return (
            [row[0] for row in connection.execute(named, relation)],
            [row[0] for row in connection.execute(keyed, relation)],
        )

    def backup(self, connection: Connection, path: Path, *, without: str = "") -> None:
        """`pg_dump -Fc` of the snapshot the connection reads."""
        if path.exists():
            raise DocumentError("файл резервной копии уже существует", place=str(path))
        snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()[0]
        done = self._server.run(
            "pg_dump",
            *("--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--no-comments"),
            *(f"--schema={SCHEMA}", f"--snapshot={snapshot}", f"--file={path}"),
            *([f"--exclude-table-data={SCHEMA}.{quoted(without)}"] if without else []),
            database=self._server.name,
        )
        if done.returncode:
            path.unlink(missing_ok=True)
            raise DocumentError(f"резервная копия не записана: {done.stderr.strip()[-500:]}", place=str(path))

    def restore(self, backup: Path) -> None:
        """`pg_restore` into a fresh database, whole or not at all."""
        if not backup.is_file():
            raise DocumentError("файла резервной копии нет", place=str(backup))
        if not backup.stat().st_size:
            raise DocumentError("файл резервной копии пуст", place=str(backup))
        self.remove()
        self.prepare()
        done = self._server.run(
            "pg_restore",
            *("--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(backup)),
            database=self._server.name,
        )
        if done.returncode:
            self.remove()
            raise DocumentError(
                f"резервная копия не восстанавливается: {done.stderr.strip()[-500:]}", place=str(backup)
            )
        self.analyze()

    def analyze(self) -> None:
        """Tells the planner how large the tables are."""
        with closing(self.connect()) as connection:
            connection.execute("ANALYZE")

    def replace_by(self, other: Place) -> None:
        """Renames databases within one transaction of the server."""
        self._check_alone()
        self._server.swap(PostgresServer(str(other)).name, self._server.name)

    def remove(self) -> None:
        """Drops the database when it was made here, only the schema when it was given."""
        if not self._server.exists(self._server.name) or self._server.drop(self._server.name):
            return
        with closing(self.connect()) as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")

    def _check_alone(self) -> None:
        """A database that holds anything else must not be replaced as a whole."""
        sql = (
            "SELECT n.nspname || '.' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname <> ?"
            " AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' LIMIT 1"
        )
        with closing(self.connect()) as connection:
            found = connection.execute(sql, (SCHEMA,)).fetchone()
        if found is not None:
            raise StepError(
                f"в базе данных есть чужая таблица {found[0]}: заменить базу данных целиком нельзя",
                place=self.title,
                hint="дайте стенду отдельную базу данных",
            )


def _columns(field: Field) -> str:
    return ", ".join(f"{quoted(name)} {_kind(empty)}" for name, empty in zip(field.columns, field.empty, strict=True))


def _kind(empty: Cell) -> str:
    if isinstance(empty, bytes):
        return "BYTEA NOT NULL DEFAULT ''"
    if isinstance(empty, int):
        return f"BIGINT NOT NULL DEFAULT {empty}"
    return f"TEXT COLLATE \"C\" NOT NULL DEFAULT '{empty}'"
