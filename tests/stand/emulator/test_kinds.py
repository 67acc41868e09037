"""Kinds of metadata beside catalogs and documents, end to end in the generated company: journals, processes, tasks, charts, slices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.onec.edmx import canonical, read_edmx, write_edmx
from stand.emulator.company import demo_folder
from stand.emulator.database.journals import journal_sql
from stand.emulator.database.movements import Condition
from stand.emulator.database.slices import slice_of
from stand.emulator.loaders.company import load_company
from stand.emulator.loaders.edmx import configuration_from_metadata
from stand.emulator.odata.edmx_out import metadata_of
from tests.stand.emulator.demo import company, customer, update_with
from tests.stand.emulator.ledgers import ITEMS, PAPERS, PRICES, RATES, configuration, moments, relaxed
from tests.stand.emulator.sample import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.rows import Ref, Row
    from tests.stand.emulator.factory import InfobaseFactory

JOURNAL = "DocumentJournal_БанковскиеДокументы"
PROCESS, TASK = "BusinessProcess_СогласованиеЗаказа", "Task_ЗадачаИсполнителя"
RECEIPT, ORDER = "Document_ПоступлениеНаРасчетныйСчет", "Document_ЗаказПокупателя"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


@pytest.fixture
def asking(base: Infobase) -> Asking:
    return Asking(base)


# -- document journals ------------------------------------------------------------------------------------------------------------


def test_a_journal_shows_its_documents(asking: Asking) -> None:
    counted = asking.get(f"{JOURNAL}?$inlinecount=allpages&$top=1")["odata.count"]
    documents = ("ПоступлениеНаРасчетныйСчет", "СписаниеСРасчетногоСчета", "ПлатежноеПоручение")
    assert int(counted) == sum(len(asking.rows(f"Document_{name}?$select=Ref_Key")) for name in documents)
    (paid, *_rest) = asking.rows(f"{RECEIPT}?$top=1")
    (row,) = asking.rows(f"{JOURNAL}?$filter=Ref eq cast(guid'{paid['Ref_Key']}','{RECEIPT}')")
    assert (row["Ref_Type"], row["Number"], row["Date"]) == (f"StandardODATA.{RECEIPT}", paid["Number"], paid["Date"])
    assert (row["Сумма"], row["Контрагент_Key"]) == (paid["СуммаДокумента"], paid["Контрагент_Key"])
    key = f"Ref='{paid['Ref_Key']}', Ref_Type='StandardODATA.{RECEIPT}'"
    assert asking.get(f"{JOURNAL}({key})")["Number"] == paid["Number"]
    orders = asking.rows(f"{JOURNAL}?$filter=isof(Ref,'Document_ПлатежноеПоручение')&$select=НомерВходящегоДокумента")
    assert {one["НомерВходящегоДокумента"] for one in orders} == {""}
    dates = [one["Date"] for one in asking.rows(f"{JOURNAL}?$orderby=Date desc&$top=5&$skip=2")]
    assert len(dates) == 5
    assert dates == sorted(dates, reverse=True)


def test_a_journal_follows_its_documents(asking: Asking) -> None:
    (paid, *_rest) = asking.rows(f"{RECEIPT}?$top=1")
    where = f"{JOURNAL}?$filter=Ref eq cast(guid'{paid['Ref_Key']}','{RECEIPT}')&$select=Сумма,Posted"
    asking.send("PATCH", f"{RECEIPT}(guid'{paid['Ref_Key']}')", {"СуммаДокумента": Decimal("12.5")})
    asking.send("POST", f"{RECEIPT}(guid'{paid['Ref_Key']}')/Unpost")
    assert asking.rows(where) == [{"Сумма": Decimal("12.5"), "Posted": False}]
    asking.send("DELETE", f"{RECEIPT}(guid'{paid['Ref_Key']}')", status=204)
    assert asking.rows(where) == []


def test_a_journal_cannot_be_written(asking: Asking) -> None:
    assert asking.refusal("POST", JOURNAL, {"Number": "1"})[:2] == (405, "19")


def test_a_journal_survives_an_update(base: Infobase, asking: Asking) -> None:
    before = len(asking.rows(f"{JOURNAL}?$select=Ref"))
    update_with(base)
    assert len(Asking(base).rows(f"{JOURNAL}?$select=Ref")) == before
    assert journal_sql(base.layout, base.configuration.objects[JOURNAL]).count("UNION ALL") == 2


# -- business processes and tasks ---------------------------------------------------------------------------------------------------


def start(asking: Asking, base: Infobase, amount: int) -> str:
    """A process over a new order of an amount, not started."""
    with base.transaction() as session:
        good = next(row for row in session.select("Catalog_Номенклатура") if not row["IsFolder"])
        line = {"Номенклатура": good["Ref"], "Количество": Decimal(1), "Цена": Decimal(amount)}
        order = session.put(
            ORDER,
            {"Date": datetime(2026, 3, 20), "Контрагент": customer(session)["Ref"], "Товары": [line]},  # noqa: DTZ001 - dates of 1C are naive
        )
    body = {"Date": "2026-03-21T10:00:00", "Заказ_Key": order.id}
    process: str = asking.send("POST", PROCESS, body, status=201)["Ref_Key"]
    return process


def open_tasks(asking: Asking, process: str) -> list[dict[str, Any]]:
    where = f"BusinessProcess eq cast(guid'{process}','{PROCESS}') and not Executed"
    return asking.rows(f"{TASK}?$filter={where}")


@pytest.mark.parametrize(
    ("amount", "points"),
    [(100, ["Согласовать", "Ознакомиться"]), (400_000, ["Согласовать", "УтвердитьКрупный", "Ознакомиться"])],
)
def test_a_process_goes_along_its_route(base: Infobase, asking: Asking, amount: int, points: list[str]) -> None:
    process = start(asking, base, amount)
    asking.send("POST", f"{PROCESS}(guid'{process}')/Start")
    passed = []
    while found := open_tasks(asking, process):
        (task,) = found
        passed.append(task["RoutePoint"])
        asking.send("POST", f"{TASK}(guid'{task['Ref_Key']}')/ExecuteTask()")
        refused = asking.refusal("POST", f"{TASK}(guid'{task['Ref_Key']}')/ExecuteTask")
        assert refused == (500, "-1", "Задача уже выполнена!")
    assert passed == points
    row = asking.get(f"{PROCESS}(guid'{process}')")
    assert (row["Started"], row["Completed"], row["Согласовано"]) == (True, True, True)


def test_a_process_starts_once_and_at_a_point_of_its_route(base: Infobase, asking: Asking) -> None:
    process = start(asking, base, 100)
    url = f"{PROCESS}(guid'{process}')/Start"
    assert asking.refusal("POST", f"{url}?RoutePoint='Нет'")[:2] == (500, "-1")
    assert asking.get(f"{PROCESS}(guid'{process}')")["Started"] is False
    asking.send("POST", f"{url}?RoutePoint='Ознакомиться'")
    assert [row["RoutePoint"] for row in open_tasks(asking, process)] == ["Ознакомиться"]
    assert asking.refusal("POST", url) == (500, "-1", "Бизнес-процесс уже стартован!")


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        (f"{ORDER}(guid'{{}}')/Start", 400, "6"),
        (f"{PROCESS}(guid'{{}}')/ExecuteTask", 400, "6"),
        (f"{PROCESS}(guid'{{}}')/Start?Точка='1'", 501, "0"),
        (f"{PROCESS}(guid'{ITEMS[0].id}')/Start", 404, "9"),
    ],
)
def test_actions_refuse(asking: Asking, url: str, status: int, code: str) -> None:
    name = url.partition("(")[0]
    (row,) = asking.rows(f"{name}?$top=1")
    assert asking.refusal("POST", url.format(row["Ref_Key"]))[:2] == (status, code)
    assert asking.refusal("GET", url.format(row["Ref_Key"]).partition("?")[0])[0] == 405


def test_the_generated_company_has_processes_at_work_and_done(asking: Asking) -> None:
    rows = asking.rows(f"{PROCESS}?$expand=Заказ")
    assert {row["Completed"] for row in rows} == {True, False}
    assert all(row["Заказ"]["Number"] for row in rows)
    waiting = [row for row in rows if not row["Completed"]]
    assert sum(len(open_tasks(asking, row["Ref_Key"])) for row in waiting) == len(waiting)


# -- charts -------------------------------------------------------------------------------------------------------------------------


def test_kinds_of_extra_dimensions_have_types_and_accounts_have_kinds(asking: Asking) -> None:
    kinds = {row["Ref_Key"]: row for row in asking.rows("ChartOfCharacteristicTypes_ВидыСубконто")}
    (bank,) = asking.rows("ChartOfAccounts_Хозрасчетный?$filter=Code eq '51'")
    rows = bank["ExtDimensionTypes"]
    assert [kinds[row["ExtDimensionType_Key"]]["ValueType"]["Types"] for row in rows] == [
        ["Catalog_БанковскиеСчета"],
        ["Catalog_СтатьиДвиженияДенежныхСредств"],
    ]
    assert [row["TurnoversOnly"] for row in rows] == [False, True]
    flat = asking.rows(f"ChartOfAccounts_Хозрасчетный_ExtDimensionTypes?$filter=Ref_Key eq guid'{bank['Ref_Key']}'")
    assert [row["LineNumber"] for row in flat] == ["1", "2"]


def test_extra_dimensions_of_the_company_agree_with_its_settlements(asking: Asking) -> None:
    """Debts of customers by accounting are those of the register of settlements, customer by customer."""
    (kind,) = asking.rows("ChartOfCharacteristicTypes_ВидыСубконто?$filter=Code eq '00001'")
    debts: dict[str, Decimal] = {}
    for row in asking.rows(
        f"AccountingRegister_Хозрасчетный/Balance(AccountCondition='Account/Code eq ''60.01'' or Account/Code eq ''62.01''',ExtraDimensions='{kind['Ref_Key']}')"
    ):
        debts[row["ExtDimension1"]] = debts.get(row["ExtDimension1"], Decimal(0)) + row["СуммаBalance"]
    settled = asking.rows("AccumulationRegister_ВзаиморасчетыСКонтрагентами/Balance(Dimensions='Контрагент')")
    assert {key: value for key, value in debts.items() if value} == {
        row["Контрагент_Key"]: row["СуммаBalance"] for row in settled
    }


def test_the_management_ledger_keeps_quantity_and_currency_by_account(asking: Asking) -> None:
    rows = asking.rows("AccountingRegister_Управленческий/Balance()?$expand=Account")
    by_code: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_code.setdefault(row["Account"]["Code"], []).append(row)
    assert all(
        row["КоличествоBalance"] and row["ExtDimension2"] and not row["ВалютнаяСуммаBalance"] for row in by_code["10"]
    )
    assert all(
        row["ВалютнаяСуммаBalance"] == row["СуммаBalance"] and not row["КоличествоBalance"] for row in by_code["20"]
    )
    assert sum(row["СуммаBalance"] for row in rows) == 0


def test_pay_is_calculated_in_its_register(asking: Asking) -> None:
    name = "CalculationRegister_Начисления"
    base_url = f"{name}/BaseНачисления(MainRegisterDimensions='Сотрудник',BaseRegisterDimensions='Сотрудник')"
    bonuses = asking.rows(f"{base_url}?$filter=CalculationType/Code eq '00002'")
    assert bonuses
    pay = {
        (row["Сотрудник_Key"], row["RegistrationPeriod"]): row["Результат"]
        for row in asking.rows(f"{name}_RecordType?$filter=CalculationType/Code eq '00001'")
    }
    assert all(row["РезультатBase"] == pay[row["Сотрудник_Key"], row["RegistrationPeriod"]] for row in bonuses)
    days = asking.rows(f"{name}/ScheduleData?$select=RegistrationPeriod,ДниActualActionPeriod")
    assert {row["RegistrationPeriod"]: row["ДниActualActionPeriod"] for row in days} == {
        "2026-01-01T00:00:00": 22,
        "2026-02-01T00:00:00": 20,
        "2026-03-01T00:00:00": 22,
    }
    turnover = asking.rows("AccumulationRegister_НачисленияСотрудников/Turnovers(Dimensions='Организация')")
    assert sum(row["СуммаTurnover"] for row in turnover) == sum(
        row["Результат"] for row in asking.rows(f"{name}_RecordType")
    )


# -- metadata -----------------------------------------------------------------------------------------------------------------------


def test_the_metadata_of_every_kind_comes_back_equal() -> None:
    """The generated company's `$metadata` makes a configuration whose `$metadata` is the same."""
    for made in (load_company(demo_folder(), "2.0.14.7"), configuration()):
        described = read_edmx(write_edmx(metadata_of(made)))
        assert described.problems == ()
        again = canonical(metadata_of(configuration_from_metadata(described)))
        for part, expected in canonical(described).items():
            assert again[part] == expected, part


# -- slices -------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registers(shared_infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = shared_infobase_factory(configuration())
    yield infobase
    infobase.close()


rates = st.dictionaries(
    st.tuples(moments, st.sampled_from(["USD", "EUR"]), st.sampled_from([PAPERS[0], "устно", None])),
    st.decimals(min_value=0, max_value=99, places=4),
    max_size=8,
)


@relaxed
@given(rates, st.one_of(st.none(), moments), st.booleans())
def test_slices_of_an_independent_register(
    registers: Infobase, written: dict[tuple[datetime, str, Any], Decimal], moment: datetime | None, last: bool
) -> None:
    expected: dict[tuple[str, Any], tuple[datetime, Decimal]] = {}
    for (period, currency, reason), rate in sorted(written.items(), key=lambda item: item[0][0], reverse=not last):
        if moment is None or (period <= moment if last else period >= moment):
            expected[currency, reason] = (period, rate)
    with registers.rehearsal() as session:
        for (period, currency, reason), rate in written.items():
            session.write_independent(RATES, {"Period": period, "Валюта": currency, "Основание": reason, "Курс": rate})
        table = session.layout.objects[RATES]
        found = session.virtual(slice_of(session.meta(RATES), table, moment, Condition(), last=last))
    assert {(row["Валюта"], row["Основание"]): (row["Period"], row["Курс"]) for row in found} == expected
    assert len(found) == len(expected)


@relaxed
@given(
    st.lists(st.tuples(st.sampled_from(PAPERS), moments, st.sampled_from(ITEMS), st.booleans()), max_size=8),
    st.one_of(st.none(), moments),
    st.booleans(),
)
def test_slices_of_a_subordinate_register(
    registers: Infobase, written: list[tuple[Ref, datetime, Ref, bool]], moment: datetime | None, last: bool
) -> None:
    records: dict[Ref, list[Row]] = {}
    for number, (paper, period, item, active) in enumerate(written):
        records.setdefault(paper, []).append(
            {"Period": period, "Товар": item, "Active": active, "Цена": Decimal(number)}
        )
    lines = [
        (row["Period"], paper.id, line, row)
        for paper, rows in records.items()
        for line, row in enumerate(rows, 1)
        if row["Active"]
    ]
    expected: dict[Ref, Decimal] = {}
    for period, _paper, _line, row in sorted(lines, key=lambda one: one[:3], reverse=not last):
        if moment is None or (period <= moment if last else period >= moment):
            expected[row["Товар"]] = row["Цена"]
    with registers.rehearsal() as session:
        for paper, rows in records.items():
            session.write_records(PRICES, paper, rows)
        table = session.layout.objects[PRICES]
        found = session.virtual(slice_of(session.meta(PRICES), table, moment, Condition(), last=last))
    assert {row["Товар"]: row["Цена"] for row in found} == expected
