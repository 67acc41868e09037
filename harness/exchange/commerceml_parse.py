"""Elements of CommerceML turned into models, by local names in all spellings of the versions 2.03–3.1 (facts/exchanges.md 3.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.exchange.commerceml_models import (
    Contractor,
    Group,
    Item,
    Named,
    Offer,
    Order,
    OrderLine,
    PropertyKind,
)
from harness.exchange.markup import child, children, firsts, local, number, own_text, text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from lxml.etree import _Element

_TRUE = frozenset({"true", "1", "да", "истина"})


def is_true(value: str) -> bool:
    """A boolean in any of the spellings shops and 1C use."""
    return value.strip().lower() in _TRUE


def deleted(element: _Element) -> bool:
    """Deletion in either spelling: Статус="Удален" of old versions, ПометкаУдаления of new ones."""
    return element.get("Статус", "") == "Удален" or is_true(text(element, "ПометкаУдаления"))


def order(item: _Element) -> Order:
    """An order."""
    parties = child(item, "Контрагенты")
    buyer = next(children(parties, "Контрагент"), None)
    found = details(item)
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
        lines=tuple(_line(line) for line in children(child(item, "Товары"), "Товар")),
        details=found,
        number_1c=text(item, "Номер1С") or dict(found).get("Номер по 1С", ""),
        revision=text(item, "НомерВерсии") or text(item, "ВерсияДокумента"),
        deleted=is_true(text(item, "ПометкаУдаления")),
        tax_on_top=_tax_on_top(item),
    )


def _tax_on_top(item: _Element) -> Decimal | None:
    """Sum of the taxes of a document that are not in the sums of its lines."""
    taxes = [one for one in children(child(item, "Налоги"), "Налог") if text(one, "УчтеноВСумме").lower() == "false"]
    amounts = [amount for one in taxes if (amount := number(text(one, "Сумма"))) is not None]
    return sum(amounts[1:], amounts[0]) if amounts else None


def _line(item: _Element) -> OrderLine:
    return OrderLine(
        id=text(item, "Ид"),
        name=text(item, "Наименование"),
        price=number(text(item, "ЦенаЗаЕдиницу") or text(item, "Цена")),
        quantity=number(text(item, "Количество")),
        amount=number(text(item, "Сумма")),
        vat=_rate(item),
    )


def _rate(item: _Element) -> str:
    return text(item, "СтавкиНалогов", "СтавкаНалога", "Ставка") or text(item, "Налоги", "Налог", "Ставка")


def details(item: _Element) -> tuple[tuple[str, str], ...]:
    """ЗначенияРеквизитов."""
    return _pairs(item, "ЗначенияРеквизитов", "ЗначениеРеквизита", "Наименование")


def _pairs(item: _Element, holder: str, name: str, key: str) -> tuple[tuple[str, str], ...]:
    return _paired(child(item, holder), name, key)


def _paired(holder: _Element | None, name: str, key: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for one in children(holder, name):
        found = firsts(one)
        pairs.append((own_text(found, key), own_text(found, "Значение")))
    return tuple(pairs)


def offer(element: _Element, problems: list[str]) -> Offer:
    """An offer; prices that are no numbers go to `problems`."""
    key = text(element, "Ид")
    return Offer(
        id=key,
        name=text(element, "Наименование"),
        article=text(element, "Артикул"),
        prices=tuple(_prices(element, key, problems)),
        rests=tuple(_rests(element)),
        deleted=deleted(element),
        characteristics=_pairs(element, "ХарактеристикиТовара", "ХарактеристикаТовара", "Наименование"),
        unit=_unit(element),
    )


def _prices(element: _Element, key: str, problems: list[str]) -> Iterator[tuple[str, Decimal]]:
    for price in children(child(element, "Цены"), "Цена"):
        written = text(price, "ЦенаЗаЕдиницу")
        amount = number(written)
        if amount is None:
            problems.append(f"предложение {key}: цена «{written[:40]}» не число")
            continue
        if "," in written:
            problems.append(f"предложение {key}: дробная часть цены отделена запятой: {written[:40]}")
        yield text(price, "ИдТипаЦены"), amount


def _rests(element: _Element) -> Iterator[tuple[str, Decimal]]:
    """Total quantity, then quantities by store in any of the three spellings of the versions."""
    total = number(text(element, "Количество"))
    if total is not None:
        yield "", total
    for store in children(element, "Склад"):
        amount = number(store.get("КоличествоНаСкладе", "") or text(store, "Количество"))
        if amount is not None:
            yield store.get("ИдСклада", "") or text(store, "Ид"), amount
    for rest in children(child(element, "Остатки"), "Остаток"):
        amount = number(text(rest, "Количество") or text(rest, "Склад", "Количество"))
        if amount is not None:
            yield text(rest, "Склад", "Ид") or text(rest, "ИдСклада"), amount


def _unit(element: _Element) -> str:
    """Code of the base unit, else its name."""
    found = child(element, "БазоваяЕдиница")
    return (found.get("Код", "") or (found.text or "").strip()) if found is not None else ""


def item(element: _Element) -> Item:
    """Goods of a catalogue."""
    found = firsts(element)
    unit = found.get("БазоваяЕдиница")
    return Item(
        id=own_text(found, "Ид"),
        name=own_text(found, "Наименование"),
        article=own_text(found, "Артикул"),
        unit=(unit.get("Код", "") or (unit.text or "").strip()) if unit is not None else "",
        barcode=own_text(found, "Штрихкод"),
        groups=texts_of(found.get("Группы"), "Ид"),
        description=own_text(found, "Описание"),
        images=texts(element, "Картинка") if "Картинка" in found else (),
        properties=_paired(found.get("ЗначенияСвойств"), "ЗначенияСвойства", "Ид"),
        details=_paired(found.get("ЗначенияРеквизитов"), "ЗначениеРеквизита", "Наименование"),
        characteristics=_paired(found.get("ХарактеристикиТовара"), "ХарактеристикаТовара", "Наименование"),
        vat=_rate(element) if "СтавкиНалогов" in found or "Налоги" in found else "",
        revision=own_text(found, "НомерВерсии"),
        deleted=element.get("Статус", "") == "Удален" or is_true(own_text(found, "ПометкаУдаления")),
    )


def texts_of(holder: _Element | None, name: str) -> tuple[str, ...]:
    """Texts of the children of an element that may be absent."""
    return texts(holder, name) if holder is not None else ()


def groups(element: _Element) -> Iterator[Group]:
    """A group and those below it, parents first; without recursion, for the depth is the file's."""
    waiting = [(element, "")]
    while waiting:
        one, parent = waiting.pop()
        key = text(one, "Ид")
        yield Group(key, text(one, "Наименование"), parent, deleted(one))
        waiting += [(inner, key) for inner in children(child(one, "Группы"), "Группа")][::-1]


def property_kind(element: _Element) -> PropertyKind:
    """A property and the values of its closed list."""
    values = children(child(element, "ВариантыЗначений"), "Справочник")
    return PropertyKind(
        text(element, "Ид"),
        text(element, "Наименование"),
        text(element, "ТипЗначений"),
        tuple((text(one, "ИдЗначения"), text(one, "Значение")) for one in values),
    )


def named(element: _Element) -> Named:
    """A price type, a store or a unit."""
    key = text(element, "Ид") or text(element, "Код") or element.get("Код", "")
    name = text(element, "Наименование") or text(element, "НаименованиеПолное") or (element.text or "").strip()
    return Named(local(element), key, name, text(element, "Валюта"))


def contractor(element: _Element) -> Contractor:
    """A contractor of a file of contractors."""
    return Contractor(
        text(element, "Ид"), text(element, "Наименование"), text(element, "ИНН"), text(element, "КПП"), deleted(element)
    )
