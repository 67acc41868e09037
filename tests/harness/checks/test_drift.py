"""Movements that are stored against those posting makes now: what differs is told by documents, several of which are asked at once."""

from __future__ import annotations

from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.checks.drift import Line, drift_of, recorded_registers, stored_movements
from harness.checks.movements import RECORDS
from harness.checks.references import References
from harness.onec.edmx import EntitySet, EntityType, Metadata, Property, write_edmx
from harness.onec.guard import WriteGuard
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession
from tests.harness.onec.serving import Reply, Request, json_reply, odata_error, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KIND = "Document_РеализацияТоваровУслуг"
SALES, CASH, RATES = "AccumulationRegister_Продажи", "AccumulationRegister_Касса", "InformationRegister_Курсы"
CUT = "Период=31.01.2026 12:00:00; Склад=Главный"


def register(name: str, *key: str, **properties: str) -> tuple[EntityType, EntityType]:
    fields = tuple(Property(item, edm) for item, edm in properties.items())
    record = EntityType(f"{name}_RecordType", (*key, "LineNumber"), (*fields, Property("Количество", "Edm.Double")))
    return EntityType(name, key, (*fields, Property("RecordSet", f"Collection(StandardODATA.{name}_RowType)"))), record


TYPES = (
    *register(SALES, "Recorder", "Recorder_Type", Recorder="Edm.String", Recorder_Type="Edm.String"),
    *register(CASH, "Recorder_Key", Recorder_Key="Edm.Guid"),
    EntityType(RATES, ("Period",), (Property("Period", "Edm.DateTime"),)),
)
METADATA = Metadata(
    entity_types={item.name: item for item in TYPES},
    entity_sets={item.name: EntitySet(item.name, item.name) for item in TYPES},
)


def ref(number: int) -> str:
    return f"{number:08}-0000-4000-8000-000000000000"


def record(quantity: int) -> dict[str, Any]:
    return {
        "Period": "2026-01-31T12:00:00",
        "LineNumber": "1",
        "Active": True,
        "Склад": "Главный",
        "Количество": quantity,
    }


@contextmanager
def client_of(answer: Callable[[Request], Reply]) -> Iterator[tuple[ODataClient, list[Request]]]:
    def whole(request: Request) -> Reply:
        if request.path.endswith("$metadata"):
            return Reply(200, write_edmx(METADATA), {"Content-Type": "application/xml"})
        return answer(request)

    with serving(whole) as server, StandSession(server.url, guard=WriteGuard()) as session:
        yield ODataClient(session), server.requests


def test_only_registers_documents_write_are_asked() -> None:
    assert recorded_registers(METADATA) == {SALES: "", CASH: ""}


def test_several_documents_are_asked_at_once_as_far_as_an_address_goes() -> None:
    documents = [(ref(number), f"№{number}") for number in range(1, 13)]

    def answer(request: Request) -> Reply:
        if request.path.endswith(CASH):
            return odata_error(401, "20", "Нарушение прав доступа")
        found = [
            {"Recorder": one, "Recorder_Type": f"StandardODATA.{KIND}", "RecordSet": [record(int(label[1:]))]}
            for one, label in documents
            if f"cast(guid'{one}','{KIND}')" in request.params["$filter"]
        ]
        return json_reply({"value": found})

    with client_of(answer) as (client, requests):
        rows, answered = stored_movements(client, References(client), KIND, documents)

    asked = [request for request in requests if request.path.endswith(SALES)]
    assert 1 < len(asked) < len(documents)
    assert all(len(quote(request.params["$filter"])) < 2000 for request in asked)
    assert answered == {SALES}
    assert {row["Документ"]: row["Значение"] for row in rows if row["Показатель"] == "Количество"} == {
        label: Decimal(label[1:]) for _, label in documents
    }


def rows(document: str, quantity: int | str, register: str = SALES) -> list[dict[str, Any]]:
    line = {"Документ": document, "Регистр": register, "Разрез": CUT}
    return [
        line | {"Показатель": RECORDS, "Значение": Decimal(1)},
        line | {"Показатель": "Количество", "Значение": Decimal(quantity)},
    ]


def test_documents_posting_changes_are_counted_and_shown() -> None:
    stored = [*rows("№1", 5), *rows("№2", 7), *rows("№3", 1), *rows("№4", 1)]
    posted = [*rows("№1", "5.00"), *rows("№2", 8), *rows("№3", 1), *rows("№3", 1, CASH)]

    drift = drift_of(KIND, stored, posted, documents=["№1", "№2", "№3"], registers=frozenset({SALES, CASH}))

    assert drift is not None
    assert (drift.changed, drift.posted) == (2, 3)
    assert drift.lines[0] == Line("№2", SALES, CUT, "Количество", Decimal(7), Decimal(8))
    assert {(line.document, line.stored) for line in drift.lines[1:]} == {("№3", Decimal(0))}


def test_what_cannot_be_known_is_no_drift() -> None:
    posted = [*rows("№1", 5), *rows("№1", 5, CASH)]

    assert drift_of(KIND, rows("№1", 5), posted, documents=["№1"], registers=frozenset({SALES})) is None
    assert drift_of(KIND, rows("№2", 5), [], documents=[], registers=frozenset({SALES})) is None
    lost = drift_of(KIND, rows("№1", 5), [], documents=["№1"], registers=frozenset({SALES}))
    assert lost is not None
    assert lost.changed == 1
