"""Права: разрешённое осталось разрешённым, запрещённое запрещённым."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.flows import choose_contract, choose_stock
from harness.checks.rights import (
    ALLOWED,
    KEY,
    TYPES,
    USER_KEY,
    any_objects,
    insert_right,
    objects_of,
    read_rights,
    rights_rows,
    write_rights,
)
from harness.checks.totals import readable_sets
from harness.phase.outcomes import not_checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack
    from harness.phase.sweep import Sweep


@pytest.mark.scenario("OPS-03", area="operation", severity="blocker", owner="Информационная безопасность")
@pytest.mark.needs("service")
def test_rights_matrix(base: Base, observe: Observe) -> None:
    """Права ролей не изменились

    По каждой роли и каждому объекту те же права на чтение, добавление, изменение, удаление и проведение. Права новых ролей и
    права на новые объекты показываются отдельно.
    """
    rows = rights_rows(base.service)
    observe.table("права", rows, key=KEY, title="Права ролей", types=TYPES, growing=KEY)


@pytest.mark.scenario("OPS-04", area="operation", severity="blocker", owner="Информационная безопасность")
@pytest.mark.needs("odata")
def test_manager_reads_the_same(
    base: Base, as_user: Callable[[str], Base], pack: Pack, sweep: Sweep, observe: Observe
) -> None:
    """Менеджер видит то же, что раньше, и не больше

    Запросы отправляются от имени менеджера: что он мог прочитать, читается, что было закрыто, закрыто, и прежде всего зарплата.
    """
    manager = as_user(pack["user.manager"])
    sets = sweep.chosen(readable_sets(base.odata.metadata()))
    reads = read_rights(manager.odata, sets, sessions=sweep.sessions)
    observe.table("чтение", reads, key="Набор", title="Что читает менеджер", growing=True)
    seen = {row["Набор"]: row["Чтение"] for row in reads}
    closed = [name for name in pack["user.manager_may_read"] if seen.get(name) != ALLOWED]
    opened = [name for name in pack["user.manager_must_not_read"] if seen.get(name) == ALLOWED]
    assert not opened, f"Роли {pack['user.manager']} открылось запрещённое: {', '.join(opened)}"
    assert not closed, f"Роли {pack['user.manager']} закрылось нужное для работы: {', '.join(closed)}"


@pytest.mark.scenario("OPS-11", area="operation", severity="blocker", owner="Информационная безопасность")
@pytest.mark.needs("odata")
def test_every_user_reads_the_same(
    base: Base, as_user: Callable[[str], Base], pack: Pack, sweep: Sweep, observe: Observe
) -> None:
    """Каждый проверочный пользователь читает то же, что раньше, и не больше

    Запросы к каждому объекту отправляются от имени каждого пользователя из настроек: что читалось, читается, что было закрыто,
    закрыто.
    """
    objects = sweep.chosen(objects_of(base.odata.metadata()))
    # Что читает менеджер, подробнее проверяет OPS-04.
    roles = [role for role in _roles(base) if role != pack.get("user.manager")]
    rows = [
        {"Пользователь": role, **row}
        for role in roles
        for row in read_rights(as_user(role).odata, objects, sessions=sweep.sessions)
    ]
    observe.table("чтение", rows, key=USER_KEY, title="Что читают пользователи", growing=("Пользователь", "Набор"))


@pytest.mark.scenario("OPS-12", area="operation", severity="blocker", owner="Информационная безопасность")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_every_user_writes_the_same(base: Base, as_user: Callable[[str], Base], sweep: Sweep, observe: Observe) -> None:
    """Каждый проверочный пользователь изменяет то же, что раньше, и не больше

    От имени каждого пользователя записывается по одному объекту каждого вида без изменений в нём: что можно было изменять,
    можно и сейчас, что нельзя, нельзя.
    """
    sets = sweep.chosen(objects_of(base.odata.metadata()))
    objects = any_objects(base.odata, sets, sessions=sweep.sessions)
    rows = [
        {"Пользователь": role, **row}
        for role in _roles(base)
        for row in write_rights(base.odata.through(as_user(role).session), objects)
    ]
    observe.table("запись", rows, key=USER_KEY, title="Что изменяют пользователи", growing=("Пользователь", "Набор"))


def _roles(base: Base) -> list[str]:
    """Проверочные пользователи из настроек; без них проверять не от чьего имени."""
    if not base.info.users:
        not_checked("В настройках нет проверочных пользователей: раздел [users]")
    return sorted(base.info.users)


@pytest.mark.scenario("OPS-10", area="operation", severity="blocker", owner="Информационная безопасность")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_manager_writes_the_same(
    base: Base, as_user: Callable[[str], Base], pack: Pack, period: Period, observe: Observe
) -> None:
    """Менеджер создаёт заказы, но не начисляет зарплату

    Заказ покупателя менеджер по-прежнему создаёт, начисление зарплаты по-прежнему не может. Цену в заказ подставляет база: сумма
    заказа та же, что до обновления. Созданное сразу удаляется.
    """
    manager = as_user(pack["user.manager"])
    answers = {}
    for role in ("order", "payroll"):
        answer, made = insert_right(manager.odata, pack[role], _body(base, pack, period, role))
        answers[role] = answer
        if made:
            filled = base.odata.get(pack[role], made)[pack["field.amount"]]
            observe.value(f"сумма: {role}", filled, title=f"Сумма документа {pack[role]}, заполненная базой")
            base.odata.delete(pack[role], made)
    rows = [{"Документ": pack[role], "Создание": answer} for role, answer in answers.items()]
    observe.table("создание", rows, key="Документ", title="Что создаёт менеджер")
    assert answers["order"] == ALLOWED, (
        f"Роль {pack['user.manager']} не может создать {pack['order']}: {answers['order']}"
    )
    assert answers["payroll"] != ALLOWED, f"Роль {pack['user.manager']} может создать {pack['payroll']}"


def _body(base: Base, pack: Pack, period: Period, role: str) -> dict[str, Any]:
    """The smallest document of a role; it is deleted at once."""
    moment = datetime(period.end.year, period.end.month, period.end.day, 12)  # noqa: DTZ001 (время 1С без зоны)
    contract = choose_contract(base.odata, pack, "customer_contract")
    body: dict[str, Any] = {"Date": moment, pack["field.organization"]: contract.organization}
    if role == "order":
        (good,) = choose_stock(base.odata, pack, period.end, count=1)
        body |= {pack["field.partner"]: contract.partner, pack["field.contract"]: contract.contract}
        line = {"LineNumber": 1, pack["field.item"]: good.item, pack["field.quantity"]: Decimal(1)}
        body |= {pack["field.warehouse"]: good.warehouse, pack["field.goods"]: [line]}
    return body
