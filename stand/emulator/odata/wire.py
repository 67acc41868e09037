"""Cells of the database to values of the wire (facts/odata.md 3): the reading half of the types.

`Int64` is a string, `Double` exact digits, a composite value a string next to its type. What a value becomes does not depend on JSON or Atom: a
whole number of `Double`, `Int16` is an `int` or raw digits, everything else text, a boolean, a structure.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from stand.emulator.odata.shapes import Part
from stand.emulator.odata.types import type_to_wire
from stand.emulator.tables import Storage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stand.emulator.odata.shapes import Prop

Json: TypeAlias = "Any"
"""What msgspec writes: str, int, bool, None, Raw digits, list, dict."""

EMPTY_TYPES = {
    "Types": [],
    "NumberQualifiers": {"AllowedSign": "Any", "Digits": 0, "FractionDigits": 0},
    "StringQualifiers": {"AllowedLength": "Variable", "Length": "0"},
    "DateQualifiers": {"DateFractions": "DateTime"},
    "BinaryDataQualifiers": {"AllowedLength": "Variable", "Length": "0"},
}
"""A description of types that describes none."""


def digits(number: int, scale: int) -> Json:
    """A scaled integer as a JSON number with all its digits and no idle zeros."""
    if not scale:
        return number
    whole, rest = divmod(abs(number), 10**scale)
    if not rest:
        return -whole if number < 0 else whole
    text = f"{'-' if number < 0 else ''}{whole}.{rest:0{scale}d}".rstrip("0")
    return msgspec.Raw(text.encode())


def reader(prop: Prop) -> Callable[[Sequence[Any]], Json]:
    """A function from the cells of a property's field to its value on the wire."""
    field = prop.field
    if field is None:
        raise ValueError(f"{prop.name} — не скалярное свойство")
    if prop.part is Part.TYPE:
        return _media_type if field.storage is Storage.BINARY else _type_name
    if prop.part is Part.BASE64:
        return _base64
    if prop.part is Part.STREAM:
        return _nothing
    match field.storage:
        case Storage.NUMBER if prop.edm == "Edm.Int64":
            return _int64
        case Storage.NUMBER:
            scale = field.scale
            return lambda cells: None if cells[0] is None else digits(cells[0], scale)
        case Storage.BOOLEAN:
            return _boolean
        case Storage.TYPES:
            return _types
        case _:
            return _plain


def _plain(cells: Sequence[Any]) -> Json:
    return cells[0]


def _nothing(_cells: Sequence[Any]) -> Json:
    return None


def _boolean(cells: Sequence[Any]) -> Json:
    return None if cells[0] is None else bool(cells[0])


def _int64(cells: Sequence[Any]) -> Json:
    return None if cells[0] is None else str(cells[0])


def _type_name(cells: Sequence[Any]) -> Json:
    return type_to_wire(cells[1])


def _media_type(cells: Sequence[Any]) -> Json:
    return cells[1]


def _base64(cells: Sequence[Any]) -> Json:
    return base64.b64encode(cells[0]).decode()


def _types(cells: Sequence[Any]) -> Json:
    return msgspec.json.decode(cells[0]) if cells[0] else EMPTY_TYPES
