"""The door of a containerised stand: to loopback, with the password, and nowhere else."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import requests

from stand.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterator


class Echo(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = (
            f"{self.connection.getsockname()[1]} {self.path} {self.headers.get('Proxy-Authorization')} ".encode() + body
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def relay() -> Iterator[Relay]:
    opened = Relay.open("127.0.0.1")
    yield opened
    opened.close()


@pytest.fixture
def servers() -> Iterator[list[int]]:
    running = [ThreadingHTTPServer(("127.0.0.1", 0), Echo) for _ in range(2)]
    for server in running:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield [server.server_address[1] for server in running]
    for server in running:
        server.shutdown()
        server.server_close()


def through(relay: Relay, password: str | None = None) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    door = f"http://stand:{relay.password if password is None else password}@127.0.0.1:{relay.port}"
    session.proxies = {"http": door, "https": door}
    return session


def test_each_request_goes_to_its_own_port_whole_and_without_the_password(relay: Relay, servers: list[int]) -> None:
    body = b"x" * 300_000
    with through(relay) as session:
        for port in (*servers, *servers):
            answer = session.post(f"http://127.0.0.1:{port}/обмен?a=1", data=body, timeout=5)
            assert answer.content == f"{port} /%D0%BE%D0%B1%D0%BC%D0%B5%D0%BD?a=1 None ".encode() + body


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1:80/", "http://example.org:80/", "http://127.0.0.1/", "http://10.0.0.1:5432/"]
)
def test_nothing_but_loopback_is_reached(relay: Relay, address: str) -> None:
    with through(relay) as session:
        assert session.get(address, timeout=5).status_code == 403


def test_a_stranger_is_sent_away(relay: Relay, servers: list[int]) -> None:
    with through(relay, "wrong") as session:
        assert session.post(f"http://127.0.0.1:{servers[0]}/", data=b"", timeout=5).status_code == 407


def test_a_port_nobody_listens_on_is_a_bad_gateway(relay: Relay) -> None:
    with through(relay) as session:
        assert session.get("http://127.0.0.1:9/", timeout=5).status_code == 502


def test_https_outside_is_refused(relay: Relay) -> None:
    with through(relay) as session, pytest.raises(requests.exceptions.ProxyError, match="403"):
        session.get("https://192.0.2.1:443/", timeout=5)
