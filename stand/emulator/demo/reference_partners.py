"""Organisations, counterparties with contracts and accounts, people of the generated company. All fictional, with valid check digits."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from stand.emulator.demo import requisites
from stand.emulator.demo.world import Organisation, Partner, World

if TYPE_CHECKING:
    from stand.emulator.demo.reference_items import Items
    from stand.emulator.rows import Ref, Row

__all__ = ["write_organisations", "write_partners", "write_people"]

_LEAST_CUSTOMERS = 24
_DOCUMENTS_EACH = 100
_TERMS = (0, 7, 14, 21, 30)
_REGIONS = ("77", "78", "50", "52", "66", "16", "63")


def write_organisations(items: Items, partners: dict[str, Any], world: World) -> None:
    """Organisations with a current account and warehouses; the first is the main one."""
    for table in partners["organisations"]:
        code = items.next_code("Catalog_Организации")
        ref = items.reference("Catalog_Организации", code)
        inn = requisites.inn_company(items.rng, table["region"])
        account = items.account(ref, partners["bank"])
        place = {"Организация": ref, "Адрес": f"Регион {table['region']}, адрес вымышлен"}
        warehouses = tuple(items.add("Catalog_Склады", name, place) for name in table["warehouses"])
        cells: Row = {"НаименованиеПолное": table["full"], "ИНН": inn, "КПП": requisites.kpp(inn)}
        cells |= {
            "ОГРН": requisites.ogrn(items.rng, table["region"]),
            "Префикс": table["prefix"],
            "ОсновнойБанковскийСчет": account,
        }
        items.add("Catalog_Организации", table["name"], cells, code=code)
        world.organisations.append(Organisation(ref, table["prefix"], account, warehouses))
    items.constant("ОсновнаяОрганизация", world.organisations[0].ref)


def write_people(items: Items, people: dict[str, Any], world: World) -> None:
    """Departments, people, employees, managers."""
    departments = {name: items.add("Catalog_Подразделения", name) for name in people["departments"]}
    by_name: dict[str, Ref] = {}
    for name, department, position, salary, number in people["employees"]:
        born = datetime(1965, 1, 1) + timedelta(days=items.rng.randrange(13000))  # noqa: DTZ001 - dates of 1C have no zone
        hired = datetime(2018, 1, 15) + timedelta(days=items.rng.randrange(2500))  # noqa: DTZ001 - as above
        cells = {
            "ИНН": requisites.inn_person(items.rng, "77"),
            "СНИЛС": requisites.snils(items.rng),
            "ДатаРождения": born,
        }
        person = by_name[name] = items.add("Catalog_ФизическиеЛица", name, cells, length=10)
        organisation = world.organisations[number - 1].ref
        row: Row = {"Организация": organisation, "ФизическоеЛицо": person, "Подразделение": departments[department]}
        row |= {"Должность": position, "Оклад": Decimal(salary), "ДатаПриема": hired}
        employee = items.add("Catalog_Сотрудники", name, row, length=10)
        world.employees.setdefault(organisation, []).append(employee)
    world.managers = [
        items.add("Catalog_Пользователи", name, {"ФизическоеЛицо": by_name[name]}) for name in people["managers"]
    ]


def write_partners(items: Items, partners: dict[str, Any], world: World, documents: int) -> None:
    """Customers, the more the larger the company, and suppliers."""
    folders = {
        name: items.add("Catalog_Контрагенты", name, {"IsFolder": True}) for name in ("Покупатели", "Поставщики")
    }
    table = partners["customers"]
    names = [f"{first}{second}" for second in table["second"] for first in table["first"]]
    wanted = max(_LEAST_CUSTOMERS, min(len(names), documents // _DOCUMENTS_EACH))
    buyer = {"Parent": folders["Покупатели"], "ВидДоговора": "СПокупателем"}
    supplier = {"Parent": folders["Поставщики"], "ВидДоговора": "СПоставщиком"}
    bank = partners["partner_bank"]
    for name in names[:wanted]:
        world.customers.append(_partner(items, world, f"ООО «{name}»", buyer, bank))
    for name in partners["private"]["names"]:
        world.customers.append(_partner(items, world, name, {**buyer, "person": True}, bank))
    for name in partners["suppliers"]["names"]:
        world.suppliers.append(_partner(items, world, f"ООО «{name}»", supplier, bank))


def _partner(items: Items, world: World, name: str, what: dict[str, Any], bank: dict[str, str]) -> Partner:
    rng = items.rng
    person = bool(what.get("person"))
    region = rng.choice(_REGIONS)
    inn = requisites.inn_person(rng, region) if person else requisites.inn_company(rng, region)
    code = items.next_code("Catalog_Контрагенты")
    ref = items.reference("Catalog_Контрагенты", code)
    term = rng.choice(_TERMS)
    contracts = {
        organisation.ref: _contract(
            items, ref, organisation, {"ВидДоговора": what["ВидДоговора"], "СрокОплаты": term}, int(code)
        )
        for organisation in world.organisations
    }
    account = items.account(ref, bank)
    full = name.replace("ООО ", "Общество с ограниченной ответственностью ")
    row: Row = {
        "Parent": what["Parent"],
        "НаименованиеПолное": full,
        "ИНН": inn,
        "КПП": "" if person else requisites.kpp(inn),
    }
    row |= {"КодПоОКПО": requisites.digits(rng, 10 if person else 8), "ЭлектроннаяПочта": f"buh{int(code)}@example.org"}
    row |= {"ЮридическоеФизическоеЛицо": "ФизическоеЛицо" if person else "ЮридическоеЛицо"}
    row["ОсновнойДоговор"] = contracts[world.organisations[0].ref]
    items.add("Catalog_Контрагенты", name, row, code=code)
    return Partner(ref, name, contracts, account, term)


def _contract(items: Items, owner: Ref, organisation: Organisation, cells: Row, number: int) -> Ref:
    signed = datetime(2024, 1, 10) + timedelta(days=items.rng.randrange(600))  # noqa: DTZ001 - as above
    text = f"{number}/{organisation.prefix}-{signed:%y}"
    row: Row = {"Owner": owner, "Организация": organisation.ref, "НомерДоговора": text, "ДатаДоговора": signed}
    return items.add(
        "Catalog_ДоговорыКонтрагентов",
        f"Договор {text} от {signed:%d.%m.%Y}",
        {**row, **cells, "Валюта": items.currency},
    )
