"""Cells of the database: which columns hold an attribute, and how a value becomes a cell and back.

A number with a known fraction is an integer scaled by it, so sums are exact; a date is ISO text, which sorts; a composite attribute is two
columns, `X` and `X.type`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from harness.onec.names import EMPTY_DATE
from harness.onec.values import format_datetime, format_decimal, parse_datetime
from stand.emulator.database.numbers import scaled, unscaled
from stand.emulator.rows import EMPTY, EMPTY_MOMENT, Ref, Stored, Value, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stand.emulator.model import Attribute, ValueType

Cell: TypeAlias = "str | int | bytes"
"""What a column of the database holds; never NULL, as in 1C."""

_INT64_DIGITS = 19
_LONGEST_NAME = 63
_HASH_DIGITS = 8


class Storage(StrEnum):
    """How an attribute is kept."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    UUID = "uuid"
    REFERENCE = "reference"
    COMPOSITE = "composite"
    BINARY = "binary"
    TYPES = "types"


_PRIMITIVE = {
    "String": Storage.TEXT,
    "Number": Storage.NUMBER,
    "Boolean": Storage.BOOLEAN,
    "Date": Storage.DATE,
    "UUID": Storage.UUID,
    "ValueStorage": Storage.BINARY,
    "TypeDescription": Storage.TYPES,
}
_EMPTY_CELLS: dict[Storage, tuple[Cell, ...]] = {
    Storage.TEXT: ("",),
    Storage.NUMBER: (0,),
    Storage.BOOLEAN: (0,),
    Storage.DATE: (EMPTY_DATE,),
    Storage.UUID: (EMPTY,),
    Storage.REFERENCE: (EMPTY,),
    Storage.COMPOSITE: ("", ""),
    Storage.BINARY: (b"", ""),
    Storage.TYPES: ("",),
}


@lru_cache(maxsize=1 << 16)
def quoted(name: str) -> str:
    """A name of the model as an identifier of SQL, shortened as `short_name` does."""
    return '"' + short_name(name).replace('"', '""') + '"'


def short_name(name: str) -> str:
    """A name no longer than PostgreSQL keeps (63 bytes, and a Cyrillic letter is two): the end gives way to a hash of the whole."""
    raw = name.encode()
    if len(raw) <= _LONGEST_NAME:
        return name
    head = raw[: _LONGEST_NAME - _HASH_DIGITS - 1].decode(errors="ignore")
    return f"{head}~{hashlib.sha256(raw).hexdigest()[:_HASH_DIGITS]}"


def storage_of(type_: ValueType) -> Storage:
    """How values of a type are kept."""
    if type_.composite:
        return Storage.COMPOSITE
    only = type_.alternatives[0]
    return _PRIMITIVE.get(only) or (Storage.TEXT if only.startswith("Enum_") else Storage.REFERENCE)


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute as it lies in a table; `target` is the object of a single-type reference."""

    name: str
    type: ValueType
    storage: Storage
    scale: int
    target: str = ""

    @classmethod
    def of(cls, attribute: Attribute) -> Field:
        """By the attribute's type."""
        storage = storage_of(attribute.type)
        scale = attribute.type.fraction if storage is Storage.NUMBER else 0
        return cls(attribute.name, attribute.type, storage, scale, attribute.type.reference)

    @property
    def encoder(self) -> Callable[[Field, Any], tuple[Cell, ...]]:
        """What `encode` does to a value that is not None, without its explanation of errors: for many rows."""
        return _ENCODERS[self.storage]

    @property
    def decoder(self) -> Callable[[Field, Sequence[Any]], Value]:
        """What `decode` does: for many rows."""
        return _DECODERS[self.storage]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of its columns, not quoted."""
        return (self.name, f"{self.name}.type") if self.storage in (Storage.COMPOSITE, Storage.BINARY) else (self.name,)

    @property
    def empty(self) -> tuple[Cell, ...]:
        """Cells of an empty value."""
        return _EMPTY_CELLS[self.storage]

    def encode(self, value: Value) -> tuple[Cell, ...]:
        """Cells of a value; None is empty, a string longer than its type is cut silently (facts/odata.md 6).

        Raises:
            ValueError: the value is of another type.
        """
        if value is None:
            return self.empty
        try:
            return _ENCODERS[self.storage](self, value)
        except (TypeError, AttributeError, ArithmeticError, ValueError) as error:
            raise ValueError(f"{self.name}: «{str(value)[:60]}» — не {self.storage.value}") from error

    def decode(self, cells: Sequence[Any]) -> Value:
        """A value out of its cells."""
        return _DECODERS[self.storage](self, cells)


def _encode_text(field: Field, value: Any) -> tuple[Cell, ...]:
    text = value.id if isinstance(value, Ref) else value
    if not isinstance(text, str) or "\0" in text:
        # A NUL cannot be kept by PostgreSQL, nor written in XML; 1C has none in a string either.
        raise TypeError
    limit = field.type.length
    return (text[:limit] if limit and len(text) > limit else text,)


def _encode_number(field: Field, value: Any) -> tuple[Cell, ...]:
    number = scaled(value, field.scale)
    if not field.type.edm and field.type.digits < _INT64_DIGITS:
        limit = 10**field.type.digits - 1
        number = max(-limit, min(limit, number))
    return (number,)


def _encode_reference(field: Field, value: Any) -> tuple[Cell, ...]:
    if not isinstance(value, Ref):
        return (_guid_text(value),)
    if field.target not in (value.object, "?") and value.id != EMPTY and value.object:
        # The column keeps the id alone: a reference to another object would silently become one to this.
        raise TypeError
    return (value.id,)


def _guid_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value.lower() or EMPTY


def _encode_composite(_field: Field, value: Any) -> tuple[Cell, ...]:
    if isinstance(value, Ref):
        return (value.id, value.object)
    if isinstance(value, bool):
        return ("true" if value else "false", "Boolean")
    if isinstance(value, int | Decimal):
        # One text for one number: 1.50 and 1.5 must compare equal.
        return (format_decimal(Decimal(value).normalize()), "Number")
    if isinstance(value, str):
        if "\0" in value:
            raise TypeError
        return (value, "String")
    return (format_datetime(value), "Date")


def _encode_boolean(_field: Field, value: Any) -> tuple[Cell, ...]:
    return (1 if value else 0,)


def _encode_date(_field: Field, value: Any) -> tuple[Cell, ...]:
    return (format_datetime(moment_of(value)),)


def _encode_uuid(_field: Field, value: Any) -> tuple[Cell, ...]:
    return (_guid_text(value),)


def _encode_binary(_field: Field, value: Any) -> tuple[Cell, ...]:
    return (bytes(value.content), str(value.media))


def _encode_types(_field: Field, value: Any) -> tuple[Cell, ...]:
    return (msgspec.json.encode(value).decode(),)


_ENCODERS: dict[Storage, Callable[[Field, Any], tuple[Cell, ...]]] = {
    Storage.TEXT: _encode_text,
    Storage.NUMBER: _encode_number,
    Storage.BOOLEAN: _encode_boolean,
    Storage.DATE: _encode_date,
    Storage.UUID: _encode_uuid,
    Storage.REFERENCE: _encode_reference,
    Storage.COMPOSITE: _encode_composite,
    Storage.BINARY: _encode_binary,
    Storage.TYPES: _encode_types,
}


def decode_composite(text: str, type_name: str) -> Value:
    """A value of a composite attribute out of its two cells.

    Raises:
        ValueError, ArithmeticError: the text is not of the type.
    """
    match type_name:
        case "":
            return None
        case "String":
            return text
        case "Number":
            return Decimal(text)
        case "Boolean":
            return text == "true"
        case "Date":
            return parse_datetime(text)
        case _:
            return Ref(type_name, text)


def _decode_plain(_field: Field, cells: Sequence[Any]) -> Value:
    text: str = cells[0]
    return text


def _decode_number(field: Field, cells: Sequence[Any]) -> Value:
    number: int = cells[0]
    return unscaled(number, field.scale) if field.scale else number


def _decode_boolean(_field: Field, cells: Sequence[Any]) -> Value:
    return bool(cells[0])


def _decode_date(_field: Field, cells: Sequence[Any]) -> Value:
    return EMPTY_MOMENT if cells[0] == EMPTY_DATE else parse_datetime(cells[0])


def _decode_reference(field: Field, cells: Sequence[Any]) -> Value:
    return Ref(field.target, cells[0])


def _decode_composite(_field: Field, cells: Sequence[Any]) -> Value:
    return decode_composite(cells[0], cells[1])


def _decode_binary(_field: Field, cells: Sequence[Any]) -> Value:
    return Stored(cells[1], cells[0])


def _decode_types(_field: Field, cells: Sequence[Any]) -> Value:
    return msgspec.json.decode(cells[0], type=dict[str, Any]) if cells[0] else {}


_DECODERS: dict[Storage, Callable[[Field, Sequence[Any]], Value]] = {
    Storage.TEXT: _decode_plain,
    Storage.NUMBER: _decode_number,
    Storage.BOOLEAN: _decode_boolean,
    Storage.DATE: _decode_date,
    Storage.UUID: _decode_plain,
    Storage.REFERENCE: _decode_reference,
    Storage.COMPOSITE: _decode_composite,
    Storage.BINARY: _decode_binary,
    Storage.TYPES: _decode_types,
}
