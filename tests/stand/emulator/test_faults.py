"""Ordered faults: each is seen by a client as it would be in life, and a wrong table is refused at the start."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.errors import ConfigError
from stand.emulator.faults import faults_of
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.filled import FIRST, filled_base
from tests.stand.emulator.sample import GOODS, SALE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request

    from stand.emulator.database.infobase import Infobase

ODATA = "/odata/standard.odata/"


async def who(_request: Request) -> JSONResponse:
    return JSONResponse({"good": 1})


@pytest.fixture(scope="module")
def infobase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    base = filled_base(tmp_path_factory.mktemp("faults"))
    yield base
    base.close()


@pytest.fixture(scope="module")
def root(infobase: Infobase) -> Iterator[str]:
    server = EmulatorServer(infobase, extra_routes=[Route("/hs/readiness/v1/who", who)])
    yield server.start()
    server.stop()


@pytest.fixture
def ordered(infobase: Infobase) -> Iterator[Callable[..., None]]:
    before = infobase.configuration

    def order(*faults: dict[str, Any]) -> None:
        infobase.replace_configuration(replace(before, behaviour={"faults": list(faults)}))

    yield order
    infobase.replace_configuration(before)


def get(url: str, **options: Any) -> requests.Response:
    return requests.get(url, headers={"Accept": "application/json"}, timeout=10, **options)


def test_an_answer_in_place_of_the_base(root: str, ordered: Callable[..., None]) -> None:
    ordered(
        {"match": {"path": SALE}, "then": {"status": 503, "body": "перегружен", "media": "text/plain"}},
        {"match": {"path": "hs/"}, "then": {"error": "Недостаточно памяти"}},
        {"match": {"path": "metadata"}, "then": {"html": True}},
    )
    answer = get(root + ODATA + SALE)
    assert (answer.status_code, answer.text) == (503, "перегружен")
    refused = get(root + "/hs/readiness/v1/who")
    assert (refused.status_code, refused.json()["odata.error"]["code"]) == (500, "-1")
    assert refused.headers["X-OneC-Emulator"]
    page = get(root + ODATA + "$metadata")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert get(root + ODATA + GOODS).json()["value"]


def test_a_fault_is_chosen_by_method_and_query_and_counted(root: str, ordered: Callable[..., None]) -> None:
    ordered(
        {"match": {"method": "get", "query": r"top=\d{4}"}, "then": {"error": "Недостаточно памяти"}},
        {"match": {"path": GOODS}, "then": {"status": 502}, "times": 2, "after": 1},
    )
    assert get(root + ODATA + SALE, params={"$top": "5000"}).status_code == 500
    assert get(root + ODATA + SALE, params={"$top": "500"}).status_code == 200
    assert [get(root + ODATA + GOODS).status_code for _ in range(5)] == [200, 502, 502, 200, 200]


def test_a_dropped_connection(root: str, ordered: Callable[..., None]) -> None:
    ordered({"match": {"path": "who"}, "then": {"drop": True}})
    with pytest.raises(requests.ConnectionError):
        get(root + "/hs/readiness/v1/who")
    assert get(root + ODATA + GOODS).status_code == 200


def test_a_body_that_ends_in_the_middle(root: str, ordered: Callable[..., None]) -> None:
    ordered({"match": {"path": SALE}, "then": {"truncate": 40}})
    answer = get(root + ODATA + SALE)
    assert (answer.status_code, len(answer.content)) == (200, 40)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    ordered({"match": {"path": SALE}, "then": {"truncate": 40, "drop": True}})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(root + ODATA + SALE)


def test_numbers_that_are_not_what_they_were(root: str, ordered: Callable[..., None]) -> None:
    url = f"{root}{ODATA}{SALE}(guid'{FIRST}')"
    before = get(url).json()["Сумма"]
    ordered({"then": {"numbers_as_strings": True}})
    assert get(url).json()["Сумма"] == str(before)
    ordered({"then": {"number_shift": {"property": "Сумма", "by": 0.01}}})
    assert get(url).json()["Сумма"] == pytest.approx(before + 0.01)


def test_a_slow_answer(root: str, ordered: Callable[..., None]) -> None:
    ordered({"match": {"path": GOODS}, "then": {"delay_ms": 120}})
    started = time.monotonic()
    assert get(root + ODATA + GOODS).status_code == 200
    assert time.monotonic() - started >= 0.12


@pytest.mark.parametrize(
    "table",
    [
        {"then": {"delay": 1}},
        {"then": {}},
        {"match": {"path": 1}, "then": {"html": True}},
        {"match": {"path": "(a+)+"}, "then": {"html": True}},
        {"match": {"path": ".*.*.*.*x"}, "then": {"html": True}},
        {"match": {"path": "["}, "then": {"html": True}},
        {"then": {"delay_ms": 10_000_000}},
        {"then": {"status": 42}},
        {"then": {"number_shift": {"by": "много"}}},
        {"them": {"html": True}},
    ],
)
def test_a_wrong_table_is_refused_with_its_place(table: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="faults, 1"):
        faults_of({"faults": [table]})


def test_the_server_does_not_start_with_wrong_faults(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = filled_base(tmp_path_factory.mktemp("wrong"))
    base.replace_configuration(replace(base.configuration, behaviour={"faults": "все"}))
    with pytest.raises(ConfigError):
        EmulatorServer(base)
    base.close()
