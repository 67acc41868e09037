"""What the base tells the web shop: goods, offers with prices and stock, states of orders; CommerceML (facts/exchanges.md 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stand.emulator.exchanging.common import Context, default_namespace, node_row, now
from stand.emulator.rows import Ref

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

    from stand.emulator.rows import Row

__all__ = ["export_offers", "goods_file", "offers_file", "statuses_file"]

_GOODS = "Catalog_Номенклатура"
_ORDERS = "Document_ЗаказПокупателя"


def export_offers(context: Context) -> bytes:
    """Goods and offers in one file: how the exchange by files does it."""
    root, goods = _root(context), _goods(context)
    _catalogue(context, root, goods)
    _offers(context, root, goods, node_row(context))
    return _written(root)


def goods_file(context: Context) -> bytes:
    """`import0_1.xml`: classifier and catalogue."""
    root = _root(context)
    _catalogue(context, root, _goods(context))
    return _written(root)


def offers_file(context: Context) -> bytes:
    """`offers0_1.xml`: prices and stock."""
    root = _root(context)
    _offers(context, root, _goods(context), node_row(context))
    return _written(root)


def statuses_file(context: Context, references: Sequence[Ref]) -> bytes:
    """`orders0_1.xml`: numbers, states and marks of orders, back to the site."""
    root = _root(context)
    table = context.table["orders"]
    for reference in references:
        row = context.session.get(reference.object, reference.id)
        if row is None or not row.get("ИдентификаторСайта"):
            continue
        item = _element(root, "Документ")
        for name, value in (
            ("Ид", row["ИдентификаторСайта"]),
            ("Номер", row["НомерСайта"]),
            ("Дата", f"{row['Date']:%Y-%m-%d}"),
            ("ХозОперация", table["operation"]),
            ("Сумма", f"{row['СуммаДокумента']:.2f}"),
        ):
            _element(item, name, str(value))
        holder = _element(item, "ЗначенияРеквизитов")
        state = str(context.lookup.table("СостоянияЗаказовДляСайта", row["Состояние"]))
        for name, value in (
            ("Статус заказа", state),
            ("Номер по 1С", f"{table.get('number_prefix', '')}{row['Number']}"),
            ("Проведен", _flag(value=bool(row["Posted"]))),
            ("ПометкаУдаления", _flag(value=bool(row["DeletionMark"]))),
        ):
            detail = _element(holder, "ЗначениеРеквизита")
            _element(detail, "Наименование", name)
            _element(detail, "Значение", value)
    return _written(root)


def _root(context: Context) -> _Element:
    from lxml import etree

    namespace = str(context.table["namespace"])
    root = etree.Element(f"{{{namespace}}}КоммерческаяИнформация", nsmap=default_namespace(namespace))
    root.set("ВерсияСхемы", str(context.table["schema_version"]))
    root.set("ДатаФормирования", now().isoformat())
    return root


def _goods(context: Context) -> list[Row]:
    rows = context.session.select(_GOODS, where={"DeletionMark": False}, order=("Code",))
    return [row for row in rows if not row["Услуга"]]


def _written(root: _Element) -> bytes:
    from lxml import etree

    etree.indent(root, "\t")
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _element(parent: _Element, name: str, text: str = "") -> _Element:
    from lxml import etree

    result = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    if text:
        result.text = text
    return result


def _flag(*, value: bool) -> str:
    return "true" if value else "false"


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
    properties = _element(classifier, "Свойства")
    for name, ident in context.table["properties"].items():
        item = _element(properties, "Свойство")
        _element(item, "Ид", str(ident))
        _element(item, "Наименование", name)
    catalogue = _element(root, "Каталог")
    catalogue.set("СодержитТолькоИзменения", _flag(value=bool(context.table["only_changes"])))
    _element(catalogue, "Ид", str(context.table["catalogue"]))
    _element(catalogue, "ИдКлассификатора", str(context.table["catalogue"]))
    _element(catalogue, "Наименование", "Каталог товаров")
    items = _element(catalogue, "Товары")
    for row in goods:
        if not row["IsFolder"]:
            _good(context, _element(items, "Товар"), row)


def _good(context: Context, item: _Element, row: Row) -> None:
    _element(item, "Ид", row["Ref"].id)
    _element(item, "Артикул", row["Артикул"])
    _element(item, "Наименование", row["Description"])
    unit = context.lookup.resolve(row["ЕдиницаИзмерения"])
    if unit is not None:
        element = _element(item, "БазоваяЕдиница", unit["Description"])
        element.set("Код", unit["Code"])
        element.set("НаименованиеПолное", unit["НаименованиеПолное"])
    if not row["Parent"].empty:
        _element(_element(item, "Группы"), "Ид", row["Parent"].id)
    values = _element(item, "ЗначенияСвойств")
    for name, ident in context.table["properties"].items():
        if name not in row:  # an attribute the release took away: the site gets the goods without it
            continue
        one = _element(values, "ЗначенияСвойства")
        _element(one, "Ид", str(ident))
        _element(one, "Значение", _shown(context, row[name]))
    rate = _element(_element(item, "СтавкиНалогов"), "СтавкаНалога")
    _element(rate, "Наименование", "НДС")
    _element(rate, "Ставка", str(context.lookup.table("СтавкиНДСДляСайта", row["ВидСтавкиНДС"])))


@dataclass(frozen=True, slots=True)
class _Stock:
    prices: dict[Ref, Decimal]
    rests: dict[Ref, Decimal]
    price_type: str
    store: str


def _offers(context: Context, root: _Element, goods: list[Row], node: Row) -> None:
    package = _element(root, "ПакетПредложений")
    package.set("СодержитТолькоИзменения", _flag(value=bool(context.table["only_changes"])))
    catalogue = str(context.table["catalogue"])
    _element(package, "Ид", f"{catalogue}#")
    _element(package, "Наименование", "Пакет предложений")
    _element(package, "ИдКаталога", catalogue)
    _element(package, "ИдКлассификатора", catalogue)
    stock = _stock(context, node)
    kind = context.lookup.resolve(node["ВидЦен"]) or {}
    price_type = _element(_element(package, "ТипыЦен"), "ТипЦены")
    _element(price_type, "Ид", stock.price_type)
    _element(price_type, "Наименование", str(kind.get("Description", "")))
    _element(price_type, "Валюта", "RUB")
    offers = _element(package, "Предложения")
    for row in goods:
        if not row["IsFolder"] and row["Ref"] in stock.prices:
            _offer(context, _element(offers, "Предложение"), row, stock)


def _stock(context: Context, node: Row) -> _Stock:
    prices = context.session.slice_last("InformationRegister_ЦеныНоменклатуры", where={"ВидЦен": node["ВидЦен"]})
    rests = context.session.balance(
        "AccumulationRegister_ТоварыНаСкладах", dimensions=("Номенклатура",), where={"Склад": node["Склад"]}
    )
    return _Stock(
        {row["Номенклатура"]: row["Цена"] for row in prices},
        {row["Номенклатура"]: row["КоличествоBalance"] for row in rests},
        str(context.table.get("price_type") or node["ВидЦен"].id),
        str(context.table.get("store") or node["Склад"].id),
    )


def _offer(context: Context, offer: _Element, row: Row, stock: _Stock) -> None:
    unit = (context.lookup.resolve(row["ЕдиницаИзмерения"]) or {}).get("Description", "")
    price, rest = f"{stock.prices[row['Ref']]:.2f}", f"{stock.rests.get(row['Ref'], Decimal(0)):f}"
    price = price.replace(".", str(context.table.get("decimal_point", ".")))
    ident = row["Ref"].id
    _element(offer, "Ид", f"{ident}#{ident}" if context.table.get("offer_characteristic") else ident)
    _element(offer, "Артикул", row["Артикул"])
    _element(offer, "Наименование", row["Description"])
    holder = _element(offer, "ХарактеристикиТовара")
    for name in context.table["characteristics"]:
        one = _element(holder, "ХарактеристикаТовара")
        _element(one, "Наименование", name)
        _element(one, "Значение", _shown(context, row[name]))
    cell = _element(_element(offer, "Цены"), "Цена")
    _element(cell, "Представление", f"{price} руб. за {unit}")
    _element(cell, "ИдТипаЦены", stock.price_type)
    _element(cell, "ЦенаЗаЕдиницу", price)
    _element(cell, "Валюта", "RUB")
    _element(offer, "Количество", rest)
    place = _element(offer, "Склад")
    place.set("ИдСклада", stock.store)
    place.set("КоличествоНаСкладе", rest)


def _shown(context: Context, value: Any) -> str:
    if isinstance(value, Ref):
        return str((context.lookup.resolve(value) or {}).get("Description", ""))
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
