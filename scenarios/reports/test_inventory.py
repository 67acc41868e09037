"""Перечень отчётов базы: что есть, что открывается, что проверено."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.reports import column_entries, inventory_rows
from harness.errors import AnswerError

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.fixtures import FactsFixture
    from harness.phase.packs import Pack


@pytest.mark.scenario("REP-01", area="report", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("service")
def test_every_report_opens(base: Base, pack: Pack, period: Period, observe: Observe, facts: FactsFixture) -> None:
    """Все отчёты на месте и открываются

    Каждый отчёт из перечня базы формируется за период. У отчётов, для которых нет отдельного сценария, сравниваются ещё
    колонки и число строк. Сколько в базе доработанных отчётов, известно отсюда; сколько из них проверено, скажет заключение.
    """
    inventory = inventory_rows(base.service)
    observe.table("перечень", inventory, key="Отчёт", title="Перечень отчётов")
    facts.add("reports_custom", sum(1 for row in inventory if row["Доработанный"]))
    checked = set(pack.get("report", {}).values())
    opened, refused = [], []
    columns: dict[str, str] = {}
    for row in inventory:
        name = str(row["Отчёт"])
        try:
            report = base.service.report(name, start=period.start, end=period.end)
        except AnswerError as error:
            opened.append({"Отчёт": name, "Открывается": False, "Строк": None})
            refused.append(f"{name}: {error.message}")
            continue
        opened.append({"Отчёт": name, "Открывается": True, "Строк": None if name in checked else len(report.rows)})
        if name not in checked:
            columns |= {f"{name}/{column}": kind for column, kind in column_entries(report).items()}
    observe.table("открытие", opened, key="Отчёт", title="Отчёты открываются", types={"Строк": "number"})
    observe.contract("колонки", columns, title="Колонки отчётов без отдельного сценария")
    assert not refused, "Не открываются: " + "; ".join(refused[:5])
