"""Stored totals of accumulation and accounting registers, as the platform keeps them: turnovers of months and current totals.

A table of totals has a row for each month and combination of dimensions that moved, and one more row, of the month "current", with the sums
of all time. They are part of the transaction that writes the records: taken down before a record set goes, put up after the new one came.
A row whose numbers became zero stays until the totals are made anew, as in the platform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.onec.names import Kind
from stand.emulator.database.cells import Field, quoted
from stand.emulator.database.movements import Request, Tables, movement_fields, movements
from stand.emulator.database.periods import CURRENT, EVER, MONTH
from stand.emulator.database.tables import Table
from stand.emulator.database.virtual import DIMENSION, dimensions_of
from stand.emulator.model import STRING, Attribute, MetaObject, RegisterKind
from stand.emulator.standard import EXT_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stand.emulator.database.connection import Connection
    from stand.emulator.database.tables import Layout

SUFFIX = ".totals"
"""A table of totals is named as its register, with this behind."""
KEPT = frozenset({RegisterKind.BALANCE, RegisterKind.TURNOVER, RegisterKind.ACCOUNTING})
"""Kinds of registers that keep totals."""
_ALL = tuple(f"{DIMENSION}{number}" for number in range(1, EXT_DIMENSIONS + 1))


def totals_table(meta: MetaObject) -> Table | None:
    """The table of totals of a register; None for an object that keeps none."""
    if meta.register is None or meta.register.kind not in KEPT or not meta.register.resources:
        return None
    dimensions = tuple(Field.of(item) for item in dimensions_of(meta))
    month = Field.of(Attribute("Month", STRING))
    return Table(
        f"{meta.name}{SUFFIX}",
        (month, *dimensions, *movement_fields(meta)),
        ("Month", *(item.name for item in dimensions)),
    )


def add_movements(
    connection: Connection, layout: Layout, register: str, *, recorder: tuple[Any, ...] = (), sign: int = 1
) -> None:
    """Adds the movements of a recorder (of all records without one) to the totals, or takes them off with sign -1.

    Args:
        connection: in the transaction that writes the records.
        layout: tables of the configuration.
        register: "AccumulationRegister_X"; one that keeps no totals is left alone.
        recorder: cells of the recorder.
        sign: 1 or -1.
    """
    table = layout.totals.get(register)
    if table is None:
        return
    known = (register, bool(recorder), sign)
    if known not in layout.statements:
        layout.statements[known] = _statement(layout, register, table, recorder, sign)
    # Both sides of an entry are two readings of the same records.
    copies = 2 if layout.configuration.objects[register].kind is Kind.ACCOUNTING_REGISTER else 1
    connection.execute(layout.statements[known], recorder * copies)


def rebuild(connection: Connection, layout: Layout, registers: Iterable[str]) -> None:
    """Makes the totals of registers anew out of their records."""
    for register in registers:
        table = layout.totals.get(register)
        if table is not None:
            connection.execute(f"DELETE FROM {quoted(table.name)}")  # noqa: S608 - name quoted
            add_movements(connection, layout, register)


def _statement(layout: Layout, register: str, table: Table, recorder: tuple[Any, ...], sign: int) -> str:
    meta = layout.configuration.objects[register]
    request = Request(dimensions=_ALL, recorder=recorder)
    source, _params = movements(meta, Tables.of(layout, meta), request, [EVER])
    dimensions = [quoted(column) for name in table.key[1:] for column in table.by_name[name].columns]
    numbers = [quoted(item.name) for item in movement_fields(meta)]
    minus = "-" if sign < 0 else ""
    sums = [f"{minus}SUM({item}) AS {item}" for item in numbers]
    months = ", ".join([f'{MONTH} AS "Month"', *dimensions, *sums])
    by = ", ".join([MONTH, *dimensions])
    by_month = f"SELECT {months} FROM ({source}) AS m GROUP BY {by}"  # noqa: S608 - names of the model, quoted; values bound
    again = [f"SUM({item}) AS {item}" for item in numbers]
    rest = f" GROUP BY {', '.join(dimensions)}" if dimensions else ""
    current = ", ".join([f"'{CURRENT}' AS \"Month\"", *dimensions, *again])
    both = f"SELECT * FROM s UNION ALL SELECT {current} FROM s{rest}"  # noqa: S608 - as above
    columns = ", ".join(quoted(column) for column in table.columns)
    key = ", ".join(quoted(column) for column in table.key_columns)
    changed = ", ".join(f"{item} = o.{item} + excluded.{item}" for item in numbers)
    return (
        f"INSERT INTO {quoted(table.name)} AS o ({columns})"  # noqa: S608 - as above
        # A sum over nothing is one row of NULLs.
        f" WITH s AS ({by_month}) SELECT * FROM ({both}) AS n WHERE n.{numbers[0]} IS NOT NULL"
        f" ON CONFLICT ({key}) DO UPDATE SET {changed}"
    )
