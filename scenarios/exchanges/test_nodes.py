"""Узлы обменов: состояние и возможности."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.exchanges import NODE_KEY, NODE_TYPES, capability_entries, node_rows
from harness.exchange.peers.listener import Listener

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.counterparts import OutwardStand
    from harness.phase.packs import Pack

pytestmark = pytest.mark.needs("service")
LOOKED_AT = 24
TOUCHED = 3
"""Сколько объектов каждого вида перезаписывается."""


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


@pytest.mark.scenario("EXCH-03", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_nothing_goes_outside(
    base: Base,
    observe: Observe,
    outward: OutwardStand,
) -> None:
    """Стенд не обращается к настоящему банку и настоящему магазину

    Задания обмена на стенде заблокированы, а каждый адрес, по которому база обращается сама, переставлен на этот компьютер и
    действует. Копия, которая всё ещё смотрит на настоящий банк, магазин или CRM, отправила бы им данные стенда.
    """
    isolation = base.service.info().isolation
    found = outward.addresses()
    trap = outward.start(Listener())
    stubborn = []
    for item in found:
        try:
            outward.point(item.plan, item.node, address=trap.url)
        except AssertionError:
            stubborn.append(item)
    rows = [{"Обмен": item.title, "План": item.plan, "Переставлен": item not in stubborn} for item in found]
    observe.table(
        "адреса", rows, key="План", title="Внешние адреса стенда", types={"Переставлен": "boolean"}, may_be_empty=True
    )
    for item in stubborn:
        outward.findings.add(
            "OUTWARD-ADDRESS",
            object=item.title,
            text="Обмен «{title}» обращается к {host}, адрес стенда не действует",
            title=item.title,
            host=item.host,
            advice="Отключите обмен на стенде или исправьте адрес в настройках обмена",
        )
    assert isolation.scheduled_jobs_blocked is not False, (
        "Регламентные задания стенда не заблокированы: обмены запустятся сами"
    )
    assert not stubborn, "Стенд может обратиться к настоящим системам: " + "; ".join(
        f"{item.title}: {item.host}" for item in stubborn
    )


@pytest.mark.scenario("EXCH-04", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_changes_are_registered(base: Base, pack: Pack, observe: Observe, outward: OutwardStand) -> None:
    """Изменения попадают в очередь отправки

    Перезаписано несколько контрагентов, товаров и документов. По каждому узлу видно, попало ли изменение в очередь: потерянное правило
    регистрации молча прекращает отправку, лишнее отправит то, чего не отправляли.
    """
    nodes = [node for node in base.service.exchanges() if node.kind != "bank"]
    before = {node.node: outward.registered(node.plan, node.node) for node in nodes}
    changed = [role for role in ("partners", "goods", "order", "sale") if role in pack and _touch(base, pack[role])]
    rows = []
    for node in nodes:
        after = outward.registered(node.plan, node.node)
        rows += [
            {
                "План": node.plan,
                "Узел": node.node,
                "Объект": pack[role],
                "ВОчереди": after.get(pack[role], 0) > before[node.node].get(pack[role], 0),
            }
            for role in changed
        ]
    observe.table("регистрация", rows, key=("План", "Узел", "Объект"), title="Попало ли изменение в очередь отправки")
    silent = sorted({str(row["План"]) for row in rows} - {str(row["План"]) for row in rows if row["ВОчереди"]})
    assert not silent, f"Изменения не попадают в очередь отправки: {', '.join(silent)}"


def _touch(base: Base, name: str) -> bool:
    """Записывает без изменений несколько объектов из старых, но не самых: новые и первые могли попасть в очередь раньше."""
    order = "Date" if name.startswith("Document_") else "Code"
    found = base.odata.rows(name, filter="DeletionMark eq false", orderby=(order,), top=LOOKED_AT)
    rows = [row for row in found if not row.get("IsFolder")]
    middle = len(rows) // 2
    chosen = rows[middle : middle + TOUCHED]
    for row in chosen:
        base.odata.change(name, str(row["Ref_Key"]), {"DeletionMark": False})
    return bool(chosen)
