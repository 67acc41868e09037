"""Writes DirectBank packets, documents and answers of a bank (facts/exchanges.md 4.2)."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import TYPE_CHECKING, cast

from lxml import etree

from harness.exchange.directbank import BOM, KINDS, NAMESPACE, VERSION, Document, Party, element

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal

    from lxml.etree import _Element

    from harness.exchange.directbank import Packet, Payment

_AGENT = "readiness"


def new_root(tag: str, /, **attributes: str) -> _Element:
    """A root element with the standard's namespace as the default one."""
    return etree.Element(f"{{{NAMESPACE}}}{tag}", attributes, nsmap=cast("dict[str, str]", {None: NAMESPACE}))


def to_bytes(root: _Element) -> bytes:
    """A document as the standard wants it: UTF-8 with a declaration."""
    buffer = io.BytesIO()
    root.getroottree().write(buffer, encoding="UTF-8", xml_declaration=True)
    return buffer.getvalue()


def write_packet(packet: Packet) -> bytes:
    """A packet, with the byte order mark 1C puts before it."""
    root = new_root("Packet")
    fill_packet(root, packet)
    return BOM + to_bytes(root)


def fill_packet(root: _Element, packet: Packet) -> None:
    """Fills an element of the packet type: the root of a file, or `GetPacketResponse` of an answer."""
    root.set("id", packet.id)
    root.set("formatVersion", packet.version or VERSION)
    root.set("creationDate", packet.created)
    if packet.agent:
        root.set("userAgent", packet.agent)
    for name, party in (("Sender", packet.sender), ("Recipient", packet.recipient)):
        _side(element(root, name), party)
    for item in packet.documents:
        _document(root, item)
    if packet.footprint:
        holder = element(root, "SenderFootprint")
        for name, address in packet.footprint:
            element(holder, name, address)


def _side(holder: _Element, party: Party) -> None:
    if party.bic:
        element(holder, "Bank", **_given(bic=party.bic, name=party.name))
    else:
        element(holder, "Customer", **_given(id=party.id, name=party.name, inn=party.inn, kpp=party.kpp))


def _given(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


def _document(root: _Element, item: Document) -> None:
    made = element(root, "Document", id=item.id, dockind=item.kind, formatVersion=item.version or VERSION)
    for name, flag in (
        ("testOnly", item.test),
        ("compressed", item.compressed),
        ("encrypted", item.encrypted),
        ("notifyRequired", item.notify),
    ):
        if flag:
            made.set(name, "true")
    if item.original:
        made.set("extID", item.original)
    data = zipped(item.data) if item.compressed and not item.encrypted else item.data
    body = element(made, "Data", base64.b64encode(data).decode("ascii"))
    if item.name:
        body.set("fileName", item.name)


def zipped(data: bytes, name: str = "document.xml") -> bytes:
    """An archive with one file, the same bytes for the same data."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def document(kind: str, key: str, created: str, sender: Party, recipient: Party, *, original: str = "") -> _Element:
    """The head of a document of a kind: the caller adds its own parts and gives it to `to_bytes`.

    Status notices hold their sides in `Bank` and `Customer`, all other documents in attributes of the side itself.
    """
    root = new_root(KINDS[kind], id=key, formatVersion=VERSION, creationDate=created, userAgent=_AGENT)
    for name, party in (("Sender", sender), ("Recipient", recipient)):
        if kind in ("01", "02"):
            _side(element(root, name), party)
        elif party.bic:
            element(root, name, **_given(bic=party.bic, name=party.name))
        else:
            element(root, name, **_given(id=party.id, name=party.name, inn=party.inn, kpp=party.kpp))
    if original and kind in ("02", "03"):
        element(root, "ExtID", original)
    return root


def status_notice(
    key: str, created: str, bank: Party, customer: Party, *, of: str, code: str, name: str = "", info: str = ""
) -> bytes:
    """Notice of a document's status (kind 02): `of` is the id of the document, `code` "01" accepted … "06"."""
    root = document("02", key, created, bank, customer, original=of)
    status = element(element(root, "Result"), "Status")
    element(status, "Code", code)
    for tag, value in (("Name", name), ("MoreInfo", info)):
        if value:
            element(status, tag, value)
    return to_bytes(root)


def packet_notice(key: str, created: str, bank: Party, customer: Party, *, answer: str, of: str = "") -> bytes:
    """Notice that a packet was accepted (kind 01): `answer` is the id the bank gave it, `of` its own."""
    root = document("01", key, created, bank, customer)
    element(root, "IDResultSuccessResponse", answer)
    element(element(element(root, "Result"), "Status"), "Code", "01")
    if of:
        element(root, "ExtIDPacket", of)
    return to_bytes(root)


def settings(
    key: str, created: str, bank: Party, customer: Party, *, address: str, user: str, kinds: Sequence[str]
) -> bytes:
    """Settings of the exchange (kind 06) with authentication by user and password."""
    root = document("06", key, created, bank, customer)
    data = element(root, "Data")
    for name, value in (
        ("CustomerID", customer.id),
        ("BankServerAddress", address),
        ("FormatVersion", VERSION),
        ("Encoding", "UTF-8"),
    ):
        element(data, name, value)
    element(element(element(data, "Logon"), "Login"), "User", user)
    for kind in kinds:
        element(data, "Document", docKind=kind)
    return to_bytes(root)


def payment_order(
    key: str, created: str, customer: Party, bank: Party, *, payment: Payment, banks: Mapping[str, Mapping[str, str]]
) -> bytes:
    """A payment order (kind 10).

    Args:
        key: id of the document.
        created: moment, YYYY-MM-DDThh:mm:ss.
        customer: who pays.
        bank: the bank of the payer.
        payment: what is paid.
        banks: details of the sides by "Payer" and "Payee": Name, KPP, BIC, BankName, CorrespAcc.
    """
    root = document("10", key, created, customer, bank)
    data = element(root, "Data")
    fill_payment(data, payment, banks)
    return to_bytes(root)


def fill_payment(data: _Element, payment: Payment, banks: Mapping[str, Mapping[str, str]]) -> None:
    """Parts of a payment in the standard's order."""
    element(data, "DocNo", payment.number)
    element(data, "DocDate", payment.date)
    element(data, "Sum", str(payment.amount))
    for side, account, inn in (
        ("Payer", payment.payer_account, payment.payer_inn),
        ("Payee", payment.payee_account, payment.payee_inn),
    ):
        told = banks.get(side, {})
        holder = element(data, side)
        for name, value in (("Name", told.get("Name", "")), ("INN", inn), ("KPP", told.get("KPP", ""))):
            if value:
                element(holder, name, value)
        element(holder, "Account", account)
        inner = element(holder, "Bank")
        for name, value in (
            ("BIC", told.get("BIC", "")),
            ("Name", told.get("BankName", "")),
            ("CorrespAcc", told.get("CorrespAcc", "")),
        ):
            if value:
                element(inner, name, value)
    element(data, "TransitionKind", "01")
    element(data, "Priority", "5")
    element(data, "Purpose", payment.purpose)


def statement(
    key: str,
    created: str,
    bank: Party,
    customer: Party,
    *,
    account: str,
    period: tuple[str, str],
    opening: Decimal,
    payments: Sequence[Payment],
    banks: Mapping[str, Mapping[str, str]],
) -> bytes:
    """A final statement (kind 15); the closing balance follows from the payments. Moments are YYYY-MM-DDThh:mm:ss."""
    root = document("15", key, created, bank, customer)
    data = element(root, "Data")
    element(data, "StatementType", "0")
    element(data, "DateFrom", period[0])
    element(data, "DateTo", period[1])
    element(data, "Account", account)
    holder = element(data, "Bank")
    element(holder, "BIC", bank.bic)
    element(holder, "Name", bank.name)
    closing = opening
    for item in payments:
        closing += -(item.amount or 0) if item.debit else item.amount or 0
    element(data, "OpeningBalance", str(opening))
    element(data, "ClosingBalance", str(closing))
    for item in payments:
        operation = element(data, "OperationInfo")
        fill_payment(element(element(operation, "PayDoc", id=item.id, docKind="10"), "PayDocRu"), item, banks)
        element(operation, "DC", "1" if item.debit else "2")
        element(operation, "Date", item.date)
    return to_bytes(root)
