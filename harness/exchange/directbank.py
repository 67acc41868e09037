"""DirectBank 2.3.2, the XML exchange between 1C and banks: packets and documents (facts/exchanges.md 4.2; standard of 1C).

A packet is a container of documents in base64, compressed or not; what is inside are documents of the same namespace. Both are read
into models that keep what a check needs and the document's own bytes; the standard's XSD, when the user has it, is checked by
`harness.exchange.xsd`. The dialogue with a bank's server is in `harness.exchange.directbank_dialogue`.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from harness.exchange.archive import single_file
from harness.exchange.markup import LIMIT, child, children, local, namespace, number, parse, text
from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from decimal import Decimal

    from lxml.etree import _Element

NAMESPACE = "http://directbank.1c.ru/XMLSchema"
VERSION = "2.3.2"
BOM = b"\xef\xbb\xbf"
KINDS = {
    "01": "StatusPacketNotice",
    "02": "StatusDocNotice",
    "03": "StatusRequest",
    "04": "CancelationRequest",
    "05": "Probe",
    "06": "Settings",
    "10": "PayDocRu",
    "11": "PayRequest",
    "14": "StatementRequest",
    "15": "Statement",
    "40": "Letter",
}
"""Code of a document kind and the root element of the document; kinds whose form another standard describes are not here."""
FOREIGN_KINDS = frozenset({"12", "13", *(str(n) for n in range(16, 26)), "30", "35"})
"""Kinds that travel in packets in another format (payroll, pain.001, camt.053) or inside statements only."""
ACCEPTED, EXECUTED, REFUSED, SUSPENDED, ANNULLED, UNCONFIRMED = "01", "02", "03", "04", "05", "06"
"""Codes of a document's status."""


@dataclass(frozen=True, slots=True)
class Party:
    """A side: a customer (id, inn, kpp) or a bank (bic)."""

    id: str = ""
    name: str = ""
    inn: str = ""
    kpp: str = ""
    bic: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A document of a packet.

    Attributes:
        kind: code, "10" is a payment order.
        data: the document itself, decoded and unpacked; encrypted data as it is.
        original: id of the document this one answers.
    """

    id: str
    kind: str
    data: bytes
    version: str = VERSION
    compressed: bool = False
    encrypted: bool = False
    test: bool = False
    notify: bool = False
    original: str = ""
    name: str = ""
    signatures: int = 0


@dataclass(frozen=True, slots=True)
class Packet:
    """A transport container.

    Attributes:
        footprint: where it was sent from, ("IP" | "MAC", address); standard 2.3.2.
    """

    id: str
    created: str
    sender: Party
    recipient: Party
    documents: tuple[Document, ...]
    version: str = VERSION
    agent: str = ""
    footprint: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment of a payment order or of a line of a statement.

    Attributes:
        debit: whether money left the account of the statement; None in an order.
    """

    number: str
    date: str
    amount: Decimal | None
    payer_account: str
    payee_account: str
    payer_inn: str = ""
    payee_inn: str = ""
    purpose: str = ""
    debit: bool | None = None
    id: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of account (kind 15); balances in the currency of the account."""

    account: str
    start: str
    end: str
    opening: Decimal | None
    closing: Decimal | None
    payments: tuple[Payment, ...]
    final: bool = True


def read_packet(data: bytes, place: str = "пакет DirectBank") -> Packet:
    """Reads a packet.

    Raises:
        DocumentError: not XML, not a packet, data that is no base64 or no archive.
    """
    return packet_of(_root(data, place, "Packet"), place)


def read_any(data: bytes, place: str = "DirectBank") -> _Element:
    """Root of a packet, of an answer of a bank or of a document.

    Raises:
        DocumentError: not XML, or none of them.
    """
    return _root(data, place, "Packet", "ResultBank", *KINDS.values())


def packet_of(root: _Element, place: str) -> Packet:
    """A packet from its element: also inside of an answer of the bank."""
    footprint = child(root, "SenderFootprint")
    return Packet(
        id=root.get("id", ""),
        created=root.get("creationDate", ""),
        sender=_party(child(root, "Sender")),
        recipient=_party(child(root, "Recipient")),
        documents=tuple(_document(item, place) for item in children(root, "Document")),
        version=root.get("formatVersion", ""),
        agent=root.get("userAgent", ""),
        footprint=tuple((local(item), text(item)) for item in children(footprint)) if footprint is not None else (),
    )


def _root(data: bytes, place: str, *names: str) -> _Element:
    root = parse(data.removeprefix(BOM), place)
    if local(root) not in names or namespace(root) != NAMESPACE:
        raise FormatError(
            _("корневой элемент «{found}», а не «{wanted}» пространства имён DirectBank"),
            place=place,
            found=f"{{{namespace(root)}}}{local(root)}",
            wanted=", ".join(names),
        )
    return root


def _party(part: _Element | None) -> Party:
    inner = next(children(part, "Customer", "Bank"), None)
    here = part if inner is None else inner
    if here is None:
        return Party()
    return Party(*(here.get(name, "") for name in ("id", "name", "inn", "kpp", "bic")))


def decoded(value: str, place: str) -> bytes:
    """Base64 that must be right.

    Raises:
        DocumentError: it is not.
    """
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormatError(_("данные документа не в base64: {error}"), place=place, error=error) from error


def _document(item: _Element, place: str) -> Document:
    data = decoded(text(item, "Data"), place)
    compressed, encrypted = (item.get(name, "") in ("true", "1") for name in ("compressed", "encrypted"))
    if compressed and not encrypted:
        data = single_file(data, place, LIMIT)
    part = child(item, "Data")
    return Document(
        id=item.get("id", ""),
        kind=item.get("dockind", ""),
        data=data,
        version=item.get("formatVersion", ""),
        compressed=compressed,
        encrypted=encrypted,
        test=item.get("testOnly", "") in ("true", "1"),
        notify=item.get("notifyRequired", "") in ("true", "1"),
        original=item.get("extID", ""),
        name=part.get("fileName", "") if part is not None else "",
        signatures=sum(1 for _signature in children(item, "Signature")),
    )


def read_document(data: bytes, place: str = "документ DirectBank") -> _Element:
    """Reads a document of one of the kinds of the standard and returns its root.

    Raises:
        DocumentError: not XML, or not such a document.
    """
    return _root(data, place, *KINDS.values())


def kind_of(root: _Element) -> str:
    """Code of a document's kind, "" for another document."""
    return next((code for code, name in KINDS.items() if name == local(root)), "")


def read_statement(data: bytes, place: str = "выписка") -> Statement:
    """Reads a statement."""
    body = child(_root(data, place, "Statement"), "Data")
    return Statement(
        account=text(body, "Account"),
        start=text(body, "DateFrom"),
        end=text(body, "DateTo"),
        opening=number(text(body, "OpeningBalance")),
        closing=number(text(body, "ClosingBalance")),
        payments=tuple(_operation(item) for item in children(body, "OperationInfo")),
        final=text(body, "StatementType") in ("", "0"),
    )


def _operation(item: _Element) -> Payment:
    holder = child(item, "PayDoc")
    inner = next(children(holder), None)
    return _payment(inner, debit=text(item, "DC") == "1", key=holder.get("id", "") if holder is not None else "")


def read_payment(data: bytes, place: str = "платёжное поручение") -> Payment:
    """Reads a payment order or a payment request."""
    root = _root(data, place, "PayDocRu", "PayRequest")
    return _payment(child(root, "Data"), debit=None, key=root.get("id", ""))


def _payment(part: _Element | None, *, debit: bool | None, key: str) -> Payment:
    return Payment(
        number=text(part, "DocNo"),
        date=text(part, "DocDate"),
        amount=number(text(part, "Sum")),
        payer_account=text(part, "Payer", "Account"),
        payee_account=text(part, "Payee", "Account"),
        payer_inn=text(part, "Payer", "INN"),
        payee_inn=text(part, "Payee", "INN"),
        purpose=text(part, "Purpose"),
        debit=debit,
        id=key,
    )


def element(parent: _Element, tag: str, value: str | None = None, /, **attributes: str) -> _Element:
    """Adds an element of the standard's namespace."""
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{tag}", attributes)
    made.text = value
    return made
