"""SliceLast and SliceFirst of information registers as SQL (facts/odata.md 5). A slice on a moment sees records of that second; inactive records are not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.onec.values import format_datetime
from stand.emulator.database.cells import quoted
from stand.emulator.database.virtual import register_of
from stand.emulator.database.virtual_sql import Condition, Derived

if TYPE_CHECKING:
    from datetime import datetime

    from stand.emulator.database.tables import Table
    from stand.emulator.model import MetaObject


def slice_of(meta: MetaObject, table: Table, moment: datetime | None, condition: Condition, *, last: bool) -> Derived:
    """SliceLast or SliceFirst: one record for each combination of dimensions, the latest not after the moment (the first not before)."""
    register = register_of(meta)
    partition = ", ".join(
        f"t.{quoted(column)}" for item in register.dimensions for column in table.by_name[item.name].columns
    )
    where: list[str] = []
    params: list[Any] = []
    if "Active" in table.by_name:
        where.append('t."Active" = 1')
    if moment is not None and "Period" in table.by_name:
        where.append(f't."Period" {"<=" if last else ">="} ?')
        params.append(format_datetime(moment))
    if condition.sql:
        where.append(f"({condition.sql})")
        params += condition.params
    direction = "DESC" if last else "ASC"
    order = [
        f"t.{quoted(column)} {direction}"
        for name in ("Period", "Recorder", "LineNumber")
        if name in table.by_name
        for column in table.by_name[name].columns
    ]
    over = f"PARTITION BY {partition}" if partition else ""
    if order:
        over += " ORDER BY " + ", ".join(order)
    inner = (
        f'SELECT {table.select_list}, ROW_NUMBER() OVER ({over}) AS "row number" FROM {quoted(table.name)} AS t'  # noqa: S608 - names of the model, quoted; values bound
        f"{' WHERE ' + ' AND '.join(where) if where else ''}"
    )
    names = ", ".join(quoted(column) for column in table.columns)
    return Derived(f'SELECT {names} FROM ({inner}) AS s WHERE "row number" = 1', tuple(params), table.fields)  # noqa: S608 - as above
