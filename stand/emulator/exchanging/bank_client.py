"""The base as the client of a bank's DirectBank server: logon, settings, packets out, packets in (facts/exchanges.md 4.2).

An order counts as sent only when the bank has said so itself (`StatusPacketNotice` with status 01): a packet that left is not yet a packet
that arrived. A packet keeps its id, so that a repetition is told by the bank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid4, uuid5

from stand.emulator.database.store import write_setting
from stand.emulator.exchanging import bank, bank_packets, bank_statement
from stand.emulator.exchanging.common import Context, ExchangeError, Outcome, children, local_name, succeeded, text_of
from stand.emulator.exchanging.opening import open_context
from stand.emulator.exchanging.outward import read_setting, wire_of

if TYPE_CHECKING:
    from lxml.etree import _Element

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.exchanging.running import RunResult
    from stand.emulator.exchanging.wire import Wire

__all__ = ["probe_bank", "run_bank"]

_PACKET = "bank.packet"
_ACCEPTED, _EXECUTED, _REFUSED = "01", "02", "03"


class _Dialogue:
    """One session with a bank."""

    def __init__(self, wire: Wire, context: Context) -> None:
        self.wire = wire
        self._table = context.table
        self._headers = {
            "CustomerID": str(uuid5(NAMESPACE_URL, f"1c:customer:{context.node}")),
            "Content-Type": "application/xml; charset=utf-8",
        }
        if context.table["api_version"]:
            self._headers |= {"APIVersion": context.table["api_version"], "AvailableAPIVersion": "2.3.2,2.2.2"}

    @property
    def customer(self) -> str:
        """Id of the customer in the bank."""
        return self._headers["CustomerID"]

    def call(
        self, method: str, path: str, content: bytes | None = None, params: dict[str, str] | None = None
    ) -> _Element:
        """One request; the bank's `Success`."""
        label = path.strip("/")
        response = self.wire.call(method, path, params=params, content=content, headers=self._headers, said=label)
        self.wire.good(response, f"Банк, {label}")
        return bank_packets.result_of(response.content, label)

    def logon(self) -> None:
        """Basic authentication gives the id of the session."""
        success = self.call("POST", "/Logon", b"")
        sid = next((text_of(item, "SID") for item in children(success, "LogonResponse")), "")
        if not sid:
            raise ExchangeError("bank", "Банк не выдал идентификатор сеанса (SID)")
        self._headers["SID"] = sid
        self.wire.forget_login()
        if self._table.get("asks_settings", True):
            self.call("GET", "/GetSettings")


def run_bank(infobase: Infobase, plan: str, node: str, user: str, result: RunResult) -> None:
    """Payment orders out, notices and statements in.

    Raises:
        ExchangeError: the bank refuses, or says something else than the standard.
    """
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        wire = wire_of(context, "")
        dialogue = _Dialogue(wire, context)
        packets = _packets(context, dialogue.customer)
    result.steps = wire.steps
    dialogue.logon()
    for _ident, content in packets.values():
        dialogue.call("POST", "/SendPack", content)
        if context.table.get("trusts_sending"):
            result.sent += 1
    received = [
        document
        for ident in _waiting(dialogue)
        for document in bank_packets.documents_of(dialogue.call("GET", "/GetPack", params={"id": ident}))
    ]
    with infobase.transaction(user) as session:
        done = open_context(infobase, session, plan, node)
        for ref, (ident, _content) in packets.items():
            write_setting(session.connection, f"{_PACKET}/{ref}", ident)
        for kind, root in received:
            _take(done, kind, root, result)
        succeeded(session, plan, node)


def probe_bank(infobase: Infobase, plan: str, node: str, user: str, result: RunResult) -> None:
    """The test of the settings window: a probe (document kind 05) goes out, the bank's notice comes in; nothing else leaves.

    Raises:
        ExchangeError: the bank refuses the probe, or says nothing of it.
    """
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        wire = wire_of(context, "")
        dialogue = _Dialogue(wire, context)
        ident = str(uuid4())
        sides = (dialogue.customer, str(bank.own_account(context)["БИК"]))
        kind = str(context.table.get("probe_kind", bank_packets.PROBE))
        content = bank_packets.packet(context, ident, bank_packets.probe(context, ident, sides), sides, kind)
    result.steps = wire.steps
    dialogue.logon()
    sent = dialogue.call("POST", "/SendPack", content)
    given = next((text_of(item, "ID") for item in children(sent, "SendPacketResponse")), "")
    notices = [
        root
        for waiting in _waiting(dialogue)
        for _kind, root in bank_packets.documents_of(dialogue.call("GET", "/GetPack", params={"id": waiting}))
        if local_name(root) == "StatusPacketNotice" and _status(root) == _ACCEPTED
    ]
    heard = any(text_of(item, "IDResultSuccessResponse") == given for item in notices)
    if not heard and not context.table.get("trusts_probe"):
        raise ExchangeError("bank", "Банк не ответил на запрос-зонд: извещения о его приёме нет")
    result.sent = 1


def _packets(context: Context, customer: str) -> dict[str, tuple[str, bytes]]:
    """Orders that were not sent yet: id of the packet and its content, by order."""
    found = {}
    for row in bank.orders_waiting(context):
        ref = row["Ref"].id
        if read_setting(context.session, f"{_PACKET}/{ref}") and not context.table.get("sends_again"):
            continue
        cells = bank.order_cells(context, row)
        ident = bank_packets.document_id(context, ref)
        content = bank_packets.payment(context, ident, cells, customer)
        wrapped = bank_packets.packet(context, ident, content, (customer, cells["ПлательщикБИК"]))
        found[ref] = (ident, wrapped)
    return found


def _waiting(dialogue: _Dialogue) -> list[str]:
    success = dialogue.call("GET", "/GetPackList", params={"date": "2026-01-01T00:00:00"})
    return [
        (item.text or "").strip()
        for box in children(success, "GetPacketListResponse")
        for item in children(box, "PacketID")
    ]


def _take(context: Context, kind: str, root: _Element, result: RunResult) -> None:
    name = local_name(root)
    if kind == bank_packets.STATEMENT and name == "Statement":
        loaded = bank_statement.load_statement(context, bank_packets.statement_of(root))
        _merge(result.received, loaded)
        return
    status = _status(root)
    if name == "StatusPacketNotice" and status == _ACCEPTED and not context.table.get("trusts_sending"):
        result.sent += 1
    elif status == _REFUSED and not context.table.get("hides_refusals"):
        why = next(
            (
                text_of(item, "Status", "MoreInfo") or text_of(item, "Status", "Name")
                for item in children(root, "Result")
            ),
            "",
        )
        result.received.warnings.append(f"Банк отклонил поручение: {why}")


def _status(root: _Element) -> str:
    return next((text_of(item, "Status", "Code") for item in children(root, "Result")), "")


def _merge(target: Outcome, other: Outcome) -> None:
    target.created += other.created
    target.updated += other.updated
    target.skipped += other.skipped
    target.objects += other.objects
    target.warnings += other.warnings
