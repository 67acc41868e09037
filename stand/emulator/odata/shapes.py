"""Entity sets of a configuration and how OData spells their properties (facts/odata.md 1, 3, 4).

A reference is `X_Key`, a composite attribute is `X` and `X_Type`, a stored value is `X`, `X_Base64Data` and `X_Type`, a tabular section is a collection. A
register with a recorder is two sets: `X` (record sets) and `X_RecordType` (single records).
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from harness.onec.names import NAMESPACE, Kind
from stand.emulator.database.tables import Field, Storage, Table
from stand.emulator.model import RegisterKind
from stand.emulator.standard import record_attributes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stand.emulator.database.tables import Layout
    from stand.emulator.model import Configuration, MetaObject, ValueType
    from stand.emulator.odata.paths import Paths


class ShapeKind(StrEnum):
    """What an entity of a set is."""

    OBJECT = "object"
    SECTION = "section"
    RECORD_SET = "record set"
    RECORD = "record"
    INDEPENDENT = "independent"
    CONSTANT = "constant"
    JOURNAL = "journal"
    VIRTUAL = "virtual table"


class Part(StrEnum):
    """What of a field a property shows."""

    VALUE = "value"
    TYPE = "type"
    BASE64 = "base64"
    STREAM = "stream"
    SECTION = "section"


@dataclass(frozen=True, slots=True)
class Prop:
    """A property.

    Attributes:
        field: None for a collection.
        nullable: False for key fields.
    """

    name: str
    edm: str
    part: Part
    field: Field | None = None
    nullable: bool = True


@dataclass(frozen=True)
class Shape:
    """An entity set.

    Attributes:
        properties: in the order of `$metadata`.
        links: navigation properties: name to (field, target set); only single-type references to published objects.
        rows: shapes of the rows of each collection, by its name.
        open: OpenType in `$metadata`.
    """

    name: str
    kind: ShapeKind
    meta: MetaObject
    table: Table
    properties: tuple[Prop, ...]
    links: Mapping[str, tuple[Field, str]]
    rows: Mapping[str, Shape]
    open: bool

    @cached_property
    def key(self) -> tuple[Prop, ...]:
        """Key properties, in the order of `$metadata`."""
        return tuple(prop for prop in self.properties if not prop.nullable and prop.part is not Part.SECTION)

    @cached_property
    def by_name(self) -> dict[str, Prop]:
        """Properties by name."""
        return {prop.name: prop for prop in self.properties}

    @cached_property
    def object_name(self) -> str:
        """Resource name of the object whose right is asked for."""
        return str(self.meta.name)

    @cached_property
    def shown(self) -> tuple[Prop, ...]:
        """Properties in the order of answers: each value with its type behind it, collections last (as recorded, facts/odata.md 3)."""
        companions: dict[str, list[Prop]] = {}
        for prop in self.properties:
            if prop.field is not None and prop.part in (Part.TYPE, Part.BASE64):
                companions.setdefault(prop.field.name, []).append(prop)
        values = [prop for prop in self.properties if prop.part in (Part.VALUE, Part.STREAM)]
        result: list[Prop] = []
        for prop in values:
            result.append(prop)
            result += companions.get(prop.field.name, []) if prop.field is not None else []
        return (*result, *(prop for prop in self.properties if prop.part is Part.SECTION))

    @property
    def writable(self) -> bool:
        """Sections and flat records are read-only (facts/odata.md 1)."""
        return self.kind not in (ShapeKind.SECTION, ShapeKind.RECORD, ShapeKind.JOURNAL, ShapeKind.VIRTUAL)


_EDM = {
    Storage.TEXT: "Edm.String",
    Storage.BOOLEAN: "Edm.Boolean",
    Storage.DATE: "Edm.DateTime",
    Storage.UUID: "Edm.Guid",
    Storage.REFERENCE: "Edm.Guid",
    Storage.COMPOSITE: "Edm.String",
    Storage.BINARY: "Edm.Stream",
    Storage.TYPES: f"{NAMESPACE}.TypeDescription",
}
_SHORT_DIGITS = 4


def edm_of(type_: ValueType, storage: Storage) -> str:
    """Edm type of a field; short whole numbers are Int16, longer ones Int64, numbers with a fraction Double (facts/odata.md 3)."""
    if type_.edm:
        return type_.edm
    if storage is not Storage.NUMBER:
        return _EDM[storage]
    if type_.fraction:
        return "Edm.Double"
    return "Edm.Int16" if type_.digits <= _SHORT_DIGITS else "Edm.Int64"


def spelled(fields: Iterable[Field], key: Iterable[str] = (), collections: Iterable[Prop] = ()) -> tuple[Prop, ...]:
    """Properties of fields: values in order, then collections, then types of composite ones."""
    keys = frozenset(key)
    head: list[Prop] = []
    tail: list[Prop] = []
    for field in fields:
        nullable = field.name not in keys
        edm = edm_of(field.type, field.storage)
        name = f"{field.name}_Key" if field.storage is Storage.REFERENCE else field.name
        part = Part.STREAM if field.storage is Storage.BINARY else Part.VALUE
        head.append(Prop(name, edm, part, field, nullable))
        if field.storage is Storage.BINARY:
            head.append(Prop(f"{field.name}_Base64Data", "Edm.Binary", Part.BASE64, field, nullable))
        if field.storage in (Storage.COMPOSITE, Storage.BINARY):
            tail.append(Prop(f"{field.name}_Type", "Edm.String", Part.TYPE, field, nullable))
    return (*head, *collections, *tail)


class Publication:
    """The composition of the OData interface: every entity set of a configuration by name."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.configuration: Configuration = layout.configuration
        self.shapes: dict[str, Shape] = {}
        self.memory: dict[object, object] = {}
        """What rendering worked out for each set once."""
        self.paths: Paths | None = None
        """Rights along paths, of the one reader this is for; None: everything is open."""
        for meta in self.configuration.published:
            for shape in self._shapes(meta):
                self.shapes[shape.name] = shape

    def seen_along(self, paths: Paths) -> Publication:
        """The same for one reader, whose conditions go no further than his rights."""
        seen = copy(self)
        seen.paths = paths
        return seen

    def published(self, object_name: str) -> bool:
        """Whether a set of this object is served."""
        meta = self.configuration.objects.get(object_name)
        return meta is not None and meta.published

    def _shapes(self, meta: MetaObject) -> list[Shape]:
        register = meta.register
        if register is None:
            return self._object_shapes(meta)
        name = str(meta.name)
        table = self.layout.objects[name]
        if register.kind is RegisterKind.INDEPENDENT:
            return [self._flat(ShapeKind.INDEPENDENT, meta, table)]
        hidden = {field.name for field in table.fields} - {
            item.name for item in (*record_attributes(meta), *register.fields)
        }
        fields = tuple(field for field in table.fields if field.name not in hidden)
        key = _record_key(meta)
        record = self._flat(ShapeKind.RECORD, meta, table, fields=fields, key=key, name=f"{name}_RecordType")
        rows = Prop("RecordSet", f"Collection({NAMESPACE}.{name}_RowType)", Part.SECTION, nullable=False)
        properties = spelled((table.by_name["Recorder"],), ("Recorder",), (rows,))
        links = self.links((table.by_name["Recorder"],))
        opened = self._open((table.by_name["Recorder"],))
        record_set = Shape(name, ShapeKind.RECORD_SET, meta, table, properties, links, {"RecordSet": record}, opened)
        return [record_set, record]

    def _object_shapes(self, meta: MetaObject) -> list[Shape]:
        name = str(meta.name)
        table = self.layout.objects[name]
        if meta.kind is Kind.CONSTANT:
            ordered = (
                *(field for field in table.fields if field.name != "SurrogateKey"),
                table.by_name["SurrogateKey"],
            )
            return [self._flat(ShapeKind.CONSTANT, meta, table, fields=ordered)]
        fields = tuple(table.by_name[item.name] for item in meta.fields)
        if meta.kind is Kind.DOCUMENT_JOURNAL:
            return [self._flat(ShapeKind.JOURNAL, meta, table, fields=fields)]
        sections: dict[str, Shape] = {}
        published: list[Shape] = []
        for section in meta.sections:
            rows = self.layout.sections[name][section.name]
            shape = self._flat(ShapeKind.SECTION, meta, rows, name=f"{name}_{section.name}")
            sections[section.name] = shape
            if section.published:
                published.append(shape)
        collections = tuple(
            Prop(title, f"Collection({NAMESPACE}.{shape.name}_RowType)", Part.SECTION)
            for title, shape in sections.items()
        )
        properties = spelled(fields, ("Ref",), collections)
        owner = Shape(name, ShapeKind.OBJECT, meta, table, properties, self.links(fields), sections, self._open(fields))
        return [owner, *published]

    def _flat(
        self,
        kind: ShapeKind,
        meta: MetaObject,
        table: Table,
        *,
        fields: tuple[Field, ...] = (),
        key: Iterable[str] = (),
        name: str = "",
    ) -> Shape:
        """A set without collections, by default named and keyed as its table."""
        fields, key, name = fields or table.fields, key or table.key, name or str(meta.name)
        return Shape(name, kind, meta, table, spelled(fields, key), self.links(fields), {}, self._open(fields))

    def links(self, fields: Iterable[Field]) -> dict[str, tuple[Field, str]]:
        """Navigation of fields: single-type references to published objects."""
        return {
            field.name: (field, field.type.reference)
            for field in fields
            if field.name != "Ref" and field.storage is Storage.REFERENCE and self.published(field.type.reference)
        }

    def _open(self, fields: Iterable[Field]) -> bool:
        return any(
            field.type.open
            if field.type.open is not None
            else any(self.published(alternative) for alternative in field.type.alternatives)
            for field in fields
            if field.storage is Storage.COMPOSITE
        )


def _record_key(meta: MetaObject) -> tuple[str, ...]:
    """Key of a single record: recorder and line; of an information register period and dimensions, and the recorder if it tells records apart."""
    register = meta.register
    if register is None or register.kind is not RegisterKind.SUBORDINATE:
        return ("Recorder", "LineNumber")
    recorder = ("Recorder",) if register.keyed_by_recorder else ()
    return (*recorder, "Period", *(item.name for item in register.dimensions))
