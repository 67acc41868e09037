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
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.observe.capture import Observe
    from harness.onec.services import ReadinessService, ReportResult
    from harness.phase.context import Period

_TYPES = {"number": "number", "date": "datetime", "boolean": "boolean", "string": "text"}
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
    report = service.report(name, start=period.start, end=period.end, parameters=parameters)
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
    if report.totals:
        rows = [{"Итог": column, "Сумма": value} for column, value in sorted(report.totals.items())]
        observe.table(f"{part}: итоги", rows, key="Итог", title=f"Итоги отчёта {name}")
    assert report.rows, f"Отчёт {name} за период {period.start:%d.%m.%Y}–{period.end:%d.%m.%Y} пуст"
    wrong = [f"нет колонки {column}" for column in missing] + broken_totals(report, summed)
    assert not wrong, f"Отчёт {name}: " + "; ".join(wrong[:_SHOWN])
    return report


def _missing_columns(report: ReportResult, equations: Sequence[str]) -> list[str]:
    """Columns the equations speak of and the report does not have, each once."""
    present = {column.name for column in report.columns}
    asked = dict.fromkeys(column for equation in equations for column in columns_in(equation))
    return [column for column in asked if column not in present]


def _types(report: ReportResult) -> dict[str, str]:
    return {column.name: _TYPES.get(column.type, "text") for column in report.columns}


def column_entries(report: ReportResult) -> dict[str, str]:
    """Columns of a report as a contract: name to "type, «title»"."""
    return {column.name: f"{column.type}, «{column.title}»" for column in report.columns}


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


def inventory_rows(service: ReadinessService) -> list[dict[str, Any]]:
    """Reports of the base (key: Отчёт): where they come from and their variants."""
    return [
        {
            "Отчёт": item.name,
            "Название": item.title,
            "Происхождение": item.origin,
            "Доработанный": item.custom,
            "Варианты": ", ".join(item.variants),
        }
        for item in service.reports()
    ]
