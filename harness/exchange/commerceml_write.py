"""Writes CommerceML: orders as a shop sends them, catalogue and offers as 1C sends them.

Catalogue and offers are written record by record, so that a file of any size costs the memory of one record.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO, cast

from lxml import etree

from harness.exchange.commerceml_models import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from lxml.etree import _Element

    from harness.exchange.commerceml_models import (
        Catalogue,
        Group,
        Item,
        Offer,
        Order,
        OrderLine,
        Package,
        PropertyKind,
    )

NAMESPACES = {"2": "urn:1C.ru:commerceml_2", "210": "urn:1C.ru:commerceml_210", "3": "urn:1C.ru:commerceml_3"}
"""Namespaces real files carry (facts/exchanges.md 3.1)."""


def write_orders(orders: Sequence[Order], *, schema: str = "2.07", created: str = "2026-01-01T00:00:00") -> bytes:
    """Writes orders as a shop does: no namespace, windows-1251 (facts/exchanges.md 3.1, 3.2); 3.1 wraps each in `Контейнер`."""
    root = etree.Element(ROOT, {"ВерсияСхемы": schema, "ДатаФормирования": created})
    for order in orders:
        holder = etree.SubElement(root, "Контейнер") if schema.startswith("3") else root
        item = etree.SubElement(holder, "Документ")
        head = {
            "Ид": order.id,
            "Номер": order.number,
            "Дата": order.date,
            "ХозОперация": order.operation,
            "Роль": "Продавец",
            "Валюта": order.currency,
            "Курс": "1",
            "Сумма": str(order.amount),
        }
        _texts(item, head)
        for name, value in (("НомерВерсии", order.revision), ("Номер1С", order.number_1c)):
            if value:
                _texts(item, {name: value})
        if order.deleted:
            _texts(item, {"ПометкаУдаления": "true"})
        buyer = etree.SubElement(etree.SubElement(item, "Контрагенты"), "Контрагент")
        _texts(buyer, {"Ид": order.buyer_id, "Наименование": order.buyer, "ИНН": order.buyer_inn, "Роль": "Покупатель"})
        _texts(item, {"Время": order.time or "12:00:00"})
        goods = etree.SubElement(item, "Товары")
        for line in order.lines:
            _write_line(etree.SubElement(goods, "Товар"), line)
        _write_details(item, order.details)
    buffer = io.BytesIO()
    root.getroottree().write(buffer, encoding="windows-1251", xml_declaration=True)
    return buffer.getvalue()


def _texts(parent: _Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        etree.SubElement(parent, name).text = value


def _write_line(item: _Element, line: OrderLine) -> None:
    values = {"Ид": line.id, "Наименование": line.name}
    _texts(
        item, values | {"ЦенаЗаЕдиницу": str(line.price), "Количество": str(line.quantity), "Сумма": str(line.amount)}
    )
    if line.vat:
        rate = etree.SubElement(etree.SubElement(item, "СтавкиНалогов"), "СтавкаНалога")
        _texts(rate, {"Наименование": "НДС", "Ставка": line.vat})


def _write_details(item: _Element, details: Sequence[tuple[str, str]]) -> None:
    _write_pairs(item, "ЗначенияРеквизитов", "ЗначениеРеквизита", "Наименование", details)


def _write_pairs(item: _Element, holder: str, name: str, key: str, pairs: Sequence[tuple[str, str]]) -> None:
    found = etree.SubElement(item, holder)
    for first, second in pairs:
        _texts(etree.SubElement(found, name), {key: first, "Значение": second})


def write_catalogue(catalogue: Catalogue, *, created: str = "2026-01-01T00:00:00") -> bytes:
    """Writes a classifier and a catalogue as 1C does: UTF-8, the namespace of the model."""
    buffer = io.BytesIO()
    write_catalogue_to(buffer, catalogue, catalogue.items, created=created)
    return buffer.getvalue()


def write_catalogue_to(
    file: BinaryIO, catalogue: Catalogue, items: Iterable[Item], *, created: str = "2026-01-01T00:00:00"
) -> None:
    """Writes a catalogue whose goods come one after another; `catalogue.items` is not looked at."""
    with etree.xmlfile(file, encoding="UTF-8") as out:
        out.write_declaration()
        with out.element(ROOT, _root(catalogue.schema, created), nsmap=_nsmap(catalogue.namespace)):
            out.write(_classifier(catalogue))
            with out.element("Каталог", _delta(changes_only=catalogue.changes_only)):
                for name, value in (
                    ("Ид", catalogue.id),
                    ("ИдКлассификатора", catalogue.classifier),
                    ("Наименование", catalogue.name),
                ):
                    out.write(_text(name, value))
                with out.element("Товары"):
                    for item in items:
                        out.write(_item(item))


def write_offers(package: Package, *, created: str = "2026-01-01T00:00:00", split: bool = False) -> bytes:
    """Writes a package of offers as 1C does; `split` uses `Остатки` of 2.08 and later instead of `Количество` and `Склад`."""
    buffer = io.BytesIO()
    write_offers_to(buffer, package, package.offers, created=created, split=split)
    return buffer.getvalue()


def write_offers_to(
    file: BinaryIO,
    package: Package,
    offers: Iterable[Offer],
    *,
    created: str = "2026-01-01T00:00:00",
    split: bool = False,
) -> None:
    """Writes a package whose offers come one after another; `package.offers` is not looked at."""
    with etree.xmlfile(file, encoding="UTF-8") as out:
        out.write_declaration()
        with (
            out.element(ROOT, _root(package.schema, created), nsmap=_nsmap(package.namespace)),
            out.element("ПакетПредложений", _delta(changes_only=package.changes_only)),
        ):
            out.write(_text("Ид", package.id))
            out.write(_text("ИдКаталога", package.catalogue))
            for holder, name, pairs in (
                ("ТипыЦен", "ТипЦены", package.price_types),
                ("Склады", "Склад", package.stores),
            ):
                if pairs:
                    out.write(_listed(holder, name, pairs))
            with out.element("Предложения"):
                for offer in offers:
                    out.write(_offer(offer, split=split))


def _root(schema: str, created: str) -> dict[str, str]:
    return {"ВерсияСхемы": schema, "ДатаФормирования": created}


def _nsmap(space: str) -> dict[str, str] | None:
    """Names below are written without a namespace: with a default one declared on the root they are read in it."""
    return cast("dict[str, str]", {None: space}) if space else None


def _delta(*, changes_only: bool | None) -> dict[str, str]:
    return {} if changes_only is None else {"СодержитТолькоИзменения": str(changes_only).lower()}


def _text(name: str, value: str) -> _Element:
    element = etree.Element(name)
    element.text = value
    return element


def _listed(holder: str, name: str, pairs: Sequence[tuple[str, str]]) -> _Element:
    found = etree.Element(holder)
    for key, title in pairs:
        _texts(etree.SubElement(found, name), {"Ид": key, "Наименование": title})
    return found


def _classifier(catalogue: Catalogue) -> _Element:
    root = etree.Element("Классификатор")
    _texts(root, {"Ид": catalogue.classifier or catalogue.id, "Наименование": catalogue.name})
    if catalogue.groups:
        _groups(etree.SubElement(root, "Группы"), catalogue.groups)
    if catalogue.properties:
        _properties(etree.SubElement(root, "Свойства"), catalogue.properties)
    for holder, name, pairs in (
        ("ТипыЦен", "ТипЦены", catalogue.price_types),
        ("Склады", "Склад", catalogue.stores),
        ("ЕдиницыИзмерения", "ЕдиницаИзмерения", catalogue.units),
    ):
        if pairs:
            root.append(_listed(holder, name, pairs))
    return root


def _groups(top: _Element, groups: Sequence[Group]) -> None:
    """Groups under their parents; a group whose parent is not there stands at the top."""
    made: dict[str, _Element] = {}
    for group in groups:
        above = made.get(group.parent)
        holder = top
        if above is not None:
            inner = next((part for part in above if part.tag == "Группы"), None)
            holder = etree.SubElement(above, "Группы") if inner is None else inner
        item = etree.SubElement(holder, "Группа")
        _texts(item, {"Ид": group.id, "Наименование": group.name})
        if group.deleted:
            _texts(item, {"ПометкаУдаления": "true"})
        made[group.id] = item


def _properties(holder: _Element, properties: Sequence[PropertyKind]) -> None:
    for kind in properties:
        item = etree.SubElement(holder, "Свойство")
        _given(item, {"Ид": kind.id, "Наименование": kind.name, "ТипЗначений": kind.type})
        if kind.values:
            listed = etree.SubElement(item, "ВариантыЗначений")
            for key, value in kind.values:
                _texts(etree.SubElement(listed, "Справочник"), {"ИдЗначения": key, "Значение": value})


def _given(element: _Element, values: dict[str, str]) -> None:
    _texts(element, {name: value for name, value in values.items() if value})


def _item(item: Item) -> _Element:
    element = etree.Element("Товар")
    _given(element, {"Ид": item.id, "НомерВерсии": item.revision, "Штрихкод": item.barcode, "Артикул": item.article})
    if item.deleted:
        _texts(element, {"ПометкаУдаления": "true"})
    _texts(element, {"Наименование": item.name})
    if item.unit:
        etree.SubElement(element, "БазоваяЕдиница").set("Код", item.unit)
    if item.groups:
        holder = etree.SubElement(element, "Группы")
        for group in item.groups:
            _texts(holder, {"Ид": group})
    _given(element, {"Описание": item.description})
    for image in item.images:
        _texts(element, {"Картинка": image})
    for holder_name, name, key, pairs in (
        ("ЗначенияСвойств", "ЗначенияСвойства", "Ид", item.properties),
        ("ХарактеристикиТовара", "ХарактеристикаТовара", "Наименование", item.characteristics),
    ):
        if pairs:
            _write_pairs(element, holder_name, name, key, pairs)
    _rate(element, item.vat)
    if item.details:
        _write_details(element, item.details)
    return element


def _rate(element: _Element, vat: str) -> None:
    if vat:
        rate = etree.SubElement(etree.SubElement(element, "СтавкиНалогов"), "СтавкаНалога")
        _texts(rate, {"Наименование": "НДС", "Ставка": vat})


def _offer(offer: Offer, *, split: bool) -> _Element:
    element = etree.Element("Предложение")
    _given(element, {"Ид": offer.id, "Артикул": offer.article})
    if offer.deleted:
        element.set("Статус", "Удален")
    _given(element, {"Наименование": offer.name})
    if offer.unit:
        etree.SubElement(element, "БазоваяЕдиница").set("Код", offer.unit)
    if offer.characteristics:
        _write_pairs(element, "ХарактеристикиТовара", "ХарактеристикаТовара", "Наименование", offer.characteristics)
    if offer.prices:
        holder = etree.SubElement(element, "Цены")
        for kind, amount in offer.prices:
            _texts(etree.SubElement(holder, "Цена"), {"ИдТипаЦены": kind, "ЦенаЗаЕдиницу": f"{amount:f}"})
    for store, amount in _rests(offer, element, split=split):
        if split:
            inner = etree.SubElement(etree.SubElement(_rests_holder(element), "Остаток"), "Склад")
            _texts(inner, {"Ид": store, "Количество": f"{amount:f}"})
        else:
            etree.SubElement(element, "Склад", {"ИдСклада": store, "КоличествоНаСкладе": f"{amount:f}"})
    return element


def _rests(offer: Offer, element: _Element, *, split: bool) -> Iterator[tuple[str, Decimal]]:
    """Rests by store; the total is written at once."""
    for store, amount in offer.rests:
        if store:
            yield store, amount
        elif split:
            _texts(etree.SubElement(_rests_holder(element), "Остаток"), {"Количество": f"{amount:f}"})
        else:
            _texts(element, {"Количество": f"{amount:f}"})


def _rests_holder(element: _Element) -> _Element:
    found = next((part for part in element if part.tag == "Остатки"), None)
    return etree.SubElement(element, "Остатки") if found is None else found
