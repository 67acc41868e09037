"""An infobase: a configuration, its data, settings, users and event log in one database."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.errors import DocumentError
from stand.emulator.database.configuration_io import dump_configuration, load_configuration
from stand.emulator.database.connection import FAILURES
from stand.emulator.database.dialect import dialect_of
from stand.emulator.database.older import CURRENT, FORMAT, brought_up
from stand.emulator.database.session import Session
from stand.emulator.database.store import SERVICE_TABLES, Database, create_tables, migrate, write_setting
from stand.emulator.database.tables import Layout
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from stand.emulator.auth import User
    from stand.emulator.database.dialect import Place
    from stand.emulator.model import Configuration, MetaObject
    from stand.emulator.rows import Row

__all__ = ["BusinessError", "Hooks", "Infobase", "LogEvent", "Session"]

_CONFIGURATION = "configuration"


@dataclass(slots=True)
class Hooks:
    """Behaviour of a configuration; what is None does not happen (a recorded base has none).

    Attributes:
        posting: records of a document by register; raises BusinessError to refuse.
        before_write: may change the row or raise BusinessError; not called in data-load mode.
        after_state: a document was "posted" or "unposted", an object was "deleted" for good; called with the row as it was written last.
        start: starts a business process, at a point of its route or at its beginning; None: it is marked as started.
        execute: executes a task; None: it is marked as executed.
        allowed: whether a user may "read", "insert", "update", "delete" or "post" an object; None: by the roles of the configuration.
    """

    posting: Callable[[Session, MetaObject, Row], Mapping[str, Sequence[Row]]] | None = None
    before_write: Callable[[Session, MetaObject, Row], None] | None = None
    after_state: Callable[[Session, MetaObject, Row, str], None] | None = None
    start: Callable[[Session, MetaObject, Row, str], None] | None = None
    execute: Callable[[Session, MetaObject, Row], None] | None = None
    allowed: Callable[[User, str, str], bool] | None = None


@dataclass(frozen=True, slots=True)
class LogEvent:
    """A line of the event log; `time` is local ISO."""

    time: str
    level: str
    event: str
    metadata: str
    comment: str
    user: str


class Infobase:
    """An infobase. Safe to use from several threads; writers take turns."""

    def __init__(self, database: Database, configuration: Configuration) -> None:
        self._database = database
        self._layout = Layout(configuration)
        self.hooks = Hooks()
        self.users_version = 0

    @classmethod
    def create(cls, place: Place, configuration: Configuration) -> Infobase:
        """A new empty infobase where there is none yet; see `creation`."""
        with cls.creation(place, configuration) as base:
            return base

    @classmethod
    @contextmanager
    def creation(cls, place: Place, configuration: Configuration) -> Iterator[Infobase]:
        """A new infobase that is there with all that is written meanwhile by this thread, or not at all, whatever happens.

        Args:
            place: a file that does not exist, or the address of a database ("postgresql://…") that has no infobase; the database is made
                when it does not exist.
            configuration: what it begins with.

        Raises:
            DocumentError: there is something already.
        """
        dialect = dialect_of(place)
        if dialect.exists():
            raise DocumentError("база уже существует", place=dialect.title, hint="укажите другое место или удалите её")
        dialect.prepare()
        base = cls(Database(dialect), configuration)
        try:
            with base._database.writing() as connection:
                create_tables(dialect, connection, base._layout)
                base._store_configuration()
                write_setting(connection, FORMAT, CURRENT)
                yield base
        except BaseException:
            base.close()
            dialect.remove()
            raise
        dialect.analyze()

    @classmethod
    def open(cls, place: Place) -> Infobase:
        """An infobase from its file or database: from a restored backup as well, with the release it had.

        Raises:
            DocumentError: there is none, it is not one of the emulator, or one of a version this one cannot read.
            StepError: the server of the database does not answer.
        """
        dialect = dialect_of(place)
        if not dialect.exists():
            raise DocumentError("базы здесь нет", place=dialect.title)
        database = Database(dialect)
        try:
            with database.reading() as connection:
                found = connection.execute("SELECT value FROM _settings WHERE name = ?", (_CONFIGURATION,)).fetchone()
        except FAILURES as error:
            database.close()
            raise DocumentError(f"это не база эмулятора: {error}", place=dialect.title) from error
        if found is None:
            database.close()
            raise DocumentError("в базе нет описания конфигурации", place=dialect.title)
        base = cls(database, load_configuration(found[0].encode()))
        try:
            brought_up(database, base.layout)
        except DocumentError:
            base.close()
            raise
        return base

    @staticmethod
    def exists(place: Place) -> bool:
        """Whether an infobase is there, or anything a new one would overwrite."""
        return dialect_of(place).exists()

    @staticmethod
    def remove(place: Place) -> None:
        """Deletes a base that nobody has open; does nothing when there is none."""
        dialect_of(place).remove()

    @property
    def place(self) -> Place:
        """The file, or the address of the database."""
        return self._database.dialect.place

    @property
    def title(self) -> str:
        """The place for people and logs: without a password."""
        return self._database.dialect.title

    @property
    def configuration(self) -> Configuration:
        """The configuration the base works by now."""
        return self._layout.configuration

    @property
    def layout(self) -> Layout:
        """Tables of the configuration."""
        return self._layout

    @cached_property
    def settings(self) -> Settings:
        """Settings of the base by name."""
        return Settings(self._database)

    def get_setting(self, name: str, default: str = "") -> str:
        """A setting, or the default."""
        return self.settings.get(name, default)

    def set_setting(self, name: str, value: str) -> None:
        """Keeps a setting."""
        self.settings.set(name, value)

    def close(self) -> None:
        """Closes its connections."""
        self._database.close()

    @contextmanager
    def transaction(self, user: str = "") -> Iterator[Session]:
        """A session that writes; everything or nothing. Inside another one of the same thread it is a part of that."""
        before = self._layout
        try:
            with self._database.writing() as connection:
                yield Session(connection, self._layout, self.hooks, user, writing=True)
        except BaseException:
            # Tables that were migrated within are back as they were.
            self._layout = before
            raise

    @contextmanager
    def rehearsal(self, user: str = "") -> Iterator[Session]:
        """A session that writes and is always rolled back: what would happen (posting without a trace)."""
        with self._database.rehearsing() as connection:
            yield Session(connection, self._layout, self.hooks, user, writing=True)

    @contextmanager
    def reading(self, user: str = "") -> Iterator[Session]:
        """A session that reads one consistent state."""
        with self._database.reading() as connection:
            yield Session(connection, self._layout, self.hooks, user, writing=False)

    def replace_configuration(self, new: Configuration) -> None:
        """Updates the configuration: tables follow, data stay.

        Part of the transaction around it, if there is one; sessions opened before still see the old configuration, so take a new one.
        """
        layout = Layout(new)
        with self._database.writing() as connection:
            migrate(self._database.dialect, connection, self._layout, layout)
            before, self._layout = self._layout, layout
            try:
                self._store_configuration()
            except BaseException:
                self._layout = before
                raise
        self._database.forget_idle()

    def log(self, since: str = "") -> list[LogEvent]:
        """The event log from a local ISO moment on, oldest first."""
        with self._database.reading() as connection:
            sql = 'SELECT time, level, event, metadata, comment, "user" FROM _log WHERE time >= ? ORDER BY id'
            return [LogEvent(*row) for row in connection.execute(sql, (since,))]

    def backup(self, path: Path, *, without: str = "") -> None:
        """Copies the base into one file while it works: SQLite's online backup, `pg_dump -Fc`.

        Args:
            path: a file that does not exist.
            without: a table whose rows are left out: a backup that is not whole, to see who notices.

        Raises:
            DocumentError: the file exists, or the copy cannot be made.
        """
        with self._database.reading() as connection:
            self._database.dialect.backup(connection, path, without=without)

    def fingerprint(self) -> dict[str, tuple[int, str]]:
        """Rows and sha256 of the content of every table, service tables included."""
        from stand.emulator.database.backup import fingerprint_of

        with self._database.reading() as connection:
            return fingerprint_of(self._database.dialect, connection, self._layout.tables)

    # -- users -----------------------------------------------------------------------------------------------------------------

    def set_user(self, name: str, password: str, *, roles: Sequence[str] = (), full_rights: bool = False) -> None:
        """Creates or changes a user; the password is kept as a salted hash."""
        from stand.emulator.auth import hash_password

        salt, digest = hash_password(password)
        with self._database.writing() as connection:
            connection.execute(
                SERVICE_TABLES["_users"].replace_sql,
                (name, salt, digest, json.dumps(list(roles), ensure_ascii=False), int(full_rights)),
            )
        # Whoever remembers users asks again.
        self.users_version += 1

    def users(self) -> list[User]:
        """All users; none: the base lets everybody in, as 1C does."""
        from stand.emulator.auth import User

        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT name, salt, hash, roles, full_rights FROM _users ORDER BY name"
            ).fetchall()
        return [
            User(name, tuple(json.loads(roles)), bool(full), salt, digest) for name, salt, digest, roles, full in rows
        ]

    def _store_configuration(self) -> None:
        self.set_setting(_CONFIGURATION, dump_configuration(self.configuration).decode())


class Settings:
    """Key and value, text both."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str, default: str = "") -> str:
        """A setting, or the default."""
        with self._database.reading() as connection:
            found: Any = connection.execute("SELECT value FROM _settings WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else default

    def set(self, name: str, value: str) -> None:
        """Keeps a setting."""
        with self._database.writing() as connection:
            write_setting(connection, name, value)
