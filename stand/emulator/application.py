"""The emulator as an ASGI application: OData and routes beside it, and what every request passes: limits, authentication, the header.

Every answer carries `X-OneC-Emulator`, and every page says what this is.
"""

from __future__ import annotations

from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route

from stand.emulator.auth import Authenticator
from stand.emulator.odata.answers import accepted_form, error_answer
from stand.emulator.odata.errors import ODataError, bad_url
from stand.emulator.odata.service import ODataService
from stand.emulator.odata.urls import Request as ODataRequest
from stand.emulator.odata.urls import decoded, parse_path, parse_query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase

MAX_URL = 8190
"""Bytes of path and query together: Apache's LimitRequestLine (facts/odata.md 11)."""
MAX_BODY = 64 * 1024 * 1024
"""Bytes of a body."""
_LENGTH_DIGITS = 18
_TOO_LARGE = ("Слишком большой запрос", "Request Entity Too Large")
_ODATA = "odata/standard.odata"


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
    max_body: int = MAX_BODY,
    max_url: int = MAX_URL,
) -> ASGIApp:
    """The whole as an ASGI application, with everything around it: header, limits, authentication."""
    service = ODataService(infobase)

    async def odata(request: Request) -> Response:
        try:
            parsed = _odata_request(request, publication, await request.body())
        except ODataError as error:
            answer = error_answer(error, accepted_form(request.headers.get("accept", "")))
        else:
            answer = await run_in_threadpool(service.handle, parsed, request.state.user)
        response = Response(answer.body, answer.status, media_type=answer.content_type)
        response.raw_headers.extend(((b"DataServiceVersion", b"3.0;"), *answer.headers))
        return response

    async def start_page(_request: Request) -> Response:
        return HTMLResponse(_START_PAGE.format(version=emulator_version(), publication=escape(publication)))

    methods = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "MERGE"]
    published = [
        Route(f"/{_ODATA}", odata, methods=methods),
        Route(f"/{_ODATA}/{{rest:path}}", odata, methods=methods),
        *extra_routes,
        Route("/", start_page),
    ]
    routes: list[BaseRoute] = [
        Route("/", start_page),
        Route(f"/{publication}", start_page),
        Mount(f"/{publication}", routes=published),
    ]
    inner = Starlette(
        routes=routes, exception_handlers={404: _not_found, 405: _not_allowed, _BodyTooLongError: _too_large}
    )
    return _Around(inner, Authenticator(infobase), publication, max_body=max_body, max_url=max_url)


def _odata_request(request: Request, publication: str, body: bytes) -> ODataRequest:
    scope = request.scope
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    path = decoded(raw_path)
    head, found, rest = path.partition(f"/{_ODATA}")
    if not found or head != f"/{publication}" or rest[:1] not in ("", "/"):
        raise bad_url(path)
    options, parameters = parse_query(scope["query_string"])
    host = request.headers.get("host") or f"{request.url.hostname}:{request.url.port}"
    return ODataRequest(
        method=request.method,
        root=f"{request.url.scheme}://{host}/{quote(publication)}/{_ODATA}",
        segments=parse_path(rest),
        options=options,
        parameters=parameters,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=body,
    )


class _Around:
    """What every request passes: limits first, then who it is, then the application; every answer gets the emulator's header."""

    def __init__(
        self, inner: ASGIApp, authenticator: Authenticator, publication: str, *, max_body: int, max_url: int
    ) -> None:
        self.inner = inner
        self.authenticator = authenticator
        self.protected = (f"/{publication}/odata", f"/{publication}/hs")
        self.max_body = max_body
        self.max_url = max_url
        self.header = (b"X-OneC-Emulator", f"onec-readiness/{emulator_version()}".encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), self.header]}
            await send(message)

        headers = dict(scope["headers"])
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > self.max_url:
            await _page(414, "Слишком длинный адрес", "Request-URI Too Long")(scope, receive, marked)
            return
        if _too_long(headers.get(b"content-length", b"0"), self.max_body):
            await _page(413, *_TOO_LARGE)(scope, receive, marked)
            return
        if unquote(scope["path"]).startswith(self.protected):
            user = await self._user(headers)
            if user is None:
                await _unauthorised()(scope, receive, marked)
                return
            scope.setdefault("state", {})["user"] = user
        await self._limited(scope, receive, marked)

    async def _user(self, headers: dict[bytes, bytes]) -> User | None:
        return await run_in_threadpool(self.authenticator.user, headers.get(b"authorization", b"").decode("latin-1"))

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self.max_body:
                raise _BodyTooLongError
            return message

        await self.inner(scope, counted, send)


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


async def _not_allowed(_request: Request, _error: Exception) -> Response:
    return _page(405, "Метод не поддерживается", "Method Not Allowed")


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
    "<h1>{status}: {russian}</h1><p>Эмулятор 1С onec-readiness. Emulator of 1C:Enterprise: {english}.</p></html>"
)
