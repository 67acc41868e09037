"""SQL of a table's comparison: how two columns of possibly different storage are compared without losing or inventing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from harness.observe.columns import METADATA_KEY
from harness.observe.kinds import ColumnKind
from harness.observe.sql import quoted
from harness.observe.tolerance import allowed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stored:
    """One column of a stored table."""

    kind: ColumnKind
    type: pa.DataType


def stored_table(path: Path) -> tuple[dict[str, Stored], int]:
    """Columns of a stored table, in order, and the number of its rows."""
    footer = pq.read_metadata(path)
    columns = {
        field.name: Stored(ColumnKind((field.metadata or {})[METADATA_KEY].decode()), field.type)
        for field in footer.schema.to_arrow_schema()
    }
    return columns, footer.num_rows


def stored_columns(path: Path) -> dict[str, Stored]:
    """Columns of a stored table, in order."""
    return stored_table(path)[0]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one column is compared.

    Attributes:
        differs: SQL that is true when the two sides are not the same.
        beyond: SQL that is true when they differ by more than the tolerance; the same as `differs` without one.
    """

    column: str
    differs: str
    beyond: str


def comparison(column: str, before: Stored, after: Stored, tolerance: str | None) -> Comparison:
    """Compares `b.column` with `a.column`."""
    left, right = operands(column, before, after)
    differs = f"({left} IS DISTINCT FROM {right})"
    numbers = before.kind is after.kind is ColumnKind.NUMBER and _fit(before.type, after.type)
    if tolerance is None or not numbers:
        return Comparison(column, differs, differs)
    # A distance that 38 digits cannot hold is beyond any tolerance.
    distance = f"NOT coalesce(TRY({allowed(tolerance).sql(left, right)}), false)"
    beyond = f"CASE WHEN {left} IS NULL OR {right} IS NULL THEN {differs} ELSE {distance} END"
    return Comparison(column, differs, beyond)


def key_equality(column: str, before: Stored, after: Stored) -> str:
    """Whether two rows have the same value in a key column; null equals null. DuckDB hashes it."""
    left, right = operands(column, before, after)
    if before.kind is not after.kind and concrete(before.kind) and concrete(after.kind):
        # The kind of the key itself changed, which is told as structure; the rows are still those with the same key.
        left, right = _bare(f"b.{quoted(column)}", before), _bare(f"a.{quoted(column)}", after)
    return f"{left} IS NOT DISTINCT FROM {right}"


def operands(column: str, before: Stored, after: Stored) -> tuple[str, str]:
    """The two sides of a column as SQL of one type."""
    left, right = f"b.{quoted(column)}", f"a.{quoted(column)}"
    if before.kind is after.kind is ColumnKind.NUMBER and not _fit(before.type, after.type):
        return _bare(left, before), _bare(right, after)
    if ColumnKind.UNKNOWN in (before.kind, after.kind):
        return f"CAST({left} AS VARCHAR)", f"CAST({right} AS VARCHAR)"
    if before.kind is not after.kind:
        return _tagged(left, before), _tagged(right, after)
    if before.type != after.type and before.kind is not ColumnKind.NUMBER:  # GUIDs on one side, any text on the other
        return f"CAST({left} AS VARCHAR)", f"CAST({right} AS VARCHAR)"
    return left, right


def _fit(before: pa.DataType, after: pa.DataType) -> bool:
    """Whether two decimals can be compared as numbers: a common type of 38 digits holds both, with a digit to spare."""
    if not (pa.types.is_decimal(before) and pa.types.is_decimal(after)):
        return False
    whole = max(before.precision - before.scale, after.precision - after.scale)
    return bool(whole + max(before.scale, after.scale) < 38)


def _bare(value: str, stored: Stored) -> str:
    """A number as digits without zeros at the end of the fraction."""
    text = f"CAST({value} AS VARCHAR)"
    if not pa.types.is_decimal(stored.type) or stored.type.scale == 0:
        return text
    return f"rtrim(rtrim({text}, '0'), '.')"


def _tagged(value: str, stored: Stored) -> str:
    """A value as `harness.observe.columns.tagged` writes it."""
    forms = {
        ColumnKind.TEXT: f"'s:' || CAST({value} AS VARCHAR)",
        ColumnKind.NUMBER: f"'n:' || {_bare(value, stored)}",
        ColumnKind.BOOLEAN: f"'b:' || CAST({value} AS VARCHAR)",
        ColumnKind.JSON: f"'j:' || {value}",
        ColumnKind.DATETIME: f"'d:' || rtrim(rtrim(strftime({value}, '%Y-%m-%dT%H:%M:%S.%f'), '0'), '.')",
        ColumnKind.MIXED: value,
    }
    return f"({forms[stored.kind]})"


def concrete(kind: ColumnKind) -> bool:
    """Whether a kind says something of its own: a column without values fits to any, a mixed one holds all."""
    return kind not in (ColumnKind.UNKNOWN, ColumnKind.MIXED)


def kinds_differ(before: Mapping[str, Stored], after: Mapping[str, Stored]) -> list[str]:
    """Columns of both sides whose kinds contradict each other."""
    return [
        name
        for name, stored in before.items()
        if name in after
        and concrete(stored.kind)
        and concrete(after[name].kind)
        and stored.kind is not after[name].kind
    ]
