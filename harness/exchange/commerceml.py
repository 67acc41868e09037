"""CommerceML, the format between 1C and web shops: orders and offers, by local names (facts/exchanges.md 3.1).

Real files of versions 2.03 to 3.1 come with three namespaces or none; nothing here depends on one. Offers are read as a
stream, so that the size of a price list does not matter.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from harness.errors import DocumentError
from harness.exchange.markup import child, children, local, namespace, number, parse, refuse_declarations, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from lxml.etree import _Element

ROOT = "КоммерческаяИнформация"
_TRUE = frozenset({"true", "1", "да", "истина"})


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of goods. Sums are in the currency of the order; None for what is not a number.

    Attributes:
        id: identifier of the goods, `item#characteristic` for an offer; "ORDER_DELIVERY" for delivery.
        vat: rate as written ("20", "НДС20", "Без НДС"), "" when absent.
    """

    id: str
    name: str
    price: Decimal | None
    quantity: Decimal | None
    amount: Decimal | None
    vat: str = ""

    @property
    def item(self) -> str:
        """Identifier of the goods without the characteristic."""
        return self.id.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a shop, or an order 1C sends back with a status.

    Attributes:
        date: YYYY-MM-DD as written.
        details: ЗначенияРеквизитов, "Статус заказа" and the like.
        number_1c: number given by 1C, "" before the first exchange.
        revision: guards against an old copy overwriting a newer one.
    """

    id: str
    number: str
    date: str
    operation: str
    currency: str
    amount: Decimal | None
    buyer: str
    lines: tuple[OrderLine, ...]
    details: tuple[tuple[str, str], ...] = ()
    time: str = ""
    buyer_id: str = ""
    buyer_inn: str = ""
    number_1c: str = ""
    revision: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer: prices by id of the price type, rests by id of the store ("" is the total)."""

    id: str
    name: str
    article: str = ""
    prices: tuple[tuple[str, Decimal], ...] = ()
    rests: tuple[tuple[str, Decimal], ...] = ()
    deleted: bool = False

    @property
    def item(self) -> str:
        """Identifier of the goods without the characteristic."""
        return self.id.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Package:
    """A package of offers.

    Attributes:
        changes_only: the delta flag; None when the attribute is absent. A lost flag makes a shop switch off all other goods.
        price_types: id and name.
    """

    schema: str
    namespace: str
    id: str
    changes_only: bool | None
    price_types: tuple[tuple[str, str], ...]
    offers: tuple[Offer, ...]
    problems: tuple[str, ...] = ()


def read_orders(data: bytes, place: str = "файл заказов") -> tuple[Order, ...]:
    """Reads the orders of a file, also those wrapped in `Контейнер` (3.1).

    Raises:
        DocumentError: not XML, or not CommerceML.
    """
    root = _root(data, place)
    holders = [root, *children(root, "Контейнер")]
    return tuple(_order(item) for holder in holders for item in children(holder, "Документ"))


def _root(data: bytes, place: str) -> _Element:
    root = parse(data, place)
    if local(root) != ROOT:
        raise DocumentError(f"корневой элемент «{local(root)}», а не «{ROOT}»: это не CommerceML", place=place)
    return root


def _order(item: _Element) -> Order:
    parties = child(item, "Контрагенты")
    buyer = next(children(parties, "Контрагент"), None) if parties is not None else None
    goods = child(item, "Товары")
    revision = text(item, "НомерВерсии") or text(item, "ВерсияДокумента")
    details = _details(item)
    return Order(
        id=text(item, "Ид"),
        number=text(item, "Номер"),
        date=text(item, "Дата"),
        time=text(item, "Время"),
        operation=text(item, "ХозОперация"),
        currency=text(item, "Валюта"),
        amount=number(text(item, "Сумма")),
        buyer=text(buyer, "Наименование"),
        buyer_id=text(buyer, "Ид"),
        buyer_inn=text(buyer, "ИНН"),
        lines=tuple(_line(line) for line in children(goods, "Товар")) if goods is not None else (),
        details=details,
        number_1c=text(item, "Номер1С") or dict(details).get("Номер по 1С", ""),
        revision=revision,
        deleted=_is_true(text(item, "ПометкаУдаления")),
    )


def _is_true(value: str) -> bool:
    return value.lower() in _TRUE


def _line(item: _Element) -> OrderLine:
    rate = text(item, "СтавкиНалогов", "СтавкаНалога", "Ставка") or text(item, "Налоги", "Налог", "Ставка")
    return OrderLine(
        id=text(item, "Ид"),
        name=text(item, "Наименование"),
        price=number(text(item, "ЦенаЗаЕдиницу") or text(item, "Цена")),
        quantity=number(text(item, "Количество")),
        amount=number(text(item, "Сумма")),
        vat=rate,
    )


def _details(item: _Element) -> tuple[tuple[str, str], ...]:
    holder = child(item, "ЗначенияРеквизитов")
    if holder is None:
        return ()
    return tuple((text(one, "Наименование"), text(one, "Значение")) for one in children(holder, "ЗначениеРеквизита"))


def read_offers(data: bytes, place: str = "файл предложений") -> Package:
    """Reads a package of offers (also of prices or of rests) as a stream.

    Raises:
        DocumentError: not XML, not CommerceML, or no package in it.
    """
    schema = space = package = ""
    flag: bool | None = None
    types: list[tuple[str, str]] = []
    offers: list[Offer] = []
    problems: list[str] = []
    seen = False
    for event, element in _events(data, place):
        name = local(element)
        if event == "start":
            if name == ROOT:
                schema, space = element.get("ВерсияСхемы", ""), namespace(element)
            elif name in ("ПакетПредложений", "ИзмененияПакетаПредложений"):
                seen = True
                written = element.get("СодержитТолькоИзменения")
                flag = True if name.startswith("Изменения") else None if written is None else _is_true(written)
        elif name == "ТипЦены" and local(element.getparent()) == "ТипыЦен":
            types.append((text(element, "Ид"), text(element, "Наименование")))
        elif name == "Ид" and local(element.getparent()) in ("ПакетПредложений", "ИзмененияПакетаПредложений"):
            package = package or (element.text or "").strip()
        elif name == "Предложение":
            offers.append(_offer(element, problems))
            element.clear()
    if not seen:
        raise DocumentError("в файле нет пакета предложений", place=place)
    return Package(schema, space, package, flag, tuple(types), tuple(offers), tuple(problems))


def _events(data: bytes, place: str) -> Iterator[tuple[str, _Element]]:
    """Start and end events of a document whose root is CommerceML and that declares no DTD."""
    stream = etree.iterparse(
        io.BytesIO(data.lstrip()),
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    first = True
    try:
        for event, element in stream:
            if first:
                refuse_declarations(element, place)
                if local(element) != ROOT:
                    raise DocumentError(
                        f"корневой элемент «{local(element)}», а не «{ROOT}»: это не CommerceML", place=place
                    )
                first = False
            yield event, element
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"это не XML: {error.msg}", place=f"{place}:{error.lineno or 0}") from error


def _offer(element: _Element, problems: list[str]) -> Offer:
    key = text(element, "Ид")
    prices = []
    holder = child(element, "Цены")
    for price in children(holder, "Цена") if holder is not None else ():
        written = text(price, "ЦенаЗаЕдиницу")
        amount = number(written)
        if amount is None:
            problems.append(f"предложение {key}: цена «{written[:40]}» не число")
            continue
        if "," in written:
            problems.append(f"предложение {key}: дробная часть цены отделена запятой: {written[:40]}")
        prices.append((text(price, "ИдТипаЦены"), amount))
    deleted = element.get("Статус", "") == "Удален" or _is_true(text(element, "ПометкаУдаления"))
    return Offer(
        key, text(element, "Наименование"), text(element, "Артикул"), tuple(prices), tuple(_rests(element)), deleted
    )


def _rests(element: _Element) -> Iterator[tuple[str, Decimal]]:
    """Total quantity, then quantities by store in any of the three spellings of the versions."""
    total = number(text(element, "Количество"))
    if total is not None:
        yield "", total
    for store in children(element, "Склад"):
        amount = number(store.get("КоличествоНаСкладе", "") or text(store, "Количество"))
        if amount is not None:
            yield store.get("ИдСклада", "") or text(store, "Ид"), amount
    rests = child(element, "Остатки")
    for rest in children(rests, "Остаток") if rests is not None else ():
        amount = number(text(rest, "Количество") or text(rest, "Склад", "Количество"))
        if amount is not None:
            yield text(rest, "Склад", "Ид") or text(rest, "ИдСклада"), amount
