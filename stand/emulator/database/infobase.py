"""An infobase: a configuration, its data, settings, users and event log in one file."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.errors import DocumentError
from stand.emulator.database.configuration_io import dump_configuration, load_configuration
from stand.emulator.database.session import Session
from stand.emulator.database.store import Database, create_tables, migrate
from stand.emulator.database.tables import Layout
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from stand.emulator.auth import User
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
        allowed: whether a user may "read", "insert", "update", "delete" or "post" an object; None: by the roles of the configuration.
    """

    posting: Callable[[Session, MetaObject, Row], Mapping[str, Sequence[Row]]] | None = None
    before_write: Callable[[Session, MetaObject, Row], None] | None = None
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

    @classmethod
    def create(cls, path: Path, configuration: Configuration) -> Infobase:
        """A new empty infobase in a file that does not exist yet.

        Raises:
            DocumentError: there is a file already.
        """
        if path.exists():
            raise DocumentError(
                "файл базы уже существует", place=str(path), hint="укажите другой путь или удалите файл"
            )
        base = cls(Database(path), configuration)
        with base._database.writing() as connection:
            create_tables(connection, base._layout)
            base._store_configuration()
        return base

    @classmethod
    def open(cls, path: Path) -> Infobase:
        """An infobase from its file: from a backup as well, with the release it had.

        Raises:
            DocumentError: no such file, or not an infobase of the emulator.
        """
        if not path.is_file():
            raise DocumentError("файла базы нет", place=str(path))
        database = Database(path)
        with database.reading() as connection:
            try:
                found = connection.execute("SELECT value FROM _settings WHERE name = ?", (_CONFIGURATION,)).fetchone()
            except Exception as error:
                raise DocumentError(f"это не база эмулятора: {error}", place=str(path)) from error
        if found is None:
            raise DocumentError("в базе нет описания конфигурации", place=str(path))
        return cls(database, load_configuration(found[0].encode()))

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

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
        """Closes the file."""
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
            migrate(connection, self._layout, layout)
            before, self._layout = self._layout, layout
            try:
                self._store_configuration()
            except BaseException:
                self._layout = before
                raise

    def log(self, since: str = "") -> list[LogEvent]:
        """The event log from a local ISO moment on, oldest first."""
        with self._database.reading() as connection:
            sql = 'SELECT time, level, event, metadata, comment, "user" FROM _log WHERE time >= ? ORDER BY id'
            return [LogEvent(*row) for row in connection.execute(sql, (since,))]

    def backup(self, path: Path) -> None:
        """Copies the base into another file while it works (SQLite's online backup)."""
        from stand.emulator.database.backup import copy_database

        with self._database.reading() as connection:
            copy_database(connection, path)

    def fingerprint(self) -> dict[str, tuple[int, str]]:
        """Rows and sha256 of the content of every table, service tables included."""
        from stand.emulator.database.backup import fingerprint_of

        with self._database.reading() as connection:
            return fingerprint_of(connection)

    # -- users -----------------------------------------------------------------------------------------------------------------

    def set_user(self, name: str, password: str, *, roles: Sequence[str] = (), full_rights: bool = False) -> None:
        """Creates or changes a user; the password is kept as a salted hash."""
        from stand.emulator.auth import hash_password

        salt, digest = hash_password(password)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO _users (name, salt, hash, roles, full_rights) VALUES (?, ?, ?, ?, ?)",
                (name, salt, digest, json.dumps(list(roles), ensure_ascii=False), int(full_rights)),
            )

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
            connection.execute("INSERT OR REPLACE INTO _settings (name, value) VALUES (?, ?)", (name, value))
