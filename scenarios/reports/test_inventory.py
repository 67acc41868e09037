"""Перечень отчётов базы: что есть, что открывается, что проверено."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.reports import (
    FINGERPRINT_KEY,
    FINGERPRINT_TYPES,
    column_entries,
    filters_of,
    fingerprints,
    inventory_entries,
    shared_report,
)
from harness.errors import AnswerError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.observe.capture import Observe
    from harness.onec.services import Report
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.fixtures import FactsFixture
    from harness.phase.packs import Pack


@pytest.mark.scenario("REP-01", area="report", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("service")
def test_every_report_opens(base: Base, pack: Pack, period: Period, observe: Observe, facts: FactsFixture) -> None:
    """Все отчёты на месте и открываются

    Каждый отчёт из перечня базы формируется за период. У отчётов, для которых нет отдельного сценария, сравниваются колонки,
    число строк, суммы и отпечаток содержимого каждой колонки; доработанные отчёты формируются ещё и с каждым из своих отборов.
    Сколько в базе доработанных отчётов, известно отсюда; сколько из них проверено, скажет заключение.
    """
    inventory = base.service.reports()
    observe.contract("перечень", inventory_entries(inventory), title="Перечень отчётов")
    custom = [item.name for item in inventory if item.custom]
    facts.add("reports_custom", len(custom))
    facts.add("reports_custom_names", "\n".join(sorted(custom)))
    checked = set(pack.get("report", {}).values())
    opened, refused = [], []
    columns: dict[str, str] = {}
    contents: list[dict[str, Any]] = []
    for name in sorted(item.name for item in inventory):
        try:
            report = shared_report(base.service, period, name)
        except AnswerError as error:
            opened.append({"Отчёт": name, "Открывается": False, "Строк": None})
            refused.append(f"{name}: {error.message}")
            continue
        opened.append({"Отчёт": name, "Открывается": True, "Строк": None if name in checked else len(report.rows)})
        if name not in checked:
            columns |= {f"{name}/{column}": kind for column, kind in column_entries(report).items()}
            contents += fingerprints(report)
    contents += _filtered(base, period, [item for item in inventory if item.custom])
    types = {"Строк": "number"}
    observe.table("открытие", opened, key="Отчёт", title="Отчёты открываются", types=types, growing=True)
    observe.contract("колонки", columns, title="Колонки отчётов без отдельного сценария")
    title = "Содержимое отчётов без отдельного сценария и отчётов с отбором"
    observe.table(
        "содержимое",
        contents,
        key=FINGERPRINT_KEY,
        title=title,
        types=FINGERPRINT_TYPES,
        growing=True,
        may_be_empty=True,
    )
    assert not refused, "Не открываются: " + "; ".join(refused[:5])


def _filtered(base: Base, period: Period, reports: Iterable[Report]) -> list[dict[str, Any]]:
    """Содержимое отчётов с отборами; отбор, с которым отчёт не открывается, виден строкой без содержимого."""
    found: list[dict[str, Any]] = []
    for item in reports:
        try:
            filters = filters_of(base.odata, item)
        except AnswerError:  # без OData значение для отбора взять неоткуда; об этом скажут сценарии, которым он нужен
            return found
        for label, parameters in filters.items():
            try:
                report = shared_report(base.service, period, item.name, parameters)
            except AnswerError as error:
                found.append({"Отчёт": label, "Колонка": f"не открывается: {error.message[:200]}"})
                continue
            found += fingerprints(report, label)
    return found
