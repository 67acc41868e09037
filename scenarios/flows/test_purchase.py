"""Закупка: товар приходит на склад."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.checks.amounts import figure
from harness.checks.flows import DOCUMENT_KEY, Flow, choose_contract, choose_stock, stock_balance
from harness.checks.movements import KEY, TYPES

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack


@pytest.mark.scenario("FLOW-02", area="flow", severity="blocker", owner="Отдел закупок")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_purchase_to_stock(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Поступление товара увеличивает остаток и долг поставщику

    Поступление десяти штук товара проводится: остаток на складе вырастает ровно на десять, долг поставщику и проводки те же,
    что до обновления.
    """
    after = datetime(period.end.year, period.end.month, period.end.day) + timedelta(days=1)  # noqa: DTZ001 (время 1С без зоны)
    supplier = choose_contract(base.odata, pack, "supplier_contract")
    (good,) = choose_stock(base.odata, pack, period.end, count=1)
    before = stock_balance(base.odata, pack, after, good)
    flow = Flow(base.odata, pack)
    head = {"organization": supplier.organization, "partner": supplier.partner, "contract": supplier.contract}
    line = {"item": good.item, "quantity": Decimal(10), "price": Decimal("600.00")}
    flow.make(
        "purchase",
        "Поступление",
        day=period.end,
        values=head | {"warehouse": good.warehouse},
        section="goods",
        lines=[line],
    )
    observe.table("документы", flow.documents(), key=DOCUMENT_KEY, title=f"Документ {pack['purchase']}")
    observe.table(
        "движения",
        flow.movements(),
        key=KEY,
        title=f"Движения документа {pack['purchase']}",
        types=TYPES,
    )
    grown = stock_balance(base.odata, pack, after, good) - before
    observe.value("прирост остатка", grown, title="На сколько вырос остаток товара")
    assert grown == 10, f"Остаток товара вырос на {figure(grown)}, а поступило 10"
