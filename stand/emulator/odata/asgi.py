"""The interface on ASGI: requests out of scopes, answers into messages; large answers leave as they are made, so memory does not grow with them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

import anyio.from_thread
import anyio.to_thread

from stand.emulator.odata.answers import accepted_form, error_answer
from stand.emulator.odata.errors import ODataError
from stand.emulator.odata.urls import Request, decoded, parse_path, parse_query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.types import Message, Receive, Scope, Send

    from stand.emulator.auth import User
    from stand.emulator.odata.answers import Answer
    from stand.emulator.odata.service import ODataService

ODATA = "odata/standard.odata"
"""Path of the interface below a publication."""
_VERSION = (b"dataserviceversion", b"3.0;")
_STALLED = 60.0
"""Seconds a client may take to accept a piece of a large answer; then the thread and the transaction behind it are freed."""


class ClientGoneError(Exception):
    """Nobody reads the answer any more."""


class ODataApplication:
    """Serves one publication. The user is in the scope's state."""

    def __init__(self, service: ODataService, publication: str) -> None:
        self.service = service
        self.prefix = f"/{publication}/{ODATA}"
        self._root = f"/{quote(publication)}/{ODATA}"

    def serves(self, path: str) -> bool:
        """Whether a decoded path is the interface's."""
        return path.startswith(self.prefix) and path[len(self.prefix) :][:1] in ("", "/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = b"" if scope["method"] in ("GET", "HEAD") else await _body(receive)
        answer: Answer | None
        try:
            request = self._request(scope, headers, body)
        except ODataError as error:
            answer = error_answer(error, accepted_form(headers.get("accept", "")), self.service.quirks.texts)
        else:
            user = scope["state"]["user"]
            if self.service.quick(request):
                # A row or two from a local file: handing it to a thread would cost more than reading it.
                answer = self.service.handle_quickly(request, user)
            else:
                stream = _Stream(receive, send)
                try:
                    answer = await anyio.to_thread.run_sync(self._served, request, user, stream)
                except ClientGoneError:
                    return
                finally:
                    stream.unwatch()
                if answer is None:
                    await send({"type": "http.response.body", "body": b""})
        if answer is not None:
            await send(_start(answer, len(answer.body)))
            await send({"type": "http.response.body", "body": answer.body})

    def _served(self, request: Request, user: User, stream: _Stream) -> Answer | None:
        """In a thread: the answer, or None when it has left by the stream."""

        def leave(answer: Answer, chunks: Iterable[bytes]) -> None:
            anyio.from_thread.run(stream.begin, _start(answer))
            for chunk in chunks:
                anyio.from_thread.run(stream.write, chunk)

        return self.service.serve(request, user, leave)

    def _request(self, scope: Scope, headers: dict[str, str], body: bytes) -> Request:
        path: str = scope["path"]
        if "\ufffd" in path:  # the server put it in place of what is no UTF-8
            path = decoded(scope.get("raw_path") or quote(path).encode())
        options, parameters = parse_query(scope["query_string"])
        server = scope.get("server") or ("", 0)
        host = headers.get("host") or f"{server[0]}:{server[1]}"
        return Request(
            method=scope["method"],
            root=f"{scope['scheme']}://{host}{self._root}",
            segments=parse_path(path[len(self.prefix) :]),
            options=options,
            parameters=parameters,
            headers=headers,
            body=body,
        )


class _Stream:
    """Pieces of an answer on their way; knows when nobody listens."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._watch: asyncio.Task[None] | None = None

    async def begin(self, start: Message) -> None:
        await self._send(start)
        self._watch = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def write(self, chunk: bytes) -> None:
        if self._watch is not None and self._watch.done():
            raise ClientGoneError
        try:
            async with asyncio.timeout(_STALLED):
                await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        except TimeoutError:
            raise ClientGoneError from None

    def unwatch(self) -> None:
        if self._watch is not None:
            self._watch.cancel()


def _start(answer: Answer, length: int | None = None) -> Message:
    headers = [_VERSION, *answer.headers]
    if answer.body or answer.status != 204:
        headers.append((b"content-type", answer.content_type.encode("latin-1", "replace")))
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)
