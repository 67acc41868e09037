"""Обмен через универсальный формат с настоящей базой-корреспондентом: другая конфигурация, другой процесс, обмен по HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks import universal
from harness.checks.reconciliation import reconcile

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("universal"), pytest.mark.writes]
PURCHASE = "БП00-990001"


@pytest.mark.scenario("UNI-05", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_two_bases_agree(base: Base, pack: Pack, period: Period, observe: Observe, exchange: Exchanges) -> None:
    """Две базы после обмена сходятся, отмены доходят

    База сама обменивается с корреспондентом по сети. Документы, которые она отправила, у корреспондента есть, суммы и строки те
    же, лишних нет. Поступление корреспондента приходит в базу. Распроведённая реализация исчезает и у корреспондента. Номера
    сообщений сторон согласованы, второй обмен ничего не создаёт.
    """
    ours = exchange("universal")
    watch = ours.watch()
    peer = ours.meet(universal.correspondent(ours, pack))
    ref, number = universal.make_sale(base, pack, period)
    registered, numbers = ours.registered(), universal.numbers_in(ours.preview())
    first = ours.run()
    sent = universal.documents(base.odata, pack, "sale", numbers)
    arrived = universal.documents(peer.odata, pack, "sale")
    repeated = ours.run()
    universal.make_purchase(peer.odata, pack, PURCHASE)
    back = ours.run()
    base.odata.unpost(pack["sale"], ref)
    ours.run()
    left = {row["Номер"] for row in universal.documents(peer.odata, pack, "sale")}
    ours.run()
    mismatches = reconcile(sent, arrived, key="Номер", columns=universal.COLUMNS)
    for item in mismatches[:10]:
        ours.findings.add(
            "RECONCILIATION", object=item.document, text="Сверка с корреспондентом: {mismatch}", mismatch=str(item)
        )
    rows = universal.totals(база=sent, корреспондент=arrived)
    observe.table("итоги", rows, key="Сторона", title="Документы и суммы двух сторон")
    observe.contract("отправлено", dict.fromkeys(registered, "объект"), title="Виды объектов, ушедших корреспонденту")
    disagreement = universal.disagreement(ours, peer)
    assert not disagreement, ours.says(f"номера сообщений сторон не согласованы: {disagreement}")
    assert not mismatches, ours.says(f"базы не сходятся: {'; '.join(map(str, mismatches[:4]))}")
    assert number in {row["Номер"] for row in arrived}, ours.says(f"реализация {number} до корреспондента не дошла")
    assert first.sent, ours.says("корреспонденту ничего не отправлено")
    created = repeated.received.created
    assert created == 0, ours.says(f"повторный обмен создал в базе {created} объектов")
    found = base.odata.count(pack["purchase"], filter=f"Number eq '{PURCHASE}'")
    assert (back.received.created > 0, found) == (True, 1), ours.says(
        f"поступление корреспондента {PURCHASE} в базе: документов {found}"
    )
    assert number not in left, ours.says(f"распроведённая реализация {number} осталась у корреспондента проведённой")
    errors = watch.told()
    assert not errors, ours.says(f"ошибки в журнале регистрации: {errors}")
