from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.checks.columns import ROWS, canonical, is_empty, summarize
from harness.checks.totals import readable_sets
from harness.onec.edmx import EntitySet, EntityType, Metadata, Property
from harness.onec.names import EMPTY_REF

SALES = EntityType(
    "Document_Продажа",
    key=("Ref_Key",),
    properties=(
        Property("Ref_Key", "Edm.Guid", nullable=False),
        Property("DataVersion", "Edm.String"),
        Property("LineNumber", "Edm.Int64"),
        Property("Сумма", "Edm.Double"),
        Property("Комментарий", "Edm.String"),
    ),
)
ROW: dict[str, Any] = {
    "Ref_Key": "a",
    "DataVersion": "1",
    "LineNumber": 1,
    "Сумма": Decimal("10.50"),
    "Комментарий": "",
}


def test_counts_sums_and_fingerprints() -> None:
    summary = summarize([ROW, ROW | {"Ref_Key": "b", "Сумма": Decimal("0.25"), "Комментарий": "срочно"}], SALES)
    columns = summary.columns

    assert summary.count == 2
    assert columns["Комментарий"].longest == len("срочно")
    assert columns["Сумма"].longest is None
    assert columns["Сумма"].total == Decimal("10.75")
    assert columns["Комментарий"].filled == 1
    assert "DataVersion" not in columns
    assert columns["LineNumber"].total == 0


def test_a_moved_kopeck_changes_the_fingerprint_though_the_sum_stays() -> None:
    other = ROW | {"Ref_Key": "b"}
    before = summarize([ROW, other], SALES).columns
    after = summarize([ROW | {"Сумма": Decimal("10.49")}, other | {"Сумма": Decimal("10.51")}], SALES).columns

    assert before["Сумма"].total == after["Сумма"].total
    assert before["Сумма"].print != after["Сумма"].print
    assert before[ROWS].print == after[ROWS].print


@given(
    st.lists(st.tuples(st.uuids(), st.decimals(-1000, 1000, places=2)), unique_by=lambda pair: pair[0], max_size=8),
    st.randoms(),
)
def test_order_of_rows_does_not_matter(cells: list[tuple[Any, Decimal]], random: Any) -> None:
    rows = [{"Ref_Key": str(key), "Сумма": value} for key, value in cells]
    shuffled = rows[:]
    random.shuffle(shuffled)

    assert summarize(rows, SALES) == summarize(shuffled, SALES)


def test_a_column_that_fills_or_empties_is_seen_from_either_side() -> None:
    empty, filled = (summarize([ROW | {"Комментарий": text}], SALES).columns["Комментарий"] for text in ("", "да"))

    assert (empty.filled, filled.filled) == (0, 1)
    assert (empty.longest, filled.longest) == (0, 2)
    assert empty.print != filled.print


def test_a_kopeck_that_slips_into_another_month_changes_both() -> None:
    dated = EntityType(SALES.name, SALES.key, (*SALES.properties, Property("Date", "Edm.DateTime")))
    rows = [ROW | {"Ref_Key": str(month), "Date": datetime(2026, month, 5)} for month in (1, 2)]  # noqa: DTZ001

    assert summarize(rows, dated).months == {
        ("2026-01", ROWS): 1,
        ("2026-01", "Сумма"): Decimal("10.50"),
        ("2026-02", ROWS): 1,
        ("2026-02", "Сумма"): Decimal("10.50"),
    }


@pytest.mark.parametrize("value", [None, "", EMPTY_REF, 0, Decimal("0.00"), datetime(1, 1, 1)])  # noqa: DTZ001
def test_not_filled(value: object) -> None:
    assert is_empty(value)


@pytest.mark.parametrize("value", [False, True, " ", "0", Decimal("0.01"), datetime(2026, 1, 1)])  # noqa: DTZ001
def test_filled(value: object) -> None:
    assert not is_empty(value)


def test_digits_written_differently_are_one_value() -> None:
    assert canonical(Decimal("1.50")) == canonical(Decimal("1.5")) == "1.5"
    assert canonical(Decimal("100.00")) == canonical(100) == "100"
    assert canonical(Decimal("1E+2")) == "100"
    assert canonical("") != canonical(None)


def test_a_record_set_is_left_to_its_flat_twin() -> None:
    names = ("AccumulationRegister_Товары", "AccumulationRegister_Товары_RecordType", "Catalog_А", "Catalog_Б")
    metadata = Metadata(
        entity_types={name: EntityType(name) for name in names},
        entity_sets={name: EntitySet(name, name) for name in names},
    )

    assert readable_sets(metadata) == names[1:]
