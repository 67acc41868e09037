"""Kinds of observed values, their names for people, and numbers as digits: what needs no library."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum


class ColumnKind(StrEnum):
    """Kinds of columns: what structure is compared by."""

    TEXT = "text"
    NUMBER = "number"
    DATETIME = "datetime"
    BOOLEAN = "boolean"
    JSON = "json"
    MIXED = "mixed"
    UNKNOWN = "unknown"


KIND_NAMES = {
    ColumnKind.TEXT: "строка",
    ColumnKind.NUMBER: "число",
    ColumnKind.DATETIME: "дата",
    ColumnKind.BOOLEAN: "булево",
    ColumnKind.JSON: "вложенные данные",
    ColumnKind.MIXED: "составной тип",
    ColumnKind.UNKNOWN: "нет значений",
}
"""Names for people."""

_DECLARED = {
    "uuid": ColumnKind.TEXT,
    "date": ColumnKind.DATETIME,
    "string": ColumnKind.TEXT,
    "Edm.String": ColumnKind.TEXT,
    "Edm.Guid": ColumnKind.TEXT,
    "Edm.Boolean": ColumnKind.BOOLEAN,
    "Edm.DateTime": ColumnKind.DATETIME,
    "Edm.DateTimeOffset": ColumnKind.DATETIME,
    "Edm.Double": ColumnKind.NUMBER,
    "Edm.Decimal": ColumnKind.NUMBER,
    "Edm.Int16": ColumnKind.NUMBER,
    "Edm.Int32": ColumnKind.NUMBER,
    "Edm.Int64": ColumnKind.NUMBER,
    "Edm.Byte": ColumnKind.NUMBER,
    "Edm.Binary": ColumnKind.TEXT,
    "Edm.Stream": ColumnKind.TEXT,
}


def declared_kind(name: str) -> ColumnKind:
    """Kind by a declared name: one of this module's, or a type of OData; what is not known is told by its values."""
    if name in _DECLARED:
        return _DECLARED[name]
    return ColumnKind(name) if name in list(ColumnKind) else ColumnKind.UNKNOWN


def digits(value: float | Decimal, *, bare: bool = False) -> str:
    """A number as digits, never exponential; `bare` drops zeros at the end of the fraction."""
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    text = format(number, "f")
    if bare and "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text
