"""Writing an observed table to Parquet: any number of rows at constant memory, exact types, no secrets, no personal data."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from harness.observe.columns import (
    METADATA_KEY,
    Column,
    ColumnKind,
    decimal_type,
    declared_kind,
    encode,
    null_of,
    tagged,
)
from harness.record.redact import redact_known, secret_forms

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from harness.observe.pseudonyms import Pseudonyms

BATCH = 50_000
"""Rows held in memory at a time."""


@dataclasses.dataclass(frozen=True, slots=True)
class TableSpec:
    """What is declared of a table before its rows are seen.

    Attributes:
        types: kinds of columns by name; they exist even when no row does.
        personal: columns whose values are written as pseudonyms.
    """

    types: Mapping[str, str] = dataclasses.field(default_factory=dict)
    personal: Sequence[str] = ()

    @property
    def kinds(self) -> dict[str, ColumnKind]:
        """Declared kinds."""
        return {name: declared_kind(kind) for name, kind in self.types.items()}


_Batch = dict[str, Column]


def write_table(path: Path, rows: Iterable[Any], spec: TableSpec, pseudonyms: Pseudonyms) -> int:
    """Writes rows (mappings, dataclasses or msgspec structs) and returns how many there were.

    A key that a row does not have is null. Columns are the union over all rows; the order of rows is kept.

    Raises:
        TypeError: a row or a value of a type that no observation has.
        ValueError: two columns whose names differ by case only.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    spilled: list[Path] = []
    kinds: list[dict[str, ColumnKind]] = []
    count = 0
    last: _Batch = {}
    try:
        for batch, length in _batches(rows, spec, pseudonyms):
            if kinds:
                spilled.append(_spill(path, len(spilled), last))
            kinds.append({name: column.kind for name, column in batch.items()})
            last = batch
            count += length
        target = path.with_name(f".{path.name}.part")
        _finish(target, spilled, last, _unified(kinds, spec))
        os.replace(target, path)  # noqa: PTH105 - Path.replace of a temporary name says less
    finally:
        for part in spilled:
            part.unlink(missing_ok=True)
    return count


def _batches(rows: Iterable[Any], spec: TableSpec, pseudonyms: Pseudonyms) -> Iterator[tuple[_Batch, int]]:
    held: list[Mapping[str, Any]] = []
    for row in rows:
        held.append(_mapping(row))
        if len(held) == BATCH:
            yield _encode(held, spec, pseudonyms), len(held)
            held = []
    yield _encode(held, spec, pseudonyms), len(held)


def _mapping(row: Any) -> Mapping[str, Any]:
    if type(row) is dict or isinstance(row, Mapping):
        return row
    if isinstance(row, msgspec.Struct):
        return msgspec.structs.asdict(row)
    if dataclasses.is_dataclass(row) and not isinstance(row, type):
        return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}
    raise TypeError(f"Строка таблицы должна быть словарём или структурой, а не {type(row).__name__}")


def _encode(rows: Sequence[Mapping[str, Any]], spec: TableSpec, pseudonyms: Pseudonyms) -> _Batch:
    names: dict[str, None] = dict.fromkeys(spec.types)
    alike = True
    for row in rows:
        if row.keys() != names.keys():
            alike = alike and not names
            names |= dict.fromkeys(row)
    declared = spec.kinds
    batch = {}
    for name in names:
        values: Sequence[Any] = list(map(itemgetter(name), rows)) if alike else [row.get(name) for row in rows]
        if name in spec.personal:
            values = pseudonyms.column(values)
        batch[name] = _clean(encode(values, declared.get(name, ColumnKind.UNKNOWN)))
    return batch


def _clean(column: Column) -> Column:
    """A column without registered secrets."""
    if column.array.type != pa.string():
        return column
    values = column.array.buffers()[2]
    # All values end to end: a form that is not in them is in none of them, and nearly always that is all there is to know.
    together = values.to_pybytes() if values is not None else b""
    met = [form for form in secret_forms() if form.encode("utf-8", errors="ignore") in together]
    if any(pc.any(pc.match_substring(column.array, form)).as_py() for form in met):
        texts = [None if text is None else redact_known(text) for text in column.array.to_pylist()]
        return Column(column.kind, pa.array(texts, pa.string()))
    return column


def _spill(path: Path, number: int, batch: _Batch) -> Path:
    part = path.with_name(f".{path.name}.{number}.part")
    pq.write_table(pa.table({name: column.array for name, column in batch.items()}), part, compression="lz4")
    return part


@dataclasses.dataclass(slots=True)
class _Unified:
    """Kinds every batch agrees on, and what each batch had."""

    kinds: dict[str, ColumnKind]
    batches: list[dict[str, ColumnKind]]


def _unified(batches: list[dict[str, ColumnKind]], spec: TableSpec) -> _Unified:
    kinds: dict[str, ColumnKind] = dict.fromkeys(spec.types, ColumnKind.UNKNOWN)
    for batch in batches:
        for name, kind in batch.items():
            known = kinds.get(name, ColumnKind.UNKNOWN)
            if known is ColumnKind.UNKNOWN:
                kinds[name] = kind
            elif kind not in (known, ColumnKind.UNKNOWN):
                kinds[name] = ColumnKind.MIXED
    _distinct(kinds)
    return _Unified(kinds, batches)


def _distinct(names: Iterable[str]) -> None:
    """Refuses columns that the engine, which does not tell case, would take for one: the second would never be compared."""
    seen: dict[str, str] = {}
    for name in names:
        first = seen.setdefault(name.casefold(), name)
        if first != name:
            raise ValueError(f"Колонки «{first}» и «{name}» различаются только регистром букв: назовите их по-разному")


def _finish(target: Path, spilled: list[Path], last: _Batch, unified: _Unified) -> None:
    schemas = [pq.read_schema(part) for part in spilled]
    schemas.append(pa.schema([(name, column.array.type) for name, column in last.items()]))
    types = {name: _common_type(kind, name, schemas, unified.batches) for name, kind in unified.kinds.items()}
    schema = pa.schema(
        [
            pa.field(name, types[name], metadata={METADATA_KEY: kind.value.encode()})
            for name, kind in unified.kinds.items()
        ]
    )
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for number, part in enumerate(spilled):
            table = pq.read_table(part)
            writer.write_table(
                _recast(dict(zip(table.column_names, table.columns, strict=True)), number, schema, unified)
            )
        arrays = {name: column.array for name, column in last.items()}
        writer.write_table(_recast(arrays, len(spilled), schema, unified))


def _common_type(
    kind: ColumnKind, name: str, schemas: list[pa.Schema], batches: list[dict[str, ColumnKind]]
) -> pa.DataType:
    """The Parquet type that holds what every batch has of a column; all-null batches do not count."""
    types = {
        schema.field(name).type
        for schema, kinds in zip(schemas, batches, strict=True)
        if kinds.get(name, ColumnKind.UNKNOWN) is not ColumnKind.UNKNOWN
    }
    if not types:
        return null_of(kind)
    if kind is ColumnKind.MIXED or len(types) == 1:
        return pa.string() if kind is ColumnKind.MIXED else types.pop()
    if kind is ColumnKind.NUMBER and pa.string() not in types:
        scale = max(item.scale for item in types)
        whole = max(item.precision - item.scale for item in types)
        return decimal_type(whole, scale) or pa.string()
    return pa.string()


def _recast(arrays: Mapping[str, Any], number: int, schema: pa.Schema, unified: _Unified) -> pa.Table:
    length = len(next(iter(arrays.values()))) if arrays else 0
    columns = []
    for field in schema:
        array = arrays.get(field.name)
        had = unified.batches[number].get(field.name, ColumnKind.UNKNOWN)
        if array is None or had is ColumnKind.UNKNOWN:
            columns.append(
                pa.nulls(length, field.type) if not isinstance(field.type, pa.UuidType) else _no_uuids(length)
            )
        elif unified.kinds[field.name] is ColumnKind.MIXED and had is not ColumnKind.MIXED:
            columns.append(pa.array([_retagged(value, had) for value in array.to_pylist()], pa.string()))
        elif array.type == field.type:
            columns.append(array)
        elif isinstance(array.type, pa.UuidType):
            columns.append(
                pa.array([None if value is None else str(value) for value in array.to_pylist()], pa.string())
            )
        else:
            columns.append(array.cast(field.type))
    return pa.table(columns, schema=schema)


def _retagged(value: Any, had: ColumnKind) -> str | None:
    """A value of a column that turned out to be mixed in a later batch."""
    if value is None:
        return None
    return f"j:{value}" if had is ColumnKind.JSON else tagged(value)


def _no_uuids(length: int) -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.nulls(length, pa.binary(16)))


def column_kinds(path: Path) -> dict[str, ColumnKind]:
    """Kinds of an observed table's columns, in order."""
    return {field.name: ColumnKind((field.metadata or {})[METADATA_KEY].decode()) for field in pq.read_schema(path)}
