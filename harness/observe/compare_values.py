"""Comparing single values."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from harness.observe.changes import STRUCTURE, Change, difference_file, summed, write_changes
from harness.observe.kinds import KIND_NAMES, ColumnKind
from harness.observe.people import shown
from harness.observe.tolerance import allowed
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.record.models import Observation

_JSON = msgspec.json.Decoder(float_hook=Decimal)


def compare_values(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two values; empty when they are equal."""
    left, right = _read(folder / before.file), _read(folder / after.file)
    if left == right:
        return []
    kinds = ColumnKind(left["kind"]), ColumnKind(right["kind"])
    sides = _side(left), _side(right)
    if kinds[0] is not kinds[1] and ColumnKind.UNKNOWN not in kinds:
        change = Change(STRUCTURE, "", "", f"{KIND_NAMES[kinds[0]]} {sides[0]}", f"{KIND_NAMES[kinds[1]]} {sides[1]}")
        file = write_changes(folder, difference_file(after, "value.json"), [change])
        return [difference(after, DifferenceClass.STRUCTURE, summed([change]), file=file, breaking=True)]
    tolerance = before.definition["tolerance"].get("*")
    change = Change("changed", "", "", *sides)
    if kinds == (ColumnKind.NUMBER, ColumnKind.NUMBER):
        numbers = Decimal(left["value"]), Decimal(right["value"])
        finite = all(number.is_finite() for number in numbers)
        if finite and numbers[0] == numbers[1]:  # 1 and 1.00
            return []
        if finite and tolerance is not None and allowed(tolerance).covers(*numbers):
            return [difference(after, DifferenceClass.TOLERANCE, summed([change]), file="")]
    file = write_changes(folder, difference_file(after, "value.json"), [change])
    return [difference(after, DifferenceClass.UNEXPLAINED, summed([change]), file=file)]


def _side(form: Mapping[str, Any]) -> str:
    value = form["value"]
    if form["kind"] == ColumnKind.NUMBER:
        return shown(Decimal(value))
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else shown(value)


def _read(path: Path) -> Any:
    return _JSON.decode(path.read_bytes())
