"""Comparing two stored tables in DuckDB: structure first and apart, then rows by business key.

One full outer join writes every differing row, both sides of every column, to a Parquet file of the record; everything else
(counts, sums, examples, later acceptances) is drawn from that file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.observe import table_sieve
from harness.observe.changes import AFTER, BEFORE, Change, Summary, difference_file, summed, write_changes
from harness.observe.people import key_text
from harness.observe.sql import connect, literal, quoted
from harness.observe.table_keys import unique
from harness.observe.table_pair import ANY_ROW, Pair, listed, on, pair_of, source
from harness.observe.table_rows import summarized, tolerated
from harness.observe.table_sieve import sieve
from harness.observe.table_sql import Comparison, comparison
from harness.observe.table_structure import structure_of
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass, Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import duckdb

    from harness.record.models import Observation

_DUPLICATES = (
    "Таблица «{observation}»: ключ {key} не единственный: повторяющихся ключей было {before}, стало {after}; "
    "такие строки сравнены как набор, например {example}"
)
_NO_KEY = "Таблица «{observation}»: ключевых колонок {key} нет: строки не сравнены"
_ORDER = "Таблица «{observation}»: изменился порядок строк, первая — строка {key}: была {before}-й, стала {after}-й; всего таких строк: {changed}"


def compare_tables(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two stored tables, one a class; empty when they are the same.

    Args:
        folder: the record's folder; the differing rows are written below its `differences`.
        before: the observation of the phase before.
        after: its twin.
    """
    pair = pair_of(folder, before, after)
    found = structure_of(pair)
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
    same = before.digest == after.digest
    if same and unique(folder / after.file, pair.key, pair.rows[1]):
        return found  # equal rows under keys of their own: there is nothing a join could find
    with connect() as connection:
        duplicated = _open(connection, pair)
        if duplicated is not None:
            found.append(duplicated)
        if not same:
            found += _rows(connection, pair)
            # Among rows that share a key nobody can tell which one moved.
            if pair.ordered and duplicated is None and (moved := _moved(connection, pair)):
                found.append(moved)
    return found


def _open(connection: duckdb.DuckDBPyConnection, pair: Pair) -> Difference | None:
    """Makes views `b` and `a` with the row's number, and its turn among rows of the same key; tells duplicate keys.

    Of large tables they hold only the rows that may differ; all rows are in `every_b` and `every_a`.
    """
    for view, observation in (("every_b", pair.before), ("every_a", pair.after)):
        columns = pair.left if view == "every_b" else pair.right
        select = f"SELECT {listed(list(columns))}, file_row_number AS __row FROM {_stored(pair, observation)}"  # noqa: S608 - names are quoted
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {select}")
    if all(pair.rows) and max(pair.rows) >= table_sieve.LARGE and sieve(connection, pair):
        return None
    counts, example = [], ""
    for observation, rows, bare in zip((pair.before, pair.after), pair.rows, pair.bare, strict=True):
        count, first = (0, "") if bare else _repeated(connection, pair, observation, rows)
        counts.append(count)
        example = first or example
    for view, observation, columns in (("b", pair.before, pair.left), ("a", pair.after, pair.right)):
        turn = "1"
        if any(counts):
            # Equal sets of rows must meet in equal order, whatever the order they lie in.
            order = listed([*pair.compared, *(name for name in columns if name not in pair.common)]) or "1"
            turn = f"row_number() OVER (PARTITION BY {listed(pair.key)} ORDER BY {order})"
        stored = _stored(pair, observation)
        select = f"SELECT {listed(list(columns))}, file_row_number AS __row, {turn} AS __turn FROM {stored}"  # noqa: S608
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {select}")
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


def _repeated(
    connection: duckdb.DuckDBPyConnection, pair: Pair, observation: Observation, rows: int
) -> tuple[int, str]:
    """How many keys of a side repeat, and the first of them."""
    if unique(pair.folder / observation.file, pair.key, rows):
        return 0, ""
    query = f"""
        SELECT count(*) OVER (), {listed(pair.key)} FROM {source(pair.folder, observation)}
        GROUP BY {listed(pair.key)} HAVING count(*) > 1 ORDER BY {listed(pair.key)} LIMIT 1
    """  # noqa: S608 - names are quoted
    row = connection.execute(query).fetchone()
    return (int(row[0]), key_text(dict(zip(pair.key, row[1:], strict=True)))) if row else (0, "")


def _stored(pair: Pair, observation: Observation) -> str:
    """A side's rows as SQL; without rows it may have no columns either: then those of the other side, emptied."""
    first = observation is pair.before
    if not pair.bare[0 if first else 1]:
        return source(pair.folder, observation)
    other = pair.after if first else pair.before
    return f"(SELECT * FROM {source(pair.folder, other)} LIMIT 0)"  # noqa: S608 - a path of the record


def _rows(connection: duckdb.DuckDBPyConnection, pair: Pair) -> list[Difference]:
    comparisons = [
        comparison(name, pair.left[name], pair.right[name], pair.tolerance.get(name, pair.tolerance.get("*")))
        for name in pair.compared
    ]
    # New rows of a list that may grow are told apart: they widen it, and nothing that was in it changed.
    widens = _widens(pair)
    differs = " OR ".join(["b.__row IS NULL", "a.__row IS NULL", *(item.differs for item in comparisons)])
    file, counts = _kept(connection, pair, comparisons, "rows", f"({differs}) AND NOT ({widens})")
    found = []
    if any(counts.get(change) for change in ("added", "removed", "changed")):
        found.append(summarized(connection, pair, comparisons, counts, file))
    if counts.get("tolerance"):
        found.append(tolerated(pair, counts["tolerance"]))
    if pair.growing:
        file, counts = _kept(connection, pair, comparisons, "new-rows", widens)
        if counts:
            found.append(summarized(connection, pair, comparisons, counts, file, cls=DifferenceClass.STRUCTURE))
    return found


def _widens(pair: Pair) -> str:
    """SQL that is true for a new row that only widens the table."""
    if ANY_ROW in pair.growing:
        return "b.__row IS NULL"
    values = [
        f"NOT EXISTS (SELECT 1 FROM every_b known WHERE CAST(known.{name} AS VARCHAR) IS NOT DISTINCT FROM CAST(a.{name} AS VARCHAR))"  # noqa: S608
        for name in map(quoted, pair.growing)
    ]
    return f"b.__row IS NULL AND ({' OR '.join(values)})" if values else "false"


def _kept(
    connection: duckdb.DuckDBPyConnection, pair: Pair, comparisons: Sequence[Comparison], name: str, which: str
) -> tuple[str, dict[str, int]]:
    """Writes rows into a file of the record; returns its path there and how many rows it has by kind of change."""
    file = difference_file(pair.after, f"{name}.parquet")
    path = pair.folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(_copy(pair, comparisons, path, which))
    stored = f"read_parquet({literal(str(path))})"
    counts = dict(connection.execute(f"SELECT change, count(*) FROM {stored} GROUP BY change").fetchall())  # noqa: S608
    if not counts:
        path.unlink()
    return file, counts


def _copy(pair: Pair, comparisons: Sequence[Comparison], path: Path, which: str) -> str:
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
            FROM b FULL OUTER JOIN a ON {on(pair)} AND b.__turn = a.__turn
            WHERE {which}
        ) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)
    """  # noqa: S608 - names are quoted


def _moved(connection: duckdb.DuckDBPyConnection, pair: Pair) -> Difference | None:
    """Rows present on both sides whose places among these are not the same."""
    query = f"""
        SELECT count(*) OVER (), x.was, x.now, {", ".join(f"x.{quoted(name)}" for name in pair.key)} FROM (
            SELECT row_number() OVER (ORDER BY b.__row) AS was, row_number() OVER (ORDER BY a.__row) AS now,
                   {", ".join(f"b.{quoted(name)}" for name in pair.key)}
            FROM every_b b JOIN every_a a ON {on(pair)}
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
