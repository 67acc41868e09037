"""What differs between the two databases, behind one interface: SQLite in a file, PostgreSQL in a database of a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from stand.emulator.database.connection import Connection
    from stand.emulator.database.tables import Table

Place: TypeAlias = "Path | str"
"""Where an infobase lives: a file of SQLite, or the address of a database, "postgresql://user:password@host:5432/name"."""

_SCHEMES = ("postgresql://", "postgres://")


class Dialect(Protocol):
    """A database an infobase can live in."""

    @property
    def place(self) -> Place:
        """As it was given."""

    @property
    def title(self) -> str:
        """The place for people: without a password."""

    @property
    def backup_suffix(self) -> str:
        """End of the name of a backup's file."""

    def beside(self, name: str) -> Place:
        """A place for another base next to this one."""

    def analyze(self) -> None:
        """After many rows came: lets the database look at what it has."""

    def exists(self) -> bool:
        """Whether an infobase is there, or anything a new one would overwrite."""

    def prepare(self) -> None:
        """Makes the place ready for a new base: afterwards connections can be made."""

    def connect(self) -> Connection:
        """A new connection, outside of any transaction.

        Raises:
            DocumentError: no database of the emulator.
            StepError: the server cannot be reached.
        """

    def begin(self, connection: Connection, *, writing: bool) -> None:
        """Opens a transaction: a writing one waits for its turn, a reading one sees one state till its end."""

    def freeze(self, connection: Connection) -> None:
        """Before tables are changed within a writing transaction: readers that would see half of it wait."""

    def create_schema(self, connection: Connection) -> None:
        """Everything a new base has beside its tables."""

    def create_table(self, table: Table) -> str:
        """`CREATE TABLE`."""

    def tables(self, connection: Connection) -> list[str]:
        """Names of all tables, as the database has them."""

    def columns(self, connection: Connection, table: str) -> tuple[list[str], list[str]]:
        """Names of a table's columns and of those of its key, as the database has them."""

    def backup(self, connection: Connection, path: Path, *, without: str = "") -> None:
        """A consistent copy as one file, while the base works; `without` the rows of a table.

        Raises:
            DocumentError: the file exists, or the copy cannot be made.
        """

    def restore(self, backup: Path) -> None:
        """Makes the base out of a backup; one that is there is replaced, so it must be closed.

        Raises:
            DocumentError: the backup is not a whole base.
        """

    def replace_by(self, other: Place) -> None:
        """Puts another base of the same kind here instead of this one, at once; that one is gone from its own place."""

    def remove(self) -> None:
        """Deletes the base and whatever belongs to it; does nothing when it is not there."""


def dialect_of(place: Place) -> Dialect:
    """The dialect of a place."""
    if isinstance(place, str) and place.startswith(_SCHEMES):
        from stand.emulator.database.dialect_postgres import PostgresDialect

        return PostgresDialect(place)
    from stand.emulator.database.dialect_sqlite import SqliteDialect

    return SqliteDialect(Path(place))
