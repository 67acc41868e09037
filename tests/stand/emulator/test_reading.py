"""Reading as 1C answers: shapes of JSON, options, keys, paths."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.onec.edmx import canonical, read_edmx
from stand.emulator.odata.edmx_out import metadata_of
from stand.emulator.rows import Ref
from tests.stand.emulator.filled import CHAIR, FIRST, IVANOV, PAID, SECOND, TABLE, filled_base
from tests.stand.emulator.sample import (
    CURRENCY,
    GOODS,
    LEDGER,
    PEOPLE,
    RATES,
    ROOT,
    SALE,
    SALES,
    STOCK,
    Asking,
    sample_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.stand.emulator.factory import InfobaseFactory

ZERO = "00000000-0000-0000-0000-000000000000"
RATE = f"{RATES}(Period=datetime'2026-01-01T00:00:00', Валюта='U''D', Где='{TABLE}', Где_Type='StandardODATA.{GOODS}')"
ATOM = "{http://www.w3.org/2005/Atom}"
D = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
M = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"


@pytest.fixture(scope="module")
def asking(shared_infobase_factory: InfobaseFactory) -> Iterator[Asking]:
    base = filled_base(shared_infobase_factory)
    yield Asking(base)
    base.close()


# -- shapes of JSON ---------------------------------------------------------------------------------------------------------------


def test_a_whole_object(asking: Asking) -> None:
    good = asking.get(f"{GOODS}(guid'{TABLE}')")
    assert good == {
        "odata.metadata": f"{ROOT}/$metadata#{GOODS}/@Element",
        "Ref_Key": TABLE,
        "Predefined": False,
        "PredefinedDataName": "",
        "DataVersion": "AAAAAAAAAAA=",
        "Description": "Стол",
        "Code": "000000001",
        "Parent_Key": ZERO,
        "IsFolder": False,
        "DeletionMark": False,
        "Артикул": "А'1/+%",
        "Ставка": "НДС20",
        "Вес": Decimal("12.5"),
        "Штук": "3000000001",  # Int64 is a string
        "Срок": 10,  # Int16 is a number
        "Ключ": TABLE,
        "Картинка_Base64Data": "iVBORw==",
        "Картинка_Type": "image/png",
        "Автор_Key": TABLE,
        "Услуга": False,
        "Создан": "2026-01-31T23:59:59",
    }
    names = [name for name in good if name != "odata.metadata"]
    described = [item.name for item in metadata_of(sample_configuration()).entity_types[GOODS].properties]
    assert [name for name in described if name in names and not name.endswith("_Type")] == [
        name for name in names if not name.endswith("_Type")
    ]


def test_empty_values_links_and_tabular_sections(asking: Asking) -> None:
    sale = asking.get(f"{SALE}(guid'{FIRST}')")
    assert (sale["Сумма"], sale["Основание"], sale["Основание_Type"]) == (
        Decimal("206.45"),
        PAID,
        "StandardODATA.Document_Оплата",
    )
    assert sale["Покупатель@navigationLinkUrl"] == f"{SALE}(guid'{FIRST}')/Покупатель"
    assert list(sale)[-2:] == ["Товары", "Покупатель@navigationLinkUrl"]
    assert sale["Товары"][0] == {
        "Ref_Key": FIRST,
        "LineNumber": "1",
        "Товар_Key": TABLE,
        "Количество": 2,
        "Цена": Decimal("100.1"),
        "Что": "1.5",
        "Что_Type": "Edm.Double",
    }
    assert [line["Что_Type"] for line in sale["Товары"][1:]] == [f"StandardODATA.{SALE}", "StandardODATA.Ставки"]
    empty = asking.get(f"{SALE}(guid'{SECOND}')")
    assert (empty["Основание"], empty["Основание_Type"], empty["Товары"]) == ("", "StandardODATA.Undefined", [])
    assert empty["Покупатель_Key"] == ZERO
    assert "Покупатель@navigationLinkUrl" not in empty
    assert asking.get(f"{GOODS}(guid'{CHAIR}')")["Создан"] == "0001-01-01T00:00:00"


def test_digits_of_money_are_those_of_the_base(asking: Asking) -> None:
    with asking.infobase.rehearsal() as session:
        session.put(SALE, {"Ref": Ref(SALE, SECOND), "Сумма": Decimal("1234567890123.40")})
        body = asking.call("GET", f"{SALE}(guid'{SECOND}')?$select=Сумма").body
    assert b'"\xd0\xa1\xd1\x83\xd0\xbc\xd0\xbc\xd0\xb0":1234567890123.4}' in body


def test_forms_of_json(asking: Asking) -> None:
    for form in ("json", "application/json", "application/json;odata=minimalmetadata"):
        assert "odata.metadata" in asking.get(f"{GOODS}?$format={form}")
    plain = asking.get(f"{SALE}(guid'{FIRST}')?$format=application/json;odata=nometadata")
    assert not [name for name in plain if "@" in name or name.startswith("odata.")]
    assert asking.refusal("GET", f"{GOODS}?$format=yaml")[:2] == (400, "3")


def test_registers_are_record_sets_and_flat_records(asking: Asking) -> None:
    sets = asking.rows(STOCK)
    assert [item["Recorder"] for item in sets] == [FIRST, PAID]
    assert sets[0]["Recorder_Type"] == f"StandardODATA.{SALE}"
    record = sets[0]["RecordSet"][1]
    assert record == {
        "Recorder": FIRST,
        "Recorder_Type": f"StandardODATA.{SALE}",
        "Period": "2026-01-05T10:00:00",
        "LineNumber": "2",
        "Active": True,
        "RecordType": "Receipt",
        "Товар_Key": CHAIR,
        "Место": "Склад",
        "Количество": 1,
        "Сумма": Decimal("10.05"),
    }
    flat = asking.rows(f"{STOCK}_RecordType")
    assert len(flat) == 4
    assert flat[1] == record | {
        "Товар@navigationLinkUrl": f"{STOCK}_RecordType(Recorder='{FIRST}', LineNumber=2, Recorder_Type='StandardODATA.{SALE}')/Товар"
    }
    single = asking.rows(SALES)[0]
    assert (single["Recorder_Key"], single["RecordSet"][0]["Recorder_Key"]) == (FIRST, FIRST)
    entry = asking.rows(f"{LEDGER}_RecordType")[0]
    assert {"AccountDr_Key", "AccountCr_Key", "Организация", "ЦехDr", "ЦехCr", "Сумма", "КоличествоDr"} <= set(entry)
    assert not [name for name in entry if name.startswith("ExtDimension")]


def test_top_counts_record_sets(asking: Asking) -> None:
    (only,) = asking.rows(f"{STOCK}?$top=1")
    assert len(only["RecordSet"]) == 2


def test_a_constant_is_found_by_either_key(asking: Asking) -> None:
    (row,) = asking.rows(CURRENCY) or [{}]
    for key in (f"guid'{ZERO}'", "0", "SurrogateKey=0"):
        assert asking.get(f"{CURRENCY}({key})")["SurrogateKey"] == 0
    assert set(row) <= {"Value", "SurrogateKey"}


# -- documents --------------------------------------------------------------------------------------------------------------------


def test_service_document_and_metadata(asking: Asking) -> None:
    value = asking.get("")
    described = read_edmx(asking.call("GET", "$metadata").body)
    assert value["odata.metadata"] == ROOT
    assert value["value"][0] == {"name": GOODS, "url": GOODS}
    assert {item["name"] for item in value["value"]} == set(described.entity_sets)
    assert canonical(described) == canonical(metadata_of(sample_configuration()))
    assert asking.refusal("GET", "$metadata?$format=json")[:2] == (400, "3")


# -- options ----------------------------------------------------------------------------------------------------------------------


def names(rows: list[dict[str, Any]], name: str = "Description") -> list[Any]:
    return [row[name] for row in rows]


def test_order_by_values_paths_and_presentations(asking: Asking) -> None:
    assert names(asking.rows(f"{GOODS}?$orderby=Вес")) == ["Лампа", "Стул", "Стол"]
    assert names(asking.rows(f"{GOODS}?$orderby=Вес desc, Code asc")) == ["Стол", "Стул", "Лампа"]
    assert names(asking.rows(f"{GOODS}?$orderby=Ref_Key")) == ["Лампа", "Стол", "Стул"]  # not by GUID
    assert names(asking.rows(f"{SALE}_Товары?$orderby=Товар_Key desc"), "LineNumber") == ["2", "1", "3"]
    assert names(asking.rows(f"{SALE}?$orderby=Покупатель/ИНН desc"), "Number") == ["0000-000001", "0000-000002"]
    assert names(asking.rows(f"{STOCK}?$orderby=Нет desc"), "Recorder") == [FIRST, PAID]  # ignored on record sets
    assert asking.refusal("GET", f"{GOODS}?$orderby=Нет")[:2] == (400, "6")
    assert asking.refusal("GET", f"{GOODS}?$orderby=Вес up")[:2] == (400, "14")
    assert asking.refusal("GET", f"{RATES}?$orderby=Нет")[:2] == (400, "6")


def test_top_skip_and_count(asking: Asking) -> None:
    value = asking.get(f"{GOODS}?$orderby=Code&$top=1&$skip=1&$inlinecount=allpages")
    assert (value["odata.count"], names(value["value"])) == ("3", ["Стул"])
    assert asking.get(f"{GOODS}?$filter=Услуга&$inlinecount=allpages")["odata.count"] == "1"
    assert "odata.count" not in asking.get(f"{GOODS}?$inlinecount=none")
    answer = asking.call("GET", f"{GOODS}/$count?$filter=Вес gt 1")
    assert (answer.content_type, answer.body) == ("text/plain;charset=utf-8", b"\xef\xbb\xbf2")
    for bad in ("$top=-1", "$top=x", "$skip=1.5", "$top=", "$inlinecount=all", "$top=9999999999999999999999"):
        assert asking.refusal("GET", f"{GOODS}?{bad}")[:2] == (400, "14"), bad
    assert asking.rows(f"{GOODS}?$top=0") == []


def test_select(asking: Asking) -> None:
    assert asking.rows(f"{GOODS}?$select=Code, Description&$top=1") == [{"Description": "Лампа", "Code": "000000003"}]
    whole, without = asking.rows(f"{SALE}?$select=*")[0], asking.rows(f"{SALE}?$select=**")[0]
    assert set(whole) - set(without) == {"Товары"}
    (sale,) = asking.rows(f"{SALE}?$select=Number,Товары/Цена&$filter=Posted")
    assert sale == {"Number": "0000-000001", "Товары": [{"Цена": Decimal("100.1")}, {"Цена": 50}, {"Цена": 0}]}
    (stock,) = asking.rows(f"{STOCK}?$select=RecordSet/Сумма&$top=1")
    assert stock == {"RecordSet": [{"Сумма": Decimal("10.05")}] * 2}
    for bad in ("Нет", "Товары/Нет", "Number/Нет", "Покупатель/ИНН", "/"):
        assert asking.refusal("GET", f"{SALE}?$select={bad}")[:2] == (400, "6"), bad


def test_presentations(asking: Asking) -> None:
    (sale,) = asking.rows(
        f"{SALE}?$filter=Posted&$select=Покупатель____Presentation,Основание____Presentation,Сумма____Presentation,Presentation"
    )
    assert sale == {
        "Покупатель____Presentation": "Иванов",
        "Основание____Presentation": "Оплата П-1 от 31.01.2026 23:59:59",
        "Сумма____Presentation": "206,45",
        "Presentation": "Продажа 0000-000001 от 05.01.2026 10:00:00",
    }
    row = asking.rows(f"{GOODS}?$select=Description,*____Presentation&$top=1")[0]
    assert (row["Description"], row["Parent____Presentation"], row["Услуга____Presentation"]) == ("Лампа", "Стол", "Да")


def test_expand(asking: Asking) -> None:
    first, second = asking.rows(f"{SALE}?$expand=Покупатель&$orderby=Number")
    assert (first["Покупатель"]["ИНН"], first["Покупатель"]["Ref_Key"]) == ("7701", IVANOV)
    assert second["Покупатель"] is None
    assert second["Покупатель@navigationLinkUrl"] == f"{SALE}(guid'{SECOND}')/Покупатель"
    (deep,) = asking.rows(f"{SALE}?$expand=Покупатель/Owner&$filter=Posted&$select=Number,Покупатель/Owner/Description")
    assert deep["Покупатель"]["Owner"] == {"Description": "Стол"}
    silent = asking.rows(f"{SALE}?$expand=Покупатель&$select=Number")
    assert all("Покупатель" not in row for row in silent)  # not named in $select: silently not expanded
    named = asking.rows(f"{SALE}?$expand=Покупатель&$select=Number,Покупатель/Description&$filter=Posted")
    assert named[0]["Покупатель"] == {"Description": "Иванов"}
    (composite,) = asking.rows(f"{SALE}?$expand=Основание&$filter=Posted")
    assert composite["Основание"] == PAID
    assert composite["Основание_Expanded"]["Number"] == "П-1"
    assert composite["Основание_Expanded@navigationLinkUrl"] == f"Document_Оплата(guid'{PAID}')"
    for bad in ("Нет", "Сумма", "Покупатель/Нет"):
        assert asking.refusal("GET", f"{SALE}?$expand={bad}")[:2] == (400, "6")
    assert asking.refusal("GET", f"{SALE}(guid'{FIRST}')?$expand=Покупатель")[:2] == (501, "0")


def test_unknown_options(asking: Asking) -> None:
    status, code, text = asking.refusal("GET", f"{GOODS}?$expan=Parent")
    assert (status, code, text) == (501, "0", "Параметр $expan не поддерживается")
    assert len(asking.rows(f"{GOODS}?allowedOnly=true")) == 3


# -- keys and paths ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "status", "code"),
    [
        ("Catalog_Нет", 404, "8"),
        ("Catalog_Скрытый", 404, "8"),
        ("Enum_Ставки", 404, "8"),
        (f"{GOODS}(guid'{PAID}')", 404, "9"),
        (f"{GOODS}('{TABLE}')", 400, "1"),
        (f"{GOODS}(guid'x')", 400, "6"),
        (f"{GOODS}()", 400, "6"),
        (f"{GOODS}(Code='1')", 400, "10"),
        (f"{GOODS}(guid'{TABLE}'", 400, "6"),
        (f"{SALE}_Товары(guid'{FIRST}')", 400, "7"),
        (f"{SALE}_Товары(Ref_Key=guid'{FIRST}',LineNumber=9)", 404, "9"),
        (f"{RATES}(Period=datetime'2026-01-01T00:00:00')", 400, "7"),
        (f"{STOCK}(Recorder='{FIRST}')", 400, "7"),
        (f"{STOCK}(Recorder='{FIRST}',Recorder_Type='{SALE}')", 400, "4"),
        (f"{GOODS}(guid'{TABLE}')/Нет", 400, "6"),
        (f"{GOODS}(guid'{TABLE}')/Description/Нет", 400, "6"),
        (f"{GOODS}(guid'{TABLE}')/Parent", 404, "9"),
        (f"{GOODS}/Balance()", 400, "6"),
        (f"{GOODS}/$count/x", 400, "6"),
        (f"{SALE}(guid'{FIRST}')/Post", 405, "19"),
    ],
)
def test_addresses_that_lead_nowhere(asking: Asking, url: str, status: int, code: str) -> None:
    assert asking.refusal("GET", url)[:2] == (status, code)


def test_addresses_that_lead_somewhere(asking: Asking) -> None:
    assert asking.get(f"{SALE}_Товары(Ref_Key=guid'{FIRST}',LineNumber=2)")["Товар_Key"] == CHAIR
    assert asking.get(f"{STOCK}(Recorder='{FIRST}', Recorder_Type='StandardODATA.{SALE}')")["Recorder"] == FIRST
    assert asking.get(RATE)["Курс"] == Decimal("90.1234")
    assert asking.get(f"{SALE}(guid'{FIRST}')/Покупатель/Owner/Description") == {
        "odata.metadata": f"{ROOT}/$metadata#Edm.String",
        "value": "Стол",
    }
    assert asking.get(f"{SALE}(guid'{FIRST}')/Покупатель")["odata.metadata"] == f"{ROOT}/$metadata#{PEOPLE}/@Element"
    assert len(asking.get(f"{SALE}(guid'{FIRST}')/Товары")["value"]) == 3
    picture = asking.call("GET", f"{GOODS}(guid'{TABLE}')/Картинка")
    assert (picture.content_type, picture.body) == ("image/png", b"\x89PNG")
    link = asking.rows(f"{STOCK}_RecordType")[0]["Товар@navigationLinkUrl"]
    assert asking.get(link)["Description"] == "Стол"
