"""The web shop: offers out, orders in, CommerceML (facts/exchanges.md 3). Elements are met by local names, with a namespace or without."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from uuid import UUID

from stand.emulator.exchanging.common import (
    Context,
    ExchangeError,
    Outcome,
    child,
    children,
    default_namespace,
    differs,
    local_name,
    node_row,
    now,
    parse_xml,
    text_of,
)
from stand.emulator.rows import EMPTY, BusinessError, Ref, Row

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["export_offers", "import_orders"]

_ORDERS = "Document_ЗаказПокупателя"
_PARTNERS = "Catalog_Контрагенты"
_GOODS = "Catalog_Номенклатура"
_IDENT_LENGTH = 50
_SITE_NUMBER_LENGTH = 20


def export_offers(context: Context) -> bytes:
    """The catalogue and the package of offers: prices and stock of everything that is for sale."""
    from lxml import etree

    node = node_row(context)
    namespace = str(context.table["namespace"])
    root = etree.Element(f"{{{namespace}}}КоммерческаяИнформация", nsmap=default_namespace(namespace))
    root.set("ВерсияСхемы", str(context.table["schema_version"]))
    root.set("ДатаФормирования", now().isoformat())
    goods = [
        row
        for row in context.session.select(_GOODS, where={"DeletionMark": False}, order=("Code",))
        if not row["Услуга"]
    ]
    _catalogue(context, root, goods)
    _offers(context, root, goods, node)
    etree.indent(root, "\t")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _element(parent: _Element, name: str, text: str = "") -> _Element:
    from lxml import etree

    result = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    if text:
        result.text = text
    return result


def _catalogue(context: Context, root: _Element, goods: list[Row]) -> None:
    classifier = _element(root, "Классификатор")
    _element(classifier, "Ид", str(context.table["catalogue"]))
    _element(classifier, "Наименование", "Классификатор (Каталог товаров)")
    groups = _element(classifier, "Группы")
    for row in goods:
        if row["IsFolder"]:
            group = _element(groups, "Группа")
            _element(group, "Ид", row["Ref"].id)
            _element(group, "Наименование", row["Description"])
    catalogue = _element(root, "Каталог")
    catalogue.set("СодержитТолькоИзменения", _flag(context))
    _element(catalogue, "Ид", str(context.table["catalogue"]))
    _element(catalogue, "ИдКлассификатора", str(context.table["catalogue"]))
    _element(catalogue, "Наименование", "Каталог товаров")
    items = _element(catalogue, "Товары")
    for row in goods:
        if row["IsFolder"]:
            continue
        item = _element(items, "Товар")
        _element(item, "Ид", row["Ref"].id)
        _element(item, "Артикул", row["Артикул"])
        _element(item, "Наименование", row["Description"])
        _unit(context, item, row)
        if not row["Parent"].empty:
            _element(_element(item, "Группы"), "Ид", row["Parent"].id)


def _unit(context: Context, item: _Element, row: Row) -> None:
    unit = context.lookup.resolve(row["ЕдиницаИзмерения"])
    if unit is not None:
        element = _element(item, "БазоваяЕдиница", unit["Description"])
        element.set("Код", unit["Code"])
        element.set("НаименованиеПолное", unit["НаименованиеПолное"])


def _flag(context: Context) -> str:
    return "true" if context.table["only_changes"] else "false"


def _offers(context: Context, root: _Element, goods: list[Row], node: Row) -> None:
    package = _element(root, "ПакетПредложений")
    package.set("СодержитТолькоИзменения", _flag(context))
    catalogue = str(context.table["catalogue"])
    _element(package, "Ид", f"{catalogue}#")
    _element(package, "Наименование", "Пакет предложений")
    _element(package, "ИдКаталога", catalogue)
    _element(package, "ИдКлассификатора", catalogue)
    kind = context.lookup.resolve(node["ВидЦен"]) or {}
    price_type = _element(_element(package, "ТипыЦен"), "ТипЦены")
    _element(price_type, "Ид", node["ВидЦен"].id)
    _element(price_type, "Наименование", str(kind.get("Description", "")))
    _element(price_type, "Валюта", "RUB")
    prices = {
        row["Номенклатура"]: row["Цена"]
        for row in context.session.slice_last("InformationRegister_ЦеныНоменклатуры", where={"ВидЦен": node["ВидЦен"]})
    }
    stock = {
        row["Номенклатура"]: row["КоличествоBalance"]
        for row in context.session.balance(
            "AccumulationRegister_ТоварыНаСкладах", dimensions=("Номенклатура",), where={"Склад": node["Склад"]}
        )
    }
    offers = _element(package, "Предложения")
    for row in goods:
        if row["IsFolder"] or row["Ref"] not in prices:
            continue
        offer = _element(offers, "Предложение")
        _element(offer, "Ид", row["Ref"].id)
        _element(offer, "Артикул", row["Артикул"])
        _element(offer, "Наименование", row["Description"])
        price = _element(_element(offer, "Цены"), "Цена")
        _element(
            price,
            "Представление",
            f"{prices[row['Ref']]} руб. за {(context.lookup.resolve(row['ЕдиницаИзмерения']) or {}).get('Description', '')}",
        )
        _element(price, "ИдТипаЦены", node["ВидЦен"].id)
        _element(price, "ЦенаЗаЕдиницу", f"{prices[row['Ref']]:.2f}")
        _element(price, "Валюта", "RUB")
        _element(offer, "Количество", f"{stock.get(row['Ref'], Decimal(0)):f}")


def import_orders(context: Context, message: bytes) -> Outcome:
    """Loads orders of the shop. An order that is here already, by its Ид, is changed when it differs and left alone when not.

    Raises:
        ExchangeError: the file is refused; nothing is loaded.
    """
    root = parse_xml(message)
    if local_name(root) != "КоммерческаяИнформация":
        raise ExchangeError("format", f"Файл не является файлом CommerceML: корневой элемент «{local_name(root)}»")
    documents = [
        *children(root, "Документ"),
        *(item for box in children(root, "Контейнер") for item in children(box, "Документ")),
    ]
    outcome = Outcome()
    for number, element in enumerate(documents, 1):
        if text_of(element, "ХозОперация") == context.table["orders"]["operation"]:
            _load(context, element, f"Документ {number}", outcome)
    return outcome


def _load(context: Context, element: _Element, place: str, outcome: Outcome) -> None:
    node = node_row(context)
    ident = text_of(element, "Ид")
    if not ident:
        raise ExchangeError("required", f"{place}: не заполнено обязательное поле «Ид»")
    if len(ident) > _IDENT_LENGTH:
        raise ExchangeError("length", f"{place}: Ид длиннее {_IDENT_LENGTH} знаков, заказы не различить")
    row: Row = {
        "Date": _moment(element, place),
        "ИдентификаторСайта": ident,
        "НомерСайта": text_of(element, "Номер")[:_SITE_NUMBER_LENGTH],
        "Склад": node["Склад"],
        "Комментарий": text_of(element, "Комментарий"),
        "Товары": _lines(context, element, place),
    }
    declared, total = (
        _number(text_of(element, "Сумма"), f"{place}, Сумма"),
        sum(line["Сумма"] for line in row["Товары"]),
    )
    if declared != total:
        raise ExchangeError("totals", f"{place}: сумма заказа {declared} не равна сумме строк {total}")
    identity = context.table["orders"]["identity"]
    known = context.session.find(_ORDERS, **{name: row[name] for name in identity}) if identity else []
    if known and (not differs(known[0], row) or known[0]["Состояние"] == "Закрыт"):
        outcome.skipped += 1
        return
    row["Контрагент"] = _partner(context, element, place, outcome)
    if known:
        row = {**known[0], **row}
    try:
        reference = context.session.put(_ORDERS, row)
        if not context.lookup.resolve(row.get("Договор") or Ref("", EMPTY)):
            outcome.warnings.append(f"{place}: у покупателя нет договора, заказ записан без проведения")
        else:
            context.session.post(_ORDERS, reference)
    except BusinessError as error:
        raise ExchangeError("posting", f"{place}: {error.text}") from error
    outcome.add(reference, row, created=not known)


def _lines(context: Context, element: _Element, place: str) -> list[Row]:
    result = []
    for item in children(child(element, "Товары"), "Товар"):
        ident = text_of(item, "Ид").partition("#")[0]
        reference = _reference(ident)
        if reference is None or context.session.get(_GOODS, reference.id) is None:
            raise ExchangeError(
                "goods", f"{place}: товар с Ид «{text_of(item, 'Ид')}» («{text_of(item, 'Наименование')}») не найден"
            )
        quantity = _number(text_of(item, "Количество"), f"{place}, Количество")
        price = _number(text_of(item, "ЦенаЗаЕдиницу"), f"{place}, ЦенаЗаЕдиницу")
        total = _number(text_of(item, "Сумма"), f"{place}, Сумма строки")
        result.append({"Номенклатура": reference, "Количество": quantity, "Цена": price, "Сумма": total})
    if not result:
        raise ExchangeError("required", f"{place}: в заказе нет товаров")
    return result


def _reference(ident: str) -> Ref | None:
    try:
        return Ref(_GOODS, str(UUID(ident)))
    except ValueError:
        return None


def _partner(context: Context, element: _Element, place: str, outcome: Outcome) -> Ref:
    """The buyer by ИНН or name; a new one with a contract when nobody fits."""
    buyers = [
        item
        for item in children(child(element, "Контрагенты"), "Контрагент")
        if text_of(item, "Роль") in ("", "Покупатель")
    ]
    if not buyers:
        raise ExchangeError("required", f"{place}: не указан покупатель")
    inn, name = (
        text_of(buyers[0], "ИНН"),
        text_of(buyers[0], "Наименование") or text_of(buyers[0], "ПолноеНаименование") or text_of(buyers[0], "Ид"),
    )
    for where in ({"ИНН": inn} if inn else {}, {"Description": name}):
        found = [
            row
            for row in (context.session.find(_PARTNERS, **where) if where else [])
            if not row["DeletionMark"] and not row["IsFolder"]
        ]
        if found:
            reference: Ref = found[0]["Ref"]
            return reference
    row: Row = {
        "Description": name[:100],
        "НаименованиеПолное": name,
        "ИНН": inn,
        "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо" if len(inn) == 10 else "ФизическоеЛицо",
    }
    created = context.session.put(_PARTNERS, row)
    contract = {
        "Owner": created,
        "Description": "Заказы с сайта",
        "Организация": context.lookup.constant("ОсновнаяОрганизация"),
        "ВидДоговора": "СПокупателем",
    }
    row["ОсновнойДоговор"] = context.session.put("Catalog_ДоговорыКонтрагентов", contract)
    context.session.put(_PARTNERS, row)
    outcome.warnings.append(f"Создан покупатель «{name}»")
    return created


def _moment(element: _Element, place: str) -> datetime:
    text = f"{text_of(element, 'Дата')}T{text_of(element, 'Время') or '00:00:00'}"
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ExchangeError("date", f"{place}: «{text}» не дата") from error


def _number(text: str, place: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ExchangeError("amount", f"{place}: «{text}» не число") from error
    if not value.is_finite():
        raise ExchangeError("amount", f"{place}: «{text}» не число")
    return value.normalize() if value else Decimal(0)
