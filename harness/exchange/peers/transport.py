"""How a counterpart speaks HTTP/1.1: a thread a connection, whole requests in, whole answers out, or half of one where a failure was ordered.

Nothing of a general server is needed here, and what a general server does for each request costs more than the counterpart's own answer.
"""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_LINE = 64 * 1024
"""Bytes of a line of a request's head."""
_LINES = 200
_SECONDS = 30.0
"""How long a connection may be silent."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request, whole.

    Attributes:
        headers: by lower-case name.
    """

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: bytes of HTTP, and whether the connection ends with them."""

    content: bytes
    last: bool = False


def reply(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Reply:
    """A whole answer; `headers` say its length."""
    return Reply(_head(status, headers) + body)


def half(body: bytes) -> Reply:
    """Half of an answer: the length promises the whole of it, then the connection ends."""
    return Reply(_head(200, [(b"content-length", str(len(body)).encode())]) + body[: len(body) // 2], last=True)


NOTHING = Reply(b"", last=True)
"""The connection ends without an answer."""


def _head(status: int, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    lines = [f"HTTP/1.1 {status} {phrase}".encode(), *(name + b": " + value for name, value in headers), b"", b""]
    return b"\r\n".join(lines)


class Server:
    """Listens on loopback.

    Args:
        respond: called with each request, in the thread of its connection.
        limit: bytes of a body that are taken.
        certificate: files of certificate and key; None: plain HTTP.
    """

    def __init__(
        self, respond: Callable[[Request], Reply], *, limit: int, certificate: tuple[Path, Path] | None = None
    ) -> None:
        self._respond = respond
        self._limit = limit
        self._context: ssl.SSLContext | None = None
        if certificate is not None:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()

    def start(self, name: str) -> None:
        """Begins to answer; `name` is for whoever looks at threads."""
        threading.Thread(target=self._accept, name=f"peer-{name}", daemon=True).start()

    def close(self) -> None:
        """Stops listening and ends all connections."""
        with self._lock:
            living, self._open = self._open, set()
        for one in (self._socket, *living):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:  # closed
                return
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), name="peer-connection", daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        """One connection, until either side ends it."""
        with suppress(OSError), plain:
            plain.settimeout(_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is None:
                self._talk(plain)
            else:
                with self._context.wrap_socket(plain, server_side=True) as secured:
                    self._talk(secured)
        with self._lock:
            self._open.discard(plain)

    def _talk(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            while True:
                found = self._read(reader)
                if found is None:
                    return
                answer = self._respond(found) if isinstance(found, Request) else found
                connection.sendall(answer.content)
                if answer.last:
                    return

    def _read(self, reader: BinaryIO) -> Request | Reply | None:
        """The next request; a refusal of one that is too large or no HTTP; None when there is none."""
        line = reader.readline(_LINE).decode("latin-1").split()
        if not line:
            return None
        headers: dict[str, str] = {}
        for _ in range(_LINES):
            name, colon, value = reader.readline(_LINE).decode("latin-1").partition(":")
            if not colon:
                break
            headers[name.strip().lower()] = value.strip()
        size = headers.get("content-length", "0")
        if len(line) != 3 or not (size.isascii() and size.isdigit()) or "transfer-encoding" in headers:
            return Reply(_head(400, [(b"content-length", b"0")]), last=True)
        if int(size) > self._limit:
            return Reply(_head(413, [(b"content-length", b"0")]), last=True)
        return Request(line[0], line[1], headers, reader.read(int(size)))
