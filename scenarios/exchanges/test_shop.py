"""Обмен с интернет-магазином: заказы приходят, цены и остатки уходят."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.exchanges import IMPORT_KEY, import_row
from harness.checks.flows import choose_stock
from harness.checks.references import References
from harness.exchange import commerceml
from harness.exchange.commerceml_write import write_orders

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("shop")]
SITE_ORDER = "readiness-000001"


@pytest.mark.scenario("SHOP-01", area="exchange", severity="blocker", owner="Интернет-магазин")
@pytest.mark.writes
def test_orders_are_loaded_once(base: Base, pack: Pack, period: Period, observe: Observe, exchange: Exchanges) -> None:
    """Заказы с сайта загружаются и не задваиваются

    Заказ с двумя товарами становится заказом покупателя с теми же товарами, количеством, ценой и суммой. Сайт, не получивший
    подтверждения, присылает заказ снова: второй такой же заказ появиться не должен.
    """
    ours = exchange("shop")
    data = write_orders([_order(base, pack, period)])
    first = ours.load(data)
    second = ours.load(data)
    found = list(base.odata.rows(pack["order"], filter=f"{pack['field.site_id']} eq '{SITE_ORDER}'"))
    rows = [import_row(first, "первая"), import_row(second, "повторная")]
    observe.table("загрузка", rows, key=IMPORT_KEY, title="Итог загрузки заказов с сайта")
    observe.table("строки", _lines(base, pack, found), key=("Заказ", "Товар"), title="Строки заказов с сайта")
    assert len(found) == 1, ours.says(f"один заказ сайта загружен дважды, заказов в базе стало {len(found)}")
    assert second.created == 0, ours.says(f"повторная загрузка того же заказа создала объектов: {second.created}")


def _order(base: Base, pack: Pack, period: Period) -> commerceml.Order:
    goods = choose_stock(base.odata, pack, period.end, count=2)
    names = [str(base.odata.get(pack["goods"], good.item)["Description"]) for good in goods]
    prices = (Decimal("1250.00"), Decimal("99.90"))
    lines = tuple(
        commerceml.OrderLine(good.item, name, price, Decimal(quantity), price * quantity, "20")
        for good, name, price, quantity in zip(goods, names, prices, (2, 3), strict=True)
    )
    return commerceml.Order(
        id=SITE_ORDER,
        number="R-1",
        date=f"{period.end:%Y-%m-%d}",
        operation="Заказ товара",
        currency="RUB",
        amount=sum((line.amount or Decimal(0) for line in lines), Decimal(0)),
        buyer="Покупатель проверки готовности",
        buyer_id="readiness#buyer",
        buyer_inn="500100732259",
        lines=lines,
        details=(("Статус заказа", "Принят"),),
    )


def _lines(base: Base, pack: Pack, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines of the orders in the base; two orders with one site id are told apart by their place."""
    names = References(base.odata)
    item, quantity, price, amount = (pack[f"field.{name}"] for name in ("item", "quantity", "price", "line_amount"))
    return [
        {
            "Заказ": place,
            "Товар": names.name(pack["goods"], line[item]),
            "Количество": line[quantity],
            "Цена": line[price],
            "Сумма": line[amount],
            "СуммаЗаказа": order[pack["field.amount"]],
        }
        for place, order in enumerate(sorted(orders, key=lambda order: str(order["Number"])), start=1)
        for line in order[pack["field.goods"]]
    ]


@pytest.mark.scenario("SHOP-02", area="exchange", severity="blocker", owner="Интернет-магазин")
def test_offers_are_exported(observe: Observe, exchange: Exchanges) -> None:
    """Цены и остатки для сайта выгружаются без изменений

    Сайт получит те же предложения с теми же идентификаторами, ценами и остатками. Изменившийся идентификатор задвоит товар на
    сайте, а потерянный признак «только изменения» снимет с продажи всё, чего нет в файле.
    """
    ours = exchange("shop")
    package = commerceml.read_offers(ours.preview(), "файл предложений")
    head = {"Пространство имён": package.namespace, "Только изменения": str(package.changes_only), "Пакет": package.id}
    observe.contract("заголовок", head | {"Версия схемы": package.schema}, title="Заголовок файла предложений")
    known = dict(package.price_types)
    prices = [
        {"Ид": offer.id, "Товар": offer.name, "Показатель": f"цена: {known.get(kind, kind)}", "Значение": value}
        for offer in package.offers
        for kind, value in offer.prices
    ]
    rests = [
        {"Ид": offer.id, "Товар": offer.name, "Показатель": f"остаток: {store or 'всего'}", "Значение": value}
        for offer in package.offers
        for store, value in offer.rests
    ]
    observe.table("предложения", [*prices, *rests], key=("Ид", "Показатель"), title="Цены и остатки для сайта")
    observe.value("товаров", len(package.offers), title="Предложений в файле")
    assert package.offers, ours.says("в файле для сайта нет ни одного предложения")
    assert not package.problems, ours.says("сайт прочитает файл неверно: " + "; ".join(package.problems[:5]))
    free = [offer.name or offer.id for offer in package.offers if any(value <= 0 for _, value in offer.prices)]
    assert not free, ours.says(f"предложения с нулевой ценой: {', '.join(free[:5])}")
