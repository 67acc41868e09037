"""Cells of the database to values of the wire (facts/odata.md 3): the reading half of the types.

`Int64` is a string, `Double` exact digits, a composite value a string next to its type. What a value becomes does not depend on JSON or Atom: a
whole number of `Double`, `Int16` is an `int` or raw digits, everything else text, a boolean, a structure.
"""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from stand.emulator.database.tables import Storage
from stand.emulator.odata.shapes import Part
from stand.emulator.odata.types import type_to_wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from stand.emulator.odata.shapes import Prop

Json: TypeAlias = "Any"
"""What msgspec writes: str, int, bool, None, Raw digits, list, dict."""
Convert: TypeAlias = "Callable[[Any], Json] | None"
"""A cell to its value on the wire; None: as it is."""

EMPTY_TYPES = {
    "Types": [],
    "NumberQualifiers": {"AllowedSign": "Any", "Digits": 0, "FractionDigits": 0},
    "StringQualifiers": {"AllowedLength": "Variable", "Length": "0"},
    "DateQualifiers": {"DateFractions": "DateTime"},
    "BinaryDataQualifiers": {"AllowedLength": "Variable", "Length": "0"},
}
"""A description of types that describes none."""


@lru_cache(maxsize=65_536)
def digits(number: int, scale: int) -> Json:
    """A scaled integer as a JSON number with all its digits and no idle zeros."""
    whole, rest = divmod(abs(number), 10**scale)
    if not rest:
        return -whole if number < 0 else whole
    text = f"{'-' if number < 0 else ''}{whole}.{rest:0{scale}d}".rstrip("0")
    return msgspec.Raw(text.encode())


def reader(prop: Prop) -> tuple[int, Convert]:
    """Which of its field's cells a property shows, and how; the most common conversions cost nothing.

    Raises:
        ValueError: the property is a collection.
    """
    field = prop.field
    if field is None:
        raise ValueError(f"{prop.name} — не скалярное свойство")
    if prop.part is Part.TYPE:
        return 1, None if field.storage is Storage.BINARY else type_to_wire
    if prop.part is Part.BASE64:
        return 0, _base64
    if field.storage is Storage.NUMBER:
        return 0, _number(prop.edm, field.scale)
    return 0, _CONVERTERS.get(field.storage)


def _number(edm: str, scale: int) -> Convert:
    if edm == "Edm.Int64":
        return _int64
    if not scale:
        return None
    # A scalar of a joined row may be NULL.
    return lambda cell: None if cell is None else digits(cell, scale)


def _boolean(cell: Any) -> Json:
    return None if cell is None else bool(cell)


def _int64(cell: Any) -> Json:
    return None if cell is None else str(cell)


def _base64(cell: Any) -> Json:
    return base64.b64encode(cell).decode()


def _types(cell: Any) -> Json:
    return msgspec.json.decode(cell) if cell else EMPTY_TYPES


_CONVERTERS: dict[Storage, Callable[[Any], Json]] = {Storage.BOOLEAN: _boolean, Storage.TYPES: _types}
