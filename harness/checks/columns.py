"""A set summed up in one pass at constant memory: what is filled, how much, how long, and a fingerprint of the content."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from itertools import islice
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
_PIECE = 1000
"""Rows summed up at a time."""
_SIMPLE: frozenset[type] = frozenset({int, Decimal, bool, datetime})
"""Types whose equal values are spelled alike."""


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
    left = iter(rows)
    # Column by column within a piece of rows: values of one column have one type and repeat, rows do not.
    while piece := list(islice(left, _PIECE)):
        found.count += len(piece)
        keys = _keys(piece, described.key)
        columns = found.columns
        columns[ROWS].print = _printed(columns[ROWS].print, keys)
        for name in set().union(*piece) - ignored:
            values = [row.get(name) for row in piece]
            if name not in columns and all(isinstance(value, list | dict) or is_empty(value) for value in values):
                continue
            _add_column(columns.setdefault(name, Column()), keys, values, summed=name in numbers)
        if period:
            _add_months(found, piece, period)
    return found


def _keys(rows: list[Mapping[str, Any]], names: tuple[str, ...]) -> list[str]:
    """The keys of rows as texts."""
    columns = [_texts([row.get(name) for row in rows]) for name in names]
    return ["\x1e".join(parts) for parts in zip(*columns, strict=True)] if columns else [""] * len(rows)


def _texts(values: list[Any]) -> list[str]:
    """Values as texts, each different one spelled once where all are of one type; values of two types may be equal and no less different."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    if len(kinds) == 1 and kinds <= _SIMPLE:
        spelled = {value: canonical(value) for value in set(values)}
        return [spelled[value] for value in values]
    return [canonical(value) for value in values]


def _add_column(column: Column, keys: list[str], values: list[Any], *, summed: bool) -> None:
    if set(map(type, values)) == {str}:
        filled = [(key, value) for key, value in zip(keys, values, strict=True) if value not in _EMPTY]
    else:
        filled = [
            (key, value)
            for key, value in zip(keys, values, strict=True)
            if not (isinstance(value, list | dict) or is_empty(value))
        ]
    if not filled:
        return
    present = [value for _, value in filled]
    column.filled += len(filled)
    cells = zip(filled, _texts(present), strict=True)
    column.print = _printed(column.print, [f"{key}\x1f{text}" for (key, _), text in cells])
    if column.longest is not None:
        column.longest = max(
            column.longest, max((len(value) for value in present if isinstance(value, str)), default=0)
        )
    if summed:
        column.total += sum([value for value in present if isinstance(value, int | Decimal)])


def _add_months(found: Summary, rows: list[Mapping[str, Any]], period: str) -> None:
    months, labels = found.months, []
    shown: dict[datetime, str] = {}
    for row in rows:
        moment = row.get(period)
        if isinstance(moment, datetime):
            labels.append(shown.get(moment) or shown.setdefault(moment, f"{moment:%Y-%m}"))
        else:
            labels.append("")
    for label, count in Counter(labels).items():
        months[label, ROWS] = months.get((label, ROWS), Decimal(0)) + count
    for name in found.numbers:
        for label, row in zip(labels, rows, strict=True):
            value = row.get(name)
            if value:
                months[label, name] = months.get((label, name), Decimal(0)) + value


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
    return _printed(mark, [text])


def _printed(mark: int, texts: Iterable[str]) -> int:
    """A fingerprint with more texts in it."""
    marks = [blake2b(text.encode(), digest_size=8).digest() for text in texts]
    return (mark + sum([int.from_bytes(one, "big") for one in marks])) % _MODULUS
