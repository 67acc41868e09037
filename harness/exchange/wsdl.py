"""WSDL of 1C's web services: operations with their parameters, read and compared (facts/exchanges.md 1.7, 6).

Enough of WSDL 1.1 and XML Schema for what 1C publishes (document/literal, wrapped); calls are made by zeep when it is installed
(`harness.exchange.soap`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.exchange.changes import ADDED, CHANGED, MANDATORY, PLAIN, REMOVED, TYPE, Change
from harness.exchange.markup import child, children, local, namespace, parse
from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

WSDL = "http://schemas.xmlsoap.org/wsdl/"
XS = "http://www.w3.org/2001/XMLSchema"
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter or a property of a type: its type as "xs:string" or a name, whether it may be absent or nil, whether it repeats."""

    name: str
    type: str
    optional: bool = False
    nillable: bool = False
    many: bool = False

    @property
    def shape(self) -> str:
        """Type with its multiplicity."""
        return self.type + ("[]" if self.many else "")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation: parameters in and out ("return" is the result)."""

    name: str
    action: str = ""
    inputs: tuple[Parameter, ...] = ()
    outputs: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Service:
    """A web service.

    Attributes:
        types: named types that operations use, with their properties.
        addresses: addresses of the ports, sorted.
    """

    name: str
    namespace: str
    operations: dict[str, Operation] = field(default_factory=dict)
    types: dict[str, tuple[Parameter, ...]] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()


def read(data: bytes, place: str = "WSDL") -> Service:
    """Reads a WSDL.

    Raises:
        DocumentError: not XML, or not a WSDL.
    """
    root = parse(data, place)
    if local(root) != "definitions" or namespace(root) != WSDL:
        raise FormatError(_("корневой элемент «{name}»: это не WSDL"), place=place, name=local(root))
    schemas = [item for holder in children(root, "types") for item in children(holder, "schema")]
    elements = {item.get("name", ""): item for one in schemas for item in children(one, "element")}
    types = {item.get("name", ""): item for one in schemas for item in children(one, "complexType")}
    messages = {item.get("name", ""): item for item in children(root, "message")}
    operations: dict[str, Operation] = {}
    for port in children(root, "portType"):
        for item in children(port, "operation"):
            sides = [_message(child(item, side), messages, elements, types) for side in ("input", "output")]
            name = item.get("name", "")
            operations[name] = Operation(name, _action(root, name), sides[0], sides[1])
    return Service(
        name=root.get("name", ""),
        namespace=root.get("targetNamespace", ""),
        operations=operations,
        types=_used(operations, types),
        addresses=tuple(sorted(_addresses(root))),
    )


def _tail(name: str) -> str:
    return name.rpartition(":")[2]


def _action(root: _Element, name: str) -> str:
    for binding in children(root, "binding"):
        for item in children(binding, "operation"):
            inner = child(item, "operation")
            if item.get("name") == name and inner is not None:
                return inner.get("soapAction", "")
    return ""


def _addresses(root: _Element) -> Iterator[str]:
    for service in children(root, "service"):
        for port in children(service, "port"):
            for address in children(port, "address"):
                yield address.get("location", "")


def _message(
    side: _Element | None, messages: dict[str, _Element], elements: dict[str, _Element], types: dict[str, _Element]
) -> tuple[Parameter, ...]:
    message = messages.get(_tail(side.get("message", ""))) if side is not None else None
    found: list[Parameter] = []
    for part in children(message, "part"):
        element = elements.get(_tail(part.get("element", "")))
        if element is None:
            found.append(Parameter(part.get("name", ""), _type_name(part, part.get("type", ""))))
            continue
        inner = child(element, "complexType")
        kind = inner if inner is not None else types.get(_tail(element.get("type", "")))
        found += _parameters(kind)
    return tuple(found)


def _parameters(kind: _Element | None) -> list[Parameter]:
    """Elements of a sequence, choice or all, and of an extension of a base."""
    found: list[Parameter] = []
    waiting = deque([(kind, 0)])
    while waiting:
        here, depth = waiting.popleft()
        for item in children(here):
            if local(item) == "element":
                found.append(_parameter(item))
            elif (
                local(item) in ("sequence", "choice", "all", "complexContent", "extension", "restriction")
                and depth < _DEEPEST
            ):
                waiting.append((item, depth + 1))
    return found


def _parameter(item: _Element) -> Parameter:
    many = item.get("maxOccurs", "1") not in ("0", "1")
    inline = next(children(item, "complexType", "simpleType"), None)
    written = _type_name(item, item.get("type", "")) or ("{…}" if inline is not None else "xs:anyType")
    return Parameter(
        item.get("name", "") or _tail(item.get("ref", "")),
        written,
        optional=item.get("minOccurs") == "0",
        nillable=item.get("nillable") in ("true", "1"),
        many=many,
    )


def _type_name(item: _Element, written: str) -> str:
    """A type by the meaning of its prefix, for prefixes change between publications."""
    prefix, colon, name = written.partition(":")
    if not colon:
        return written
    return f"xs:{name}" if item.nsmap.get(prefix) == XS else name


def _used(operations: dict[str, Operation], types: dict[str, _Element]) -> dict[str, tuple[Parameter, ...]]:
    """Types reachable from operations: 1C publishes its whole type system in each WSDL."""
    waiting = [one.type for item in operations.values() for one in (*item.inputs, *item.outputs)]
    found: dict[str, tuple[Parameter, ...]] = {}
    while waiting:
        name = waiting.pop()
        if name in types and name not in found:
            found[name] = tuple(_parameters(types[name]))
            waiting += [one.type for one in found[name]]
    return found


def differences(before: Service, after: Service) -> list[Change]:
    """What an update changed for callers; those that break a caller first."""
    found: list[Change] = []
    for name, was, now in (("targetNamespace", before.namespace, after.namespace), ("name", before.name, after.name)):
        if was != now:
            found.append(Change(CHANGED, "WSDL", name, was, now, breaking=True))
    for name, operation in before.operations.items():
        other = after.operations.get(name)
        if other is None:
            found.append(Change(REMOVED, f"operation {name}", breaking=True))
            continue
        if operation.action != other.action:
            found.append(
                Change(CHANGED, f"operation {name}", "soapAction", operation.action, other.action, breaking=True)
            )
        found += _sides(f"operation {name}", operation.inputs, other.inputs, sent=True)
        found += _sides(f"operation {name} → response", operation.outputs, other.outputs, sent=False)
    found += [Change(ADDED, f"operation {name}") for name in after.operations if name not in before.operations]
    for name, parameters in before.types.items():
        if name in after.types:
            found += _sides(f"type {name}", parameters, after.types[name], sent=True)
    return sorted(found, key=lambda one: not one.breaking)


def _sides(name: str, was: tuple[Parameter, ...], now: tuple[Parameter, ...], *, sent: bool) -> Iterator[Change]:
    old, new = {one.name: one for one in was}, {one.name: one for one in now}
    for key, one in old.items():
        other = new.get(key)
        if other is None:
            yield Change(REMOVED, name, key, one.shape, breaking=True)
        elif one.shape != other.shape:
            yield Change(CHANGED, name, key, one.shape, other.shape, breaking=True, aspect=TYPE)
        elif one.optional != other.optional:
            kind = REMOVED if other.optional else CHANGED
            yield Change(kind, name, key, breaking=not other.optional, aspect=MANDATORY)
    for key, one in new.items():
        if key not in old:
            wanted = sent and not one.optional
            yield Change(ADDED, name, key, after=one.shape, breaking=wanted, aspect=MANDATORY if wanted else PLAIN)
    if [key for key in old if key in new] != [key for key in new if key in old]:
        yield Change(CHANGED, name, "order", ", ".join(old), ", ".join(new), breaking=True)
