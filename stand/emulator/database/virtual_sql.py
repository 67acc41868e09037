"""Virtual tables of registers as SQL: Balance, Turnovers, BalanceAndTurnovers, SliceLast, SliceFirst (facts/odata.md 5).

Each function returns a `Derived`: a SELECT with bound parameters and what its columns mean. `Session` makes rows of it, OData an entity set.

Moments, as the platform has them: a balance on a moment does not see records at that very second, turnovers take both ends in, a slice
on a moment sees records of that second. Inactive records are not seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.onec.values import format_datetime
from stand.emulator.database.tables import Field, Table, quoted
from stand.emulator.database.virtual import PERIODS, dimensions_of, family_of, measures, register_of, sides
from stand.emulator.model import DATE, Attribute, MetaObject, Register, RegisterKind
from stand.emulator.standard import EXT_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Params = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the records, as SQL over the columns of the register."""

    sql: str = ""
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """A virtual table.

    Attributes:
        fields: what its columns mean, in order; their columns are the columns of `sql`.
    """

    sql: str
    params: Params
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What a virtual table is asked for.

    Attributes:
        start: inclusive; None: from the beginning.
        end: inclusive; None: to the end.
        dimensions: names; None: all of them.
        periods: period fields to group by beside the dimensions.
        condition: over the columns of the dimensions under the alias `t`; of an accounting register over `Account`, `ExtDimension1` … too.
    """

    start: datetime | None = None
    end: datetime | None = None
    dimensions: tuple[str, ...] | None = None
    periods: tuple[str, ...] = ()
    condition: Condition = field(default_factory=Condition)


def totals(meta: MetaObject, table: Table, kind: str, request: Request, chart: Table | None = None) -> Derived:
    """Balance, Turnovers or BalanceAndTurnovers as SQL. Rows whose numbers are all zero are left out, as the platform does.

    `chart` is the table of the chart of accounts of an accounting register: an account's type says on which side its balance stands.
    """
    groups = [Field.of(item) for item in dimensions_of(meta) if _wanted(item, request, meta)]
    group_columns = [quoted(column) for group in groups for column in group.columns]
    periods = [name for name in request.periods if name in PERIODS] if kind != "Balance" else []
    numbers = measures(meta, kind)
    source, params = _movements(meta, table, request)
    typed = chart is not None and "Type" in chart.by_name and any(group.name == "Account" for group in groups)
    summed, sum_params = _sums(numbers, request, chart if typed else None)
    columns = [*group_columns, *(f"{PERIODS[name]} AS {quoted(name)}" for name in periods), *summed]
    where, where_params = _bounds(kind, request)
    grouping = [*group_columns, *(PERIODS[name] for name in periods)]
    # Sums over nothing are one row of NULLs; grouping by a constant makes it no row.
    by = f" GROUP BY {', '.join(grouping)}" if grouping else " GROUP BY 'all'"
    having = " OR ".join(f"{quoted(name)} <> 0" for name, _measure, _resource in numbers) or "1"
    sql = f"SELECT {', '.join(columns)} FROM ({source}) AS m{where}{by} HAVING {having}"  # noqa: S608 - names of the model, quoted; values bound
    fields = (
        *groups,
        *(Field.of(Attribute(name, DATE)) for name in periods),
        *(Field.of(Attribute(name, resource.type)) for name, _measure, resource in numbers),
    )
    return Derived(sql, (*sum_params, *params, *where_params), fields)


def _wanted(item: Attribute, request: Request, meta: MetaObject) -> bool:
    if request.dimensions is not None:
        return item.name in request.dimensions
    # Extra dimensions multiply the rows: only on request, as with `ExtraDimensions` of the platform.
    return not (family_of(meta) == "accounting" and item.name.startswith("ExtDimension"))


def _bounds(kind: str, request: Request) -> tuple[str, Params]:
    parts: list[str] = []
    params: list[str] = []
    if request.start is not None and kind == "Turnovers":
        parts.append('"Period" >= ?')
        params.append(format_datetime(request.start))
    if request.end is not None:
        parts.append('"Period" < ?' if kind == "Balance" else '"Period" <= ?')
        params.append(format_datetime(request.end))
    return (f" WHERE {' AND '.join(parts)}" if parts else "", tuple(params))


def _movements(meta: MetaObject, table: Table, request: Request) -> tuple[str, Params]:
    """Records as signed movements: "+R" is what came (or the debit), "-R" what went (or the credit), "R" their difference."""
    register = register_of(meta)
    if register.kind is RegisterKind.ACCOUNTING:
        return _accounting_movements(register, table, request)
    dimensions = [quoted(column) for item in register.dimensions for column in table.by_name[item.name].columns]
    receipt = "CASE \"RecordType\" WHEN 'Receipt' THEN {0} ELSE 0 END"
    expense = "CASE \"RecordType\" WHEN 'Expense' THEN {0} ELSE 0 END"
    numbers: list[str] = []
    for item in register.resources:
        column = quoted(item.name)
        plus, minus = (
            (receipt.format(column), expense.format(column)) if register.kind is RegisterKind.BALANCE else (column, "0")
        )
        numbers += [f"{plus} AS {quoted('+' + item.name)}", f"{minus} AS {quoted('-' + item.name)}"]
    columns = ", ".join(['"Period"', *dimensions, *numbers])
    where = f" AND ({request.condition.sql})" if request.condition.sql else ""
    return f'SELECT {columns} FROM {quoted(table.name)} AS t WHERE "Active" = 1{where}', request.condition.params  # noqa: S608 - as above


def _accounting_movements(register: Register, table: Table, request: Request) -> tuple[str, Params]:
    """Both sides of every record; the condition is over the names of one side, so it comes after."""
    sql = " UNION ALL ".join(_accounting_side(register, table, side) for side in ("Dr", "Cr"))
    if not request.condition.sql:
        return sql, ()
    return f"SELECT * FROM ({sql}) AS t WHERE {request.condition.sql}", request.condition.params  # noqa: S608 - as above


def _accounting_side(register: Register, table: Table, side: str) -> str:
    both = register.correspondence
    tail = side if both else ""
    columns = ['"Period"', f'{quoted("Account" + tail)} AS "Account"']
    for number in range(1, EXT_DIMENSIONS + 1):
        columns += _renamed(table.by_name[f"ExtDimension{tail}{number}"], f"ExtDimension{number}")
    for item, pair in sides(register.dimensions):
        columns += _renamed(table.by_name[item.name + side if pair else item.name], item.name)
    for item, pair in sides(register.resources):
        column = quoted(item.name + side if pair else item.name)
        plus, minus = (column, "0") if side == "Dr" else ("0", column)
        columns += [f"{plus} AS {quoted('+' + item.name)}", f"{minus} AS {quoted('-' + item.name)}"]
    # Without correspondence each record is one side, told by its RecordType.
    only = "" if both else f" AND \"RecordType\" = '{'Debit' if side == 'Dr' else 'Credit'}'"
    return f'SELECT {", ".join(columns)} FROM {quoted(table.name)} AS t WHERE "Active" = 1{only}'  # noqa: S608 - as above


def _renamed(source: Field, name: str) -> list[str]:
    target = Field(name, source.type, source.storage, source.scale)
    return [f"{quoted(a)} AS {quoted(b)}" for a, b in zip(source.columns, target.columns, strict=True)]


def _sums(
    numbers: Sequence[tuple[str, str, Attribute]], request: Request, chart: Table | None
) -> tuple[list[str], Params]:
    """Each measure as an expression; the opening part of a period is told from the rest by a bound moment."""
    result: list[str] = []
    params: list[str] = []
    start = format_datetime(request.start) if request.start is not None else ""
    for name, measure, resource in numbers:
        plus, minus = quoted("+" + resource.name), quoted("-" + resource.name)
        difference = f"{plus} - {minus}"
        match measure.removesuffix("Dr").removesuffix("Cr"):
            case "OpeningBalance":
                value, bound = f'CASE WHEN "Period" < ? THEN {difference} ELSE 0 END', True
            case "Balance" | "ClosingBalance":
                value, bound = difference, False
            case _:
                value = {
                    "Turnover": difference,
                    "Receipt": plus,
                    "Expense": minus,
                    "TurnoverDr": plus,
                    "TurnoverCr": minus,
                }[measure]
                bound = "OpeningBalance" in {item[1] for item in numbers}
                value = f'CASE WHEN "Period" >= ? THEN {value} ELSE 0 END' if bound else value
        copies = 1
        sql = f"SUM({value})"
        if measure.endswith(("BalanceDr", "BalanceCr")):
            sql, copies = _unfolded(chart, f"SUM({value})", measure)
        result.append(f"{sql} AS {quoted(name)}")
        params += [start] * copies if bound else []
    return result, tuple(params)


def _unfolded(chart: Table | None, balance: str, measure: str) -> tuple[str, int]:
    """The debit or credit part of a balance, and how often `balance` stands in it.

    An active account keeps its balance on the debit, a passive one on the credit, any other by the sign.
    """
    debit = measure.endswith("Dr")
    by_sign = f"MAX({balance}, 0)" if debit else f"MAX(-({balance}), 0)"
    if chart is None:
        return by_sign, 1
    kind = f'(SELECT c."Type" FROM {quoted(chart.name)} AS c WHERE c."Ref" = "Account")'  # noqa: S608 - as above
    own, other = ("Active", "Passive") if debit else ("Passive", "Active")
    signed = balance if debit else f"-({balance})"
    return f"CASE {kind} WHEN '{own}' THEN {signed} WHEN '{other}' THEN 0 ELSE {by_sign} END", 2


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
    order = [f"t.{quoted(name)} {direction}" for name in ("Period", "Recorder", "LineNumber") if name in table.by_name]
    over = f"PARTITION BY {partition}" if partition else ""
    if order:
        over += " ORDER BY " + ", ".join(order)
    inner = (
        f'SELECT {table.select_list}, ROW_NUMBER() OVER ({over}) AS "row number" FROM {quoted(table.name)} AS t'  # noqa: S608 - as above
        f"{' WHERE ' + ' AND '.join(where) if where else ''}"
    )
    names = ", ".join(quoted(column) for column in table.columns)
    return Derived(f'SELECT {names} FROM ({inner}) WHERE "row number" = 1', tuple(params), table.fields)  # noqa: S608 - as above
