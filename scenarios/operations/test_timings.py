"""Быстродействие ключевых операций."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.timing import KeyOperation, list_operations, report_operations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack


def _measure(observe: Observe, operations: Iterable[KeyOperation]) -> None:
    for operation in operations:
        observe.timing(operation.name, operation.call, title=operation.title)


@pytest.mark.scenario("OPS-07", area="operation", severity="warning", owner="Администратор 1С")
@pytest.mark.needs("service")
@pytest.mark.group("timings")
def test_reports_are_as_fast(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Отчёты формируются не медленнее, чем до обновления

    Каждый отчёт, которым пользуется компания, формируется несколько раз подряд; сравниваются распределения времени, а не одно
    случайное измерение.
    """
    _measure(observe, report_operations(base.service, pack["timing.reports"], period.start, period.end))


@pytest.mark.scenario("OPS-08", area="operation", severity="warning", owner="Администратор 1С")
@pytest.mark.needs("odata")
@pytest.mark.group("timings")
def test_lists_are_as_fast(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Списки документов и остатки открываются не медленнее

    Последние документы продаж, поиск контрагентов и остатки товаров запрашиваются так, как это делают сотрудники и сайт.
    """
    roles = {
        "order": "Список заказов",
        "sale": "Список реализаций",
        "partners": "Список контрагентов",
        "goods": "Список товаров",
    }
    sets = {title: pack[role] for role, title in roles.items()}
    _measure(observe, list_operations(base.odata, sets, pack["stock"], period.end))
