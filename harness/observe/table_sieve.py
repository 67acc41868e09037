"""Large tables: a first pass over keys and hashes of rows leaves only the rows that may differ; those are then compared exactly.

A join that carries every column of ten million rows needs more memory than it may have and goes to the disk; one of keys, hashes and row
numbers does not. Rows whose hashes are equal are taken for equal: by chance that is wrong once in 2^64 rows that differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from harness.observe.columns import ColumnKind
from harness.observe.table_pair import listed, source
from harness.observe.table_sql import operands

if TYPE_CHECKING:
    import duckdb

    from harness.observe.table_pair import Pair
    from harness.observe.table_sql import Stored
    from harness.record.models import Observation

LARGE = 200_000
"""Rows of the larger side from which on a first pass pays."""


def sieve(connection: duckdb.DuckDBPyConnection, pair: Pair) -> bool:
    """Makes views `b` and `a` of the rows that may differ, each with its number and the turn 1.

    Returns:
        False when some key is not the only one of its table, or is of another kind there: then rows must be paired with care.
    """
    if any(pair.left[name].kind is not pair.right[name].kind for name in pair.key):
        return False  # keys of two kinds are equal by their digits, not by their hashes
    before, after = pair.rows
    connection.execute("DROP TABLE IF EXISTS __pairs")
    connection.execute(_pairs(pair, before + after + 1))
    found = connection.execute(
        """SELECT coalesce(sum(n) FILTER (br IS NOT NULL AND ar IS NOT NULL), 0),
                  coalesce(sum(n) FILTER (ar IS NULL), 0), coalesce(sum(n) FILTER (br IS NULL), 0) FROM __pairs"""
    ).fetchone()
    matched, alone, new = found or (0, 0, 0)
    # Every pair of a key that repeats on either side makes these numbers disagree: p·q pairs for p and q rows.
    if matched + alone != before or matched + new != after:
        return False
    for view, number, observation, columns in (
        ("b", "br", pair.before, pair.left),
        ("a", "ar", pair.after, pair.right),
    ):
        rows = f"SELECT {number} FROM __pairs WHERE NOT same AND {number} IS NOT NULL"  # noqa: S608 - names of this module
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE __{view} AS SELECT {listed(list(columns))}, file_row_number AS __row, 1 AS __turn "  # noqa: S608
            f"FROM {source(pair.folder, observation)} WHERE file_row_number IN ({rows})"
        )
        if connection.execute(
            f"SELECT 1 FROM __{view} GROUP BY {listed(pair.key)} HAVING count(*) > 1 LIMIT 1"  # noqa: S608
        ).fetchone():
            return False
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT * FROM __{view}")  # noqa: S608
    return True


def _pairs(pair: Pair, most: int) -> str:
    """Pairs of row numbers: every one that may differ, and all equal ones as one row with their count.

    The limit stops a join of keys that repeat without end; without such keys it is never reached.
    """
    return f"""
        CREATE TEMP TABLE __pairs AS
        SELECT any_value(br) AS br, any_value(ar) AS ar, count(*) AS n, coalesce(bool_and(same), false) AS same FROM (
            SELECT b.__row AS br, a.__row AS ar, b.__hash = a.__hash AS same
            FROM ({_side(pair, pair.before, 0)}) b FULL OUTER JOIN ({_side(pair, pair.after, 1)}) a
            ON {" AND ".join(f"b.__k{number} IS NOT DISTINCT FROM a.__k{number}" for number in range(len(pair.key)))}
            LIMIT {most}
        ) GROUP BY CASE WHEN same THEN NULL ELSE coalesce(ar, -1 - br) END
    """  # noqa: S608 - names are quoted


def _side(pair: Pair, observation: Observation, side: int) -> str:
    keys = [f"{_common(pair, name, side)} AS __k{number}" for number, name in enumerate(pair.key)]
    values = [_common(pair, name, side) for name in pair.compared]
    view = "ba"[side]
    hashed = f"hash({', '.join(values)})" if values else "0"
    stored = source(pair.folder, observation)
    return f"SELECT {', '.join(keys)}, {hashed} AS __hash, {view}.file_row_number AS __row FROM {stored} {view}"  # noqa: S608


def _common(pair: Pair, name: str, side: int) -> str:
    """One side of a column in the type both sides share: equal values must have equal hashes."""
    left, right = pair.left[name], pair.right[name]
    value = operands(name, left, right)[side]
    if left.type != right.type and left.kind is right.kind is ColumnKind.NUMBER:
        return _number(value, left, right)
    return value


def _number(value: str, left: Stored, right: Stored) -> str:
    """A number in a decimal that holds both sides; digits where there is none (`operands` has made texts of them already)."""
    if not (pa.types.is_decimal(left.type) and pa.types.is_decimal(right.type)):
        return value
    scale = max(left.type.scale, right.type.scale)
    whole = max(left.type.precision - left.type.scale, right.type.precision - right.type.scale)
    return value if whole + scale >= 38 else f"CAST({value} AS DECIMAL({whole + scale}, {scale}))"
