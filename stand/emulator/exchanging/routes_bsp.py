"""HTTP service of БСП for exchange of two bases, `/hs/exchange_dsl_1_0_0_1`: routes of its metadata object (facts/exchanges.md 1.7).

Parameters are taken from the query. JSON goes out as text/html, as the real service has it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from stand.emulator.auth import may
from stand.emulator.exchanging import gateway
from stand.emulator.exchanging.common import ExchangeError, node_row
from stand.emulator.exchanging.opening import open_context
from stand.emulator.exchanging.parameters import base_parameters
from stand.emulator.service.refusals import REFUSALS, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from stand.emulator.database.infobase import Infobase

__all__ = ["ROOT", "bsp_routes"]

ROOT = "/hs/exchange_dsl_1_0_0_1"
VERSIONS = ("1.0.0.1",)
_FILES = 64
_BLOCK = 64 * 1024
_UPDATING = "Синхронизация данных временно недоступна в связи с обновлением приложения."


class _Files:
    """Files on their way, a bounded number of them; the oldest gives way."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._parts: dict[str, dict[int, bytes]] = {}

    def put(self, ident: str, number: int, content: bytes) -> None:
        with self._lock:
            self._parts.setdefault(ident, {})[number] = content
            while len(self._parts) > _FILES:
                del self._parts[next(iter(self._parts))]

    def get(self, ident: str) -> dict[int, bytes]:
        with self._lock:
            if ident not in self._parts:
                raise ExchangeError("file", f"Файл {ident} не найден")
            return dict(self._parts[ident])

    def drop(self, ident: str) -> None:
        with self._lock:
            self._parts.pop(ident, None)


class BspService:
    """Handlers: query parameters, body and user in, JSON or bytes out."""

    def __init__(self, infobase: Infobase) -> None:
        self.infobase = infobase
        self._files = _Files()

    def parameters(self, query: Mapping[str, str], _body: bytes, _user: str) -> object:
        plan, node = _node(query)
        with self.infobase.reading() as session:
            return base_parameters(open_context(self.infobase, session, plan, node))

    def put_part(self, query: Mapping[str, str], body: bytes, _user: str) -> object:
        ident = query.get("TransferId") or str(uuid4())
        self._files.put(ident, _number(query, "PartNumber"), body)
        return {"TransferId": ident}

    def save(self, query: Mapping[str, str], _body: bytes, _user: str) -> object:
        ident, quantity = query.get("TransferId", ""), _number(query, "PartQuantity")
        parts = self._files.get(ident)
        if sorted(parts) != list(range(1, quantity + 1)):
            raise ExchangeError("file", f"Файл передан не полностью: частей {len(parts)} из {quantity}")
        self._files.drop(ident)
        saved = str(uuid4())
        self._files.put(saved, 1, b"".join(parts[number] for number in sorted(parts)))
        return {"FileId": saved}

    def download(self, query: Mapping[str, str], _body: bytes, user: str) -> object:
        """Loads a file that was put here: the name is from the side of the one who calls."""
        plan, node = _node(query)
        content = b"".join(self._files.get(query.get("FileID", "")).values())
        outcome = gateway.import_message(self.infobase, plan, node, content, user=user)
        self._files.drop(query.get("FileID", ""))
        return {
            "ContinuousOperation": False,
            "Created": outcome.created,
            "Updated": outcome.updated,
            "AlreadyReceived": outcome.already_received,
        }

    def upload(self, query: Mapping[str, str], _body: bytes, user: str) -> object:
        plan, node = _node(query)
        content, _media = gateway.export_message(self.infobase, plan, node, user)
        ident = str(uuid4())
        self._files.put(ident, 1, content)
        return {"FileID": ident, "ContinuousOperation": False}

    def prepare(self, query: Mapping[str, str], _body: bytes, _user: str) -> object:
        content = b"".join(self._files.get(query.get("FileId", "")).values())
        block = int(query.get("BlockSize", "0") or 0) * 1024 or _BLOCK
        ident = str(uuid4())
        parts = [content[start : start + block] for start in range(0, len(content), block)]
        for number, part in enumerate(parts, 1):
            self._files.put(ident, number, part)
        return {"TransferId": ident, "PartQuantity": len(parts)}

    def get_part(self, query: Mapping[str, str], _body: bytes, _user: str) -> object:
        parts, number = self._files.get(query.get("TransferId", "")), _number(query, "PartNumber")
        if number not in parts:
            raise ExchangeError("file", f"Части {number} нет")
        return parts[number]

    def release(self, query: Mapping[str, str], _body: bytes, _user: str) -> object:
        self._files.drop(query.get("TransferId", ""))
        return {}

    def status(self, _query: Mapping[str, str], _body: bytes, _user: str) -> object:
        """Nothing goes on in the background here: what was started has ended."""
        return {"Status": "Completed", "ResultMessage": ""}

    def matching(self, query: Mapping[str, str], body: bytes, user: str) -> object:
        """A message for matching: what would come of loading it; nothing is written."""
        plan, node = _node(query)
        content = b"".join(self._files.get(query.get("FileId", "")).values()) or body
        outcome = gateway.import_message(self.infobase, plan, node, content, dry_run=True, user=user)
        return {"Created": outcome.created, "Updated": outcome.updated, "Skipped": outcome.skipped}

    def create_node(self, query: Mapping[str, str], body: bytes, user: str) -> object:
        """A node for a correspondent that introduces itself; one that is there already stays as it is."""
        plan, node = _node(query)
        with self.infobase.transaction(user) as session:
            open_context(self.infobase, session, plan, node)
            if not session.find(f"ExchangePlan_{plan}", Code=node):
                title = body.decode("utf-8", errors="replace").strip()[:100] or node
                row = {"Code": node, "Description": title, "SentNo": 0, "ReceivedNo": 0}
                session.put(f"ExchangePlan_{plan}", row, load=True)
        return {"NodeCode": node}

    def remove_node(self, query: Mapping[str, str], _body: bytes, user: str) -> object:
        """The node is marked for deletion: its numbers are kept for whoever must look into it."""
        plan, node = _node(query)
        with self.infobase.transaction(user) as session:
            row = node_row(open_context(self.infobase, session, plan, node))
            session.put(f"ExchangePlan_{plan}", {"Ref": row["Ref"], "DeletionMark": True}, load=True)
        return {"NodeCode": node}


def _node(query: Mapping[str, str]) -> tuple[str, str]:
    return query.get("ExchangePlanName", ""), query.get("NodeCode") or query.get("NodeId", "")


def _number(query: Mapping[str, str], name: str) -> int:
    text = query.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise ExchangeError("parameter", f"{name}: «{text}» не число")
    return int(text)


def bsp_routes(infobase: Infobase) -> list[Route]:
    """Routes below a publication."""
    service = BspService(infobase)
    table: list[tuple[str, str, Callable[[Mapping[str, str], bytes, str], object]]] = [
        ("GET", "GetIBParameters", service.parameters),
        ("POST", "PutMessageForDataMatching", service.matching),
        ("POST", "PutFilePart", service.put_part),
        ("POST", "SaveFileFromParts", service.save),
        ("POST", "DownloadData", service.download),
        ("POST", "UploadData", service.upload),
        ("POST", "PrepareGetFile", service.prepare),
        ("GET", "GetFilePart", service.get_part),
        ("GET", "GetContinuousOperationStatus", service.status),
        ("DELETE", "ReleaseFile", service.release),
        ("POST", "CreateExchangeNode", service.create_node),
        ("DELETE", "RemoveExchangeNode", service.remove_node),
    ]
    found = [Route(f"{ROOT}/version", _versions, methods=["GET"])]
    found += [
        Route(f"{ROOT}/{{version}}/{name}", _endpoint(infobase, handler), methods=[method])
        for method, name, handler in table
    ]
    return found


async def _versions(_request: Request) -> Response:
    return _json({"versions": list(VERSIONS)})


def _endpoint(
    infobase: Infobase, handler: Callable[[Mapping[str, str], bytes, str], object]
) -> Callable[[Request], object]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, infobase, handler, request, body)

    return endpoint


def _answer(
    infobase: Infobase, handler: Callable[[Mapping[str, str], bytes, str], object], request: Request, body: bytes
) -> Response:
    query = dict(request.query_params)
    plan = f"ExchangePlan_{query.get('ExchangePlanName', '')}"
    if request.path_params["version"] not in VERSIONS:
        return _error(404, "version", f"Версия {request.path_params['version']} интерфейса не поддерживается")
    if infobase.configuration.behaviour.get("updating"):
        return _error(503, "updating", _UPDATING)
    right = "update" if "ExchangeNode" in request.url.path else "read"
    if not may(infobase, request.state.user, plan, right):
        return _error(403, "access", "Недостаточно прав для обмена данными")
    try:
        found = handler(query, body, request.state.user.name)
    except REFUSALS as error:
        told = refusal_of(error)
        return _error(told.status, told.code, told.text)
    return Response(found, media_type="application/octet-stream") if isinstance(found, bytes) else _json(found)


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="text/html; charset=utf-8")


def _error(status: int, code: str, message: str) -> Response:
    return _json({"error": {"code": code, "message": message}}, status)
