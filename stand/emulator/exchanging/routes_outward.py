"""Routes of the readiness service for exchanges the base runs itself: outward addresses, one run, one test of the connection, what waits to be sent by kind."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import ExchangeError
from stand.emulator.exchanging.mapping import PUBLIC
from stand.emulator.exchanging.outward import outward, point
from stand.emulator.exchanging.running import probe_exchange, run_exchange
from stand.emulator.service import answers
from stand.emulator.service.refusals import REFUSALS, ServiceError, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase

__all__ = ["outward_routes"]

_ROOT = "/hs/readiness/v1"


def outward_routes(infobase: Infobase) -> list[Route]:
    """Routes below a publication; all of them for administrators."""
    service = _Service(infobase)
    table: list[tuple[str, str, Callable[[Request, bytes, User], object]]] = [
        ("GET", "/outward", service.outward),
        ("PUT", "/outward/{plan}", service.point),
        ("PUT", "/outward/{plan}/{node}", service.point),
        ("POST", "/exchanges/{plan}/{node}/run", service.run),
        ("POST", "/exchanges/{plan}/{node}/test", service.test),
        ("GET", "/exchanges/{plan}/{node}/registered", service.registered),
        ("GET", "/exchanges/{plan}/{node}/identifiers", service.identifiers),
    ]
    return [Route(_ROOT + path, _endpoint(handler), methods=[method]) for method, path, handler in table]


def _endpoint(handler: Callable[[Request, bytes, User], object]) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_guarded, handler, request, body)

    return endpoint


def _guarded(handler: Callable[[Request, bytes, User], object], request: Request, body: bytes) -> Response:
    user: User = request.state.user
    try:
        if not user.full_rights:
            raise ServiceError(403, "access", "Недостаточно прав: нужна роль администратора")
        return answers.json(handler(request, body, user))
    except REFUSALS as error:
        return answers.error(refusal_of(error))


class _Service:
    """Handlers: request, body and user in, a JSON value out."""

    def __init__(self, infobase: Infobase) -> None:
        self._infobase = infobase

    def outward(self, _request: Request, _body: bytes, _user: User) -> object:
        with self._infobase.reading() as session:
            return outward(session)

    def point(self, request: Request, body: bytes, _user: User) -> object:
        try:
            values = msgspec.json.decode(body, type=dict[str, str])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ExchangeError("parameter", "Нужны строки address, login и password") from error
        point(self._infobase, request.path_params["plan"], request.path_params.get("node", ""), values)
        return self.outward(request, body, _user)

    def run(self, request: Request, _body: bytes, user: User) -> object:
        return run_exchange(self._infobase, request.path_params["plan"], request.path_params["node"], user.name)

    def test(self, request: Request, _body: bytes, user: User) -> object:
        return probe_exchange(self._infobase, request.path_params["plan"], request.path_params["node"], user.name)

    def registered(self, request: Request, _body: bytes, _user: User) -> object:
        with self._infobase.reading() as session:
            waiting = registration.waiting(session, request.path_params["plan"], request.path_params["node"])
        return dict(sorted(Counter(item.object for item in waiting).items()))

    def identifiers(self, request: Request, _body: bytes, _user: User) -> object:
        """Public identifiers the base keeps for a node, by kind of object."""
        with self._infobase.reading() as session:
            plan = f"ExchangePlan_{request.path_params['plan']}"
            nodes = (
                session.find(plan, Code=request.path_params["node"]) if plan in session.configuration.objects else []
            )
            if not nodes:
                raise ExchangeError("node", f"Не найден узел обмена «{request.path_params['node']}»")
            rows = session.find(PUBLIC, УзелИнформационнойБазы=nodes[0]["Ref"])
        return dict(sorted(Counter(row["Ссылка"].object for row in rows if row["Ссылка"] is not None).items()))
