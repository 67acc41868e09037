"""Columns of an observed table: what kind of values they hold, and how these lie in Parquet so that nothing is lost.

| kind | in Parquet | what it keeps apart |
| --- | --- | --- |
| text | string, or UUID when every value is a lower-case GUID | null, "", zero GUID |
| number | DECIMAL, or string when 38 digits are not enough | digits as the base gave them |
| datetime | timestamp in microseconds, without zone (1C's dates have none) | null, 0001-01-01 |
| boolean | boolean | null, false |
| json | string, canonical JSON | nested values |
| mixed | string with a type prefix | values of several kinds in one column (composite types of 1C) |
| unknown | null | a column with nothing in it: fits to every kind |
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from harness.observe.kinds import KIND_NAMES, ColumnKind, declared_kind, digits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "KIND_NAMES",
    "METADATA_KEY",
    "Column",
    "ColumnKind",
    "declared_kind",
    "digits",
    "encode",
    "null_of",
    "tagged",
]

METADATA_KEY = b"onec"
"""Key of a Parquet field's metadata that holds its kind."""
_GUID_LENGTH = 36
_PRECISIONS = (18, 28, 38)
"""Digits of a decimal: the first fits 64 bits, the second leaves room for a longer fraction on the other side."""


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one column ready for Parquet."""

    kind: ColumnKind
    array: pa.Array


def encode(values: Sequence[Any], declared: ColumnKind = ColumnKind.UNKNOWN) -> Column:
    """Finds the kind of a column's values and encodes them.

    Raises:
        TypeError: a value of a type that no observation has.
    """
    kinds = {_kind_of(kind) for kind in set(map(type, values))} - {ColumnKind.UNKNOWN}
    if not kinds:
        return _ENCODERS[declared](declared, values)
    if len(kinds) > 1:
        return _mixed(ColumnKind.MIXED, values)
    kind = kinds.pop()
    return _ENCODERS[kind](kind, values)


def null_of(kind: ColumnKind) -> pa.DataType:
    """Parquet type of a column of this kind that holds nothing yet."""
    return _ENCODERS[kind](kind, []).array.type


def tagged(value: Any) -> str | None:
    """A value with the prefix of its type, for columns of mixed kind: "1" and 1 stay apart, 1 and 1.0 do not."""
    if value is None:
        return None
    if isinstance(value, bool):
        return f"b:{str(value).lower()}"
    if isinstance(value, int | float | Decimal):
        return f"n:{digits(value, bare=True)}"
    if isinstance(value, datetime | date):
        return f"d:{_moment(value).isoformat()}"
    if isinstance(value, dict | list | tuple):
        return f"j:{_canonical(value)}"
    return f"s:{value}"


def _kind_of(kind: type) -> ColumnKind:
    if kind is type(None):
        return ColumnKind.UNKNOWN
    for types, result in _PYTHON_TYPES:
        if issubclass(kind, types):
            return result
    raise TypeError(
        f"Значение типа {kind.__name__} не может быть наблюдением: строки, числа, даты, булевы, GUID, вложенные данные"
    )


_PYTHON_TYPES: tuple[tuple[tuple[type, ...], ColumnKind], ...] = (
    ((bool,), ColumnKind.BOOLEAN),
    ((str, uuid.UUID), ColumnKind.TEXT),
    ((int, float, Decimal), ColumnKind.NUMBER),
    ((date,), ColumnKind.DATETIME),
    ((dict, list, tuple), ColumnKind.JSON),
)


def _text(kind: ColumnKind, values: Sequence[Any]) -> Column:
    texts = [None if value is None else str(value) for value in values]
    storage = _guids_together(texts)
    if storage is None and (guids := _guids(texts)) is not None:
        storage = pa.array(guids, pa.binary(16))
    if storage is not None:
        return Column(kind, pa.ExtensionArray.from_storage(pa.uuid(), storage))
    return Column(kind, pa.array(texts, pa.string()))


def _guids(texts: Sequence[str | None]) -> list[bytes | None] | None:
    """Bytes of GUIDs when every text is one in canonical form (so that reading gives the same text), else None."""
    found: list[bytes | None] = []
    met = False
    for text in texts:
        if text is None:
            found.append(None)
            continue
        if len(text) != _GUID_LENGTH or text[8] != "-" or text[13] != "-" or text[18] != "-" or text[23] != "-":
            return None
        try:
            value = bytes.fromhex(text.replace("-", ""))
        except ValueError:
            return None
        if len(value) != 16 or text != text.lower():
            return None
        found.append(value)
        met = True
    return found if met else None


def _guids_together(texts: Sequence[str | None]) -> pa.Array | None:
    """A column full of GUIDs in one go; None when it is not such a column or a text is none."""
    if not texts or set(map(type, texts)) != {str} or set(map(len, texts)) != {_GUID_LENGTH}:  # type: ignore[arg-type]
        return None
    joined = "".join(texts)  # type: ignore[arg-type]
    dashes = "-" * len(texts)
    if joined != joined.lower() or any(joined[place::_GUID_LENGTH] != dashes for place in (8, 13, 18, 23)):
        return None
    try:
        found = bytes.fromhex(joined.replace("-", ""))
    except ValueError:
        return None
    if len(found) != 16 * len(texts):  # a blank or one more dash inside
        return None
    return pa.Array.from_buffers(pa.binary(16), len(texts), [None, pa.py_buffer(found)])


def _number(kind: ColumnKind, values: Sequence[Any]) -> Column:
    if (inferred := _decimals(values)) is not None or (inferred := _integers(values)) is not None:
        return Column(kind, inferred)
    numbers = [Decimal(repr(value)) if isinstance(value, float) else value for value in values]
    whole, scale = 1, 0
    integers = [number for number in numbers if isinstance(number, int)]
    if integers:
        whole = len(str(max(abs(max(integers)), abs(min(integers)))))
    for number in numbers if len(integers) < len(numbers) else ():
        if number is None or isinstance(number, int):
            continue
        exponent = number.as_tuple().exponent
        if not isinstance(exponent, int):  # NaN and infinity: 1C has none, a stand that sends them is shown as it is
            return Column(kind, pa.array([None if n is None else str(n) for n in numbers], pa.string()))
        whole = max(whole, number.adjusted() + 1)
        scale = max(scale, -exponent)
    stored = decimal_type(whole, scale)
    if stored is None:
        return Column(kind, pa.array([None if n is None else digits(n, bare=True) for n in numbers], pa.string()))
    return Column(kind, pa.array(numbers, stored))


def _decimals(values: Sequence[Any]) -> pa.Array | None:
    """Nothing but finite `Decimal`: the engine finds their digits itself, many times faster. None: not such a column."""
    kinds = set(map(type, values))
    if not kinds <= {Decimal, type(None)}:
        return None
    if kinds == {Decimal} and (array := _plain_decimals(values)) is not None:
        return array
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, TypeError):  # infinity, or digits no decimal holds
        return None
    # list.count compares, and comparing decimals with None is slow.
    empty = sum(value is None for value in values) if type(None) in kinds else 0
    if not pa.types.is_decimal(array.type) or array.null_count != empty:  # NaN would become nothing
        return None
    stored = decimal_type(max(1, array.type.precision - array.type.scale), array.type.scale)
    return array.cast(stored) if stored is not None else None


def _plain_decimals(values: Sequence[Decimal]) -> pa.Array | None:
    """Decimals by the texts of their digits: to find their width by the numbers themselves takes the engine seven times as long."""
    texts = pa.array(list(map(str, values)), pa.string())
    length, point = pc.binary_length(texts), pc.find_substring(texts, ".")
    fraction = pc.if_else(pc.equal(point, -1), 0, pc.subtract(pc.subtract(length, point), 1))
    whole = pc.subtract(pc.if_else(pc.equal(point, -1), length, point), pc.starts_with(texts, "-").cast(pa.int32()))
    stored = decimal_type(max(1, pc.max(whole).as_py()), pc.max(fraction).as_py())
    if stored is None or pc.any(pc.match_substring(texts, "E")).as_py():
        return None
    try:
        return texts.cast(stored)
    except pa.ArrowInvalid:  # NaN, infinity
        return None


def _integers(values: Sequence[Any]) -> pa.Array | None:
    """Nothing but integers of at most 18 digits; None: not such a column."""
    if set(map(type, values)) != {int}:
        return None
    try:
        array = pa.array(values, pa.int64()).cast(pa.decimal128(19, 0))
        return array.cast(pa.decimal128(_PRECISIONS[0], 0))
    except (pa.ArrowInvalid, OverflowError):
        return None


def decimal_type(whole: int, scale: int) -> pa.DataType | None:
    """Decimal that holds so many digits before and after the point; None when there is none."""
    precision = next((width for width in _PRECISIONS if whole + scale <= width), 0)
    return pa.decimal128(precision, scale) if precision else None


def _moment(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - dates of 1C have no zone
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _datetime(kind: ColumnKind, values: Sequence[Any]) -> Column:
    # Dates of 1C have no zone and are taken as they are, many times faster than one by one.
    plain = set(map(type, values)) == {datetime} and not any(map(attrgetter("tzinfo"), values))
    moments = values if plain else [None if value is None else _moment(value) for value in values]
    return Column(kind, pa.array(moments, pa.timestamp("us")))


def _boolean(kind: ColumnKind, values: Sequence[Any]) -> Column:
    return Column(kind, pa.array(values, pa.bool_()))


def _canonical(value: Any) -> str:
    return msgspec.json.encode(value, order="sorted").decode("utf-8")


def _json(kind: ColumnKind, values: Sequence[Any]) -> Column:
    return Column(kind, pa.array([None if value is None else _canonical(value) for value in values], pa.string()))


def _mixed(kind: ColumnKind, values: Sequence[Any]) -> Column:
    return Column(kind, pa.array([tagged(value) for value in values], pa.string()))


def _unknown(kind: ColumnKind, values: Sequence[Any]) -> Column:
    return Column(kind, pa.nulls(len(values), pa.string()))


_ENCODERS: dict[ColumnKind, Callable[[ColumnKind, Sequence[Any]], Column]] = {
    ColumnKind.TEXT: _text,
    ColumnKind.NUMBER: _number,
    ColumnKind.DATETIME: _datetime,
    ColumnKind.BOOLEAN: _boolean,
    ColumnKind.JSON: _json,
    ColumnKind.MIXED: _mixed,
    ColumnKind.UNKNOWN: _unknown,
}
