"""Schema of EnterpriseData from the XDTO package of a release (`*.xdto.xml`, `Ext/Package.bin` of a configuration's dump).

`load_package(data)` gives a `Package`; `package.validate(message)` says what 1C would refuse, with path and reason; two packages are
compared by `harness.exchange.xdto_compare` (facts/exchanges.md 1.2, 1.5; the packages themselves are 1C's own).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.exchange.markup import children, local, namespace, parse
from harness.exchange.problems import FormatError, Problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from lxml.etree import _Element

    from harness.exchange.enterprise_data import Message

XDTO = "http://v8.1c.ru/8.1/xdto"
XS = "http://www.w3.org/2001/XMLSchema"
_XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
MANY = -1
"""An upper bound without a limit."""
_FACETS = ("length", "minLength", "maxLength", "totalDigits", "fractionDigits")


@dataclass(frozen=True, slots=True)
class Name:
    """A qualified name; an empty namespace with an empty name is "no type": anything."""

    space: str = ""
    local: str = ""

    def __str__(self) -> str:
        return f"xs:{self.local}" if self.space == XS else self.local


@dataclass(frozen=True, slots=True)
class ValueType:
    """A type of plain values.

    Attributes:
        base: type it restricts.
        values: closed list; empty when every value is good.
        patterns: regular expressions of XML Schema; a value fits one of them.
        facets: length, minLength, maxLength, totalDigits, fractionDigits.
        members: types of a union.
    """

    name: str
    base: Name = Name()
    values: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    facets: tuple[tuple[str, int], ...] = ()
    members: tuple[Name, ...] = ()


@dataclass(frozen=True, slots=True)
class Property:
    """A property of an object type.

    Attributes:
        type: its type; `inline` holds it when it is described in place.
        upper: -1 is without a limit.
        required: by facts/exchanges.md 1.2: a lower bound above 0 and not nillable.
        attribute: written as an attribute of the element.
    """

    name: str
    type: Name = Name()
    lower: int = 1
    upper: int = 1
    nillable: bool = False
    attribute: bool = False
    inline: ObjectType | ValueType | None = None

    @property
    def required(self) -> bool:
        """Whether an object without it is refused."""
        return self.lower > 0 and not self.nillable


@dataclass(frozen=True, slots=True)
class ObjectType:
    """A type of objects; properties of its base come first in `Package.properties_of`."""

    name: str
    properties: tuple[Property, ...] = ()
    base: Name = Name()
    open: bool = False
    abstract: bool = False
    ordered: bool = True


@dataclass(frozen=True, slots=True)
class Package:
    """A package: all types of one namespace."""

    namespace: str
    objects: dict[str, ObjectType] = field(default_factory=dict)
    values: dict[str, ValueType] = field(default_factory=dict)
    roots: dict[str, Property] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Version of the format, "1.22"; "" for a package of something else."""
        tail = self.namespace.rpartition("/")[2]
        return tail if tail[:1].isdigit() else ""

    def find(self, name: Name) -> ObjectType | ValueType | None:
        """A type of this package; None for types of XML Schema and of other packages."""
        if name.space != self.namespace:
            return None
        return self.objects.get(name.local) or self.values.get(name.local)

    def type_of(self, one: Property) -> ObjectType | ValueType | None:
        """Type of a property, described in place or by name."""
        return one.inline or self.find(one.type)

    def properties_of(self, kind: ObjectType) -> tuple[Property, ...]:
        """All properties, inherited ones first. A circle of bases ends where it closes."""
        chain, seen = [kind], {kind.name}
        while (base := self.find(chain[-1].base)) and isinstance(base, ObjectType) and base.name not in seen:
            chain.append(base)
            seen.add(base.name)
        return tuple(one for item in reversed(chain) for one in item.properties)

    def exchanged(self) -> tuple[str, ...]:
        """Names of the types that stand in a body: catalogues, documents and the like."""
        return tuple(name for name, kind in self.objects.items() if kind.base.local == "Object")

    def validate(self, message: Message | bytes) -> list[Problem]:
        """What 1C would refuse in the body of a message, with path and reason; empty when all of it fits the package.

        Raises:
            DocumentError: bytes that are no message.
        """
        from harness.exchange import enterprise_data
        from harness.exchange.xdto_check import check

        return check(self, enterprise_data.read(message) if isinstance(message, bytes) else message)


def load_package(data: bytes, place: str = "пакет XDTO") -> Package:
    """Reads a package.

    Raises:
        DocumentError: not XML, or not a package.
    """
    root = parse(data, place)
    if local(root) != "package" or namespace(root) != XDTO:
        raise FormatError(_("корневой элемент «{name}»: это не пакет XDTO"), place=place, name=local(root))
    objects, values, roots = {}, {}, {}
    for item in children(root):
        name = item.get("name", "")
        if local(item) == "objectType":
            objects[name] = _object_type(item, name, place)
        elif local(item) == "valueType":
            values[name] = _value_type(item, name, place)
        elif local(item) == "property":
            roots[name] = _property(item, place)
    return Package(root.get("targetNamespace", ""), objects, values, roots)


def _object_type(item: _Element, name: str, place: str) -> ObjectType:
    return ObjectType(
        name=name,
        properties=tuple(_property(one, place) for one in children(item, "property")),
        base=_name(item, item.get("base", "")),
        open=item.get("open") == "true",
        abstract=item.get("abstract") == "true",
        ordered=item.get("ordered") != "false",
    )


def _property(item: _Element, place: str) -> Property:
    inline: ObjectType | ValueType | None = None
    definition = next(children(item, "typeDef"), None)
    if definition is not None:
        is_object = definition.get(_XSI_TYPE, "").rpartition(":")[2] == "ObjectType"
        inline = _object_type(definition, "", place) if is_object else _value_type(definition, "", place)
    return Property(
        name=item.get("name", "") or _name(item, item.get("ref", "")).local,
        type=_name(item, item.get("type", "")),
        lower=_bound(item.get("lowerBound", "1"), place),
        upper=_bound(item.get("upperBound", "1"), place),
        nillable=item.get("nillable") == "true",
        attribute=item.get("form") == "Attribute",
        inline=inline,
    )


def _value_type(item: _Element, name: str, place: str) -> ValueType:
    inner = next(children(item, "typeDef"), None)
    base = item if inner is None else inner
    return ValueType(
        name=name,
        base=_name(base, base.get("base", "")),
        values=tuple((one.text or "") for one in children(item, "enumeration")),
        patterns=tuple((one.text or "") for one in children(item, "pattern")),
        facets=tuple((facet, _bound(item.get(facet, ""), place)) for facet in _FACETS if item.get(facet)),
        members=tuple(_name(item, part) for part in item.get("memberTypes", "").split()),
    )


def _bound(value: str, place: str) -> int:
    if not value.lstrip("-").isdecimal() or len(value) > 9:
        raise FormatError(_("«{value}» — не граница и не длина"), place=place, value=value)
    return int(value)


def _name(item: _Element, written: str) -> Name:
    """A name in either spelling of 1C: "d3p1:Имя" or "{http://…}Имя"."""
    if written.startswith("{"):
        space, _brace, name = written[1:].partition("}")
        return Name(space, name)
    prefix, colon, name = written.partition(":")
    if not colon:
        return Name(item.nsmap.get(None) or "", written) if written else Name()
    return Name(item.nsmap.get(prefix, ""), name)
