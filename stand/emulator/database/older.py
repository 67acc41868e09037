"""Bases an older version of the emulator made: what can be worked out of their data is added, the rest is refused in words.

A base says in its settings how it keeps its data; one that says nothing was made before stored totals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import DocumentError
from stand.emulator.database.cells import quoted, short_name
from stand.emulator.database.store import SERVICE_TABLES, create_table, write_setting
from stand.emulator.database.totals import rebuild

if TYPE_CHECKING:
    from stand.emulator.database.connection import Connection
    from stand.emulator.database.store import Database
    from stand.emulator.database.tables import Layout

FORMAT = "format"
"""Setting that says how a base keeps its data."""
CURRENT = "2"
"""Raised with every change of the tables an older base cannot have."""


def brought_up(database: Database, layout: Layout) -> None:
    """Makes a base of an older version as one of this version; does nothing to one that is.

    Raises:
        DocumentError: it has no place for what the configuration keeps.
    """
    with database.reading() as connection:
        found = connection.execute("SELECT value FROM _settings WHERE name = ?", (FORMAT,)).fetchone()
    if found is not None and found[0] == CURRENT:
        return
    dialect = database.dialect
    with database.writing() as connection:
        present = set(dialect.tables(connection))
        totals = {table.name: register for register, table in layout.totals.items()}
        missing = [table for table in layout.tables.values() if short_name(table.name) not in present]
        lost = [table.name for table in missing if table.name not in totals]
        lost += [
            table.name
            for table in (*SERVICE_TABLES.values(), *layout.tables.values())
            if short_name(table.name) in present
            and {short_name(name) for name in table.columns} - {*dialect.columns(connection, short_name(table.name))[0]}
        ]
        if lost:
            raise DocumentError(
                f"база сделана другой версией эмулятора: в ней не хватает места для {', '.join(lost[:3])}",
                place=dialect.title,
                hint="создайте базу заново этой версией",
            )
        for table in missing:
            create_table(dialect, connection, table)
        rebuild(connection, layout, [totals[table.name] for table in missing])
        _views(connection, layout)
        write_setting(connection, FORMAT, CURRENT)


def _views(connection: Connection, layout: Layout) -> None:
    for name, sql in layout.views.items():
        connection.execute(f"DROP VIEW IF EXISTS {quoted(name)}")
        connection.execute(sql)
