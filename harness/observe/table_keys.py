"""Whether rows of a small stored table have keys of their own, told without an engine: most tables are small and most did not change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SMALL = 50_000
"""Rows up to which keys are held in memory, some megabytes; of more rows the engine tells, which has a limit of memory."""


def unique(path: Path, key: Sequence[str], rows: int) -> bool:
    """Whether no key repeats; False also of a table too large to tell here. Nothing is a key like any other, as in SQL's GROUP BY."""
    if rows > SMALL:
        return False
    if rows < 2:
        return True
    with pq.ParquetFile(path) as file:
        table = file.read(columns=list(key), use_threads=False)
    # By place, not by name: a column of a nested look would be taken for another.
    columns = [_plain(table.column(table.column_names.index(name))) for name in key]
    return len(set(columns[0] if len(columns) == 1 else zip(*columns, strict=True))) == rows


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """Values of a column; of GUIDs their bytes, which are made faster than objects."""
    array = column.combine_chunks()
    values: list[Any] = (array.storage if isinstance(array, pa.ExtensionArray) else array).to_pylist()
    return values
