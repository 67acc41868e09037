"""A set summed up in one pass at constant memory: what is filled, how much, how long, and a fingerprint of the content."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from harness.onec.names import EMPTY_REF, UNDEFINED_TYPE
from harness.onec.plans import PERIODS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.onec.edmx import EntityType

ROWS = "(строки)"
"""Name of the line that speaks of the set as a whole: how many rows, fingerprint of their keys."""
VOLATILE = frozenset({"DataVersion"})
"""Grows with every write, even one that changes nothing: never compared (facts/odata.md 3)."""
NUMBERS = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Decimal", "Edm.Single"})
"""Edm types of numbers."""
_NOT_SUMMED = frozenset({"LineNumber"})
_EMPTY = frozenset({"", EMPTY_REF, UNDEFINED_TYPE})
_MODULUS = 1 << 64


@dataclass(slots=True)
class Column:
    """What is known of a column so far.

    Attributes:
        longest: characters of the longest text; None for a column that is no text.
    """

    filled: int = 0
    total: Decimal = Decimal(0)
    print: int = 0
    longest: int | None = None


@dataclass(slots=True)
class Summary:
    """A set summed up.

    Attributes:
        columns: by name, without the key; `ROWS` is the keys.
        months: sums of numeric columns and the number of rows (`ROWS`) by month, where there is a period.
        numbers: names of numeric columns.
    """

    columns: dict[str, Column]
    numbers: frozenset[str]
    count: int = 0
    months: dict[tuple[str, str], Decimal] = field(default_factory=dict)


def summarize(rows: Iterable[Mapping[str, Any]], described: EntityType) -> Summary:
    """Sums up rows of a set. A column without a filled cell is there too: one that fills or empties is a difference."""
    plain = [item for item in described.properties if not item.collection and item.type != "Edm.Stream"]
    ignored = VOLATILE.union(described.key)
    numbers = frozenset(item.name for item in plain if item.type in NUMBERS) - _NOT_SUMMED - ignored
    texts = frozenset(item.name for item in plain if item.type == "Edm.String") - ignored
    columns = {item.name: Column() for item in plain if item.name not in ignored}
    for name in texts:
        columns[name].longest = 0
    found = Summary({ROWS: Column(), **columns}, numbers)
    period = next((name for name in PERIODS if described.property(name)), "")
    for row in rows:
        found.count += 1
        key = "\x1e".join([canonical(row.get(name)) for name in described.key])
        _add_row(found, row, key, ignored)
        if period:
            _add_month(found, row, row.get(period))
    return found


def _add_row(found: Summary, row: Mapping[str, Any], key: str, ignored: frozenset[str]) -> None:
    columns = found.columns
    columns[ROWS].print = combined(columns[ROWS].print, key)
    for name, value in row.items():
        if name in ignored or isinstance(value, list | dict) or is_empty(value):
            continue
        column = columns.get(name)
        if column is None:
            column = columns[name] = Column()
        column.filled += 1
        column.print = combined(column.print, f"{key}\x1f{canonical(value)}")
        if column.longest is not None and isinstance(value, str) and len(value) > column.longest:
            column.longest = len(value)
        if name in found.numbers and isinstance(value, int | Decimal):
            column.total += value


def _add_month(found: Summary, row: Mapping[str, Any], moment: object) -> None:
    month = f"{moment:%Y-%m}" if isinstance(moment, datetime) else ""
    months = found.months
    months[month, ROWS] = months.get((month, ROWS), Decimal(0)) + 1
    for name in found.numbers:
        value = row.get(name)
        if value:
            months[month, name] = months.get((month, name), Decimal(0)) + value


def is_empty(value: object) -> bool:
    """What 1C calls not filled: nothing, an empty text, an empty reference, zero, an empty date; False is a value."""
    if value is None or (isinstance(value, str) and value in _EMPTY):
        return True
    if isinstance(value, bool):
        return False
    return (isinstance(value, int | Decimal) and value == 0) or (isinstance(value, datetime) and value.year == 1)


def canonical(value: object) -> str:
    """A value as text that does not depend on how its digits were written: 1.50 is 1.5."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | Decimal):
        text = f"{Decimal(value):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, datetime) else str(value)


def combined(mark: int, text: str) -> int:
    """A fingerprint with one more text in it; the order of texts does not matter."""
    return (mark + int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")) % _MODULUS
