"""Comparing two stored tables in DuckDB: structure first and apart, then rows by business key.

One full outer join writes every differing row, both sides of every column, to a Parquet file of the record; everything else
(counts, sums, examples, later acceptances) is drawn from that file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.observe.changes import (
    AFTER,
    BEFORE,
    STRUCTURE,
    Change,
    Summary,
    difference_file,
    row_changes,
    summed,
    write_changes,
)
from harness.observe.columns import KIND_NAMES
from harness.observe.people import ABSENT, key_text
from harness.observe.sql import connect, literal, quoted
from harness.observe.table_sql import Comparison, Stored, comparison, key_equality, kinds_differ, stored_columns
from harness.observe.wording import difference
from harness.record.models import ColumnChange, Difference, DifferenceClass, Example, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from harness.record.models import Observation

_EXAMPLE_ROWS = 3
_RENAME_PAIRS = 25
"""Pairs of a lost and a new column that are tried as a rename."""
_DUPLICATES = (
    "Таблица «{observation}»: ключ {key} не единственный: повторяющихся ключей было {before}, стало {after}; "
    "такие строки сравнены как набор, например {example}"
)
_NO_KEY = "Таблица «{observation}»: ключевых колонок {key} нет: строки не сравнены"
_ORDER = "Таблица «{observation}»: изменился порядок строк, первая — строка {key}: была {before}-й, стала {after}-й; всего таких строк: {changed}"


@dataclass(slots=True)
class _Pair:
    """Two stored tables and how they are compared."""

    folder: Path
    before: Observation
    after: Observation
    left: dict[str, Stored]
    right: dict[str, Stored]
    key: list[str]
    common: list[str]
    mask: frozenset[str]
    tolerance: dict[str, str]
    ordered: bool

    @property
    def compared(self) -> list[str]:
        """Columns whose values are compared."""
        contradicting = set(kinds_differ(self.left, self.right))
        return [
            name for name in self.common if name not in self.key and name not in self.mask and name not in contradicting
        ]


def compare_tables(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two stored tables, one a class; empty when they are the same.

    Args:
        folder: the record's folder; the differing rows are written below its `differences`.
        before: the observation of the phase before.
        after: its twin.
    """
    pair = _pair(folder, before, after)
    found = _structure(pair)
    if not pair.key:
        if pair.left or pair.right:
            params = {"observation": after.title, "key": ", ".join(before.definition["key"])}
            found.append(
                difference(
                    after,
                    DifferenceClass.STRUCTURE,
                    Summary(),
                    file="",
                    breaking=True,
                    text=Text(msgid=_NO_KEY, params=params),
                )
            )
        return found
    with connect() as connection:
        duplicated = _open(connection, pair)
        if duplicated is not None:
            found.append(duplicated)
        found += _rows(connection, pair)
    return found


def _pair(folder: Path, before: Observation, after: Observation) -> _Pair:
    left, right = stored_columns(folder / before.file), stored_columns(folder / after.file)
    # A table without rows and declarations says nothing of its columns: they are those of the other side.
    left, right = left or right, right or left
    definition = before.definition
    return _Pair(
        folder=folder,
        before=before,
        after=after,
        left=left,
        right=right,
        key=[name for name in definition["key"] if name in left and name in right],
        common=[name for name in left if name in right],
        mask=frozenset(definition["mask"]),
        tolerance=definition["tolerance"],
        ordered=definition["ordered"],
    )


def _structure(pair: _Pair) -> list[Difference]:
    """Columns lost, new, of another kind, another key; what only adds is apart from what breaks."""
    breaking = [
        Change(STRUCTURE, "", name, KIND_NAMES[stored.kind], _renamed(pair, name) or ABSENT)
        for name, stored in pair.left.items()
        if name not in pair.right
    ]
    breaking += [
        Change(STRUCTURE, "", name, KIND_NAMES[pair.left[name].kind], KIND_NAMES[pair.right[name].kind])
        for name in kinds_differ(pair.left, pair.right)
    ]
    keys = pair.before.definition["key"], pair.after.definition["key"]
    if keys[0] != keys[1]:
        breaking.append(Change(STRUCTURE, "", "ключ строки", ", ".join(keys[0]), ", ".join(keys[1])))
    widening = [
        Change(STRUCTURE, "", name, ABSENT, KIND_NAMES[stored.kind])
        for name, stored in pair.right.items()
        if name not in pair.left
    ]
    found = []
    for changes, breaks, name in ((breaking, True, "structure"), (widening, False, "added-structure")):
        if changes:
            file = write_changes(pair.folder, difference_file(pair.after, f"{name}.json"), changes)
            found.append(difference(pair.after, DifferenceClass.STRUCTURE, summed(changes), file=file, breaking=breaks))
    return found


def _renamed(pair: _Pair, lost: str) -> str:
    """What a lost column seems to be called now: a new one of the same kind with equal values in every row of both sides."""
    candidates = [
        name for name, stored in pair.right.items() if name not in pair.left and stored.kind is pair.left[lost].kind
    ]
    if not pair.key or lost in pair.before.definition["key"]:
        return ""
    with connect() as connection:
        for name in candidates[:_RENAME_PAIRS]:
            left, right = pair.left[lost], pair.right[name]
            compared = comparison("x", left, right, None)
            query = f"""
                SELECT count(b.x), count(*) FILTER ({compared.differs})
                FROM (SELECT {_list(pair.key)}, {quoted(lost)} AS x FROM {_source(pair.folder, pair.before)}) b
                JOIN (SELECT {_list(pair.key)}, {quoted(name)} AS x FROM {_source(pair.folder, pair.after)}) a ON {_on(pair)}
            """  # noqa: S608 - names are quoted
            row = connection.execute(query).fetchone()
            if row and row[0] and not row[1]:
                return f"похоже, переименована в «{name}»"
    return ""


def _open(connection: duckdb.DuckDBPyConnection, pair: _Pair) -> Difference | None:
    """Makes views `b` and `a` with the row's number, and its turn among rows of the same key; tells duplicate keys."""
    counts, example = [], ""
    for observation in (pair.before, pair.after):
        query = f"""
            SELECT count(*) OVER (), {_list(pair.key)} FROM {_source(pair.folder, observation)}
            GROUP BY {_list(pair.key)} HAVING count(*) > 1 ORDER BY {_list(pair.key)} LIMIT 1
        """  # noqa: S608 - names are quoted
        row = connection.execute(query).fetchone() if stored_columns(pair.folder / observation.file) else None
        counts.append(int(row[0]) if row else 0)
        example = key_text(dict(zip(pair.key, row[1:], strict=True))) if row else example
    for view, observation, columns in (("b", pair.before, pair.left), ("a", pair.after, pair.right)):
        turn = "1"
        if any(counts):
            # Equal sets of rows must meet in equal order, whatever the order they lie in.
            order = _list([*pair.compared, *(name for name in columns if name not in pair.common)]) or "1"
            turn = f"row_number() OVER (PARTITION BY {_list(pair.key)} ORDER BY {order})"
        source = _source(pair.folder, observation)
        if not stored_columns(pair.folder / observation.file):  # no rows, no columns: the other side's, emptied
            source, turn = f"(SELECT * FROM {_source(pair.folder, _other(pair, observation))} LIMIT 0)", "1"  # noqa: S608
        select = f"SELECT {_list(list(columns))}, file_row_number AS __row, {turn} AS __turn FROM {source}"  # noqa: S608
        connection.execute(f"CREATE VIEW {view} AS {select}")
    if not any(counts):
        return None
    params = {
        "observation": pair.after.title,
        "key": ", ".join(pair.key),
        "before": str(counts[0]),
        "after": str(counts[1]),
        "example": example,
    }
    summary = Summary(added=counts[1], removed=counts[0])
    return difference(
        pair.after, DifferenceClass.DUPLICATE_KEY, summary, file="", text=Text(msgid=_DUPLICATES, params=params)
    )


def _other(pair: _Pair, observation: Observation) -> Observation:
    return pair.after if observation is pair.before else pair.before


def _rows(connection: duckdb.DuckDBPyConnection, pair: _Pair) -> list[Difference]:
    comparisons = [
        comparison(name, pair.left[name], pair.right[name], pair.tolerance.get(name, pair.tolerance.get("*")))
        for name in pair.compared
    ]
    file = difference_file(pair.after, "rows.parquet")
    path = pair.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(_copy(pair, comparisons, path))
    source = f"read_parquet({literal(str(path))})"
    counts: dict[str, int] = dict(
        connection.execute(f"SELECT change, count(*) FROM {source} GROUP BY change").fetchall()  # noqa: S608
    )
    found = []
    if any(counts.get(change) for change in ("added", "removed", "changed")):
        found.append(_unexplained(connection, pair, comparisons, counts, file))
    if counts.get("tolerance"):
        found.append(_tolerated(pair, counts["tolerance"]))
    if pair.ordered and (moved := _moved(connection, pair)):
        found.append(moved)
    if not counts:
        path.unlink()
    return found


def _copy(pair: _Pair, comparisons: Sequence[Comparison], path: Path) -> str:
    differs = " OR ".join(item.differs for item in comparisons) or "false"
    beyond = " OR ".join(item.beyond for item in comparisons) or "false"
    changed = ", ".join(f"CASE WHEN {item.beyond} THEN {literal(item.column)} END" for item in comparisons)
    sides = [f"b.{quoted(name)} AS {quoted(BEFORE + name)}" for name in pair.left]
    sides += [f"a.{quoted(name)} AS {quoted(AFTER + name)}" for name in pair.right]
    key = ", ".join(literal(name) for name in pair.key)
    return f"""
        COPY (
            SELECT
                CASE WHEN b.__row IS NULL THEN 'added' WHEN a.__row IS NULL THEN 'removed'
                     WHEN {beyond} THEN 'changed' ELSE 'tolerance' END AS change,
                [{key}]::VARCHAR[] AS "key",
                CASE WHEN a.__row IS NULL OR b.__row IS NULL THEN []::VARCHAR[]
                     ELSE list_filter([{changed}]::VARCHAR[], lambda name: name IS NOT NULL) END AS columns,
                {", ".join(sides)}
            FROM b FULL OUTER JOIN a ON {_on(pair)} AND b.__turn = a.__turn
            WHERE b.__row IS NULL OR a.__row IS NULL OR {differs}
        ) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)
    """  # noqa: S608 - names are quoted


def _unexplained(
    connection: duckdb.DuckDBPyConnection,
    pair: _Pair,
    comparisons: Sequence[Comparison],
    counts: dict[str, int],
    file: str,
) -> Difference:
    source = f"read_parquet({literal(str(pair.folder / file))})"
    examples: list[Example] = []
    summary = Summary()
    for change in ("changed", "removed", "added"):
        side = BEFORE if change == "removed" else AFTER
        order = ", ".join(quoted(side + name) for name in pair.key)
        rows = connection.execute(
            f"SELECT * FROM {source} WHERE change = {literal(change)} ORDER BY {order} LIMIT {_EXAMPLE_ROWS}"  # noqa: S608
        )
        names = [column[0] for column in rows.description or ()]
        for row in rows.fetchall():
            for item in row_changes(dict(zip(names, row, strict=True))):
                summary.take(item)
    examples = summary.examples
    exact = _Counted(
        added=counts.get("added", 0),
        removed=counts.get("removed", 0),
        total=counts.get("changed", 0),
        examples=examples,
        first=summary.first,
        by_column=_by_column(connection, pair, comparisons, source),
    )
    return difference(pair.after, DifferenceClass.UNEXPLAINED, exact, file=file)


class _Counted(Summary):
    """A summary whose numbers were counted by the engine instead of change by change."""

    __slots__ = ("_by_column", "_total")

    def __init__(
        self,
        *,
        added: int,
        removed: int,
        total: int,
        examples: list[Example],
        first: Change | None,
        by_column: list[ColumnChange],
    ) -> None:
        super().__init__(added=added, removed=removed, examples=examples, first=first)
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
    connection: duckdb.DuckDBPyConnection, pair: _Pair, comparisons: Sequence[Comparison], source: str
) -> list[ColumnChange]:
    import pyarrow as pa

    found = []
    for item in comparisons:
        numeric = all(pa.types.is_decimal(side[item.column].type) for side in (pair.left, pair.right))
        sums = [f"sum({quoted(side + item.column)})" if numeric else "NULL" for side in (BEFORE, AFTER)]
        row = connection.execute(
            f"SELECT count(*), {sums[0]}, {sums[1]} FROM {source} WHERE list_contains(columns, {literal(item.column)})"  # noqa: S608
        ).fetchone()
        if row and row[0]:
            sides = ["" if value is None else format(value, "f") for value in row[1:]]
            found.append(ColumnChange(column=item.column, changed=row[0], before_sum=sides[0], after_sum=sides[1]))
    return sorted(found, key=lambda entry: (-entry.changed, entry.column))


def _tolerated(pair: _Pair, rows: int) -> Difference:
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


def _moved(connection: duckdb.DuckDBPyConnection, pair: _Pair) -> Difference | None:
    """Rows present on both sides whose places among these are not the same."""
    query = f"""
        SELECT count(*) OVER (), x.was, x.now, {", ".join(f"x.{quoted(name)}" for name in pair.key)} FROM (
            SELECT row_number() OVER (ORDER BY b.__row) AS was, row_number() OVER (ORDER BY a.__row) AS now,
                   {", ".join(f"b.{quoted(name)}" for name in pair.key)}
            FROM b JOIN a ON {_on(pair)} AND b.__turn = a.__turn
        ) x WHERE x.was <> x.now ORDER BY x.was LIMIT 1
    """  # noqa: S608 - names are quoted
    row = connection.execute(query).fetchone()
    if row is None:
        return None
    change = Change(
        "changed", key_text(dict(zip(pair.key, row[3:], strict=True))), "порядок строк", str(row[1]), str(row[2])
    )
    file = write_changes(pair.folder, difference_file(pair.after, "order.json"), [change])
    params = {
        "observation": pair.after.title,
        "key": change.key,
        "before": str(row[1]),
        "after": str(row[2]),
        "changed": str(row[0]),
    }
    return difference(
        pair.after, DifferenceClass.UNEXPLAINED, summed([change]), file=file, text=Text(msgid=_ORDER, params=params)
    )


def _source(folder: Path, observation: Observation) -> str:
    return f"read_parquet({literal(str(folder / observation.file))}, file_row_number = true)"


def _list(names: Sequence[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _on(pair: _Pair) -> str:
    return " AND ".join(key_equality(name, pair.left[name], pair.right[name]) for name in pair.key)
