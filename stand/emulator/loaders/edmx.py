"""A configuration out of the `$metadata` of a real base (facts/odata.md 4).

`$metadata` says less than a configuration: no lengths, no digits, no alternatives of composite types, and only whether a register's field is a
dimension when a virtual table tells. What cannot be known is left empty in the model, and what was recorded (Edm types) is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import DocumentError
from harness.onec.edmx import short
from harness.onec.names import Kind, parse_object_name
from stand.emulator.model import (
    Attribute,
    Configuration,
    Enumeration,
    MetaObject,
    Register,
    RegisterKind,
    Schedule,
    TabularSection,
    ValueType,
)
from stand.emulator.odata.edmx_out import SYSTEM_ENUMS
from stand.emulator.odata.virtual_rows import BASE, TOTALS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.onec.edmx import EntityType, Metadata, Property

UNKNOWN_FRACTION = 4
"""Digits after the point of an `Edm.Double` nobody knows more about; feeds may raise it."""

_STANDARD = frozenset(
    [
        *(
            "Ref",
            "DataVersion",
            "DeletionMark",
            "Predefined",
            "PredefinedDataName",
            "Code",
            "Description",
            "Parent",
            "IsFolder",
            "Owner",
        ),
        *(
            "Number",
            "Date",
            "Posted",
            "SentNo",
            "ReceivedNo",
            "ExchangeDate",
            "ThisNode",
            "ValueType",
            "Order",
            "OffBalance",
        ),
        *("Completed", "Started", "HeadTask", "BusinessProcess", "RoutePoint", "Executed", "Type", "SurrogateKey"),
    ]
)
_RECORD_STANDARD = frozenset(
    [
        *("Recorder", "Period", "LineNumber", "Active", "RecordType", "Account", "AccountDr", "AccountCr"),
        *("RegistrationPeriod", "CalculationType", "ReversingEntry"),
        *("ActionPeriod", "BegOfActionPeriod", "EndOfActionPeriod", "BegOfBasePeriod", "EndOfBasePeriod"),
    ],
)
_PLAIN = {
    "Edm.String": ValueType(("String",)),
    "Edm.Boolean": ValueType(("Boolean",)),
    "Edm.DateTime": ValueType(("Date",)),
    "Edm.Guid": ValueType(("UUID",)),
    "Edm.Double": ValueType(("Number",), digits=18, fraction=UNKNOWN_FRACTION, edm="Edm.Double"),
    "Edm.Stream": ValueType(("ValueStorage",)),
}
_REGISTERED = "RegistrationPeriod"
_WHOLE = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte"})


def configuration_from_metadata(
    metadata: Metadata, *, name: str = "Записанная база", version: str = ""
) -> Configuration:
    """The configuration a publication lets one see.

    An object is published when its entity set is; of a register both sets must be there, as the composition holds whole objects.

    Raises:
        DocumentError: there is no entity type of a known kind in it.
    """
    objects: dict[str, MetaObject] = {}
    row_types = {
        short(prop.type) for item in metadata.entity_types.values() for prop in item.properties if prop.collection
    }
    for entity in metadata.entity_types.values():
        if _is_part(metadata, entity, row_types):
            continue
        parsed = parse_object_name(entity.name)
        if parsed is None:
            continue
        objects[entity.name] = _object(metadata, entity, parsed.kind)
    if not objects:
        raise DocumentError(
            "в $metadata нет ни одного объекта 1С", hint="опубликуйте состав стандартного интерфейса OData"
        )
    system = {item.name for item in SYSTEM_ENUMS}
    enumerations = {
        item.name: Enumeration(item.name, item.members)
        for item in metadata.enum_types.values()
        if item.name not in system
    }
    return Configuration(name, version, objects, enumerations)


def _is_part(metadata: Metadata, entity: EntityType, row_types: set[str]) -> bool:
    """Whether an entity type is a tabular section or the records of a register that has its own type."""
    base = entity.name.removesuffix("_RecordType")
    if base != entity.name and base in metadata.entity_types:
        return True
    return set(entity.key) == {"Ref_Key", "LineNumber"} and f"{entity.name}_RowType" in row_types


def _object(metadata: Metadata, entity: EntityType, kind: Kind) -> MetaObject:
    name = parse_object_name(entity.name)
    if name is None:
        raise DocumentError(f"имя «{entity.name}» не начинается с вида объекта 1С")
    published = entity.name in metadata.entity_sets
    if kind.is_register:
        record = metadata.entity_types.get(f"{entity.name}_RecordType")
        if record is not None:
            published = published and record.name in metadata.entity_sets
        recorder, register = _register(metadata, entity, record, kind)
        return MetaObject(name, standard=recorder, register=register, published=published)
    attributes = _attributes(metadata, entity)
    return MetaObject(
        name,
        standard=tuple(item for item in attributes if item.standard),
        attributes=tuple(item for item in attributes if not item.standard),
        sections=tuple(_section(metadata, entity, prop) for prop in entity.properties if prop.collection),
        published=published,
    )


def _section(metadata: Metadata, owner: EntityType, prop: Property) -> TabularSection:
    entity = metadata.entity_types.get(f"{owner.name}_{prop.name}")
    if entity is not None:
        attributes = _attributes(metadata, entity)
    else:
        row = metadata.complex_types.get(short(prop.type))
        attributes = _typed(row.properties if row else (), {}, open_=None)
    own = tuple(Attribute(item.name, item.type) for item in attributes if item.name not in ("Ref", "LineNumber"))
    return TabularSection(prop.name, own, published=f"{owner.name}_{prop.name}" in metadata.entity_sets)


def _attributes(metadata: Metadata, entity: EntityType) -> tuple[Attribute, ...]:
    targets = {link.name: metadata.target_of(link) for link in entity.navigation}
    if "Ref_Key" in entity.key and len(entity.key) == 1:
        targets["Ref"] = entity.name
    return _typed(entity.properties, targets, open_=entity.open)


def _typed(properties: Iterable[Property], targets: dict[str, str], *, open_: bool | None) -> tuple[Attribute, ...]:
    listed = list(properties)
    names = {prop.name: prop.type for prop in listed}
    result: dict[str, Attribute] = {}
    for prop in listed:
        if prop.collection or _is_companion(prop.name, names):
            continue
        name, type_ = _type(prop, names, targets, open_=open_)
        result.setdefault(name, Attribute(name, type_, standard=name in _STANDARD))
    return tuple(result.values())


def _is_companion(name: str, names: dict[str, str]) -> bool:
    """`X_Type` next to `X`, `X_Base64Data` next to a stream."""
    if name.endswith("_Base64Data"):
        return names.get(name.removesuffix("_Base64Data")) == "Edm.Stream"
    return name.endswith("_Type") and names.get(name.removesuffix("_Type")) in ("Edm.String", "Edm.Stream")


def _type(
    prop: Property, names: dict[str, str], targets: dict[str, str], *, open_: bool | None
) -> tuple[str, ValueType]:
    if prop.type == "Edm.Guid" and prop.name.endswith("_Key"):
        base = prop.name.removesuffix("_Key")
        return base, ValueType((targets.get(base) or "?",))
    if prop.type == "Edm.String" and f"{prop.name}_Type" in names:
        return prop.name, ValueType((), open=open_)
    if prop.type in _WHOLE:
        return prop.name, ValueType(("Number",), digits=18, fraction=0, edm=prop.type)
    if short(prop.type) == "TypeDescription":
        return prop.name, ValueType(("TypeDescription",))
    return prop.name, _PLAIN.get(prop.type) or ValueType(("String",), edm=prop.type)


def _register(
    metadata: Metadata, entity: EntityType, record: EntityType | None, kind: Kind
) -> tuple[tuple[Attribute, ...], Register]:
    described = record or entity
    attributes = _attributes(metadata, described)
    own = [Attribute(item.name, item.type) for item in attributes if item.name not in _RECORD_STANDARD]
    by_name = {item.name: item for item in attributes}
    virtual = tuple(
        dict.fromkeys(name for owner in (entity.name, described.name) for name in metadata.functions_of(owner))
    )
    if record is None:
        keys = {key.removesuffix("_Key") for key in entity.key}
        dimensions = tuple(item for item in own if item.name in keys)
        resources = tuple(item for item in own if item.name not in keys)
        register = Register(
            RegisterKind.INDEPENDENT, dimensions, resources, periodic="Period" in by_name, virtual=virtual
        )
        return (), register
    # Whether the recorder may be a published document is told by the type of the record set alone.
    recorder_type = {item.name: item for item in _attributes(metadata, entity)}["Recorder"].type
    recorder = Attribute("Recorder", recorder_type, standard=True)
    single = recorder_type.reference
    dimensions, resources, rest = _split(metadata, entity.name, own, record, kind)
    account = by_name.get("AccountDr") or by_name.get("Account") or by_name.get("CalculationType")
    bases = (f"{Kind.CALCULATION_REGISTER}_{item.removeprefix(BASE)}" for item in virtual if item.startswith(BASE))
    register = Register(
        kind=_register_kind(kind, by_name),
        dimensions=dimensions,
        resources=resources,
        attributes=rest,
        periodic="Period" in by_name,
        recorders=(single,) if single and single != "?" else (),
        correspondence="AccountDr" in by_name,
        chart=account.type.reference if account and account.type.reference != "?" else "",
        virtual=virtual,
        keyed_by_recorder=any(key.startswith("Recorder") for key in record.key) and kind is Kind.INFORMATION_REGISTER,
        action_period="ActionPeriod" in by_name,
        base_period="BegOfBasePeriod" in by_name,
        bases=tuple(item for item in bases if item in metadata.entity_types),
        schedule=_schedule(metadata, entity.name, {item.name for item in own}),
    )
    return (recorder,), register


def _schedule(metadata: Metadata, name: str, fields: set[str]) -> Schedule | None:
    """The schedule of a calculation register, by the columns of its ScheduleData: a register of days that has such a resource."""
    rows = metadata.complex_types.get(f"{name}_ScheduleData")
    titles = [prop.name for prop in rows.properties] if rows is not None else []
    value = next(
        (item.removesuffix(_REGISTERED) for item in titles if item.endswith(_REGISTERED) and item != _REGISTERED), ""
    )
    for entity in metadata.entity_types.values() if value else ():
        keys = {prop.name: prop.type for prop in entity.properties if prop.name in entity.key}
        date = next((key for key, edm in keys.items() if edm == "Edm.DateTime" and key != "Period"), "")
        if not date or value in keys or entity.property(value) is None:
            continue
        others = [key.removesuffix("_Key") for key in keys if key != date]
        return Schedule(entity.name, value, date, tuple((key, key) for key in others if key in fields))
    return None


def _register_kind(kind: Kind, by_name: dict[str, Attribute]) -> RegisterKind:
    match kind:
        case Kind.ACCOUNTING_REGISTER:
            return RegisterKind.ACCOUNTING
        case Kind.CALCULATION_REGISTER:
            return RegisterKind.CALCULATION
        case Kind.INFORMATION_REGISTER:
            return RegisterKind.SUBORDINATE
        case _:
            return RegisterKind.BALANCE if "RecordType" in by_name else RegisterKind.TURNOVER


_Split = tuple[tuple[Attribute, ...], tuple[Attribute, ...], tuple[Attribute, ...]]


def _split(metadata: Metadata, name: str, own: list[Attribute], record: EntityType, kind: Kind) -> _Split:
    """Dimensions, resources, attributes: by the key of a record, or by the columns of a virtual table."""
    if kind is Kind.INFORMATION_REGISTER:
        keys = {key.removesuffix("_Key") for key in record.key}
        return (
            tuple(item for item in own if item.name in keys),
            tuple(item for item in own if item.name not in keys),
            (),
        )
    columns: set[str] = set()
    for suffix in TOTALS.values():
        found = metadata.complex_types.get(name + suffix)
        columns.update(prop.name for prop in found.properties) if found else None
    if not columns:
        # Dimensions, then resources, then attributes: the first run of numbers is the resources.
        number = [item.type.edm == "Edm.Double" for item in own]
        first = number.index(True) if any(number) else len(own)
        last = next((at for at in range(first, len(own)) if not number[at]), len(own))
        return tuple(own[:first]), tuple(own[first:last]), tuple(own[last:])
    base = {item.name: _side_less(item.name, own) for item in own}
    resources = [item for item in own if {f"{base[item.name]}Balance", f"{base[item.name]}Turnover"} & columns]
    dimensions = [
        item for item in own if item not in resources and {base[item.name], f"{base[item.name]}_Key"} & columns
    ]
    return tuple(dimensions), tuple(resources), tuple(item for item in own if item not in (*dimensions, *resources))


def _side_less(name: str, own: list[Attribute]) -> str:
    """An accounting register keeps some fields for each side, `XDr` and `XCr`; its virtual tables name them X."""
    twin = name[:-2] + ("Cr" if name.endswith("Dr") else "Dr")
    paired = name.endswith(("Dr", "Cr")) and any(item.name == twin for item in own)
    return name[:-2] if paired else name
