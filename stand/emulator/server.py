"""The emulator on a socket, in a thread of this process. It listens on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from harness.errors import StepError, UsageError, reason
from stand.emulator.application import BY_DEFAULT, Serving, application
from stand.emulator.faults import TRANSPORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute

    from stand.emulator.database.infobase import Infobase

__all__ = ["BY_DEFAULT", "EmulatorServer", "Serving", "is_loopback"]

_START_SECONDS = 15.0
_TICK = 0.1
_DAY = 864_000
"""Ticks of a day: uvicorn counts no further."""
_ENOUGH = 64 * 1024
"""Bytes of an answer that leave without waiting for more."""


class EmulatorServer:
    """Serves one infobase as one publication, in a thread of this process.

    Args:
        publication: its name in the address.
        port: 0 picks a free one.
        extra_routes: routes of HTTP services below the publication ("/hs/…"); the user is in `request.state.user`.
        allow_remote: listen on an address others can reach.
        serving: limits, quirks, composition.
    """

    def __init__(
        self,
        infobase: Infobase,
        *,
        publication: str = "demo",
        host: str = "127.0.0.1",
        port: int = 0,
        extra_routes: Sequence[BaseRoute] = (),
        allow_remote: bool = False,
        serving: Serving = BY_DEFAULT,
    ) -> None:
        if not allow_remote and not is_loopback(host):
            raise UsageError(
                f"эмулятор слушает только этот компьютер, а адрес {host} виден другим",
                hint="разрешите это явно, если так и задумано",
            )
        if not re.fullmatch(r"\w[\w.-]*", publication):
            raise UsageError(
                f"имя публикации «{publication}» не годится для адреса", hint="буквы, цифры, «_», «-» и «.»"
            )
        self.infobase = infobase
        self.publication = publication
        self.host = host
        self.port = port
        self._application = application(
            infobase,
            publication=publication,
            extra_routes=extra_routes,
            serving=serving,
        )
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def url(self) -> str:
        """Root of the publication, "http://127.0.0.1:8080/demo"."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/{quote(self.publication)}"

    def start(self) -> str:
        """Begins to listen and returns the root of the publication.

        Raises:
            UsageError: the port is taken.
            StepError: the server did not come up.
        """
        if self._server is not None:
            return self.url
        bound = _bind(self.host, self.port)
        self.port = bound.getsockname()[1]
        config = uvicorn.Config(
            self._application,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            http=_Protocol,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=60,
            h11_max_incomplete_event_size=256 * 1024,
            timeout_graceful_shutdown=5,
        )
        server = _Server(config)
        thread = threading.Thread(target=server.run, args=([bound],), name="onec-emulator", daemon=True)
        thread.start()
        if not server.up.wait(_START_SECONDS):
            server.should_exit = True
            bound.close()
            raise StepError("эмулятор не начал отвечать", place=self.url)
        self._server, self._thread, self._socket = server, thread, bound
        return self.url

    def stop(self) -> None:
        """Stops listening; requests under way are finished. The infobase stays open."""
        if self._server is None or self._thread is None:
            return
        self._server.tell()
        self._thread.join(_START_SECONDS)
        if self._socket is not None:
            self._socket.close()
        self._server = self._thread = self._socket = None

    def wait(self) -> None:
        """Waits until the server is stopped from elsewhere or by Ctrl-C."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(0.5)


class _Protocol(H11Protocol):
    """HTTP whose requests know their connection, so that an ordered fault can drop it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the one it overrides
        joined = _Joined(transport, self.loop)
        super().connection_made(joined)
        self.app_state = {**self.app_state, TRANSPORT: joined}


class _Joined(asyncio.Transport):
    """A connection on which the head of an answer and its body leave in one piece: a call of the system costs as much as reading an entity."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._transport = transport
        self._loop = loop
        self._waiting: list[bytes] = []
        self._size = 0
        self.get_extra_info = transport.get_extra_info  # type: ignore[method-assign] # asked for with every request
        self.is_closing = transport.is_closing  # type: ignore[method-assign]

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Keeps a piece until the loop's next turn, or until there is enough."""
        if not data:
            return
        if not self._waiting:
            self._loop.call_soon(self._leave)
        self._waiting.append(bytes(data))
        self._size += len(data)
        if self._size >= _ENOUGH:
            self._leave()

    def _leave(self) -> None:
        if self._waiting:
            data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
            self._waiting, self._size = [], 0
            self._transport.write(data)

    def close(self) -> None:
        """Closes after what was written."""
        self._leave()
        self._transport.close()

    def abort(self) -> None:
        """Closes at once."""
        self._transport.abort()

    def pause_reading(self) -> None:
        """See `asyncio.Transport`."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """See `asyncio.Transport`."""
        self._transport.resume_reading()


class _Server(uvicorn.Server):
    """Says when it listens, stops as soon as it is told to, and leaves signals to whoever runs the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._told = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._loop = asyncio.get_running_loop()
        self.up.set()

    def tell(self) -> None:
        """From another thread: it is time to stop."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended by itself
                self._loop.call_soon_threadsafe(self._told.set)

    async def main_loop(self) -> None:
        """As uvicorn's, but the tenth of a second between two looks ends when it is told to stop."""
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % _DAY
            with suppress(TimeoutError):
                async with asyncio.timeout(_TICK):
                    await self._told.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """With no request under way there is nothing to be patient with."""
        if self.server_state.tasks:
            await super().shutdown(sockets)
            return
        for listening in self.servers:
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # connections close in the loop's next turn


def is_loopback(host: str) -> bool:
    """Whether an address can only be reached from this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's algorithm off only then; without it every answer waits 40 ms.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise UsageError(
            f"порт {port} на {host} занять нельзя: {reason(error)}", hint="--port 0 возьмёт свободный"
        ) from error
    return bound
