"""The emulator as an ASGI application: OData and routes beside it, and what every request passes: limits, authentication, the header.

Every answer carries `X-OneC-Emulator`, and every page says what this is.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from stand.emulator.auth import Authenticator
from stand.emulator.faults import Faults
from stand.emulator.http_services import by_precedence, failed
from stand.emulator.odata.answers import exception_answer
from stand.emulator.odata.asgi import ODataApplication
from stand.emulator.odata.composition_service import composition_route
from stand.emulator.odata.service import ODataService
from stand.emulator.quirks import DEFAULT, Quirks
from stand.emulator.session_lock import SessionGate
from stand.emulator.sessions import SessionRefusedError, Sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase


@dataclass(frozen=True, slots=True)
class Serving:
    """How a base is served.

    Attributes:
        quirks: what the interface does where the sources disagree.
        composition: names of the objects OData shows; None: as the base has it.
        max_body: bytes of a body.
        max_url: bytes of path and query together; by default Apache's LimitRequestLine (facts/odata.md 11).
        max_seconds: how long a query of OData may compute; 0: as long as it takes.
        watch: told the method and the decoded path below the publication of every request, before it is answered.
    """

    quirks: Quirks = DEFAULT
    composition: tuple[str, ...] | None = None
    max_body: int = 64 * 1024 * 1024
    max_url: int = 8190
    max_seconds: float = 300.0
    watch: Callable[[str, str], None] | None = None


BY_DEFAULT = Serving()
"""As by default."""
_LENGTH_DIGITS = 18
_BODY = frozenset({b"content-length", b"transfer-encoding"})
"""A request to read with neither has no body to count (RFC 9112, 6.3)."""
_TOO_LARGE = ("Слишком большой запрос", "Request Entity Too Large")


def emulator_version() -> str:
    """Version for the header every answer carries."""
    try:
        return version("onec-readiness")
    except PackageNotFoundError:
        return "0.1.0"


def application(
    infobase: Infobase,
    *,
    publication: str,
    extra_routes: Sequence[BaseRoute] = (),
    serving: Serving = BY_DEFAULT,
) -> ASGIApp:
    """The whole as an ASGI application, with everything around it: header, limits, authentication, sessions, ordered faults."""
    service = ODataService(infobase, serving.quirks, seconds=serving.max_seconds)
    if serving.composition is not None:
        service.compose(serving.composition)
    odata = ODataApplication(service, publication)

    async def start_page(_request: Request) -> Response:
        return HTMLResponse(_START_PAGE.format(version=emulator_version(), publication=escape(publication)))

    published = [*by_precedence([*extra_routes, composition_route(service)]), Route("/", start_page)]
    routes: list[BaseRoute] = [
        Route("/", start_page),
        Route(f"/{publication}", start_page),
        Mount(f"/{publication}", routes=published),
    ]
    handlers = {404: _not_found, 405: _not_allowed, _BodyTooLongError: _too_large, Exception: failed}
    web = Starlette(routes=routes, exception_handlers=handlers)

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        await (odata if odata.serves(scope["path"]) else web)(scope, receive, send)

    return _Around(
        web,
        Faults(guarded, infobase, publication),
        Authenticator(infobase),
        SessionGate(infobase),
        serving=serving,
        publication=publication,
    )


class _Around:
    """What every request passes: limits first, then who it is, then a session, then the application; every answer gets the emulator's header."""

    def __init__(
        self,
        inner: ASGIApp,
        guarded: ASGIApp,
        authenticator: Authenticator,
        gate: SessionGate,
        *,
        serving: Serving,
        publication: str,
    ) -> None:
        self.inner = inner
        self.guarded = guarded
        self.authenticator = authenticator
        self.gate = gate
        self.sessions = Sessions(serving.quirks, admit=gate.admit)
        # The console of the cluster, as it were: a locked base must be unlocked by somebody.
        self.console = f"/{publication}/hs/readiness/v1/sessions"
        # A web service takes a session as an HTTP service does.
        self.services = {f"/{publication}/odata": "odata", f"/{publication}/hs": "hs", f"/{publication}/ws": "hs"}
        self.max_body = serving.max_body
        self.max_url = serving.max_url
        self.watch = serving.watch
        self.root = f"/{publication}/"
        self.header = (b"x-onec-emulator", f"onec-readiness/{emulator_version()}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        marked = self._marked(send)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await refusal(scope, receive, marked)
            return
        path = unquote(scope["path"])
        if self.watch is not None:
            self.watch(scope["method"], path.removeprefix(self.root))
        service = next((name for prefix, name in self.services.items() if path.startswith(prefix)), "")
        if not service:
            await self._limited(self.inner, scope, receive, marked)
            return
        user = await self._user(headers)
        if user is None:
            await _unauthorised()(scope, receive, marked)
            return
        scope.setdefault("state", {}).update(user=user, sessions=self.sessions, gate=self.gate)
        if user.full_rights and path.startswith(self.console):
            await self._limited(self.guarded, scope, receive, marked)
            return
        try:
            lease = await self.sessions.enter(service, user.name, headers)
        except SessionRefusedError as error:
            await self._no_session(scope, headers, error, marked)
            return
        try:
            await self._limited(self.guarded, scope, receive, self._marked(send, lease.cookie))
        finally:
            await self.sessions.leave(lease)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> Response | None:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > self.max_url:
            return _page(414, "Слишком длинный адрес", "Request-URI Too Long")
        if _too_long(headers.get(b"content-length", b"0"), self.max_body):
            return _page(413, *_TOO_LARGE)
        return None

    def _marked(self, send: Send, cookie: str = "") -> Send:
        own = [self.header, *([(b"set-cookie", cookie.encode())] if cookie else [])]

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), *own]}
            await send(message)

        return marked

    async def _user(self, headers: dict[bytes, bytes]) -> User | None:
        given = headers.get(b"authorization", b"").decode("latin-1")
        known = self.authenticator.known(given)
        return known or await run_in_threadpool(self.authenticator.user, given)

    async def _no_session(
        self, scope: Scope, headers: dict[bytes, bytes], error: SessionRefusedError, send: Send
    ) -> None:
        json = b"json" in headers.get(b"accept", b"") or b"json" in scope["query_string"]
        answer = exception_answer(error.status, error.text, json=json)
        response = Response(answer.body, answer.status, media_type=answer.content_type)
        await response(scope, _nothing, send)

    async def _limited(self, inner: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] in ("GET", "HEAD") and not _BODY & {name for name, _value in scope["headers"]}:
            await inner(scope, receive, send)
            return
        taken = 0
        began = False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_body:
                raise _BodyTooLongError
            return message

        async def watched(message: Message) -> None:
            nonlocal began
            began = True
            await send(message)

        try:
            await inner(scope, counted, watched)
        except _BodyTooLongError:
            if not began:
                await _page(413, *_TOO_LARGE)(scope, receive, send)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


class _BodyTooLongError(Exception):
    """A body without a length went on too long."""


def _too_long(length: bytes, limit: int) -> bool:
    return not length.isdigit() or len(length) > _LENGTH_DIGITS or int(length) > limit


def _unauthorised() -> Response:
    response = _page(401, "Идентификация пользователя не выполнена", "Unauthorized")
    response.headers["WWW-Authenticate"] = 'Basic realm="1C:Enterprise 8.3", charset="UTF-8"'
    return response


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _page(404, "Публикация или ресурс не найдены", "Not Found")


async def _too_large(_request: Request, _error: Exception) -> Response:
    return _page(413, *_TOO_LARGE)


async def _not_allowed(_request: Request, error: Exception) -> Response:
    response = _page(405, "Метод не поддерживается", "Method Not Allowed")
    response.headers.update(getattr(error, "headers", None) or {})  # which methods are: RFC 9110 wants it
    return response


def _page(status: int, russian: str, english: str) -> Response:
    return HTMLResponse(_ERROR_PAGE.format(status=status, russian=russian, english=english), status)


_STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem;color:#222}"
_START_PAGE = (
    '<!DOCTYPE html><html lang="ru"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Эмулятор 1С</title><style>" + _STYLE.replace("{", "{{").replace("}", "}}") + "</style>"
    "<h1>Это эмулятор, а не 1С:Предприятие</h1>"
    "<p>Учебный стенд onec-readiness {version}. Он отвечает по протоколам 1С, но платформы 1С здесь нет; данные вымышленные или записанные.</p>"
    "<p>OData: <code>/{publication}/odata/standard.odata/</code></p>"
    '<p lang="en">This is an emulator of 1C:Enterprise protocols, not the 1C platform.</p></html>'
)
_ERROR_PAGE = (
    '<!DOCTYPE html><html lang="ru"><meta charset="utf-8"><title>{status}</title>'
    "<h1>1C:Enterprise 8 application error: HTTP: {english}</h1><p>by reason: {russian} ({status})</p>"
    "<p>Эмулятор 1С onec-readiness. Emulator of 1C:Enterprise.</p></html>"
)
