"""Virtual tables only accounting registers have: turnovers between accounts, entries with their extra dimensions, extra dimensions alone.

Facts: names and parameters facts/odata.md 5. Columns of DrCrTurnovers and of ExtDimensions follow the platform's query tables ОборотыДтКт and
Субконто; no recording of them exists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.onec.values import format_datetime
from stand.emulator.database.cells import Field, quoted
from stand.emulator.database.entries import extra_columns, named_extra, renamed
from stand.emulator.database.movements import bounds, recorder_columns, where
from stand.emulator.database.periods import Span, after
from stand.emulator.database.virtual import DIMENSION, entry_dimensions_of, measures, register_of
from stand.emulator.database.virtual_sql import Derived, period_columns, period_fields
from stand.emulator.model import Attribute, ValueType
from stand.emulator.standard import EXT_DIMENSIONS, LINE_NUMBER, recorder_attribute

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stand.emulator.database.movements import Condition, Request, Tables
    from stand.emulator.model import MetaObject

_SIDES = ("Dr", "Cr")
_NUMBERS = range(1, EXT_DIMENSIONS + 1)


def span_of(start: datetime | None, end: datetime | None) -> Span:
    """A span of time with both ends in."""
    return Span(format_datetime(start) if start is not None else "", after(end) if end is not None else "")


def entry_turnovers(meta: MetaObject, tables: Tables, request: Request) -> Derived:
    """DrCrTurnovers: sums by pairs of accounts. The condition is over AccountDr, AccountCr, extra dimensions and dimensions of both sides."""
    register, table = register_of(meta), tables.records
    groups = [
        Field.of(item) for item in entry_dimensions_of(meta) if request.dimensions and item.name in request.dimensions
    ]
    periods = [item for item in period_fields(meta) if item.name in request.periods]
    columns = ['t."Period" AS "Period"', *recorder_columns(table, request)]
    joins: list[str] = []
    params: list[Any] = []
    for side, kinds in zip(_SIDES, (request.kinds, request.balanced_kinds), strict=True):
        columns.append(f"t.{quoted('Account' + side)}")
        named = named_extra(table, f"{DIMENSION}{side}", f"{DIMENSION}{side}")
        extra = extra_columns(request, kinds, tables.kinds, f"t.{quoted('Account' + side)}", named)
        columns += extra.columns
        joins += extra.joins
        params += extra.params
    own = (*register.dimensions, *register.resources)
    columns += [f"t.{quoted(column)}" for item in own for column in table.by_name[item.name].columns]
    conditions, moments = bounds(span_of(request.start, request.end))
    tail = where(['t."Active" = 1', *conditions])
    sql = f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t{''.join(joins)}{tail}"  # noqa: S608 - names of the model, quoted; values bound
    condition = request.condition
    sql = f"SELECT * FROM ({sql}) AS t{where([condition.sql])}"  # noqa: S608 - as above
    numbers = [(name, item.name + side, item) for name, side, item in measures(meta, "DrCrTurnovers")]
    grouping = [quoted(column) for item in groups for column in item.columns]
    cut = [part for item in periods for part in period_columns(item)]
    titled = [
        f"{text} AS {quoted(column)}"
        for item in periods
        for text, column in zip(period_columns(item), item.columns, strict=True)
    ]
    sums = [f"SUM({quoted(source)}) AS {quoted(name)}" for name, source, _item in numbers]
    by = f" GROUP BY {', '.join([*grouping, *cut])}" if grouping or cut else ""
    some = " OR ".join(f"b.{quoted(name)} <> 0" for name, _source, _item in numbers) or "1 = 1"
    sql = f"SELECT {', '.join([*grouping, *titled, *sums])} FROM ({sql}) AS m{by}"  # noqa: S608 - as above
    fields = (*groups, *periods, *(Field.of(Attribute(name, item.type)) for name, _source, item in numbers))
    return Derived(f"SELECT * FROM ({sql}) AS b WHERE {some}", (*params, *moments, *condition.params), fields)  # noqa: S608 - as above


def record_fields(records: Sequence[Field], kinds: str) -> tuple[Field, ...]:
    """Columns of RecordsWithExtDimensions: all of a record, then each extra dimension with its kind.

    Args:
        records: fields of its table.
        kinds: "ChartOfCharacteristicTypes_X"; "" when the chart of accounts does not tell kinds.
    """
    plain = [item for item in records if not item.name.startswith(DIMENSION)]
    extra = [item for item in records if item.name.startswith(DIMENSION)]
    result = list(plain)
    for item in extra:
        result.append(item)
        if kinds:
            result.append(Field.of(Attribute(_kind_name(item.name), ValueType((kinds,)))))
    return tuple(result)


def _kind_name(name: str) -> str:
    """`ExtDimensionDr1` has the kind `ExtDimensionTypeDr1`."""
    return f"{DIMENSION}Type{name.removeprefix(DIMENSION)}"


def kinds_chart(tables: Tables) -> str:
    """The chart of characteristic types the kinds of extra dimensions are items of; "" when not known."""
    return tables.kinds.by_name["ExtDimensionType"].target if tables.kinds is not None else ""


def records_with_extra(tables: Tables, span: Span, condition: Condition, top: int | None) -> Derived:
    """RecordsWithExtDimensions: every record with values and kinds of its extra dimensions; active or not."""
    table = tables.records
    fields = record_fields(table.fields, kinds_chart(tables))
    columns: list[str] = []
    for item in fields:
        if item.name in table.by_name:
            columns += [f"t.{quoted(column)}" for column in item.columns]
        else:
            columns.append(f"{_kind_of(tables, item.name)} AS {quoted(item.name)}")
    conditions, moments = bounds(span)
    sql = f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t{where(conditions)}"  # noqa: S608 - as above
    limit, count = (" LIMIT ?", (top,)) if top is not None else ("", ())
    sql = f"SELECT * FROM ({sql}) AS t{where([condition.sql])}{limit}"  # noqa: S608 - as above
    return Derived(sql, (*moments, *condition.params, *count), fields)


def _kind_of(tables: Tables, name: str) -> str:
    """SQL of the kind an account has at a place."""
    section = tables.kinds
    place = int(name[-1])
    side = name.removeprefix(f"{DIMENSION}Type")[:-1]
    empty = "'00000000-0000-0000-0000-000000000000'"
    if section is None:
        return empty
    account = f"t.{quoted('Account' + side)}"
    found = f'SELECT k."ExtDimensionType" FROM {quoted(section.name)} AS k WHERE k."Ref" = {account} AND k."LineNumber" = {place}'  # noqa: S608 - as above
    return f"COALESCE(({found}), {empty})"


def extra_fields(meta: MetaObject, kinds: str) -> tuple[Field, ...]:
    """Columns of ExtDimensions: whose record and which side, the kind and the value."""
    register = register_of(meta)
    return tuple(
        Field.of(item)
        for item in (
            recorder_attribute(meta, register),
            Attribute("Period", ValueType(("Date",))),
            Attribute("LineNumber", LINE_NUMBER),
            Attribute("RecordType", ValueType(("String",))),
            Attribute("Kind", ValueType((kinds or "?",))),
            Attribute("Value", ValueType(())),
        )
    )


def extra_dimensions(meta: MetaObject, tables: Tables) -> Derived:
    """ExtDimensions: one row for each extra dimension of each side of each record that is filled."""
    register, table = register_of(meta), tables.records
    fields = extra_fields(meta, kinds_chart(tables))
    recorder = [f"t.{quoted(column)}" for column in table.by_name["Recorder"].columns]
    parts = []
    for side in _SIDES if register.correspondence else ("",):
        kind = f"'{'Debit' if side == 'Dr' else 'Credit'}'" if side else 't."RecordType"'
        for number in _NUMBERS:
            value = table.by_name[f"{DIMENSION}{side}{number}"]
            columns = [
                *(*recorder, 't."Period"', 't."LineNumber"', f'{kind} AS "RecordType"'),
                f'{_kind_of(tables, f"{DIMENSION}Type{side}{number}")} AS "Kind"',
                *renamed(value, "Value"),
            ]
            filled = f"t.{quoted(value.columns[1])} <> ''"
            parts.append(f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t WHERE {filled}")  # noqa: S608 - as above
    return Derived(" UNION ALL ".join(parts), (), fields)
