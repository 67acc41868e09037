"""Movements of a register as SQL: what virtual tables of totals are summed from, out of records or out of stored totals of months.

A movement is a row of `Period`, dimensions (of an accounting register those of one account) and, for each resource R, "+R" that came (or the
debit) and "-R" that went (or the credit). Every row of an accounting register with correspondence is two movements.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from stand.emulator.database.cells import Field, quoted
from stand.emulator.database.periods import CURRENT, EVER, Span
from stand.emulator.database.virtual import BALANCED, register_of, sides
from stand.emulator.model import Attribute, MetaObject, RegisterKind, ValueType
from stand.emulator.standard import EXT_DIMENSIONS, KIND_SECTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from stand.emulator.database.tables import Layout, Table

Params = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the records, as SQL over columns under the alias `t`."""

    sql: str = ""
    params: Params = ()


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables virtual tables of a register are computed from.

    Attributes:
        totals: stored totals; None: the register has none.
        chart: of accounts (its `Type` says on which side a balance stands), or of calculation types.
        kinds: kinds of extra dimensions by account.
    """

    records: Table
    totals: Table | None = None
    chart: Table | None = None
    kinds: Table | None = None

    @classmethod
    def of(cls, layout: Layout, meta: MetaObject) -> Tables:
        """The tables of a register."""
        name, chart = str(meta.name), register_of(meta).chart
        kinds = layout.sections.get(chart, {}).get(KIND_SECTION)
        return cls(layout.objects[name], layout.totals.get(name), layout.objects.get(chart), kinds)


@dataclass(frozen=True, slots=True)
class Request:
    """What a virtual table of totals is asked for.

    Attributes:
        start: inclusive; None: from the beginning.
        end: inclusive (of a balance exclusive); None: to the end.
        dimensions: names; None: all of them (without extra dimensions).
        periods: period fields, `Recorder`, `LineNumber` to group by beside the dimensions.
        condition: over the dimensions; of an accounting register over `Account`, `ExtDimension1`, `BalancedAccount` … too.
        kinds: GUIDs of kinds: which extra dimension `ExtDimension1`, `ExtDimension2` … are. None: the account's own, in its order.
        balanced_kinds: the same of the corresponding account.
        recorder: cells of the only recorder whose records count; () is all.
        balances: only balances are asked for: an extra dimension kept for turnovers alone is empty.
    """

    start: datetime | None = None
    end: datetime | None = None
    dimensions: tuple[str, ...] | None = None
    periods: tuple[str, ...] = ()
    condition: Condition = field(default_factory=Condition)
    kinds: tuple[str, ...] | None = None
    balanced_kinds: tuple[str, ...] | None = None
    recorder: Params = ()
    balances: bool = False

    def names(self, name: str) -> bool:
        """Whether a field is grouped by or asked for in the condition."""
        return name in (self.dimensions or ()) or f'"{name}' in self.condition.sql

    @property
    def by_recorder(self) -> bool:
        """Whether single records are told apart."""
        return bool({"Recorder", "LineNumber"} & {*self.periods})

    @property
    def balanced(self) -> bool:
        """Whether the corresponding account matters: stored totals do not know it."""
        names = ("BalancedAccount", *(f"{BALANCED}{number}" for number in range(1, EXT_DIMENSIONS + 1)))
        return self.balanced_kinds is not None or any(self.names(name) for name in names)


def movement_fields(meta: MetaObject) -> tuple[Field, ...]:
    """Columns "+R" and "-R" of each resource."""
    resources = [item for item, _pair in sides(register_of(meta).resources)]
    return tuple(
        Field.of(Attribute(sign + item.name, ValueType(("Number",), digits=18, fraction=item.type.fraction)))
        for item in resources
        for sign in "+-"
    )


def movements(meta: MetaObject, tables: Tables, request: Request, spans: Sequence[Span]) -> tuple[str, Params]:
    """All movements of spans of time that fit the condition, as one SELECT. A span of whole months comes out of stored totals."""
    from stand.emulator.database.entries import entries, stored_entries

    accounting = register_of(meta).kind is RegisterKind.ACCOUNTING
    from_records, from_totals = (entries, stored_entries) if accounting else (_records, _stored)
    found = [(from_totals if span.whole else from_records)(meta, tables, request, span) for span in spans]
    if not found:
        # A span that ends before it begins: no movements, but the columns are there.
        nothing = replace(request, condition=Condition("1 = 0"))
        return from_records(meta, tables, nothing, EVER)
    return " UNION ALL ".join(sql for sql, _params in found), tuple(one for _sql, params in found for one in params)


def bounds(span: Span) -> tuple[list[str], Params]:
    """Conditions of a span over `Period` of records, or over `Month` of stored totals."""
    if span.whole and not span.start and not span.end:
        return ['t."Month" = ?'], (CURRENT,)
    column, end = ('t."Month"', span.end or CURRENT) if span.whole else ('t."Period"', span.end)
    found = [(f"{column} {sign} ?", moment) for sign, moment in ((">=", span.start), ("<", end)) if moment]
    return [sql for sql, _moment in found], tuple(moment for _sql, moment in found)


def where(parts: Iterable[str]) -> str:
    """` WHERE …` of what is not empty."""
    wanted = [item for item in parts if item]
    return f" WHERE {' AND '.join(wanted)}" if wanted else ""


def _records(meta: MetaObject, tables: Tables, request: Request, span: Span) -> tuple[str, Params]:
    """Movements of an accumulation register out of its records."""
    register, table = register_of(meta), tables.records
    columns = ['t."Period" AS "Period"', *recorder_columns(table, request)]
    columns += [f"t.{quoted(column)}" for item in register.dimensions for column in table.by_name[item.name].columns]
    for item in register.resources:
        plus, minus = _signed(f"t.{quoted(item.name)}", balance=register.kind is RegisterKind.BALANCE)
        columns += [f"{plus} AS {quoted('+' + item.name)}", f"{minus} AS {quoted('-' + item.name)}"]
    conditions, moments = record_bounds(table, request, span)
    condition = request.condition
    tail = where([*conditions, condition.sql and f"({condition.sql})"])
    sql = f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t{tail}"  # noqa: S608 - names of the model, quoted; values bound
    return sql, (*moments, *condition.params)


def record_bounds(table: Table, request: Request, span: Span) -> tuple[list[str], Params]:
    """Conditions on records: active, of the span, of the only recorder if there is one."""
    conditions, params = bounds(span)
    columns = table.by_name["Recorder"].columns if request.recorder else ()
    own = [f"t.{quoted(column)} = ?" for column in columns]
    return ['t."Active" = 1', *own, *conditions], (*request.recorder, *params)


def _signed(column: str, *, balance: bool) -> tuple[str, str]:
    """What came and what went of a resource, by the kind of record."""
    if not balance:
        return column, "0"
    kind = "CASE WHEN t.\"RecordType\" = '{}' THEN {} ELSE 0 END"
    return kind.format("Receipt", column), kind.format("Expense", column)


def recorder_columns(table: Table, request: Request) -> list[str]:
    """Recorder and line, when single records are told apart."""
    if not request.by_recorder:
        return []
    fields = (table.by_name["Recorder"], table.by_name["LineNumber"])
    return [f"t.{quoted(column)}" for item in fields for column in item.columns]


def no_recorder(table: Table, request: Request) -> list[str]:
    """The same columns, empty: of movements that are older than the records asked for."""
    if not request.by_recorder:
        return []
    columns = [f"'' AS {quoted(column)}" for column in table.by_name["Recorder"].columns]
    return [*columns, '0 AS "LineNumber"']


def _stored(meta: MetaObject, tables: Tables, request: Request, span: Span) -> tuple[str, Params]:
    """Movements of an accumulation register out of stored totals; `Period` is the month."""
    table, register, condition = totals_of(tables, meta), register_of(meta), request.condition
    columns = ['t."Month" AS "Period"', *no_recorder(tables.records, request)]
    columns += [f"t.{quoted(column)}" for item in register.dimensions for column in table.by_name[item.name].columns]
    columns += [f"t.{quoted(item.name)}" for item in movement_fields(meta)]
    conditions, moments = bounds(span)
    tail = where([*conditions, condition.sql and f"({condition.sql})"])
    sql = f"SELECT {', '.join(columns)} FROM {quoted(table.name)} AS t{tail}"  # noqa: S608 - as above
    return sql, (*moments, *condition.params)


def totals_of(tables: Tables, meta: MetaObject) -> Table:
    """The table of stored totals of a register that keeps them; ValueError otherwise."""
    if tables.totals is None:
        raise ValueError(f"{meta.name}: итоги не хранятся")
    return tables.totals
