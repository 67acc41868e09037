"""HTTP service of the extension «ИнтеграцияССайтом», `/hs/site/v1`, and the webhook of the CRM: what companies write themselves.

How it answers (form of dates, empty values, status of an error, kind of content) is data of the configuration: these are the things an update
changes without anybody meaning to (facts/exchanges.md 6).
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from stand.emulator.auth import may
from stand.emulator.database.store import write_setting
from stand.emulator.exchanging.common import ExchangeError, described
from stand.emulator.exchanging.crm_client import take_event
from stand.emulator.exchanging.outward import read_setting
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase

__all__ = ["ROOT", "site_routes"]

ROOT = "/hs/site/v1"
_ORDERS, _PARTNERS = "Document_ЗаказПокупателя", "Catalog_Контрагенты"
_EXTENSION = "ИнтеграцияССайтом"
_KEY = "site.request"


def site_routes(infobase: Infobase) -> list[Route]:
    """Routes below a publication."""
    service = _SiteService(infobase)
    table: list[tuple[str, str, Callable[[Request, bytes, User], Response]]] = [
        ("GET", f"{ROOT}/orders/{{ident}}", service.order),
        ("POST", f"{ROOT}/requests", service.request),
        ("POST", "/hs/crm/v1/events", service.event),
    ]
    return [Route(path, _endpoint(handler), methods=[method]) for method, path, handler in table]


def _endpoint(handler: Callable[[Request, bytes, User], Response]) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(handler, request, body, request.state.user)

    return endpoint


class _SiteService:
    """Handlers."""

    def __init__(self, infobase: Infobase) -> None:
        self.infobase = infobase

    def _described(self) -> Mapping[str, Any]:
        value = self.infobase.configuration.behaviour.get("site_service")
        return value if isinstance(value, dict) else {}

    def _closed(self) -> Response | None:
        """A service of an extension that was not applied is not published."""
        extensions = self.infobase.configuration.behaviour.get("extensions")
        table = extensions.get(_EXTENSION) if isinstance(extensions, dict) else None
        if table is None or not table.get("applied"):
            return Response("Ресурс не найден", 404, media_type="text/plain; charset=utf-8")
        return None

    def _json(self, value: object, status: int = 200) -> Response:
        media = str(self._described().get("media", "application/json; charset=utf-8"))
        return Response(msgspec.json.encode(value), status, media_type=media)

    def _error(self, status: int, code: str, message: str) -> Response:
        shown = int(self._described().get("error_status", status))
        return self._json({"error": {"code": code, "message": message}}, shown)

    def order(self, request: Request, _body: bytes, user: User) -> Response:
        """State of an order by the site's identifier."""
        if (closed := self._closed()) is not None:
            return closed
        if not may(self.infobase, user, _ORDERS, "read"):
            return self._error(403, "access", "Недостаточно прав")
        with self.infobase.reading(user.name) as session:
            found = session.find(_ORDERS, ИдентификаторСайта=request.path_params["ident"])
        if not found:
            return self._error(404, "order", "Заказ не найден")
        row, table = found[0], self._described()
        moment = f"{row['Date']:{table.get('date_format', '%Y-%m-%dT%H:%M:%S')}}{table.get('zone', '+03:00')}"
        cells: dict[str, Any] = {
            "id": row["ИдентификаторСайта"],
            "number": row["Number"],
            "date": moment,
            "amount": self._amount(row["СуммаДокумента"]),
            "lines": len(row["Товары"]),
            "comment": row["Комментарий"] or None,
            "posted": bool(row["Posted"]),
        }
        if table.get("empty_values") == "absent":
            cells = {name: value for name, value in cells.items() if value is not None}
        return self._json(cells)

    def _amount(self, value: Decimal) -> Decimal | str:
        table = self._described()
        shown = value.quantize(Decimal(1).scaleb(-int(table.get("decimals", 2))))
        return str(shown) if table.get("numbers_as_strings") else msgspec.Raw(str(shown).encode())  # type: ignore[return-value] # digits as they are

    def request(self, _request: Request, body: bytes, user: User) -> Response:
        """A call-back request of the site: a counterparty by ИНН, once for a key, however often it is sent."""
        if (closed := self._closed()) is not None:
            return closed
        if not may(self.infobase, user, _PARTNERS, "insert"):
            return self._error(403, "access", "Недостаточно прав")
        try:
            data = msgspec.json.decode(body, type=dict[str, str])
            key, name, inn = data["key"], data["name"], data["inn"]
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError):
            return self._error(400, "format", "Нужны строки key, name и inn")
        with self.infobase.transaction(user.name) as session:
            known = read_setting(session, f"{_KEY}/{key}") if self._described().get("idempotent", True) else ""
            if known:
                return self._json({"id": known, "created": False})
            try:
                reference = session.put(
                    _PARTNERS, {"Description": name[:100], "НаименованиеПолное": name, "ИНН": inn[:12]}
                )
            except BusinessError as error:
                return self._error(400, "business", error.text)
            write_setting(session.connection, f"{_KEY}/{key}", reference.id)
        return self._json({"id": reference.id, "created": True}, 201)

    def event(self, _request: Request, body: bytes, user: User) -> Response:
        """A webhook of the CRM."""
        if (closed := self._closed()) is not None:
            return closed
        if not may(self.infobase, user, _ORDERS, "insert"):
            return self._error(403, "access", "Недостаточно прав")
        plan = next(
            (
                name
                for name, table in described(self.infobase.configuration.behaviour).items()
                if table["kind"] == "crm"
            ),
            "",
        )
        try:
            form = dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=100))
            outcome = take_event(self.infobase, plan, str(form.get("node", "CRM")), form, user.name)
        except (ExchangeError, ValueError) as error:
            return self._error(400, "event", str(error))
        return self._json({"created": outcome.created, "updated": outcome.updated, "skipped": outcome.skipped})
