"""How observed values look to people: nothing, emptiness and numbers told apart, no exponents, no time where it is midnight."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.observe.kinds import digits
from harness.onec.names import EMPTY_REF

if TYPE_CHECKING:
    from collections.abc import Mapping

NULL = "null"
EMPTY_TEXT = "пустая строка"
EMPTY_REFERENCE = "пустая ссылка"
EMPTY_MOMENT = "пустая дата"
ABSENT = "отсутствует"
"""What the other side of an added or removed thing looks like."""
_LONGEST = 200


def shown(value: Any) -> str:
    """One value for people; long texts are cut."""
    if value is None:
        return NULL
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        value = str(value)
    return _text(str(value))


def _number(value: float | Decimal) -> str:
    """Digits without zeros of storage at the end; a fraction keeps two places, as money is written."""
    text = digits(value, bare=True)
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:0<2}" if fraction else whole


def _moment(value: datetime) -> str:
    if value == datetime(1, 1, 1):  # noqa: DTZ001 - dates of 1C have no zone
        return EMPTY_MOMENT
    midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
    return (
        value.date().isoformat()
        if midnight
        else value.isoformat(sep=" ", timespec="microseconds" if value.microsecond else "seconds")
    )


def _text(value: str) -> str:
    if value == "":
        return EMPTY_TEXT
    if value == EMPTY_REF:
        return EMPTY_REFERENCE
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def key_text(key: Mapping[str, Any]) -> str:
    """A row's key for people: "Номенклатура=Стол, Склад=Основной"."""
    return ", ".join(f"{name}={shown(value)}" for name, value in key.items())


def grown(before: Any, after: Any) -> tuple[str, str]:
    """Change of a number, absolute and as a share of before, both signed: ("+1.64", "+1.64 %"); "" for what has none."""
    numbers = [number_of(value) for value in (before, after)]
    if numbers[0] is None or numbers[1] is None:
        return "", ""
    delta = numbers[1] - numbers[0]
    if not numbers[0]:
        return signed(delta), ""
    share = delta / abs(numbers[0]) * 100
    # A share too small for two digits is told by its first ones, never as zero.
    text = f"{share:+.2f}" if abs(share) >= Decimal("0.01") or not share else f"{float(share):+.1g}"
    return signed(delta), f"{text} %"


def number_of(value: Any) -> Decimal | None:
    """A value as a finite number, also one that was written as text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < _LONGEST else None


def signed(value: Decimal) -> str:
    """A number with its sign."""
    return f"+{shown(value)}" if value > 0 else shown(value)
