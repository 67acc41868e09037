"""Что база подставляет в документ сама: цены, ставки, налоги, договоры, сроки."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.flows import DOCUMENT_KEY, LINE_KEY, Flow, choose_contract

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata"), pytest.mark.writes]
PER_RATE = 2
"""Товаров каждой ставки налога в заказе."""
UNEVEN = Decimal("80001.55")
"""Сумма, с которой налог в рублях и налог в копейках различаются."""


@pytest.mark.scenario("FLOW-05", area="flow", severity="blocker", owner="Отдел продаж")
def test_order_is_filled(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Заказ заполняется сам: цены, ставки и суммы налога, срок отгрузки

    В заказе указаны только покупатель и товары каждой ставки налога. Всё остальное подставляет база: организация, договор, цены
    первого дня последнего месяца, ставки и суммы налога, дата отгрузки. Цена, взятая не за тот день или не того вида, и налог,
    посчитанный иначе, видны здесь.
    """
    customer = choose_contract(base.odata, pack, "customer_contract")
    lines = [{"item": item, "quantity": Decimal(3)} for item in _goods(base, pack)]
    flow = Flow(base.odata, pack)
    values = {"partner": customer.partner}
    day = date(period.end.year, period.end.month, 1)
    flow.make("order", "Заказ", day=day, values=values, section="goods", lines=lines, post=False)
    _keep(observe, flow, pack["order"])


def _goods(base: Base, pack: Pack) -> list[str]:
    """По нескольку товаров каждой ставки налога, первые по коду; без роли field.vat_kind просто первые товары."""
    metadata = base.odata.metadata().type_of(pack["goods"])
    folders = " and IsFolder eq false" if metadata is not None and metadata.property("IsFolder") else ""
    rows = base.odata.rows(pack["goods"], filter=f"DeletionMark eq false{folders}")
    kind = pack.get("field.vat_kind", "")
    chosen: dict[Any, list[str]] = {}
    for row in sorted(rows, key=lambda row: str(row["Code"])):
        same = chosen.setdefault(row[kind] if kind else "", [])
        if len(same) < PER_RATE:
            same.append(str(row["Ref_Key"]))
    found = [item for _, items in sorted(chosen.items(), key=lambda pair: str(pair[0])) for item in items]
    assert found, f"В справочнике {pack['goods']} нет ни одного товара"
    return found


@pytest.mark.scenario("FLOW-06", area="flow", severity="blocker", owner="Расчётный отдел")
def test_payroll_is_filled(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Начисление зарплаты заполняется само: месяц, подразделение, НДФЛ, взносы

    В документе указаны только сотрудник и, во второй строке, сумма. Месяц начисления, подразделение, вид начисления, НДФЛ и взносы
    подставляет база: налог, посчитанный иначе, и начисление, попавшее не в тот месяц, видны здесь.
    """
    employee = min(base.odata.rows(pack["employees"], filter="DeletionMark eq false"), key=lambda row: str(row["Code"]))
    flow = Flow(base.odata, pack)
    flow.names.alias(str(employee["Ref_Key"]), "«Сотрудник»")
    line = {"employee": employee["Ref_Key"]}
    lines = [line, line | {"line_amount": UNEVEN}]
    organization = pack["field.organization"]
    values = {"organization": employee[organization]}
    flow.make("payroll", "Начисление", day=period.end, values=values, section="accruals", lines=lines, post=False)
    _keep(observe, flow, pack["payroll"])


def _keep(observe: Observe, flow: Flow, name: str) -> None:
    observe.table("шапка", flow.head(), key=DOCUMENT_KEY, title=f"Заполнение документа {name}")
    observe.table("строки", flow.lines(), key=LINE_KEY, title=f"Заполнение строк документа {name}")
