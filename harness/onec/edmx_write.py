"""Writes `$metadata` in 1C's own form: tabs, one attribute a line, fixed order of sections (facts/odata.md 4)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from harness.onec.names import CONTAINER, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.onec.edmx_model import Association, EntityType, EnumType, FunctionImport, Metadata, Property

_SYSTEM_TAIL = ("AllowedLength", "DateFractions")
_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx"
\t\tVersion="1.0">
\t<edmx:DataServices xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"
\t\t\tm:DataServiceVersion="3.0"
\t\t\tm:MaxDataServiceVersion="3.0">
\t\t<Schema xmlns="http://schemas.microsoft.com/ado/2009/11/edm"
\t\t\t\tNamespace="{NAMESPACE}">
"""
_TAIL = """\t\t</Schema>
\t</edmx:DataServices>
</edmx:Edmx>"""


def write_edmx(metadata: Metadata) -> bytes:
    """The document as 1C would answer it, UTF-8.

    Equal to a recorded one up to the ends of lines.
    """
    parts = [_HEAD]
    parts.extend(_entity(item) for item in metadata.entity_types.values())
    parts.extend(
        _element(3, "ComplexType", [("Name", item.name)], _properties(item.properties))
        for item in metadata.complex_types.values()
    )
    parts.extend(_association(item) for item in metadata.associations.values())
    parts.extend(_enums(metadata))
    parts.append(_container(metadata))
    parts.append(_TAIL)
    return "".join(parts).encode()


def _element(depth: int, tag: str, attributes: Iterable[tuple[str, str]], content: Iterable[str] = ()) -> str:
    tabs = "\t" * depth
    head = f"\n{tabs}\t\t".join(f"{name}={_quoted(value)}" for name, value in attributes)
    opening = f"{tabs}<{tag} {head}" if head else f"{tabs}<{tag}"
    body = "".join(content)
    return f"{opening}>\n{body}{tabs}</{tag}>\n" if body else f"{opening}/>\n"


@lru_cache(maxsize=32_768)
def _quoted(value: str) -> str:
    # Names and types repeat: a tenth of those of a large configuration are different.
    return f'"{value}"' if value.replace("_", "a").replace(".", "a").isalnum() else quoteattr(value, {'"': "&quot;"})


def _properties(properties: tuple[Property, ...]) -> Iterator[str]:
    for item in properties:
        nullable = "true" if item.nullable else "false"
        yield (
            f"\t\t\t\t<Property Name={_quoted(item.name)}\n\t\t\t\t\t\tType={_quoted(item.type)}\n"
            f'\t\t\t\t\t\tNullable="{nullable}"/>\n'
        )


def _entity(item: EntityType) -> str:
    def content() -> Iterator[str]:
        if item.key:
            yield _element(4, "Key", [], (_element(5, "PropertyRef", [("Name", name)]) for name in item.key))
        yield from _properties(item.properties)
        for link in item.navigation:
            attributes = (
                ("Name", link.name),
                ("Relationship", link.relationship),
                ("FromRole", link.from_role),
                ("ToRole", link.to_role),
            )
            yield _element(4, "NavigationProperty", attributes)

    attributes = [("Name", item.name)]
    if item.open:
        attributes.append(("OpenType", "true"))
    return _element(3, "EntityType", attributes, content())


def _association(item: Association) -> str:
    ends = (
        _element(4, "End", [("Role", end.role), ("Type", end.type), ("Multiplicity", end.multiplicity)])
        for end in item.ends
    )
    return _element(3, "Association", [("Name", item.name)], ends)


def _enums(metadata: Metadata) -> Iterator[str]:
    for item in metadata.enum_types.values():
        yield _enum(item)
    # The platform emits this one twice, once for strings and once for binary data; clients have to live with it.
    if all(name in metadata.enum_types for name in _SYSTEM_TAIL):
        yield _enum(metadata.enum_types["AllowedLength"])


def _enum(item: EnumType) -> str:
    members = (_element(4, "Member", [("Name", name)]) for name in item.members)
    return _element(3, "EnumType", [("Name", item.name), ("UnderlyingType", item.underlying)], members)


def _container(metadata: Metadata) -> str:
    def content() -> Iterator[str]:
        for item in metadata.entity_sets.values():
            yield _element(4, "EntitySet", [("Name", item.name), ("EntityType", f"{NAMESPACE}.{item.entity_type}")])
        for function in metadata.functions:
            yield _function(function)

    return _element(3, "EntityContainer", [("Name", CONTAINER), ("m:IsDefaultEntityContainer", "true")], content())


def _function(item: FunctionImport) -> str:
    attributes = [
        ("Name", item.name),
        ("IsBindable", "true" if item.bindable else "false"),
        ("IsSideEffecting", "true" if item.side_effecting else "false"),
    ]
    if item.return_type:
        attributes.append(("ReturnType", item.return_type))
    parameters = (_element(5, "Parameter", [("Name", one.name), ("Type", one.type)]) for one in item.parameters)
    return _element(4, "FunctionImport", attributes, parameters)
