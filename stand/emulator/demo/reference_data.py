"""Reference data of the demo company: catalogs, accounts, rates, nodes of exchange plans; out of `data/*.toml` of its folder.

The same whatever the seed, so exchange samples can name goods and counterparties; only the number of customers grows with the size.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from stand.emulator.behaviour.expressions import money
from stand.emulator.database.bulk import Bulk
from stand.emulator.demo import requisites
from stand.emulator.demo.reference_accounting import write_accounting
from stand.emulator.demo.reference_items import Items
from stand.emulator.demo.reference_partners import write_organisations, write_partners, write_people
from stand.emulator.demo.world import PERIOD_END, PERIOD_START, Good, World
from stand.emulator.loaders.company import read_toml

if TYPE_CHECKING:
    from pathlib import Path

    from stand.emulator.database.infobase import Session
    from stand.emulator.rows import Ref, Row

__all__ = ["write_reference_data"]

_ACCOUNTING_START = datetime(2019, 1, 1)  # noqa: DTZ001 - dates of 1C have no zone
_SEED = 20260101
_MARKUP = (36, 54)


def write_reference_data(session: Session, folder: Path, documents: int) -> World:
    """Writes all reference data and says what is there.

    Args:
        session: writes.
        folder: the company's folder.
        documents: size of the company, by its documents.
    """
    data = {path.stem: read_toml(path) for path in sorted((folder / "data").glob("*.toml"))}
    items = Items(Bulk(session), Random(_SEED))  # noqa: S311 - reproducible data, nothing secret
    world = World()
    _write_books(items, data["books"], world)
    write_organisations(items, data["partners"], world)
    _write_goods(items, data["goods"], world)
    write_people(items, data["people"], world)
    write_partners(items, data["partners"], world, documents)
    _write_nodes(items, world)
    items.bulk.flush()
    return world


def _write_books(items: Items, books: dict[str, Any], world: World) -> None:
    """Currencies and their rates, the chart of accounts, cash items, kinds of pay and prices, rates of VAT, constants."""
    for code, title, full, letters in (item[:4] for item in books["currencies"]):
        items.add("Catalog_Валюты", title, {"НаименованиеПолное": full, "БуквенныйКод": letters}, code=code)
    write_accounting(items, books)
    for code, title, kind in books["cash_items"]:
        items.add("Catalog_СтатьиДвиженияДенежныхСредств", title, {"ВидДвижения": kind}, code=code)
    cells = {"Валюта": items.currency, "ЦенаВключаетНДС": True}
    kinds = [items.add("Catalog_ВидыЦен", title, cells, code=code) for code, title in books["price_kinds"]]
    world.retail, world.wholesale = kinds
    for kind, rate, percent in books["vat_rates"]:
        row = {"Period": _ACCOUNTING_START, "ВидСтавкиНДС": kind, "Ставка": rate, "Процент": Decimal(percent)}
        items.bulk.independent("InformationRegister_ДействующиеСтавкиНДС", row)
    _write_rates(items, books["currencies"])
    items.constant("ВалютаРегламентированногоУчета", items.currency)
    items.constant("НаименованиеСистемы", "Торговый дом Лукоморье")


def _write_rates(items: Items, currencies: list[list[Any]]) -> None:
    """A daily rate that wanders by less than one per cent a day."""
    for code, *_names, start, multiplicity in currencies[1:]:
        rate = Decimal(start)
        currency = items.reference("Catalog_Валюты", code)
        for day in range((PERIOD_END - PERIOD_START).days + 1):
            rate = money(rate * (1 + Decimal(items.rng.randrange(-80, 81)) / 10000), 4)
            row = {
                "Period": PERIOD_START + timedelta(days=day),
                "Валюта": currency,
                "Курс": rate,
                "Кратность": multiplicity,
            }
            items.bulk.independent("InformationRegister_КурсыВалют", row)


def _write_goods(items: Items, goods: dict[str, Any], world: World) -> None:
    units = {
        title: items.add(
            "Catalog_ЕдиницыИзмерения", title, {"НаименованиеПолное": full, "МеждународноеСокращение": short}, code=code
        )
        for title, (code, full, short) in goods["units"].items()
    }
    groups = [(name, table, False) for name, table in goods["groups"].items()]
    for name, table, service in [*groups, ("Услуги", goods["services"], True)]:
        folder = items.add("Catalog_Номенклатура", name, {"IsFolder": True}, length=11)
        target = world.services if service else world.goods
        for index, item in enumerate(table["items"], 1):
            cells = {
                "Parent": folder,
                "Артикул": f"{table['code']}-{index:03d}",
                "Услуга": service,
                "ЕдиницаИзмерения": units[item[1]],
            }
            target.append(_write_good(items, item, cells))


def _write_good(items: Items, item: list[Any], cells: Row) -> Good:
    title, _unit, vat, price, weight = item
    purchase = Decimal(str(price))
    markup = 0 if cells["Услуга"] else items.rng.randrange(*_MARKUP)
    barcode = "" if cells["Услуга"] else requisites.ean13(items.rng)
    cells |= {"НаименованиеПолное": title, "ВидСтавкиНДС": vat, "Вес": Decimal(str(weight)), "ШтрихКод": barcode}
    reference = items.add("Catalog_Номенклатура", title, cells, length=11)
    return Good(reference, title, purchase, money(purchase * (100 + markup) / 100, 0))


def _write_nodes(items: Items, world: World) -> None:
    """Nodes of exchange plans: this base itself and its correspondents."""
    shop: dict[str, str | Ref] = {
        "ВидЦен": world.retail,
        "Склад": world.organisations[0].warehouses[0],
        "АдресСайта": "https://shop.example.org",
    }
    nodes: list[tuple[str, str, str, str, dict[str, str | Ref]]] = [
        ("ОбменССайтом", "ЦБ", "САЙТ", "Интернет-магазин", shop),
        ("ОбменСФилиалом", "ЦБ", "Ф01", "Филиал в Твери", {}),
        ("ОбменСCRM", "ЦБ", "CRM", "CRM отдела продаж", {}),
        (
            "СинхронизацияДанныхЧерезУниверсальныйФормат",
            "ТЗ",
            "БП",
            "Бухгалтерия предприятия",
            {"ВерсияФорматаОбмена": "1.17"},
        ),
    ]
    for plan, own, code, title, cells in nodes:
        items.add(f"ExchangePlan_{plan}", "Торговля и зарплата", {"SentNo": 0, "ReceivedNo": 0}, code=own)
        items.add(f"ExchangePlan_{plan}", title, {"SentNo": 0, "ReceivedNo": 0, **cells}, code=code)
