"""The envelope of the universal format: the header as БСП writes it, and the checks it makes of a header (facts/exchanges.md 1.1, 1.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stand.emulator.exchanging.common import Context, ExchangeError, child, local_name, node_row, own_code, text_of
from stand.emulator.exchanging.mapping import mapping_of
from stand.emulator.loaders.company import version_key

if TYPE_CHECKING:
    from lxml.etree import _Element

    from stand.emulator.rows import Row

__all__ = ["MSG", "RULES_FILE", "checked_addressees", "checked_format", "checked_header", "integer", "write_header"]

MSG = "http://www.1c.ru/SSL/Exchange/Message"
RULES_FILE = "ФайлОбмена"
"""Root of a message of the older exchange by conversion rules (КД2)."""
_NUMBER_LENGTH = 15


def write_header(context: Context, root: _Element, node: Row, version: str, number: int) -> None:
    """The header, in the order the schema wants."""
    from lxml import etree

    def add(parent: _Element, name: str, text: str = "") -> _Element:
        element = etree.SubElement(parent, f"{{{MSG}}}{name}")
        element.text = text or None
        return element

    header = add(root, "Header")
    extension = str(context.table.get("extension", ""))
    add(header, "Format", f"{context.table['format']}/{version}{f' {extension}' if extension else ''}")
    add(header, "CreationDate", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"))
    confirmation = add(header, "Confirmation")
    add(confirmation, "ExchangePlan", context.plan)
    add(confirmation, "To", context.node)
    add(confirmation, "From", own_code(context))
    add(confirmation, "MessageNo", str(number))
    add(confirmation, "ReceivedNo", str(node["ReceivedNo"]))
    for known in sorted(context.table["versions"], key=version_key):
        add(header, "AvailableVersion", known)
    types = add(header, "AvailableObjectTypes")
    for mapping in mapping_of(context).values():
        if mapping.send or mapping.receive:
            item = add(types, "ObjectType")
            add(item, "Name", mapping.name)
            add(item, "Sending", "*" if mapping.send else "")
            add(item, "Receiving", "*" if mapping.receive else "")
    add(header, "Prefix", str(context.table["prefix"]))


def checked_header(root: _Element) -> _Element:
    """The header of a message.

    Raises:
        ExchangeError: not a message, or one of the old exchange by conversion rules.
    """
    if local_name(root) == RULES_FILE:
        raise ExchangeError(
            "9", "Получение данных от источника, в котором не выполнено обновление настройки синхронизации"
        )
    header = child(root, "Header")
    if local_name(root) != "Message" or header is None:
        raise ExchangeError("9", f"Ошибка формата файла обмена: ожидался Message/Header, получен «{local_name(root)}»")
    return header


def checked_format(context: Context, header: _Element) -> bool:
    """Whether the message holds settings only: its format has no version.

    Raises:
        ExchangeError: another format, or a version this base does not support.
    """
    base = str(context.table["format"])
    uri = text_of(header, "Format").split()
    given = uri[0] if uri else ""
    if given == base:
        return True
    found, _slash, version = given.rpartition("/")
    if found != base:
        raise ExchangeError(
            "format", f'Формат сообщения обмена "{given}" не соответствует формату плана обмена "{base}"'
        )
    if version not in context.table["versions"]:
        raise ExchangeError("version", f'Версия "{version}" формата сообщения обмена "{base}" не поддерживается.')
    return False


def integer(text: str, name: str) -> int:
    """A number of the header.

    Raises:
        ExchangeError: no number.
    """
    if not (text.isascii() and text.removeprefix("-").isdigit() and len(text) <= _NUMBER_LENGTH):
        raise ExchangeError("9", f"Ошибка формата файла обмена: {name} «{text}» не число")
    return int(text)


def checked_addressees(context: Context, header: _Element, confirmation: _Element) -> Row:
    """The node of the sender.

    Raises:
        ExchangeError: addressed to somebody else, or sent by nobody we know.
    """
    own, sender = own_code(context), text_of(header, "NewFrom") or text_of(confirmation, "From")
    if text_of(confirmation, "To") not in ("", own):
        raise ExchangeError("178", f"Сообщение адресовано узлу «{text_of(confirmation, 'To')}», а эта база «{own}»")
    if context.node not in (sender, text_of(confirmation, "From")):
        raise ExchangeError(
            "node", f"Не найден узел обмена для загрузки данных. План обмена: {context.plan}, Идентификатор: {sender}"
        )
    return node_row(context)
