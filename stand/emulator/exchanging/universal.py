"""The universal format EnterpriseData through an exchange plan: envelope, numbering, acknowledgment, negotiation of versions.

The rules and texts are those of БСП, facts/exchanges.md 1.1, 1.3 and 1.4; the comments number the steps of 1.3.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import (
    Context,
    ExchangeError,
    Outcome,
    child,
    children,
    default_namespace,
    differs,
    local_name,
    node_row,
    parse_xml,
    succeeded,
    text_of,
)
from stand.emulator.exchanging.envelope import (
    MSG,
    RULES_FILE,
    checked_addressees,
    checked_format,
    checked_header,
    integer,
    write_header,
)
from stand.emulator.exchanging.mapping import ObjectMapping, by_object, mapping_of
from stand.emulator.exchanging.objects_in import Reader
from stand.emulator.exchanging.objects_out import Writer
from stand.emulator.loaders.company import version_key
from stand.emulator.rows import BusinessError, Ref, Row

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["NO_VERSION", "common_version", "export_message", "import_message"]

NO_VERSION = "0.0"
_BOM = b"\xef\xbb\xbf"


def common_version(ours: list[str], theirs: list[str]) -> str:
    """The greatest version both know, compared as numbers; "0.0" when there is none."""
    return max((version for version in ours if version in theirs), key=version_key, default=NO_VERSION)


def export_message(context: Context, *, preview: bool) -> bytes:
    """Everything registered for the node.

    Args:
        context: the exchange at work.
        preview: nothing moves: neither the number of the sent message nor the registration.

    Raises:
        ExchangeError: the node's version of the format is not supported, an object cannot be converted.
    """
    from lxml import etree

    node = node_row(context)
    version = str(node["ВерсияФорматаОбмена"])
    if version not in context.table["versions"] or version in context.table.get("managers_missing", ()):
        raise ExchangeError(
            "version",
            f"Не определен Менеджер конвертации для версии формата обмена {version} (план обмена {context.plan}, узел {context.node})",
        )
    number = int(node["SentNo"]) + 1
    root = etree.Element("Message", nsmap={"msg": MSG})
    write_header(context, root, node, version, number)
    namespace = f"{context.table['format']}/{version}"
    body = etree.SubElement(root, f"{{{namespace}}}Body", nsmap=default_namespace(namespace))
    mappings = mapping_of(context)
    writer = Writer(context, mappings, node["Ref"], namespace)
    waiting = registration.waiting(context.session, context.plan, context.node)
    for mapping in mappings.values():
        for reference in waiting:
            if reference.object != mapping.object or not mapping.send:
                continue
            row = context.session.get(reference.object, reference.id)
            if row is None:
                writer.write_deletion(body, mapping, reference)
            elif not row.get("IsFolder"):
                writer.write(body, mapping, row)
    etree.indent(root, "\t")
    content: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    if not preview:
        # The number is kept only after the whole message is ready.
        context.session.put(
            f"ExchangePlan_{context.plan}", {"Ref": node["Ref"], "SentNo": number, "ExchangeDate": _now()}, load=True
        )
        registration.mark_sent(context.session, context.plan, context.node, number)
        succeeded(context.session, context.plan, context.node)
    return _BOM + content


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)  # noqa: DTZ005 - dates of 1C have no zone


def import_message(context: Context, message: bytes) -> Outcome:
    """Loads a message of the correspondent.

    Raises:
        ExchangeError: the message is refused; the number of the received message does not move.
    """
    root = parse_xml(message)
    if context.table.get("passes_over_rules") and local_name(root) == RULES_FILE:
        return Outcome()
    header = checked_header(root)  # 1
    settings_only = checked_format(context, header)  # 2, 3
    confirmation = child(header, "Confirmation")
    if confirmation is None:
        raise ExchangeError("9", "Ошибка формата файла обмена: нет заголовка Confirmation")
    number, received = (integer(text_of(confirmation, name), name) for name in ("MessageNo", "ReceivedNo"))
    node = checked_addressees(context, header, confirmation)  # 5
    outcome = Outcome()
    _negotiate(context, node, header, outcome)
    if settings_only:
        outcome.warnings.append("Сообщение содержит только настройки: данные не передавались")
        if context.table.get("handshake_counts"):
            succeeded(context.session, context.plan, context.node)
        return outcome
    acknowledged = number > 0  # 4
    if acknowledged and int(node["ReceivedNo"]) >= number and context.table.get("knows_repetitions", True):  # 6
        outcome.already_received = True
        outcome.warnings.append("Сообщение обмена было принято ранее")
        return outcome
    if acknowledged:
        _acknowledge(context, node, received, outcome)  # 7
    body = child(root, "Body")
    if body is None:
        raise ExchangeError("9", "Ошибка формата файла обмена: нет элемента Body")
    _load_body(context, body, node["Ref"], outcome)
    if acknowledged:
        context.session.put(
            f"ExchangePlan_{context.plan}",
            {"Ref": node["Ref"], "ReceivedNo": number, "ExchangeDate": _now()},
            load=True,
        )  # 8
    succeeded(context.session, context.plan, context.node)
    return outcome


def _negotiate(context: Context, node: Row, header: _Element, outcome: Outcome) -> None:
    """The node works in the greatest version both sides know, anew with every message."""
    theirs = [(item.text or "").strip() for item in children(header, "AvailableVersion")]
    if not theirs:
        return
    agreed = common_version(list(context.table["versions"]), theirs)
    if agreed != node["ВерсияФорматаОбмена"]:
        outcome.warnings.append(f"Изменен номер версии формата обмена: {node['ВерсияФорматаОбмена']} → {agreed}")
        node["ВерсияФорматаОбмена"] = agreed
        context.session.put(
            f"ExchangePlan_{context.plan}", {"Ref": node["Ref"], "ВерсияФорматаОбмена": agreed}, load=True
        )


def _acknowledge(context: Context, node: Row, received: int, outcome: Outcome) -> None:
    if received > int(node["SentNo"]) and context.table.get("restored_copy") != "ignored":
        # A message from the future: our base was restored from a copy. Nothing is taken off, our number catches up.
        outcome.warnings.append(
            f"База восстановлена из копии: корреспондент принял сообщение {received}, у нас отправлено {node['SentNo']}"
        )
        context.session.put(f"ExchangePlan_{context.plan}", {"Ref": node["Ref"], "SentNo": received}, load=True)
        return
    registration.acknowledge(context.session, context.plan, context.node, received)


def _load_body(context: Context, body: _Element, node: Ref, outcome: Outcome) -> None:
    mappings = mapping_of(context)
    reader = Reader(context, mappings, node)
    for element in body:
        name = local_name(element)
        if name == "УдалениеОбъекта":
            _delete(context, reader, mappings, element, outcome)
            continue
        mapping = mappings.get(name)
        if mapping is None or not mapping.receive:
            outcome.skipped += 1
            outcome.warnings.append(f"Объект «{name}» не поддерживается для загрузки")
            continue
        _load_object(context, reader, mapping, element, outcome)


def _load_object(context: Context, reader: Reader, mapping: ObjectMapping, element: _Element, outcome: Outcome) -> None:
    session = context.session
    cells, identifier = reader.read(element, mapping)
    found = reader.find(mapping, cells, identifier)
    known = session.get(found.object, found.id) if found else None
    if known is not None and found is not None:
        if identifier:
            reader.remember(found, identifier)
        if not differs(known, cells) and not _returns(known):
            outcome.skipped += 1
            return
        cells = {**known, **cells, "DeletionMark": False}
    elif identifier:
        cells["Ref"] = Ref(mapping.object, _guid(identifier, mapping.name))
    try:
        reference = session.put(mapping.object, cells)
        if mapping.object.startswith("Document_"):
            session.post(mapping.object, reference)
    except BusinessError as error:
        raise ExchangeError("posting", f"{mapping.name} {cells.get('Number', '')}: {error.text}") from error
    if identifier:
        reader.remember(reference, identifier)
    registration.withdraw(session, context.plan, context.node, reference)
    outcome.add(reference, cells, created=known is None)


def _returns(known: Row) -> bool:
    """Whether a document that was unposted or marked comes again: then it is posted again though nothing in it differs."""
    return bool(known.get("DeletionMark")) or known.get("Posted") is False


def _guid(text: str, place: str) -> str:
    try:
        return str(UUID(text))
    except ValueError as error:
        raise ExchangeError(
            "schema", f"{place}.КлючевыеСвойства.Ссылка: значение поля не соответствует заданным ограничениям."
        ) from error


def _delete(
    context: Context, reader: Reader, mappings: dict[str, ObjectMapping], element: _Element, outcome: Outcome
) -> None:
    """Marks for deletion what the peer has deleted, when the pair of identifiers is known; a posted document is unposted."""
    inner = child(element, "СсылкаНаОбъект", "СсылкаНаОбъект")
    for item in inner if inner is not None else ():
        target = local_name(item).removesuffix("Ссылка")
        mapping = next((known for known in mappings.values() if known.name.endswith(f".{target}")), None)
        found = reader.find(mapping, {}, (item.text or "").strip()) if mapping else None
        row = context.session.get(found.object, found.id) if found else None
        if found is None or row is None or by_object(mappings, found.object) is None:
            outcome.skipped += 1
            continue
        if not context.table.get("deletions_travel", True):
            outcome.skipped += 1
            continue
        if row.get("Posted"):
            context.session.unpost(found.object, found.id)
        context.session.put(found.object, {"Ref": found, "DeletionMark": True}, load=True)
        outcome.add(found, row, created=False)
