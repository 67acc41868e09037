"""The algebra of comparing: diff(a, a) is empty, swapped sides swap added and removed, the difference applied to before gives after."""

from __future__ import annotations

import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.observe.changes import read_changes
from harness.record.models import DifferenceClass
from tests.harness.observe.pair import tables

CELLS = st.one_of(
    st.none(),
    st.sampled_from(["", " ", "Стол", "00000000-0000-0000-0000-000000000000", "1"]),
)
NUMBERS = st.one_of(
    st.none(), st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-1000, max_value=1000)
)
MOMENTS = st.one_of(
    st.none(),
    st.datetimes(min_value=datetime.fromisoformat("0001-01-01"), max_value=datetime.fromisoformat("3000-01-01")),
)
ROWS = st.dictionaries(
    st.integers(0, 6),
    st.fixed_dictionaries({"Т": CELLS, "Н": NUMBERS, "Д": MOMENTS, "З": st.one_of(CELLS, st.integers(0, 2))}),
    min_size=1,
    max_size=6,
)
SLOW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
Rows = dict[int, dict[str, Any]]


def rows_of(rows: Rows) -> list[dict[str, Any]]:
    """Rows with their keys, and two that make a column of composite type in every table."""
    anchors: list[dict[str, Any]] = [{"К": 100, "З": 1}, {"К": 101, "З": "x"}]
    keyed: list[dict[str, Any]] = [{"К": key, **row} for key, row in rows.items()]
    return keyed + anchors


def compare(before: Rows, after: Rows) -> tuple[int, int, int, Rows]:
    """Numbers of added, removed and changed rows, and before with the differences applied."""
    with tempfile.TemporaryDirectory() as folder:
        found = tables(Path(folder) / "r", rows_of(before), rows_of(after))
        result = {key: dict(row) for key, row in before.items()}
        counts = [0, 0, 0]
        for difference in found:
            assert difference.cls in (DifferenceClass.UNEXPLAINED, DifferenceClass.IDENTICAL)
            counts = [counts[0] + difference.added, counts[1] + difference.removed, counts[2] + difference.changed]
            for change in read_changes(Path(folder) / "r", difference) if difference.file else ():
                key = int(change.row["К"])
                if change.change == "removed":
                    del result[key]
                elif change.change == "added":
                    result[key] = dict(after[key])
                else:
                    result[key][change.column] = after[key][change.column]
        return counts[0], counts[1], counts[2], result


@SLOW
@given(ROWS)
def test_nothing_differs_from_itself(rows: Rows) -> None:
    assert compare(rows, dict(reversed(rows.items()))) == (0, 0, 0, rows)


@SLOW
@given(ROWS, ROWS)
def test_swapped_sides_swap_added_and_removed(before: Rows, after: Rows) -> None:
    added, removed, changed, applied = compare(before, after)
    swapped = compare(after, before)

    assert (added, removed, changed) == (swapped[1], swapped[0], swapped[2])
    assert applied == after
    assert (added, removed) == (len(after.keys() - before.keys()), len(before.keys() - after.keys()))


@SLOW
@given(ROWS, st.sampled_from(["Т", "Н", "Д"]), st.integers(0, 5))
def test_one_changed_cell_is_one_change(rows: Rows, column: str, place: int) -> None:
    key = sorted(rows)[place % len(rows)]
    other: dict[str, Any] = {"Т": "другое", "Н": Decimal("12345.67"), "Д": datetime.fromisoformat("3001-01-01")}
    after = rows | {key: rows[key] | {column: other[column]}}

    assert compare(rows, after) == (0, 0, 1, after)
