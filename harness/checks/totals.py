"""Counts, sums and content fingerprints of every published set: what an update may not change by itself.

One pass over a set gives, for every column, how many cells are filled, their sum when they are numbers, and a fingerprint that
does not depend on the order of rows. A column without a single filled cell gives nothing, so that a new empty attribute is a
matter of the contract only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from hashlib import blake2b
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import AnswerError
from harness.onec.names import EMPTY_REF, UNDEFINED_TYPE
from harness.onec.odata import ROOT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from harness.onec.edmx import EntityType, Metadata
    from harness.onec.odata import ODataClient

ROWS = "(строки)"
"""Name of the line that speaks of the set as a whole: how many rows, fingerprint of their keys."""
KEY = ("Набор", "Колонка")
"""Key of the table of totals."""
TYPES = dict.fromkeys(KEY, "text") | {"Заполнено": "number", "Сумма": "number", "Отпечаток": "text"}
"""Columns of the table of totals, also of an empty one."""
VOLATILE = frozenset({"DataVersion"})
"""Grows with every write, even one that changes nothing: never compared (facts/odata.md 3)."""
_NUMBERS = frozenset({"Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Decimal", "Edm.Single"})
_NOT_SUMMED = frozenset({"LineNumber"})
_EMPTY = frozenset({"", EMPTY_REF, UNDEFINED_TYPE})
_MODULUS = 1 << 64
_SELECT_LIMIT = 1500
"""Characters of an encoded $select; a web server cuts a longer address (facts/odata.md 11.6)."""


@dataclass(slots=True)
class _Column:
    """What is known of a column so far."""

    filled: int = 0
    total: Decimal = Decimal(0)
    print: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A set that was not read in full, and why."""

    set: str
    reason: str


@dataclass(slots=True)
class Totals:
    """Rows for `observe.table` (key: Набор, Колонка) and what they do not cover."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    read: int = 0
    """Rows read from the stand."""


def readable_sets(metadata: Metadata, *, exclude: Collection[str] = ()) -> tuple[str, ...]:
    """Sets worth reading, in order of names: a record set is left out when its flat twin `X_RecordType` is published.

    Args:
        metadata: of the publication.
        exclude: names, or beginnings of names that end with "*".
    """
    names = metadata.entity_sets
    return tuple(
        sorted(
            name
            for name in names
            if f"{name}_RecordType" not in names and not _matches(name, exclude) and metadata.type_of(name)
        )
    )


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(name == item or (item.endswith("*") and name.startswith(item[:-1])) for item in patterns)


def set_totals(
    client: ODataClient, metadata: Metadata, *, exclude: Collection[str] = (), limit: int = 200_000
) -> Totals:
    """Reads every set and sums it up.

    Args:
        client: of the stand.
        metadata: of the publication.
        exclude: sets not to read, see `readable_sets`.
        limit: a set with more rows is only counted, so that both phases leave out the same sets whatever their speed.
    """
    found = Totals()
    for name in readable_sets(metadata, exclude=exclude):
        described = metadata.type_of(name)
        if described is None:
            continue
        try:
            if limit and (count := client.count(name)) > limit:
                found.skipped.append(Skipped(name, f"строк {count}, больше {limit}: посчитано только их число"))
                found.rows.append(_row(name, ROWS, count, None, ""))
                continue
            columns, count = summarize(client.rows(name, select=_select(described)), described)
        except AnswerError as error:
            found.skipped.append(Skipped(name, error.message))
            found.rows.append(_row(name, ROWS, None, None, f"не читается: ошибка {error.code or error.status}"))
            continue
        found.read += count
        found.rows += _lines(name, described, columns, count)
    return found


def _select(described: EntityType) -> tuple[str, ...]:
    """Columns without tabular sections, which are sets of their own; nothing when the address would become too long."""
    names = tuple(item.name for item in described.properties if not item.collection and item.type != "Edm.Stream")
    return names if sum(len(name.encode()) * 3 + 1 for name in names) < _SELECT_LIMIT else ()


def summarize(rows: Iterable[Mapping[str, Any]], described: EntityType) -> tuple[dict[str, _Column], int]:
    """Sums up rows of a set; constant memory. Returns columns by name (ROWS is the keys) and the number of rows."""
    numbers = {item.name for item in described.properties if item.type in _NUMBERS} - _NOT_SUMMED - set(described.key)
    columns: dict[str, _Column] = {ROWS: _Column()}
    count = 0
    for row in rows:
        count += 1
        key = "\x1e".join(canonical(row.get(name)) for name in described.key)
        columns[ROWS].print = combined(columns[ROWS].print, key)
        for name, value in row.items():
            if name in VOLATILE or name in described.key or isinstance(value, list | dict) or is_empty(value):
                continue
            column = columns.setdefault(name, _Column())
            column.filled += 1
            column.print = combined(column.print, f"{key}\x1f{canonical(value)}")
            if name in numbers and isinstance(value, int | Decimal):
                column.total += value
    return columns, count


def is_empty(value: object) -> bool:
    """What 1C calls not filled: nothing, an empty text, an empty reference, zero, an empty date; False is a value."""
    if value is None or (isinstance(value, str) and value in _EMPTY):
        return True
    if isinstance(value, bool):
        return False
    return (isinstance(value, int | Decimal) and value == 0) or (isinstance(value, datetime) and value.year == 1)


def canonical(value: object) -> str:
    """A value as text that does not depend on how its digits were written: 1.50 is 1.5."""
    if isinstance(value, bool) or value is None:
        return str(value)
    if isinstance(value, int | Decimal):
        text = f"{Decimal(value):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, datetime) else str(value)


def combined(mark: int, text: str) -> int:
    """A fingerprint with one more text in it; the order of texts does not matter."""
    return (mark + int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")) % _MODULUS


def _lines(name: str, described: EntityType, columns: Mapping[str, _Column], count: int) -> Iterator[dict[str, Any]]:
    numbers = {item.name for item in described.properties if item.type in _NUMBERS} - _NOT_SUMMED
    for column, seen in sorted(columns.items()):
        filled = count if column == ROWS else seen.filled
        yield _row(name, column, filled, seen.total if column in numbers else None, f"{seen.print:016x}")


def _row(name: str, column: str, filled: int | None, total: Decimal | None, fingerprint: str) -> dict[str, Any]:
    return {"Набор": name, "Колонка": column, "Заполнено": filled, "Сумма": total, "Отпечаток": fingerprint}


def read_probe(client: ODataClient, sets: Iterable[str]) -> list[dict[str, str]]:
    """Asks every set for one row: rows (key: Набор) with "да", or the error's code and words."""
    rows = []
    for name in sets:
        try:
            first_row(client, name)
            answer = "да"
        except AnswerError as error:
            answer = f"нет: ошибка {error.code or error.status}: {error.message[:200]}"
        rows.append({"Набор": name, "Читается": answer})
    return rows


def first_row(client: ODataClient, entity_set: str) -> None:
    """Asks a set for any one row. Without an order on purpose: ordering a register by its key costs a real base minutes.

    Raises:
        AnswerError: the set does not answer.
    """
    client.session.json("GET", f"{ROOT}/{quote(entity_set)}", params={"$format": "json", "$top": "1"})
