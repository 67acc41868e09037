"""How a counterpart speaks HTTP: a server that says when it listens, and answers that end in the middle."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import uvicorn
from starlette.responses import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio
    import socket

    from starlette.types import Receive, Scope, Send

_TRANSPORT = "peer.transport"


class Broken(Response):
    """Half of an answer: the length promises the whole of it, then the connection ends."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content[: len(content) // 2])
        self.raw_headers = [(b"content-length", str(max(len(content), 1)).encode())]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the half and closes the connection."""
        if self.body:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self.body, "more_body": True})
        scope["state"][_TRANSPORT].close()
        while (await receive())["type"] != "http.disconnect":
            pass


class Protocol(H11Protocol):
    """HTTP whose requests know their connection, so that it can be ended in the middle of an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the one it overrides
        """Remembers the connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, _TRANSPORT: transport}


class Server(uvicorn.Server):
    """Says when it listens and leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, then says so."""
        await super().startup(sockets=sockets)
        self.up.set()

    def install_signal_handlers(self) -> None:
        """Signals are for whoever runs the process."""
