"""New bases for tests, on either database; the fixtures are in conftest.py."""

from __future__ import annotations

from contextlib import closing
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

from stand.emulator.database.infobase import Infobase
from stand.emulator.database.postgres_server import PostgresServer

if TYPE_CHECKING:
    from pathlib import Path

    from stand.emulator.database.dialect import Place
    from stand.emulator.model import Configuration


class InfobaseFactory:
    """Makes bases on one database; they are closed and removed at the end."""

    def __init__(self, folder: Path, address: str = "") -> None:
        self.folder = folder
        self._address = address
        self._names: list[str] = []
        self._places: list[Place] = []
        self._made: list[Infobase] = []

    @property
    def database(self) -> str:
        """ "sqlite" or "postgresql"."""
        return "postgresql" if self._address else "sqlite"

    def place(self) -> Place:
        """A place where no base is."""
        taken = _taken(self._address or str(self.folder))
        name = next(name for name in (f"base{number}" for number in count(1)) if name not in taken)
        taken.add(name)
        self._names.append(name)
        place = _given(self._address, name) if self._address else self.folder / f"{name}.db"
        self._places.append(place)
        return place

    def __call__(self, configuration: Configuration) -> Infobase:
        """A new base."""
        made = Infobase.create(self.place(), configuration)
        self._made.append(made)
        return made

    def clear(self) -> None:
        """Closes and removes what was made."""
        for base in self._made:
            base.close()
        for place in self._places:
            Infobase.remove(place)
        _taken(self._address or str(self.folder)).difference_update(self._names)
        self._made.clear()
        self._places.clear()
        self._names.clear()


@cache
def _taken(_where: str) -> set[str]:
    """Names in use on one server: factories of a module and of a test live together."""
    return set()


@cache
def _given(address: str, name: str) -> str:
    """A database made by somebody else, once a session: only the schema in it comes and goes, which is much faster."""
    place = address.format(name=name)
    with closing(PostgresServer(place).maintenance()) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    return place
