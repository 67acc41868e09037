"""Reference data of the demo company: catalogs, accounts, rates, nodes of exchange plans; out of `data/*.toml` of its folder.

The same whatever the seed, so exchange samples can name goods and counterparties; only the number of customers grows with the size.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from stand.emulator import requisites
from stand.emulator.bulk import Bulk, stable_ref
from stand.emulator.expressions import money
from stand.emulator.loaders.company import read_toml
from stand.emulator.rows import EMPTY, Ref, Row

if TYPE_CHECKING:
    from pathlib import Path

    from stand.emulator.infobase import Session

__all__ = ["Good", "Organisation", "Partner", "World", "write_reference_data"]

PERIOD_START = datetime(2026, 1, 1)  # noqa: DTZ001 - dates of 1C have no zone
PERIOD_END = datetime(2026, 3, 31, 23, 59, 59)  # noqa: DTZ001 - as above
_ACCOUNTING_START = datetime(2019, 1, 1)  # noqa: DTZ001 - as above
_SEED = 20260101
_CUSTOMERS_EACH = 100
_MARKUP = (36, 54)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation with what its documents need."""

    ref: Ref
    prefix: str
    account: Ref
    warehouses: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Partner:
    """A customer or a supplier; contract by organisation."""

    ref: Ref
    name: str
    contracts: dict[Ref, Ref]
    account: Ref
    term: int


@dataclass(frozen=True, slots=True)
class Good:
    """Goods or a service: purchase and retail price with VAT."""

    ref: Ref
    name: str
    purchase: Decimal
    retail: Decimal


@dataclass(slots=True)
class World:
    """All a generator of documents may use."""

    organisations: list[Organisation] = field(default_factory=list)
    customers: list[Partner] = field(default_factory=list)
    suppliers: list[Partner] = field(default_factory=list)
    goods: list[Good] = field(default_factory=list)
    services: list[Good] = field(default_factory=list)
    managers: list[Ref] = field(default_factory=list)
    employees: dict[Ref, list[Ref]] = field(default_factory=dict)
    cash_items: dict[str, Ref] = field(default_factory=dict)
    retail: Ref = Ref("Catalog_ВидыЦен", EMPTY)
    wholesale: Ref = Ref("Catalog_ВидыЦен", EMPTY)


def write_reference_data(session: Session, folder: Path, documents: int) -> World:
    """Writes all reference data and says what is there."""
    return _Writer(session, folder).write(documents)


class _Writer:
    def __init__(self, session: Session, folder: Path) -> None:
        self._bulk = Bulk(session)
        self._data: dict[str, Any] = {path.stem: read_toml(path) for path in sorted((folder / "data").glob("*.toml"))}
        self._rng = Random(_SEED)  # noqa: S311 - reproducible data, nothing secret
        self._world = World()
        self._codes: dict[str, int] = {}
        self._currency = stable_ref("Catalog_Валюты", "643")

    def write(self, documents: int) -> World:
        self._books()
        self._organisations()
        self._goods()
        self._people()
        self._partners(documents)
        self._nodes()
        self._bulk.flush()
        return self._world

    def _item(self, name: str, description: str, *, code: str = "", length: int = 9, **cells: Any) -> Ref:
        """A catalog item; the next code of this length when none is given. The code is its identity."""
        if not code:
            number = self._codes[name] = self._codes.get(name, 0) + 1
            code = str(number).zfill(length)
        row: Row = {"Ref": stable_ref(name, code), "Code": code, "Description": description, **cells}
        return self._bulk.add(name, row)

    def _books(self) -> None:
        books = self._data["books"]
        for code, title, full, letters in (item[:4] for item in books["currencies"]):
            self._item("Catalog_Валюты", title, code=code, НаименованиеПолное=full, БуквенныйКод=letters)
        for code, title, kind in books["accounts"]:
            extra = {
                "Order": code.rjust(5),
                "Type": kind,
                "Predefined": True,
                "PredefinedDataName": f"Счет{code.replace('.', '_')}",
            }
            self._item("ChartOfAccounts_Хозрасчетный", title, code=code, OffBalance=False, **extra)
        for code, title, kind in books["cash_items"]:
            self._world.cash_items[code] = self._item(
                "Catalog_СтатьиДвиженияДенежныхСредств", title, code=code, ВидДвижения=kind
            )
        for code, title in books["calculation_types"]:
            self._item("ChartOfCalculationTypes_Начисления", title, code=code)
        kinds = [
            self._item("Catalog_ВидыЦен", title, code=code, Валюта=self._currency, ЦенаВключаетНДС=True)
            for code, title in books["price_kinds"]
        ]
        self._world.retail, self._world.wholesale = kinds
        for kind, rate, percent in books["vat_rates"]:
            row = {"Period": _ACCOUNTING_START, "ВидСтавкиНДС": kind, "Ставка": rate, "Процент": Decimal(percent)}
            self._bulk.independent("InformationRegister_ДействующиеСтавкиНДС", row)
        self._rates(books["currencies"])
        self._constant("ВалютаРегламентированногоУчета", self._currency)
        self._constant("НаименованиеСистемы", "Торговый дом Лукоморье")

    def _rates(self, currencies: list[list[Any]]) -> None:
        """A daily rate that wanders by less than one per cent a day."""
        for code, *_names, start, multiplicity in currencies[1:]:
            rate = Decimal(start)
            for day in range((PERIOD_END - PERIOD_START).days + 1):
                rate = money(rate * (1 + Decimal(self._rng.randrange(-80, 81)) / 10000), 4)
                row = {"Period": PERIOD_START + timedelta(days=day), "Валюта": stable_ref("Catalog_Валюты", code)}
                self._bulk.independent(
                    "InformationRegister_КурсыВалют", {**row, "Курс": rate, "Кратность": multiplicity}
                )

    def _constant(self, name: str, value: Any) -> None:
        self._bulk.independent(f"Constant_{name}", {"SurrogateKey": 0, "Value": value})

    def _account(self, owner: Ref, bank: dict[str, str]) -> Ref:
        number = requisites.account_number(self._rng, bank["bik"])
        cells = {
            "НомерСчета": number,
            "БИК": bank["bik"],
            "НаименованиеБанка": bank["name"],
            "КоррСчет": bank["correspondent"],
        }
        return self._item(
            "Catalog_БанковскиеСчета", f"{number}, {bank['name']}", Owner=owner, Валюта=self._currency, **cells
        )

    def _organisations(self) -> None:
        partners = self._data["partners"]
        for number, table in enumerate(partners["organisations"], 1):
            ref = stable_ref("Catalog_Организации", str(number).zfill(9))
            inn = requisites.inn_company(self._rng, table["region"])
            account = self._account(ref, partners["bank"])
            warehouses = tuple(
                self._item("Catalog_Склады", name, Организация=ref, Адрес=f"{table['region']}, вымышленный адрес")
                for name in table["warehouses"]
            )
            cells = {"ИНН": inn, "КПП": requisites.kpp(inn), "ОГРН": requisites.ogrn(self._rng, table["region"])}
            cells |= {
                "НаименованиеПолное": table["full"],
                "Префикс": table["prefix"],
                "ОсновнойБанковскийСчет": account,
            }
            self._item("Catalog_Организации", table["name"], **cells)
            self._world.organisations.append(Organisation(ref, table["prefix"], account, warehouses))
        self._constant("ОсновнаяОрганизация", self._world.organisations[0].ref)

    def _goods(self) -> None:
        goods = self._data["goods"]
        units = {
            title: self._item(
                "Catalog_ЕдиницыИзмерения", title, code=code, НаименованиеПолное=full, МеждународноеСокращение=short
            )
            for title, (code, full, short) in goods["units"].items()
        }
        groups = [(name, table, False) for name, table in goods["groups"].items()]
        groups.append(("Услуги", goods["services"], True))
        for name, table, service in groups:
            folder = self._item("Catalog_Номенклатура", name, length=11, IsFolder=True)
            target = self._world.services if service else self._world.goods
            for index, item in enumerate(table["items"], 1):
                target.append(self._good(folder, f"{table['code']}-{index:03d}", item, units, service=service))

    def _good(self, folder: Ref, article: str, item: list[Any], units: dict[str, Ref], *, service: bool) -> Good:
        title, unit, vat, price, weight = item
        purchase = Decimal(str(price))
        markup = 0 if service else self._rng.randrange(*_MARKUP)
        retail = money(purchase * (100 + markup) / 100, 0)
        cells: Row = {
            "НаименованиеПолное": title,
            "Артикул": article,
            "ЕдиницаИзмерения": units[unit],
            "ВидСтавкиНДС": vat,
        }
        cells |= {
            "Услуга": service,
            "Вес": Decimal(str(weight)),
            "ШтрихКод": "" if service else requisites.ean13(self._rng),
        }
        ref = self._item("Catalog_Номенклатура", title, length=11, Parent=folder, **cells)
        return Good(ref, title, purchase, retail)

    def _people(self) -> None:
        people = self._data["people"]
        departments = {name: self._item("Catalog_Подразделения", name) for name in people["departments"]}
        by_name: dict[str, Ref] = {}
        for name, department, position, salary, number in people["employees"]:
            born = datetime(1965, 1, 1) + timedelta(days=self._rng.randrange(13000))  # noqa: DTZ001 - as above
            cells = {
                "ИНН": requisites.inn_person(self._rng, "77"),
                "СНИЛС": requisites.snils(self._rng),
                "ДатаРождения": born,
            }
            person = by_name[name] = self._item("Catalog_ФизическиеЛица", name, length=10, **cells)
            organisation = self._world.organisations[number - 1].ref
            hired = datetime(2018, 1, 15) + timedelta(days=self._rng.randrange(2500))  # noqa: DTZ001 - as above
            row = {
                "Организация": organisation,
                "ФизическоеЛицо": person,
                "Подразделение": departments[department],
                "ДатаПриема": hired,
            }
            employee = self._item(
                "Catalog_Сотрудники", name, length=10, Должность=position, Оклад=Decimal(salary), **row
            )
            self._world.employees.setdefault(organisation, []).append(employee)
        self._world.managers = [
            self._item("Catalog_Пользователи", name, ФизическоеЛицо=by_name[name]) for name in people["managers"]
        ]

    def _partners(self, documents: int) -> None:
        table = self._data["partners"]
        folders = {
            name: self._item("Catalog_Контрагенты", name, IsFolder=True) for name in ("Покупатели", "Поставщики")
        }
        firsts, seconds = table["customers"]["first"], table["customers"]["second"]
        names = [f"{first}{second}" for second in seconds for first in firsts]
        wanted = max(24, min(len(names), documents // _CUSTOMERS_EACH))
        for name in names[:wanted]:
            self._world.customers.append(self._partner(f"ООО «{name}»", folders["Покупатели"], kind="СПокупателем"))
        for name in table["private"]["names"]:
            self._world.customers.append(self._partner(name, folders["Покупатели"], kind="СПокупателем", person=True))
        for name in table["suppliers"]["names"]:
            self._world.suppliers.append(self._partner(f"ООО «{name}»", folders["Поставщики"], kind="СПоставщиком"))

    def _partner(self, name: str, folder: Ref, *, kind: str, person: bool = False) -> Partner:
        rng = self._rng
        region = rng.choice(("77", "78", "50", "52", "66", "16", "63"))
        inn = requisites.inn_person(rng, region) if person else requisites.inn_company(rng, region)
        number = self._codes["Catalog_Контрагенты"] = self._codes["Catalog_Контрагенты"] + 1
        code = str(number).zfill(9)
        ref = stable_ref("Catalog_Контрагенты", code)
        term = rng.choice((0, 7, 14, 21, 30))
        contracts: dict[Ref, Ref] = {}
        for index, organisation in enumerate(self._world.organisations):
            signed = datetime(2024, 1, 10) + timedelta(days=rng.randrange(600))  # noqa: DTZ001 - as above
            text = f"{number}/{organisation.prefix}-{signed:%y}"
            cells = {
                "Организация": organisation.ref,
                "ВидДоговора": kind,
                "НомерДоговора": text,
                "ДатаДоговора": signed,
            }
            cells |= {"Валюта": self._currency, "СрокОплаты": term}
            title = f"Договор {text} от {signed:%d.%m.%Y}"
            contracts[organisation.ref] = self._item("Catalog_ДоговорыКонтрагентов", title, Owner=ref, **cells)
            if index == 0:
                main = contracts[organisation.ref]
        account = self._account(ref, self._data["partners"]["partner_bank"])
        row: Row = {
            "Parent": folder,
            "НаименованиеПолное": name.replace("ООО ", "Общество с ограниченной ответственностью "),
            "ИНН": inn,
        }
        row |= {
            "КПП": "" if person else requisites.kpp(inn),
            "КодПоОКПО": requisites.digits(rng, 10 if person else 8),
            "ОсновнойДоговор": main,
        }
        row |= {
            "ЮридическоеФизическоеЛицо": "ФизическоеЛицо" if person else "ЮридическоеЛицо",
            "ЭлектроннаяПочта": f"buh{number}@example.org",
        }
        self._item("Catalog_Контрагенты", name, code=code, **row)
        return Partner(ref, name, contracts, account, term)

    def _nodes(self) -> None:
        warehouse = self._world.organisations[0].warehouses[0]
        numbers = {"SentNo": 0, "ReceivedNo": 0}
        for plan, own, code, title, cells in (
            (
                "ОбменССайтом",
                "ЦБ",
                "САЙТ",
                "Интернет-магазин",
                {"ВидЦен": self._world.retail, "Склад": warehouse, "АдресСайта": "https://shop.example.org"},
            ),
            ("ОбменСФилиалом", "ЦБ", "Ф01", "Филиал в Твери", {}),
            (
                "СинхронизацияДанныхЧерезУниверсальныйФормат",
                "ТЗ",
                "БП",
                "Бухгалтерия предприятия",
                {"ВерсияФорматаОбмена": "1.17"},
            ),
        ):
            name = f"ExchangePlan_{plan}"
            self._item(name, "Торговля и зарплата", code=own, **numbers)
            self._item(name, title, code=code, **numbers, **cells)
