"""Sessions of the publication: pools, headers, cookies, licences; every refusal as the application server words it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from stand.emulator.application import Serving
from stand.emulator.quirks import Quirks
from stand.emulator.server import EmulatorServer
from stand.emulator.sessions import Lease, SessionRefusedError, Sessions
from tests.stand.emulator.filled import filled_base
from tests.stand.emulator.sample import GOODS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Infobase


class Clock:
    """A clock that is moved by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def sessions(*pairs: str) -> tuple[Sessions, Clock]:
    clock = Clock()
    return Sessions(Quirks.parse(pairs), clock), clock


def start(session: Sessions, user: str = "А", **headers: str) -> Lease:
    named = {name.encode(): value.encode() for name, value in headers.items()}
    return asyncio.run(session.enter("odata", user, named))


def refusal(session: Sessions, user: str = "А", **headers: str) -> tuple[int, str]:
    with pytest.raises(SessionRefusedError) as caught:
        start(session, user, **headers)
    return caught.value.status, caught.value.text


def test_a_pool_gives_what_is_free_and_refuses_in_the_end() -> None:
    pool, clock = sessions("pool-size=2", "pool-timeout=0")
    first, second = start(pool), start(pool)
    assert first.session is not second.session
    assert refusal(pool) == (406, "Истекло время ожидания сеанса")
    assert start(pool, "Б").session is not first.session
    asyncio.run(pool.leave(first))
    assert start(pool).session is first.session
    asyncio.run(pool.leave(second))
    clock.now = 19
    assert pool.living() == 3
    clock.now = 21
    assert pool.living() == 2  # the idle one is over, those at work are not


def test_who_waits_for_the_pool_gets_what_is_given_back() -> None:
    async def story() -> bool:
        pool = Sessions(Quirks.parse(["pool-size=1", "pool-timeout=5"]))
        first = await pool.enter("odata", "А", {})
        waiting = asyncio.create_task(pool.enter("odata", "А", {}))
        for _ in range(3):
            await asyncio.sleep(0)
        assert not waiting.done()
        await pool.leave(first)
        return (await waiting).session is first.session

    assert asyncio.run(story())


def test_a_session_is_begun_used_and_ended_by_its_client() -> None:
    managed, clock = sessions("reuse-sessions=use")
    begun = start(managed, ibsession="start")
    name, _, id_ = begun.cookie.partition(";")[0].partition("=")
    assert (name, len(id_)) == ("ibsession", 32)
    cookie = f"other=1; ibsession={id_}"
    assert refusal(managed, cookie=cookie)[0] == 400  # one call at a time
    asyncio.run(managed.leave(begun))
    again = start(managed, cookie=cookie)
    assert again.session is begun.session
    asyncio.run(managed.leave(again))
    assert refusal(managed, "Чужой", cookie=cookie) == (400, "Сеанс отсутствует или удален")
    asyncio.run(managed.leave(start(managed, cookie=cookie, ibsession="finish")))
    assert refusal(managed, cookie=cookie)[0] == 400
    assert refusal(managed, ibsession="finish")[0] == 400
    idle = start(managed, ibsession="start")
    asyncio.run(managed.leave(idle))
    clock.now = 30
    assert refusal(managed, cookie=idle.cookie.partition(";")[0])[0] == 400


@pytest.mark.parametrize("mode", ["use", "dontuse"])
def test_without_the_header_a_call_is_a_session(mode: str) -> None:
    single, _clock = sessions(f"reuse-sessions={mode}")
    lease = start(single)
    assert (lease.cookie, single.living()) == ("", 1)
    asyncio.run(single.leave(lease))
    assert single.living() == 0


def test_in_other_modes_the_header_means_nothing() -> None:
    for mode in ("autouse", "dontuse"):
        other, _clock = sessions(f"reuse-sessions={mode}")
        assert start(other, ibsession="start", cookie="ibsession=1").cookie == ""


@pytest.mark.parametrize("status", [406, 402])
def test_licences_run_out(status: int) -> None:
    few, clock = sessions("licences=1", f"licence-status={status}")
    only = start(few)
    assert refusal(few, "Б") == (status, "Не обнаружено свободной лицензии!")
    asyncio.run(few.leave(only))
    assert refusal(few, "Б")[0] == status  # the idle session holds it still
    clock.now = 21
    assert start(few, "Б").cookie == ""


@pytest.fixture(scope="module")
def infobase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    base = filled_base(tmp_path_factory.mktemp("sessions"))
    for name in ("Первый", "Второй"):
        base.set_user(name, "пароль", full_rights=True)
    yield base
    base.close()


def ask(url: str, user: str = "Первый", **headers: str) -> requests.Response:
    auth = HTTPBasicAuth(user.encode(), "пароль".encode())
    return requests.get(url, auth=auth, headers={"Accept": "application/json", **headers}, timeout=10)


def served(infobase: Infobase, *pairs: str) -> tuple[EmulatorServer, str]:
    server = EmulatorServer(infobase, serving=Serving(Quirks.parse(pairs)))
    return server, f"{server.start()}/odata/standard.odata/{GOODS}"


def test_cookies_over_the_wire(infobase: Infobase) -> None:
    server, url = served(infobase, "reuse-sessions=use")
    begun = ask(url, IBSession="start")
    id_ = begun.cookies["ibsession"]
    assert ask(url, Cookie=f"ibsession={id_}").status_code == 200
    assert ask(url, "Второй", Cookie=f"ibsession={id_}").status_code == 400
    assert ask(url, Cookie=f"ibsession={id_}", IBSession="finish").status_code == 200
    ended = ask(url, Cookie=f"ibsession={id_}")
    server.stop()
    assert ended.status_code == 400
    assert ended.content.startswith(b"\xef\xbb\xbf")
    told: dict[str, Any] = json.loads(ended.content.decode("utf-8-sig"))
    assert told["#exception"] == "{http://v8.1c.ru/8.2/virtual-resource-system}Exception"
    assert told["exception"]["reason"] == 400


def test_a_refused_licence_over_the_wire(infobase: Infobase) -> None:
    server, url = served(infobase, "licences=1")
    assert ask(url).status_code == 200
    refused = ask(url, "Второй", Accept="application/atom+xml")
    server.stop()
    assert (refused.status_code, refused.headers["content-type"]) == (406, "application/xml;charset=utf-8")
    assert 'reason="406"' in refused.content.decode()
    assert "Не обнаружено свободной лицензии!" in refused.content.decode()
    assert refused.headers["X-OneC-Emulator"]
