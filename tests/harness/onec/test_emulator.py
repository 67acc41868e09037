"""The client against the bundled emulator: two sides written apart from each other must understand one another."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import AccessError, AnswerError, WriteRefusedError
from harness.onec.edmx import canonical, read_edmx
from harness.onec.expressions import contains, field, part_of
from harness.onec.guard import WriteGuard
from harness.onec.names import Kind, ObjectName
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession
from stand.emulator.database.infobase import Infobase
from stand.emulator.model import (
    DATE,
    MONEY,
    QUANTITY,
    STRING,
    Attribute,
    Configuration,
    MetaObject,
    Register,
    RegisterKind,
    TabularSection,
    ValueType,
)
from stand.emulator.rows import BusinessError
from stand.emulator.server import EmulatorServer
from stand.emulator.standard import standard_attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.onec.values import Key
    from stand.emulator.database.session import Session

REAL = Path(__file__).parents[4] / "shared" / "real" / "odata"
USER, PASSWORD = "Администратор", "пароль"
GOODS, SALE, STOCK, PRICES = (
    "Catalog_Товары",
    "Document_Продажа",
    "AccumulationRegister_Остатки",
    "InformationRegister_Цены",
)
GOOD = ValueType((GOODS,))


def configuration() -> Configuration:
    lines = TabularSection(
        "Товары", (Attribute("Товар", GOOD), Attribute("Количество", QUANTITY), Attribute("Сумма", MONEY))
    )
    stock = Register(
        RegisterKind.BALANCE,
        dimensions=(Attribute("Товар", GOOD),),
        resources=(Attribute("Количество", QUANTITY),),
        recorders=(SALE,),
        periodic=True,
    )
    prices = Register(
        RegisterKind.INDEPENDENT,
        dimensions=(Attribute("Товар", GOOD), Attribute("Вид", STRING)),
        resources=(Attribute("Цена", MONEY),),
        periodic=True,
    )
    objects = (
        MetaObject(
            ObjectName(Kind.CATALOG, "Товары"),
            standard_attributes(GOODS, Kind.CATALOG),
            (Attribute("Артикул", STRING),),
        ),
        MetaObject(
            ObjectName(Kind.DOCUMENT, "Продажа"),
            standard_attributes(SALE, Kind.DOCUMENT),
            (Attribute("Сумма", MONEY), Attribute("Отгрузка", DATE), Attribute("Основание", ValueType((GOODS, SALE)))),
            (lines,),
        ),
        MetaObject(ObjectName(Kind.ACCUMULATION_REGISTER, "Остатки"), register=stock),
        MetaObject(ObjectName(Kind.INFORMATION_REGISTER, "Цены"), register=prices),
    )
    return Configuration("Проба", "1.0", {str(item.name): item for item in objects})


def posting(_session: Session, _meta: MetaObject, row: Mapping[str, Any]) -> Mapping[str, Sequence[dict[str, Any]]]:
    if any(line["Количество"] < 0 for line in row["Товары"]):
        raise BusinessError("Количество меньше нуля")
    return {
        STOCK: [
            {"RecordType": "Receipt", "Товар": line["Товар"], "Количество": line["Количество"]}
            for line in row["Товары"]
        ]
    }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    infobase = Infobase.create(tmp_path_factory.mktemp("base") / "base.db", configuration())
    infobase.hooks.posting = posting
    infobase.set_user(USER, PASSWORD, full_rights=True)
    server = EmulatorServer(infobase, publication="проба")
    yield server.start()
    server.stop()
    infobase.close()


@pytest.fixture(scope="module")
def odata(base: str) -> Iterator[ODataClient]:
    with StandSession(base, USER, PASSWORD, guard=WriteGuard(permitted=(base,))) as session:
        yield ODataClient(session)


def sale(number: int, good: str, quantity: Decimal) -> dict[str, object]:
    return {
        "Date": datetime(2026, 1, 1) + timedelta(days=number // 4),  # noqa: DTZ001 - dates of 1C are naive
        "Сумма": Decimal("10.50") * number,
        "Товары": [{"LineNumber": 1, "Товар_Key": good, "Количество": quantity, "Сумма": Decimal("12345678901.23")}],
    }


@pytest.fixture(scope="module")
def filled(odata: ODataClient) -> list[str]:
    """Three goods; twenty sales over five days, the last of them not posted."""
    goods = [
        odata.create(GOODS, {"Description": name, "Артикул": "a'b/+%"})["Ref_Key"] for name in ("Стол", "Стул", "Шкаф")
    ]
    for number in range(20):
        key = odata.create(SALE, sale(number, goods[number % 3], Decimal("1.500")))["Ref_Key"]
        if number < 19:
            odata.post(SALE, key)
    return goods


def test_first_contact_and_refused_password(base: str) -> None:
    with StandSession(base, USER, PASSWORD, guard=WriteGuard()) as session:
        assert session.probe().headers["x-onec-emulator"]
    with StandSession(base, USER, "не тот", guard=WriteGuard()) as session, pytest.raises(AccessError):
        session.probe()


def test_what_is_published(odata: ODataClient) -> None:
    sets = odata.sets()
    assert {GOODS, SALE, f"{SALE}_Товары", STOCK, f"{STOCK}_RecordType", PRICES} <= set(sets)
    assert set(sets) == set(odata.metadata().entity_sets)
    assert odata.metadata().problems == ()


def test_an_entity_comes_back_as_it_was_sent(odata: ODataClient) -> None:
    good = odata.create(GOODS, {"Description": "Полка", "Артикул": "Д'Артаньян & «К» 100% +1"})
    row = odata.create(
        SALE,
        sale(7, good["Ref_Key"], Decimal("0.125"))
        | {"Основание": good["Ref_Key"], "Основание_Type": f"StandardODATA.{GOODS}"},
    )
    again = odata.get(SALE, row["Ref_Key"])
    assert again == row
    assert again["Сумма"] == Decimal("73.50")
    assert again["Date"] == datetime(2026, 1, 2)  # noqa: DTZ001 - same
    assert again["Отгрузка"] == datetime(1, 1, 1)  # noqa: DTZ001 - an empty date
    assert again["Товары"][0]["Количество"] == Decimal("0.125")
    assert again["Товары"][0]["Сумма"] == Decimal("12345678901.23")
    assert again["Товары"][0]["LineNumber"] == 1
    assert (again["Основание"], again["Основание_Type"]) == (good["Ref_Key"], f"StandardODATA.{GOODS}")
    changed = odata.change(SALE, row["Ref_Key"], {"Сумма": Decimal("0.01")})
    assert (changed["Сумма"], changed["Товары"]) == (Decimal("0.01"), again["Товары"])
    odata.delete(SALE, row["Ref_Key"])
    with pytest.raises(AnswerError) as caught:
        odata.get(SALE, row["Ref_Key"])
    assert (caught.value.status, caught.value.code) == (404, "9")
    odata.delete(GOODS, good["Ref_Key"])


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("page", [2, 7, 1000])
@pytest.mark.parametrize("name", [SALE, GOODS, f"{SALE}_Товары", f"{STOCK}_RecordType", STOCK])
def test_every_row_comes_once_whatever_the_page(odata: ODataClient, name: str, page: int) -> None:
    rows = list(odata.rows(name, page=page))
    keys = odata.metadata().type_of(name).key  # type: ignore[union-attr]  # published, by the test above
    assert len(rows) == odata.count(name)
    assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows)


def test_filters_and_expressions(odata: ODataClient, filled: list[str]) -> None:
    assert odata.count(SALE, field("Posted") == True) == 19  # noqa: E712 - builds a comparison
    assert odata.count(SALE, (field("Сумма") > Decimal("100.5")) & ~(field("Date") >= date(2026, 1, 5))) == 6
    assert odata.count(SALE, part_of(field("Date"), "day") == 5) == 4
    assert [row["Description"] for row in odata.rows(GOODS, filter=contains(field("Description"), "ту"))] == ["Стул"]
    assert odata.count(GOODS, field("Артикул") == "a'b/+%") == 3
    (only,) = odata.rows(SALE, select=("Сумма",), filter=field("Сумма") == Decimal("31.5"))
    assert only == {"Сумма": Decimal("31.5")}
    lines = list(odata.rows(f"{SALE}_Товары", filter=field("Товар_Key") == filled[0]))
    assert len(lines) == 7
    assert lines[0]["Количество"] == Decimal("1.5")


@pytest.mark.usefixtures("filled")
def test_order_top_and_expand(odata: ODataClient) -> None:
    totals = [row["Сумма"] for row in odata.rows(SALE, orderby=("Сумма desc",), top=3, page=2)]
    assert totals == [Decimal("199.50"), Decimal("189.00"), Decimal("178.50")]
    (line,) = odata.rows(f"{SALE}_Товары", top=1)
    assert line["LineNumber"] == 1


def test_virtual_tables(odata: ODataClient, filled: list[str]) -> None:
    balance = {row["Товар_Key"]: row["КоличествоBalance"] for row in odata.balance(STOCK, dimensions=("Товар",))}
    assert balance == {filled[0]: Decimal("10.5"), filled[1]: Decimal("9.0"), filled[2]: Decimal("9.0")}
    (one,) = odata.balance(STOCK, period=date(2026, 1, 2), condition=field("Товар_Key") == filled[0])
    assert one["КоличествоBalance"] == Decimal("3.0")
    turnovers = odata.turnovers(STOCK, start=date(2026, 1, 2), end=datetime(2026, 1, 2, 23, 59, 59))  # noqa: DTZ001 - same
    assert sum(row["КоличествоTurnover"] for row in turnovers) == Decimal("6.0")


def test_slices_of_an_independent_register(odata: ODataClient, filled: list[str]) -> None:
    for month, price in ((1, "10.00"), (2, "11.00"), (3, "12.00")):
        odata.create(
            PRICES,
            {"Period": date(2026, month, 1), "Товар_Key": filled[0], "Вид": "опт/роз 'A'", "Цена": Decimal(price)},
        )
    (last,) = odata.slice_last(PRICES, period=date(2026, 2, 15))
    assert last["Цена"] == Decimal(11)
    key: Key = {"Period": date(2026, 1, 1), "Товар_Key": filled[0], "Вид": "опт/роз 'A'"}
    assert odata.get(PRICES, key)["Цена"] == Decimal(10)
    assert odata.change(PRICES, key, {"Цена": Decimal("10.99")})["Цена"] == Decimal("10.99")
    odata.delete(PRICES, key)
    assert odata.count(PRICES) == 2


def test_posting_and_its_refusal(odata: ODataClient, filled: list[str]) -> None:
    key = odata.create(SALE, sale(80, filled[2], Decimal(2)))["Ref_Key"]
    odata.post(SALE, key)
    assert odata.get(SALE, key)["Posted"] is True
    assert odata.count(f"{STOCK}_RecordType") == 20
    odata.unpost(SALE, key)
    assert odata.count(f"{STOCK}_RecordType") == 19
    odata.change(SALE, key, {"Товары": [{"LineNumber": 1, "Товар_Key": filled[2], "Количество": Decimal(-1)}]})
    with pytest.raises(AnswerError, match="Количество меньше нуля") as caught:
        odata.post(SALE, key)
    assert (caught.value.status, caught.value.code) == (500, "-1")
    odata.delete(SALE, key)


def test_errors_are_1cs_own(odata: ODataClient) -> None:
    calls = {
        (404, "8"): lambda: list(odata.rows("Catalog_Нет")),
        (404, "9"): lambda: odata.get(GOODS, str(uuid.uuid4())),
        (400, "14"): lambda: list(odata.rows(GOODS, filter="Description eq")),
        (400, "6"): lambda: list(odata.call(GOODS, "Balance", {})),
    }
    for expected, call in calls.items():
        with pytest.raises(AnswerError) as caught:
            call()  # type: ignore[no-untyped-call]  # a table of lambdas
        assert (caught.value.status, caught.value.code) == expected
        assert caught.value.message


def test_nothing_is_written_without_permission(base: str) -> None:
    with StandSession(base, USER, PASSWORD, guard=WriteGuard()) as session, pytest.raises(WriteRefusedError):
        ODataClient(session).create(GOODS, {"Description": "x"})


@pytest.mark.skipif(not REAL.is_dir(), reason="записей настоящих баз рядом нет")
def test_a_recorded_base_is_read_whole(tmp_path: Path) -> None:
    from stand.emulator.loaders.recording import create_recorded

    recorded = REAL / "msg001_metadata.xml"
    infobase = create_recorded(tmp_path / "base.db", recorded, sorted(REAL.glob("msg00[234]_*.xml")))
    server = EmulatorServer(infobase, publication="ut")
    try:
        with StandSession(server.start(), guard=WriteGuard()) as session:
            odata = ODataClient(session)
            assert canonical(odata.metadata()) == canonical(read_edmx(recorded.read_bytes()))
            counts = {name: len(list(odata.rows(name, page=20))) for name in odata.sets()}
            assert len(counts) == 38
            assert {name: odata.count(name) for name in counts} == counts
            assert sum(counts.values()) > 50
            for row in odata.rows("Document_ЗаказКлиента"):
                assert isinstance(row["Date"], datetime)
                assert isinstance(row["СуммаДокумента"], Decimal)
                assert all(isinstance(line["LineNumber"], int) for line in row["Товары"])
    finally:
        server.stop()
        infobase.close()
