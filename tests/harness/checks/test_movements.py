from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from harness.checks.movements import RECORDS, movement_rows
from harness.checks.references import References
from harness.onec.edmx import EntitySet, EntityType, Metadata, Property
from harness.onec.guard import WriteGuard
from harness.onec.kept import Kept

if TYPE_CHECKING:
    from harness.onec.odata import ODataClient

REGISTER = "AccumulationRegister_Товары"
RECORD: dict[str, Any] = {
    "Period": "2026-03-31T12:00:00",
    "RecordType": "Receipt",
    "Active": True,
    "LineNumber": 1,
    "Склад": "Главный",
    "Количество": Decimal(10),
}


def rows(*records: dict[str, Any]) -> dict[tuple[str, str], Decimal]:
    """Value by dimensions and resource."""
    described = EntityType(
        f"{REGISTER}_RecordType",
        key=("Recorder", "LineNumber"),
        properties=(Property("Количество", "Edm.Double"), Property("LineNumber", "Edm.Int64")),
    )
    published = EntitySet(described.name, described.name)
    metadata = Metadata(entity_types={described.name: described}, entity_sets={published.name: published})
    client = cast("ODataClient", SimpleNamespace(metadata=lambda: metadata, kept=Kept(WriteGuard())))
    found = movement_rows(client, References(client), "Поступление", REGISTER, records)
    return {(row["Разрез"], row["Показатель"]): row["Значение"] for row in found}


def test_records_with_the_same_dimensions_are_added_up_and_counted() -> None:
    cut = "Период=31.03.2026 12:00:00; RecordType=Receipt; Склад=Главный"

    assert rows(RECORD, RECORD | {"LineNumber": 2}) == {(cut, RECORDS): Decimal(2), (cut, "Количество"): Decimal(20)}


@pytest.mark.parametrize(
    "change",
    [
        {"Period": "2026-04-01T12:00:00"},
        {"Period": "2026-03-31T15:00:00"},
        {"Active": False},
        {"RecordType": "Expense"},
        {"Склад": ""},
        {"Количество": Decimal(-10)},
    ],
)
def test_whatever_changes_in_a_record_is_seen(change: dict[str, Any]) -> None:
    assert rows(RECORD) != rows(RECORD | change)


def test_records_that_cancel_out_and_records_without_numbers_are_seen() -> None:
    assert rows(RECORD, RECORD, RECORD | {"Количество": Decimal(-10)}) != rows(RECORD)
    assert rows(RECORD | {"Количество": Decimal(0)}) != rows()
