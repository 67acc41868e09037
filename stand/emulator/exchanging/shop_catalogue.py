"""What the base tells the web shop: goods, offers with prices and stock, states of orders; CommerceML (facts/exchanges.md 3.1)."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from stand.emulator.exchanging.common import Context, node_row, now
from stand.emulator.rows import Ref

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stand.emulator.rows import Row

__all__ = ["catalogue_files", "export_offers", "statuses_file"]

_GOODS = "Catalog_Номенклатура"
_ROOT = "КоммерческаяИнформация"


def export_offers(context: Context) -> bytes:
    """Goods and offers in one file: how the exchange by files does it."""
    page, goods = _Page(context), _goods(context)
    _catalogue(context, page, goods)
    _offers(context, page, goods, node_row(context))
    return page.written()


def catalogue_files(context: Context) -> dict[str, bytes]:
    """`import0_1.xml`: classifier and catalogue; `offers0_1.xml`: prices and stock. Both of the same goods."""
    catalogue, offers, goods = _Page(context), _Page(context), _goods(context)
    _catalogue(context, catalogue, goods)
    _offers(context, offers, goods, node_row(context))
    return {"import0_1.xml": catalogue.written(), "offers0_1.xml": offers.written()}


def statuses_file(context: Context, references: Sequence[Ref]) -> bytes:
    """`orders0_1.xml`: numbers, states and marks of orders, back to the site."""
    page = _Page(context)
    table = context.table["orders"]
    for reference in references:
        row = context.session.get(reference.object, reference.id)
        if row is None or not row.get("ИдентификаторСайта"):
            continue
        state = str(context.lookup.table("СостоянияЗаказовДляСайта", row["Состояние"]))
        with page.inside("Документ"):
            page.leaf("Ид", row["ИдентификаторСайта"])
            page.leaf("Номер", row["НомерСайта"])
            page.leaf("Дата", f"{row['Date']:%Y-%m-%d}")
            page.leaf("ХозОперация", table["operation"])
            page.leaf("Сумма", f"{row['СуммаДокумента']:.2f}")
            with page.inside("ЗначенияРеквизитов"):
                for name, value in (
                    ("Статус заказа", state),
                    ("Номер по 1С", f"{table.get('number_prefix', '')}{row['Number']}"),
                    ("Проведен", _flag(value=bool(row["Posted"]))),
                    ("ПометкаУдаления", _flag(value=bool(row["DeletionMark"]))),
                ):
                    page.pair("ЗначениеРеквизита", ("Наименование", name), ("Значение", value))
    return page.written()


class _Page:
    """A file of CommerceML as it is written, element by element: a catalogue is thousands of them, so no tree is built."""

    def __init__(self, context: Context) -> None:
        head = (
            f" xmlns={quoteattr(str(context.table['namespace']))}"
            f' ВерсияСхемы={quoteattr(str(context.table["schema_version"]))} ДатаФормирования="{now().isoformat()}"'
        )
        self._parts = ["<?xml version='1.0' encoding='UTF-8'?>\n", f"<{_ROOT}{head}>\n"]

    def leaf(self, name: str, text: object = "", attributes: str = "") -> None:
        """An element with text; `attributes` as they are written, with a blank in front."""
        said = escape(str(text))
        self._parts.append(f"<{name}{attributes}>{said}</{name}>\n" if said else f"<{name}{attributes}/>\n")

    def pair(self, name: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        """An element of two."""
        with self.inside(name):
            self.leaf(*first)
            self.leaf(*second)

    @contextmanager
    def inside(self, name: str, attributes: str = "") -> Iterator[None]:
        """An element that holds what is written within."""
        self._parts.append(f"<{name}{attributes}>\n")
        yield
        self._parts.append(f"</{name}>\n")

    def written(self) -> bytes:
        """The whole file."""
        return "".join([*self._parts, f"</{_ROOT}>"]).encode()


def _goods(context: Context) -> list[Row]:
    rows = context.session.select(_GOODS, where={"DeletionMark": False}, order=("Code",))
    return [row for row in rows if not row["Услуга"]]


def _flag(*, value: bool) -> str:
    return "true" if value else "false"


def _catalogue(context: Context, page: _Page, goods: list[Row]) -> None:
    ident = str(context.table["catalogue"])
    with page.inside("Классификатор"):
        page.leaf("Ид", ident)
        page.leaf("Наименование", "Классификатор (Каталог товаров)")
        with page.inside("Группы"):
            for row in goods:
                if row["IsFolder"]:
                    page.pair("Группа", ("Ид", row["Ref"].id), ("Наименование", row["Description"]))
        with page.inside("Свойства"):
            for name, property_id in context.table["properties"].items():
                page.pair("Свойство", ("Ид", str(property_id)), ("Наименование", name))
    with page.inside("Каталог", _only_changes(context)):
        page.leaf("Ид", ident)
        page.leaf("ИдКлассификатора", ident)
        page.leaf("Наименование", "Каталог товаров")
        with page.inside("Товары"):
            for row in goods:
                if not row["IsFolder"]:
                    _good(context, page, row)


def _only_changes(context: Context) -> str:
    return f' СодержитТолькоИзменения="{_flag(value=bool(context.table["only_changes"]))}"'


def _good(context: Context, page: _Page, row: Row) -> None:
    with page.inside("Товар"):
        page.leaf("Ид", row["Ref"].id)
        page.leaf("Артикул", row["Артикул"])
        page.leaf("Наименование", row["Description"])
        unit = context.lookup.resolve(row["ЕдиницаИзмерения"])
        if unit is not None:
            told = f" Код={quoteattr(unit['Code'])} НаименованиеПолное={quoteattr(unit['НаименованиеПолное'])}"
            page.leaf("БазоваяЕдиница", unit["Description"], told)
        if not row["Parent"].empty:
            with page.inside("Группы"):
                page.leaf("Ид", row["Parent"].id)
        with page.inside("ЗначенияСвойств"):
            for name, ident in context.table["properties"].items():
                if name in row:  # an attribute the release took away: the site gets the goods without it
                    page.pair("ЗначенияСвойства", ("Ид", str(ident)), ("Значение", _shown(context, row[name])))
        with page.inside("СтавкиНалогов"):
            rate = str(context.lookup.table("СтавкиНДСДляСайта", row["ВидСтавкиНДС"]))
            page.pair("СтавкаНалога", ("Наименование", "НДС"), ("Ставка", rate))


@dataclass(frozen=True, slots=True)
class _Stock:
    prices: dict[Ref, Decimal]
    rests: dict[Ref, Decimal]
    price_type: str
    store: str


def _offers(context: Context, page: _Page, goods: list[Row], node: Row) -> None:
    catalogue, stock = str(context.table["catalogue"]), _stock(context, node)
    kind = context.lookup.resolve(node["ВидЦен"]) or {}
    with page.inside("ПакетПредложений", _only_changes(context)):
        page.leaf("Ид", f"{catalogue}#")
        page.leaf("Наименование", "Пакет предложений")
        page.leaf("ИдКаталога", catalogue)
        page.leaf("ИдКлассификатора", catalogue)
        with page.inside("ТипыЦен"), page.inside("ТипЦены"):
            page.leaf("Ид", stock.price_type)
            page.leaf("Наименование", kind.get("Description", ""))
            page.leaf("Валюта", "RUB")
        with page.inside("Предложения"):
            for row in goods:
                if not row["IsFolder"] and row["Ref"] in stock.prices:
                    _offer(context, page, row, stock)


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


def _offer(context: Context, page: _Page, row: Row, stock: _Stock) -> None:
    unit = (context.lookup.resolve(row["ЕдиницаИзмерения"]) or {}).get("Description", "")
    price, rest = f"{stock.prices[row['Ref']]:.2f}", f"{stock.rests.get(row['Ref'], Decimal(0)):f}"
    price = price.replace(".", str(context.table.get("decimal_point", ".")))
    ident = row["Ref"].id
    with page.inside("Предложение"):
        page.leaf("Ид", f"{ident}#{ident}" if context.table.get("offer_characteristic") else ident)
        page.leaf("Артикул", row["Артикул"])
        page.leaf("Наименование", row["Description"])
        with page.inside("ХарактеристикиТовара"):
            for name in context.table["characteristics"]:
                page.pair("ХарактеристикаТовара", ("Наименование", name), ("Значение", _shown(context, row[name])))
        with page.inside("Цены"), page.inside("Цена"):
            page.leaf("Представление", f"{price} руб. за {unit}")
            page.leaf("ИдТипаЦены", stock.price_type)
            page.leaf("ЦенаЗаЕдиницу", price)
            page.leaf("Валюта", "RUB")
        page.leaf("Количество", rest)
        page.leaf("Склад", attributes=f' ИдСклада={quoteattr(stock.store)} КоличествоНаСкладе="{rest}"')


def _shown(context: Context, value: Any) -> str:
    if isinstance(value, Ref):
        return str((context.lookup.resolve(value) or {}).get("Description", ""))
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
