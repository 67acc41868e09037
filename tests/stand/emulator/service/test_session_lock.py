"""Sessions of a base over HTTP: who is in, and who may not come in."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests
from requests.auth import HTTPBasicAuth

from stand.emulator.company import service_routes
from stand.emulator.server import EmulatorServer
from stand.emulator.session_lock import SessionLock
from tests.stand.emulator.demo import PASSWORD, company

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase

ADMIN, MANAGER = (HTTPBasicAuth(name.encode(), PASSWORD.encode()) for name in ("Администратор", "Менеджер"))
NOON = datetime(2026, 1, 5, 12)  # noqa: DTZ001 - dates of 1C are naive


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        infobase.set_user("Менеджер", PASSWORD, roles=("МенеджерПоПродажам",))
        yield infobase


@pytest.fixture
def url(base: Infobase) -> Iterator[str]:
    server = EmulatorServer(base, extra_routes=service_routes(base))
    yield server.start()
    server.stop()


def call(method: str, url: str, user: HTTPBasicAuth = ADMIN, **more: Any) -> requests.Response:
    return requests.request(method, url, auth=user, timeout=20, **more)


def console(url: str, path: str = "") -> str:
    return f"{url}/hs/readiness/v1/sessions{path}"


def test_sessions_are_listed_and_ended(url: str) -> None:
    assert call("GET", console(url)).json() == []  # asking takes no session
    call("GET", f"{url}/odata/standard.odata/", MANAGER)
    call("GET", f"{url}/hs/readiness/v1/info")

    listed = call("GET", console(url)).json()

    assert [(item["user"], item["application"], item["active"]) for item in listed] == [
        ("Менеджер", "ODataConnection", False),
        ("Администратор", "HTTPServiceConnection", False),
    ]
    assert call("DELETE", console(url, f"/{listed[0]['number']}")).status_code == 204
    assert call("DELETE", console(url, f"/{listed[0]['number']}")).status_code == 404
    assert [item["user"] for item in call("GET", console(url)).json()] == ["Администратор"]


def test_a_lock_keeps_new_sessions_out_and_says_why(url: str, base: Infobase) -> None:
    data = f"{url}/odata/standard.odata/Catalog_Склады?$format=json&$top=1"
    call("GET", data)  # this one is in
    wanted = {"message": "Идёт обновление до 2.0.15", "code": "ключ 1"}

    told = call("PUT", console(url, "/lock"), json=wanted)

    assert told.json() == {
        "locked": True, "message": "Идёт обновление до 2.0.15", "with_code": True, "start": None, "end": None,
    }  # fmt: skip
    refused = call("GET", data, MANAGER)
    assert refused.status_code == 403
    assert "Начало сеанса с информационной базой запрещено. Идёт обновление до 2.0.15" in refused.content.decode(
        "utf-8-sig"
    )
    assert call("GET", data).status_code == 200  # who was in goes on
    assert call("GET", data, MANAGER, headers={"X-Permission-Code": quote("ключ 1")}).status_code == 200
    assert call("GET", console(url, "/lock"), MANAGER).status_code == 403
    assert call("DELETE", console(url, "/lock")).status_code == 204
    assert call("GET", f"{url}/hs/readiness/v1/info", MANAGER).status_code == 200
    assert [event.comment for event in base.log() if event.event == "Блокировка сеансов"] == [
        "Начало сеансов запрещено",
        "Начало сеансов разрешено",
    ]
    assert "ключ" not in str(base.log())


def test_a_lock_outlives_the_server(url: str, base: Infobase) -> None:
    call("PUT", console(url, "/lock"), json={})
    again = EmulatorServer(base, extra_routes=service_routes(base))
    other = again.start()
    try:
        assert call("GET", f"{other}/hs/readiness/v1/info", MANAGER).status_code == 403
        assert call("DELETE", console(other, "/lock")).status_code == 204
        assert call("GET", f"{other}/hs/readiness/v1/info", MANAGER).status_code == 200
    finally:
        again.stop()


def test_what_is_no_lock_is_refused(url: str) -> None:
    for body in (b"", b"[]", b'{"message": 1}', b'{"until": "x"}', b'{"end": "yesterday"}', b"\xff"):
        assert call("PUT", console(url, "/lock"), data=body).status_code == 400, body
    wrong = {"start": "2026-01-05T12:00:00", "end": "2026-01-05T11:00:00"}
    assert call("PUT", console(url, "/lock"), json=wrong).status_code == 400
    assert call("GET", console(url, "/lock")).json()["locked"] is False
    assert call("PUT", console(url, "/lock"), MANAGER, json={}).status_code == 403


@pytest.mark.parametrize(
    ("start", "end", "closed"),
    [("", "", True), ("2026-01-05T12:00:00", "", True), ("2026-01-05T12:00:01", "", False),
     ("", "2026-01-05T12:00:00", False), ("2026-01-05T11:00:00", "2026-01-05T13:00:00", True)],
)  # fmt: skip
def test_a_lock_has_its_hours(start: str, end: str, closed: bool) -> None:
    assert SessionLock(start=start, end=end).closed(NOON) is closed
    assert not SessionLock(start=(NOON + timedelta(1)).isoformat()).closed(NOON)


def test_a_client_of_a_locked_base_gets_the_reason(url: str, base: Infobase) -> None:
    from harness.errors import StandError
    from harness.onec.guard import WriteGuard
    from harness.onec.services import ReadinessService
    from harness.onec.session import StandSession

    call("PUT", console(url, "/lock"), json={"message": "до утра"})
    with (
        closing(StandSession(url, "Менеджер", PASSWORD, guard=WriteGuard())) as session,
        pytest.raises(StandError, match="до утра"),
    ):
        ReadinessService(session).info()
