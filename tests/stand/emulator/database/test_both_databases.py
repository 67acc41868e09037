"""What must be the same whichever database is behind a base: names, order, numbers, snapshots, turns."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.errors import DocumentError, HarnessError, UsageError
from harness.onec.names import Kind, ObjectName
from stand.emulator.database.backup import compare, restore
from stand.emulator.database.cells import short_name
from stand.emulator.database.dialect import dialect_of
from stand.emulator.database.infobase import BusinessError, Infobase
from stand.emulator.database.postgres_connection import numbered
from stand.emulator.database.postgres_server import PostgresServer
from stand.emulator.model import MONEY, STRING, Attribute, MetaObject, Register, RegisterKind, TabularSection, ValueType
from stand.emulator.rows import Ref, Row, Stored
from tests.stand.emulator.sample import (
    GOODS,
    RATES,
    SALE,
    STOCK,
    an_object,
    attribute,
    sample_base,
    sample_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Session
    from stand.emulator.model import Configuration
    from tests.stand.emulator.factory import InfobaseFactory

MOMENT = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - dates of 1C are naive
LONG = "Document_ОченьДлинноеИмяДокументаКотороеНеПомещаетсяВИмяТаблицы"
BARE = "InformationRegister_Настройки"


@pytest.fixture
def base(infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = sample_base(infobase_factory)
    yield infobase
    infobase.close()


def with_objects(*objects: MetaObject) -> Configuration:
    configuration = sample_configuration()
    return replace(configuration, objects={**configuration.objects, **{str(item.name): item for item in objects}})


def test_long_names_stay_apart(infobase_factory: InfobaseFactory) -> None:
    lines = tuple(
        TabularSection(f"ТабличнаяЧастьСОченьДлиннымИменем{end}", (attribute("Товар", GOODS),)) for end in "АБ"
    )
    name = "РеквизитИмяКоторогоТожеДлиннееШестидесятиТрёхБайтов"
    document = an_object(LONG, Attribute(f"{name}1", STRING), Attribute(f"{name}2", STRING), sections=lines)
    configuration = with_objects(document)
    with closing(infobase_factory(configuration)) as base:
        with base.transaction() as session:
            good = session.put(GOODS, {"Description": "Стол"})
            row = {"Date": MOMENT, f"{name}1": "один", f"{name}2": "два", lines[0].name: [{"Товар": good}] * 2}
            ref = session.put(LONG, {**row, lines[1].name: [{"Товар": good}]})
            found = session.get(LONG, ref)
        assert found is not None
        assert (found[f"{name}1"], found[f"{name}2"]) == ("один", "два")
        assert [len(found[item.name]) for item in lines] == [2, 1]
        assert base.fingerprint()[f"{LONG}.{lines[0].name}"][0] == 2
        kept = replace(document, sections=lines[:1])
        base.replace_configuration(replace(configuration, objects={**configuration.objects, LONG: kept}))
        assert f"{LONG}.{lines[1].name}" not in base.fingerprint()
    assert len(short_name(LONG).encode()) <= 63
    assert short_name(GOODS) == GOODS


def test_texts_sort_by_code_points_and_empty_ones_come_first(base: Infobase) -> None:
    words = ["", "Z", "a", "Ё", "А", "Я", "а", "я", "ё", "а б", "а-б", "\U0001f600"]
    with base.transaction() as session:
        for word in reversed(words):
            session.put(GOODS, {"Description": word})
        found = [row["Description"] for row in session.select(GOODS, order=("Description",))]
    assert found == sorted(words)


def test_every_digit_stays_and_sums_are_exact(base: Infobase) -> None:
    amounts = [Decimal("9999999999999.99"), Decimal("-0.01"), Decimal("0.02"), Decimal("12345678901.37")]
    with base.transaction() as session:
        good = session.put(GOODS, {"Description": "Стол", "Вес": Decimal("12345678901.237"), "Штук": 2**33})
        sale = session.put(SALE, {"Date": MOMENT})
        rows: list[Row] = [{"RecordType": "Receipt", "Товар": good, "Сумма": amount} for amount in amounts]
        session.write_records(STOCK, sale, rows)
        row = session.get(GOODS, good)
        (balance,) = session.balance(STOCK)
    assert row is not None
    assert (row["Вес"], row["Штук"]) == (Decimal("12345678901.237"), 2**33)
    assert balance["СуммаBalance"] == sum(amounts)
    assert isinstance(balance["СуммаBalance"], Decimal)


def test_bytes_and_values_of_many_types_come_back(base: Infobase) -> None:
    content = bytes(range(256))
    values = [None, "текст", Decimal("1.50"), True, MOMENT, Ref(SALE, "30000000-0000-4000-8000-000000000001")]
    with base.transaction() as session:
        good = session.put(GOODS, {"Description": "%_\\'\"?$1", "Картинка": Stored("image/png", content)})
        lines = [{"Товар": good, "Что": value} for value in values]
        sale = session.put(SALE, {"Date": MOMENT, "Товары": lines})
    with base.reading() as session:
        row, document = session.get(GOODS, good), session.get(SALE, sale)
        assert session.find(GOODS, Description="%_\\'\"?$1")
    assert row is not None
    assert row["Картинка"] == Stored("image/png", content)
    assert document is not None
    assert [line["Что"] for line in document["Товары"]] == values


def test_a_nul_is_refused(base: Infobase) -> None:
    with pytest.raises(ValueError, match="Description"), base.transaction() as session:
        session.put(GOODS, {"Description": "Сто\0л"})
    with base.reading() as session:
        assert session.find(GOODS) == []


def test_a_register_without_dimensions_holds_one_record(infobase_factory: InfobaseFactory) -> None:
    register = Register(RegisterKind.INDEPENDENT, (), (Attribute("Значение", MONEY),))
    bare = MetaObject(ObjectName(Kind.INFORMATION_REGISTER, "Настройки"), register=register)
    with closing(infobase_factory(with_objects(bare))) as base, base.transaction() as session:
        session.write_independent(BARE, {"Значение": Decimal(1)})
        session.write_independent(BARE, {"Значение": Decimal(2)})
        assert [row["Значение"] for row in session.select(BARE)] == [Decimal(2)]


def test_none_of_no_values(base: Infobase) -> None:
    with base.transaction() as session:
        session.put(GOODS, {"Description": "Стол"})
        assert session.find(GOODS, Description=[]) == []
        assert len(session.find(GOODS, Description=["Стол", "Стул"])) == 1


def test_records_that_become_one_keep_the_last(base: Infobase) -> None:
    with base.transaction() as session:
        for currency, rate in (("EUR", 100), ("USD", 90)):
            session.write_independent(RATES, {"Period": MOMENT, "Валюта": currency, "Курс": Decimal(rate)})
    rates = base.configuration.objects[RATES]
    assert rates.register is not None
    fewer = replace(rates, register=replace(rates.register, dimensions=rates.register.dimensions[1:]))
    base.replace_configuration(replace(base.configuration, objects={**base.configuration.objects, RATES: fewer}))
    with base.reading() as session:
        assert [row["Курс"] for row in session.select(RATES)] == [Decimal(90)]


def test_a_change_of_storage_begins_empty(base: Infobase) -> None:
    with base.transaction() as session:
        ref = session.put(GOODS, {"Description": "Стол", "Артикул": "А-1", "Вес": Decimal("1.235")})
        assert session.find(GOODS, Артикул="А-1")
    goods = base.configuration.objects[GOODS]
    changed = {"Артикул": ValueType(("Number",), fraction=2), "Вес": ValueType((SALE,))}
    attributes = tuple(replace(item, type=changed.get(item.name, item.type)) for item in goods.attributes)
    objects = {**base.configuration.objects, GOODS: replace(goods, attributes=attributes)}
    for _ in range(7):  # often enough for a connection to have prepared the query
        with base.reading() as session:
            assert session.get(GOODS, ref) is not None
    base.replace_configuration(replace(base.configuration, objects=objects))
    with base.reading() as session:
        row = session.get(GOODS, ref)
    assert row is not None
    assert (row["Description"], row["Артикул"], row["Вес"].empty) == ("Стол", Decimal(0), True)


def test_a_reader_sees_one_state_while_others_write(base: Infobase) -> None:
    def write() -> None:
        with base.transaction() as session:
            session.put(GOODS, {"Description": "Стул"})

    with base.transaction() as session:
        session.put(GOODS, {"Description": "Стол"})
    with base.reading() as session:
        assert len(session.find(GOODS)) == 1
        writer = threading.Thread(target=write)
        writer.start()
        writer.join()
        assert len(session.find(GOODS)) == 1
    with base.reading() as session:
        assert len(session.find(GOODS)) == 2


def test_more_rows_than_fit_a_page_are_read_whole_with_queries_between(base: Infobase) -> None:
    with base.transaction() as session:
        for number in range(2100):
            session.put(GOODS, {"Description": f"{number:05}"}, load=True)
    with base.reading() as session:
        rows = session.select(GOODS, order=("Description",))
        first = next(rows)
        assert len(session.find(GOODS, Description="02099")) == 1
        assert [first["Description"], *(row["Description"] for row in rows)] == [f"{n:05}" for n in range(2100)]


def moves(session: Session, meta: MetaObject, row: Row) -> dict[str, list[Row]]:
    """Posting that refuses to sell what is not there: the check and the record must be one."""
    del meta
    records: list[Row] = []
    for line in row["Товары"]:
        stock = session.balance(STOCK, where={"Товар": line["Товар"]})
        left = stock[0]["КоличествоBalance"] if stock else Decimal(0)
        if line["Количество"] > 0 and left < line["Количество"]:
            raise BusinessError("Не хватает товара")
        kind = "Expense" if line["Количество"] > 0 else "Receipt"
        records.append({"RecordType": kind, "Товар": line["Товар"], "Количество": abs(line["Количество"])})
    return {STOCK: records}


def test_concurrent_posting_never_sells_what_is_not_there(infobase_factory: InfobaseFactory) -> None:
    """Two openings of one base stand for two processes: nothing but the database makes them take turns."""
    first = sample_base(infobase_factory)
    second = Infobase.open(first.place)
    sold: list[int] = []
    with first.transaction() as session:
        good = session.put(GOODS, {"Description": "Стол"})
        income = session.put(SALE, {"Date": MOMENT, "Товары": [{"Товар": good, "Количество": Decimal(-20)}]})
        sales = [
            session.put(SALE, {"Date": MOMENT, "Товары": [{"Товар": good, "Количество": Decimal(1)}]})
            for _ in range(32)
        ]
    for base in (first, second):
        base.hooks.posting = moves
    with first.transaction() as session:
        session.post(SALE, income)

    def work(base: Infobase, mine: list[Ref]) -> None:
        for ref in mine:
            try:
                with base.transaction() as session:
                    session.post(SALE, ref)
            except BusinessError:
                continue
            sold.append(1)

    threads = [threading.Thread(target=work, args=((first, second)[n % 2], sales[n::4])) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with first.reading() as session:
        posted = [row for row in session.select(SALE) if row["Posted"]]
        records = list(session.records(STOCK))
        assert session.balance(STOCK) == []
    assert len(sold) == 20
    assert len(posted) == len(records) == 21
    first.close()
    second.close()


def test_a_backup_without_the_rows_of_a_table_differs_in_it(
    base: Infobase, infobase_factory: InfobaseFactory, tmp_path: Path
) -> None:
    with base.transaction() as session:
        session.put(GOODS, {"Description": "Стол"})
    base.backup(tmp_path / "copy", without=GOODS)
    place = infobase_factory.place()
    restore(tmp_path / "copy", place)
    with closing(Infobase.open(place)) as again:
        found = compare(base.fingerprint(), again.fingerprint())
    assert found.differing == (GOODS,)


@pytest.mark.parametrize("how", ["empty", "half", "foreign", "absent"])
def test_a_backup_that_is_none_is_refused_and_leaves_nothing(
    base: Infobase, infobase_factory: InfobaseFactory, tmp_path: Path, how: str
) -> None:
    path = tmp_path / "copy"
    base.backup(path)
    content = path.read_bytes()
    path.write_bytes(
        {"empty": b"", "half": content[: len(content) // 2], "foreign": b"PGDMP" + b"x" * 4000}.get(how, b"")
    )
    if how == "absent":
        path.unlink()
    place = infobase_factory.place()
    with pytest.raises(DocumentError):
        restore(path, place)
    assert not Infobase.exists(place)


def test_another_base_takes_the_place_at_once(infobase_factory: InfobaseFactory) -> None:
    with closing(sample_base(infobase_factory)) as old, old.transaction() as session:
        session.put(GOODS, {"Description": "старый"})
    dialect = dialect_of(old.place)
    beside = dialect.beside("fresh")
    with closing(Infobase.create(beside, sample_configuration())) as fresh, fresh.transaction() as session:
        session.put(GOODS, {"Description": "новый"})
    dialect.replace_by(beside)
    with closing(Infobase.open(old.place)) as base, base.reading() as session:
        assert [row["Description"] for row in session.select(GOODS)] == ["новый"]
    assert not Infobase.exists(beside)
    Infobase.remove(old.place)
    assert not Infobase.exists(old.place)


def test_marks_in_quotes_are_no_marks() -> None:
    assert numbered("SELECT '?', \"a?\", ? FROM t WHERE x = ? AND y = 'it''s ?'") == (
        "SELECT '?', \"a?\", $1 FROM t WHERE x = $2 AND y = 'it''s ?'"
    )


def test_an_address_never_shows_its_password(postgres_address: str) -> None:
    address = postgres_address.format(name="absent")
    with pytest.raises(HarnessError) as caught:
        Infobase.open(address)
    assert "not-a-secret" not in str(caught.value)
    assert "not-a-secret" not in dialect_of(address).title
    for wrong in ("postgresql://user:not-a-secret@[::1/x", "postgresql://user:not-a-secret@127.0.0.1:1"):
        with pytest.raises(UsageError) as caught:
            PostgresServer(wrong)
        assert "not-a-secret" not in str(caught.value)
    with pytest.raises(HarnessError, match="не отвечает") as caught:
        Infobase.open("postgresql://user:not-a-secret@127.0.0.1:1/base")
    assert "not-a-secret" not in str(caught.value)


def test_a_database_with_other_tables_is_neither_replaced_nor_dropped(postgres_address: str) -> None:
    place = postgres_address.format(name="shared")
    server = PostgresServer(place)
    with closing(server.maintenance()) as connection:
        connection.execute("CREATE DATABASE shared TEMPLATE template0")
    with closing(server.connection("shared")) as connection:
        connection.execute("CREATE TABLE public.precious (id bigint)")
    Infobase.create(place, sample_configuration()).close()
    dialect = dialect_of(place)
    beside = dialect.beside("fresh")
    Infobase.create(beside, sample_configuration()).close()
    with pytest.raises(HarnessError, match=r"public\.precious"):
        dialect.replace_by(beside)
    Infobase.remove(beside)
    Infobase.remove(place)
    with closing(server.connection("shared")) as connection:
        assert connection.execute("SELECT COUNT(*) FROM public.precious").fetchone() == (0,)
