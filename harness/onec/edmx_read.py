"""Reads `$metadata` of any base, tolerant of inconsistencies and closed to hostile XML.

Documents come from systems nobody here controls: document type declarations (and with them entities, external or exploding) are
refused before the parser sees them, the encoding is taken for UTF-8 whatever the document claims, nothing is fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from sys import intern
from typing import TYPE_CHECKING, TypeVar

from lxml import etree

from harness.errors import DocumentError
from harness.onec.edmx_model import (
    BINDING,
    Association,
    ComplexType,
    End,
    EntitySet,
    EntityType,
    EnumType,
    FunctionImport,
    Metadata,
    NavigationProperty,
    Parameter,
    Property,
    short,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINT = "Сохраните ответ GET …/odata/standard.odata/$metadata как есть и укажите этот файл."
_Named = TypeVar("_Named", EntityType, ComplexType, Association, EnumType)
_BOM = b"\xef\xbb\xbf"


def read_edmx(data: bytes, place: str = "$metadata") -> Metadata:
    """Reads a `$metadata` document.

    Args:
        data: the document, UTF-8.
        place: what to name in errors: a file, or an address without user info.

    Raises:
        DocumentError: no XML, an HTML page, a document with a document type declaration or entities, another kind of XML;
            the place says the line.
    """
    root = _parse(data, place)
    if _local(root) != "Edmx":
        raise DocumentError(
            f"это не описание метаданных OData: корневой элемент «{_local(root)}», а нужен «Edmx»",
            place=_line(place, root.sourceline),
            hint=_HINT,
        )
    reader = _Reader()
    schemas = [item for item in root.iter(etree.Element) if _local(item) == "Schema"]
    if not schemas:
        raise DocumentError("в описании метаданных нет ни одной схемы (Schema)", place=place, hint=_HINT)
    for schema in schemas:
        reader.read_schema(schema)
    return reader.finish()


def _parse(data: bytes, place: str) -> etree._Element:
    text = data.removeprefix(_BOM)
    _refuse_foreign(text, place)
    position = text.find(b"<!DOCTYPE")
    if position < 0:
        position = text.find(b"<!ENTITY")
    if position >= 0:
        raise DocumentError(
            "документ объявляет DOCTYPE или сущности: 1С так не делает, документ отклонён",
            place=_line(place, text.count(b"\n", 0, position) + 1),
            hint=_HINT,
        )
    parser = etree.XMLParser(encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(text, parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or text.count(b"\n") + 1
        raise DocumentError(f"не читается как XML: {error.msg}", place=_line(place, line), hint=_HINT) from None


def _refuse_foreign(text: bytes, place: str) -> None:
    head = text[:2000].lstrip()
    if not head:
        raise DocumentError("документ пуст", place=place, hint=_HINT)
    if head[:1] in (b"{", b"["):
        raise DocumentError("это JSON, а описание метаданных бывает только в XML", place=_line(place, 1), hint=_HINT)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in head:
        raise DocumentError("документ не в UTF-8", place=_line(place, 1), hint=_HINT)
    if re.search(rb"<!doctype\s+html|<html[\s>]", head, re.IGNORECASE):
        title = re.search(rb"<title[^>]*>([^<]*)", text[:20000], re.IGNORECASE)
        words = " ".join(title[1].decode("utf-8", "replace").split())[:100] if title else ""
        raise DocumentError(
            "вместо описания метаданных — HTML-страница" + (f" «{words}»" if words else ""),
            place=_line(place, 1),
            hint=_HINT,
        )


def _line(place: str, line: object) -> str:
    return f"{place}, строка {line}" if line else place


def _local(element: etree._Element) -> str:
    # QName objects cost five times as much on 170 000 elements; comments have a function for a tag.
    tag: object = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _children(element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for child in element:
        if local := _local(child):
            yield local, child


@dataclass(slots=True)
class _Reader:
    entity_types: dict[str, EntityType] = field(default_factory=dict)
    complex_types: dict[str, ComplexType] = field(default_factory=dict)
    associations: dict[str, Association] = field(default_factory=dict)
    enum_types: dict[str, EnumType] = field(default_factory=dict)
    entity_sets: dict[str, EntitySet] = field(default_factory=dict)
    functions: list[FunctionImport] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def read_schema(self, schema: etree._Element) -> None:
        for local, element in _children(schema):
            if local == "EntityContainer":
                self._container(element)
            elif name := self._name(element):
                self._schema_item(local, name, element)

    def _schema_item(self, local: str, name: str, element: etree._Element) -> None:
        match local:
            case "EntityType":
                self._add(self.entity_types, self._entity(name, element), local)
            case "ComplexType":
                self._add(self.complex_types, ComplexType(name, self._properties(element)), local)
            case "Association":
                self._add(self.associations, Association(name, _ends(element)), local)
            case "EnumType":
                members = tuple(self._name(item) for tag, item in _children(element) if tag == "Member")
                underlying = element.get("UnderlyingType", "Edm.Int32")
                self._add(self.enum_types, EnumType(name, members, underlying), local)
            case _:
                self.problems.append(f"{local} {name}: неизвестный элемент схемы")

    def _add(self, known: dict[str, _Named], item: _Named, what: str) -> None:
        # The platform itself repeats AllowedLength: an equal repetition is no problem.
        if known.setdefault(item.name, item) != item:
            self.problems.append(f"{what} {item.name}: описан дважды и по-разному, взято первое описание")

    def _name(self, element: etree._Element) -> str:
        name = element.get("Name")
        if not name:
            self.problems.append(f"строка {element.sourceline}: элемент {_local(element)} без имени пропущен")
        return intern(name or "")

    def _entity(self, name: str, element: etree._Element) -> EntityType:
        key: list[str] = []
        links: list[NavigationProperty] = []
        for local, child in _children(element):
            if local == "Key":
                key.extend(self._name(item) for tag, item in _children(child) if tag == "PropertyRef")
            elif local == "NavigationProperty" and (link := self._name(child)):
                links.append(
                    NavigationProperty(
                        link,
                        child.get("Relationship", ""),
                        intern(child.get("FromRole", "Begin")),
                        intern(child.get("ToRole", "End")),
                    )
                )
        return EntityType(
            name, tuple(key), self._properties(element), tuple(links), open=element.get("OpenType") == "true"
        )

    def _properties(self, element: etree._Element) -> tuple[Property, ...]:
        return tuple(
            Property(name, intern(child.get("Type", "")), child.get("Nullable") != "false")
            for local, child in _children(element)
            if local == "Property" and (name := self._name(child))
        )

    def _container(self, element: etree._Element) -> None:
        for local, child in _children(element):
            if not (name := self._name(child)):
                continue
            if local == "EntitySet":
                known = self.entity_sets.setdefault(name, item := EntitySet(name, short(child.get("EntityType", ""))))
                if known != item:
                    self.problems.append(f"EntitySet {name}: опубликован дважды и по-разному, взято первое описание")
            elif local == "FunctionImport":
                self.functions.append(self._function(name, child))

    def _function(self, name: str, element: etree._Element) -> FunctionImport:
        parameters = tuple(
            Parameter(self._name(item), intern(item.get("Type", "")))
            for local, item in _children(element)
            if local == "Parameter"
        )
        return FunctionImport(
            name,
            element.get("ReturnType", ""),
            parameters,
            side_effecting=element.get("IsSideEffecting") == "true",
            bindable=element.get("IsBindable") == "true",
        )

    def finish(self) -> Metadata:
        metadata = Metadata(
            entity_types=self.entity_types,
            complex_types=self.complex_types,
            associations=self.associations,
            enum_types=self.enum_types,
            entity_sets=self.entity_sets,
            functions=tuple(self.functions),
        )
        return replace(metadata, problems=(*self.problems, *_inconsistencies(metadata)))


def _ends(element: etree._Element) -> tuple[End, ...]:
    return tuple(
        End(intern(child.get("Role", "")), intern(child.get("Type", "")), intern(child.get("Multiplicity", "")))
        for local, child in _children(element)
        if local == "End"
    )


def _inconsistencies(metadata: Metadata) -> Iterator[str]:
    known = metadata.entity_types.keys() | metadata.complex_types.keys() | metadata.enum_types.keys()
    owners: list[EntityType | ComplexType] = [*metadata.entity_types.values(), *metadata.complex_types.values()]
    for owner in owners:
        for item in owner.properties:
            inner = item.type.removeprefix("Collection(")
            if not inner.startswith("Edm.") and short(inner) not in known:
                yield f"{owner.name}.{item.name}: тип {item.type or '(пусто)'} не описан"
    for entity in metadata.entity_types.values():
        yield from _entity_inconsistencies(metadata, entity)
    for published in metadata.entity_sets.values():
        if published.entity_type not in metadata.entity_types:
            yield f"EntitySet {published.name}: тип {published.entity_type or '(пусто)'} не описан"
    for function in metadata.functions:
        if function.bindable and function.bound_to not in metadata.entity_types:
            yield f"FunctionImport {function.name}: тип {function.bound_to or '(пусто)'} ({BINDING}) не описан"


def _entity_inconsistencies(metadata: Metadata, entity: EntityType) -> Iterator[str]:
    names = {item.name for item in entity.properties}
    yield from (f"{entity.name}: ключевое поле {name} не описано" for name in entity.key if name not in names)
    for link in entity.navigation:
        if metadata.target_of(link) not in metadata.entity_types:
            yield f"{entity.name}.{link.name}: связь {link.relationship or '(пусто)'} не описана"
