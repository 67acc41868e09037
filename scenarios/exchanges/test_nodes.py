"""Узлы обменов: состояние и возможности."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.exchanges import NODE_KEY, NODE_TYPES, capability_entries, node_rows

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base

pytestmark = pytest.mark.needs("service")


@pytest.mark.scenario("EXCH-01", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_nodes_are_kept(base: Base, observe: Observe) -> None:
    """Узлы обменов на месте, номера сообщений не сброшены

    По каждому узлу те же номера отправленных и принятых сообщений, столько же изменений к отправке, обмен так же включён.
    Сброшенный номер остановит обмен, а перерегистрация всего подряд перегрузит его.
    """
    rows = node_rows(base.service)
    observe.table(
        "узлы", rows, key=NODE_KEY, title="Узлы обменов", types=NODE_TYPES, mask=("Название",), may_be_empty=True
    )


@pytest.mark.scenario("EXCH-02", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_capabilities_are_kept(base: Base, observe: Observe) -> None:
    """Форматы и виды данных, которые умеет обмен, сохранились

    Версии форматов и виды объектов, которые база отправляет и принимает по каждому узлу. Пропавшая версия или вид данных
    прекратят обмен с теми, кто обновляется не вместе с нами.
    """
    observe.contract("возможности", capability_entries(base.service.exchanges()), title="Возможности обменов")
