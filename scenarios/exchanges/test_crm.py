"""Обмен с CRM: компании уходят, сделки приходят, стадии возвращаются."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest

from harness.checks.flows import choose_contract, choose_stock
from harness.exchange.peers.crm import PAGE, Crm

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("crm"), pytest.mark.writes]
MANAGER = "7"
"""Ответственный, которого назначили в CRM: менять его оттуда, где о нём не знают, нельзя."""


def _deal(
    base: Base, pack: Pack, period: Period, crm: Crm, *, stage: str = "EXECUTING", modified: str = "2026-03-31T10:00:00"
) -> str:
    """Сделка с одним товаром для покупателя, который в базе есть."""
    contract = choose_contract(base.odata, pack, "customer_contract")
    good = choose_stock(base.odata, pack, period.end, count=1)[0]
    name = str(base.odata.get(pack["goods"], good.item)["Description"])
    fields = {
        "TITLE": "Сделка проверки готовности",
        "STAGE_ID": stage,
        "DATE_CREATE": f"{period.end:%Y-%m-%d}T09:00:00",
        "DATE_MODIFY": modified,
        "COMPANY_ORIGIN_ID": contract.partner,
        "COMMENTS": "Позвонить заранее",
    }
    row = {"XML_ID": good.item, "PRODUCT_NAME": name, "QUANTITY": "2", "PRICE": "600.00", "TAX_RATE": "20"}
    return crm.add_deal(fields, [row])


def _orders(base: Base, pack: Pack, ident: str) -> list[dict[str, Any]]:
    return list(base.odata.rows(pack["order"], filter=f"{pack['field.site_id']} eq 'crm-{ident}'"))


@pytest.mark.scenario("CRM-01", area="exchange", severity="blocker", owner="Отдел продаж")
def test_companies_and_deals_travel_once(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Компании и сделки передаются и не задваиваются

    Контрагенты уходят в CRM со своим идентификатором, сделки (их больше одной страницы) становятся заказами с товаром, суммой и
    НДС. Повторный обмен не создаёт ничего ни в базе, ни в CRM.
    """
    ours = exchange("crm")
    crm, watch = ours.meet(Crm()), ours.watch()
    idents = [_deal(base, pack, period, crm) for _ in range(2)]
    crm.deals |= {f"x{n}": {"ID": f"x{n}", **_old(crm.deals[idents[0]])} for n in range(PAGE)}
    crm.rows |= {f"x{n}": crm.rows[idents[0]] for n in range(PAGE)}
    last = f"x{PAGE - 1}"
    partner = choose_contract(base.odata, pack, "customer_contract").partner
    card = base.odata.get(pack["partners"], partner)
    base.odata.change(pack["partners"], partner, {"Description": card["Description"]})
    first = ours.run()
    companies = len(crm.companies)
    company = next((row for row in crm.companies.values() if row.get("ORIGIN_ID") == partner), {})
    sent = {name: value for name, value in company.items() if name != "ID"}
    company["ASSIGNED_BY_ID"] = MANAGER
    base.odata.change(pack["partners"], partner, {"Description": card["Description"]})
    second = ours.run()
    found = _orders(base, pack, idents[0])
    lines = [
        {
            "Строка": n,
            "Количество": line[pack["field.quantity"]],
            "Сумма": line[pack["field.line_amount"]],
            "СтавкаНДС": line[pack["field.vat_rate"]],
            "СуммаНДС": line[pack["field.vat"]],
        }
        for order in found[:1]
        for n, line in enumerate(order[pack["field.goods"]], 1)
    ]
    observe.table("строки", lines, key="Строка", title="Строки заказа из сделки CRM")
    fields = sorted({name for row in crm.companies.values() for name in row if row is not company} | set(sent) - {"ID"})
    observe.contract("поля компании", dict.fromkeys(fields, "поле"), title="Поля компании, которые база передаёт в CRM")
    shown = [{"Поле": name, "Значение": value} for name, value in sorted(sent.items())]
    types = {"Поле": "text", "Значение": "text"}
    observe.table("компания", shown, key="Поле", title="Компания, какой её получила CRM", types=types)
    anonymous = [row.get("TITLE", "") for row in crm.companies.values() if not row.get("ORIGIN_ID")]
    assert companies, ours.says("ни одна компания в CRM не передана")
    assert not anonymous, ours.says(
        f"компании переданы в CRM без идентификатора ORIGIN_ID и задвоятся: {', '.join(anonymous[:3])}"
    )
    assert len(crm.companies) == companies, ours.says(
        f"повторный обмен задвоил компании в CRM: было {companies}, стало {len(crm.companies)}"
    )
    assert company["ASSIGNED_BY_ID"] == MANAGER, ours.says(
        f"обмен заменил в CRM ответственного за компанию (ASSIGNED_BY_ID): был {MANAGER}, стал {company['ASSIGNED_BY_ID']}"
    )
    assert first.received.created == len(crm.deals), ours.says(
        f"сделок в CRM {len(crm.deals)}, заказов создано {first.received.created}"
    )
    assert second.received.created == 0, ours.says(f"повторный обмен создал заказов: {second.received.created}")
    assert len(found) == 1, ours.says(f"по одной сделке заказов в базе {len(found)}")
    assert len(_orders(base, pack, last)) == 1, ours.says("сделки со второй страницы списка CRM не загружены")
    amount = found[0][pack["field.amount"]]
    assert amount == Decimal("1200.00"), ours.says(f"сумма сделки в CRM 1200.00, заказа в базе {amount}")
    vat = sum((line[pack["field.vat"]] for line in found[0][pack["field.goods"]]), Decimal(0))
    assert vat == Decimal("200.00"), ours.says(f"НДС в заказе из CRM {vat}, ожидается 200.00: заказ не провести")
    errors = watch.told()
    assert not errors, ours.says(f"ошибки в журнале регистрации: {errors}")


def _old(deal: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in deal.items() if name != "ID"}


@pytest.mark.scenario("CRM-02", area="exchange", severity="blocker", owner="Отдел продаж")
def test_stages_travel(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Стадии и отмены доходят в обе стороны, старое не затирает новое

    Проигранная сделка отменяет заказ, распроведённый в базе заказ уводит сделку в проигранные. Сообщение со старым состоянием
    сделки, пришедшее после нового, ничего не меняет. Стадии CRM, которые знает база, в CRM есть.
    """
    ours = exchange("crm")
    crm = ours.meet(Crm())
    ident, other = (_deal(base, pack, period, crm) for _ in range(2))
    ours.run()
    crm.deals[ident] |= {"STAGE_ID": "LOSE", "DATE_MODIFY": "2026-03-31T11:00:00"}
    ours.run()
    lost = _orders(base, pack, ident)
    crm.deals[ident] |= {"STAGE_ID": "EXECUTING", "DATE_MODIFY": "2026-03-30T08:00:00", "COMMENTS": "старое состояние"}
    ours.run()
    stale = _orders(base, pack, ident)
    base.odata.unpost(pack["order"], str(_orders(base, pack, other)[0]["Ref_Key"]))
    ours.run()
    rows = [
        {
            "Событие": "сделка проиграна",
            "Итог": "заказ не проведён" if lost and not lost[0]["Posted"] else "заказ проведён",
        },
        {"Событие": "пришло старое состояние", "Итог": str(stale[0][pack["field.comment"]])},
        {"Событие": "заказ распроведён", "Итог": str(crm.deals[other]["STAGE_ID"])},
    ]
    observe.table("стадии", rows, key="Событие", title="Стадии сделок и заказов")
    assert lost, ours.says("сделка CRM не загружена")
    assert not lost[0]["Posted"], ours.says("проигранная в CRM сделка оставила заказ проведённым")
    assert stale[0][pack["field.comment"]] != "старое состояние", ours.says("старое состояние сделки CRM затёрло новое")
    assert crm.deals[other]["STAGE_ID"] == "LOSE", ours.says(
        f"распроведённый заказ не увёл сделку CRM в проигранные: стадия {crm.deals[other]['STAGE_ID']}"
    )


@pytest.mark.scenario("CRM-03", area="exchange", severity="blocker", owner="Отдел продаж")
def test_crm_failures_do_no_harm(
    base: Base,
    pack: Pack,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Предел запросов, истёкший токен и ошибки CRM обрабатываются

    На предел запросов (503) база повторяет обращение, истёкший токен обновляет и запоминает новый, ошибку внутри ответа 200 и
    отказ в правах называет и не считает успехом.
    """
    ours = exchange("crm")
    crm = ours.meet(Crm())
    partner = choose_contract(base.odata, pack, "customer_contract").partner
    rows = []
    for title, kind, step in (
        ("ошибка внутри пакета", "error-200", "batch"),
        ("ошибка внутри ответа 200", "error-200", "crm.deal.list"),
        ("нет прав", "refuse", "crm.status.list"),
        ("страница вместо ответа", "garbage", "crm.company.list"),
    ):
        card = base.odata.get(pack["partners"], partner)
        base.odata.change(pack["partners"], partner, {"Description": card["Description"]})
        crm.fail(kind, step)
        rows.append({"Сбой": title, "Причина названа": bool(ours.refusal())})
        crm.recover()
    crm.fail("limit", "crm.deal.list", times=2)
    limit = ours.refusal()
    crm.recover()
    after = ours.now()
    crm.expire()
    expired = ours.refusal()
    renewals = crm.renewals
    again = ours.refusal()
    observe.table("сбои", rows, key="Сбой", title="Сбои CRM")
    observe.value("предел запросов", not limit, title="Предел запросов пережит")
    observe.value("токен", not (expired or again), title="Истёкший токен обновлён и сохранён")
    missed = [str(row["Сбой"]) for row in rows if not row["Причина названа"]]
    assert not missed, ours.says(f"ошибка CRM принята за успех: {', '.join(missed)}")
    assert after.received_no == ours.state.received_no, ours.says("сбой CRM сдвинул номер принятого")
    assert not limit, ours.says(f"предел запросов CRM остановил обмен: {limit}")
    assert not expired, ours.says(f"истёкший токен CRM остановил обмен: {expired}")
    lost = again or ("обновляет его снова" if crm.renewals != renewals else "")
    assert not lost, ours.says(f"новый токен CRM не сохранён, следующий обмен: {lost}")


@pytest.mark.scenario("CRM-04", area="exchange", severity="blocker", owner="Отдел продаж")
def test_event_is_taken(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Событие CRM принимается базой

    CRM сообщает веб-хуком, что сделка изменилась; база забирает сделку и создаёт заказ. Обработчик должен отвечать по тому же
    адресу, что до обновления.
    """
    ours = exchange("crm")
    crm = ours.meet(Crm())
    ident = _deal(base, pack, period, crm)
    form = {"event": "ONCRMDEALADD", "data[FIELDS][ID]": ident, "node": ours.node}
    answer = base.session.post(
        str(pack["http.event"]),
        urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded", "Accept": "*/*"},
        expect=None,
    )
    if answer.status != 200 and not ours.heard:
        # Обработчик сам забирает сделку у CRM. Со стенда, которому до неё не достать, он откажет при любом релизе: это говорит обычный обмен.
        ours.refusal()
    found = _orders(base, pack, ident)
    observe.value("код ответа", answer.status, title="Код ответа обработчика событий CRM")
    observe.value("заказов", len(found), title="Заказов по событию CRM")
    assert answer.status == 200, (
        f"Обработчик событий CRM {pack['http.event']} отвечает {answer.status}: события CRM потеряются"
    )
    assert len(found) == 1, ours.says(f"по событию CRM заказов создано {len(found)}")
