"""Обмен с сайтом целиком: база сама обращается к магазину стенда и проходит с ним весь диалог."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.flows import choose_stock
from harness.exchange import commerceml
from harness.exchange.commerceml_write import write_orders
from harness.exchange.peers.shop import STRICT, Shop, order_content

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchange, Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("shop"), pytest.mark.writes]
DIALOGUE = (
    *("catalog checkauth",) * 2,
    *("catalog init", "catalog file", "catalog import"),
    *("catalog checkauth", "catalog init", "catalog file", "catalog import"),
)
"""Порядок обращений 1С к сайту, как в записанном журнале веб-сервера (facts/exchanges.md 3.2)."""
ENOUGH = 250
"""Сколько раз сайт отвечает «progress», пока база не обязана остановиться сама."""


def _order(base: Base, pack: Pack, period: Period, ident: str) -> commerceml.Order:
    """Заказ покупателя на сайте: один товар, который есть на складе."""
    good = choose_stock(base.odata, pack, period.end, count=1)[0]
    name = str(base.odata.get(pack["goods"], good.item)["Description"])
    line = commerceml.OrderLine(good.item, name, Decimal("500.00"), Decimal(2), Decimal("1000.00"), "20")
    return commerceml.Order(
        id=ident,
        number="S-1",
        date=f"{period.end:%Y-%m-%d}",
        operation="Заказ товара",
        currency="RUB",
        amount=Decimal("1000.00"),
        buyer="Покупатель сайта стенда",
        buyer_id="stand#buyer",
        buyer_inn="500100741870",
        lines=(line,),
        details=(("Статус заказа", "Принят"),),
    )


def _place(shop: Shop, order: commerceml.Order) -> None:
    shop.store.place(order.id, order_content(write_orders([order])))


def _shown(shop: Shop) -> list[dict[str, Any]]:
    return [
        {
            "Предложение": item.offer,
            "ВидЦены": item.price_type,
            "Товар": item.name,
            "Цена": item.price,
            "Остаток": item.rest,
            "СтавкаНДС": item.vat,
            "Характеристики": item.characteristics,
        }
        for item in shop.store.shown()
    ]


@pytest.mark.scenario("SHOP-03", area="exchange", severity="blocker", owner="Интернет-магазин")
def test_site_shows_the_same(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Сайт после обмена показывает те же товары, цены и остатки

    База сама обращается к магазину стенда: вход, выгрузка товаров и предложений, получение заказа, подтверждение, статусы
    обратно. Сравнивается то, что после обмена видит покупатель. Второй обмен подряд не создаёт заказа второй раз, потому что
    первый подтверждён.
    """
    ours = exchange("shop")
    shop, watch = ours.meet(Shop()), ours.watch()
    order = _order(base, pack, period, "stand-000001")
    _place(shop, order)
    first = ours.run()
    steps = shop.steps()
    second = ours.run()
    observe.table("витрина", _shown(shop), key=("Предложение", "ВидЦены"), title="Что видит покупатель на сайте")
    states = shop.store.states()
    observe.table("заказы", states, key="Заказ", mask=("Номер",), title="Заказы в личном кабинете")
    observe.document("номер заказа", str(states[0]["Номер"])[:2].encode(), media="text", title="Начало номера заказа")
    properties = sorted(
        {part.partition("=")[0] for told in shop.store.properties().values() for part in told.split("; ")}
    )
    stores = ", ".join(shop.store.stores())
    observe.contract(
        "свойства",
        {name: "свойство" for name in properties if name} | {"Склады": stores},
        title="Свойства и склады на сайте",
    )
    assert tuple(steps[: len(DIALOGUE)]) == DIALOGUE, ours.says(
        f"порядок обращений к сайту другой: {' → '.join(steps[:12])}"
    )
    assert not shop.refusals, ours.says(f"сайт не принял: {'; '.join(shop.refusals[:3])}")
    assert first.received.created, ours.says(f"заказ с сайта не загружен: создано {first.received.created}")
    assert "sale success" in steps, ours.says("база не подтвердила сайту получение заказов («success» не отправлен)")
    assert second.received.created == 0, ours.says(
        f"после второго обмена заказов создано ещё {second.received.created}"
    )
    assert states[0]["Передан"] is True, ours.says("сайт считает заказ непереданным и пришлёт его снова")
    assert states[0]["Статус"], ours.says("статус заказа на сайт не вернулся")
    _same_totals(base, pack, ours, shop, order)
    errors = watch.told()
    assert not errors, ours.says(f"ошибки в журнале регистрации: {errors}")


def _same_totals(base: Base, pack: Pack, ours: Exchange, shop: Shop, order: commerceml.Order) -> None:
    """Итоги обеих сторон: сумма заказа в базе и на сайте, число предложений в файле и на витрине."""
    found = list(base.odata.rows(pack["order"], filter=f"{pack['field.site_id']} eq '{order.id}'"))
    amounts = [row[pack["field.amount"]] for row in found]
    assert amounts == [order.amount], ours.says(f"сумма заказа на сайте {order.amount}, в базе {amounts}")
    offers = commerceml.read_offers(ours.preview(), "файл предложений").offers
    shown = {item.offer for item in shop.store.shown()}
    missing = [offer.name or offer.id for offer in offers if offer.prices and offer.id not in shown]
    assert not missing, ours.says(f"на сайт не попали предложения: {', '.join(missing[:5])}")


@pytest.mark.scenario("SHOP-04", area="exchange", severity="blocker", owner="Интернет-магазин")
def test_strict_site_is_served(observe: Observe, exchange: Exchanges) -> None:
    """Сайт, который требует соблюдать протокол, принимает обмен

    Сайт выдаёт ключ сеанса и проверяет его в каждом обращении, принимает только архивы и только частями, обрабатывает файл за
    несколько обращений и знает одну версию схемы. Так ведут себя обновлённые сайты на Битрикс.
    """
    ours = exchange("shop")
    shop = ours.meet(Shop(STRICT))
    reason = ours.refusal()
    observe.value("принят", not reason, title="Строгий сайт принял обмен")
    largest = max((call.size for call in shop.calls if call.step == "catalog file"), default=0)
    observe.value("часть в пределах", largest <= STRICT.file_limit, title="Части файла не больше допустимых")
    observe.table(
        "витрина", _shown(shop), key=("Предложение", "ВидЦены"), title="Что видит покупатель на строгом сайте"
    )
    assert not reason, ours.says(f"строгий сайт не принял обмен: {reason}")


@pytest.mark.scenario("SHOP-05", area="exchange", severity="blocker", owner="Интернет-магазин")
def test_site_failures_do_no_harm(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Сбои сайта ничего не портят

    Сайт обрывает ответ, закрывает соединение, отвечает «failure», страницей вместо данных, отказом во входе, бесконечным
    «progress» или показывает недоверенный сертификат. База называет причину, номера сообщений не сдвигаются, а заказ, который не
    удалось получить, приходит со следующим обменом.
    """
    ours = exchange("shop")
    shop = ours.meet(Shop())
    _place(shop, _order(base, pack, period, "stand-000002"))
    rows = []
    for title, kind, step in (
        ("половина ответа", "half", "sale query"),
        ("обрыв соединения", "drop", "catalog import"),
        ("отказ внутри ответа 200", "error-200", "catalog file"),
        ("страница вместо ответа", "garbage", "catalog init"),
        ("отказ во входе", "refuse", "catalog checkauth"),
    ):
        shop.fail(kind, step)
        rows.append({"Сбой": title, "Причина названа": bool(ours.refusal())})
        shop.recover()
    endless = ours.meet(Shop(replace(STRICT, sessid=False, zipped=False, progress=-1, version="", file_limit=10**8)))
    endless_reason = ours.refusal()
    rows.append({"Сбой": "бесконечная загрузка", "Причина названа": bool(endless_reason)})
    ours.meet(Shop(tls=ours.folder))
    certificate = ours.refusal()
    rows.append({"Сбой": "недоверенный сертификат", "Причина названа": bool(certificate)})
    after = ours.now()
    observe.table("сбои", rows, key="Сбой", title="Сбои сайта")
    ours.turn_to(shop)
    loaded = ours.run()
    assert certificate, ours.says("база доверилась сайту с недоверенным сертификатом")
    asked = endless.steps().count("catalog import")
    stopped = bool(endless_reason) and asked < ENOUGH
    assert stopped, ours.says(f"на бесконечный «progress» сайта база не остановилась, обращений {asked}")
    silent = [str(row["Сбой"]) for row in rows if not row["Причина названа"]]
    assert not silent, ours.says(f"сбой сайта принят за успех: {', '.join(silent)}")
    assert after.sent_no == ours.state.sent_no, ours.says(
        f"сбой сдвинул номер отправленного: {ours.state.sent_no} → {after.sent_no}"
    )
    assert loaded.received.created, ours.says("заказ, не полученный из-за сбоя, не пришёл со следующим обменом")


@pytest.mark.scenario("SHOP-06", area="exchange", severity="blocker", owner="Интернет-магазин")
def test_cancellations_travel(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Отмены доходят в обе стороны

    Покупатель отменил заказ на сайте: в базе заказ помечен на удаление и не проведён. Товар помечен на удаление в базе: сайт его
    больше не показывает.
    """
    ours = exchange("shop")
    shop = ours.meet(Shop())
    order = _order(base, pack, period, "stand-000003")
    _place(shop, order)
    ours.run()
    item = order.lines[0].item
    before = {one.item for one in shop.store.shown()}
    _place(shop, replace(order, details=(("Отменен", "true"),)))
    good = base.odata.get(pack["goods"], item)
    base.odata.change(pack["goods"], item, {"DeletionMark": True})
    try:
        ours.run()
    finally:
        base.odata.change(pack["goods"], item, {"DeletionMark": bool(good["DeletionMark"])})
    found = next(iter(base.odata.rows(pack["order"], filter=f"{pack['field.site_id']} eq '{order.id}'")), None)
    states = {"Помечен": bool(found and found["DeletionMark"]), "Проведён": bool(found and found["Posted"])}
    observe.table("отменённый заказ", [{"Заказ": order.id, **states}], key="Заказ", title="Заказ, отменённый на сайте")
    gone = item in before and item not in {one.item for one in shop.store.shown()}
    observe.value("товар снят", gone, title="Удалённый товар снят с витрины")
    assert found is not None, ours.says("заказ с сайта не загружен")
    assert states == {"Помечен": True, "Проведён": False}, ours.says(
        f"отмена заказа на сайте не дошла: помечен {states['Помечен']}, проведён {states['Проведён']}"
    )
    assert gone, ours.says("товар, помеченный на удаление, сайт всё ещё показывает")


@pytest.mark.scenario("SHOP-07", area="exchange", severity="warning", owner="Интернет-магазин")
def test_wrong_orders_are_refused(
    base: Base, pack: Pack, period: Period, observe: Observe, exchange: Exchanges
) -> None:
    """Неверные заказы с сайта не загружаются

    Заказ с неизвестным товаром, с суммой, которая не сходится со строками, без идентификатора, обрезанный файл и файл в другой
    кодировке отвергаются с понятной причиной; заказы не создаются, номера не сдвигаются.
    """
    ours = exchange("shop")
    order = _order(base, pack, period, "stand-000009")
    line = order.lines[0]
    good = write_orders([order])
    wrong = {
        "неизвестный товар": write_orders(
            [replace(order, lines=(replace(line, id="7e3e0ef4-8295-11f1-8af8-04ecd881cf99"),))]
        ),
        "сумма не сходится": write_orders([replace(order, amount=Decimal("1.00"))]),
        "без идентификатора": write_orders([replace(order, id="")]),
        "половина файла": good[: len(good) // 2],
        "другая кодировка": b'<?xml version="1.0" encoding="UTF-8"?>' + good.partition(b"?>")[2],
    }
    rows = []
    for name, data in wrong.items():
        reason = ours.refusal_of(data)
        rows.append({"Файл": name, "Отвергнут": bool(reason)})
        if reason and len(reason) < 10:
            ours.findings.add(
                "REASON-UNREADABLE", object=ours.plan, text="Причина отказа непонятна: {reason}", reason=reason
            )
    observe.table("отказы", rows, key="Файл", title="Отказы при загрузке заказов")
    accepted = [str(row["Файл"]) for row in rows if not row["Отвергнут"]]
    found = base.odata.count(pack["order"], filter=f"{pack['field.site_id']} eq '{order.id}'")
    assert not accepted, ours.says(f"загружено то, что следует отвергнуть: {', '.join(accepted)}")
    assert found == 0, ours.says(f"из отвергнутых файлов создано заказов: {found}")
    assert not ours.moved(), ours.says("отказ сдвинул номера узла")
