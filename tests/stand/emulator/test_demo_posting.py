from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from stand.emulator.rows import BusinessError, Ref
from tests.stand.emulator.demo import company, customer, got, moment, one, plenty, update_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase, Session
    from stand.emulator.rows import Row

NOON = moment(2026, 3, 31, 12)
BOOKS = "AccountingRegister_Хозрасчетный"
SETTLEMENTS = "AccumulationRegister_ВзаиморасчетыСКонтрагентами"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


def make(session: Session, name: str, **cells: Any) -> Ref:
    reference = session.put(name, {"Date": NOON, **cells})
    session.post(name, reference)
    return reference


def entries(session: Session, document: Ref) -> list[tuple[str, str, Decimal]]:
    rows = session.records(BOOKS, recorder=document)
    return [
        (got(session, row["AccountDr"])["Code"], got(session, row["AccountCr"])["Code"], row["Сумма"]) for row in rows
    ]


def test_order_sale_and_payment_close_the_settlement(base: Infobase) -> None:
    with base.transaction() as session:
        good, warehouse = plenty(session)
        line = {"Номенклатура": good, "Количество": Decimal(2)}
        order = make(
            session, "Document_ЗаказПокупателя", Контрагент=customer(session)["Ref"], Склад=warehouse, Товары=[line]
        )
        ordered = session.get("Document_ЗаказПокупателя", order)
        assert ordered is not None
        assert ordered["Number"].startswith("ЛУ00-")
        assert ordered["СуммаДокумента"] == 2 * ordered["Товары"][0]["Цена"] > 0
        sale = make(session, "Document_РеализацияТоваровУслуг", Заказ=order, Товары=[line])
        due = session.balance(SETTLEMENTS, where={"Заказ": order})[0]["СуммаBalance"]
        assert due == ordered["СуммаДокумента"]
        vat = ordered["Товары"][0]["СуммаНДС"]
        cost = next(session.records("AccumulationRegister_ТоварыНаСкладах", recorder=sale))["Стоимость"]
        assert entries(session, sale) == [("62.01", "90.01", due), ("90.03", "68.02", vat), ("90.02", "41.01", cost)]
        payment = make(session, "Document_ПоступлениеНаРасчетныйСчет", Заказ=order, СуммаДокумента=due)
        assert entries(session, payment) == [("51", "62.01", due)]
        assert session.balance(SETTLEMENTS, where={"Заказ": order}) == []
        assert session.balance("AccumulationRegister_ЗаказыПокупателей", where={"Заказ": order}) == []


def test_more_than_there_is_cannot_be_sold_and_nothing_is_posted(base: Infobase) -> None:
    with base.transaction() as session:
        good, warehouse = plenty(session)
        name = "Document_РеализацияТоваровУслуг"
        lines = [
            {"Номенклатура": good, "Количество": Decimal(1)},
            {"Номенклатура": good, "Количество": Decimal(999999)},
        ]
        sale = session.put(
            name, {"Date": NOON, "Контрагент": customer(session)["Ref"], "Склад": warehouse, "Товары": lines}
        )
        with (
            pytest.raises(BusinessError, match=r"Не хватает товара «.+» на складе «.+»: нужно 999999, есть"),
            session.part(),
        ):
            session.post(name, sale)
        stored = session.get(name, sale)
        assert stored is not None
        assert not stored["Posted"]
        assert list(session.records(BOOKS, recorder=sale)) == []


def test_two_lines_of_one_good_share_its_cost(base: Infobase) -> None:
    with base.transaction() as session:
        good, warehouse = plenty(session)
        register = "AccumulationRegister_ТоварыНаСкладах"
        stock = session.balance(register, period=NOON, where={"Номенклатура": good, "Склад": warehouse})[0]
        half = stock["КоличествоBalance"] // 2
        lines = [
            {"Номенклатура": good, "Количество": half},
            {"Номенклатура": good, "Количество": stock["КоличествоBalance"] - half},
        ]
        sale = make(
            session,
            "Document_РеализацияТоваровУслуг",
            Контрагент=customer(session)["Ref"],
            Склад=warehouse,
            Товары=lines,
        )
        assert sum(row["Стоимость"] for row in session.records(register, recorder=sale)) == stock["СтоимостьBalance"]


def test_a_purchase_brings_goods_without_vat(base: Infobase) -> None:
    with base.transaction() as session:
        good, warehouse = plenty(session)
        supplier = next(row for row in session.select("Catalog_Контрагенты") if "Мебельщик" in row["Description"])
        cells = {
            "Контрагент": supplier["Ref"],
            "Склад": warehouse,
            "Товары": [{"Номенклатура": good, "Количество": Decimal(10), "Цена": Decimal(132)}],
        }
        purchase = make(session, "Document_ПоступлениеТоваровУслуг", **cells)
        stored = session.get("Document_ПоступлениеТоваровУслуг", purchase)
        assert stored is not None
        vat = stored["Товары"][0]["СуммаНДС"]
        assert entries(session, purchase) == [("41.01", "60.01", 1320 - vat), ("19.03", "60.01", vat)]
        assert (
            next(session.records("AccumulationRegister_ТоварыНаСкладах", recorder=purchase))["Стоимость"] == 1320 - vat
        )
        assert next(session.records(SETTLEMENTS, recorder=purchase))["RecordType"] == "Expense"


def test_payroll_is_filled_from_the_salary(base: Infobase) -> None:
    with base.transaction() as session:
        employee = one(session, "Catalog_Сотрудники", Code="0000000001")
        accrual = make(session, "Document_НачислениеЗарплаты", Начисления=[{"Сотрудник": employee["Ref"], "Дней": 20}])
        gross = employee["Оклад"]
        assert entries(session, accrual) == [
            ("44.01", "70", gross),
            ("70", "68.01", gross * 13 / 100),
            ("44.01", "69", gross * 30 / 100),
        ]


def test_a_sum_beyond_all_measure_is_a_refusal_of_the_configuration(base: Infobase) -> None:
    with base.transaction() as session:
        good, warehouse = plenty(session)
        line = {"Номенклатура": good, "Количество": Decimal("1e900"), "Цена": Decimal("1e900")}
        row = {"Date": NOON, "Контрагент": customer(session)["Ref"], "Склад": warehouse, "Товары": [line]}
        with pytest.raises(BusinessError, match="не вычисляется"):
            session.put("Document_ЗаказПокупателя", row)


def test_what_must_be_filled_is_named(base: Infobase) -> None:
    with base.transaction() as session:
        name = "Document_РеализацияТоваровУслуг"
        sale = session.put(name, {"Date": NOON})
        with pytest.raises(BusinessError, match="Поле «Контрагент» не заполнено"):
            session.post(name, sale)
        order = session.put("Document_ЗаказПокупателя", {"Date": NOON, "Контрагент": customer(session)["Ref"]})
        with pytest.raises(BusinessError, match="ни одной строки в список «Товары»"):
            session.post("Document_ЗаказПокупателя", order)


def test_what_is_given_is_not_overwritten(base: Infobase) -> None:
    with base.transaction() as session:
        good, warehouse = plenty(session)
        line = {"Номенклатура": good, "Количество": Decimal(1), "Цена": Decimal("99.5"), "СтавкаНДС": "БезНДС"}
        row = {
            "Date": NOON,
            "Контрагент": customer(session)["Ref"],
            "Склад": warehouse,
            "Number": "Я-7",
            "Товары": [line],
        }
        order = session.get("Document_ЗаказПокупателя", session.put("Document_ЗаказПокупателя", row))
    assert order is not None
    assert (order["Number"], order["СуммаДокумента"], order["Товары"][0]["СуммаНДС"]) == ("Я-7", Decimal("99.5"), 0)


@pytest.mark.parametrize(("day", "rate"), [(31, "НДС20"), (1, "НДС22")])
def test_the_new_rate_holds_from_its_day(base: Infobase, day: int, rate: str) -> None:
    update_with(base)
    with base.transaction() as session:
        good = next(
            row
            for row in session.select("Catalog_Номенклатура")
            if row["ВидСтавкиНДС"] == "Общая" and not row["Услуга"]
        )
        when = moment(2026, 3 if day == 31 else 4, day, 12)
        row: Row = {
            "Date": when,
            "Контрагент": customer(session)["Ref"],
            "Товары": [{"Номенклатура": good["Ref"], "Количество": Decimal(1), "Цена": Decimal(122)}],
        }
        session.put("Document_ЗаказПокупателя", row)
        line = row["Товары"][0]
    assert line["СтавкаНДС"] == rate
    assert line["СуммаНДС"] == (Decimal(22) if rate == "НДС22" else Decimal("20.33"))
