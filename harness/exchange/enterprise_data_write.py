"""Writes EnterpriseData messages: a reply of the correspondent, a message with objects of one's own."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from lxml import etree

from harness.exchange.enterprise_data import ENVELOPE, FORMAT, Confirmation
from harness.exchange.markup import children, local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

    from harness.exchange.enterprise_data import Message


def reply(
    message: Message, *, message_no: int, objects: Sequence[_Element] | None = None, version: str | None = None
) -> Message:
    """Turns a message around: what the correspondent would send back, acknowledging what it got.

    Args:
        message: a message of the base under test.
        message_no: number of the new message; by the rules ReceivedNo of the base's node plus one.
        objects: the new body; None sends the same objects back.
        version: another version of the format, to see a refusal.
    """
    seen = message.confirmation or Confirmation("", "", "")
    turned = Confirmation(seen.plan, seen.sender, seen.to, message_no, seen.message_no)
    chosen = message.version if version is None else version
    return replace(
        message,
        confirmation=turned,
        version=chosen,
        versions=(chosen,) if version is not None else message.versions,
        new_from="",
        prefix="",
        body_namespace=f"{FORMAT}/{chosen}",
        objects=message.objects if objects is None else tuple(objects),
    )


def acknowledged(message: Message, message_no: int) -> Message:
    """The same message under another number: for a reply that must acknowledge what was really sent, not a preview."""
    seen = message.confirmation or Confirmation("", "", "")
    return replace(message, confirmation=replace(seen, message_no=message_no))


def write(message: Message) -> bytes:
    """Writes a message as 1C does: UTF-8 with a byte order mark, header parts in their order."""
    root = etree.Element("Message", nsmap={"msg": ENVELOPE})
    head = _add(root, "Header")
    uri = f"{message.format_uri}/{message.version}" if message.version else message.format_uri
    _add(head, "Format", f"{uri} {message.extension}" if message.extension else uri)
    _add(head, "CreationDate", message.created)
    if message.confirmation is not None:
        part = _add(head, "Confirmation")
        seen = message.confirmation
        for name, value in (("ExchangePlan", seen.plan), ("To", seen.to), ("From", seen.sender)):
            _add(part, name, value)
        _add(part, "MessageNo", str(seen.message_no))
        _add(part, "ReceivedNo", str(seen.received_no))
    for version in message.versions:
        _add(head, "AvailableVersion", version)
    if message.new_from:
        _add(head, "NewFrom", message.new_from)
    if message.object_types:
        part = _add(head, "AvailableObjectTypes")
        for item in message.object_types:
            one = _add(part, "ObjectType")
            for name, value in (("Name", item.name), ("Sending", item.sending), ("Receiving", item.receiving)):
                _add(one, name, value)
    if message.prefix:
        _add(head, "Prefix", message.prefix)
    _tail(head, message)
    if not message.handshake:
        _body(root, message)
    buffer = io.BytesIO()
    root.getroottree().write(buffer, encoding="UTF-8", xml_declaration=True)
    return b"\xef\xbb\xbf" + buffer.getvalue()


def _tail(head: _Element, message: Message) -> None:
    """Extensions of the format and the synchronisation contour."""
    if message.extensions:
        part = _add(head, "AvailableExtensions")
        for space, base in message.extensions:
            one = _add(part, "Extension")
            _add(one, "Namespace", space)
            _add(one, "BaseVersion", base)
    if message.contour:
        part = _add(head, "SynchronizationContour")
        for node in message.contour:
            one = _add(part, "Node")
            for name, value in (
                ("Name", node.name),
                ("Code", node.code),
                ("Prefix", node.prefix),
                ("LastUpdate", node.last_update),
            ):
                if value:
                    _add(one, name, value)
            if node.peers:
                peers = _add(one, "CorrNodes")
                for name, code in node.peers:
                    peer = _add(peers, "CorrNode")
                    _add(peer, "Name", name)
                    _add(peer, "Code", code)


def _add(parent: _Element, name: str, value: str = "") -> _Element:
    element = etree.SubElement(parent, f"{{{ENVELOPE}}}{name}")
    element.text = value or None
    return element


def _body(root: _Element, message: Message) -> None:
    space = message.body_namespace or f"{FORMAT}/{message.version}"
    body = etree.SubElement(root, f"{{{space}}}Body", nsmap=_default(space))
    for item in message.objects:
        body.append(_in_namespace(item, space))


def _default(space: str) -> dict[str, str]:
    """A map that makes a namespace the default one; the stubs of lxml do not know that its key is None."""
    return cast("dict[str, str]", {None: space})


def _in_namespace(source: _Element, space: str) -> _Element:
    """A copy whose elements all are in the namespace of the body's version."""
    copy = etree.Element(f"{{{space}}}{local(source)}", nsmap=_default(space))
    copy.text = source.text if source.text and source.text.strip() else None
    for name, value in source.attrib.items():
        copy.set(name, value)
    for part in children(source):
        copy.append(_in_namespace(part, space))
    return copy


def build_object(kind: str, properties: dict[str, object]) -> _Element:
    """Builds an object of the body from nested dictionaries; a list gives repeated elements.

    `build_object("Справочник.Контрагенты", {"КлючевыеСвойства": {"Ссылка": "…", "Наименование": "…"}})`
    """
    element = etree.Element(kind)
    for name, value in properties.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                element.append(build_object(name, one))
            else:
                etree.SubElement(element, name).text = str(one)
    return element
