"""Rows out of recorded Atom feeds: answers of SelectChanges and of entity sets (facts/odata.md 3, Atom).

A recording is a foreign file: no entities, no DTD, no network; what does not fit the `$metadata` is an error that says where.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from lxml import etree

from harness.errors import DocumentError
from harness.onec.names import NAMESPACE
from harness.onec.values import is_guid, parse_datetime
from stand.emulator.database.tables import Storage, decode_composite
from stand.emulator.odata.shapes import Part, Shape
from stand.emulator.odata.types import type_from_wire
from stand.emulator.rows import EMPTY, Ref, Row, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stand.emulator.database.tables import Field
    from stand.emulator.odata.shapes import Prop, Publication

_ATOM = "{http://www.w3.org/2005/Atom}"
_DATA = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
_META = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed.

    Attributes:
        row: model names; collections of sections, or of "RecordSet".
    """

    shape: Shape
    row: Row


def read_feed(data: bytes, publication: Publication, place: str = "feed") -> Iterator[Entry]:
    """Entries of a feed, in order. Entries of sets the publication does not have are left out.

    Raises:
        DocumentError: no XML, entities or a DTD inside, not a feed, or a value that is not of its type.
    """
    root = parse_xml(data, place)
    if root.tag not in (f"{_ATOM}feed", f"{_ATOM}entry"):
        raise DocumentError(f"ожидалась лента Atom, а корень — {etree.QName(root).localname}", place=place)
    entries = [root] if root.tag == f"{_ATOM}entry" else root.findall(f"{_ATOM}entry")
    for number, entry in enumerate(entries, 1):
        category = entry.find(f"{_ATOM}category")
        term = "" if category is None else str(category.get("term", ""))
        shape = publication.shapes.get(term.removeprefix(f"{NAMESPACE}."))
        properties = entry.find(f"{_ATOM}content/{_META}properties")
        if shape is None or properties is None:
            continue
        try:
            yield Entry(shape, _row(shape, properties))
        except ValueError as error:
            raise DocumentError(f"запись {number} ({shape.name}): {error}", place=place) from error


def parse_xml(data: bytes, place: str) -> Any:
    """A foreign XML document, locked down.

    Raises:
        DocumentError: it is not well-formed, or has a DTD.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError(f"это не XML: {error}", place=place) from error
    if _has_doctype(root):
        raise DocumentError("в документе есть DTD; такие документы не принимаются", place=place)
    return root


def _has_doctype(root: Any) -> bool:
    return bool(root.getroottree().docinfo.doctype)


def _row(shape: Shape, properties: Any) -> Row:
    texts: dict[str, str] = {}
    row: Row = {}
    for element in properties:
        name = etree.QName(element).localname
        prop = shape.by_name.get(name)
        if prop is None:
            # Feeds may hold more than this `$metadata` lets one see: an attribute the next release no longer has.
            continue
        if prop.part is Part.SECTION:
            row[name] = [_line(shape.rows[name], item) for item in element.findall(f"{_DATA}element")]
        else:
            texts[name] = "" if element.get(f"{_META}null") == "true" else element.text or ""
    row.update(values_from_texts(shape.properties, texts))
    return row


def _line(rows: Shape, element: Any) -> Row:
    texts = {
        etree.QName(item).localname: "" if item.get(f"{_META}null") == "true" else item.text or "" for item in element
    }
    return values_from_texts(rows.properties, texts)


def values_from_texts(properties: tuple[Prop, ...], texts: Mapping[str, str]) -> Row:
    """Model values out of the texts of Atom properties; what is absent is absent.

    Raises:
        ValueError: a text is not of its type.
    """
    row: Row = {}
    for prop in properties:
        field = prop.field
        if field is None or prop.part not in (Part.VALUE, Part.STREAM):
            continue
        if field.storage is Storage.BINARY:
            row[field.name] = _stored(field, texts)
        elif prop.name in texts:
            row[field.name] = _value(field, texts[prop.name], texts.get(f"{prop.name}_Type", ""))
    return row


def _stored(field: Field, texts: Mapping[str, str]) -> Stored:
    try:
        content = base64.b64decode(texts.get(f"{field.name}_Base64Data", ""))
    except binascii.Error as error:
        raise ValueError(f"{field.name}: испорченные данные base64") from error
    return Stored(texts.get(f"{field.name}_Type", ""), content)


def _value(field: Field, text: str, type_name: str) -> Any:
    if field.storage is Storage.COMPOSITE:
        return decode_composite(text, type_from_wire(type_name))
    read = _READERS.get(field.storage)
    return text if read is None else read(field, text)


def _guid(field: Field, text: str) -> str:
    if text and not is_guid(text):
        raise ValueError(f"{field.name}: «{text[:60]}» — не UUID")
    return text.lower() or EMPTY


def _number(field: Field, text: str) -> Decimal | int:
    try:
        number = Decimal(text or "0")
    except InvalidOperation as error:
        raise ValueError(f"{field.name}: «{text[:60]}» — не число") from error
    return number if field.scale else int(number)


_READERS: dict[Storage, Callable[[Field, str], Any]] = {
    Storage.REFERENCE: lambda field, text: Ref(field.type.reference, _guid(field, text)),
    Storage.UUID: _guid,
    Storage.NUMBER: _number,
    Storage.BOOLEAN: lambda _field, text: text == "true",
    Storage.DATE: lambda _field, text: parse_datetime(text) if text else None,
}

__all__ = ["Entry", "parse_xml", "read_feed", "values_from_texts"]
