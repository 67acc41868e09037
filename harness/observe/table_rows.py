"""Drawing counts, sums and examples from the file of a table's differing rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from harness.observe.changes import AFTER, BEFORE, CAUSES, EXAMPLES, Change, Summary, row_changes
from harness.observe.people import shown
from harness.observe.sql import literal, quoted
from harness.observe.table_causes import table_causes
from harness.observe.wording import difference
from harness.record.models import ColumnChange, Difference, DifferenceClass, Example, Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

    from harness.observe.table_pair import Pair
    from harness.observe.table_sql import Comparison


def summarized(  # noqa: PLR0917 - all but the last make one thing: a file and what is in it
    connection: duckdb.DuckDBPyConnection,
    pair: Pair,
    comparisons: Sequence[Comparison],
    counts: dict[str, int],
    file: str,
    cls: DifferenceClass = DifferenceClass.UNEXPLAINED,
) -> Difference:
    """What a table's file of differing rows comes to: counts, sums, telling examples."""
    stored = f"read_parquet({literal(str(pair.folder / file))})"
    columns = _by_column(connection, pair, comparisons, stored)
    summary = Summary()
    for column in columns[:CAUSES]:
        for change in _telling(connection, pair, stored, column.column):
            summary.take(change)
    for kind in ("removed", "added"):
        for change in _first_rows(connection, pair, stored, kind):
            summary.take(change)
    exact = _Counted(
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        causes=summary.causes,
        first=summary.first,
        total=counts.get("changed", 0),
        by_column=columns,
    )
    causes = table_causes(connection, pair.folder / file)
    return difference(pair.after, cls, exact, file=file, causes=causes)


def _telling(connection: duckdb.DuckDBPyConnection, pair: Pair, stored: str, column: str) -> list[Change]:
    """The greatest changes of a numeric column; the first by key of any other."""
    before, after = quoted(BEFORE + column), quoted(AFTER + column)
    order = _order(pair, AFTER)
    if _numeric(pair, column):
        order = f"TRY(abs({after} - {before})) DESC NULLS FIRST, {order}"
    rows = _fetch(
        connection, f"{stored} WHERE list_contains(columns, {literal(column)}) ORDER BY {order} LIMIT {EXAMPLES}"
    )
    return [change for row in rows for change in row_changes(row) if change.column == column]


def _first_rows(connection: duckdb.DuckDBPyConnection, pair: Pair, stored: str, kind: str) -> list[Change]:
    side = BEFORE if kind == "removed" else AFTER
    order = _order(pair, side)
    rows = _fetch(connection, f"{stored} WHERE change = {literal(kind)} ORDER BY {order} LIMIT {EXAMPLES}")
    return [change for row in rows for change in row_changes(row)]


def _order(pair: Pair, side: str) -> str:
    """By key, and by everything else where rows share one: examples must be the same ones whoever compares again."""
    names = [side + name for name in pair.key]
    names += [AFTER + name for name in pair.right] + [BEFORE + name for name in pair.left]
    return ", ".join(quoted(name) for name in dict.fromkeys(names))


def _fetch(connection: duckdb.DuckDBPyConnection, rest: str) -> list[dict[str, Any]]:
    found = connection.execute(f"SELECT * FROM {rest}")  # noqa: S608 - names are quoted
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _numeric(pair: Pair, column: str) -> bool:
    return all(pa.types.is_decimal(side[column].type) for side in (pair.left, pair.right))


class _Counted(Summary):
    """A summary whose numbers were counted by the engine instead of change by change."""

    __slots__ = ("_by_column", "_total")

    def __init__(
        self,
        *,
        added: int,
        removed: int,
        causes: dict[str, list[Example]],
        first: Change | None,
        total: int,
        by_column: list[ColumnChange],
    ) -> None:
        super().__init__(added=added, removed=removed, causes=causes, first=first)
        self._total = total
        self._by_column = by_column

    @property
    def changed(self) -> int:
        """Rows with at least one changed cell."""
        return self._total

    @property
    def column_changes(self) -> list[ColumnChange]:
        """Summary by column, most changed first."""
        return self._by_column


def _by_column(
    connection: duckdb.DuckDBPyConnection, pair: Pair, comparisons: Sequence[Comparison], stored: str
) -> list[ColumnChange]:
    found = []
    for item in comparisons:
        numeric = _numeric(pair, item.column)
        sums = [f"sum({quoted(side + item.column)})" if numeric else "NULL" for side in (BEFORE, AFTER)]
        row = connection.execute(
            f"SELECT count(*), {sums[0]}, {sums[1]} FROM {stored} WHERE list_contains(columns, {literal(item.column)})"  # noqa: S608
        ).fetchone()
        if row and row[0]:
            sides = ["" if value is None else shown(value) for value in row[1:]]
            found.append(ColumnChange(column=item.column, changed=row[0], before_sum=sides[0], after_sum=sides[1]))
    return sorted(found, key=lambda entry: (-entry.changed, entry.column))


def tolerated(pair: Pair, rows: int) -> Difference:
    """Rows that differ by less than the tolerance."""
    text = Text(
        msgid="Таблица «{observation}»: строк с отличиями в пределах допуска: {changed}",
        params={"observation": pair.after.title, "changed": str(rows)},
    )
    return Difference(
        scenario=pair.after.scenario,
        observation=pair.after.name,
        kind=pair.after.kind,
        cls=DifferenceClass.TOLERANCE,
        title=pair.after.title,
        text=text,
        changed=rows,
    )
