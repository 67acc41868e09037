"""Tables of the database out of the model.

One table for each object, one for each tabular section (`"Document_X.Товары"`), one for each register.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from harness.onec.names import Kind
from stand.emulator.database.cells import (
    Cell,
    Field,
    Storage,
    decode_composite,
    quoted,
    short_name,
    storage_of,
)
from stand.emulator.database.numbers import MAX_INT, scaled, unscaled
from stand.emulator.model import STRING, Attribute, RegisterKind, ValueType
from stand.emulator.standard import LINE_NUMBER, SURROGATE_KEY, ext_dimension_attributes, record_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stand.emulator.model import Configuration, MetaObject, TabularSection

__all__ = [
    "MAX_INT",
    "Cell",
    "Field",
    "Layout",
    "Storage",
    "Table",
    "decode_composite",
    "object_table",
    "quoted",
    "scaled",
    "section_table",
    "short_name",
    "storage_of",
    "unscaled",
]


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
    def places(self) -> dict[str, int]:
        """Where the cells of each field begin in a row."""
        result: dict[str, int] = {}
        start = 0
        for field in self.fields:
            result[field.name] = start
            start += len(field.columns)
        return result

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
        return f"INSERT INTO {quoted(self.name)} ({names}) VALUES ({marks}){self.conflict_sql}"  # noqa: S608 - names of the model, quoted

    @cached_property
    def conflict_sql(self) -> str:
        """What an INSERT does when there is a row with this key; "" without a key."""
        if not self.key:
            return ""
        key = ", ".join(quoted(column) for column in self.key_columns)
        rest = [quoted(column) for column in self.columns if column not in self.key_columns]
        setting = ", ".join(f"{column} = excluded.{column}" for column in rest)
        return f" ON CONFLICT ({key}) DO {f'UPDATE SET {setting}' if rest else 'NOTHING'}"

    @cached_property
    def _encoders(self) -> tuple[tuple[str, Field, Callable[[Field, Any], tuple[Cell, ...]], tuple[Cell, ...]], ...]:
        return tuple((field.name, field, field.encoder, field.empty) for field in self.fields)

    def encode(self, row: dict[str, Any]) -> list[Cell]:
        """Cells of a whole row, empty where the row says nothing.

        Raises:
            ValueError: a value of another type; says of which field.
        """
        cells: list[Cell] = []
        try:
            for name, field, encode, empty in self._encoders:
                value = row.get(name)
                cells += empty if value is None else encode(field, value)
        except (TypeError, AttributeError, ArithmeticError, ValueError):
            # The slow way tells which field it was.
            return [cell for field in self.fields for cell in field.encode(row.get(field.name))]
        return cells

    @cached_property
    def _decoders(self) -> tuple[tuple[str, Field, Callable[[Field, Sequence[Any]], Any], int, int], ...]:
        """Name, field, how it is read and where its cells begin and end."""
        ends = tuple(accumulate(len(field.columns) for field in self.fields))
        starts = (0, *ends[:-1])
        return tuple(
            (field.name, field, field.decoder, start, end)
            for field, start, end in zip(self.fields, starts, ends, strict=True)
        )

    def decode(self, cells: Sequence[Any]) -> dict[str, Any]:
        """A row out of all cells, in the order of `columns`."""
        return {name: decode(field, cells[start:end]) for name, field, decode, start, end in self._decoders}


class Layout:
    """All tables of a configuration, by object and by section."""

    def __init__(self, configuration: Configuration) -> None:
        from stand.emulator.database.journals import journal_sql
        from stand.emulator.database.totals import totals_table

        self.configuration = configuration
        self.objects: dict[str, Table] = {}
        self.sections: dict[str, dict[str, Table]] = {}
        self.totals: dict[str, Table] = {}
        """Stored totals by register."""
        self.statements: dict[tuple[str, bool, int], str] = {}
        """How the totals of a register are added to, worked out once."""
        for name, meta in configuration.objects.items():
            self.objects[name] = object_table(meta)
            totals = totals_table(meta)
            if totals is not None:
                self.totals[name] = totals
            self.sections[name] = {section.name: section_table(meta, section) for section in meta.sections}
        found = ((name, journal_sql(self, meta)) for name, meta in configuration.objects.items())
        self.views: dict[str, str] = {name: sql for name, sql in found if sql}
        """Document journals: views over documents, `CREATE VIEW` by name."""

    @cached_property
    def tables(self) -> dict[str, Table]:
        """Every table by its own name; views are none."""
        result = {table.name: table for name, table in self.objects.items() if name not in self.views}
        for sections in self.sections.values():
            result.update((table.name, table) for table in sections.values())
        result.update((table.name, table) for table in self.totals.values())
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
        number = Attribute("SurrogateKey", SURROGATE_KEY, standard=True)
        return Table(name, _fields((number,), meta.fields), ("SurrogateKey",))
    if meta.kind is Kind.DOCUMENT_JOURNAL:
        return Table(name, _fields(meta.fields or (Attribute("Ref", ValueType(())),)), ("Ref",))
    head = (Attribute("Ref", ValueType((name,)), standard=True), Attribute("DataVersion", STRING, standard=True))
    fields = _fields(head, meta.fields)
    present = {field.name for field in fields}
    wanted = _FOUND_BY.get(meta.kind, (("Description",), ("Code",), ("Parent",), ("Owner",)))
    return Table(name, fields, ("Ref",), tuple(names for names in wanted if names[0] in present))


_FOUND_BY: dict[Kind, tuple[tuple[str, ...], ...]] = {
    Kind.DOCUMENT: (("Date",), ("Number",)),
    Kind.BUSINESS_PROCESS: (("Date",), ("Number",)),
    Kind.TASK: (("Date",), ("Number",), ("BusinessProcess",)),
}
"""What objects of a kind are looked for by."""


def _register_table(meta: MetaObject) -> Table:
    register = meta.register
    if register is None:
        raise ValueError(f"{meta.name} — не регистр")
    standard = record_attributes(meta)
    fields = _fields(standard, register.fields, ext_dimension_attributes(register))
    present = {item.name for item in standard}
    moment = next((name for name in ("Period", "RegistrationPeriod") if name in present), "")
    # Reports and slices ask by what stands first (an account, the leading dimension) within a period.
    first: list[str] = [name for name in ("AccountDr", "AccountCr", "Account") if name in present]
    first += [register.dimensions[0].name] if register.dimensions else []
    indexes: list[tuple[str, ...]] = [(name, moment) if moment else (name,) for name in first]
    if register.kind is RegisterKind.INDEPENDENT:
        period = ("Period",) if register.periodic else ()
        key = (*period, *(item.name for item in register.dimensions))
        return Table(str(meta.name), fields, key, tuple(indexes) if period else ())
    if moment:
        indexes.insert(0, (moment,))
    return Table(str(meta.name), fields, ("Recorder", "LineNumber"), tuple(indexes))
