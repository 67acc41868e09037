"""Movements of an accounting register: both sides of every entry, with extra dimensions (субконто) by position or by kind.

Extra dimensions of an account have kinds, in the order of the account's own list. Asked for by kinds (`ExtraDimensions`), `ExtDimension1` is
the value of the first kind asked for whatever its place, and only accounts that have all the kinds are seen, as with the platform's
parameter «Субконто».
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stand.emulator.database.cells import Field, quoted
from stand.emulator.database.movements import (
    Request,
    Tables,
    bounds,
    movement_fields,
    no_recorder,
    record_bounds,
    recorder_columns,
    totals_of,
    where,
)
from stand.emulator.database.virtual import BALANCED, DIMENSION, register_of, sides
from stand.emulator.standard import EXT_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stand.emulator.database.movements import Condition, Params
    from stand.emulator.database.periods import Span
    from stand.emulator.database.tables import Table
    from stand.emulator.model import MetaObject

_SIDES = {"Dr": "Cr", "Cr": "Dr"}


@dataclass(slots=True)
class Extra:
    """Columns of extra dimensions of one account of a movement, and what must be joined for them."""

    columns: list[str] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)
    params: list[str] = field(default_factory=list)


def extra_columns(
    request: Request,
    kinds: tuple[str, ...] | None,
    section: Table | None,
    account: str,
    named: Sequence[tuple[str, Field]],
) -> Extra:
    """Extra dimensions of an account.

    Args:
        request: says which are wanted.
        kinds: GUIDs of kinds asked for, or None.
        section: kinds of accounts by line; None when the chart does not tell: kinds are places then.
        account: SQL of the account.
        named: name in the result and field of the table, by place.
    """
    result = Extra()
    alias = "b" if named[0][0].startswith(BALANCED) or "Cr" in named[0][0] else "k"
    if kinds is None or section is None:
        for place, (title, source) in enumerate(named[: len(kinds) if kinds is not None else None], 1):
            if request.names(title):
                result.columns += _by_place(result, request, section, account, (f"{alias}{place}", title, source))
        return result
    for number, kind in enumerate(kinds[:EXT_DIMENSIONS], 1):
        name = f"{alias}{number}"
        result.joins.append(
            f' JOIN {quoted(section.name)} AS {name} ON {name}."Ref" = {account} AND {name}."ExtDimensionType" = ?'
        )
        result.params.append(kind)
        hidden = f'{name}."TurnoversOnly" = 1' if _tells_turnovers(request, section) else ""
        result.columns += _by_kind(name, named[number - 1][0], [source for _title, source in named], hidden)
    return result


def _tells_turnovers(request: Request, section: Table | None) -> bool:
    return request.balances and section is not None and "TurnoversOnly" in section.by_name


def _by_place(
    result: Extra, request: Request, section: Table | None, account: str, named: tuple[str, str, Field]
) -> list[str]:
    """The value at a place; in balances empty when the account keeps it for turnovers alone."""
    alias, title, source = named
    if section is None or not _tells_turnovers(request, section):
        return renamed(source, title)
    on = f'{alias}."Ref" = {account} AND {alias}."LineNumber" = {int(alias[1:])} AND {alias}."TurnoversOnly" = 1'
    result.joins.append(f" LEFT JOIN {quoted(section.name)} AS {alias} ON {on}")
    return [
        f"CASE WHEN {alias}.\"Ref\" IS NULL THEN t.{quoted(a)} ELSE '' END AS {quoted(b)}"
        for a, b in zip(source.columns, renamed_columns(source, title), strict=True)
    ]


def _by_kind(alias: str, title: str, sources: Sequence[Field], hidden: str) -> list[str]:
    """The value of a kind, wherever the account keeps it."""
    result = []
    for at, column in enumerate(renamed_columns(sources[0], title)):
        cases = " ".join(f"WHEN {place} THEN t.{quoted(item.columns[at])}" for place, item in enumerate(sources, 1))
        value = f"CASE {alias}.\"LineNumber\" {cases} ELSE '' END"
        if hidden:
            value = f"CASE WHEN {hidden} THEN '' ELSE {value} END"
        result.append(f"{value} AS {quoted(column)}")
    return result


def renamed_columns(source: Field, name: str) -> tuple[str, ...]:
    """Columns of a field under another name."""
    return Field(name, source.type, source.storage, source.scale).columns


def renamed(source: Field, name: str) -> list[str]:
    """A field of the table `t` under another name."""
    return [f"t.{quoted(a)} AS {quoted(b)}" for a, b in zip(source.columns, renamed_columns(source, name), strict=True)]


def named_extra(table: Table, prefix: str, title: str) -> list[tuple[str, Field]]:
    """Fields of extra dimensions of one side of a record with their names in the result."""
    return [
        (f"{title}{number}", table.by_name[f"{prefix}{number}"])
        for number in range(1, EXT_DIMENSIONS + 1)
        if f"{prefix}{number}" in table.by_name
    ]


def entries(meta: MetaObject, tables: Tables, request: Request, span: Span) -> tuple[str, Params]:
    """Movements out of records: the debit side and the credit side of each."""
    found = [_side(meta, tables, request, span, side) for side in _SIDES]
    sql = " UNION ALL ".join(item for item, _params in found)
    return _filtered(sql, tuple(one for _sql, params in found for one in params), request.condition)


def _side(meta: MetaObject, tables: Tables, request: Request, span: Span, side: str) -> tuple[str, Params]:
    register, table = register_of(meta), tables.records
    tail = side if register.correspondence else ""
    account = f"t.{quoted('Account' + tail)}"
    columns = ['t."Period" AS "Period"', *recorder_columns(table, request), f'{account} AS "Account"']
    own = extra_columns(
        request, request.kinds, tables.kinds, account, named_extra(table, f"{DIMENSION}{tail}", DIMENSION)
    )
    joins, params = list(own.joins), list(own.params)
    columns += own.columns
    if request.balanced and register.correspondence:
        other = f"t.{quoted('Account' + _SIDES[side])}"
        columns.append(f'{other} AS "BalancedAccount"')
        far = named_extra(table, DIMENSION + _SIDES[side], BALANCED)
        balanced = extra_columns(request, request.balanced_kinds, tables.kinds, other, far)
        columns += balanced.columns
        joins += balanced.joins
        params += balanced.params
    for item, pair in sides(register.dimensions):
        columns += renamed(table.by_name[item.name + side if pair else item.name], item.name)
    for item, pair in sides(register.resources):
        column = f"t.{quoted(item.name + side if pair else item.name)}"
        plus, minus = (column, "0") if side == "Dr" else ("0", column)
        columns += [f"{plus} AS {quoted('+' + item.name)}", f"{minus} AS {quoted('-' + item.name)}"]
    # Without correspondence each record is one side, told by its RecordType.
    only = "" if register.correspondence else f"t.\"RecordType\" = '{'Debit' if side == 'Dr' else 'Credit'}'"
    conditions, moments = record_bounds(table, request, span)
    tail_sql = where([*conditions, only])
    sql = f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t{''.join(joins)}{tail_sql}"  # noqa: S608 - names of the model, quoted; values bound
    return sql, (*params, *moments)


def stored_entries(meta: MetaObject, tables: Tables, request: Request, span: Span) -> tuple[str, Params]:
    """Movements out of stored totals of accounts; `Period` is the month."""
    table = totals_of(tables, meta)
    extra = extra_columns(request, request.kinds, tables.kinds, 't."Account"', named_extra(table, DIMENSION, DIMENSION))
    columns = ['t."Month" AS "Period"', *no_recorder(tables.records, request), 't."Account" AS "Account"']
    columns += extra.columns
    for item, _pair in sides(register_of(meta).dimensions):
        columns += renamed(table.by_name[item.name], item.name)
    columns += [f"t.{quoted(item.name)}" for item in movement_fields(meta)]
    conditions, moments = bounds(span)
    sql = f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t{''.join(extra.joins)}{where(conditions)}"  # noqa: S608 - as above
    return _filtered(sql, (*extra.params, *moments), request.condition)


def _filtered(sql: str, params: Params, condition: Condition) -> tuple[str, Params]:
    """The condition is over the names of one side, so it comes after."""
    if not condition.sql:
        return sql, params
    return f"SELECT * FROM ({sql}) AS t WHERE {condition.sql}", (*params, *condition.params)  # noqa: S608 - as above
