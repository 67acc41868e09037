"""The base's HTTP client: what it sends, which failures it tells apart, and its way out of a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.responses import Response

from harness.exchange.directbank_dialogue import basic
from harness.exchange.peers.server import Asked, Peer
from stand.emulator.exchanging.common import ExchangeError
from stand.emulator.exchanging.wire import PROXY, Wire
from stand.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Echo(Peer):
    """Remembers what came."""

    def __init__(self, *, tls: Path | None = None) -> None:
        super().__init__(tls=tls)
        self.asked: list[Asked] = []

    def answer(self, asked: Asked) -> Response:
        self.asked.append(asked)
        return Response("да", headers={"location": "/elsewhere"}, status_code=302 if asked.path == "/moved" else 200)


@pytest.fixture
def peer() -> Iterator[Echo]:
    with Echo() as echo:
        yield echo


def refused(wire: Wire, path: str = "/x") -> str:
    with pytest.raises(ExchangeError) as failure:
        wire.call("GET", path, said="шаг")
    return failure.value.code


def test_what_goes_out(peer: Echo) -> None:
    wire = Wire(peer.url, "Обмен", "пароль")
    answer = wire.call("POST", "/путь", params={"а": "б в"}, content=b"body", headers={"X": "1"}, said="шаг")
    assert (answer.status_code, answer.text) == (200, "да")
    (asked,) = peer.asked
    assert (asked.method, asked.path, asked.query, asked.body) == ("POST", "/путь", {"а": "б в"}, b"body")
    assert basic(asked.headers["authorization"]) == ("Обмен", "пароль")
    assert asked.headers["x"] == "1"
    wire.forget_login()
    wire.keep_cookie("a", "1")
    wire.keep_cookie("b", "2")
    wire.call("GET")
    assert "authorization" not in peer.asked[-1].headers
    assert peer.asked[-1].headers["cookie"] == "a=1; b=2"
    assert wire.steps == ["шаг", "GET "]
    assert "пароль" not in repr(wire)


def test_a_redirection_is_not_followed(peer: Echo) -> None:
    wire = Wire(peer.url)
    answer = wire.call("GET", "/moved")
    with pytest.raises(ExchangeError, match="302"):
        wire.good(answer, "шаг")
    assert len(peer.asked) == 1


def test_failures_are_told_apart(peer: Echo, tmp_path: Path) -> None:
    wire = Wire(peer.url, timeout=0.2)
    peer.fail("half")
    assert refused(wire) == "network"
    peer.fail("drop")
    assert refused(wire) == "network"
    peer.fail("timeout")
    assert refused(wire) == "timeout"
    assert refused(Wire("http://127.0.0.1:1")) == "network"
    assert refused(Wire("http://[::1")) == "network"
    with Echo(tls=tmp_path) as untrusted:
        assert refused(Wire(untrusted.url)) == "certificate"
        assert untrusted.asked == []
        assert Wire(untrusted.url, verify=False).call("GET").text == "да"
        assert refused(Wire(untrusted.url)) == "certificate"


def test_out_of_a_container_there_is_one_door(peer: Echo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Relay.open("127.0.0.1")
    try:
        monkeypatch.setenv(PROXY, f"http://stand:{door.password}@127.0.0.1:{door.port}")
        assert Wire(peer.url, "u", "p").call("GET", "/x").text == "да"
        assert "proxy-authorization" not in peer.asked[0].headers
        with Echo(tls=tmp_path) as closed:
            assert Wire(closed.url, verify=False).call("GET").text == "да"
        monkeypatch.setenv(PROXY, f"http://stand:wrong@127.0.0.1:{door.port}")
        assert Wire(peer.url).call("GET", "/x").status_code == 407
    finally:
        door.close()
