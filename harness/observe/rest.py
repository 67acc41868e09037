"""What of a difference no acceptance covers, summed up and gathered by cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.observe.causes import causes_of
from harness.observe.changes import Change, Summary

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record.models import Cause, Difference


class Rest:
    """Takes a difference's changes one by one: those that stay, and those that are told elsewhere.

    Rows of a table are counted by the engine, from their file: only the numbers of those that are told elsewhere are held.
    """

    def __init__(self, folder: Path, found: Difference) -> None:
        self.summary = Summary()
        self._path = folder / found.file
        self._table = found.file.endswith(".parquet")
        self._kept: list[Change] = []
        self._left: list[tuple[int, str]] = []

    def take(self, change: Change) -> None:
        """A change that stays."""
        self.summary.take(change)
        if not self._table:
            self._kept.append(change)

    def leave(self, change: Change) -> None:
        """A change that is told elsewhere."""
        if self._table:
            self._left.append((change.number, change.column))

    def causes(self) -> list[Cause]:
        """Causes of what stays."""
        if not self._table:
            return causes_of(self._kept)
        import pyarrow as pa

        from harness.observe.sql import connect
        from harness.observe.table_causes import TAKEN, table_causes

        rows, columns = zip(*self._left, strict=True) if self._left else ((), ())
        left = pa.table({"row": pa.array(rows, pa.int64()), "column": pa.array(columns, pa.string())})
        with connect() as connection:
            connection.register(TAKEN, left)
            try:
                return table_causes(connection, self._path, taken=True)
            finally:
                connection.unregister(TAKEN)
