"""Rules of the dialect that belong to no other page: each test is named in docs/emulator.md."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from harness.onec.edmx import read_edmx
from stand.emulator.database.infobase import Infobase
from stand.emulator.odata.service import ODataService
from stand.emulator.rows import BusinessError, Ref
from tests.stand.emulator.filled import CHAIR, FIRST, IVANOV, PAID, SECOND, TABLE, filled_base
from tests.stand.emulator.sample import (
    GOODS,
    PAYMENT,
    PEOPLE,
    PRICES,
    RATES,
    SALE,
    SALES,
    STOCK,
    Asking,
    an_object,
    attribute,
    sample_configuration,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.session import Session
    from stand.emulator.model import MetaObject
    from stand.emulator.rows import Row
    from tests.stand.emulator.factory import InfobaseFactory

D = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
HIDDEN = "UnavailableEntities.UnavailableEntity_6a8e1f3c-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def filled(shared_infobase_factory: InfobaseFactory) -> Infobase:
    return filled_base(shared_infobase_factory)


@pytest.fixture
def asking(filled: Infobase) -> Iterator[Asking]:
    """Everything a test writes is undone after it."""
    with filled.rehearsal():
        yield Asking(filled)


def test_names_are_matched_whole(tmp_path_factory: pytest.TempPathFactory) -> None:
    configuration = sample_configuration()
    named = [
        an_object(name, attribute("А_1", "String")) for name in ("Catalog_пр_Товары", "Catalog_пр_Товары_11_0_Старые")
    ]
    objects = {**configuration.objects, **{str(item.name): item for item in named}}
    base = Infobase.create(tmp_path_factory.mktemp("names") / "b.db", replace(configuration, objects=objects))
    asking = Asking(base)
    for item in named:
        made = asking.send("POST", str(item.name), {"А_1": "x"}, 201)
        assert asking.get(f"{item.name}(guid'{made['Ref_Key']}')/А_1")["value"] == "x"
    assert asking.refusal("GET", "Catalog_пр_Товары_11_0")[:2] == (404, "8")
    base.close()


def test_what_select_may_say_of_an_expansion(asking: Asking) -> None:
    def only(select: str, expand: str = "Покупатель") -> dict[str, Any]:
        (row,) = asking.rows(f"{SALE}?$filter=Posted&$expand={expand}&$select={select}")
        return row

    assert set(only("Number,Покупатель/Description,Покупатель/ИНН")["Покупатель"]) == {"Description", "ИНН"}
    assert only("Number,Покупатель/*")["Покупатель"]["Owner_Key"] == TABLE
    assert only("Number,Покупатель/**")["Покупатель"]["ИНН"] == "7701"
    assert only("Покупатель/Owner____Presentation")["Покупатель"] == {"Owner____Presentation": "Стол"}
    paid = only("Основание,Основание/Document_Оплата/Number", "Основание/Document_Оплата")
    assert paid["Основание_Expanded"] == {"Number": "П-1"}
    assert asking.refusal("GET", f"{SALE}?$expand=Основание/*")[:2] == (400, "6")
    assert asking.refusal("GET", f"{SALE}?$expand=Товары/Товар")[:2] == (400, "6")
    everything = asking.rows(f"{SALE}?$expand=*&$filter=Posted")[0]
    assert everything["Покупатель"]["Ref_Key"] == IVANOV


def test_presentations_are_asked_for_by_name_and_never_come_by_themselves(asking: Asking) -> None:
    for select in ("*", "**"):
        assert not [name for name in asking.rows(f"{SALE}?$select={select}")[0] if "Presentation" in name]
    described = read_edmx(asking.call("GET", "$metadata").body).entity_types[SALE]
    assert not [item.name for item in described.properties if "Presentation" in item.name]
    for bad in ("Товары____Presentation", "Нет____Presentation"):
        assert asking.refusal("GET", f"{SALE}?$select={bad}")[:2] == (400, "6")
    assert asking.refusal("GET", f"{GOODS}?$select=Картинка____Presentation")[:2] == (400, "6")
    assert (
        asking.send("PATCH", f"{SALE}(guid'{FIRST}')", {"Покупатель____Presentation": "x"})["Покупатель_Key"] == IVANOV
    )


def test_expansion_of_virtual_tables(asking: Asking) -> None:
    (price,) = asking.rows(f"{PRICES}_RecordType/SliceLast()?$expand=Товар")
    assert price["Товар"]["Description"] == "Стол"
    (rate,) = asking.rows(f"{RATES}/SliceLast()?$expand=Где")
    assert (rate["Где"], rate["Где_Expanded"]["Description"]) == (TABLE, "Стол")
    balance = asking.rows(f"{STOCK}/Balance(Dimensions='Товар')?$expand=Товар&$orderby=Товар_Key")
    assert [row["Товар"]["Description"] for row in balance] == ["Стол", "Стул"]
    atom = asking.call("GET", f"{STOCK}/Balance(Dimensions='Товар')?$expand=Товар&$format=atom").body
    assert {item.text for item in etree.fromstring(atom).iter(f"{D}Description")} == {"Стол", "Стул"}


def test_unpublished_types_keep_their_name(asking: Asking) -> None:
    url = f"{SALE}(guid'{SECOND}')"
    changed = asking.send("PATCH", url, {"Основание": PAID, "Основание_Type": HIDDEN})
    assert (changed["Основание"], changed["Основание_Type"]) == (PAID, HIDDEN)
    assert len(asking.rows(f"{SALE}?$filter=Основание eq cast(guid'{PAID}','{HIDDEN}')")) == 1
    twice = f"{SALE}?$filter=Основание eq cast(guid'{PAID}','StandardODATA.{HIDDEN}')"
    assert asking.refusal("GET", twice)[:2] == (400, "4")
    assert asking.refusal("PATCH", url, {"Основание": PAID, "Основание_Type": f"StandardODATA.{HIDDEN}"})[0] == 400
    with asking.infobase.transaction() as session:
        session.write_records(STOCK, Ref(HIDDEN, SECOND), [{"RecordType": "Receipt", "Количество": Decimal(1)}])
    assert asking.get(f"{STOCK}(Recorder='{SECOND}',Recorder_Type='{HIDDEN}')")["Recorder_Type"] == HIDDEN
    assert asking.refusal("GET", f"{STOCK}(Recorder='{SECOND}',Recorder_Type='StandardODATA.{HIDDEN}')")[:2] == (
        400,
        "4",
    )


def test_a_section_that_is_not_published_comes_with_its_owner(tmp_path_factory: pytest.TempPathFactory) -> None:
    configuration = sample_configuration()
    sale = configuration.objects[SALE]
    hidden = replace(sale, sections=tuple(replace(item, published=False) for item in sale.sections))
    base = Infobase.create(
        tmp_path_factory.mktemp("hidden") / "b.db",
        replace(configuration, objects={**configuration.objects, SALE: hidden}),
    )
    asking = Asking(base)
    made = asking.send("POST", SALE, {"Date": "2026-01-01T00:00:00", "Товары": [{"LineNumber": 1, "Цена": 5}]}, 201)
    assert made["Товары"][0]["Цена"] == 5
    assert asking.refusal("GET", f"{SALE}_Товары")[:2] == (404, "8")
    described = read_edmx(asking.call("GET", "$metadata").body)
    assert f"{SALE}_Товары" not in described.entity_sets
    base.close()


def test_a_refusal_of_the_configuration_rolls_everything_back(asking: Asking) -> None:
    text = "Ошибка при выполнении обработчика - 'ПриЗаписи' {ОбщийМодуль.Продажи.Модуль(180)}: нет договора"

    def refuse(session: Session, _meta: MetaObject, row: Row) -> None:
        session.write_independent(RATES, {"Валюта": "XXX"})
        if row.get("Комментарий") == "нельзя":
            raise BusinessError(text)

    asking.infobase.hooks.before_write = refuse
    before = asking.infobase.fingerprint()
    assert asking.refusal("PATCH", f"{SALE}(guid'{FIRST}')", {"Комментарий": "нельзя"}) == (500, "-1", text)
    assert asking.infobase.fingerprint() == before


def test_marking_and_posting_exclude_each_other(asking: Asking) -> None:
    posted, other = f"{SALE}(guid'{FIRST}')", f"{SALE}(guid'{SECOND}')"
    assert asking.refusal("PATCH", posted, {"DeletionMark": True})[:2] == (500, "-1")
    assert asking.send("PATCH", other, {"DeletionMark": True, "Posted": True})["DeletionMark"] is True
    assert asking.get(other)["Posted"] is False
    assert asking.refusal("POST", f"{other}/Post?PostingModeOperational=false")[:2] == (500, "-1")
    asking.send("PATCH", other, {"DeletionMark": False})
    assert asking.call("POST", f"{other}/Post(PostingModeOperational=true)").status == 200
    assert asking.get(other)["Posted"] is True
    assert asking.call("POST", f"{other}/Unpost").status == 200
    assert asking.get(other)["Posted"] is False


def test_batch_is_not_supported_and_answers_in_xml(asking: Asking) -> None:
    answer = asking.call("POST", "$batch", b"", accept="application/json")
    assert (answer.status, answer.content_type) == (501, "application/xml;charset=utf-8")
    assert b"<m:code>0</m:code>" in answer.body


def test_order_by_an_expression(asking: Asking) -> None:
    rows = asking.rows(f"{GOODS}?$orderby=substring(Description,3) desc, Вес sub 1&$select=Description")
    assert [row["Description"] for row in rows] == ["Стул", "Стол", "Лампа"]


def test_stored_values_have_their_own_address_and_type(asking: Asking) -> None:
    answer = asking.call("GET", f"{GOODS}(guid'{TABLE}')/Картинка")
    assert (answer.status, answer.content_type, answer.body) == (200, "image/png", b"\x89PNG")
    asking.send(
        "PATCH",
        f"{GOODS}(guid'{CHAIR}')",
        {"Картинка_Base64Data": "AAEC", "Картинка_Type": "image/x\r\nSet-Cookie: a=b"},
    )
    assert asking.refusal("GET", f"{GOODS}(guid'{CHAIR}')/Картинка")[:2] == (501, "0")


def test_a_record_set_of_one_kind_of_recorder_has_a_plain_key(asking: Asking) -> None:
    (row,) = asking.rows(SALES)
    assert asking.get(f"{SALES}(guid'{row['Recorder_Key']}')")["RecordSet"] == row["RecordSet"]
    record = asking.rows(f"{PRICES}_RecordType")[0]
    period, good = record["Period"], record["Товар_Key"]
    assert asking.get(f"{PRICES}_RecordType(Period=datetime'{period}',Товар_Key=guid'{good}')")["Цена"] == Decimal(
        "99.9"
    )


def test_a_deleted_object_takes_its_records_with_it_but_not_those_that_point_at_it(asking: Asking) -> None:
    asking.send("DELETE", f"{PAYMENT}(guid'{PAID}')", status=204)
    assert asking.get(f"{SALE}(guid'{FIRST}')")["Основание"] == PAID
    assert asking.rows(f"{SALE}?$expand=Основание&$filter=Posted")[0]["Основание_Expanded"] is None


def test_a_restarted_service_sees_what_was_written(asking: Asking) -> None:
    made = asking.send("POST", PEOPLE, {"Description": "Новый", "Owner_Key": TABLE}, 201)
    asking.service = ODataService(asking.infobase)
    assert asking.get(f"{PEOPLE}(guid'{made['Ref_Key']}')")["Description"] == "Новый"
