"""Large tables go through keys and hashes first; what is found is the same as without it."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.observe import table_sieve
from tests.harness.observe.pair import tables

if TYPE_CHECKING:
    from harness.record.models import Difference

VALUES = st.one_of(st.none(), st.sampled_from(["", "а", "00000000-0000-0000-0000-000000000000"]))
NUMBERS = st.one_of(st.none(), st.decimals(places=2, min_value=-9, max_value=9, allow_nan=False))
SIDE = st.lists(
    st.fixed_dictionaries({"К": st.integers(0, 5), "Т": VALUES, "Н": NUMBERS, "М": st.one_of(VALUES, NUMBERS)}),
    min_size=1,
    max_size=8,
)


def told(found: list[Difference]) -> list[Any]:
    return [
        (item.cls, item.added, item.removed, item.changed, item.columns, sorted(map(repr, item.examples)), item.causes)
        for item in found
    ]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(SIDE, SIDE, st.sampled_from([None, "0.5", "10%"]), st.booleans())
def test_the_sieve_changes_nothing_of_what_is_found(
    before: list[dict[str, Any]], after: list[dict[str, Any]], tolerance: str | None, ordered: bool
) -> None:
    found = []
    for large in (1, 10**9):
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            patch.setattr(table_sieve, "LARGE", large)
            found.append(told(tables(Path(folder) / "r", before, after, tolerance=tolerance, ordered=ordered)))

    assert found[0] == found[1]


def test_ten_thousand_rows_under_one_key_are_no_cross_join(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_sieve, "LARGE", 1)
    side = [{"К": 1, "Н": Decimal(number)} for number in range(10_000)]

    (found,) = tables(folder, side, list(reversed(side)))

    assert "повторяющихся ключей было 1, стало 1" in str(found.text)


def test_numbers_of_another_scale_are_equal_to_the_sieve(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_sieve, "LARGE", 1)
    before = [{"К": number, "Н": number} for number in range(50)]
    after = [{"К": number, "Н": Decimal(f"{number}.00" if number != 7 else "7.01")} for number in range(50)]

    (found,) = tables(folder, before, after)

    assert [example.key for example in found.examples] == ["К=7"]
