"""The readiness service over HTTP: every answer is what stand/readiness-service.yaml promises, and nobody sees more than he may."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests
import yaml
from requests.auth import HTTPBasicAuth

from harness.onec.values import decode_json
from stand.emulator.company import service_routes, update_demo
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.demo import PASSWORD, UNIVERSAL, company, sample, update_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Infobase

DESCRIPTION = yaml.safe_load(
    (Path(__file__).parents[3] / "stand" / "readiness-service.yaml").read_text(encoding="utf-8")
)
PERIOD = {"start": "2026-01-01", "end": "2026-03-31"}
ADMINISTRATOR, MANAGER, SITE, ACCOUNTANT = "Администратор", "Менеджер Иванова", "ОбменССайтом", "Бухгалтер Соколова"


class Service:
    """A client that checks each answer against the description."""

    def __init__(self, root: str) -> None:
        self.root = f"{root}/hs/readiness/v1"
        self.seen: set[tuple[str, str]] = set()
        self._session = requests.Session()

    def call(
        self,
        method: str,
        route: str,
        *,
        user: str = ADMINISTRATOR,
        params: dict[str, str] | None = None,
        body: bytes | None = None,
        **path: str,
    ) -> tuple[int, Any]:
        """Status and body; JSON is decoded and checked."""
        answer = self._session.request(
            method,
            self.root + route.format(**path),
            params=params,
            data=body,
            auth=HTTPBasicAuth(user.encode(), PASSWORD.encode()),
            timeout=30,
        )
        self.seen.add((method, route))
        operation = DESCRIPTION["paths"][route][method.lower()]
        described = operation["responses"].get(str(answer.status_code))
        assert described is not None, f"{method} {route}: {answer.status_code} не описан: {answer.text}"
        content = _resolved(described).get("content", {})
        media = answer.headers.get("Content-Type", "").partition(";")[0]
        if content:
            assert media in content, f"{route}: {media}"
        if media != "application/json":
            return answer.status_code, answer.content
        value = decode_json(answer.content)
        schema = {**content["application/json"]["schema"], "components": DESCRIPTION["components"]}
        jsonschema.validate(_floats(value), schema)
        return answer.status_code, value

    def ask(self, call: str, values: dict[str, str], *, user: str = ADMINISTRATOR) -> tuple[int, Any]:
        """The same in short: "GET /route", values of the path, and of the query under "?name"."""
        method, _space, route = call.partition(" ")
        params = {name[1:]: value for name, value in values.items() if name.startswith("?")}
        path: dict[str, Any] = {name: value for name, value in values.items() if not name.startswith("?")}
        return self.call(method, route, user=user, params=params, **path)


def _resolved(value: dict[str, Any]) -> dict[str, Any]:
    """Follows a reference inside the description."""
    if "$ref" not in value:
        return value
    found: Any = DESCRIPTION
    for part in value["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return dict(found)


def _floats(value: Any) -> Any:
    """For jsonschema, which does not know Decimal as a number."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _floats(item) for key, item in value.items()}
    return [_floats(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service for tests that change nothing."""
    with company(tmp_path_factory.mktemp("quiet")) as infobase:
        yield from _served(infobase)


@pytest.fixture
def service(base: Infobase) -> Iterator[Service]:
    yield from _served(base)


def _served(infobase: Infobase) -> Iterator[Service]:
    server = EmulatorServer(infobase, extra_routes=service_routes(infobase))
    try:
        yield Service(server.start())
    finally:
        server.stop()


def test_every_route_of_the_description_answers_as_described(base: Infobase, service: Service) -> None:
    status, info = service.call("GET", "/info")
    assert (status, info["configuration"]["version"], info["emulator"], info["stand"]["mark"]) == (
        200,
        "2.0.14.7",
        True,
        True,
    )
    _status, reports = service.call("GET", "/reports")
    assert sum(item["custom"] for item in reports) >= 10
    for item in reports:
        _status, found = service.call("GET", "/reports/{name}", name=item["name"], params=PERIOD)
        assert found["rows"], item["name"]
        assert service.call("GET", "/reports/{name}/file", name=item["name"], params=PERIOD)[1].startswith(
            b"<!doctype html>"
        )
    _status, nodes = service.call("GET", "/exchanges")
    for node in nodes:
        place = {"plan": node["plan"], "node": node["node"]}
        assert service.call("GET", "/exchanges/{plan}/{node}/message", **place)[0] == 200
        assert service.call("POST", "/exchanges/{plan}/{node}/export", **place)[0] == 200
    status, outcome = service.call(
        "POST", "/exchanges/{plan}/{node}/import", plan="ОбменССайтом", node="САЙТ", body=sample("shop_orders.xml")
    )
    assert (status, outcome["created"]) == (200, 2)
    site: dict[str, Any] = {"plan": "ОбменССайтом", "node": "САЙТ"}
    address = b'{"address": "http://127.0.0.1:9/1c"}'
    assert {item["kind"] for item in service.call("GET", "/outward")[1]} == {"shop", "bank", "crm", "universal"}
    assert service.call("PUT", "/outward/{plan}", plan="БанкКлиент", body=address)[0] == 200
    assert service.call("PUT", "/outward/{plan}/{node}", **site, body=address)[0] == 200
    assert service.call("POST", "/exchanges/{plan}/{node}/run", **site)[0] == 400
    assert service.call("POST", "/exchanges/{plan}/{node}/test", **site)[0] == 400
    assert service.call("GET", "/exchanges/{plan}/{node}/registered", **site)[0] == 200
    universal: dict[str, Any] = {"plan": "СинхронизацияДанныхЧерезУниверсальныйФормат", "node": "БП"}
    assert service.call("GET", "/exchanges/{plan}/{node}/identifiers", **universal)[0] == 200
    assert len(service.call("GET", "/jobs")[1]) >= 5
    assert {item["role"] for item in service.call("GET", "/rights")[1]} == {
        "Администратор",
        "Бухгалтер",
        "МенеджерПоПродажам",
        "ОбменССайтом",
    }
    update_demo(base, "2.0.15.1")
    assert {item["level"] for item in service.call("GET", "/log")[1]} == {"error", "info"}
    with base.reading() as session:
        sale = next(session.select("Document_РеализацияТоваровУслуг", order=("Number",)))["Ref"]
    _status, movements = service.call("POST", "/documents/{set}/{ref}/movements", set=sale.object, ref=sale.id)
    assert "AccountDr_Key" in next(item for item in movements if item["register"].startswith("Accounting"))["rows"][0]
    number = service.call("GET", "/sessions")[1][0]["number"]
    assert service.call("DELETE", "/sessions/{number}", number=str(number))[0] == 204
    assert service.call("PUT", "/sessions/lock", body=b"{}")[1]["locked"] is True
    assert service.call("GET", "/sessions/lock")[1]["locked"] is True
    assert service.call("DELETE", "/sessions/lock")[0] == 204
    described = {(method.upper(), route) for route, methods in DESCRIPTION["paths"].items() for method in methods}
    assert service.seen == described


def test_a_report_keeps_all_its_kopecks(service: Service) -> None:
    _status, found = service.call("GET", "/reports/{name}", name="ВаловаяПрибыль", params=PERIOD)
    assert sum(row["Выручка"] for row in found["rows"]) == found["totals"]["Выручка"]
    assert isinstance(found["totals"]["Выручка"], Decimal)
    assert found["key"] == ["Артикул"]


def test_an_updated_base_answers_anew(base: Infobase, service: Service) -> None:
    update_with(base, "report-total-kopeck")
    _status, found = service.call("GET", "/reports/{name}", name="ВаловаяПрибыль", params=PERIOD)
    assert "НаценкаПроцент" in found["rows"][0]
    assert found["totals"]["Выручка"] - sum(row["Выручка"] for row in found["rows"]) == Decimal("0.01")
    _status, info = service.call("GET", "/info")
    assert {item["state"] for item in info["update"]["handlers"]} == {"done"}


def test_movements_leave_no_trace(base: Infobase, service: Service) -> None:
    before = base.fingerprint()
    with base.reading() as session:
        documents = [
            next(session.select(name, where={"Posted": True}))["Ref"]
            for name in base.configuration.objects
            if name.startswith("Document_")
        ]
    for reference in documents:
        assert (
            service.call("POST", "/documents/{set}/{ref}/movements", set=reference.object, ref=reference.id)[0] == 200
        )
    assert base.fingerprint() == before


def test_a_refused_message_says_why(base: Infobase, service: Service) -> None:
    message = sample("universal_in.xml").replace(b"EnterpriseData/1.17", b"EnterpriseData/1.5")
    status, answer = service.call("POST", "/exchanges/{plan}/{node}/import", plan=UNIVERSAL, node="БП", body=message)
    assert (status, answer["error"]["code"]) == (400, "version")
    assert 'Версия "1.5"' in answer["error"]["message"]
    assert service.call("GET", "/log")[1][-1]["level"] == "warning"


def test_a_dry_run(base: Infobase, service: Service) -> None:
    before = base.fingerprint()
    path = {"plan": UNIVERSAL, "node": "БП"}
    _status, answer = service.call(
        "POST", "/exchanges/{plan}/{node}/import", **path, params={"dry_run": "true"}, body=sample("universal_in.xml")
    )
    assert answer["created"] == 2
    assert base.fingerprint() == before


@pytest.mark.parametrize(
    ("call", "params", "status"),
    [
        ("GET /reports/{name}", {"name": "НетТакого"}, 404),
        ("GET /reports/{name}", {"name": "ПрайсЛист", "?start": "вчера"}, 400),
        ("GET /reports/{name}", {"name": "ПрайсЛист", "?start": "2026-02-01", "?end": "2026-01-01"}, 400),
        ("GET /reports/{name}", {"name": "ПрайсЛист", "?variant": "Особый"}, 400),
        ("GET /reports/{name}", {"name": "ПрайсЛист", "?Цвет": "1"}, 400),
        ("GET /exchanges/{plan}/{node}/message", {"plan": "Нет", "node": "1"}, 404),
        ("GET /exchanges/{plan}/{node}/message", {"plan": UNIVERSAL, "node": "ЧУЖОЙ"}, 400),
        ("GET /rights", {"?role": "Нет"}, 404),
        ("GET /log", {"?since": "давно"}, 400),
        ("POST /documents/{set}/{ref}/movements", {"set": "Catalog_Валюты", "ref": "1"}, 404),
        ("POST /documents/{set}/{ref}/movements", {"set": "Document_ЗаказПокупателя", "ref": "1"}, 404),
    ],
)
def test_what_is_not_there_is_said(quiet: Service, call: str, params: dict[str, str], status: int) -> None:
    seen, answer = quiet.ask(call, params)
    assert seen == status
    assert answer["error"]["message"]


@pytest.mark.parametrize(
    ("user", "call", "params", "status"),
    [
        (MANAGER, "GET /reports/{name}", {"name": "РасчетнаяВедомость"}, 403),
        (MANAGER, "GET /reports/{name}", {"name": "ВаловаяПрибыль"}, 200),
        (ACCOUNTANT, "GET /reports/{name}", {"name": "РасчетнаяВедомость"}, 200),
        (MANAGER, "GET /log", {}, 403),
        (MANAGER, "GET /rights", {}, 403),
        (SITE, "GET /exchanges/{plan}/{node}/message", {"plan": "ОбменССайтом", "node": "САЙТ"}, 200),
        (SITE, "GET /exchanges/{plan}/{node}/message", {"plan": UNIVERSAL, "node": "БП"}, 403),
        (SITE, "GET /reports/{name}", {"name": "ВаловаяПрибыль"}, 403),
        (MANAGER, "POST /documents/{set}/{ref}/movements", {"set": "Document_НачислениеЗарплаты", "ref": "1"}, 403),
    ],
)
def test_nobody_sees_more_than_he_may(
    quiet: Service, user: str, call: str, params: dict[str, str], status: int
) -> None:
    assert quiet.ask(call, params, user=user)[0] == status


def test_a_stranger_sees_nothing(quiet: Service) -> None:
    answer = requests.get(f"{quiet.root}/info", auth=HTTPBasicAuth("Администратор".encode(), b"wrong"), timeout=30)
    assert answer.status_code == 401
