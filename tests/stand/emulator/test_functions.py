"""Bound functions of registers, and Atom, the form of an answer nobody wished otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from lxml import etree

from harness.onec.values import decode_json
from tests.stand.emulator.filled import CHAIR, FIRST, LAMP, TABLE, filled_base
from tests.stand.emulator.sample import (
    ACCOUNTS,
    GOODS,
    LEDGER,
    PRICES,
    RATES,
    ROOT,
    SALE,
    SALES,
    STOCK,
    Asking,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

ZERO = "00000000-0000-0000-0000-000000000000"
RATE = f"{RATES}(Period=datetime'2026-01-01T00:00:00', Валюта='U''D', Где='{TABLE}', Где_Type='StandardODATA.{GOODS}')"
ATOM = "{http://www.w3.org/2005/Atom}"
D = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
M = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    base = filled_base(tmp_path_factory.mktemp("functions"))
    yield Asking(base)
    base.close()


# -- functions --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        f"{STOCK}/Balance(Condition='Товар_Key eq guid''{TABLE}''')",
        f"{STOCK}/Balance(Condition='Товар_Key eq guid'{TABLE}'')",
        f"{STOCK}/Balance?Condition='Товар_Key eq guid''{TABLE}'''",
        f"{STOCK}/Balance()?Condition=Товар_Key eq guid'{TABLE}'",
        f"{STOCK}/Balance(Condition='Товар/Description eq ''Стол''',Dimensions='Товар,Место')",
        f"{STOCK}/Balance()?$filter=Товар_Key eq guid'{TABLE}'",
    ],
)
def test_balance_and_the_spellings_of_its_condition(asking: Asking, url: str) -> None:
    (row,) = asking.rows(url)
    assert row == {"Товар_Key": TABLE, "Место": "Склад", "КоличествоBalance": -1, "СуммаBalance": 0}


def test_functions_of_accumulation_registers(asking: Asking) -> None:
    early = asking.rows(f"{STOCK}/Balance(Period=datetime'2026-01-20T00:00:00',Dimensions='Товар')")
    assert {row["Товар_Key"]: row["СуммаBalance"] for row in early} == {
        TABLE: Decimal("10.05"),
        CHAIR: Decimal("10.05"),
    }
    assert asking.rows(f"{STOCK}/Balance(Period=datetime'2026-01-05T10:00:00')") == []
    (turnover,) = asking.rows(
        f"{STOCK}/Turnovers(StartPeriod=datetime'2026-01-05T10:00:00',EndPeriod=datetime'2026-01-31T23:59:59',Dimensions='Место')"
    )
    assert (turnover["КоличествоTurnover"], turnover["КоличествоReceipt"], turnover["КоличествоExpense"]) == (-2, 2, 4)
    both = asking.rows(
        f"{STOCK}/BalanceAndTurnovers(StartPeriod=datetime'2026-01-20T00:00:00',Dimensions='Товар')?$top=1"
    )
    assert (both[0]["СуммаOpeningBalance"], both[0]["СуммаExpense"], both[0]["СуммаClosingBalance"]) == (
        Decimal("10.05"),
        Decimal("10.05"),
        0,
    )
    by_month = asking.rows(f"{SALES}/Turnovers()?$select=MonthPeriod,СуммаTurnover")
    assert by_month == [{"MonthPeriod": "2026-01-01T00:00:00", "СуммаTurnover": Decimal("200.2")}]
    title = asking.get(f"{STOCK}/Balance()")["odata.metadata"]
    assert title == f"{ROOT}/$metadata#{STOCK}_Balance"


def test_functions_of_an_accounting_register(asking: Asking) -> None:
    (goods,) = asking.rows(f"{ACCOUNTS}?$filter=Code eq '41'")
    (row,) = asking.rows(f"{LEDGER}/Balance(AccountCondition='Account_Key eq guid''{goods['Ref_Key']}''')")
    assert (row["Account_Key"], row["Организация"], row["Цех"]) == (goods["Ref_Key"], "Луч", "1")
    assert (row["СуммаBalance"], row["СуммаBalanceDr"], row["СуммаBalanceCr"]) == (
        Decimal("55.55"),
        Decimal("55.55"),
        0,
    )
    assert len(asking.rows(f"{LEDGER}/Balance()?$filter=Account/Code eq '60'")) == 1
    (deep,) = asking.rows(
        f"{LEDGER}/Turnovers(ExtraDimensions='{TABLE}')?$filter=ExtDimension1_Type ne 'StandardODATA.Undefined'"
    )
    assert (deep["ExtDimension1"], deep["СуммаTurnoverDr"]) == (TABLE, Decimal("55.55"))
    assert asking.refusal("GET", f"{LEDGER}/Balance(Condition='Account_Key eq guid''{TABLE}''')")[:2] == (400, "6")


def test_slices(asking: Asking) -> None:
    (last,) = asking.rows(f"{RATES}/SliceLast()")
    assert last["Курс"] == Decimal("91.5")
    (first,) = asking.rows(f"{RATES}/SliceFirst")
    assert first["Курс"] == Decimal("90.1234")
    (early,) = asking.rows(f"{RATES}/SliceLast(Period=datetime'2026-01-31T00:00:00',Condition='Валюта eq ''U''''D''')")
    assert early["Period"] == "2026-01-01T00:00:00"
    (price,) = asking.rows(f"{PRICES}_RecordType/SliceLast()?$expand=Товар")
    assert (price["Цена"], price["Товар"]["Description"]) == (Decimal("99.9"), "Стол")
    assert asking.refusal("GET", f"{PRICES}/SliceLast()")[:2] == (400, "6")


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        (f"{SALES}/Balance()", 400, "6"),
        (f"{STOCK}/Нет()", 400, "6"),
        (f"{STOCK}_RecordType/Balance()", 400, "6"),
        (f"{STOCK}/Turnovers(Period=datetime'2026-01-01T00:00:00')", 501, "0"),
        (f"{STOCK}/Turnovers()?EndDate=datetime'2026-01-01T00:00:00'", 501, "0"),
        (f"{STOCK}/Balance(Period='вчера')", 400, "14"),
        (f"{STOCK}/Balance(Condition='Количество gt 1')", 400, "6"),
        (f"{STOCK}/Balance(Condition='Товар_Key eq')", 400, "14"),
        (f"{STOCK}/Balance(Dimensions='Нет')", 400, "6"),
        (f"{STOCK}/Balance(что попало)", 400, "6"),
    ],
)
def test_functions_refuse(asking: Asking, url: str, status: int, code: str) -> None:
    assert asking.refusal("GET", url)[:2] == (status, code)


# -- Atom -------------------------------------------------------------------------------------------------------------------------


def test_without_a_wish_the_answer_is_atom(asking: Asking) -> None:
    plain = Asking(asking.infobase, headers={"accept": "*/*"})
    answer = plain.call("GET", f"{SALE}?$filter=Posted&$inlinecount=allpages")
    assert answer.content_type.startswith("application/atom+xml;type=feed")
    feed = etree.fromstring(answer.body)
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}id") == f"{ROOT}/{SALE}(guid'{FIRST}')"
    properties = entry.find(f"{ATOM}content/{M}properties")
    assert properties is not None
    assert properties.findtext(f"{D}Сумма") == "206.45"
    assert properties.findtext(f"{D}Posted") == "true"
    lines = properties.findall(f"{D}Товары/{D}element")
    assert len(lines) == 3
    assert lines[0].find(f"{D}Ref_Key") is None
    assert lines[0].findtext(f"{D}LineNumber") == "1"
    assert feed[-1].tag == f"{M}count"
    error = etree.fromstring(plain.call("GET", "Catalog_Нет").body)
    assert error.findtext(f"{M}code") == "8"
    result = etree.fromstring(plain.call("GET", f"{STOCK}/Balance()").body)
    assert (result.tag, len(result)) == (f"{D}Result", 2)
    assert etree.fromstring(plain.call("GET", "").body).tag.endswith("service")
    assert decode_json(plain.call("GET", f"{GOODS}?$format=json").body)["value"]


def test_an_atom_feed_of_the_emulator_is_read_back(asking: Asking) -> None:
    from stand.emulator.loaders.feed import read_feed

    plain = Asking(asking.infobase, headers={})
    for name in (GOODS, SALE, STOCK, RATES, LEDGER):
        entries = list(read_feed(plain.call("GET", name).body, plain.service.publication()))
        assert len(entries) == len(asking.rows(name))
    (goods,) = [
        entry.row
        for entry in read_feed(plain.call("GET", GOODS).body, plain.service.publication())
        if entry.row["Ref"].id == LAMP
    ]
    with asking.infobase.reading() as session:
        assert goods == session.get(GOODS, LAMP)
