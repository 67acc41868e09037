"""Tables of the database out of the model: which columns hold an attribute, and how a value becomes a cell and back.

One table for each object, one for each tabular section (`"Document_X.Товары"`), one for each register. A number with a known fraction is an
integer scaled by it, so sums are exact; a date is ISO text, which sorts; a composite attribute is two columns, `X` and `X.type`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from harness.onec.names import EMPTY_DATE, Kind
from harness.onec.values import format_datetime, format_decimal, parse_datetime
from stand.emulator.model import STRING, Attribute, Configuration, MetaObject, RegisterKind, TabularSection, ValueType
from stand.emulator.rows import EMPTY, EMPTY_MOMENT, Ref, Stored, Value, moment_of
from stand.emulator.standard import LINE_NUMBER, SURROGATE_KEY, ext_dimension_attributes, record_attributes

if TYPE_CHECKING:
    from collections.abc import Sequence

Cell: TypeAlias = "str | int | bytes"
"""What a column of the database holds; never NULL, as in 1C."""

MAX_INT = 2**63 - 1
"""The largest number a column can hold; 1C cuts a number to its length as well."""


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


def quoted(name: str) -> str:
    """A name of the model as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def storage_of(type_: ValueType) -> Storage:
    """How values of a type are kept."""
    if type_.composite:
        return Storage.COMPOSITE
    only = type_.alternatives[0]
    return _PRIMITIVE.get(only) or (Storage.TEXT if only.startswith("Enum_") else Storage.REFERENCE)


@dataclass(frozen=True, slots=True)
class Field:
    """An attribute as it lies in a table."""

    name: str
    type: ValueType
    storage: Storage
    scale: int

    @classmethod
    def of(cls, attribute: Attribute) -> Field:
        """By the attribute's type."""
        storage = storage_of(attribute.type)
        return cls(attribute.name, attribute.type, storage, attribute.type.fraction if storage is Storage.NUMBER else 0)

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

    @property
    def definition(self) -> str:
        """Columns as `CREATE TABLE` wants them."""
        number = self.storage in (Storage.NUMBER, Storage.BOOLEAN)
        parts = []
        for name, empty in zip(self.columns, self.empty, strict=True):
            kind = "INTEGER" if number else "BLOB" if isinstance(empty, bytes) else "TEXT"
            default = "x''" if isinstance(empty, bytes) else empty if isinstance(empty, int) else f"'{empty}'"
            parts.append(f"{quoted(name)} {kind} NOT NULL DEFAULT {default}")
        return ", ".join(parts)


def scaled(value: Decimal | float | str, scale: int) -> int:
    """A number as an integer of 10^-scale, rounded as 1C rounds, cut to what a column can hold.

    Raises:
        ValueError: no number.
    """
    if isinstance(value, int):
        number = value * 10**scale
    else:
        decimal = Decimal(str(value)) if not isinstance(value, Decimal) else value
        if not decimal.is_finite():
            raise ValueError(f"«{value}» — не число")
        if decimal.adjusted() > 20:  # noqa: PLR2004 - beyond int64; never let an exponent become a gigabyte of digits
            return MAX_INT if decimal > 0 else -MAX_INT
        try:
            number = int(decimal.scaleb(scale).to_integral_value(ROUND_HALF_UP))
        except InvalidOperation as error:
            raise ValueError(f"«{value}» — не число") from error
    return max(-MAX_INT, min(MAX_INT, number))


def unscaled(number: int, scale: int) -> Decimal:
    """The number an integer of 10^-scale stands for, without idle zeros."""
    whole, rest = divmod(abs(number), 10**scale)
    text = f"{whole}.{rest:0{scale}d}".rstrip("0").rstrip(".") if scale else str(whole)
    return Decimal(f"-{text}" if number < 0 else text)


def _encode_text(field: Field, value: Any) -> tuple[Cell, ...]:
    text = value.id if isinstance(value, Ref) else value
    if not isinstance(text, str):
        raise TypeError
    limit = field.type.length
    return (text[:limit] if limit and len(text) > limit else text,)


def _encode_number(field: Field, value: Any) -> tuple[Cell, ...]:
    number = scaled(value, field.scale)
    if not field.type.edm and field.type.digits < 19:  # noqa: PLR2004 - int64 cuts longer ones itself
        limit = 10**field.type.digits - 1
        number = max(-limit, min(limit, number))
    return (number,)


def _encode_reference(_field: Field, value: Any) -> tuple[Cell, ...]:
    return (value.id if isinstance(value, Ref) else _guid_text(value),)


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
        return (value, "String")
    return (format_datetime(value), "Date")


_ENCODERS = {
    Storage.TEXT: _encode_text,
    Storage.NUMBER: _encode_number,
    Storage.BOOLEAN: lambda _field, value: (1 if value else 0,),
    Storage.DATE: lambda _field, value: (format_datetime(moment_of(value)),),
    Storage.UUID: lambda _field, value: (_guid_text(value),),
    Storage.REFERENCE: _encode_reference,
    Storage.COMPOSITE: _encode_composite,
    Storage.BINARY: lambda _field, value: (bytes(value.content), str(value.media)),
    Storage.TYPES: lambda _field, value: (msgspec.json.encode(value).decode(),),
}


def _decode_number(field: Field, cells: Sequence[Any]) -> Value:
    return unscaled(cells[0], field.scale) if field.scale else int(cells[0])


def decode_composite(text: str, type_name: str) -> Value:
    """A value of a composite attribute out of its two cells."""
    if not type_name:
        return None
    if type_name == "String":
        return text
    if type_name == "Number":
        return Decimal(text)
    if type_name == "Boolean":
        return text == "true"
    return parse_datetime(text) if type_name == "Date" else Ref(type_name, text)


def _decode_date(_field: Field, cells: Sequence[Any]) -> Value:
    return EMPTY_MOMENT if cells[0] == EMPTY_DATE else parse_datetime(cells[0])


_DECODERS = {
    Storage.TEXT: lambda _field, cells: cells[0],
    Storage.NUMBER: _decode_number,
    Storage.BOOLEAN: lambda _field, cells: bool(cells[0]),
    Storage.DATE: _decode_date,
    Storage.UUID: lambda _field, cells: cells[0],
    Storage.REFERENCE: lambda field, cells: Ref(field.type.reference, cells[0]),
    Storage.COMPOSITE: lambda _field, cells: decode_composite(cells[0], cells[1]),
    Storage.BINARY: lambda _field, cells: Stored(cells[1], cells[0]),
    Storage.TYPES: lambda _field, cells: msgspec.json.decode(cells[0]) if cells[0] else {},
}


@dataclass(frozen=True)
class Table:
    """A table: fields in the order of the model, the key, and what it is found by."""

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    indexes: tuple[tuple[str, ...], ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Fields by name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All columns, not quoted."""
        return tuple(column for field in self.fields for column in field.columns)

    @cached_property
    def key_columns(self) -> tuple[str, ...]:
        """Columns of the key, not quoted."""
        return tuple(column for name in self.key for column in self.by_name[name].columns)

    @cached_property
    def select_list(self) -> str:
        """All columns for a SELECT, each under the alias `t`."""
        return ", ".join(f"t.{quoted(column)}" for column in self.columns)

    @cached_property
    def create_sql(self) -> str:
        """`CREATE TABLE`."""
        columns = ", ".join(field.definition for field in self.fields)
        key = ", ".join(quoted(column) for column in self.key_columns)
        # Without keys (an information register without dimensions) there is at most one record.
        clustered = f", PRIMARY KEY ({key})) WITHOUT ROWID" if key else ")"
        return f"CREATE TABLE {quoted(self.name)} ({columns}{clustered}"

    @cached_property
    def index_sql(self) -> tuple[str, ...]:
        """`CREATE INDEX`, one a secondary index."""
        result = []
        for names in self.indexes:
            columns = ", ".join(quoted(column) for name in names for column in self.by_name[name].columns)
            title = quoted("/".join((self.name, *names)))
            result.append(f"CREATE INDEX IF NOT EXISTS {title} ON {quoted(self.name)} ({columns})")
        return tuple(result)

    @cached_property
    def replace_sql(self) -> str:
        """Insert, or replace the row with this key."""
        names = ", ".join(quoted(column) for column in self.columns)
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT OR REPLACE INTO {quoted(self.name)} ({names}) VALUES ({marks})"  # noqa: S608 - names of the model, quoted

    def encode(self, row: dict[str, Any]) -> list[Cell]:
        """Cells of a whole row, empty where the row says nothing."""
        cells: list[Cell] = []
        for field in self.fields:
            cells.extend(field.encode(row.get(field.name)))
        return cells

    def decode(self, cells: Sequence[Any]) -> dict[str, Any]:
        """A row out of all cells, in the order of `columns`."""
        row: dict[str, Any] = {}
        at = 0
        for field in self.fields:
            width = len(field.columns)
            row[field.name] = field.decode(cells[at : at + width])
            at += width
        return row


class Layout:
    """All tables of a configuration, by object and by section."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.objects: dict[str, Table] = {}
        self.sections: dict[str, dict[str, Table]] = {}
        for name, meta in configuration.objects.items():
            self.objects[name] = object_table(meta)
            self.sections[name] = {section.name: section_table(meta, section) for section in meta.sections}

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table by its own name."""
        result = {table.name: table for table in self.objects.values()}
        for sections in self.sections.values():
            result.update((table.name, table) for table in sections.values())
        return result


def _fields(*groups: Sequence[Attribute]) -> tuple[Field, ...]:
    by_name: dict[str, Field] = {}
    for attribute in (item for group in groups for item in group):
        by_name.setdefault(attribute.name, Field.of(attribute))
    return tuple(by_name.values())


def section_table(meta: MetaObject, section: TabularSection) -> Table:
    """The table of a tabular section: owner, line, attributes."""
    head = (
        Attribute("Ref", ValueType((str(meta.name),)), standard=True),
        Attribute("LineNumber", LINE_NUMBER, standard=True),
    )
    return Table(f"{meta.name}.{section.name}", _fields(head, section.attributes), ("Ref", "LineNumber"))


def object_table(meta: MetaObject) -> Table:
    """The table of an object or a register."""
    if meta.register is not None:
        return _register_table(meta)
    name = str(meta.name)
    if meta.kind is Kind.CONSTANT:
        head = (Attribute("SurrogateKey", SURROGATE_KEY, standard=True),)
        return Table(name, _fields(head, meta.fields), ("SurrogateKey",))
    if meta.kind is Kind.DOCUMENT_JOURNAL:
        return Table(name, _fields(meta.fields or (Attribute("Ref", ValueType(())),)), ("Ref",))
    head = (Attribute("Ref", ValueType((name,)), standard=True), Attribute("DataVersion", STRING, standard=True))
    fields = _fields(head, meta.fields)
    present = {field.name for field in fields}
    wanted = (
        (("Date",), ("Number",))
        if meta.kind is Kind.DOCUMENT
        else (("Description",), ("Code",), ("Parent",), ("Owner",))
    )
    return Table(name, fields, ("Ref",), tuple(names for names in wanted if names[0] in present))


def _register_table(meta: MetaObject) -> Table:
    register = meta.register
    if register is None:
        raise ValueError(f"{meta.name} — не регистр")
    standard = record_attributes(meta)
    fields = _fields(standard, register.fields, ext_dimension_attributes(register))
    if register.kind is RegisterKind.INDEPENDENT:
        period = ("Period",) if register.periodic else ()
        return Table(str(meta.name), fields, (*period, *(item.name for item in register.dimensions)))
    indexes: list[tuple[str, ...]] = []
    if any(item.name == "Period" for item in standard):
        indexes.append(("Period",))
    if register.dimensions:
        indexes.append((register.dimensions[0].name,))
    return Table(str(meta.name), fields, ("Recorder", "LineNumber"), tuple(indexes))
