"""What others rely on, written as entries of a contract: WSDL, shapes of JSON answers, routes of HTTP services, columns of reports.

`observe.contract` takes the entries; `$metadata` has its own reader in `harness.checks.contract`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import DocumentError
from harness.exchange.markup import local, parse

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lxml.etree import _Element

_JSON = msgspec.json.Decoder(float_hook=Decimal)
_METHODS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
MANDATORY = ", обязательное"


def wsdl_entries(content: bytes, place: str = "WSDL") -> dict[str, str]:
    """Operations of a web service with their messages, and the elements of its types.

    Returns:
        {"операция/GetOrder": "GetOrderRequest → GetOrderResponse", "тип/Order/Number": "string, обязательное"}.

    Raises:
        DocumentError: no WSDL.
    """
    root = parse(content, place)
    if local(root) != "definitions":
        raise DocumentError("это не WSDL: нет definitions", place=place)
    found: dict[str, str] = {}
    for node in root.iter():
        name = node.get("name") or ""
        if local(node) == "operation" and local(node.getparent()) == "portType":
            sides = {local(child): _short(child.get("message")) for child in node if local(child)}
            found[f"операция/{name}"] = f"{sides.get('input', '')} → {sides.get('output', '')}"
        elif local(node) == "message":
            for one in node:
                if local(one) == "part":
                    kind = _short(one.get("element") or one.get("type"))
                    found[f"сообщение/{name}/{one.get('name')}"] = f"{kind}{MANDATORY}"
        elif local(node) == "complexType":
            found |= dict(_members(node))
        elif local(node) == "simpleType" and name:
            found |= {
                f"тип/{name}/{one.get('value')}": "значение" for one in node.iter() if local(one) == "enumeration"
            }
    return found


def _members(node: _Element) -> Iterator[tuple[str, str]]:
    """Elements and attributes of one complex type."""
    parent = node.getparent()
    outer = node.get("name") or (parent.get("name") if parent is not None else "") or "?"
    for one in node.iter():
        if local(one) == "element" and one is not node and (one.get("name") or one.get("ref")):
            many = one.get("maxOccurs") not in (None, "1", "0")
            kind = f"{'список ' if many else ''}{_short(one.get('type') or one.get('ref')) or 'вложенный тип'}"
            required = "" if one.get("minOccurs") == "0" else MANDATORY
            yield f"тип/{outer}/{one.get('name') or _short(one.get('ref'))}", f"{kind}{required}"
        elif local(one) == "attribute" and one.get("name"):
            required = MANDATORY if one.get("use") == "required" else ""
            yield f"тип/{outer}/@{one.get('name')}", f"{_short(one.get('type'))}{required}"


def _short(name: str | None) -> str:
    """A qualified name without its prefix, which is another one in every release."""
    return (name or "").rpartition(":")[2]


def json_entries(content: bytes, place: str = "JSON") -> dict[str, str]:
    """Shape of a JSON answer: paths of its parts with the types met there; what a member of a list lacks is not mandatory.

    Returns:
        {"заказы": "список", "заказы/сумма": "число, обязательное"}.

    Raises:
        DocumentError: no JSON.
    """
    try:
        value = _JSON.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentError(f"это не JSON: {error}", place=place) from error
    kinds: dict[str, set[str]] = {}
    optional: set[str] = set()
    _shape(value, "", kinds, optional)
    found = {}
    for path, met in kinds.items():
        told = " или ".join(sorted(met - {"null"})) or "null"
        free = path in optional or "null" in met
        found[path or "/"] = told if free else f"{told}{MANDATORY}"
    return found


def _shape(value: Any, path: str, kinds: dict[str, set[str]], optional: set[str]) -> None:
    kinds.setdefault(path, set()).add(_json_kind(value))
    if isinstance(value, dict):
        for name, inner in value.items():
            _shape(inner, f"{path}/{name}" if path else str(name), kinds, optional)
    elif isinstance(value, list):
        members = [inner for inner in value if isinstance(inner, dict)]
        names = {str(name) for inner in members for name in inner}
        optional |= {
            f"{path}/{name}" if path else name for name in names if any(name not in inner for inner in members)
        }
        for inner in value:
            if isinstance(inner, dict):
                for name, part in inner.items():
                    _shape(part, f"{path}/{name}" if path else str(name), kinds, optional)
            else:
                _shape(inner, f"{path}/*", kinds, optional)


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "булево"
    kinds = ((dict, "объект"), (list, "список"), (str, "строка"), (int | Decimal, "число"))
    return next((name for types, name in kinds if isinstance(value, types)), "null")


def route_entries(description: Mapping[str, Any]) -> dict[str, str]:
    """Routes of an HTTP service from its OpenAPI description, already decoded: methods, parameters, codes of answers.

    Returns:
        {"GET /orders/{id}": "маршрут", "GET /orders/{id}/параметр/id": "string, обязательное", "GET /orders/{id}/ответ/200": "есть"}.
    """
    found: dict[str, str] = {}
    for path, methods in dict(description.get("paths", {})).items():
        for method, one in methods.items():
            if method not in _METHODS:
                continue
            route = f"{method.upper()} {path}"
            found[route] = "маршрут"
            for parameter in [*methods.get("parameters", ()), *one.get("parameters", ())]:
                kind = parameter.get("schema", {}).get("type", "любое")
                required = MANDATORY if parameter.get("required") else ""
                found[f"{route}/параметр/{parameter.get('name', '?')}"] = f"{kind}{required}"
            found |= {f"{route}/ответ/{code}": "есть" for code in one.get("responses", {})}
    return found


def column_entries(report: str, columns: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Columns of a report, (name, type) each, as those who read it rely on them."""
    return {f"{report}/{name}": kind for name, kind in columns}
