"""Lets a stand in a container reach counterparts of exchanges on this machine, and nothing else.

The containers have no way out, and counterparts listen on loopback. So the stand's process opens one door on the address of Docker's bridge:
an HTTP proxy that asks for this run's password and leads to loopback addresses only.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

_HEAD = 64 * 1024
_CHUNK = 64 * 1024
_SECONDS = 120.0
_CONNECT_SECONDS = 5.0
_LOOPBACK = "127.0.0.1"
_REFUSALS = {407: "Proxy Authentication Required", 403: "Forbidden", 400: "Bad Request", 502: "Bad Gateway"}


@dataclass(slots=True)
class Relay:
    """The door: threads of this process.

    Attributes:
        port: it listens on.
        password: whoever does not know it is sent away.
    """

    port: int
    password: str = field(repr=False)
    _socket: socket.socket = field(repr=False)

    @classmethod
    def open(cls, address: str) -> Self:
        """Begins to listen on an address of this machine; on loopback where that is not one (Docker Desktop leads its containers there)."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            bound.bind((address, 0))
        except OSError:
            bound.bind((_LOOPBACK, 0))
        bound.listen(64)
        relay = cls(bound.getsockname()[1], secrets.token_urlsafe(24), bound)
        threading.Thread(target=relay._accept, name="stand-relay", daemon=True).start()
        return relay

    def close(self) -> None:
        """Stops listening; connections end with their requests."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            client.settimeout(_SECONDS)
            head, rest = _head(client)
            line, headers = _parsed(head)
            status, target = self._target(line, headers)
            if status:
                client.sendall(
                    f"HTTP/1.1 {status} {_REFUSALS[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                )
                return
            try:
                server = socket.create_connection((_LOOPBACK, target), _CONNECT_SECONDS)
            except OSError:
                client.sendall(
                    f"HTTP/1.1 502 {_REFUSALS[502]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
                )
                return
            with server:
                server.settimeout(_SECONDS)
                if line[0] == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    server.sendall(_forwarded(line, headers))
                if rest:
                    server.sendall(rest)
                _pump(client, server)

    def _target(self, line: list[str], headers: list[tuple[str, str]]) -> tuple[int, int]:
        """A refusal's status or 0, and the port on loopback."""
        if len(line) != 3:
            return 400, 0
        given = next((value for name, value in headers if name.lower() == "proxy-authorization"), "")
        wanted = "Basic " + base64.b64encode(f"stand:{self.password}".encode()).decode()
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            return 407, 0
        try:
            parts = urlsplit(f"//{line[1]}" if line[0] == "CONNECT" else line[1])
            local, port = parts.hostname == "localhost" or ip_address(parts.hostname or "").is_loopback, parts.port
        except ValueError:
            return 403, 0
        return (0, port) if local and port else (403, 0)


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        block = client.recv(_CHUNK)
        if not block or len(data) > _HEAD:
            raise ConnectionError
        data += block
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _parsed(head: bytes) -> tuple[list[str], list[tuple[str, str]]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return first.split(" "), [(name, value.strip()) for name, _, value in pairs]


def _forwarded(line: list[str], headers: list[tuple[str, str]]) -> bytes:
    """The request as its server expects it. One request a connection: the next one may be for another port."""
    parts = urlsplit(line[1])
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [
        (name, value)
        for name, value in headers
        if name.lower() not in {"proxy-authorization", "proxy-connection", "connection"}
    ]
    lines = [f"{line[0]} {path} {line[2]}", *(f"{name}: {value}" for name, value in kept), "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def _pump(client: socket.socket, server: socket.socket) -> None:
    """Both ways, until the server ends or the client is gone."""
    upward = threading.Thread(target=_copy, args=(client, server), daemon=True)
    upward.start()
    _copy(server, client)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
    upward.join(_CONNECT_SECONDS)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(_CHUNK):
            target.sendall(block)
        target.shutdown(socket.SHUT_WR)
