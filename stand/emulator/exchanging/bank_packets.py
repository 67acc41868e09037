"""XML of DirectBank as the base writes and reads it (facts/exchanges.md 4.2, standard 2.3.2)."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from stand.emulator.exchanging.bank_statement import Statement, amount_of
from stand.emulator.exchanging.common import (
    Context,
    ExchangeError,
    child,
    children,
    default_namespace,
    local_name,
    now,
    parse_xml,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

__all__ = [
    "PAYMENT",
    "PROBE",
    "STATEMENT",
    "document_id",
    "documents_of",
    "packet",
    "payment",
    "probe",
    "result_of",
    "statement_of",
]

PROBE, PAYMENT, STATEMENT = "05", "10", "15"


def document_id(context: Context, ref: str) -> str:
    """Id of a packet: the same for the same order, so that a bank tells a repetition."""
    return (
        str(uuid4()) if context.table.get("new_packet_ids") else str(uuid5(NAMESPACE_URL, f"1c:{context.plan}:{ref}"))
    )


def _root(context: Context, name: str, ident: str) -> _Element:
    from lxml import etree

    space = str(context.table["packet_namespace"])
    root = etree.Element(f"{{{space}}}{name}", nsmap=default_namespace(space))
    root.set("id", ident)
    root.set("formatVersion", str(context.table["packet_version"]))
    root.set("creationDate", now().isoformat())
    root.set("userAgent", "1C+Enterprise/8.3")
    return root


def _add(parent: _Element, name: str, text: str = "") -> _Element:
    from lxml import etree

    item = etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}")
    item.text = text or None
    return item


def _bytes(root: _Element) -> bytes:
    from lxml import etree

    return b"\xef\xbb\xbf" + etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def payment(context: Context, ident: str, cells: Mapping[str, str], customer: str) -> bytes:
    """`PayDocRu`: one payment order, from the fields of the file for the bank."""
    root = _root(context, "PayDocRu", ident)
    sender = _add(root, "Sender")
    sender.set("id", customer)
    sender.set("inn", cells["ПлательщикИНН"])
    bank = _add(root, "Recipient")
    bank.set("bic", cells["ПлательщикБИК"])
    data = _add(root, "Data")
    _add(data, "DocNo", cells["Номер"])
    day, month, year = cells["Дата"].split(".")
    _add(data, "DocDate", f"{year}-{month}-{day}")
    _add(data, "Sum", cells["Сумма"])
    for name, side in (("Payer", "Плательщик"), ("Payee", "Получатель")):
        party = _add(data, name)
        _add(party, "Name", cells[f"{side}1"])
        _add(party, "INN", cells[f"{side}ИНН"])
        if cells.get(f"{side}КПП"):
            _add(party, "KPP", cells[f"{side}КПП"])
        _add(party, "Account", cells[f"{side}Счет"])
        holder = _add(party, "Bank")
        _add(holder, "BIC", cells[f"{side}БИК"])
        _add(holder, "Name", cells[f"{side}Банк1"])
        if cells.get(f"{side}Корсчет"):
            _add(holder, "CorrespAcc", cells[f"{side}Корсчет"])
    _add(data, "TransitionKind", cells["ВидОплаты"])
    _add(data, "Priority", cells["Очередность"])
    for name, key in (("Code", "Код"), ("IncomeTypeCode", "КодНазПлатежа")):
        if cells.get(key):
            _add(data, name, cells[key])
    _add(data, "Purpose", cells["НазначениеПлатежа"])
    _budget(data, cells)
    return _bytes(root)


def _budget(data: _Element, cells: Mapping[str, str]) -> None:
    if not cells.get("ПоказательКБК"):
        return
    budget = _add(data, "BudgetPaymentInfo")
    for name, key in (
        ("DrawerStatus", "СтатусСоставителя"),
        ("CBC", "ПоказательКБК"),
        ("OKTMO", "ОКАТО"),
        ("Reason", "ПоказательОснования"),
        ("TaxPeriod", "ПоказательПериода"),
        ("DocNo", "ПоказательНомера"),
        ("DocDate", "ПоказательДаты"),
    ):
        if cells.get(key):
            _add(budget, name, cells[key])


def probe(context: Context, ident: str, sides: tuple[str, str]) -> bytes:
    """`Probe`: is anybody there. Sides are the customer's id and the BIC of the bank."""
    root = _root(context, "Probe", ident)
    _add(root, "Sender").set("id", sides[0])
    _add(root, "Recipient").set("bic", sides[1])
    return _bytes(root)


def packet(context: Context, ident: str, content: bytes, sides: tuple[str, str], kind: str = PAYMENT) -> bytes:
    """A transport container with one document; sides are the customer's id and the BIC of the bank."""
    customer, bic = sides
    root = _root(context, "Packet", ident)
    _add(_add(root, "Sender"), "Customer").set("id", customer)
    _add(_add(root, "Recipient"), "Bank").set("bic", bic)
    document = _add(root, "Document")
    document.set("id", ident)
    document.set("dockind", kind)
    document.set("formatVersion", str(context.table["packet_version"]))
    _add(document, "Data", base64.b64encode(content).decode())
    if context.table.get("footprint"):
        holder = _add(root, "SenderFootprint")
        for name, address in context.table["footprint"].items():
            _add(holder, str(name), str(address))
    return _bytes(root)


def result_of(content: bytes, label: str) -> _Element:
    """What a `ResultBank` says, its `Success`.

    Raises:
        ExchangeError: no ResultBank, or the bank's error with its code.
    """
    root = parse_xml(content)
    failed = child(root, "Error")
    if local_name(root) != "ResultBank" or (failed is None and child(root, "Success") is None):
        raise ExchangeError("bank", f"Банк, {label}: ответ не по стандарту («{local_name(root)}»)")
    if failed is not None:
        said = ": ".join(filter(None, (text_of(failed, name) for name in ("Description", "MoreInfo"))))
        raise ExchangeError("bank", f"Банк отказал ({label}), код {text_of(failed, 'Code')}: {said}")
    success = child(root, "Success")
    assert success is not None
    return success


def documents_of(success: _Element) -> list[tuple[str, _Element]]:
    """Kind and content of each document of a received packet.

    Raises:
        ExchangeError: content that is no base64 or no XML.
    """
    found = []
    for item in children(child(success, "GetPacketResponse"), "Document"):
        try:
            content = base64.b64decode(text_of(item, "Data"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ExchangeError("bank", "Банк: содержимое документа повреждено (не base64)") from error
        found.append((str(item.get("dockind", "")), parse_xml(content)))
    return found


def statement_of(root: _Element) -> Statement:
    """A `Statement` as the statement of the text format."""
    data = child(root, "Data")
    account = text_of(data, "Account")
    statement = Statement()
    turnover = {"ВсегоПоступило": Decimal(0), "ВсегоСписано": Decimal(0)}
    for item in children(data, "OperationInfo"):
        document = child(item, "PayDoc", "PayDocRu")
        incoming = text_of(item, "DC") == "2"
        cells = _operation(document, text_of(item, "Date"), incoming=incoming)
        turnover["ВсегоПоступило" if incoming else "ВсегоСписано"] += amount_of(cells["Сумма"])
        statement.documents.append(cells)
    totals: dict[str, Any] = {name: f"{value:.2f}" for name, value in turnover.items()}
    statement.accounts.append(
        {
            "РасчСчет": account,
            "НачальныйОстаток": text_of(data, "OpeningBalance"),
            "КонечныйОстаток": text_of(data, "ClosingBalance"),
            **totals,
        }
    )
    return statement


def _operation(document: _Element | None, day: str, *, incoming: bool) -> dict[str, str]:
    cells = {
        "Номер": text_of(document, "DocNo"),
        "Дата": _russian(text_of(document, "DocDate")),
        "Сумма": text_of(document, "Sum"),
        "НазначениеПлатежа": text_of(document, "Purpose"),
        "ДатаПоступило" if incoming else "ДатаСписано": _russian(day),
    }
    for name, side in (("Payer", "Плательщик"), ("Payee", "Получатель")):
        cells[f"{side}1"] = text_of(document, name, "Name")
        cells[f"{side}ИНН"] = text_of(document, name, "INN")
        cells[f"{side}КПП"] = text_of(document, name, "KPP")
        cells[f"{side}Счет"] = text_of(document, name, "Account")
    return cells


def _russian(day: str) -> str:
    return ".".join(reversed(day[:10].split("-")))
