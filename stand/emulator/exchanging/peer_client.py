"""The base as the client of another base: EnterpriseData through the HTTP service of БСП `exchange_dsl_1_0_0_1` (facts/exchanges.md 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from stand.emulator.exchanging import registration, universal
from stand.emulator.exchanging.common import ExchangeError, own_code
from stand.emulator.exchanging.opening import open_context
from stand.emulator.exchanging.outward import wire_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.exchanging.running import RunResult
    from stand.emulator.exchanging.wire import Wire

__all__ = ["run_universal"]

_SERVICE = "/hs/exchange_dsl_1_0_0_1"
_VERSION = "1.0.0.1"
_PART = 64 * 1024


class _Peer:
    """Calls of the service of the correspondent."""

    def __init__(self, wire: Wire, plan: str, own: str) -> None:
        self.wire = wire
        self._node = {"ExchangePlanName": plan, "NodeCode": own}

    def call(
        self, method: str, name: str, params: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> bytes:
        """One route of the service; the body of its answer."""
        response = self.wire.call(
            method,
            f"{_SERVICE}/{quote(_VERSION)}/{name}",
            params={**self._node, **(params or {})},
            content=content,
            said=name,
        )
        if response.status_code == 400:
            raise ExchangeError("peer", f"Корреспондент отказал ({name}): {_said(response.content)}")
        return self.wire.good(response, f"Корреспондент, {name}").content

    def ask(
        self, method: str, name: str, params: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> dict[str, Any]:
        """The same for a route that answers with JSON."""
        try:
            found = msgspec.json.decode(self.call(method, name, params, content))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ExchangeError("peer", f"Корреспондент ответил не в JSON ({name})") from error
        if not isinstance(found, dict):
            raise ExchangeError("peer", f"Корреспондент ответил непонятно ({name})")
        return found


def _said(content: bytes) -> str:
    try:
        return str(msgspec.json.decode(content)["error"]["message"])
    except (msgspec.DecodeError, UnicodeDecodeError, TypeError, KeyError):
        return content.decode("utf-8", errors="replace")[:300]


def run_universal(infobase: Infobase, plan: str, node: str, user: str, result: RunResult) -> None:
    """Our message to the correspondent, its message to us.

    Raises:
        ExchangeError: the correspondent cannot be reached, does not know us, or refuses.
    """
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        wire = wire_of(context)
        peer = _Peer(wire, plan, own_code(context))
        versions = set(context.table["versions"])
    result.steps = wire.steps
    parameters = peer.ask("GET", "GetIBParameters")
    if not parameters.get("NodeExists"):
        raise ExchangeError("node", "Корреспондент не знает этой базы: узел обмена у него не найден")
    if not versions & set(parameters.get("ExchangeFormatVersions", ())):
        raise ExchangeError("version", "С корреспондентом нет общей версии формата обмена")
    with infobase.transaction(user) as session:
        context = open_context(infobase, session, plan, node)
        result.sent = len(registration.waiting(session, plan, node))
        message = universal.export_message(context, preview=False)
    _deliver(peer, message)
    incoming = _fetch(peer)
    with infobase.transaction(user) as session:
        result.received = universal.import_message(open_context(infobase, session, plan, node), incoming)


def _deliver(peer: _Peer, message: bytes) -> None:
    parts = [message[start : start + _PART] for start in range(0, len(message), _PART)]
    transfer = str(peer.ask("POST", "PutFilePart", {"PartNumber": "1"}, parts[0])["TransferId"])
    for number, part in enumerate(parts[1:], 2):
        peer.ask("POST", "PutFilePart", {"TransferId": transfer, "PartNumber": str(number)}, part)
    saved = peer.ask("POST", "SaveFileFromParts", {"TransferId": transfer, "PartQuantity": str(len(parts))}, b"")
    peer.ask("POST", "DownloadData", {"FileID": str(saved["FileId"])}, b"")


def _fetch(peer: _Peer) -> bytes:
    made = peer.ask("POST", "UploadData", content=b"")
    prepared = peer.ask("POST", "PrepareGetFile", {"FileId": str(made["FileID"])}, b"")
    transfer, quantity = str(prepared["TransferId"]), int(prepared["PartQuantity"])
    content = b"".join(
        peer.call("GET", "GetFilePart", {"TransferId": transfer, "PartNumber": str(number)})
        for number in range(1, quantity + 1)
    )
    peer.ask("DELETE", "ReleaseFile", {"TransferId": transfer})
    return content
