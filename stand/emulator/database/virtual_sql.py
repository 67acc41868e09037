"""Tables of totals as SQL: Balance, Turnovers, BalanceAndTurnovers (facts/odata.md 5).

Moments, as the platform has them: a balance on a moment does not see records at that very second, turnovers take both ends in. Inactive
records are not seen. Whole months come out of stored totals (`stand.emulator.database.totals`) where the register keeps them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.onec.names import EMPTY_DATE
from harness.onec.values import format_datetime
from stand.emulator.database.cells import Field, quoted
from stand.emulator.database.movements import Condition, Request, Tables, movements
from stand.emulator.database.periods import COARSE, PERIODS, Span, after, cover
from stand.emulator.database.virtual import (
    DIMENSION,
    balanced_of,
    dimensions_of,
    family_of,
    measures,
    register_of,
    resources_of,
)
from stand.emulator.model import DATE, Attribute, MetaObject
from stand.emulator.standard import LINE_NUMBER, recorder_attribute

if TYPE_CHECKING:
    from stand.emulator.database.movements import Params
    from stand.emulator.database.tables import Table

__all__ = ["Condition", "Derived", "Request", "Tables", "totals"]


_ALWAYS = Span("", "", whole=True)
_MOMENTS = tuple(Field.of(Attribute(name, DATE)) for name in ("Period", *PERIODS))
_LINE = Field.of(Attribute("LineNumber", LINE_NUMBER))


@dataclass(frozen=True, slots=True)
class Derived:
    """A virtual table: a SELECT with bound parameters.

    Attributes:
        fields: what its columns mean, in order; their columns are the columns of `sql`.
    """

    sql: str
    params: Params
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a table of totals is made of.

    Attributes:
        groups: dimensions the rows are grouped by.
        periods: period fields, recorder and line they are grouped by as well.
    """

    meta: MetaObject
    tables: Tables
    kind: str
    request: Request
    groups: tuple[Field, ...]
    periods: tuple[Field, ...]

    @property
    def running(self) -> bool:
        """Whether balances go on from period to period."""
        return self.kind == "BalanceAndTurnovers"

    @property
    def start(self) -> str:
        """Where turnovers begin (in)."""
        start = self.request.start
        return format_datetime(start) if start is not None and self.kind != "Balance" else ""

    @property
    def end(self) -> str:
        """Where movements end (out)."""
        end = self.request.end
        if end is None:
            return ""
        return format_datetime(end) if self.kind == "Balance" else after(end)

    @property
    def resources(self) -> list[str]:
        """Names of the resources."""
        return [item.name for item in resources_of(self.meta)]

    @property
    def numbers(self) -> list[str]:
        """Columns of movements."""
        return [quoted(sign + name) for name in self.resources for sign in "+-"]

    @property
    def grouping(self) -> list[str]:
        """Columns of the groups."""
        return [quoted(column) for item in self.groups for column in item.columns]

    @property
    def by_recorder(self) -> bool:
        """Whether single records are told apart."""
        return any(item.name in ("Recorder", "LineNumber") for item in self.periods)


def totals(meta: MetaObject, tables: Tables, kind: str, request: Request) -> Derived:
    """Balance, Turnovers or BalanceAndTurnovers as SQL. Rows whose numbers are all zero are left out, as the platform does."""
    known = (*dimensions_of(meta), *(balanced_of(meta) if kind == "Turnovers" else ()))
    groups = tuple(Field.of(item) for item in known if _wanted(item, request, meta))
    periods = () if kind == "Balance" else tuple(item for item in period_fields(meta) if item.name in request.periods)
    numbers = measures(meta, kind)
    sql, params = _grouped(_Plan(meta, tables, kind, request, groups, periods))
    chart = tables.chart if any(item.name == "Account" for item in groups) else None
    columns = [f"a.{quoted(column)}" for item in (*groups, *periods) for column in item.columns]
    columns += [f"{_measure(measure, item.name, chart)} AS {quoted(name)}" for name, measure, item in numbers]
    some = " OR ".join(f"b.{quoted(name)} <> 0" for name, _measure, _resource in numbers) or "1 = 1"
    sql = f"SELECT * FROM (SELECT {', '.join(columns)} FROM ({sql}) AS a) AS b WHERE {some}"  # noqa: S608 - names of the model, quoted; values bound
    fields = (*groups, *periods, *(Field.of(Attribute(name, item.type)) for name, _measure, item in numbers))
    return Derived(sql, params, fields)


def _wanted(item: Attribute, request: Request, meta: MetaObject) -> bool:
    if request.dimensions is not None:
        return item.name in request.dimensions
    # Extra dimensions multiply the rows: the caller names them.
    return not (family_of(meta) == "accounting" and (DIMENSION in item.name or item.name.startswith("Balanced")))


def period_fields(meta: MetaObject) -> list[Field]:
    """What turnovers may be grouped by beside dimensions: moments, recorder, line."""
    return [*_MOMENTS, Field.of(recorder_attribute(meta, register_of(meta))), _LINE]


def _grouped(plan: _Plan) -> tuple[str, Params]:
    """Movements summed: groups, periods, and for each resource "=R" (opening balance), "+R", "-R"."""
    request = replace(plan.request, balances=plan.kind == "Balance")
    source, params = movements(plan.meta, plan.tables, request, _spans(plan))
    if plan.running and plan.periods:
        return _running(plan, source, params)
    sums: list[str] = []
    values: list[str] = []
    for name in plan.resources:
        plus, minus = quoted("+" + name), quoted("-" + name)
        if plan.running and plan.start:
            sums.append(f'SUM(CASE WHEN "Period" < ? THEN {plus} - {minus} ELSE 0 END) AS {quoted("=" + name)}')
            sums += [f'SUM(CASE WHEN "Period" >= ? THEN {item} ELSE 0 END) AS {item}' for item in (plus, minus)]
            values += [plan.start] * 3
        else:
            # A balance is an opening balance after which nothing came.
            sums += [f"SUM({plus}) AS {plus}", f"SUM({minus}) AS {minus}", f"0 AS {quoted('=' + name)}"]
    titled = [part for item in plan.periods for part in _titled(item)]
    by = [*plan.grouping, *(part for item in plan.periods for part in period_columns(item))]
    tail = f" GROUP BY {', '.join(by)}" if by else ""
    columns = ", ".join([*plan.grouping, *titled, *sums])
    return f"SELECT {columns} FROM ({source}) AS m{tail}", (*values, *params)  # noqa: S608 - as above


def _spans(plan: _Plan) -> list[Span]:
    """What is read from stored totals and what from records."""
    start, end = plan.start, plan.end
    spans: list[Span] = []
    if plan.running and start:
        spans += cover("", start if not end or start < end else end)
    if {item.name for item in plan.periods} <= COARSE:
        spans += cover(start, end)
    elif not end or start < end:
        # Turnovers by days need records.
        spans.append(Span(start, end))
    if plan.periods:
        # Current totals do not tell months.
        spans = [Span(EMPTY_DATE, "", whole=True) if span == _ALWAYS else span for span in spans]
    if plan.tables.totals is None or plan.request.balanced:
        spans = [Span(span.start, span.end) for span in spans]
    return spans


def period_columns(item: Field) -> tuple[str, ...]:
    """SQL of the columns of a period field over movements."""
    if item.name in PERIODS:
        return (PERIODS[item.name],)
    return tuple(quoted(column) for column in item.columns)


def _titled(item: Field) -> list[str]:
    columns = zip(period_columns(item), item.columns, strict=True)
    return [f"{text} AS {quoted(column)}" for text, column in columns]


def _running(plan: _Plan, source: str, params: Params) -> tuple[str, Params]:
    """Opening balances and turnovers by periods: each period opens with what the one before closed with.

    The ends of the span are periods too, as with the platform's default filling («движения и границы периода»), unless single records are
    told apart.
    """
    moments, ends = _with_ends(plan)
    titles = [quoted(column) for item in plan.periods for column in item.columns]
    keys = [part for item in plan.periods for part in _titled(item)]
    # What lies before the span is summed apart, comes first and is not shown.
    early = 'CASE WHEN "Period" < ? THEN 1 ELSE 0 END AS "early"'
    columns = ", ".join([*plan.grouping, *keys, *plan.numbers, '"Period" AS "moment"', early])
    by = ", ".join([*plan.grouping, *titles, '"early"'])
    sums = ", ".join([*(f"SUM({item}) AS {item}" for item in plan.numbers), 'MIN("moment") AS "moment"'])
    summed = f"SELECT {by}, {sums} FROM (SELECT {columns} FROM ({moments}) AS e) AS p GROUP BY {by}"  # noqa: S608 - as above
    partition = f"PARTITION BY {', '.join(plan.grouping)} " if plan.groups else ""
    order = ", ".join(['"early" DESC', '"moment"', *titles])
    over = f"OVER ({partition}ORDER BY {order} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    opened = ", ".join(_opening(name, over) for name in plan.resources)
    rows = f"SELECT q.*, {opened} FROM ({summed}) AS q"  # noqa: S608 - as above
    sql = f'WITH s AS ({_plain(plan, source)}) SELECT * FROM ({rows}) AS o WHERE "early" = 0'  # noqa: S608 - as above
    return sql, (*params, plan.start, *ends)


def _opening(name: str, over: str) -> str:
    difference = f"{quoted('+' + name)} - {quoted('-' + name)}"
    return f"SUM({difference}) {over} - ({difference}) AS {quoted('=' + name)}"


def _plain(plan: _Plan, source: str) -> str:
    recorder = [quoted(column) for item in plan.periods if item.name not in PERIODS for column in item.columns]
    columns = ['"Period"', *(item for item in recorder if item != '"Period"'), *plan.grouping, *plan.numbers]
    return f"SELECT {', '.join(columns)} FROM ({source}) AS r"  # noqa: S608 - as above


def _with_ends(plan: _Plan) -> tuple[str, Params]:
    """All movements, and one of nothing at each end of the span for every group."""
    request = plan.request
    last = format_datetime(request.end) if request.end is not None else ""
    ends = () if plan.by_recorder else tuple(moment for moment in (plan.start, last) if moment)
    zeros = ", ".join(["CAST(? AS TEXT)", *plan.grouping, *["0"] * len(plan.numbers)])
    groups = ", ".join(plan.grouping) or "1 AS one"
    end = f"SELECT {zeros} FROM (SELECT DISTINCT {groups} FROM s) AS d"  # noqa: S608 - as above
    return " UNION ALL ".join(["SELECT * FROM s", *[end] * len(ends)]), ends


def _measure(measure: str, name: str, chart: Table | None) -> str:
    """A measure out of "=R", "+R" and "-R"."""
    opening, plus, minus = (f"a.{quoted(sign + name)}" for sign in "=+-")
    match measure.removesuffix("Dr").removesuffix("Cr"):
        case "OpeningBalance":
            value = opening
        case "Balance" | "ClosingBalance":
            value = f"{opening} + {plus} - {minus}"
        case _:
            return {
                "Turnover": f"{plus} - {minus}",
                "Receipt": plus,
                "Expense": minus,
                "TurnoverDr": plus,
                "TurnoverCr": minus,
            }[measure]
    return _unfolded(chart, f"({value})", measure) if measure.endswith(("Dr", "Cr")) else value


def _unfolded(chart: Table | None, balance: str, measure: str) -> str:
    """The debit or credit part of a balance.

    An active account keeps its balance on the debit, a passive one on the credit, any other by the sign.
    """
    debit = measure.endswith("Dr")
    by_sign = (
        f"CASE WHEN {balance} > 0 THEN {balance} ELSE 0 END"
        if debit
        else f"CASE WHEN {balance} < 0 THEN -{balance} ELSE 0 END"
    )
    if chart is None or "Type" not in chart.by_name:
        return by_sign
    kind = f'(SELECT c."Type" FROM {quoted(chart.name)} AS c WHERE c."Ref" = a."Account")'  # noqa: S608 - as above
    own, other = ("Active", "Passive") if debit else ("Passive", "Active")
    signed = balance if debit else f"-{balance}"
    return f"CASE {kind} WHEN '{own}' THEN {signed} WHEN '{other}' THEN 0 ELSE {by_sign} END"
