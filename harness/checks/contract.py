"""The contract of a publication as a flat list of promises, for `observe.contract`.

A promise is a path and what stands there: a set and its key, a property and its type, a function and its parameters, a value of
an enumeration. What disappears or changes breaks somebody; what appears does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.onec.edmx import short

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from harness.onec.edmx import EntityType, FunctionImport, Metadata, Property

# Enumerations and structures of the platform itself: they are the same in every publication and belong to no configuration.
_PLATFORM = frozenset(
    {
        "AccountType",
        "AccountingRecordType",
        "AccumulationRecordType",
        "AllowedLength",
        "AllowedSign",
        "BinaryDataQualifiers",
        "DateFractions",
        "DateQualifiers",
        "NumberQualifiers",
        "PointInTime",
        "StringQualifiers",
        "TypeDescription",
    }
)


def contract_entries(metadata: Metadata) -> dict[str, str]:
    """Everything a publication promises, path to description, in order of paths.

    Paths: `Catalog_Товары`, `Catalog_Товары/Артикул`, `Document_Заказ/Post()`, `Enum_СтавкиНДС/НДС20`, and virtual tables as
    `AccumulationRegister_Товары_Balance/КоличествоBalance`.
    """
    return dict(sorted([*_sets(metadata), *_rows(metadata), *_functions(metadata), *_enumerations(metadata)]))


def split_by_use(entries: Mapping[str, str], written: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Promises our integrations only read, and those of objects they write, where a newly mandatory property breaks them too."""
    read: dict[str, str] = {}
    write: dict[str, str] = {}
    for path, promise in entries.items():
        owner = path.partition("/")[0]
        (write if owner in written else read)[path] = promise
    return read, write


def _sets(metadata: Metadata) -> Iterator[tuple[str, str]]:
    for name in metadata.entity_sets:
        described = metadata.type_of(name)
        if described is None:
            yield name, "набор без описания типа"
            continue
        yield name, f"набор, ключ: {', '.join(described.key)}"
        yield from _properties(name, described.properties, described)


def _properties(
    owner: str, properties: tuple[Property, ...], described: EntityType | None = None
) -> Iterator[tuple[str, str]]:
    key = described.key if described else ()
    for item in properties:
        kind = f"таблица {short(item.type)}" if item.collection else item.type
        required = "" if item.nullable or item.name in key or item.collection else ", обязательное"
        yield f"{owner}/{item.name}", f"{kind}{required}"


def _rows(metadata: Metadata) -> Iterator[tuple[str, str]]:
    """Row types that no published set shows already: virtual tables, unpublished tabular sections."""
    for name, described in metadata.complex_types.items():
        owner = name.removesuffix("_RowType")
        if name in _PLATFORM or (
            owner != name and (owner in metadata.entity_sets or f"{owner}_RecordType" in metadata.entity_sets)
        ):
            continue
        yield from _properties(name, described.properties)


def _functions(metadata: Metadata) -> Iterator[tuple[str, str]]:
    for item in metadata.functions:
        yield f"{item.bound_to or '(публикация)'}/{item.name}()", _signature(item)


def _signature(item: FunctionImport) -> str:
    given = ", ".join(f"{part.name}: {part.type}" for part in sorted(item.arguments, key=lambda part: part.name))
    kind = "действие" if item.side_effecting else "функция"
    return f"{kind} ({given})" + (f" → {item.return_type}" if item.return_type else "")


def _enumerations(metadata: Metadata) -> Iterator[tuple[str, str]]:
    for name, described in metadata.enum_types.items():
        if name not in _PLATFORM:
            for member in described.members:
                yield f"Enum_{name}/{member}", "значение перечисления"
