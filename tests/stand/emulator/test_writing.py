"""Writes as 1C takes and refuses them (facts/odata.md 6)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from harness.onec.values import decode_json
from tests.stand.emulator.filled import CHAIR, FIRST, IVANOV, PAID, SECOND, TABLE, filled_base
from tests.stand.emulator.sample import (
    CURRENCY,
    GOODS,
    LEDGER,
    PEOPLE,
    PLAN,
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

    from stand.emulator.database.infobase import Infobase
    from tests.stand.emulator.factory import InfobaseFactory


ZERO = "00000000-0000-0000-0000-000000000000"
TABLE_URL, SALE_URL = f"{GOODS}(guid'{TABLE}')", f"{SALE}(guid'{SECOND}')"
RATE_URL = f"{RATES}(Period=datetime'2026-03-01T00:00:00',Валюта='EUR',Где='',Где_Type='StandardODATA.Undefined')"


@pytest.fixture(scope="module")
def filled(shared_infobase_factory: InfobaseFactory) -> Infobase:
    return filled_base(shared_infobase_factory)


@pytest.fixture
def asking(filled: Infobase) -> Iterator[Asking]:
    """Everything a test writes is undone after it."""
    with filled.rehearsal():
        yield Asking(filled)


def test_create_answers_201_with_the_whole_object_and_its_address(asking: Asking) -> None:
    answer = asking.call(
        "POST", GOODS, {"Description": "Шкаф", "Вес": Decimal("1.2345"), "Штук": "30", "Нет такого": 1}
    )
    good = decode_json(answer.body)
    assert answer.status == 201
    assert dict(answer.headers)[b"Location"].decode() == f"{ROOT}/{GOODS}(guid'{good['Ref_Key']}')"
    assert (good["Code"], good["Вес"], good["Штук"], good["DataVersion"]) == (
        "000000004",
        Decimal("1.235"),
        "30",
        "AAAAAAAAAAA=",
    )
    assert asking.get(f"{GOODS}(guid'{good['Ref_Key']}')") == good


def test_a_given_reference_is_taken_once(asking: Asking) -> None:
    key = "50000000-0000-4000-8000-000000000001"
    assert asking.send("POST", GOODS, {"Ref_Key": key}, 201)["Ref_Key"] == key
    assert asking.refusal("POST", GOODS, {"Ref_Key": key})[:2] == (400, "15")


def test_patch_changes_what_it_names_and_answers_200_with_the_whole(asking: Asking) -> None:
    changed = asking.send(
        "PATCH", TABLE_URL, {"Вес": 13, "Ref_Key": CHAIR, "DataVersion": "AAAAAAAAAP8=", "Predefined": True}
    )
    assert (changed["Вес"], changed["Description"], changed["Ref_Key"]) == (13, "Стол", TABLE)
    assert (changed["DataVersion"], changed["Predefined"]) == ("AAAAAAAAAAE=", False)
    assert asking.send("PATCH", TABLE_URL, {})["DataVersion"] == "AAAAAAAAAAI="
    assert asking.send("MERGE", TABLE_URL, {"Description": "С" * 500})["Description"] == "С" * 100  # cut silently


def test_a_tabular_section_is_replaced_whole(asking: Asking) -> None:
    line = {"LineNumber": "1", "Товар_Key": CHAIR, "Количество": 5, "Что": TABLE, "Что_Type": f"StandardODATA.{GOODS}"}
    changed = asking.send("PATCH", f"{SALE}(guid'{FIRST}')", {"Товары@odata.type": "x", "Товары": [line]})
    assert [(row["Товар_Key"], row["Количество"], row["Что"], row["Цена"]) for row in changed["Товары"]] == [
        (CHAIR, 5, TABLE, 0)
    ]
    assert asking.send("PATCH", f"{SALE}(guid'{FIRST}')", {"Товары": []})["Товары"] == []
    assert asking.send("PATCH", SALE_URL, {"Комментарий": "без строк"})["Товары"] == []


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (b"{", 500, "-1", "Непредвиденный символ при чтении JSON"),
        (b"", 500, "-1", "Непредвиденный символ"),
        (b'{"a":' * 100_000, 500, "-1", "Непредвиденный символ"),
        (b"\xff\xfe", 500, "-1", "Непредвиденный символ"),
        (b'{"x": 1e99999999999999999999}', 500, "-1", ""),
        (b"[]", 400, "2", ""),
        ({"Товары": [{"LineNumber": 2}]}, 400, "4", "LineNumber"),
        ({"Товары": [{"LineNumber": 1}, {"LineNumber": 1}]}, 400, "4", "LineNumber"),
        ({"Товары": [{"Количество": 1}]}, 500, "-1", "Произошла внутренняя ошибка"),
        ({"Товары": {}}, 500, "-1", ""),
        ({"Товары": [1]}, 400, "2", ""),
        ({"Комментарий": ["а"]}, 500, "-1", ""),
        ({"Покупатель_Key": "не он"}, 400, "1", "Не удалось разобрать строку 'не он' как значение типа Edm.Guid"),
        ({"Покупатель_Key": 5}, 400, "1", "Edm.Guid"),
        ({"Date": "вчера"}, 400, "1", "Edm.DateTime"),
        ({"Сумма": "много"}, 400, "1", "Edm.Double"),
        ({"Основание": PAID}, 400, "4", "Основание"),
        ({"Основание": PAID, "Основание_Type": "Document_Оплата"}, 400, "4", "составного типа"),
        ({"Основание": "x", "Основание_Type": "StandardODATA.Document_Оплата"}, 400, "1", ""),
        ({"Основание": "x", "Основание_Type": "Edm.Double"}, 400, "1", ""),
        ({"Покупатель@odata.bind": "Catalog_Товары(guid'1')"}, 400, "4", "odata.bind"),
        ({"Покупатель@odata.bind": f"Catalog_Товары(guid'{TABLE}')"}, 400, "4", "odata.bind"),
    ],
)
def test_bad_bodies_change_nothing(asking: Asking, body: object, status: int, code: str, words: str) -> None:
    before = asking.infobase.fingerprint()
    found = asking.refusal("PATCH", SALE_URL, body)
    assert found[:2] == (status, code)
    assert words in found[2]
    assert asking.infobase.fingerprint() == before


def test_lenient_values(asking: Asking) -> None:
    changed = asking.send(
        "PATCH",
        TABLE_URL,
        {"Штук": "пять", "Срок": "7", "Вес": "1.5", "Услуга": None, "Создан": "2026-02-01T12:00:00Z"},
    )
    assert (changed["Штук"], changed["Срок"], changed["Вес"], changed["Услуга"]) == ("0", 7, Decimal("1.5"), False)
    assert (
        changed["Создан"] == "2026-02-01T15:00:00"
    )  # `Z` is read as a moment, and the clock of the server is three hours ahead
    huge = asking.send(
        "PATCH", TABLE_URL, b'{"\xd0\xa8\xd1\x82\xd1\x83\xd0\xba": 1e300, "\xd0\x92\xd0\xb5\xd1\x81": -1e30}'
    )
    assert (huge["Штук"], huge["Вес"]) == ("9999999999", Decimal("-999999999999.999"))
    bound = asking.send("PATCH", SALE_URL, {"Покупатель@odata.bind": f"{ROOT}/{PEOPLE}(guid'{IVANOV.upper()}')"})
    assert bound["Покупатель_Key"] == IVANOV
    dangling = asking.send("PATCH", SALE_URL, {"Покупатель_Key": TABLE})
    assert dangling["Покупатель_Key"] == TABLE  # dangling references are stored


def test_put_needs_every_property(asking: Asking) -> None:
    assert asking.refusal("PUT", SALE_URL, {"Number": "1"})[:2] == (400, "5")
    whole = {
        name: value for name, value in asking.get(SALE_URL).items() if "odata" not in name and name != "Покупатель_Key"
    }
    whole["Покупатель@odata.bind"] = f"{PEOPLE}(guid'{IVANOV}')"
    assert asking.send("PUT", SALE_URL, {**whole, "Сумма": Decimal("0.01")})["Сумма"] == Decimal("0.01")


def test_delete_is_for_good(asking: Asking) -> None:
    assert asking.send("DELETE", SALE_URL, status=204) is None
    assert asking.refusal("GET", SALE_URL)[:2] == (404, "9")
    assert asking.refusal("DELETE", SALE_URL)[:2] == (404, "9")
    asking.send("DELETE", f"{SALE}(guid'{FIRST}')", status=204)
    assert [item["Recorder"] for item in asking.rows(STOCK)] == [PAID]
    assert asking.rows(f"{SALE}_Товары") == []


@pytest.mark.parametrize(
    ("method", "url", "status", "code"),
    [
        ("POST", f"{SALE}_Товары", 400, "13"),
        ("POST", f"{STOCK}_RecordType", 400, "13"),
        ("PATCH", f"{SALE}_Товары(Ref_Key=guid'{FIRST}',LineNumber=1)", 405, "19"),
        ("DELETE", f"{SALE}_Товары(Ref_Key=guid'{FIRST}',LineNumber=1)", 405, "19"),
        ("PATCH", GOODS, 405, "19"),
        ("POST", TABLE_URL, 405, "19"),
        ("PATCH", f"{GOODS}(guid'{PAID}')", 404, "9"),
        ("POST", "Catalog_Нет", 404, "8"),
        ("OPTIONS", GOODS, 405, "19"),
        ("POST", f"{GOODS}(guid'{TABLE}')/Post", 400, "6"),
        ("POST", f"{SALE}(guid'{TABLE}')/Post", 404, "9"),
        ("POST", f"{SALE}(guid'{FIRST}')/Start", 400, "6"),
        ("POST", f"{SALE}(guid'{FIRST}')/Post?PostingModeOperational=1", 400, "2"),
        ("POST", "$metadata", 405, "19"),
        ("POST", "SelectChanges", 400, "12"),
        ("DELETE", f"{CURRENCY}(0)", 405, "19"),
    ],
)
def test_what_cannot_be_done(asking: Asking, method: str, url: str, status: int, code: str) -> None:
    assert asking.refusal(method, url, {})[:2] == (status, code)


def test_independent_records(asking: Asking) -> None:
    body = {
        "Period": "2026-03-01T00:00:00",
        "Валюта": "EUR",
        "Где": "",
        "Где_Type": "StandardODATA.Undefined",
        "Курс": 100,
    }
    created = asking.send("POST", RATES, body, 200)
    assert created["Курс"] == 100
    assert "DataVersion" not in created
    assert asking.refusal("POST", RATES, body)[:2] == (400, "15")
    assert asking.send("PATCH", RATE_URL, {"Курс": Decimal("100.0001"), "Валюта": "USD"})["Валюта"] == "EUR"
    assert asking.get(RATE_URL)["Курс"] == Decimal("100.0001")
    asking.send("DELETE", RATE_URL, status=204)
    assert asking.refusal("GET", RATE_URL)[:2] == (404, "9")
    assert asking.refusal("PATCH", RATE_URL, {"Курс": 1})[:2] == (404, "9")


def test_record_sets_are_replaced_by_their_recorder(asking: Asking) -> None:
    url = f"{STOCK}(Recorder='{FIRST}',Recorder_Type='StandardODATA.{SALE}')"
    row = {
        "LineNumber": 1,
        "RecordType": "Receipt",
        "Товар_Key": TABLE,
        "Количество": 7,
        "Period": "2026-02-01T00:00:00",
    }
    changed = asking.send("PUT", url, {"odata.type": "x", "RecordSet@odata.type": "y", "RecordSet": [row]})
    assert [(item["Количество"], item["Recorder"], item["Active"]) for item in changed["RecordSet"]] == [
        (7, FIRST, True)
    ]
    assert asking.refusal("PATCH", url, {"Recorder": FIRST})[:2] == (400, "5")
    single = asking.send("PATCH", f"{SALES}(guid'{SECOND}')", {"RecordSet": [{"LineNumber": "1", "Сумма": 3}]})
    assert (single["Recorder_Key"], single["RecordSet"][0]["Period"]) == (SECOND, "2026-01-31T23:59:59")
    created = asking.send(
        "POST", PRICES, {"Recorder_Key": SECOND, "RecordSet": [{"LineNumber": 1, "Товар_Key": CHAIR}]}, 201
    )
    assert created["Recorder_Key"] == SECOND
    assert asking.refusal("POST", PRICES, {"Recorder_Key": SECOND, "RecordSet": []})[:2] == (400, "15")
    asking.send("DELETE", f"{PRICES}(guid'{SECOND}')", status=204)
    assert asking.refusal("DELETE", f"{PRICES}(guid'{SECOND}')")[:2] == (404, "9")


def test_an_entry_keeps_its_hidden_extra_dimensions_when_nobody_touches_them(asking: Asking) -> None:
    before = asking.infobase.fingerprint()[LEDGER]
    asking.send("PATCH", TABLE_URL, {"Вес": 1})
    assert asking.infobase.fingerprint()[LEDGER] == before


def test_constants_and_exchange_plans(asking: Asking) -> None:
    for key in (f"guid'{ZERO}'", "SurrogateKey=0"):
        assert asking.send("PATCH", f"{CURRENCY}({key})", {"Value": "RUBLES"})["Value"] == "RUB"
    node = asking.send("POST", PLAN, {"Code": "002", "Description": "Филиал"}, 201)
    assert (node["SentNo"], node["ReceivedNo"], node["ExchangeDate"]) == ("0", "0", "0001-01-01T00:00:00")
    assert asking.send("PATCH", f"{PLAN}(guid'{node['Ref_Key']}')", {"SentNo": "93"})["SentNo"] == "93"


def test_stored_values_are_written_in_base64(asking: Asking) -> None:
    changed = asking.send("PATCH", TABLE_URL, {"Картинка_Base64Data": "AAEC", "Картинка_Type": "application/xml+xdto"})
    assert changed["Картинка_Type"] == "application/xml+xdto"
    assert asking.call("GET", f"{TABLE_URL}/Картинка").body == b"\x00\x01\x02"
    asking.send("PATCH", TABLE_URL, {"Картинка_Base64Data": "AAEC", "Картинка_Type": "text/html"})
    assert asking.refusal("GET", f"{TABLE_URL}/Картинка")[:2] == (501, "0")
    assert asking.refusal("PATCH", TABLE_URL, {"Картинка_Base64Data": "не base64"})[:2] == (400, "1")
