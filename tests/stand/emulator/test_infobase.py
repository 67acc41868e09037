"""Objects, registers, transactions and threads of an infobase."""

from __future__ import annotations

import threading
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.errors import DocumentError
from stand.emulator.database.infobase import BusinessError, Infobase
from stand.emulator.rows import EMPTY, Ref, Row
from tests.stand.emulator.sample import (
    CURRENCY,
    GOODS,
    PEOPLE,
    RATES,
    SALE,
    SALES,
    STOCK,
    sample_base,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.session import Session
    from stand.emulator.model import MetaObject
    from tests.stand.emulator.factory import InfobaseFactory

MOMENT = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - dates of 1C are naive


@pytest.fixture
def base(infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = sample_base(infobase_factory)
    yield infobase
    infobase.close()


def a_sale(session: Session, quantity: str = "2") -> Ref:
    good = session.put(GOODS, {"Description": "Стол"})
    line = {"Товар": good, "Количество": Decimal(quantity), "Цена": Decimal("1.50")}
    return session.put(SALE, {"Date": MOMENT, "Товары": [line, dict(line)]})


def test_an_object_comes_back_whole(base: Infobase) -> None:
    with base.transaction() as session:
        ref = a_sale(session)
    with base.reading() as session:
        row = session.get(SALE, ref)
    assert row is not None
    assert (row["Number"], row["DataVersion"], row["Posted"]) == ("00000000001", "AAAAAAAAAAA=", False)
    assert [line["LineNumber"] for line in row["Товары"]] == [1, 2]
    assert row["Товары"][0]["Количество"] == Decimal(2)
    assert row["Основание"] is None
    assert row["Покупатель"] == Ref(PEOPLE, EMPTY)


def test_a_second_write_keeps_what_it_does_not_name(base: Infobase) -> None:
    with base.transaction() as session:
        ref = a_sale(session)
        session.put(SALE, {"Ref": ref, "Комментарий": "срочно"})
        row = session.get(SALE, ref)
        assert row is not None
        assert (row["Комментарий"], row["Date"], len(row["Товары"])) == ("срочно", MOMENT, 2)
        assert row["DataVersion"] == "AAAAAAAAAAE="
        session.put(SALE, {"Ref": ref, "Товары": []})
        assert session.find(SALE, Ref=ref)[0]["Товары"] == []


def test_numbers_go_on_from_the_greatest_of_the_year(base: Infobase) -> None:
    with base.transaction() as session:
        session.put(SALE, {"Date": MOMENT, "Number": "00000000041"})
        session.put(SALE, {"Date": MOMENT})
        session.put(SALE, {"Date": datetime(2027, 1, 1)})  # noqa: DTZ001 - dates of 1C are naive
        numbers = [row["Number"] for row in session.select(SALE, order=("Date", "Number"))]
        assert numbers == ["00000000041", "00000000042", "00000000001"]
        folder = session.put(GOODS, {"Description": "Мебель", "Code": "000000007"})
        assert session.find(GOODS, Ref=session.put(GOODS, {"Parent": folder}))[0]["Code"] == "000000008"


def a_failure(base: Infobase) -> None:
    with base.transaction() as session:
        a_sale(session)
        raise ZeroDivisionError


def test_nothing_is_left_of_a_transaction_that_failed(base: Infobase) -> None:
    with pytest.raises(ZeroDivisionError):
        a_failure(base)
    with base.reading() as session:
        assert list(session.select(SALE)) == []


def test_an_inner_transaction_fails_alone(base: Infobase) -> None:
    with base.transaction() as outer:
        a_sale(outer)
        with pytest.raises(ZeroDivisionError):
            a_failure(base)
    with base.reading() as session:
        assert len(list(session.select(SALE))) == 1


def test_a_rehearsal_leaves_no_trace_alone_or_inside(base: Infobase) -> None:
    with base.rehearsal() as session:
        a_sale(session)
        assert len(list(session.select(SALE))) == 1
    with base.transaction() as outer:
        kept = a_sale(outer)
        with base.rehearsal() as session:
            session.delete(SALE, kept)
            assert list(session.select(SALE)) == []
    with base.reading() as session:
        assert [row["Ref"] for row in session.select(SALE)] == [kept]


def test_a_reading_session_cannot_write(base: Infobase) -> None:
    with base.reading() as session, pytest.raises(RuntimeError):
        session.put(GOODS, {"Description": "Стол"})


def test_posting_writes_records_and_unposting_takes_them_away(base: Infobase) -> None:
    def posting(_session: Session, _meta: MetaObject, row: Row) -> dict[str, list[Row]]:
        if any(line["Количество"] < 0 for line in row["Товары"]):
            raise BusinessError("Отрицательное количество")
        return {
            STOCK: [
                {"RecordType": "Receipt", "Товар": line["Товар"], "Количество": line["Количество"]}
                for line in row["Товары"]
            ]
        }

    base.hooks.posting = posting
    with base.transaction() as session:
        ref = a_sale(session)
        session.post(SALE, ref)
        records = list(session.records(STOCK, recorder=ref))
        assert [(row["LineNumber"], row["Period"], row["Active"]) for row in records] == [
            (1, MOMENT, True),
            (2, MOMENT, True),
        ]
        assert session.balance(STOCK, dimensions=("Товар",))[0]["КоличествоBalance"] == Decimal(4)
        session.unpost(SALE, ref)
        assert (session.balance(STOCK), session.find(SALE, Ref=ref)[0]["Posted"]) == ([], False)
        bad = a_sale(session, "-1")
    with pytest.raises(BusinessError, match="Отрицательное"), base.transaction() as session:
        session.post(SALE, bad)
    with base.transaction() as session, pytest.raises(BusinessError, match="Помеченный"):
        session.post(SALE, session.put(SALE, {"Ref": ref, "DeletionMark": True}))


def test_a_deleted_document_takes_its_records_along(base: Infobase) -> None:
    with base.transaction() as session:
        ref = a_sale(session)
        session.write_records(SALES, ref, [{"Сумма": Decimal(5)}])
        assert session.delete(SALE, ref)
        assert not session.delete(SALE, ref)
        assert list(session.records(SALES)) == []


def test_handlers_run_before_writing_but_not_in_load_mode(base: Infobase) -> None:
    def fill(_session: Session, meta: MetaObject, row: Row) -> None:
        if str(meta.name) == SALE:
            row["Комментарий"] = "заполнено"

    base.hooks.before_write = fill
    with base.transaction() as session:
        assert session.find(SALE, Ref=session.put(SALE, {"Date": MOMENT}))[0]["Комментарий"] == "заполнено"
        assert session.find(SALE, Ref=session.put(SALE, {"Date": MOMENT}, load=True))[0]["Комментарий"] == ""


def test_independent_records_are_kept_by_their_whole_key(base: Infobase) -> None:
    with base.transaction() as session:
        good = session.put(GOODS, {"Description": "Стол"})
        key = {"Period": MOMENT, "Валюта": "USD"}
        for where in (None, good, Ref(PEOPLE, good.id)):
            session.write_independent(RATES, {**key, "Где": where, "Курс": Decimal("90.1234")})
        session.write_independent(RATES, {**key, "Где": good, "Курс": Decimal(91)})
        rates = [row["Курс"] for row in session.select(RATES, where={"Где": [good, None]})]
        assert sorted(rates) == [Decimal("90.1234"), Decimal(91)]
        assert session.delete_independent(RATES, {**key, "Где": good})
        assert len(session.find(RATES)) == 2


def test_a_constant_is_one_value(base: Infobase) -> None:
    with base.transaction() as session:
        assert session.get(CURRENCY) == {"SurrogateKey": 0, "Value": ""}
        session.put(CURRENCY, {"Value": "RUB"})
        session.put(CURRENCY, {"Value": "KZT"})
    with base.reading() as session:
        assert session.get(CURRENCY) == {"SurrogateKey": 0, "Value": "KZT"}


def test_many_threads_write_and_read_and_nothing_is_lost(base: Infobase) -> None:
    problems: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                with base.transaction() as session:
                    a_sale(session)
                with base.reading() as session:
                    rows = list(session.select(SALE))
                    assert all(len(row["Товары"]) == 2 for row in rows)
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with base.reading() as session:
        numbers = [row["Number"] for row in session.select(SALE)]
    assert (len(numbers), len(set(numbers))) == (60, 60)


def test_writing_what_is_being_read_meets_no_row_twice(base: Infobase) -> None:
    with base.transaction() as session:
        for number in range(5):
            session.put(GOODS, {"Description": f"{number}"})
        seen = 0
        for row in session.select(GOODS, order=("Description",)):
            session.put(GOODS, {**row, "Description": "я" + row["Description"]})
            seen += 1
        assert seen == 5


def test_log_settings_and_users(base: Infobase) -> None:
    with base.transaction("Иванова") as session:
        session.log_event("error", "Проведение", SALE, "не хватило")
    (event,) = base.log()
    assert (event.level, event.metadata, event.user) == ("error", SALE, "Иванова")
    assert base.log("2999-01-01") == []
    base.set_setting("метка", "1")
    assert (base.get_setting("метка"), base.get_setting("нет", "0")) == ("1", "0")
    base.set_user("Иванова", "ёж", roles=("Менеджер",))
    (user,) = base.users()
    assert (user.name, user.roles, user.full_rights) == ("Иванова", ("Менеджер",), False)
    assert "ёж" not in str(base.fingerprint())
    assert user.digest not in repr(user)


def test_a_write_inside_a_reading_session_is_not_lost(base: Infobase) -> None:
    with base.reading() as session:
        assert list(session.select(GOODS)) == []
        base.set_setting("шаг", "1")
        with base.transaction() as inner:
            a_sale(inner)
        assert list(session.select(GOODS)) == []  # still what it was when reading began
    with base.reading() as session:
        assert len(list(session.select(SALE))) == 1
    assert base.get_setting("шаг") == "1"


def test_connections_do_not_pile_up(base: Infobase) -> None:
    def work() -> None:
        with base.reading() as session:
            session.find(GOODS)

    for _ in range(20):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert len(base._database._idle) == 1


def test_a_closed_base_says_so(base: Infobase) -> None:
    base.close()
    with pytest.raises(DocumentError, match="закрыта"):
        base.get_setting("x")
