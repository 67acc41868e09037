"""SQLite in WAL mode: one file, readers beside one writer."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import DocumentError, StepError, reason
from stand.emulator.database.functions import register_functions
from stand.emulator.database.tables import quoted

if TYPE_CHECKING:
    from stand.emulator.database.cells import Cell, Field
    from stand.emulator.database.connection import Connection
    from stand.emulator.database.dialect import Place
    from stand.emulator.database.tables import Table

_BUSY_SECONDS = 30.0
_PREPARED = 512
_BESIDE = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class SqliteDialect:
    """A base in a file."""

    path: Path
    backup_suffix: str = ".db"

    @property
    def place(self) -> Place:
        """The file."""
        return self.path

    @property
    def title(self) -> str:
        """The file."""
        return str(self.path)

    def beside(self, name: str) -> Place:
        """Another file of the folder."""
        return self.path.with_name(f"{name}.db")

    def analyze(self) -> None:
        """Nothing: queries of the emulator go by keys and indexes, SQLite needs no statistics for them."""

    def exists(self) -> bool:
        """Whether there is a file."""
        return self.path.exists()

    def prepare(self) -> None:
        """Nothing: the file is made by the first connection."""

    def connect(self) -> sqlite3.Connection:
        """See `Dialect`."""
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
            raise DocumentError(f"это не база эмулятора: {error}", place=self.title) from error
        register_functions(fresh)
        return fresh

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """Writers take turns across processes too: the second waits in BEGIN."""
        connection.execute("BEGIN IMMEDIATE" if writing else "BEGIN")

    def freeze(self, connection: Connection) -> None:
        """Nothing: readers keep their own snapshot, tables included."""

    def create_schema(self, connection: Connection) -> None:
        """Nothing: functions belong to connections."""

    def create_table(self, table: Table) -> str:
        """See `Dialect`."""
        columns = ", ".join(_columns(field) for field in table.fields)
        key = ", ".join(quoted(column) for column in table.key_columns)
        # Without keys (an information register without dimensions) there is at most one record.
        clustered = f", PRIMARY KEY ({key})) WITHOUT ROWID" if key else ")"
        return f"CREATE TABLE {quoted(table.name)} ({columns}{clustered}"

    def tables(self, connection: Connection) -> list[str]:
        """See `Dialect`."""
        sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
        return [row[0] for row in connection.execute(sql)]

    def columns(self, connection: Connection, table: str) -> tuple[list[str], list[str]]:
        """See `Dialect`."""
        info = connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall()
        return [row[1] for row in info], [row[1] for row in sorted(info, key=lambda row: row[5]) if row[5]]

    def backup(self, connection: Connection, path: Path, *, without: str = "") -> None:
        """SQLite's online backup."""
        if path.exists():
            raise DocumentError("файл резервной копии уже существует", place=str(path))
        assert isinstance(connection, sqlite3.Connection)
        try:
            with closing(sqlite3.connect(path)) as target:
                connection.backup(target)
                if without:
                    target.execute(f"DELETE FROM {quoted(without)}")  # noqa: S608 - names of the model, quoted
                    target.commit()
                # A backup is one file: whoever copies it must not have to know about a write-ahead log next to it.
                target.execute("PRAGMA journal_mode = DELETE")
        except (sqlite3.Error, OSError) as error:
            path.unlink(missing_ok=True)
            raise DocumentError(f"резервная копия не записана: {error}", place=str(path)) from error

    def restore(self, backup: Path) -> None:
        """Checks the copy and copies it here."""
        _check(backup)
        self.remove()
        try:
            shutil.copyfile(backup, self.path)
        except OSError as error:
            raise StepError(f"копия не восстановлена: {reason(error)}", place=self.title) from error

    def replace_by(self, other: Place) -> None:
        """Renames the other file over this one."""
        for suffix in _BESIDE:
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        Path(other).replace(self.path)

    def remove(self) -> None:
        """The file and what SQLite keeps beside it."""
        for suffix in ("", *_BESIDE):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _columns(field: Field) -> str:
    return ", ".join(f"{quoted(name)} {_kind(empty)}" for name, empty in zip(field.columns, field.empty, strict=True))


def _kind(empty: Cell) -> str:
    if isinstance(empty, bytes):
        return "BLOB NOT NULL DEFAULT x''"
    return f"INTEGER NOT NULL DEFAULT {empty}" if isinstance(empty, int) else f"TEXT NOT NULL DEFAULT '{empty}'"


def _check(path: Path) -> None:
    if not path.is_file():
        raise DocumentError("файла резервной копии нет", place=str(path))
    if not path.stat().st_size:
        raise DocumentError("файл резервной копии пуст", place=str(path))
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
    except sqlite3.Error as error:
        raise DocumentError(f"резервная копия не читается: {error}", place=str(path)) from error
    if answer != "ok":
        raise DocumentError(f"резервная копия повреждена: {answer}", place=str(path))
