"""Custom and vendor reports through the readiness service: run, observe, and check what must hold inside one release.

A check of a report is short::

    check_report(
        base.service, observe, period, pack["report.gross_profit"], summed=("Выручка",), control=("Выручка - Себестоимость == ВаловаяПрибыль",)
    )

It observes the table (compared by key and column in both phases, control equations within the phase) and the report's own
totals, and only then checks that the totals are the sums of the rows. Observations come first, so that a report that is
wrong in one phase can still be compared.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.checks.columns import canonical, combined, is_empty
from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.observe.capture import Observe
    from harness.onec.odata import ODataClient
    from harness.onec.services import ReadinessService, Report, ReportResult
    from harness.phase.context import Period

_TYPES = {"number": "number", "date": "datetime", "boolean": "boolean", "string": "text"}
_TOTALS = {"Итог": "text", "Сумма": "number"}
FINGERPRINT_KEY = ("Отчёт", "Колонка")
"""Key of the table of reports' contents."""
FINGERPRINT_TYPES = dict.fromkeys(FINGERPRINT_KEY, "text") | {
    "Заполнено": "number",
    "Сумма": "number",
    "Отпечаток": "text",
}
"""Columns of that table, also of an empty one."""
_NAME = re.compile(r"[^\W\d]\w*")
_FUNCTIONS = frozenset({"sum", "count", "min", "max", "abs", "col"})
_SHOWN = 5
"""Examples in one message."""


def check_report(
    service: ReadinessService,
    observe: Observe,
    period: Period,
    name: str,
    *,
    key: Sequence[str] = (),
    control: Sequence[str] = (),
    summed: Sequence[str] = (),
    personal: Sequence[str] = (),
    parameters: Mapping[str, str] | None = None,
    part: str = "отчёт",
) -> ReportResult:
    """Runs, observes and checks a report; returns it for further checks of the scenario.

    Args:
        service: of the stand.
        observe: the fixture.
        period: the fixture; first and last day.
        name: name of the report in the inventory.
        key: key columns; empty means: as the report says.
        control: equations of `observe.table`: "Начало + Приход - Расход == Конец" of every row, "sum(Дебет) == sum(Кредит)" of
            all rows.
        summed: columns whose total must be there and be the sum of the rows.
        personal: columns with names of people, kept as pseudonyms.
        parameters: of the report.
        part: name of the observation, for a scenario that runs a report twice.

    Raises:
        AssertionError: the report is empty, a column of an equation is missing, or a total is not the sum of its rows.
    """
    report = shared_report(service, period, name, parameters)
    missing = _missing_columns(report, control)
    title, columns = f"Отчёт {name}", tuple(key) or report.key
    try:
        observe.table(
            part, report.rows, key=columns, title=title, types=_types(report), control=control, personal=personal
        )
    except ConfigError:
        # An equation over a lost column cannot be evaluated: the table is kept all the same, and the column is named below.
        if not missing:
            raise
    rows = [{"Итог": column, "Сумма": value} for column, value in sorted(report.totals.items())]
    observe.table(
        f"{part}: итоги", rows, key="Итог", title=f"Итоги отчёта {name}", types=_TOTALS, growing=True, may_be_empty=True
    )
    assert report.rows, f"Отчёт {name} за период {period.start:%d.%m.%Y}–{period.end:%d.%m.%Y} пуст"
    wrong = [f"нет колонки {column}" for column in missing] + broken_totals(report, summed)
    assert not wrong, f"Отчёт {name}: " + "; ".join(wrong[:_SHOWN])
    return report


def shared_report(
    service: ReadinessService, period: Period, name: str, parameters: Mapping[str, str] | None = None
) -> ReportResult:
    """A report of the period; one that another scenario ran and nothing was written since is not run again.

    Raises:
        AnswerError: the report does not open.
    """
    what = ("report", name, period.start, period.end, tuple(sorted((parameters or {}).items())))
    return service.kept.once(
        what, lambda: service.report(name, start=period.start, end=period.end, parameters=parameters)
    )


def _missing_columns(report: ReportResult, equations: Sequence[str]) -> list[str]:
    """Columns the equations speak of and the report does not have, each once."""
    present = {column.name for column in report.columns}
    asked = dict.fromkeys(column for equation in equations for column in columns_in(equation))
    return [column for column in asked if column not in present]


def _types(report: ReportResult) -> dict[str, str]:
    return {column.name: _TYPES.get(column.type, "text") for column in report.columns}


def column_entries(report: ReportResult) -> dict[str, str]:
    """Columns of a report as a contract: name to type. How a column is titled breaks nobody."""
    return {column.name: column.type for column in report.columns}


def fingerprints(report: ReportResult, label: str = "") -> list[dict[str, Any]]:
    """What a report shows, by column (key: FINGERPRINT_KEY): filled cells, their sum, a fingerprint that the order of rows is no part of."""
    key = report.key or tuple(column.name for column in report.columns)
    found = []
    for column in report.columns:
        filled, total, mark = 0, Decimal(0), 0
        for row in report.rows:
            value = row.get(column.name)
            if is_empty(value):
                continue
            filled += 1
            total += amount(value) if column.type == "number" else 0
            place = "\x1e".join(canonical(row.get(name)) for name in key)
            mark = combined(mark, f"{place}\x1f{canonical(value)}")
        number = total if column.type == "number" else None
        found.append(
            {
                "Отчёт": label or report.report,
                "Колонка": column.name,
                "Заполнено": filled,
                "Сумма": number,
                "Отпечаток": f"{mark:016x}",
            }
        )
    return found


def columns_in(equation: str) -> tuple[str, ...]:
    """Columns an equation speaks of, in order, each once."""
    return tuple(dict.fromkeys(name for name in _NAME.findall(equation) if name not in _FUNCTIONS))


def column_total(report: ReportResult, column: str) -> Decimal:
    """Sum of a column over the rows; an empty cell counts as zero."""
    return sum((amount(row.get(column)) for row in report.rows), Decimal(0))


def amount(value: object) -> Decimal:
    """A number of a cell; zero for an empty one."""
    if value is None or value == "":
        return Decimal(0)
    return value if isinstance(value, Decimal) else Decimal(str(value))


def broken_totals(report: ReportResult, columns: Sequence[str]) -> list[str]:
    """Totals of the report that are not the sums of its rows, as sentences."""
    found = []
    for name in columns:
        if report.totals.get(name) is None:
            found.append(f"нет итога по колонке {name}")
        elif amount(report.totals[name]) != (counted := column_total(report, name)):
            found.append(f"итог колонки {name} {report.totals[name]} не равен сумме строк {counted}")
    return found


def filters_of(client: ODataClient, report: Report) -> dict[str, dict[str, str]]:
    """One filter for every parameter of a report that is an object of a published set: label to parameters; the first by code is taken.

    A report that stops listening to a filter shows the right figures as long as nobody filters.
    """
    found = {}
    for parameter in report.parameters:
        described = client.metadata().type_of(parameter.type)
        if described is None or described.property("Code") is None or described.property("DeletionMark") is None:
            continue
        code = client.kept.once(("first code", parameter.type), partial(_first_code, client, parameter.type))
        if code is not None:
            found[f"{report.name} (отбор: {parameter.name})"] = {parameter.name: code}
    return found


def _first_code(client: ODataClient, entity_set: str) -> str | None:
    """Code of the first object of a set that is no folder and not marked; None when there is none."""
    described = client.metadata().type_of(entity_set)
    groups = " and IsFolder eq false" if described and described.property("IsFolder") else ""
    rows = client.rows(entity_set, select=("Code",), filter=f"DeletionMark eq false{groups}", orderby=("Code",), top=1)
    return next((str(row["Code"]).strip() for row in rows), None)


def inventory_entries(reports: Iterable[Report]) -> dict[str, str]:
    """Reports of the base as a contract: where each comes from, and its variants. Titles are left out: a new one breaks nobody."""
    found = {}
    for item in reports:
        found[item.name] = f"{item.origin}, доработанный" if item.custom else item.origin
        found |= {f"{item.name}/вариант/{variant}": "вариант" for variant in item.variants}
    return dict(sorted(found.items()))
