"""Names behind references: read once for all scenarios that only read, anew where something was written."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.checks.references import References
from harness.onec.edmx import EntitySet, EntityType, Metadata, Property, write_edmx
from harness.onec.guard import WriteGuard
from harness.onec.odata import PAGE, ODataClient
from harness.onec.session import StandSession
from tests.harness.onec.serving import Reply, Request, json_reply, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOODS = "Catalog_Товары"
ENTITY = EntityType(
    GOODS,
    ("Ref_Key",),
    (Property("Ref_Key", "Edm.Guid"), Property("Code", "Edm.String"), Property("Description", "Edm.String")),
)
METADATA = Metadata(entity_types={GOODS: ENTITY}, entity_sets={GOODS: EntitySet(GOODS, GOODS)})


def ref(number: int) -> str:
    return f"{number:08}-0000-4000-8000-000000000000"


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"Ref_Key": ref(number), "Code": f"{number:05}", "Description": f"Товар {number}"}
        for number in range(1, count + 1)
    ]


@contextmanager
def client_of(answer: Callable[[Request], Reply]) -> Iterator[tuple[ODataClient, list[Request]]]:
    def whole(request: Request) -> Reply:
        if request.path.endswith("$metadata"):
            return Reply(200, write_edmx(METADATA), {"Content-Type": "application/xml"})
        return answer(request)

    with serving(whole) as server, StandSession(server.url, guard=WriteGuard(permitted=(server.url,))) as session:
        yield ODataClient(session), server.requests


def asked(requests: list[Request]) -> int:
    return sum(request.method == "GET" and request.path.endswith(GOODS) for request in requests)


def test_a_set_is_read_once_for_all_scenarios_while_nobody_writes() -> None:
    with client_of(lambda _request: json_reply({"value": rows(3)})) as (client, requests):
        first, second = References(client).name(GOODS, ref(2)), References(client).name(GOODS, ref(3))

        assert (first, second) == ("Товар 2 (00002)", "Товар 3 (00003)")
        assert asked(requests) == 1


def test_an_object_made_since_has_its_name() -> None:
    known = rows(3)
    with client_of(lambda _request: json_reply({"value": known})) as (client, requests):
        References(client).name(GOODS, ref(1))
        later = References(client)
        known += rows(4)[3:]

        assert later.name(GOODS, ref(4)) == "Товар 4 (00004)"
        assert later.name(GOODS, ref(5)) == ref(5), "и больше набор не читается"
        assert asked(requests) == 2


def test_after_a_write_names_are_read_anew() -> None:
    known = rows(2)
    with client_of(lambda request: json_reply(known[0] if request.method == "PATCH" else {"value": known})) as (
        client,
        _,
    ):
        assert References(client).name(GOODS, ref(1)) == "Товар 1 (00001)"
        known[0]["Description"] = "Стол"
        client.change(GOODS, ref(1), {"Description": "Стол"})

        assert References(client).name(GOODS, ref(1)) == "Стол (00001)"


def test_a_set_that_is_too_large_is_counted_and_left_alone() -> None:
    def answer(request: Request) -> Reply:
        if request.path.endswith("/$count"):
            return Reply(200, b"60000", {"Content-Type": "text/plain"})
        return json_reply({"value": rows(PAGE)})

    with client_of(answer) as (client, requests):
        assert References(client).name(GOODS, ref(1)) == ref(1)
        assert [request.path.rpartition("/")[2] for request in requests[1:]] == [GOODS, "$count"]


def test_references_of_a_row_are_names_and_types_go() -> None:
    row = {
        "Товар_Key": ref(1),
        "Объект": ref(2),
        "Объект_Type": f"StandardODATA.{GOODS}",
        "Иное": "5",
        "Иное_Type": "Edm.String",
    }
    more = {"Владелец_Key": ref(3), "Сумма": 7, "Пусто": "", "Пусто_Type": "StandardODATA.Undefined"}
    with client_of(lambda _request: json_reply({"value": rows(2)})) as (client, _):
        names = References(client)
        found = [names.readable(row | more, {"Товар_Key": GOODS}) for _ in range(2)]

    assert found[0] == found[1]
    assert found[0] == {
        "Товар": "Товар 1 (00001)",
        "Объект": "Товар 2 (00002)",
        "Иное": "5",
        "Владелец": ref(3),
        "Сумма": 7,
        "Пусто": "",
    }
