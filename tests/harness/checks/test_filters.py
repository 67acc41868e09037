"""Filters of integrations: what is published of them, and what the base answers, asked with a value of before the update."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec

from harness.checks.filters import Chosen, ask, choose, filter_entries
from harness.observe.compare_contracts import Effect, effect
from harness.onec.edmx import (
    Association,
    End,
    EntitySet,
    EntityType,
    EnumType,
    Metadata,
    NavigationProperty,
    Property,
    write_edmx,
)
from harness.onec.guard import WriteGuard
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession
from tests.harness.onec.serving import Reply, Request, json_reply, odata_error, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PARTNER, ORDER, RECORDS = "Catalog_Контрагенты", "Document_Заказ", "AccumulationRegister_Долги_RecordType"
ONE, TWO = "b1c89da7-cb6a-11e6-aede-5404a6b4b8ed", "b1c89da8-cb6a-11e6-aede-5404a6b4b8ed"
START = date(2026, 1, 1)
INCOMPARABLE = "Нельзя сравнивать поля неограниченной длины и поля несовместимых типов."


def entity(name: str, *key: str, links: tuple[str, ...] = (), **properties: str) -> EntityType:
    navigation = tuple(NavigationProperty(link, f"StandardODATA.{name}_{link}") for link in links)
    return EntityType(name, key, tuple(Property(item, edm) for item, edm in properties.items()), navigation)


def published(*entities: EntityType, targets: dict[str, str], members: tuple[str, ...] = ("Оплата",)) -> Metadata:
    associations = {
        name: Association(
            name,
            (
                End("Begin", f"StandardODATA.{name.rpartition('_')[0]}", "*"),
                End("End", f"StandardODATA.{target}", "0..1"),
            ),
        )
        for name, target in targets.items()
    }
    return Metadata(
        entity_types={item.name: item for item in entities},
        associations=associations,
        enum_types={"ВидыОпераций": EnumType("ВидыОпераций", members)},
        entity_sets={item.name: EntitySet(item.name, item.name) for item in entities},
    )


PARTNERS = entity(PARTNER, "Ref_Key", Ref_Key="Edm.Guid", ИНН="Edm.String", Фото="Edm.Stream", Скидка="Edm.Double")
ORDERS = entity(
    ORDER,
    "Ref_Key",
    links=("Контрагент",),
    Ref_Key="Edm.Guid",
    Date="Edm.DateTime",
    Posted="Edm.Boolean",
    Вид="Edm.String",
    Контрагент_Key="Edm.Guid",
)
RECORD = entity(
    RECORDS, "Recorder", "Recorder_Type", Recorder="Edm.String", Recorder_Type="Edm.String", Заметка="Edm.String"
)
BASE = published(PARTNERS, ORDERS, RECORD, targets={f"{ORDER}_Контрагент": PARTNER})
DECLARED = {
    PARTNER: ["ИНН", "Скидка"],
    ORDER: ["Вид", "Контрагент_Key", "Контрагент/ИНН", "Posted"],
    "Document_*": ["Date"],
    RECORDS: ["Recorder", "Заметка"],
}
ROWS: dict[str, list[dict[str, Any]]] = {
    PARTNER: [{"Ref_Key": ONE, "ИНН": ""}, {"Ref_Key": TWO, "ИНН": "7701234567"}],
    ORDER: [{"Ref_Key": ONE, "Вид": "Оплата", "Контрагент_Key": TWO}],
    RECORDS: [{"Recorder": ONE, "Recorder_Type": f"StandardODATA.{ORDER}", "Заметка": "частное"}],
}


def base(request: Request, refused: str = "") -> Reply:
    """Answers sets, entities by key and counts; a filter by one field is refused."""
    name = request.path.rpartition("/")[2] if not request.path.endswith("/$count") else request.path.split("/")[-2]
    if request.path.endswith("$metadata"):
        return Reply(200, write_edmx(BASE), {"Content-Type": "application/xml"})
    if refused and request.params.get("$filter", "").startswith(f"{refused} "):
        return odata_error(500, "-1", INCOMPARABLE)
    if request.path.endswith("/$count"):
        return Reply(200, str(len(request.params["$filter"])).encode(), {"Content-Type": "text/plain"})
    if "(" in name:
        known, _, rest = name.partition("(guid'")
        return json_reply(next(row for row in ROWS[known] if row["Ref_Key"] == rest[:36]))
    return json_reply({"value": ROWS[name]})


@contextmanager
def client_of(answer: Callable[[Request], Reply] = base) -> Iterator[tuple[ODataClient, list[Request]]]:
    with serving(answer) as server, StandSession(server.url, guard=WriteGuard()) as session:
        yield ODataClient(session), server.requests


def conditions(requests: list[Request]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for request in requests:
        if request.path.endswith("/$count"):
            found.setdefault(request.path.split("/")[-2], []).append(request.params["$filter"])
    return found


def test_each_filter_is_asked_with_a_value_of_the_base() -> None:
    with client_of() as (client, requests):
        chosen = choose(client, DECLARED, START)
        rows = ask(client, chosen.filters)

    assert chosen.unknown == []
    assert conditions(requests) == {
        PARTNER: ["ИНН eq '7701234567'", "Скидка ge 0"],
        ORDER: [
            "Вид eq 'Оплата'",
            f"Контрагент_Key eq guid'{TWO}'",
            "Контрагент/ИНН eq '7701234567'",
            "Posted eq true",
            "Date ge datetime'2026-01-01T00:00:00'",
        ],
        RECORDS: [f"Recorder eq cast(guid'{ONE}','{ORDER}')", "Заметка ne ''"],
    }
    assert {row["Отвечает"] for row in rows} == {"да"}
    assert rows[0]["Найдено"] == len("ИНН eq '7701234567'")


def test_what_is_written_down_holds_no_texts_of_the_base() -> None:
    with client_of() as (client, _):
        kept = msgspec.json.encode(choose(client, DECLARED, START)).decode()

    assert "7701234567" not in kept
    assert "частное" not in kept
    assert "Вид eq 'Оплата'" in msgspec.json.decode(kept, type=Chosen).filters[2].condition


def test_a_filter_that_is_refused_is_told_and_the_others_are_asked() -> None:
    with client_of(lambda request: base(request, refused="ИНН")) as (client, _):
        rows = ask(client, choose(client, DECLARED, START).filters)

    assert [(row["Отвечает"][:19], row["Найдено"] is None) for row in rows[:2]] == [
        ("нет: ошибка -1: Нел", True),
        ("да", False),
    ]


def test_what_the_pack_names_and_nothing_fits_is_told() -> None:
    with client_of() as (client, _):
        chosen = choose(client, {PARTNER: ["КПП"], "Catalog_*": ["ИНН"], ORDER: ["Контрагент/Нет"]}, START)

    assert chosen.unknown == [f"{PARTNER}/КПП", f"{ORDER}/Контрагент/Нет"]
    assert [(item.set, item.path) for item in chosen.filters] == [(PARTNER, "ИНН")]


def test_what_breaks_a_filter_is_breaking_though_it_breaks_no_reading() -> None:
    with client_of() as (client, _):
        filters = choose(client, DECLARED | {PARTNER: ["ИНН"]}, START).filters
    before = filter_entries(BASE, filters)
    composite = replace(PARTNERS, properties=(*PARTNERS.properties, Property("ИНН_Type", "Edm.String")))
    people = entity("Catalog_Люди", "Ref_Key", Ref_Key="Edm.Guid", ИНН="Edm.String")
    after = filter_entries(published(composite, ORDERS, RECORD, targets={f"{ORDER}_Контрагент": PARTNER}), filters)
    moved = filter_entries(
        published(PARTNERS, ORDERS, RECORD, people, targets={f"{ORDER}_Контрагент": "Catalog_Люди"}), filters
    )

    assert before[f"{ORDER}/Контрагент_Key"] == f"Edm.Guid, ссылка на {PARTNER}"
    for place, other in (
        (f"{PARTNER}/ИНН", after),
        (f"{ORDER}/Контрагент/ИНН", after),
        (f"{ORDER}/Контрагент_Key", moved),
    ):
        assert effect(before[place], other[place], ("filter",)) is Effect.BREAKING, place
    assert f"{PARTNER}/ИНН" not in filter_entries(published(ORDERS, targets={}), filters)


def test_a_stream_cannot_be_filtered_by() -> None:
    with client_of() as (client, _):
        filters = choose(client, {PARTNER: ["Фото"]}, START).filters

    (told,) = filter_entries(BASE, filters).values()
    assert effect("Edm.String", told, ("filter",)) is Effect.BREAKING
    assert told == "Edm.Stream, без отбора"
