"""The checks of the sweep against small servers: what they ask, what they make of the answers."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.checks.balances import TURNOVERS, register_turnovers, registers_with
from harness.checks.columns import ROWS
from harness.checks.contract import split_by_use
from harness.checks.lengths import LONG, objects_with_texts, string_lengths, text_fields
from harness.checks.probing import deviations, probe
from harness.checks.reposting import Sample, by_posting
from harness.checks.rights import any_objects, objects_of, write_rights
from harness.checks.timing import heaviest
from harness.checks.totals import row_counts, set_totals
from harness.onec.edmx import EntitySet, EntityType, FunctionImport, Metadata, Parameter, Property, write_edmx
from harness.onec.guard import WriteGuard
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession
from tests.harness.onec.serving import Reply, Request, json_reply, odata_error, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NS = "StandardODATA."
GUID = "b1c89da7-cb6a-11e6-aede-5404a6b4b8ed"


def entity(name: str, *key: str, **properties: str) -> EntityType:
    return EntityType(name, key, tuple(Property(item, edm) for item, edm in properties.items()))


GOODS = entity(
    "Catalog_Товары",
    "Ref_Key",
    Ref_Key="Edm.Guid",
    DeletionMark="Edm.Boolean",
    Code="Edm.String",
    Description="Edm.String",
    Вид="Edm.String",
    Цена="Edm.Double",
    Основание="Edm.String",
    Основание_Type="Edm.String",
)
ORDER = entity(
    "Document_Заказ",
    "Ref_Key",
    Ref_Key="Edm.Guid",
    DeletionMark="Edm.Boolean",
    Date="Edm.DateTime",
    Number="Edm.String",
)
LINES = entity("Document_Заказ_Товары", "Ref_Key", "LineNumber", Ref_Key="Edm.Guid", LineNumber="Edm.Int64")
STOCK = entity(
    "AccumulationRegister_Остатки", "Recorder_Key", Recorder_Key="Edm.Guid", RecordSet=f"Collection({NS}X_RowType)"
)
RECORDS = entity(
    "AccumulationRegister_Остатки_RecordType",
    "Recorder_Key",
    "LineNumber",
    Recorder_Key="Edm.Guid",
    LineNumber="Edm.Int64",
)
ENTITIES = (GOODS, ORDER, LINES, STOCK, RECORDS)


def bound(name: str, to: str, *, action: bool = False) -> FunctionImport:
    returned = "" if action else f"Collection({NS}AccumulationRegister_Остатки_Turnover)"
    return FunctionImport(name, returned, (Parameter("bindingParameter", NS + to),), side_effecting=action)


METADATA = Metadata(
    entity_types={item.name: item for item in ENTITIES},
    entity_sets={item.name: EntitySet(item.name, item.name) for item in ENTITIES},
    functions=(
        bound("Turnovers", STOCK.name),
        bound("DrCrTurnovers", STOCK.name),
        bound("Post", ORDER.name, action=True),
    ),
)


@contextmanager
def client_of(answer: Callable[[Request], Reply]) -> Iterator[tuple[ODataClient, list[Request]]]:
    def whole(request: Request) -> Reply:
        if request.path.endswith("/$metadata"):
            return Reply(200, write_edmx(METADATA), {"Content-Type": "application/xml"})
        return answer(request)

    with serving(whole) as server, StandSession(server.url, guard=WriteGuard(permitted=(server.url,))) as session:
        yield ODataClient(session), server.requests


def value(*rows: object) -> Reply:
    return json_reply({"value": list(rows)})


def test_a_number_that_comes_as_a_text_is_named() -> None:
    good = {"Ref_Key": GUID, "DeletionMark": False, "Description": "Стол", "Цена": Decimal("10.5"), "Code": None}
    assert deviations([good], GOODS) == []

    bad = good | {"Цена": "10.5", "DeletionMark": 0}
    assert deviations([good, bad], GOODS) == [
        {"Колонка": "DeletionMark", "Обещано": "да или нет", "Приходит": "число"},
        {"Колонка": "Цена", "Обещано": "число", "Приходит": "текст"},
    ]


def test_a_probe_tells_refusals_from_answers() -> None:
    def answer(request: Request) -> Reply:
        refused = request.path.endswith("Document_Заказ")
        return odata_error(401, "20", "Нарушение прав доступа") if refused else value({"Цена": "1"})

    with client_of(answer) as (client, _):
        seen = probe(client, [GOODS.name, ORDER.name], sessions=2)

    assert [row["Читается"][:15] for row in seen.rows] == ["да", "нет: ошибка 20:"]
    assert [(line["Набор"], line["Колонка"]) for line in seen.shapes] == [(GOODS.name, "Цена")]


def test_a_set_that_is_too_large_is_only_counted_and_a_refused_one_is_said() -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/$count"):
            return Reply(200, b"5000", {"Content-Type": "text/plain"})
        if "Document" in request.path:
            return odata_error(401, "20", "Нарушение прав доступа")
        size = int(request.params["$top"])
        return value(*({"Ref_Key": f"{number:08}{GUID[8:]}", "Цена": 1} for number in range(size)))

    with client_of(answer) as (client, _):
        found = set_totals(client, [GOODS.name, ORDER.name], limit=2000)

    assert [(row["Колонка"], row["Заполнено"]) for row in found.rows] == [(ROWS, 5000), (ROWS, None)]
    assert [item.set for item in found.skipped] == [GOODS.name, ORDER.name]
    assert "больше 2000" in found.skipped[0].reason


def test_counts_of_what_does_not_answer_are_zero() -> None:
    def answer(request: Request) -> Reply:
        good = "Catalog" in request.path
        return (
            Reply(200, b"7", {"Content-Type": "text/plain"}) if good else odata_error(404, "8", "Сущность не найдена")
        )

    with client_of(answer) as (client, _):
        assert row_counts(client, [GOODS.name, ORDER.name], sessions=2) == {GOODS.name: 7, ORDER.name: 0}


def limited(request: Request, limit: int, *, kinds: bool) -> Reply:
    """A base whose texts hold so many characters, and whose attribute `Вид` is an enumeration."""
    if request.method == "DELETE":
        return Reply(204)
    body = json.loads(request.body)
    if kinds and body.get("Вид"):
        return odata_error(400, "4", "Недопустимое значение свойства Вид")
    cut = {name: text[:limit] if isinstance(text, str) else text for name, text in body.items()}
    return json_reply({"Ref_Key": GUID, **cut}, 201)


def test_texts_are_written_to_see_how_much_of_them_is_kept() -> None:
    with client_of(lambda request: limited(request, 25, kinds=False)) as (client, requests):
        found = string_lengths(client, [GOODS.name], date(2026, 3, 31))

    assert found.entries == {
        "Catalog_Товары/Description": "Edm.String(25)",
        "Catalog_Товары/Вид": "Edm.String(25)",
    }
    assert [request.method for request in requests] == ["GET", "POST", "DELETE"]
    assert len(json.loads(requests[1].body)["Description"]) == LONG


def test_an_enumeration_among_texts_is_left_out_and_an_endless_text_told() -> None:
    with client_of(lambda request: limited(request, LONG, kinds=True)) as (client, requests):
        found = string_lengths(client, [GOODS.name], date(2026, 3, 31))

    assert found.entries == {"Catalog_Товары/Description": "Edm.String"}
    assert requests[-1].method == "DELETE"


def test_an_object_that_cannot_be_written_is_said() -> None:
    with client_of(lambda _: odata_error(500, "-1", "Поле «Владелец» не заполнено")) as (client, _):
        found = string_lengths(client, [GOODS.name], date(2026, 3, 31))

    assert (found.entries, found.refused) == ({}, {GOODS.name: "Поле «Владелец» не заполнено"})


def test_which_attributes_are_texts() -> None:
    assert text_fields(GOODS) == ("Description", "Вид")
    assert objects_with_texts(METADATA) == (GOODS.name,)


def test_rights_to_write_are_asked_by_a_change_that_changes_nothing() -> None:
    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return value() if ORDER.name in request.path else value({"Ref_Key": GUID})
        return odata_error(401, "20", "Нарушение прав доступа")

    with client_of(answer) as (client, requests):
        objects = any_objects(client, objects_of(client.metadata()))
        rows = write_rights(client, objects)

    assert objects == {GOODS.name: GUID}
    assert rows == [{"Набор": GOODS.name, "Запись": "запрещено"}]
    assert json.loads(requests[-1].body) == {"DeletionMark": False}


def test_rights_are_asked_of_objects_not_of_their_parts() -> None:
    assert objects_of(METADATA) == (GOODS.name, ORDER.name, STOCK.name)


class Posting:
    """A base whose posting writes other records than before, or refuses to take the old ones back."""

    def __init__(self, *, takes_back: bool = True) -> None:
        self.records: list[dict[str, Any]] = [{"LineNumber": "1", "Сумма": 5}]
        self.takes_back = takes_back

    def answer(self, request: Request) -> Reply:
        if request.method == "POST":
            self.records = [{"LineNumber": "1", "Сумма": 7}]
            return Reply(204)
        if request.method == "PATCH":
            if not self.takes_back:
                return odata_error(403, "19", "Метод запрещён")
            self.records = json.loads(request.body)["RecordSet"]
        return json_reply({"Recorder_Key": GUID, "RecordSet": self.records})


def test_a_real_posting_is_taken_back() -> None:
    base = Posting()
    with client_of(base.answer) as (client, requests):
        sample = Sample()
        ((register, records),) = by_posting(client, sample)(ORDER.name, GUID)

    assert (register, [record["Сумма"] for record in records]) == (STOCK.name, [7])
    assert [record["Сумма"] for record in base.records] == [5]
    assert sample.altered == []
    assert re.search(r"Post$", next(request.path for request in requests if request.method == "POST"))


def test_records_the_base_does_not_take_back_are_said() -> None:
    with client_of(Posting(takes_back=False).answer) as (client, _):
        sample = Sample()
        list(by_posting(client, sample)(ORDER.name, GUID))

    assert [ORDER.name in text and "Метод запрещён" in text for text in sample.altered] == [True]


def test_turnovers_ask_for_the_whole_period_and_tell_what_did_not_answer() -> None:
    def answer(request: Request) -> Reply:
        if "DrCr" in request.path:
            return odata_error(400, "6", "Метод не найден")
        return value({"КоличествоTurnover": 5, "Склад": "Главный"})

    with client_of(answer) as (client, requests):
        names = registers_with(client.metadata(), *TURNOVERS)
        found = register_turnovers(client, names, date(2026, 1, 1), date(2026, 3, 31), sessions=2)

    assert [(row["Регистр"], row["Разрез"], row["Оборот"]) for row in found.rows] == [(STOCK.name, "Склад=Главный", 5)]
    assert found.refused == {f"{STOCK.name}/DrCrTurnovers": "Метод не найден"}
    asked = [request.params for request in requests if "Turnovers" in request.path]
    assert {params["EndPeriod"] for params in asked} == {"datetime'2026-03-31T23:59:59'"}


def test_the_heaviest_of_an_object_stands_for_it() -> None:
    weights = {ORDER.name: 100, LINES.name: 900, RECORDS.name: 500, STOCK.name: 50, GOODS.name: 0}

    with client_of(lambda _: value()) as (client, _):
        assert heaviest(client, weights, weights, 5) == (LINES.name, RECORDS.name)


def test_objects_our_exchanges_write_are_a_contract_of_their_own() -> None:
    entries = {"Catalog_Товары": "набор", "Catalog_Товары/Цена": "Edm.Double", "Document_Заказ/Date": "Edm.DateTime"}

    read, write = split_by_use(entries, {"Catalog_Товары"})

    assert read == {"Document_Заказ/Date": "Edm.DateTime"}
    assert set(write) == {"Catalog_Товары", "Catalog_Товары/Цена"}


def test_months_of_totals_come_with_the_set() -> None:
    rows = [{"Ref_Key": GUID, "Date": "2026-02-03T10:00:00", "Number": "1"}]

    with client_of(lambda _: value(*rows)) as (client, _):
        found = set_totals(client, [ORDER.name])

    assert found.months == [{"Набор": ORDER.name, "Месяц": "2026-02", "Колонка": ROWS, "Сумма": 1}]
