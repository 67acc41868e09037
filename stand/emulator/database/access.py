"""Rows of tables within one transaction: the ground under `stand.emulator.database.session`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stand.emulator.database.connection import streamed
from stand.emulator.database.tables import Field, Table, quoted
from stand.emulator.rows import Ref, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from stand.emulator.database.connection import Connection, Cursor
    from stand.emulator.database.infobase import Hooks
    from stand.emulator.database.tables import Layout
    from stand.emulator.model import MetaObject


class TableAccess:
    """One transaction over the tables of an infobase."""

    def __init__(self, connection: Connection, layout: Layout, hooks: Hooks, user: str, *, writing: bool) -> None:
        self.connection = connection
        self.layout = layout
        self.configuration = layout.configuration
        self.hooks = hooks
        self.user = user
        self.writing = writing

    def meta(self, object: str) -> MetaObject:  # noqa: A002 - the word of the model
        """The metadata object of a resource name; KeyError when the configuration has none."""
        return self.configuration.objects[object]

    def rows(self, table: Table, tail: str, params: Sequence[Any]) -> Iterator[Row]:
        """Rows of a table, whole; `tail` is what stands behind FROM, over the alias `t`."""
        sql = f"SELECT {table.select_list} FROM {quoted(table.name)} AS t{tail}"  # noqa: S608 - names quoted, values bound
        # Whoever writes while he reads must not meet his own rows again.
        found = (
            self.connection.execute(sql, params).fetchall() if self.writing else streamed(self.connection, sql, params)
        )
        for cells in found:
            yield table.decode(cells)

    def first(self, table: Table, equal: Mapping[str, Any]) -> Row | None:
        """The first row that matches, or None."""
        condition, params = condition_of(table, equal)
        sql = f"SELECT {table.select_list} FROM {quoted(table.name)} AS t{condition}"  # noqa: S608 - as above
        cells = self.connection.execute(sql, params).fetchone()
        return None if cells is None else table.decode(cells)

    def check_writing(self) -> None:
        """Raises RuntimeError in a session that only reads."""
        if not self.writing:
            raise RuntimeError("сеанс только для чтения: пишите внутри Infobase.transaction()")

    def execute(self, sql: str, params: Sequence[Any]) -> Cursor:
        """Runs a statement that writes."""
        self.check_writing()
        return self.connection.execute(sql, params)


def id_of(ref: str | Ref) -> str:
    """The id of a reference given either way."""
    return (ref.id if isinstance(ref, Ref) else ref).lower()


def condition_of(table: Table, equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """` WHERE …` over the fields of a table; see `condition_over`."""
    return condition_over(table.by_name, equal)


def condition_over(fields: Mapping[str, Field], equal: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """` WHERE …` with bound values; "" when everything is wanted."""
    parts: list[str] = []
    params: list[Any] = []
    for name, value in equal.items():
        field = fields[name]
        values = list(value) if isinstance(value, list | set | frozenset) else [value]
        columns = ", ".join(f"t.{quoted(column)}" for column in field.columns)
        cells = [field.encode(item) for item in values]
        marks = "(" + ", ".join("?" * len(field.columns)) + ")"
        left = f"({columns})" if len(field.columns) > 1 else columns
        if not cells:
            parts.append("1 = 0")  # none of no values; an empty list in brackets is not known to every database
        elif len(cells) == 1:
            parts.append(f"{left} = {marks if len(field.columns) > 1 else '?'}")
        else:
            many = ", ".join([marks if len(field.columns) > 1 else "?"] * len(cells))
            parts.append(f"{left} IN ({'VALUES ' if len(field.columns) > 1 else ''}{many})")
        params += [cell for item in cells for cell in item]
    return (f" WHERE {' AND '.join(parts)}" if parts else "", params)


def order_by(table: Table, item: str) -> str:
    """Columns of a field for ORDER BY; "-" in front of the name for descending."""
    name = item.removeprefix("-")
    direction = " DESC" if item.startswith("-") else ""
    return ", ".join(f"t.{quoted(column)}{direction}" for column in table.by_name[name].columns)
