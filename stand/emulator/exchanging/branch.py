"""Exchange with the branch: messages of an exchange plan with platform data of catalogs (facts/exchanges.md 2)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from harness.onec.values import format_datetime, format_decimal
from stand.emulator.database.tables import Field, Storage
from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import (
    Context,
    ExchangeError,
    Outcome,
    child,
    default_namespace,
    differs,
    local_name,
    node_row,
    now,
    own_code,
    parse_xml,
    succeeded,
    text_of,
)
from stand.emulator.rows import EMPTY, BusinessError, Ref, Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element

__all__ = ["export_message", "import_message"]

V8MSG = "http://v8.1c.ru/messages"
V8DE = "http://v8.1c.ru/data/exchange"
V8 = "http://v8.1c.ru/8.1/data/core"
CURRENT = "http://v8.1c.ru/8.1/data/enterprise/current-config"
_SERVICE = {"Ref", "DataVersion", "Predefined", "PredefinedDataName"}
_NUMBER_LENGTH = 15
_NUMBER_HEADERS = ("MessageNo", "ReceivedNo")


def export_message(context: Context, *, preview: bool) -> bytes:
    """Everything registered for the branch.

    Raises:
        ExchangeError: the platform refuses to write a message of a distributed base.
    """
    from lxml import etree

    if refusal := str(context.table.get("refuses_export", "")):
        raise ExchangeError("platform", refusal)
    node = node_row(context)
    number = int(node["SentNo"]) + 1
    root = etree.Element(f"{{{V8MSG}}}Message", nsmap={"v8msg": V8MSG})
    header = etree.SubElement(root, f"{{{V8MSG}}}Header")
    cells = {
        "ExchangePlan": context.plan,
        "To": context.node,
        "From": own_code(context),
        "MessageNo": number,
        "ReceivedNo": node["ReceivedNo"],
    }
    for name, value in cells.items():
        etree.SubElement(header, f"{{{V8MSG}}}{name}").text = str(value)
    etree.SubElement(header, f"{{{V8DE}}}Digest1", nsmap={"v8de": V8DE}).text = _digest(context)
    body = etree.SubElement(root, f"{{{V8MSG}}}Body")
    changes = etree.SubElement(body, f"{{{V8DE}}}Changes", nsmap={"v8de": V8DE})
    _configuration(context, changes)
    data = etree.SubElement(changes, f"{{{V8DE}}}Data")
    names = {str(item["object"]): name for name, item in context.table["objects"].items() if item.get("send")}
    for reference in registration.waiting(context.session, context.plan, context.node):
        row = context.session.get(reference.object, reference.id)
        if reference.object not in names:
            continue
        if row is not None:
            _write(context, data, names[reference.object], reference.object, row)
        else:
            _write_deletion(data, names[reference.object], reference)
    etree.indent(root, "\t")
    if not preview:
        context.session.put(
            f"ExchangePlan_{context.plan}", {"Ref": node["Ref"], "SentNo": number, "ExchangeDate": now()}, load=True
        )
        registration.mark_sent(context.session, context.plan, context.node, number)
        succeeded(context.session, context.plan, context.node)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _digest(context: Context) -> str:
    """Digest of the configuration: both sides of a distributed base must have the same one."""
    fixed = str(context.table.get("digest", ""))
    return fixed or expected_digest(context)


def expected_digest(context: Context) -> str:
    """Digest of the objects that are exchanged, as this base has them."""
    layout = context.session.layout
    names = sorted({str(item["object"]) for item in context.table["objects"].values()})
    text = ";".join(f"{name}:{','.join(field.name for field in layout.objects[name].fields)}" for name in names)
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _configuration(context: Context, changes: _Element) -> None:
    """Changes of the configuration that wait for the node; a node without an initial image gets all of it, every time."""
    from lxml import etree

    names = context.table.get("configuration_changes", ())
    holder = etree.SubElement(changes, f"{{{V8DE}}}Config") if names else None
    for name in names:
        item = etree.SubElement(holder, f"{{{V8DE}}}Metadata") if holder is not None else None
        if item is not None:
            etree.SubElement(item, f"{{{V8DE}}}Name").text = str(name)


def _write_deletion(data: _Element, name: str, reference: Ref) -> None:
    from lxml import etree

    outer = etree.SubElement(data, f"{{{V8}}}ObjectDeletion", nsmap={"v8": V8})
    kind, _, title = name.partition(".")
    etree.SubElement(outer, f"{{{V8}}}{kind.removesuffix('Object')}Ref.{title}").text = reference.id


def _write(context: Context, data: _Element, name: str, object_name: str, row: Row) -> None:
    from lxml import etree

    item = etree.SubElement(data, f"{{{CURRENT}}}{name}", nsmap=default_namespace(CURRENT))
    etree.SubElement(item, f"{{{CURRENT}}}Ref").text = row["Ref"].id
    for field in context.session.layout.objects[object_name].fields:
        if field.name not in _SERVICE:
            etree.SubElement(item, f"{{{CURRENT}}}{field.name}").text = _text(row[field.name]) or None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Ref):
        return value.id
    if isinstance(value, datetime):
        return format_datetime(value)
    return format_decimal(value) if isinstance(value, int | Decimal) else str(value or "")


def import_message(context: Context, message: bytes) -> Outcome:
    """Loads a message of the branch.

    Raises:
        ExchangeError: wrong envelope, addressee, number, or an object nobody expects; the number does not move.
    """
    root = parse_xml(message)
    header = child(root, "Header")
    if local_name(root) != "Message" or header is None:
        raise ExchangeError("9", f"Ошибка формата файла обмена: ожидался Message/Header, получен «{local_name(root)}»")
    if text_of(header, "ExchangePlan") != context.plan:
        raise ExchangeError(
            "plan", f"Сообщение плана обмена «{text_of(header, 'ExchangePlan')}», ожидался «{context.plan}»"
        )
    if (text_of(header, "To"), text_of(header, "From")) != (own_code(context), context.node):
        raise ExchangeError(
            "178", f"Сообщение от «{text_of(header, 'From')}» для «{text_of(header, 'To')}» адресовано не этой базе"
        )
    digest = text_of(header, "Digest1")
    if digest and digest != expected_digest(context) and context.table.get("checks_digest", True):
        raise ExchangeError("digest", "Конфигурация узла распределенной ИБ не соответствует ожидаемой")
    number, received = (_integer(text_of(header, name), name) for name in _NUMBER_HEADERS)
    node = node_row(context)
    outcome = Outcome()
    if number <= int(node["ReceivedNo"]):
        outcome.already_received = True
        outcome.warnings.append(
            f"Номер сообщения меньше или равен номеру ранее принятого сообщения ({number} ≤ {node['ReceivedNo']})"
        )
        return outcome
    sent = int(node["SentNo"])
    if received > sent and context.table.get("restored_copy") != "ignored":
        outcome.warnings.append(
            f"База восстановлена из копии: филиал принял сообщение {received}, у нас отправлено {sent}"
        )
        sent = received
    else:
        registration.acknowledge(context.session, context.plan, context.node, received)
    known = {name: str(item["object"]) for name, item in context.table["objects"].items() if item.get("receive")}
    data = child(root, "Body", "Changes", "Data")
    for element in data if data is not None else ():
        if local_name(element) == "ObjectDeletion":
            _load_deletion(context, known, element, outcome)
            continue
        name = known.get(local_name(element))
        if name is None:
            raise ExchangeError("object", f"Ссылка на несуществующий объект метаданных: «{local_name(element)}»")
        _load(context, name, element, outcome)
    cells = {"Ref": node["Ref"], "ReceivedNo": number, "SentNo": sent, "ExchangeDate": now()}
    context.session.put(f"ExchangePlan_{context.plan}", cells, load=True)
    succeeded(context.session, context.plan, context.node)
    return outcome


def _integer(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _NUMBER_LENGTH):
        raise ExchangeError("9", f"Ошибка формата файла обмена: {name} «{text}» не число")
    return int(text)


def _load_deletion(context: Context, known: Mapping[str, str], element: _Element, outcome: Outcome) -> None:
    """An object deleted for good in the branch is marked for deletion here: references to it stay whole."""
    for item in element:
        name = known.get(local_name(item).replace("Ref.", "Object."))
        row = context.session.get(name, (item.text or "").strip().lower()) if name else None
        if name is None or row is None or row["DeletionMark"]:
            outcome.skipped += 1
            continue
        context.session.put(name, {"Ref": row["Ref"], "DeletionMark": True})
        registration.withdraw(context.session, context.plan, context.node, row["Ref"])
        outcome.add(row["Ref"], row, created=False)


def _load(context: Context, name: str, element: _Element, outcome: Outcome) -> None:
    fields = context.session.layout.objects[name].by_name
    cells: Row = {"Ref": Ref(name, text_of(element, "Ref").lower() or EMPTY)}
    for item in element:
        field = fields.get(local_name(item))
        if field is None:
            raise ExchangeError("attribute", f"{name}: реквизита «{local_name(item)}» нет в конфигурации этой базы")
        if field.name not in _SERVICE:
            cells[field.name] = _value((item.text or "").strip(), field, f"{name}.{field.name}")
    if cells["Ref"].empty:
        raise ExchangeError("required", f"{name}: не указана ссылка")
    known = context.session.get(name, cells["Ref"])
    if known is not None and not differs(known, cells):
        outcome.skipped += 1
        return
    try:
        reference = context.session.put(name, cells)
    except BusinessError as error:
        raise ExchangeError("write", f"{name}: {error.text}") from error
    registration.withdraw(context.session, context.plan, context.node, reference)
    outcome.add(reference, cells, created=known is None)


def _value(text: str, field: Field, place: str) -> Any:
    try:
        match field.storage:
            case Storage.NUMBER:
                return Decimal(text or 0)
            case Storage.BOOLEAN:
                return text == "true"
            case Storage.DATE:
                return datetime.fromisoformat(text) if text else None
            case Storage.REFERENCE:
                return Ref(field.type.reference, text.lower() or EMPTY)
            case _:
                return text
    except (ValueError, InvalidOperation) as error:
        raise ExchangeError("value", f"{place}: «{text}» не подходит по типу") from error
