"""A set summed up piece by piece says what it says row by row."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.checks import columns
from harness.checks.columns import ROWS, canonical, is_empty, summarize
from harness.onec.edmx import EntityType, Property

DESCRIBED = EntityType(
    "Document_Заказ",
    ("Ref_Key",),
    (
        Property("Ref_Key", "Edm.Guid"),
        Property("Date", "Edm.DateTime"),
        Property("Сумма", "Edm.Double"),
        Property("Текст", "Edm.String"),
        Property("Да", "Edm.Boolean"),
    ),
)
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.decimals("-9", "9", places=2),
    st.sampled_from(["", "а", "бб"]),
    st.just([{"строка": 1}]),
)
NUMBERS = st.one_of(st.none(), st.decimals("-9", "9", places=2), st.integers(0, 2))
ROWS_OF_A_SET = st.lists(
    st.fixed_dictionaries(
        {
            "Ref_Key": st.sampled_from(["1", "2", "3"]),
            "Date": st.sampled_from([None, datetime(2026, 1, 31), datetime(2026, 2, 1)]),  # noqa: DTZ001
            "Сумма": NUMBERS,
            "Текст": st.one_of(st.none(), st.sampled_from(["", "а", "бб"])),
        },
        optional={"Да": CELLS, "Новая": CELLS},
    ),
    max_size=8,
)


def plainly(rows: list[dict[str, Any]], column: str) -> tuple[int, int]:
    """Filled cells and fingerprint of a column, the slow way."""
    filled, mark = 0, 0
    for row in rows:
        value = row.get(column)
        if isinstance(value, list) or is_empty(value):
            continue
        text = f"{row['Ref_Key']}\x1f{canonical(value)}"
        filled, mark = (
            filled + 1,
            mark + int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big"),
        )
    return filled, mark % (1 << 64)


@given(ROWS_OF_A_SET)
def test_pieces_make_no_difference(rows: list[dict[str, Any]]) -> None:
    usual = columns._PIECE
    try:
        columns._PIECE = 3
        found = summarize(iter(rows), DESCRIBED)
    finally:
        columns._PIECE = usual

    assert found.count == len(rows)
    for name in ("Date", "Сумма", "Текст", "Да"):
        assert (found.columns[name].filled, found.columns[name].print) == plainly(rows, name), name
    assert ("Новая" in found.columns) == bool(plainly(rows, "Новая")[0])
    assert found.columns["Сумма"].total == sum((Decimal(row["Сумма"] or 0) for row in rows), Decimal(0))
    assert found.columns["Текст"].longest == max((len(row["Текст"] or "") for row in rows), default=0)
    in_january = [row for row in rows if row["Date"] == datetime(2026, 1, 31)]  # noqa: DTZ001
    assert found.months.get(("2026-01", ROWS), 0) == len(in_january)
    assert found.months.get(("2026-01", "Сумма"), 0) == sum(
        (Decimal(row["Сумма"] or 0) for row in in_january), Decimal(0)
    )


def test_true_and_one_are_not_the_same_text() -> None:
    one = summarize([{"Ref_Key": "1", "Да": True}], DESCRIBED).columns["Да"].print
    other = summarize([{"Ref_Key": "1", "Да": 1}], DESCRIBED).columns["Да"].print
    both = summarize([{"Ref_Key": "1", "Да": True}, {"Ref_Key": "2", "Да": 1}], DESCRIBED).columns["Да"].print
    swapped = summarize([{"Ref_Key": "1", "Да": 1}, {"Ref_Key": "2", "Да": True}], DESCRIBED).columns["Да"].print

    assert one != other
    assert both != swapped
