"""Продажа: заказ, отгрузка, оплата."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.checks.amounts import money
from harness.checks.flows import DOCUMENT_KEY, Flow, choose_contract, choose_stock, settlement_balance
from harness.checks.movements import KEY, TYPES

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack


@pytest.mark.scenario("FLOW-01", area="flow", severity="blocker", owner="Отдел продаж")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_order_to_payment(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Заказ, отгрузка и оплата: движения верны, расчёты закрыты

    Покупатель заказывает два товара, получает их и платит полностью. Документы проводятся, списывают товар со склада, дают
    выручку, налог и проводки те же, что до обновления, а долг по заказу после оплаты равен нулю.
    """
    after = datetime(period.end.year, period.end.month, period.end.day) + timedelta(days=1)  # noqa: DTZ001 (время 1С без зоны)
    customer = choose_contract(base.odata, pack, "customer_contract")
    goods = choose_stock(base.odata, pack, period.end, count=2, skip=1)
    common = {"organization": customer.organization, "partner": customer.partner, "contract": customer.contract}
    lines = [
        {"item": good.item, "quantity": quantity, "price": price}
        for good, quantity, price in zip(
            goods, (Decimal(2), Decimal(1)), (Decimal("1200.00"), Decimal("359.90")), strict=True
        )
    ]
    flow = Flow(base.odata, pack)
    head = common | {"warehouse": goods[0].warehouse}
    order = flow.make("order", "Заказ", day=period.end, values=head, section="goods", lines=lines)
    flow.make("sale", "Реализация", day=period.end, values=head | {"order": order.ref}, section="goods", lines=lines)
    due = flow.read(order)[pack["field.amount"]]
    payment = common | {
        "order": order.ref,
        "amount": due,
        "operation": pack["value.customer_payment"],
        "bank_account": _bank_account(base, pack, customer.organization),
    }
    flow.make("payment_in", "Оплата", day=period.end, values=payment)
    observe.table("документы", flow.documents(), key=DOCUMENT_KEY, title="Документы заказа, реализации и оплаты")
    observe.table(
        "движения",
        flow.movements(),
        key=KEY,
        title="Движения заказа, реализации и оплаты",
        types=TYPES,
    )
    left = settlement_balance(base.odata, pack, after, contract=customer.contract, order=order.ref)
    observe.value("долг по заказу", left, title="Долг по заказу после оплаты")
    assert due > 0, "Сумма заказа не посчитана"
    assert left == 0, f"Расчёты по заказу не закрыты: после полной оплаты {money(due)} остался долг {money(left)}"


def _bank_account(base: Base, pack: Pack, organization: str) -> str:
    """The organization's account, first by number."""
    where = f"Owner eq cast(guid'{organization}','{pack['organizations']}') and DeletionMark eq false"
    number = pack["field.account_number"]
    rows = sorted(base.odata.rows(pack["bank_accounts"], filter=where), key=lambda row: str(row[number]))
    assert rows, "У организации нет банковского счёта"
    return str(rows[0]["Ref_Key"])
