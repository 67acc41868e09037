"""Зарплата и закрытие месяца."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.checks.flows import DOCUMENT_KEY, Flow, Made
from harness.checks.movements import KEY, TYPES
from harness.onec.values import datetime_literal

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata"), pytest.mark.writes]


@pytest.mark.scenario("FLOW-03", area="flow", severity="blocker", owner="Расчётный отдел")
def test_payroll_accrual(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Начисление зарплаты даёт верные проводки

    Зарплата одному сотруднику начисляется с НДФЛ и взносами: задолженность перед ним и проводки по счетам затрат, налога и
    взносов те же, что до обновления.
    """
    employee = min(base.odata.rows(pack["employees"], filter="DeletionMark eq false"), key=lambda row: str(row["Code"]))
    accrual = min(base.odata.rows(pack["accruals"]), key=lambda row: str(row["Code"]))
    organization, department = pack["field.organization"], pack["field.department"]
    line = {
        "employee": employee["Ref_Key"],
        "department": employee[department],
        "accrual": accrual["Ref_Key"],
        "days": 20,
        "line_amount": Decimal("80000.00"),
        "income_tax": Decimal("10400.00"),
        "contributions": Decimal("24000.00"),
    }
    flow = Flow(base.odata, pack)
    flow.names.alias(str(employee["Ref_Key"]), "«Сотрудник»")
    month = datetime(period.end.year, period.end.month, 1)  # noqa: DTZ001 (время 1С без зоны)
    head = {"organization": employee[organization], "month": month}
    flow.make("payroll", "Начисление", day=period.end, values=head, section="accruals", lines=[line])
    observe.table("документы", flow.documents(), key=DOCUMENT_KEY, title=f"Документ {pack['payroll']}")
    observe.table(
        "движения",
        flow.movements(),
        key=KEY,
        title=f"Движения документа {pack['payroll']}",
        types=TYPES,
    )


@pytest.mark.scenario("FLOW-04", area="flow", severity="blocker", owner="Главный бухгалтер")
def test_month_close(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Закрытие месяца при перепроведении даёт те же проводки

    Закрытие первого месяца периода отменяется и проводится заново: финансовый результат и проводки закрытия те же.
    """
    start, end = datetime_literal(period.start), datetime_literal(period.end)
    where = f"Date ge {start} and Date le {end} and Posted eq true"
    found = sorted(
        base.odata.rows(pack["month_close"], filter=where), key=lambda row: (row["Date"], str(row["Number"]))
    )
    assert found, "В периоде нет ни одного проведённого закрытия месяца"
    flow = Flow(base.odata, pack)
    first = [row for row in found if row["Date"] == found[0]["Date"]]
    for row in first:
        base.odata.unpost(pack["month_close"], str(row["Ref_Key"]))
        base.odata.post(pack["month_close"], str(row["Ref_Key"]))
        flow.made.append(Made(f"Закрытие {row['Number']}", "month_close", pack["month_close"], str(row["Ref_Key"])))
    movements = flow.movements()
    observe.table("движения", movements, key=KEY, title=f"Проводки документа {pack['month_close']}", types=TYPES)
    assert movements, "Закрытие месяца проведено, но не сделало ни одной проводки"
