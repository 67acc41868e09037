"""`/hs/emulator/composition`: an HTTP service of the emulator itself, for its administrator.

`GET` tells the composition of the OData interface, `PUT` sets it to a JSON list of names, `DELETE` gives it back to the configuration. In 1C an
external processing does this (facts/odata.md 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.errors import UsageError
from harness.onec.values import decode_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from stand.emulator.odata.service import ODataService

ROOT = "/hs/emulator/composition"


def composition_route(service: ODataService) -> Route:
    """The route below a publication; the user is in `request.state.user`."""

    async def composition(request: Request) -> Response:
        if not request.state.user.full_rights:
            return _refused(403, "Недостаточно прав: нужна роль администратора")
        if request.method == "GET":
            return JSONResponse(list(service.publication().shapes))
        try:
            names = decode_json(await request.body()) if request.method == "PUT" else None
            if names is not None and not (isinstance(names, list) and all(isinstance(item, str) for item in names)):
                return _refused(400, "ожидался список имён объектов")
            await run_in_threadpool(service.compose, names)
        except (UsageError, ValueError) as error:
            return _refused(400, str(error))
        return JSONResponse(list(service.publication().shapes))

    return Route(ROOT, composition, methods=["GET", "PUT", "DELETE"])


def _refused(status: int, text: str) -> Response:
    return JSONResponse({"error": {"code": "composition", "message": text}}, status)
