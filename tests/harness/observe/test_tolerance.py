"""Tolerances: absolute, relative, rounding; the same in Python and in SQL."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.observe.tolerance import allowed, written
from harness.record.models import DifferenceClass
from tests.harness.observe.pair import Pair, tables

if TYPE_CHECKING:
    from pathlib import Path

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-9999, max_value=9999)


@pytest.mark.parametrize(
    ("tolerance", "before", "after", "same"),
    [
        ("0.01", "1.00", "1.01", True),
        ("0.01", "1.00", "1.02", False),
        ("1%", "100", "101", True),
        ("1%", "100", "101.01", False),
        ("1%", "-100", "-99", True),
        ("1%", "0", "0.01", False),
        ("round 0", "1.4", "0.6", True),
        ("round 0", "1.4", "1.5", False),
        ("round -2", "1240", "1160", True),
        ("0.01; 1%", "100", "100.5", True),
        ("0.01; 1%", "0", "0.01", True),
    ],
)
def test_what_a_tolerance_covers(tolerance: str, before: str, after: str, same: bool) -> None:
    assert allowed(tolerance).covers(Decimal(before), Decimal(after)) is same


@settings(max_examples=200, deadline=None)
@given(NUMBERS, NUMBERS, st.sampled_from(["0.5", "10%", "round 1", "round -1", "0.1; 5%"]))
def test_sql_says_the_same(before: Decimal, after: Decimal, tolerance: str) -> None:
    sides = (f"CAST({side:f} AS DECIMAL(18, 4))" for side in (before, after))
    row = duckdb.execute(f"SELECT {allowed(tolerance).sql(*sides)}").fetchone()

    assert row is not None
    assert row[0] is allowed(tolerance).covers(before, after)


def test_columns_have_their_own(folder: Path) -> None:
    before = [{"К": 1, "Сумма": Decimal(1000), "Цена": Decimal(1)}]
    after = [{"К": 1, "Сумма": Decimal(1001), "Цена": Decimal("1.5")}]

    (found,) = tables(folder, before, after, tolerance={"Сумма": "1%", "Цена": "0.1"})

    assert (found.cls, [column.column for column in found.columns]) == (DifferenceClass.UNEXPLAINED, ["Цена"])


def test_a_value_bears_a_share(folder: Path) -> None:
    (found,) = Pair(folder).both(
        lambda observe: observe.value("v", 200, tolerance="1%"), lambda observe: observe.value("v", 201, tolerance="1%")
    )

    assert found.cls is DifferenceClass.TOLERANCE


@pytest.mark.parametrize("bad", ["-1", "x", "nan", "1e30", "round 20", "-1%"])
def test_what_is_no_tolerance_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"Допуск|Округление"):
        written(bad)
