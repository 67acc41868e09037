"""Small real HTTP servers on loopback: what a test says is what goes over the wire."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Request:
    """What the server saw."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """Decoded path below the publication."""
        return unquote(urlsplit(self.target).path).removeprefix("/demo")

    @property
    def params(self) -> dict[str, str]:
        """Decoded query, "+" taken literally as 1C does."""
        return dict(parse_qsl(urlsplit(self.target).query.replace("+", "%2B"), keep_blank_values=True))


@dataclass(frozen=True, slots=True)
class Reply:
    """What it answers; `length` lies about the body's size, `silent` never answers at all."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    chunked: bool = False
    silent: bool = False


def json_reply(data: object, status: int = 200) -> Reply:
    return Reply(
        status, json.dumps(data, ensure_ascii=False).encode(), {"Content-Type": "application/json;charset=utf-8"}
    )


def odata_error(status: int, code: str, text: str) -> Reply:
    return json_reply({"odata.error": {"code": code, "message": {"lang": "ru", "value": text}}}, status)


@dataclass(slots=True)
class Server:
    """A server at work."""

    url: str
    requests: list[Request]
    release: threading.Event


@contextlib.contextmanager
def serving(answer: Callable[[Request], Reply]) -> Iterator[Server]:
    """A server that answers every request by a function, for the time of a `with`."""
    seen: list[Request] = []
    release = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # A test that waits for a silent server must not wait for Nagle as well.
        disable_nagle_algorithm = True

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            seen.append(request)
            reply = answer(request)
            if reply.silent:
                release.wait(20)
                self.close_connection = True
                return
            self.respond(reply)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_MERGE = handle_any  # noqa: N815

        def respond(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.chunked:
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                # The chunk announces more than it holds, and the connection ends.
                self.wfile.write(f"{len(reply.body) + 10:x}\r\n".encode() + reply.body)
                self.close_connection = True
                return
            length = len(reply.body) if reply.length is None else reply.length
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(reply.body)
            self.close_connection = length != len(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - named by the library
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{httpd.server_port}/demo", seen, release)
    finally:
        release.set()
        httpd.shutdown()
        httpd.server_close()
        thread.join()
