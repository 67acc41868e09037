"""`$metadata` out of the model (facts/odata.md 4)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from harness.onec.edmx import (
    BINDING,
    Association,
    ComplexType,
    End,
    EntitySet,
    EntityType,
    EnumType,
    FunctionImport,
    Metadata,
    NavigationProperty,
    Parameter,
    Property,
)
from harness.onec.names import NAMESPACE, Kind
from stand.emulator.database import virtual
from stand.emulator.database.tables import Layout
from stand.emulator.model import RegisterKind
from stand.emulator.odata.shapes import Publication, Shape, ShapeKind, spelled
from stand.emulator.odata.virtual_rows import fields_of, parameters_of, suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stand.emulator.model import Configuration, MetaObject
    from stand.emulator.odata.shapes import Prop

SYSTEM_ENUMS = (
    EnumType("AccountType", ("Active", "ActivePassive", "Passive")),
    EnumType("AccountingRecordType", ("Credit", "Debit")),
    EnumType("AccumulationRecordType", ("Expense", "Receipt")),
    EnumType("AllowedSign", ("Any", "Nonnegative")),
    EnumType("AllowedLength", ("Fixed", "Variable")),
    EnumType("DateFractions", ("Date", "DateTime", "Time")),
)
"""Enumerations every publication has."""

_STRUCTURES = {
    "TypeDescription": (
        ("Types", "Collection(Edm.String)"),
        ("NumberQualifiers", f"{NAMESPACE}.NumberQualifiers"),
        ("StringQualifiers", f"{NAMESPACE}.StringQualifiers"),
        ("DateQualifiers", f"{NAMESPACE}.DateQualifiers"),
        ("BinaryDataQualifiers", f"{NAMESPACE}.BinaryDataQualifiers"),
    ),
    "NumberQualifiers": (("AllowedSign", "Edm.String"), ("Digits", "Edm.Int16"), ("FractionDigits", "Edm.Int16")),
    "StringQualifiers": (("AllowedLength", "Edm.String"), ("Length", "Edm.Int64")),
    "DateQualifiers": (("DateFractions", "Edm.String"),),
    "BinaryDataQualifiers": (("AllowedLength", "Edm.String"), ("Length", "Edm.Int64")),
    "PointInTime": (("Ref", "Edm.String"), ("Date", "Edm.DateTime")),
}
SYSTEM_STRUCTURES = tuple(
    ComplexType(name, tuple(Property(title, type_, nullable=False) for title, type_ in items))
    for name, items in _STRUCTURES.items()
)
"""Complex types every publication has."""


def metadata_of(configuration: Configuration, layout: Layout | None = None) -> Metadata:
    """The published part of a configuration as `$metadata`."""
    publication = Publication(layout or Layout(configuration))
    entities: dict[str, EntityType] = {}
    complexes = {item.name: item for item in SYSTEM_STRUCTURES}
    associations: dict[str, Association] = {}
    for shape in publication.shapes.values():
        entities[shape.name] = _entity(shape)
        associations.update((item.name, item) for item in _associations(shape))
    for meta in configuration.published:
        complexes.update((item.name, item) for item in _complex_types(publication, meta))
    enums = [EnumType(item.name, item.values) for item in configuration.enumerations.values()]
    return Metadata(
        entity_types=entities,
        complex_types=complexes,
        associations=associations,
        enum_types={item.name: item for item in (*enums, *SYSTEM_ENUMS)},
        entity_sets={name: EntitySet(name, name) for name in entities},
        functions=tuple(item for meta in configuration.published for item in _functions(meta)),
    )


def _property(prop: Prop) -> Property:
    return _described(prop.name, prop.edm, prop.nullable)


@lru_cache(maxsize=32_768)
def _described(name: str, edm: str, nullable: bool) -> Property:
    # The same attribute is in hundreds of objects: a configuration of 4,200 sets has 150,000 properties, a tenth of them different.
    return Property(name, edm, nullable)


def _entity(shape: Shape) -> EntityType:
    return EntityType(
        name=shape.name,
        key=tuple(prop.name for prop in shape.key),
        properties=tuple(_property(prop) for prop in shape.properties),
        navigation=tuple(NavigationProperty(name, f"{NAMESPACE}.{shape.name}_{name}") for name in shape.links),
        open=shape.open,
    )


def _associations(shape: Shape) -> Iterator[Association]:
    for name, (_field, target) in shape.links.items():
        ends = (End("Begin", f"{NAMESPACE}.{shape.name}", "*"), End("End", f"{NAMESPACE}.{target}", "0..1"))
        yield Association(f"{shape.name}_{name}", ends)


def _complex_types(publication: Publication, meta: MetaObject) -> Iterator[ComplexType]:
    name = str(meta.name)
    shape = publication.shapes.get(name)
    if shape is None:
        return
    for rows in shape.rows.values():
        title = f"{name}_RowType" if shape.kind is ShapeKind.RECORD_SET else f"{rows.name}_RowType"
        yield ComplexType(title, tuple(_property(prop) for prop in rows.properties))
    if meta.register is None:
        return
    for table in virtual.virtual_tables(meta):
        suffix = suffix_of(meta, table)
        if suffix:
            properties = spelled(fields_of(publication.layout, meta, table))
            yield ComplexType(name + suffix, tuple(_property(prop) for prop in properties))


def _functions(meta: MetaObject) -> Iterator[FunctionImport]:
    name = str(meta.name)
    if meta.register is not None:
        for table in virtual.virtual_tables(meta):
            yield _virtual_function(meta, table)
    if meta.kind is Kind.DOCUMENT:
        for action in ("Post", "Unpost"):
            yield _function(action, name, (("PostingModeOperational", "Edm.Boolean"),), side_effecting=True)
    if meta.kind is Kind.BUSINESS_PROCESS:
        yield _function("Start", name, (("RoutePoint", "Edm.String"),), side_effecting=True)
    if meta.kind is Kind.TASK:
        yield _function("ExecuteTask", name, (), side_effecting=True)


def _virtual_function(meta: MetaObject, table: str) -> FunctionImport:
    name = str(meta.name)
    suffix = suffix_of(meta, table)
    if suffix:
        bound, row = name, name + suffix
    else:
        independent = meta.register is not None and meta.register.kind is RegisterKind.INDEPENDENT
        bound = row = name if independent else f"{name}_RecordType"
    return _function(table, bound, parameters_of(meta, table), f"Collection({NAMESPACE}.{row})")


def _function(
    name: str, bound: str, parameters: Iterable[tuple[str, str]], returns: str = "", *, side_effecting: bool = False
) -> FunctionImport:
    binding = Parameter(BINDING, f"{NAMESPACE}.{bound}")
    return FunctionImport(name, returns, (binding, *(Parameter(*item) for item in parameters)), side_effecting)
