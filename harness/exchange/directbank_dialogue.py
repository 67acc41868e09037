"""The dialogue of DirectBank as a pure state machine: logon, settings, sending, receiving (facts/exchanges.md 4.2, API of the standard).

`step(bank, request)` gives the next state and the answer; it does no I/O and reads no clock: ids and moments come with the request.
The server around it (harness/exchange/peers) only carries bytes. What the client sees is `harness.exchange.directbank_answers`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.errors import DocumentError
from harness.exchange import directbank as db
from harness.exchange import directbank_write as writing
from harness.exchange.directbank_answers import ERRORS
from harness.exchange.directbank_rules import check_packet
from harness.exchange.directbank_state import Answer, Bank, Outgoing, Request, Session
from harness.exchange.markup import number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lxml.etree import _Element

__all__ = ["LIMIT", "Answer", "Bank", "Outgoing", "Request", "Session", "basic", "enqueue", "step"]
LIMIT = 10 * 2**20
"""Bytes of a packet the bank takes."""


class _RefusedError(Exception):
    """An answer with an error of the standard."""

    def __init__(self, code: str, more: str = "") -> None:
        super().__init__(code)
        self.code, self.more = code, more


def step(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    """One request and its answer."""
    handlers: dict[tuple[str, str], Callable[[Bank, Request], tuple[Bank, Answer]]] = {
        ("POST", "Logon"): _logon,
        ("POST", "LogonOTP"): _logon_otp,
        ("POST", "LogonCert"): _logon_cert,
        ("GET", "GetSettings"): _settings,
        ("POST", "GetSettings"): _settings,
        ("POST", "SendPack"): _send,
        ("GET", "GetPackList"): _list,
        ("GET", "GetPack"): _get,
    }
    handler = handlers.get((request.method.upper(), request.operation))
    if handler is None:
        return bank, _refusal("1010", f"{request.method} {request.operation}"[:120], status=404)
    try:
        _headers(bank, request)
        return handler(bank, request)
    except _RefusedError as refused:
        return bank, _refusal(refused.code, refused.more)


def _headers(bank: Bank, request: Request) -> None:
    """CustomerID and, since 2.1.1, APIVersion are in every request."""
    for name in ("CustomerID", "APIVersion"):
        if not request.header(name):
            raise _RefusedError("1002", name)
    if request.header("CustomerID") != bank.customer.id:
        raise _RefusedError("1003")
    if request.header("APIVersion") not in bank.versions:
        raise _RefusedError("2006", request.header("APIVersion"))


def _logon(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    user, password = basic(request.header("Authorization"))
    known = (bank.user.encode(), bank.password.encode())
    if not (hmac.compare_digest(user.encode(), known[0]) and hmac.compare_digest(password.encode(), known[1])):
        raise _RefusedError("1201")
    session = Session(request.fresh, confirmed=not bank.otp)
    root, success = _success()
    response = db.element(success, "LogonResponse")
    db.element(response, "SID", session.sid)
    if bank.otp:
        db.element(db.element(response, "ExtraAuth"), "OTP", code=session.sid[:10])
    return replace(bank, sessions=(*bank.sessions, session)), Answer(writing.to_bytes(root))


def basic(header: str) -> tuple[str, str]:
    """User and password of a Basic header; empty for anything else."""
    scheme, _space, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return "", ""
    return user, password


def _logon_otp(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    session = _session(bank, request, confirmed=False)
    if not bank.otp or not hmac.compare_digest(request.header("OTP").encode(), bank.otp.encode()):
        raise _RefusedError("1204")
    sessions = tuple(replace(one, confirmed=True) if one.sid == session.sid else one for one in bank.sessions)
    root, success = _success()
    db.element(db.element(success, "LogonResponse"), "SID", session.sid)
    return replace(bank, sessions=sessions), Answer(writing.to_bytes(root))


def _logon_cert(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    """Logon by certificate needs cryptography of the bank's own: this bank says that it does not support the method."""
    del bank, request
    raise _RefusedError("1011")


def _session(bank: Bank, request: Request, *, confirmed: bool = True) -> Session:
    sid = request.header("SID")
    found = next((one for one in bank.sessions if sid and one.sid == sid), None)
    if found is None or (confirmed and not found.confirmed):
        raise _RefusedError("1007" if sid else "1002", "" if sid else "SID")
    return found


def _settings(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    """Settings are asked for with user and password, before there is a session."""
    if request.header("Authorization"):
        user, password = basic(request.header("Authorization"))
        if (user, password) != (bank.user, bank.password):
            raise _RefusedError("1201")
    else:
        _session(bank, request)
    if not bank.settings:
        raise _RefusedError("1012")
    root, success = _success()
    response = db.element(
        success, "GetSettingsResponse", id=request.fresh, formatVersion=db.VERSION, creationDate=request.now
    )
    db.element(response, "Data", base64.b64encode(bank.settings).decode("ascii"), dockind="06")
    return bank, Answer(writing.to_bytes(root))


def _send(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    _session(bank, request)
    if len(request.body) > LIMIT:
        raise _RefusedError("2003", str(LIMIT))
    try:
        packet = db.read_packet(request.body)
    except DocumentError as error:
        raise _RefusedError("2001", error.message) from error
    if bank.traces and not packet.footprint:
        raise _RefusedError("2001", "нет сведений об отправителе (SenderFootprint)")
    _acceptable(bank, packet)
    root, success = _success()
    db.element(db.element(success, "SendPacketResponse"), "ID", request.fresh)
    return replace(bank, received=(*bank.received, packet)), Answer(writing.to_bytes(root))


def _acceptable(bank: Bank, packet: db.Packet) -> None:
    """The bank's checks of a packet, in the order of the standard's codes."""
    if any(one.id.lower() == packet.id.lower() for one in bank.received):
        raise _RefusedError("2002", packet.id)
    if packet.sender.id != bank.customer.id:
        raise _RefusedError("2004", packet.sender.id)
    if packet.recipient.bic != bank.party.bic:
        raise _RefusedError("2005", packet.recipient.bic)
    if packet.version not in bank.versions:
        raise _RefusedError("2006", packet.version)
    taken = bank.documents
    for item in packet.documents:
        if item.kind not in bank.kinds:
            raise _RefusedError("2007", item.kind)
        if item.id in taken:
            raise _RefusedError("2202", item.id)
        _same_details(item, taken)
    wrong = check_packet(packet)
    if wrong:
        raise _RefusedError("2201" if wrong[0].code == "STRUCTURE" else "2205", wrong[0].text)


def _same_details(item: db.Document, taken: Mapping[str, db.Document]) -> None:
    """Another document with the same number, date and payer is a payment paid twice."""
    if item.kind != "10" or item.encrypted:
        return
    try:
        new = db.read_payment(item.data)
    except DocumentError as error:
        raise _RefusedError("2201", error.message) from error
    for other in taken.values():
        if other.kind == "10" and not other.encrypted:
            old = db.read_payment(other.data)
            if (old.number, old.date, old.payer_account) == (new.number, new.date, new.payer_account):
                raise _RefusedError("2203", new.number)


def _list(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    """Packets since a mark of time; without a mark, all. Moments compare as text: their form is fixed."""
    _session(bank, request)
    since = request.query.get("date", "")
    if since and not _moment(since):
        raise _RefusedError("2101", since[:40])
    due = [item for item in bank.outgoing if _plain(item.moment) > _plain(since)] if since else list(bank.outgoing)
    root, success = _success()
    last = max((item.moment for item in due), default=since or request.now)
    response = db.element(success, "GetPacketListResponse", TimeStampLastPacket=last)
    for item in due:
        db.element(response, "PacketID", item.id)
    return bank, Answer(writing.to_bytes(root))


def _moment(text: str) -> bool:
    parts = text.replace("T", "-").replace(":", "-").replace(" ", "-").replace(".", "-").split("-")
    return len(parts) >= 3 and all(part[:6].isdigit() for part in parts[:3]) and number(parts[0]) is not None


def _plain(moment: str) -> str:
    """Digits of a moment: dd.mm.yyyy hh:mm:ss, as 1C sends it in the address, and the form of XML compare alike."""
    date, _sep, time = moment.replace("T", " ").partition(" ")
    if "." in date:
        date = "-".join(reversed(date.split(".")))
    return f"{date} {time}".strip()


def _get(bank: Bank, request: Request) -> tuple[Bank, Answer]:
    _session(bank, request)
    wanted = request.query.get("id", "")
    found = next((item for item in bank.outgoing if item.id == wanted), None)
    if found is None:
        raise _RefusedError("2102", wanted[:60])
    root, success = _success()
    writing.fill_packet(db.element(success, "GetPacketResponse"), found.packet)
    return bank, Answer(writing.to_bytes(root))


def enqueue(bank: Bank, key: str, moment: str, documents: Sequence[db.Document]) -> Bank:
    """Puts a packet for the client into the bank's outgoing queue."""
    packet = db.Packet(key, moment, bank.party, bank.customer, tuple(documents), agent="readiness")
    return replace(bank, outgoing=(*bank.outgoing, Outgoing(key, moment, packet)))


def _success() -> tuple[_Element, _Element]:
    root = writing.new_root("ResultBank", formatVersion=db.VERSION, userAgent="readiness")
    return root, db.element(root, "Success")


def _refusal(code: str, more: str = "", *, status: int = 200) -> Answer:
    root = writing.new_root("ResultBank", formatVersion=db.VERSION, userAgent="readiness")
    error = db.element(root, "Error")
    db.element(error, "Code", code)
    db.element(error, "Description", ERRORS[code])
    if more:
        db.element(error, "MoreInfo", "".join(sign if sign.isprintable() else " " for sign in more)[:500])
    return Answer(writing.to_bytes(root), code, status)
