from __future__ import annotations

import contextlib
import json
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import AnswerError, DocumentError, StandError, WriteRefusedError
from harness.onec.edmx import (
    ComplexType,
    EntitySet,
    EntityType,
    FunctionImport,
    Metadata,
    Parameter,
    Property,
    write_edmx,
)
from harness.onec.expressions import field
from harness.onec.guard import WriteGuard
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession
from tests.harness.onec.serving import Reply, Request, Server, json_reply, odata_error, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REAL = Path(__file__).parents[4] / "shared" / "real" / "odata"
GUID = "b1c89da7-cb6a-11e6-aede-5404a6b4b8ed"
NS = "StandardODATA."
ROOT = "/odata/standard.odata"


def entity(name: str, key: tuple[str, ...], **properties: str) -> EntityType:
    return EntityType(name, key, tuple(Property(prop, edm) for prop, edm in properties.items()))


def bound(name: str, to: str, returns: str = "", *arguments: str) -> FunctionImport:
    parameters = (
        Parameter("bindingParameter", NS + to),
        *(Parameter(argument, "Edm.String") for argument in arguments),
    )
    return FunctionImport(name, f"Collection({NS}{returns})" if returns else "", parameters, side_effecting=not returns)


ENTITIES = (
    entity(
        "Document_Заказ",
        ("Ref_Key",),
        Ref_Key="Edm.Guid",
        Date="Edm.DateTime",
        Posted="Edm.Boolean",
        Сумма="Edm.Double",
        Основание="Edm.String",
        Товары=f"Collection({NS}Document_Заказ_Товары_RowType)",
        Основание_Type="Edm.String",
    ),
    entity("Catalog_Валюты", ("Ref_Key",), Ref_Key="Edm.Guid", Code="Edm.String", ValueType=f"{NS}TypeDescription"),
    entity(
        "InformationRegister_Курсы",
        ("Period", "Валюта_Key"),
        Period="Edm.DateTime",
        Валюта_Key="Edm.Guid",
        Курс="Edm.Double",
    ),
    entity(
        "InformationRegister_Цены",
        ("Recorder",),
        Recorder="Edm.String",
        RecordSet=f"Collection({NS}InformationRegister_Цены_RowType)",
    ),
    entity("InformationRegister_Цены_RecordType", ("Period",), Period="Edm.DateTime", Цена="Edm.Double"),
    entity(
        "AccumulationRegister_Товары",
        ("Recorder", "Recorder_Type"),
        Recorder="Edm.String",
        RecordSet=f"Collection({NS}AccumulationRegister_Товары_RowType)",
        Recorder_Type="Edm.String",
    ),
)
COMPLEX = (
    ComplexType(
        "TypeDescription",
        (Property("Types", "Collection(Edm.String)"), Property("StringQualifiers", f"{NS}StringQualifiers")),
    ),
    ComplexType("StringQualifiers", (Property("Length", "Edm.Int64"),)),
    ComplexType(
        "Document_Заказ_Товары_RowType", (Property("LineNumber", "Edm.Int64"), Property("Количество", "Edm.Double"))
    ),
    ComplexType(
        "AccumulationRegister_Товары_RowType",
        (Property("LineNumber", "Edm.Int64"), Property("Количество", "Edm.Double")),
    ),
    ComplexType("AccumulationRegister_Товары_Balance", (Property("КоличествоBalance", "Edm.Double"),)),
    ComplexType("AccumulationRegister_Товары_Turnover", (Property("КоличествоTurnover", "Edm.Double"),)),
)
METADATA = Metadata(
    entity_types={item.name: item for item in ENTITIES},
    complex_types={item.name: item for item in COMPLEX},
    entity_sets={item.name: EntitySet(item.name, item.name) for item in ENTITIES},
    functions=(
        bound(
            "Balance",
            "AccumulationRegister_Товары",
            "AccumulationRegister_Товары_Balance",
            "Period",
            "Condition",
            "Dimensions",
        ),
        bound(
            "Turnovers",
            "AccumulationRegister_Товары",
            "AccumulationRegister_Товары_Turnover",
            "StartPeriod",
            "EndPeriod",
        ),
        bound("SliceLast", "InformationRegister_Курсы", "InformationRegister_Курсы", "Period", "Condition"),
        bound("SliceLast", "InformationRegister_Цены_RecordType", "InformationRegister_Цены_RecordType", "Period"),
        bound("Post", "Document_Заказ", "", "PostingModeOperational"),
    ),
)
ORDER = {
    "odata.metadata": "http://x/$metadata#Document_Заказ",
    "Ref_Key": GUID,
    "Date": "2016-12-26T17:08:57",
    "Posted": True,
    "Сумма": 100,
    "Основание": "",
    "Товары": [{"LineNumber": "1", "Количество": 2.5}],
    "Основание_Type": "StandardODATA.Undefined",
    "Основание@navigationLinkUrl": "Document_Заказ(guid'x')/Основание",
}
READ_ORDER = {
    "Ref_Key": GUID,
    "Date": datetime(2016, 12, 26, 17, 8, 57),  # noqa: DTZ001 - dates of 1C are naive
    "Posted": True,
    "Сумма": Decimal(100),
    "Основание": "",
    "Товары": [{"LineNumber": 1, "Количество": Decimal("2.5")}],
    "Основание_Type": "StandardODATA.Undefined",
}


@contextlib.contextmanager
def client_of(answer: Callable[[Request], Reply], *, write: bool = False) -> Iterator[tuple[ODataClient, Server]]:
    def whole(request: Request) -> Reply:
        if request.path.endswith("/$metadata"):
            return Reply(200, write_edmx(METADATA), {"Content-Type": "application/xml"})
        return answer(request)

    with serving(whole) as server:
        guard = WriteGuard(permitted=(server.url,) if write else ())
        with StandSession(server.url, guard=guard, retries=0) as session:
            yield ODataClient(session), server


def value(*rows: object) -> Reply:
    return json_reply({"odata.metadata": "x", "value": list(rows)})


def last(server: Server) -> Request:
    return server.requests[-1]


def test_what_is_published_is_read_once() -> None:
    with client_of(lambda _: value({"name": "Catalog_Валюты", "url": "Catalog_Валюты"})) as (odata, server):
        assert odata.sets() == ("Catalog_Валюты",)
        assert odata.metadata() is odata.metadata()
        assert set(odata.metadata().entity_sets) == set(METADATA.entity_sets)
        assert len(server.requests) == 2
        odata.forget()
        odata.metadata()
        assert len(server.requests) == 3


def test_metadata_that_is_none_is_an_error_with_the_place() -> None:
    for body, kind in ((b"<html><body>login</body></html>", StandError), (b"<a/>", DocumentError)):
        with (
            serving(lambda _, body=body: Reply(200, body)) as server,  # type: ignore[misc]  # a lambda with a default
            StandSession(server.url, guard=WriteGuard()) as session,
            pytest.raises(kind) as caught,
        ):
            ODataClient(session).metadata()
        assert "$metadata" in str(caught.value)


def test_rows_come_typed_and_without_annotations() -> None:
    with client_of(lambda _: value(ORDER)) as (odata, server):
        assert list(odata.rows("Document_Заказ")) == [READ_ORDER]
    assert last(server).path == f"{ROOT}/Document_Заказ"
    assert last(server).params == {"$format": "json", "$orderby": "Date,Ref_Key", "$top": "1000"}


def test_options_are_those_of_the_dialect() -> None:
    with client_of(lambda _: value()) as (odata, server):
        rows = odata.rows(
            "Document_Заказ",
            select=("Ref_Key", "Контрагент/Description"),
            filter=(field("Сумма") > Decimal("0.5")) & (field("Комментарий") == "а+б"),
            orderby=("Date desc",),
            expand=("Контрагент",),
            top=5,
            allowed_only=True,
        )
        assert list(rows) == []
    assert last(server).params == {
        "$format": "json",
        "$select": "Ref_Key,Контрагент/Description",
        "$filter": "Сумма gt 0.5 and Комментарий eq 'а+б'",
        "$orderby": "Date desc,Ref_Key",
        "$expand": "Контрагент",
        "$top": "5",
        "allowedOnly": "true",
    }


def test_pages_are_put_together_and_proved_by_a_count() -> None:
    orders = [
        ORDER | {"Ref_Key": GUID[:-1] + str(number), "Date": f"2026-01-0{number + 1}T00:00:00"} for number in range(4)
    ]

    def answer(request: Request) -> Reply:
        if request.path.endswith("/$count"):
            return Reply(200, b"\xef\xbb\xbf4", {"Content-Type": "text/plain"})
        start = (
            int(request.params.get("$filter", "x01T")[-12:-10].strip("-") or 1) if "$filter" in request.params else 1
        )
        return value(
            *[order for order in orders if int(str(order["Date"])[8:10]) >= start][: int(request.params["$top"])]
        )

    with client_of(answer) as (odata, server):
        assert [row["Ref_Key"][-1] for row in odata.rows("Document_Заказ", page=3)] == ["0", "1", "2", "3"]
    assert last(server).path.endswith("/$count")


def test_an_open_structure_and_an_expanded_reference_are_decoded_too() -> None:
    row = {
        "Ref_Key": GUID,
        "ValueType": {"Types": ["String"], "StringQualifiers": {"Length": "355"}},
        "Вид": None,
        "Вид_Expanded": {"Description": "x", "A@navigationLinkUrl": "y"},
    }
    with client_of(lambda _: value(row)) as (odata, _):
        (read,) = odata.rows("Catalog_Валюты")
    assert read["ValueType"] == {"Types": ["String"], "StringQualifiers": {"Length": 355}}
    assert read["Вид_Expanded"] == {"Description": "x"}


def test_a_value_of_another_type_than_promised_is_1cs_error() -> None:
    with (
        client_of(lambda _: value(ORDER | {"Сумма": "сто"})) as (odata, _),
        pytest.raises(AnswerError, match="Сумма") as caught,
    ):
        list(odata.rows("Document_Заказ"))
    assert caught.value.place == "Document_Заказ"


@pytest.mark.parametrize("body", [{}, [], {"value": 5}, {"value": [1]}, "x"])
def test_an_answer_without_rows_is_the_stands_trouble(body: object) -> None:
    with client_of(lambda _: json_reply(body)) as (odata, _), pytest.raises(StandError, match="value"):
        list(odata.rows("Document_Заказ"))


def test_an_unpublished_set_is_1cs_error() -> None:
    with client_of(lambda _: odata_error(404, "8", "Сущность не найдена")) as (odata, _):
        with pytest.raises(AnswerError) as caught:
            list(odata.rows("Catalog_Нет"))
        with pytest.raises(AnswerError):
            odata.count("Catalog_Нет")
    assert (caught.value.status, caught.value.code) == (404, "8")


def test_one_entity_by_its_key() -> None:
    with client_of(lambda _: json_reply(ORDER)) as (odata, server):
        assert odata.get("Document_Заказ", GUID, select=("Ref_Key",)) == READ_ORDER
        assert last(server).path == f"{ROOT}/Document_Заказ(guid'{GUID}')"
        assert last(server).params == {"$format": "json", "$select": "Ref_Key"}
        odata.get("InformationRegister_Курсы", {"Period": date(2026, 1, 1), "Валюта_Key": GUID})
        assert (
            last(server).path
            == f"{ROOT}/InformationRegister_Курсы(Period=datetime'2026-01-01T00:00:00',Валюта_Key=guid'{GUID}')"
        )
        odata.get("AccumulationRegister_Товары", {"Recorder": GUID, "Recorder_Type": f"{NS}Document_Заказ"})
        assert last(server).path.endswith(f"(Recorder='{GUID}',Recorder_Type='{NS}Document_Заказ')")


def test_a_key_with_slashes_and_quotes_stays_a_key() -> None:
    with client_of(lambda _: json_reply(ORDER), write=True) as (odata, server):
        odata.change("Catalog_Нет", {"Код": "../../'a'?b#c%2e/+ "}, {"Имя": "x"})
        assert last(server).target.startswith("/demo/odata/standard.odata/Catalog_")
        assert last(server).path == f"{ROOT}/Catalog_Нет(Код='../../''a''?b#c%2e/+ ')"


def test_an_entity_is_expanded_through_its_set() -> None:
    with client_of(lambda _: value(ORDER)) as (odata, server):
        assert odata.get("Document_Заказ", GUID, expand=("Контрагент",)) == READ_ORDER
        assert last(server).params["$filter"] == f"Ref_Key eq guid'{GUID}'"
        assert last(server).params["$expand"] == "Контрагент"
    with client_of(lambda _: value()) as (odata, _), pytest.raises(AnswerError) as caught:
        odata.get("Document_Заказ", GUID, expand=("Контрагент",))
    assert (caught.value.status, caught.value.code) == (404, "9")


def test_counting_with_and_without_count() -> None:
    with client_of(lambda _: Reply(200, b"\xef\xbb\xbf42\r\n", {"Content-Type": "text/plain"})) as (odata, server):
        assert odata.count("Document_Заказ", field("Posted") == True) == 42  # noqa: E712 - builds a comparison
        assert last(server).path == f"{ROOT}/Document_Заказ/$count"
        assert last(server).params == {"$filter": "Posted eq true"}

    def without(request: Request) -> Reply:
        if "/$count" in request.path:
            return odata_error(404, "6", "Сегмент пути $count не найден!")
        return json_reply({"value": [ORDER], "odata.count": "19"})

    with client_of(without) as (odata, server):
        assert odata.count("Document_Заказ") == 19
        assert last(server).params == {"$format": "json", "$inlinecount": "allpages", "$top": "1"}
    with client_of(lambda _: value()) as (odata, _), pytest.raises(StandError, match="число"):
        odata.count("Document_Заказ")


def test_writing() -> None:
    def answer(request: Request) -> Reply:
        return Reply(204) if request.method == "DELETE" or request.path.endswith("ost") else json_reply(ORDER, 201)

    with client_of(answer, write=True) as (odata, server):
        body = {"Сумма": Decimal("1E+2"), "Date": date(2026, 1, 1), "Товары": [{"LineNumber": 1}]}
        assert odata.create("Document_Заказ", body) == READ_ORDER
        create = server.requests[-2]
        assert (create.method, create.path) == ("POST", f"{ROOT}/Document_Заказ")
        assert json.loads(create.body) == {"Сумма": 100, "Date": "2026-01-01T00:00:00", "Товары": [{"LineNumber": 1}]}
        assert create.headers["content-type"] == "application/json;charset=utf-8"
        assert "1c_odata-dataloadmode" not in create.headers
        odata.change("Document_Заказ", GUID, {"DeletionMark": True}, load=True)
        assert (last(server).method, last(server).path) == ("PATCH", f"{ROOT}/Document_Заказ(guid'{GUID}')")
        assert last(server).headers["1c_odata-dataloadmode"] == "true"
        odata.post("Document_Заказ", GUID)
        assert last(server).path == f"{ROOT}/Document_Заказ(guid'{GUID}')/Post"
        assert last(server).params == {"PostingModeOperational": "false"}
        assert last(server).headers["content-length"] == "0"
        odata.unpost("Document_Заказ", GUID)
        assert last(server).path.endswith("/Unpost")
        odata.delete("Document_Заказ", GUID)
        assert last(server).method == "DELETE"


def test_writing_without_permission_is_refused_below_the_client() -> None:
    with client_of(lambda _: json_reply(ORDER)) as (odata, server):
        odata.metadata()
        writes: list[Callable[[], object]] = [
            lambda: odata.create("Document_Заказ", {}),
            lambda: odata.change("Document_Заказ", GUID, {}),
            lambda: odata.delete("Document_Заказ", GUID),
            lambda: odata.post("Document_Заказ", GUID),
            lambda: odata.unpost("Document_Заказ", GUID),
        ]
        for write in writes:
            with pytest.raises(WriteRefusedError):
                write()
        assert len(server.requests) == 1


def test_virtual_tables_are_asked_in_the_query_string() -> None:
    with client_of(lambda _: value({"КоличествоBalance": 5})) as (odata, server):
        rows = odata.balance(
            "AccumulationRegister_Товары",
            period=date(2026, 4, 1),
            condition=field("Склад_Key") == GUID,
            dimensions=("Номенклатура", "Склад"),
        )
        assert list(rows) == [{"КоличествоBalance": Decimal(5)}]
    assert last(server).path == f"{ROOT}/AccumulationRegister_Товары/Balance()"
    assert last(server).params == {
        "Period": "datetime'2026-04-01T00:00:00'",
        "Condition": f"'Склад_Key eq guid''{GUID}'''",
        "Dimensions": "'Номенклатура,Склад'",
        "$format": "json",
    }


def test_turnovers_and_slices() -> None:
    with client_of(lambda _: value({"КоличествоTurnover": 1.5, "Цена": 3, "Курс": 90.5})) as (odata, server):
        (turnover,) = odata.turnovers("AccumulationRegister_Товары", start=date(2026, 1, 1), end=date(2026, 3, 31))
        assert turnover["КоличествоTurnover"] == Decimal("1.5")
        assert last(server).params["StartPeriod"] == "datetime'2026-01-01T00:00:00'"
        assert last(server).params["EndPeriod"] == "datetime'2026-03-31T00:00:00'"
        (rate,) = odata.slice_last(
            "InformationRegister_Курсы", period=date(2026, 1, 1), condition="Валюта/Code eq '840'"
        )
        assert rate["Курс"] == Decimal("90.5")
        assert last(server).path == f"{ROOT}/InformationRegister_Курсы/SliceLast()"
        (price,) = odata.slice_last("InformationRegister_Цены")
        assert type(price["Цена"]) is Decimal
        assert last(server).path == f"{ROOT}/InformationRegister_Цены_RecordType/SliceLast()"
        assert list(odata.call("AccumulationRegister_Нет", "Balance", {}))
        assert last(server).path == f"{ROOT}/AccumulationRegister_Нет/Balance()"


@pytest.mark.skipif(not REAL.is_dir(), reason="записей настоящих баз рядом нет")
def test_answers_of_real_bases_are_read() -> None:
    recorded = (REAL / "document_collection_8.3_minimalmetadata.json").read_bytes()
    with client_of(lambda _: Reply(200, b"\xef\xbb\xbf" + recorded)) as (odata, _):
        rows = list(odata.rows("Document_Контракт"))
    assert [row["Number"] for row in rows] == ["00000000001", "00000000002"]
    assert rows[1]["Товары"][1]["Количество"] == 31
    assert not any("@" in name for row in rows for name in row)
    for line in (REAL / "errors.jsonl").read_text(encoding="utf-8").splitlines():
        error = json.loads(line)
        with (
            client_of(lambda _, error=error: json_reply(error["body"], error["http"])) as (odata, _),  # type: ignore[misc]  # same
            pytest.raises(AnswerError) as caught,
        ):
            odata.get("Document_Заказ", GUID)
        said = error["body"]["odata.error"]
        assert (caught.value.status, caught.value.code) == (error["http"], said["code"])
        assert caught.value.message == said["message"]["value"]
