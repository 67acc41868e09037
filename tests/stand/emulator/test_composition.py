"""The composition of the interface and HTTP services beside it: what is visible, who answers, what a failure looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests
from requests.auth import HTTPBasicAuth
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from harness.errors import ConfigError, UsageError
from harness.onec.edmx import read_edmx
from stand.emulator.application import Serving
from stand.emulator.http_services import by_precedence
from stand.emulator.odata.composition import set_composition
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.filled import FIRST, filled_base
from tests.stand.emulator.sample import GOODS, PEOPLE, SALE, STOCK, Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from stand.emulator.database.infobase import Infobase


async def named(request: Request) -> PlainTextResponse:
    return PlainTextResponse(request.scope["route"].path)


async def broken(_request: Request) -> PlainTextResponse:
    raise RuntimeError("секрет машины")


ROUTES = [
    Route("/hs/docs/{rest:path}", named, methods=["GET"]),
    Route("/hs/docs/{id}/rows", named, methods=["GET"]),
    Route("/hs/docs/last/rows", named, methods=["GET"]),
    Route("/hs/docs/last/rows", named, methods=["PROPFIND"]),
    Route("/hs/broken", broken),
]


@pytest.fixture
def infobase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    base = filled_base(tmp_path_factory.mktemp("composition"))
    yield base
    base.close()


def test_nothing_is_visible_until_it_is_set(infobase: Infobase) -> None:
    set_composition(infobase, ())
    asking = Asking(infobase)
    assert asking.get("")["value"] == []
    assert b"<workspace><atom:title>Default</atom:title></workspace>" in asking.call("GET", "?$format=atom").body
    assert asking.refusal("GET", SALE)[:2] == (404, "8")
    described = read_edmx(asking.call("GET", "$metadata").body)
    assert not described.entity_sets
    assert "TypeDescription" in described.complex_types


def test_what_is_set_is_visible_and_the_rest_is_unavailable(infobase: Infobase) -> None:
    asking = Asking(infobase)
    asking.service.compose([SALE, STOCK])
    assert set(asking.service.publication().shapes) == {SALE, f"{SALE}_Товары", STOCK, f"{STOCK}_RecordType"}
    sale = asking.get(f"{SALE}(guid'{FIRST}')")
    assert sale["Покупатель_Key"]
    assert "Покупатель@navigationLinkUrl" not in sale
    described = read_edmx(asking.call("GET", "$metadata").body)
    assert "Покупатель" not in {link.name for link in described.entity_types[SALE].navigation}
    asking.service.compose(None)
    assert "Покупатель@navigationLinkUrl" in asking.get(f"{SALE}(guid'{FIRST}')")
    with pytest.raises(UsageError) as caught:
        asking.service.compose(["Document_Продажи"])
    assert SALE in str(caught.value)


def test_the_administrator_sets_it_over_http(infobase: Infobase) -> None:
    infobase.set_user("Админ", "п", full_rights=True)
    infobase.set_user("Кто-то", "п")
    server = EmulatorServer(infobase, serving=Serving(composition=()))
    root = server.start()
    web = requests.Session()
    web.auth = HTTPBasicAuth("Админ".encode(), "п".encode())
    url = f"{root}/hs/emulator/composition"
    assert web.get(url, timeout=10).json() == []
    assert web.put(url, json=[GOODS, PEOPLE], timeout=10).json() == [GOODS, PEOPLE]
    assert web.get(f"{root}/odata/standard.odata/{GOODS}?$format=json", timeout=10).status_code == 200
    assert web.put(url, json=["Catalog_Нет"], timeout=10).status_code == 400
    assert web.put(url, data=b"{", timeout=10).status_code == 400
    assert len(web.delete(url, timeout=10).json()) > 10
    web.auth = HTTPBasicAuth("Кто-то".encode(), "п".encode())
    assert web.put(url, json=[], timeout=10).status_code == 403
    web.close()
    server.stop()


def test_templates_of_http_services(infobase: Infobase) -> None:
    server = EmulatorServer(infobase, extra_routes=ROUTES)
    root = server.start() + "/hs/docs"
    for path, template in (
        ("/last/rows", "/hs/docs/last/rows"),
        ("/5/rows", "/hs/docs/{id}/rows"),
        ("/Last/rows", "/hs/docs/{id}/rows"),
        ("/5/other/deep", "/hs/docs/{rest:path}"),
    ):
        assert requests.get(root + path, timeout=10).text == template
    assert requests.request("PROPFIND", root + "/last/rows", timeout=10).text == "/hs/docs/last/rows"
    assert requests.request("LOCK", root + "/last/rows", timeout=10).status_code == 405
    assert requests.get(server.url + "/hs/Docs/last", timeout=10).status_code == 404
    server.stop()


def test_an_exception_in_a_handler_is_a_500_without_the_machine(
    infobase: Infobase, caplog: pytest.LogCaptureFixture
) -> None:
    server = EmulatorServer(infobase, extra_routes=ROUTES)
    answer = requests.get(server.start() + "/hs/broken", timeout=10)
    assert (answer.status_code, "RuntimeError" in answer.text, "секрет" in answer.text) == (500, True, False)
    assert requests.get(server.url, timeout=10).status_code == 200
    server.stop()
    assert "исключение в HTTP-сервисе" in caplog.text


def test_templates_nobody_can_tell_apart_are_refused() -> None:
    with pytest.raises(ConfigError, match="неразличимы"):
        by_precedence([Route("/hs/a/{x}", named), Route("/hs/a/{y}", named)])
