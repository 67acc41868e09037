"""Objects of a message against an XDTO package: every deviation with its path and reason (facts/exchanges.md 1.2, 1.3, 1.5).

Wording follows 1C's own exporter where it has one ("не заполнено обязательное поле").
"""

from __future__ import annotations

import operator
import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from lxml import etree

from harness.exchange.markup import children, line_of, local, namespace, number
from harness.exchange.problems import Problem, problem, problem_of
from harness.exchange.problems import mark as _
from harness.exchange.xdto import XS, Name, ObjectType, ValueType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

    from harness.exchange.enterprise_data import Message
    from harness.exchange.xdto import Package, Property

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_DEEPEST = 60
_MOST = 10_000
_DATE_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_INTEGERS = {"int", "integer", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "unsignedInt"}


def check(package: Package, message: Message) -> list[Problem]:
    """All deviations of the objects of a message, at most some thousands."""
    found: list[Problem] = []
    if message.objects and message.body_namespace != package.namespace:
        template = _("тело в пространстве имён «{found}», а пакет описывает «{wanted}»")
        found.append(
            problem("VERSION", template, path="/Message/Body", found=message.body_namespace, wanted=package.namespace)
        )
    seen: dict[str, int] = {}
    for item in message.objects:
        name = local(item)
        seen[name] = seen.get(name, 0) + 1
        for one in _top(package, item, f"/Message/Body/{name}[{seen[name]}]"):
            found.append(one)
            if len(found) >= _MOST:
                return found
    return found


def _top(package: Package, item: _Element, path: str) -> Iterator[Problem]:
    name = local(item)
    kind = package.objects.get(name)
    if kind is None:
        known = package.roots.get(name)
        found = package.type_of(known) if known else None
        if not isinstance(found, ObjectType):
            template = _("вида объекта «{name}» в версии {version} формата нет")
            yield problem("UNKNOWN", template, line=line_of(item), path=path, name=name, version=package.version)
            return
        kind = found
    yield from _object(package, kind, item, path, 0)


def _object(package: Package, kind: ObjectType, item: _Element, path: str, depth: int) -> Iterator[Problem]:
    if depth > _DEEPEST:
        yield problem(
            "STRUCTURE", _("вложенность больше {number} уровней"), line=line_of(item), path=path, number=_DEEPEST
        )
        return
    properties = {one.name: one for one in package.properties_of(kind)}
    counts: dict[str, int] = {}
    last = -1
    order = {name: place for place, name in enumerate(properties)}
    for child in children(item):
        name = local(child)
        counts[name] = counts.get(name, 0) + 1
        known = properties.get(name)
        below = f"{path}/{name}" + (f"[{counts[name]}]" if known and known.upper != 1 else "")
        if known is None:
            yield from _stranger(package, kind, child, below)
            continue
        if kind.ordered and order[name] < last:
            template = _("свойство «{name}» стоит не на своём месте")
            yield problem("ORDER", template, line=line_of(child), path=below, name=name)
        last = max(last, order[name])
        yield from _property(package, known, child, below, depth)
    yield from _amounts(properties.values(), counts, item, path)


def _stranger(package: Package, kind: ObjectType, child: _Element, path: str) -> Iterator[Problem]:
    """A property the type does not have. Open types take properties of other namespaces (extensions of the format) and any AdditionalInfo."""
    name = local(child)
    if name == "AdditionalInfo" or (kind.open and namespace(child) not in (package.namespace, "")):
        return
    template = _("свойства «{name}» в версии {version} нет: его значение будет потеряно")
    yield problem("UNKNOWN", template, line=line_of(child), path=path, name=name, version=package.version)


def _amounts(properties: Iterable[Property], counts: dict[str, int], item: _Element, path: str) -> Iterator[Problem]:
    for one in properties:
        number_of = counts.get(one.name, 0)
        if one.attribute:
            number_of = int(one.name in item.attrib)
        if not number_of and one.required:
            template = _("не заполнено обязательное поле «{name}»")
            yield problem("MISSING", template, line=line_of(item), path=f"{path}/{one.name}", name=one.name)
        elif one.upper >= 0 and number_of > one.upper:
            template = _("поле «{name}» встречается {number} раз, допустимо {limit}")
            yield problem(
                "DUPLICATE",
                template,
                line=line_of(item),
                path=f"{path}/{one.name}",
                name=one.name,
                number=number_of,
                limit=one.upper,
            )


def _property(package: Package, one: Property, child: _Element, path: str, depth: int) -> Iterator[Problem]:
    if child.get(_NIL) in ("true", "1"):
        if not one.nillable:
            yield problem(
                "MISSING", _("поле «{name}» не может быть пустым"), line=line_of(child), path=path, name=one.name
            )
        return
    kind = package.type_of(one)
    if isinstance(kind, ObjectType):
        text = (child.text or "").strip()
        if text and not len(child):
            template = _("ожидается объект «{type}», а указано значение «{value}»")
            yield problem("VALUE", template, line=line_of(child), path=path, type=kind.name or one.name, value=text)
        elif not len(child) and one.nillable:
            return
        else:
            yield from _object(package, kind, child, path, depth + 1)
        return
    if one.type == Name() and kind is None:
        return
    if len(child) and one.type != Name(XS, "anyType"):
        template = _("ожидается значение, а указан объект из полей {names}")
        names = ", ".join(local(item) for item in children(child))
        yield problem("VALUE", template, line=line_of(child), path=path, names=names)
        return
    why = value_fault(package, kind or one.type, child.text or "")
    if why is not None:
        if one.nillable and not (child.text or "").strip():
            return
        template, values = why
        yield problem_of("VALUE", template, values, line=line_of(child), path=path)


Fault = tuple[str, dict[str, object]]
"""Why a value does not fit a type: a template and its values."""


def value_fault(package: Package, kind: ObjectType | ValueType | Name, text: str) -> Fault | None:
    """Why a value does not fit a type; None when it fits."""
    known = package.find(kind) if isinstance(kind, Name) else kind
    if isinstance(known, ValueType):
        return _plain_fault(package, known, text)
    return _primitive(kind, text) if isinstance(kind, Name) else None


def _plain_fault(package: Package, kind: ValueType, text: str) -> Fault | None:
    if kind.members:
        faults = [value_fault(package, member, text) for member in kind.members]
        return None if None in faults else faults[0]
    if kind.values and text.strip() not in kind.values:
        return _("значения «{value}» в перечислении «{type}» нет"), {"value": text.strip(), "type": kind.name}
    inherited = None
    if kind.base != Name() and kind.base.local != kind.name:
        inherited = value_fault(package, kind.base, text)
    return inherited or _facets(kind, text)


def _primitive(kind: Name, text: str) -> Fault | None:
    if kind.space != XS:
        return None  # a type of another package: Ref of the message's own is a string
    value = text.strip()
    name = kind.local
    good = True
    if name == "boolean":
        good = value in ("true", "false", "0", "1")
    elif name == "decimal":
        good = "," not in value and " " not in value and number(value) is not None
    elif name in _INTEGERS:
        good = value.lstrip("+-").isdecimal() and value.isascii()
    elif name == "date":
        good = _is_date(value)
    elif name == "dateTime":
        found = _DATE_TIME.fullmatch(value)
        good = bool(found) and _is_moment(found.group(1) if found else "")
    if good:
        return None
    return _("«{value}» — не значение типа {type}"), {"value": value, "type": str(kind)}


def _is_date(value: str) -> bool:
    try:
        return len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        return bool(datetime.fromisoformat(value))
    except ValueError:
        return False


_LENGTHS = {
    "length": (_("длина значения {found}, должна быть {limit}"), operator.ne),
    "maxLength": (_("длина значения {found}, допустимо не больше {limit}"), operator.gt),
    "minLength": (_("длина значения {found}, нужно не меньше {limit}"), operator.lt),
}
_DIGITS = {
    "totalDigits": _("в числе «{value}» больше {limit} цифр"),
    "fractionDigits": _("в числе «{value}» больше {limit} знаков после точки"),
}


def _facets(kind: ValueType, text: str) -> Fault | None:
    whole, _point, fraction = text.strip().lstrip("+-").partition(".")
    digits = {
        "totalDigits": len(whole.lstrip("0")) + len(fraction.rstrip("0")),
        "fractionDigits": len(fraction.rstrip("0")),
    }
    for facet, limit in kind.facets:
        if facet in _LENGTHS:
            template, wrong = _LENGTHS[facet]
            if wrong(len(text), limit):
                return template, {"found": len(text), "limit": limit}
        elif digits[facet] > limit:
            return _DIGITS[facet], {"value": text.strip(), "limit": limit}
    if kind.patterns and not any(_fits(pattern, text.strip()) for pattern in kind.patterns):
        return _("значение «{value}» не подходит под образец типа «{type}»"), {"value": text.strip(), "type": kind.name}
    return None


def _fits(pattern: str, value: str) -> bool:
    schema = _compiled(pattern)
    if schema is None or len(value) > 10_000:
        return True
    element = etree.Element("v")
    try:
        element.text = value
    except ValueError:
        return False
    return bool(schema.validate(element))


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> etree.XMLSchema | None:
    """A pattern as a schema of one element: XML Schema's own engine, whose time does not explode on a hostile value.

    None for a pattern that cannot be compiled: the package is then at fault, not the message.
    """
    root = etree.Element(f"{{{XS}}}schema", nsmap={"xs": XS})
    outer = etree.SubElement(root, f"{{{XS}}}element", name="v")
    kind = etree.SubElement(etree.SubElement(outer, f"{{{XS}}}simpleType"), f"{{{XS}}}restriction", base="xs:string")
    etree.SubElement(kind, f"{{{XS}}}pattern", value=pattern)
    try:
        return etree.XMLSchema(root)
    except etree.XMLSchemaParseError:
        return None
