"""Databases of a PostgreSQL server: made, swapped and dropped. What was not made here is never dropped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from harness.errors import StepError, UsageError
from stand.emulator.database.cells import quoted, short_name
from stand.emulator.database.connection import EngineError
from stand.emulator.database.postgres_connection import PostgresConnection

MARK = "onec-readiness"
"""Comment of every database made here."""
_MAINTENANCE = ("postgres", "template1")
_CONNECT_SECONDS = 10
_TOOL_PLACES = (
    Path("/usr/lib/postgresql"),
    Path("/usr/local/lib/postgresql"),
    Path(os.environ.get("PROGRAMFILES", "C:/Program Files")) / "PostgreSQL",
)


class PostgresServer:
    """The server of an address.

    Args:
        address: "postgresql://user:password@host:5432/name" as libpq reads it.

    Raises:
        UsageError: the address cannot be read, or names no database.
    """

    def __init__(self, address: str) -> None:
        import psycopg
        from psycopg.conninfo import conninfo_to_dict

        try:
            self.parameters: dict[str, Any] = conninfo_to_dict(address)
        except psycopg.Error:
            # Its text would repeat the address, and the password with it.
            raise UsageError(
                "адрес базы PostgreSQL не читается", hint="postgresql://пользователь:пароль@сервер:5432/база"
            ) from None
        self.name = str(self.parameters.get("dbname") or "")
        if not self.name:
            raise UsageError("в адресе PostgreSQL не названа база данных", hint="postgresql://…/имя")

    @property
    def title(self) -> str:
        """Server and database, without user and password."""
        host, port = self.parameters.get("host", ""), self.parameters.get("port", "")
        return f"postgresql://{host}{f':{port}' if port else ''}/{self.name}"

    def address_of(self, name: str) -> str:
        """The address of another database of the server."""
        rest = {key: value for key, value in self.parameters.items() if key != "dbname" and value is not None}
        return f"postgresql:///{quote(name, safe='')}?{urlencode(rest, quote_via=quote)}"

    def connection(self, name: str, **more: Any) -> PostgresConnection:
        """A connection to a database of the server."""
        given = {"connect_timeout": _CONNECT_SECONDS, "application_name": MARK, **self.parameters, **more}
        return PostgresConnection({**given, "dbname": name})

    def maintenance(self) -> PostgresConnection:
        """A connection to a database that is always there.

        Raises:
            StepError: the server cannot be reached.
        """
        problem = ""
        for name in _MAINTENANCE:
            try:
                return self.connection(name)
            except EngineError as error:
                problem = problem or str(error)
        raise StepError(f"сервер PostgreSQL не отвечает: {problem}", place=self.title)

    def exists(self, name: str) -> bool:
        """Whether there is such a database."""
        with closing(self.maintenance()) as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = ?", (name,)).fetchone() is not None

    def create(self, name: str) -> None:
        """Makes a database whose texts compare by code points.

        Raises:
            StepError: the user may not.
        """
        with closing(self.maintenance()) as connection:
            try:
                connection.execute(
                    f"CREATE DATABASE {quoted(name)} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
                )
                connection.execute(f"COMMENT ON DATABASE {quoted(name)} IS '{MARK}'")
            except EngineError as error:
                raise StepError(
                    f"база данных PostgreSQL не создана: {error}",
                    place=self.title,
                    hint="пользователю нужно право CREATEDB",
                ) from error

    def own(self, connection: PostgresConnection, name: str) -> bool:
        """Whether a database was made here."""
        sql = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = ?"
        found = connection.execute(sql, (name,)).fetchone()
        return found is not None and found[0] == MARK

    def drop(self, name: str) -> bool:
        """Drops a database that was made here, with its sessions; False when it is none of ours."""
        with closing(self.maintenance()) as connection:
            if not self.own(connection, name):
                return False
            connection.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
        return True

    def swap(self, fresh: str, target: str) -> None:
        """Gives a database the name of another, which is dropped: at once, so a kill leaves either.

        Raises:
            StepError: it could not be done; both are as they were.
        """
        old = short_name(f"{target}.old")
        self.drop(old)
        with closing(self.maintenance()) as connection:
            try:
                connection.execute("BEGIN")
                # Renaming needs a database without sessions: nobody of ours is there any more, and none may come.
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (?, ?)", (fresh, target)
                )
                connection.execute(f"ALTER DATABASE {quoted(target)} RENAME TO {quoted(old)}")
                connection.execute(f"ALTER DATABASE {quoted(fresh)} RENAME TO {quoted(target)}")
                connection.execute(f"COMMENT ON DATABASE {quoted(old)} IS '{MARK}'")
                connection.execute("COMMIT")
            except EngineError as error:
                raise StepError(f"база данных PostgreSQL не заменена: {error}", place=self.title) from error
        self.drop(old)

    def run(self, program: str, *arguments: str, database: str) -> subprocess.CompletedProcess[str]:
        """Runs a program of PostgreSQL against a database; the password goes by the environment.

        Raises:
            StepError: there is no such program on this machine.
        """
        from psycopg.conninfo import make_conninfo

        known = {key: value for key, value in self.parameters.items() if key != "password"}
        environment = dict(os.environ)
        if self.parameters.get("password"):
            environment["PGPASSWORD"] = str(self.parameters["password"])
        target = make_conninfo("", **{**known, "dbname": database})
        return subprocess.run(  # noqa: S603 - a program found by name, arguments of our own
            [tool(program), *arguments, f"--dbname={target}"],
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )


def tool(name: str) -> str:
    """Path of a program of PostgreSQL: the newest of this machine, because an older one cannot dump a newer server.

    Raises:
        StepError: there is none.
    """
    name = f"{name}.exe" if sys.platform == "win32" else name
    found = [path for place in _TOOL_PLACES if place.is_dir() for path in place.glob(f"*/bin/{name}")]
    if found:
        return str(max(found, key=lambda path: [int(part) for part in path.parts[-3].split(".") if part.isdigit()]))
    known = shutil.which(name)
    if known is None:
        raise StepError(f"нет программы {name}", hint="установите клиентские программы PostgreSQL")
    return known
