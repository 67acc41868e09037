"""Functions of accounting registers through the interface: names, parameters, columns, refusals (facts/odata.md 5)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from harness.onec.edmx import read_edmx
from stand.emulator.database.accounting import extra_dimensions, records_with_extra, span_of
from stand.emulator.database.movements import Condition, Tables
from stand.emulator.rows import EMPTY, Ref
from tests.stand.emulator.ledgers import (
    ACCOUNT,
    ACCOUNT_KINDS,
    ACCOUNTS,
    ITEMS,
    KIND,
    KINDS,
    LEDGER,
    PAPERS,
    PLAIN,
    configuration,
    fill_charts,
    ledger_records,
    relaxed,
)
from tests.stand.emulator.sample import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.rows import Row
    from tests.stand.emulator.factory import InfobaseFactory

GOODS, CUSTOMERS, BANK, CAPITAL = ACCOUNT
JANUARY, MARCH = datetime(2026, 1, 10), datetime(2026, 3, 10)  # noqa: DTZ001 - dates of 1C are naive


@pytest.fixture(scope="module")
def base(shared_infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = shared_infobase_factory(configuration())
    with infobase.transaction() as session:
        fill_charts(session)
        for number, (moment, item) in enumerate(((JANUARY, ITEMS[0]), (MARCH, ITEMS[1]))):
            entry: Row = {
                "Period": moment,
                "AccountDr": BANK,
                "AccountCr": CUSTOMERS,
                "Организация": "О",
                "ЦехDr": "1",
                "ЦехCr": "2",
                "Сумма": Decimal("100.50"),
                "КоличествоDr": Decimal(2),
                "КоличествоCr": Decimal(3),
                # The bank has the kinds 2, 1, 0; customers have the kind 1 alone.
                "ExtDimensionDr1": "касса",
                "ExtDimensionDr2": ITEMS[2],
                "ExtDimensionDr3": item,
                "ExtDimensionCr1": item,
            }
            session.write_records(LEDGER, PAPERS[number], [entry])
    yield infobase
    infobase.close()


@pytest.fixture(scope="module")
def asking(base: Infobase) -> Asking:
    return Asking(base)


def guids(*kinds: int) -> str:
    return ",".join(KIND[number].id for number in kinds)


def test_extra_dimensions_are_asked_for_by_kind_whatever_their_place(asking: Asking) -> None:
    """The kind 1 is the second of the bank and the first of the customers; an account without the kind is not seen."""
    rows = asking.rows(f"{LEDGER}/Balance(ExtraDimensions='{guids(1)}')?$select=Account_Key,ExtDimension1,СуммаBalance")
    found = {(row["Account_Key"], row["ExtDimension1"]): row["СуммаBalance"] for row in rows}
    assert found == {
        (BANK.id, ITEMS[2].id): Decimal(201),
        (CUSTOMERS.id, ITEMS[0].id): Decimal("-100.5"),
        (CUSTOMERS.id, ITEMS[1].id): Decimal("-100.5"),
    }
    both = asking.rows(f"{LEDGER}/Turnovers(ExtraDimensions='{guids(0, 1)}')")
    assert [(row["Account_Key"], row["ExtDimension1"], row["ExtDimension2"]) for row in both] == [
        (BANK.id, item.id, ITEMS[2].id) for item in ITEMS[:2]
    ]
    assert "ExtDimension3" not in both[0]
    condition = f"ExtDimension1 eq cast(guid'{ITEMS[1].id}','Catalog_Товары')"
    (one,) = asking.rows(f"{LEDGER}/Turnovers?ExtraDimensions='{guids(0)}'&Condition={condition}")
    assert (one["Account_Key"], one["ExtDimension1"]) == (BANK.id, ITEMS[1].id)


def test_a_condition_on_the_extra_dimensions_of_the_corresponding_account(asking: Asking) -> None:
    rows = asking.rows(
        f"{LEDGER}/Turnovers?Dimensions='Организация'&Condition=BalancedExtDimension1 eq 'касса'"
        "&$select=Account_Key,ExtDimension1,СуммаTurnoverCr"
    )
    assert [(row["Account_Key"], row["СуммаTurnoverCr"]) for row in rows] == [(CUSTOMERS.id, Decimal("100.5"))] * 2
    assert {row["ExtDimension1"] for row in rows} == {item.id for item in ITEMS[:2]}


def test_without_kinds_an_account_shows_its_own_in_its_order(asking: Asking) -> None:
    rows = asking.rows(f"{LEDGER}/Turnovers(AccountCondition='Account/Code eq ''2''')")
    assert [(row["ExtDimension1"], row["ExtDimension1_Type"]) for row in rows] == [("касса", "Edm.String")] * 2
    assert {row["ExtDimension3"] for row in rows} == {ITEMS[0].id, ITEMS[1].id}
    (one,) = asking.rows(f"{LEDGER}/Turnovers(AccountCondition='Account/Code eq ''2''',Dimensions='Организация')")
    assert (one["Организация"], one["СуммаTurnoverDr"], one["КоличествоTurnover"]) == ("О", 201, 4)
    assert "ExtDimension1" not in one
    (chosen,) = asking.rows(
        f"{LEDGER}/Turnovers?AccountCondition=Account_Key eq guid'{BANK.id}'&$select=Account_Key,СуммаTurnover"
    )
    assert chosen == {"Account_Key": BANK.id, "СуммаTurnover": 201}


def test_an_extra_dimension_for_turnovers_alone_is_empty_in_balances(asking: Asking) -> None:
    rows = asking.rows(f"{LEDGER}/Balance(AccountCondition='Account_Key eq guid''{BANK.id}''')")
    assert {(row["ExtDimension1"], row["ExtDimension2"]) for row in rows} == {("", ITEMS[2].id)}


def test_a_quantity_is_kept_for_accounts_with_the_flag_alone(asking: Asking) -> None:
    (first, *_rest) = asking.rows(f"{LEDGER}_RecordType?$orderby=Period")
    assert (first["КоличествоDr"], first["КоличествоCr"]) == (2, 0)


def test_turnovers_by_the_corresponding_account(asking: Asking) -> None:
    url = f"{LEDGER}/Turnovers(AccountCondition='Account_Key eq guid''{CUSTOMERS.id}''',BalancedAccountCondition='BalancedAccount_Key eq guid''{BANK.id}''',BalancedExtraDimensions='{guids(0)}',Dimensions='Цех')"
    rows = asking.rows(url)
    assert [
        (
            row["Account_Key"],
            row["Цех"],
            row["BalancedAccount_Key"],
            row["BalancedExtDimension1"],
            row["СуммаTurnoverCr"],
        )
        for row in rows
    ] == [(CUSTOMERS.id, "2", BANK.id, item.id, Decimal("100.5")) for item in ITEMS[:2]]
    by_select = asking.rows(f"{LEDGER}/Turnovers()?$select=Account_Key,BalancedAccount_Key,СуммаTurnover")
    assert {(row["Account_Key"], row["BalancedAccount_Key"]) for row in by_select} == {
        (BANK.id, CUSTOMERS.id),
        (CUSTOMERS.id, BANK.id),
    }


def test_turnovers_between_accounts_by_month(asking: Asking) -> None:
    url = f"{LEDGER}/DrCrTurnovers(StartPeriod=datetime'2026-01-01T00:00:00',EndPeriod=datetime'2026-12-31T23:59:59',BalancedAccountCondition='AccountCr/Code eq ''1''',Dimensions='ЦехDr')"
    rows = asking.rows(
        f"{url}?$select=AccountDr_Key,AccountCr_Key,ЦехDr,MonthPeriod,СуммаTurnover,КоличествоTurnoverDr"
    )
    assert rows == [
        {
            "AccountDr_Key": BANK.id,
            "AccountCr_Key": CUSTOMERS.id,
            "ЦехDr": "1",
            "MonthPeriod": month,
            "СуммаTurnover": Decimal("100.5"),
            "КоличествоTurnoverDr": 2,
        }
        for month in ("2026-01-01T00:00:00", "2026-03-01T00:00:00")
    ]
    by_kind = asking.rows(f"{LEDGER}/DrCrTurnovers(ExtraDimensions='{guids(0)}',BalancedExtraDimensions='{guids(1)}')")
    assert [(row["ExtDimensionDr1"], row["ExtDimensionCr1"]) for row in by_kind] == [
        (item.id, item.id) for item in ITEMS[:2]
    ]
    assert asking.rows(f"{LEDGER}/DrCrTurnovers(AccountCondition='Account_Key eq guid''{CUSTOMERS.id}''')") == []


def test_records_with_extra_dimensions(asking: Asking) -> None:
    rows = asking.rows(
        f"{LEDGER}/RecordsWithExtDimensions(StartPeriod=datetime'2026-03-01T00:00:00',Condition='AccountDr_Key eq guid''{BANK.id}''')"
    )
    (row,) = rows
    assert (row["ExtDimensionDr1"], row["ExtDimensionTypeDr1_Key"]) == ("касса", KIND[2].id)
    assert (row["ExtDimensionCr1"], row["ExtDimensionCr1_Type"]) == (ITEMS[1].id, "StandardODATA.Catalog_Товары")
    assert (row["ExtDimensionTypeCr1_Key"], row["ExtDimensionTypeCr2_Key"]) == (KIND[1].id, EMPTY)
    assert (row["LineNumber"], row["Active"], row["Сумма"]) == ("1", True, Decimal("100.5"))
    assert len(asking.rows(f"{LEDGER}/RecordsWithExtDimensions(Top=1)")) == 1
    for ignored in ("?$orderby=Нет", "?Order='Period desc'", "?OrderBy='Period'"):
        assert len(asking.rows(f"{LEDGER}/RecordsWithExtDimensions{ignored}")) == 2
    assert asking.refusal("GET", f"{LEDGER}/RecordsWithExtDimensions?$skip=1")[:2] == (400, "14")


def test_extra_dimensions_alone(asking: Asking) -> None:
    rows = asking.rows(f"{LEDGER}/ExtDimensions()?$filter=Recorder eq cast(guid'{PAPERS[0].id}','Document_Операция')")
    assert sorted((row["RecordType"], row["Kind_Key"], row["Value"]) for row in rows) == sorted(
        [
            ("Debit", KIND[2].id, "касса"),
            ("Debit", KIND[1].id, ITEMS[2].id),
            ("Debit", KIND[0].id, ITEMS[0].id),
            ("Credit", KIND[1].id, ITEMS[0].id),
        ]
    )


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        (f"{LEDGER}/Balance(BalancedAccountCondition='true')", 501, "0"),
        (f"{LEDGER}/Balance(EndPeriod=datetime'2026-01-01T00:00:00')", 501, "0"),
        (f"{LEDGER}/Turnovers(Period=datetime'2026-01-01T00:00:00')", 501, "0"),
        (f"{LEDGER}/Turnovers(Periodicity='Month')", 501, "0"),
        (f"{LEDGER}/ExtDimensions(Condition='true')", 501, "0"),
        (f"{PLAIN}/Turnovers(BalancedAccountCondition='true')", 501, "0"),
        (f"{PLAIN}/DrCrTurnovers()", 400, "6"),
        (f"{LEDGER}_RecordType/Balance()", 400, "6"),
        (f"{LEDGER}/Balance(Condition='Account_Key eq guid''{BANK.id}''')", 400, "6"),
        (f"{LEDGER}/Balance(AccountCondition='Организация eq ''О''')", 400, "6"),
        (f"{LEDGER}/Balance(ExtraDimensions='не guid')", 400, "1"),
        (f"{LEDGER}/Balance(ExtraDimensions='{guids(0, 1, 2)},{KIND[0].id}')", 400, "14"),
        (f"{LEDGER}/Balance(Dimensions='ЦехDr')", 400, "6"),
        (f"{LEDGER}/Balance?ExtraDimensions='{guids(0)}'&Condition=ExtDimension2 eq 'касса'", 400, "6"),
        (f"{LEDGER}/DrCrTurnovers?ExtraDimensions='{guids(0)}'&Condition=ExtDimensionDr2 eq 'касса'", 400, "6"),
        (f"{LEDGER}/DrCrTurnovers(Dimensions='Цех')", 400, "6"),
        (f"{LEDGER}/RecordsWithExtDimensions(Top='много')", 400, "14"),
    ],
)
def test_functions_refuse(asking: Asking, url: str, status: int, code: str) -> None:
    assert asking.refusal("GET", url)[:2] == (status, code)


def test_metadata_tells_the_tables_of_accounting(asking: Asking) -> None:
    described = read_edmx(asking.call("GET", "$metadata").body)
    assert set(described.functions_of(LEDGER)) == {
        *("Balance", "Turnovers", "BalanceAndTurnovers", "DrCrTurnovers"),
        *("ExtDimensions", "RecordsWithExtDimensions"),
    }
    assert "DrCrTurnovers" not in described.functions_of(PLAIN)
    columns = {
        suffix: [prop.name for prop in described.complex_types[f"{LEDGER}_{suffix}"].properties]
        for suffix in ("Balance", "Turnover", "DrCrTurnover", "RecordsWithExtDimensions", "ExtDimensions")
    }
    assert columns["Balance"][:5] == ["Account_Key", "ExtDimension1", "ExtDimension2", "ExtDimension3", "Организация"]
    assert {"BalancedAccount_Key", "BalancedExtDimension1", "MonthPeriod", "Recorder"} <= {*columns["Turnover"]}
    assert {"AccountDr_Key", "ExtDimensionCr3", "ЦехCr", "СуммаTurnover", "КоличествоTurnoverDr"} <= {
        *columns["DrCrTurnover"]
    }
    assert {"ExtDimensionDr1", "ExtDimensionTypeDr1_Key", "Active"} <= {*columns["RecordsWithExtDimensions"]}
    rows = asking.rows(f"{LEDGER}/RecordsWithExtDimensions()")
    assert set(rows[0]) == {*columns["RecordsWithExtDimensions"]}
    section = described.entity_types[f"{ACCOUNTS}_ExtDimensionTypes"]
    assert {prop.name for prop in section.properties} == {
        "Ref_Key",
        "LineNumber",
        "ExtDimensionType_Key",
        "Predefined",
        "TurnoversOnly",
    }


@relaxed
@given(ledger_records)
def test_entries_and_extra_dimensions_against_the_records(base: Infobase, rows: list[Row]) -> None:
    with base.rehearsal() as session:
        session.clear_records(PAPERS[0])
        session.clear_records(PAPERS[1])
        session.write_records(LEDGER, PAPERS[2], [dict(row) for row in rows])
        meta = session.meta(LEDGER)
        tables = Tables.of(session.layout, meta)
        found = session.virtual(records_with_extra(tables, span_of(None, None), Condition(), None))
        values = session.virtual(extra_dimensions(meta, tables))
    expected: list[tuple[Any, ...]] = []
    for number, row in enumerate(rows, 1):
        one = next(item for item in found if item["LineNumber"] == number)
        for side in ("Dr", "Cr"):
            own = ACCOUNT_KINDS[ACCOUNT.index(row[f"Account{side}"])]
            for place in (1, 2, 3):
                kind = KIND[own[place - 1]] if place <= len(own) else Ref(KINDS, EMPTY)
                assert (one[f"ExtDimension{side}{place}"], one[f"ExtDimensionType{side}{place}"]) == (
                    row[f"ExtDimension{side}{place}"],
                    kind,
                )
                if row[f"ExtDimension{side}{place}"] is not None:
                    expected.append(
                        (number, "Debit" if side == "Dr" else "Credit", kind, row[f"ExtDimension{side}{place}"])
                    )
    assert len(found) == len(rows)
    assert sorted(map(str, expected)) == sorted(
        str((row["LineNumber"], row["RecordType"], row["Kind"], row["Value"])) for row in values
    )
