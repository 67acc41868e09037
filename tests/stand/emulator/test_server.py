"""The emulator over HTTP: who may come in, what is too much, what every answer says."""

from __future__ import annotations

import http.client
import socket
import threading
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
import requests
from requests.auth import HTTPBasicAuth
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.errors import UsageError
from stand.emulator.application import Serving
from stand.emulator.auth import Authenticator, User, may, parse_basic
from stand.emulator.server import EmulatorServer, is_loopback
from tests.stand.emulator.filled import FIRST, TABLE, filled_base
from tests.stand.emulator.sample import GOODS, PEOPLE, SALE, Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from stand.emulator.database.infobase import Infobase

ADMIN, MANAGER, PASSWORD = "Администратор", "Менеджер Иванова", "пароль: ёж"
ROLES = {
    "Полные": {"full": True},
    "Менеджер": {"read": ["Catalog_*", SALE], "update": [GOODS], "insert": [SALE], "post": []},
}


async def who(request: Request) -> JSONResponse:
    return JSONResponse({"user": request.state.user.name})


@pytest.fixture(scope="module")
def infobase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    from dataclasses import replace

    base = filled_base(tmp_path_factory.mktemp("server"))
    base.replace_configuration(replace(base.configuration, behaviour={"roles": ROLES}))
    base.set_user(ADMIN, PASSWORD, full_rights=True)
    base.set_user(MANAGER, PASSWORD, roles=("Менеджер",))
    yield base
    base.close()


@pytest.fixture(scope="module")
def root(infobase: Infobase) -> Iterator[str]:
    routes = [Route("/hs/readiness/v1/who", who)]
    server = EmulatorServer(infobase, publication="demo", extra_routes=routes, serving=Serving(max_body=200_000))
    yield server.start()
    server.stop()


@pytest.fixture
def web() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.trust_env = False
        session.headers["Accept"] = "application/json"
        session.auth = HTTPBasicAuth(ADMIN.encode(), PASSWORD.encode())
        yield session


def odata(root: str, path: str = "") -> str:
    return f"{root}/odata/standard.odata/{quote(path, safe='/?&=$(),+%*')}"


def test_whoever_watches_is_told_of_every_request(infobase: Infobase, web: requests.Session) -> None:
    seen: list[tuple[str, str]] = []
    watching = Serving(watch=lambda method, path: seen.append((method, path)))
    server = EmulatorServer(infobase, publication="demo", serving=watching)
    root = server.start()
    try:
        web.get(odata(root, "Catalog_Товары?$top=1"), timeout=10)
        web.post(f"{root}/hs/нет", data=b"", timeout=10)
        requests.get(odata(root, "$metadata"), timeout=10)
    finally:
        server.stop()
    wanted = [
        ("GET", "odata/standard.odata/Catalog_Товары"),
        ("POST", "hs/нет"),
        ("GET", "odata/standard.odata/$metadata"),
    ]
    assert seen == wanted


def test_every_answer_says_that_it_is_an_emulator(root: str, web: requests.Session) -> None:
    host = f"{urlsplit(root).scheme}://{urlsplit(root).netloc}"
    for url, status in (
        (host, 200),
        (root, 200),
        (f"{host}/other", 404),
        (odata(root), 200),
        (odata(root, "Catalog_Нет"), 404),
        (f"{root}/hs/readiness/v1/who", 200),
        (f"{root}/hs/нет", 404),
    ):
        answer = web.get(url)
        assert (url, answer.status_code) == (url, status)
        assert answer.headers["X-OneC-Emulator"].startswith("onec-readiness/")
    page = web.get(root)
    page.encoding = "utf-8"
    assert "эмулятор" in page.text
    assert "emulator" in page.text
    assert web.get(odata(root)).headers["DataServiceVersion"] == "3.0;"


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Basic",
        "Basic !!!",
        "Bearer x",
        "Basic " + b64encode(f"{ADMIN}:не тот".encode()).decode(),
        "Basic " + b64encode(f"Нет такого:{PASSWORD}".encode()).decode(),
        "Basic " + b64encode(f"{ADMIN}:{PASSWORD}".encode("cp1251")).decode(),
    ],
)
def test_without_good_credentials_nobody_comes_in(root: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    for url in (
        odata(root),
        odata(root, "$metadata"),
        f"{root}/hs/readiness/v1/who",
        f"{root}/%6Fdata/standard.odata/",
    ):
        answer = requests.get(url, headers=headers, timeout=10)
        assert answer.status_code == 401
        assert "Basic" in answer.headers["WWW-Authenticate"]
        assert PASSWORD not in answer.text


def test_cyrillic_names_in_utf8_come_in(root: str, web: requests.Session) -> None:
    assert web.get(f"{root}/hs/readiness/v1/who").json() == {"user": ADMIN}
    web.auth = HTTPBasicAuth(MANAGER.encode(), PASSWORD.encode())
    assert web.get(f"{root}/hs/readiness/v1/who").json() == {"user": MANAGER}


def test_rights_by_role(infobase: Infobase) -> None:
    (manager,) = (item for item in infobase.users() if item.name == MANAGER)
    asking = Asking(infobase, manager)
    assert len(asking.rows(GOODS)) == 3
    assert asking.refusal("GET", "Document_Оплата")[:2] == (401, "20")
    assert asking.get(f"{SALE}(guid'{FIRST}')/Основание")["value"]
    assert asking.refusal("POST", GOODS, {})[:2] == (401, "20")
    assert asking.refusal("POST", f"{SALE}(guid'{FIRST}')/Post")[:2] == (401, "20")
    assert asking.refusal("DELETE", f"{SALE}(guid'{FIRST}')")[:2] == (401, "20")
    assert asking.call("PATCH", f"{GOODS}(guid'{TABLE}')", {"Вес": 1}).status == 200
    nobody = User("Без ролей")
    assert not may(infobase, nobody, GOODS, "read")
    infobase.hooks.allowed = lambda user, name, action: name == PEOPLE and action == "read" and user is nobody
    assert may(infobase, nobody, PEOPLE, "read")
    assert not may(infobase, manager, PEOPLE, "read")
    infobase.hooks.allowed = None


def test_an_expansion_needs_the_right_on_what_it_shows(infobase: Infobase) -> None:
    from dataclasses import replace

    reader = User("Читатель", ("Читатель",))
    old = infobase.configuration
    infobase.replace_configuration(replace(old, behaviour={"roles": {"Читатель": {"read": [SALE]}}}))
    asking = Asking(infobase, reader)
    assert len(asking.rows(SALE)) == 2
    assert asking.refusal("GET", f"{SALE}?$expand=Покупатель")[:2] == (401, "20")
    assert asking.refusal("GET", f"{SALE}(guid'{FIRST}')/Покупатель")[:2] == (401, "20")
    infobase.replace_configuration(old)


def test_a_changed_password_counts_at_once(infobase: Infobase) -> None:
    authenticator = Authenticator(infobase)
    infobase.set_user("Временный", "один")
    one, two = (f"Basic {b64encode(f'Временный:{word}'.encode()).decode()}" for word in ("один", "два"))
    assert authenticator.user(one) is not None
    infobase.set_user("Временный", "два")
    assert (authenticator.user(one), authenticator.user(two) is not None) == (None, True)


def test_basic_headers() -> None:
    assert parse_basic("basic " + b64encode(b"a:b:c").decode()) == ("a", "b:c")
    assert parse_basic("Basic " + b64encode(b"no colon").decode()) is None


def test_a_base_without_users_lets_everybody_in(tmp_path_factory: pytest.TempPathFactory) -> None:
    base = filled_base(tmp_path_factory.mktemp("open"))
    server = EmulatorServer(base)
    assert requests.get(odata(server.start(), GOODS), timeout=10).status_code == 200
    server.stop()
    base.close()


def test_a_plus_in_a_query_is_a_plus(root: str, web: requests.Session) -> None:
    answer = web.get(odata(root, "Catalog_Товары?$filter=Description+eq+'Стол'"))
    assert (answer.status_code, answer.json()["odata.error"]["code"]) == (500, "-1")
    assert len(web.get(odata(root, "Catalog_Товары?$filter=Description eq 'Стол'")).json()["value"]) == 1
    literal = web.get(odata(root, "Catalog_Товары?$filter=Артикул eq 'А''1/%2B%25'"))
    assert len(literal.json()["value"]) == 1


def test_location_is_raw_utf8(root: str, web: requests.Session) -> None:
    answer = web.post(odata(root, GOODS), json={"Description": "Шкаф"})
    location = answer.headers["Location"].encode("latin-1").decode()
    assert answer.status_code == 201
    assert location.startswith(f"{root}/odata/standard.odata/{GOODS}(guid'")
    assert web.delete(quote(location, safe=":/()'")).status_code == 204


def test_head_and_forbidden_methods(root: str, web: requests.Session) -> None:
    head = web.head(odata(root, GOODS))
    assert (head.status_code, head.content) == (200, b"")
    assert web.request("TRACE", odata(root, GOODS)).status_code == 405


@pytest.mark.parametrize(
    "path",
    ["%ff", "Catalog_Товары('", "Catalog_Товары)", "%00", "..%2f..%2fetc%2fpasswd", "//", "Catalog_Товары(guid'%ff')"],
)
def test_bad_addresses_get_1cs_answer(root: str, web: requests.Session, path: str) -> None:
    answer = web.get(f"{root}/odata/standard.odata/{path if path.startswith('%') else quote(path, safe='%/')}")
    assert answer.status_code in (200, 400, 404)
    assert "odata" in answer.text


def test_too_long_addresses_and_bodies_are_refused_before_anything_else(root: str, web: requests.Session) -> None:
    assert web.get(odata(root, f"{GOODS}?$filter={'x' * 9000}")).status_code == 414
    assert web.patch(odata(root, f"{GOODS}(guid'{TABLE}')"), data=b"x" * 300_000).status_code == 413
    chunks = (b"x" * 50_000 for _ in range(6))
    assert web.patch(odata(root, f"{GOODS}(guid'{TABLE}')"), data=chunks).status_code == 413
    assert web.get(odata(root, GOODS)).status_code == 200


def test_garbage_on_the_socket_stops_nothing(root: str, web: requests.Session) -> None:
    where = urlsplit(root)
    for garbage in (
        b"\x00\xff" * 100,
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"",
    ):
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            raw.recv(1000)
    connection = http.client.HTTPConnection(where.netloc, timeout=10)
    connection.putrequest("PATCH", where.path + "/odata/standard.odata/x", skip_accept_encoding=True)
    connection.putheader("Content-Length", "9" * 30)
    connection.endheaders()
    assert connection.getresponse().status in (400, 413)
    connection.close()
    assert web.get(odata(root, GOODS)).status_code == 200


def test_many_clients_at_once(root: str) -> None:
    seen: list[int] = []

    def work(number: int) -> None:
        with requests.Session() as web:
            web.trust_env = False
            web.auth = HTTPBasicAuth(ADMIN.encode(), PASSWORD.encode())
            for turn in range(8):
                body = {"Description": f"{number}-{turn}"}
                created = web.post(odata(root, "Catalog_Люди?$format=json"), json=body, timeout=30)
                seen.append(created.status_code)
                key = created.json()["Ref_Key"]
                seen.append(web.get(odata(root, f"Catalog_Люди(guid'{key}')"), timeout=30).status_code)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(seen)) == [200, 201]
    assert len(seen) == 96


def test_only_loopback_unless_told_otherwise(infobase: Infobase) -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org"):  # noqa: S104 - refused
        with pytest.raises(UsageError, match="виден другим"):
            EmulatorServer(infobase, host=host)
    assert is_loopback("::1")
    assert is_loopback("localhost")


def test_a_taken_port_is_said_and_a_stopped_server_frees_it(infobase: Infobase) -> None:
    first = EmulatorServer(infobase)
    first.start()
    with pytest.raises(UsageError, match="занять нельзя"):
        EmulatorServer(infobase, port=first.port).start()
    first.stop()
    first.stop()
    again = EmulatorServer(infobase, port=first.port)
    assert again.start() == again.start() == first.url
    again.stop()


def test_an_update_under_a_running_server_is_seen(tmp_path_factory: pytest.TempPathFactory) -> None:
    from dataclasses import replace

    base = filled_base(tmp_path_factory.mktemp("update"))
    server = EmulatorServer(base)
    url = odata(server.start(), "?$format=json")
    before = {item["name"] for item in requests.get(url, timeout=10).json()["value"]}
    objects = {name: item for name, item in base.configuration.objects.items() if name != PEOPLE}
    base.replace_configuration(replace(base.configuration, objects=objects))
    after = {item["name"] for item in requests.get(url, timeout=10).json()["value"]}
    server.stop()
    base.close()
    assert before - after == {PEOPLE}
