from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.errors import ConfigError, UsageError
from stand.emulator.behaviour.attached import attach_behaviour
from stand.emulator.company import create_demo
from stand.emulator.demo.requisites import is_inn
from tests.stand.emulator.demo import DOCUMENTS, PASSWORD, company, got

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase, Session

STOCK = "AccumulationRegister_ТоварыНаСкладах"
BOOKS = "AccountingRegister_Хозрасчетный"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


def documents_of(infobase: Infobase) -> list[str]:
    return [name for name in infobase.configuration.objects if name.startswith("Document_")]


def test_there_are_as_many_documents_as_asked_and_some_of_every_kind(base: Infobase) -> None:
    with base.reading() as session:
        counts = {name: len(list(session.select(name, sections=False))) for name in documents_of(base)}
    assert sum(counts.values()) == DOCUMENTS
    assert min(counts.values()) > 0, counts


def test_the_same_seed_gives_the_same_company_and_another_another(tmp_path: Path) -> None:
    prints = []
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        infobase = create_demo(tmp_path / name, password=PASSWORD, documents=80, seed=seed)
        prints.append(infobase.fingerprint())
        infobase.close()
    first, again, other = ({key: value for key, value in item.items() if key != "_users"} for item in prints)
    assert first == again
    assert first["Document_ЗаказПокупателя"] != other["Document_ЗаказПокупателя"]
    assert first["Catalog_Номенклатура"] == other["Catalog_Номенклатура"]


def test_debits_equal_credits_and_the_goods_of_both_accounts_agree(base: Infobase) -> None:
    with base.reading() as session:
        accounts = {
            got(session, row["Account"])["Code"]: row["СуммаBalance"]
            for row in session.balance(BOOKS, dimensions=("Account",))
        }
        stock = sum(row["СтоимостьBalance"] for row in session.balance(STOCK))
        money = sum(row["СуммаBalance"] for row in session.balance("AccumulationRegister_ДенежныеСредства"))
        staff = sum(row["СуммаBalance"] for row in session.balance("AccumulationRegister_ВзаиморасчетыССотрудниками"))
        owed = sum(row["СуммаBalance"] for row in session.balance("AccumulationRegister_ВзаиморасчетыСКонтрагентами"))
    assert sum(accounts.values()) == 0
    assert accounts["41.01"] == stock
    assert accounts["51"] == money
    assert -accounts["70"] == staff
    assert accounts["62.01"] + accounts["60.01"] == owed
    assert accounts.get("44.01", Decimal(0)) == 0, "месяцы закрыты"
    assert accounts.get("19.03", Decimal(0)) == 0


def test_stock_never_goes_below_zero_and_neither_does_money(base: Infobase) -> None:
    with base.reading() as session:
        for register, dimensions, resource in (
            (STOCK, ("Номенклатура", "Склад"), "Количество"),
            ("AccumulationRegister_ДенежныеСредства", ("БанковскийСчет",), "Сумма"),
        ):
            left: Counter[object] = Counter()
            for row in session.records(register):
                key = tuple(row[name] for name in dimensions)
                left[key] += row[resource] if row["RecordType"] == "Receipt" else -row[resource]
                assert left[key] >= 0, (register, row)


def test_posting_again_changes_nothing(base: Infobase) -> None:
    with base.transaction() as session:
        for name in documents_of(base):
            for row in list(session.select(name, where={"Posted": True}, sections=False)):
                before = _records(session, name, row)
                session.post(name, row["Ref"])
                assert _records(session, name, row) == before, (name, row["Number"])


def _records(session: Session, name: str, row: dict[str, object]) -> dict[str, list[dict[str, object]]]:
    return {register: list(session.records(register, recorder=row["Ref"])) for register in session.registers_of(name)}  # type: ignore[arg-type]


def test_everything_is_filled_believably(base: Infobase) -> None:
    with base.reading() as session:
        partners = [row for row in session.select("Catalog_Контрагенты") if not row["IsFolder"]]
        assert all(
            is_inn(row["ИНН"])
            for row in (*partners, *session.select("Catalog_Организации"), *session.select("Catalog_ФизическиеЛица"))
        )
        assert len({row["ИНН"] for row in partners}) == len(partners)
        for order in session.select("Document_ЗаказПокупателя"):
            assert order["СуммаДокумента"] == sum(line["Сумма"] for line in order["Товары"]) > 0
            for line in order["Товары"]:
                assert line["Сумма"] == line["Количество"] * line["Цена"]
                assert line["СуммаНДС"] > 0
            assert order["Контрагент"] == got(session, order["Договор"])["Owner"]
        for name in documents_of(base):
            numbers = [row["Number"] for row in session.select(name, sections=False)]
            assert len(set(numbers)) == len(numbers)


def test_users_have_the_password_of_the_run_and_their_roles(base: Infobase) -> None:
    users = {user.name: user for user in base.users()}
    assert users["Администратор"].full_rights
    assert users["Менеджер Иванова"].roles == ("МенеджерПоПродажам",)
    assert PASSWORD not in repr(users)


def test_the_stand_is_marked_and_isolated_unless_told_otherwise(tmp_path: Path, base: Infobase) -> None:
    assert base.get_setting("stand.mark") == base.get_setting("isolation.jobs_blocked") == "1"
    other = create_demo(tmp_path / "production.db", password=PASSWORD, documents=60, stand=False)
    assert other.get_setting("stand.mark") == other.get_setting("isolation.external_blocked") == "0"
    other.close()


def test_new_items_go_on_where_the_generator_stopped(base: Infobase) -> None:
    with base.transaction() as session:
        last = max(row["Code"] for row in session.select("Catalog_Контрагенты"))
        row: dict[str, object] = {"Description": "Новый"}
        session.put("Catalog_Контрагенты", row)
        assert int(str(row["Code"])) == int(last) + 1


def test_too_few_documents_and_an_unknown_release_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="не меньше 60"):
        create_demo(tmp_path / "few.db", password=PASSWORD, documents=10)
    with pytest.raises(ConfigError, match="Нет релиза"):
        create_demo(tmp_path / "few.db", password=PASSWORD, release="9.9")
    assert not (tmp_path / "few.db").exists()
    create_demo(tmp_path / "few.db", password=PASSWORD, documents=60).close()


def test_behaviour_comes_from_the_base_itself(base: Infobase) -> None:
    assert attach_behaviour(base).configuration.version == "2.0.14.7"
