"""What a scenario hands over, brought to the form a record keeps: values with their kind, directions of a contract."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from harness.observe.kinds import ColumnKind, digits

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIRECTIONS = ("read", "write", "filter")


def value_form(value: Any) -> dict[str, Any]:
    """A value with its kind, in JSON: {"kind": "number", "value": "12.50"}.

    Raises:
        TypeError: a value of a type that no observation has.
    """
    if value is None:
        return {"kind": ColumnKind.UNKNOWN.value, "value": None}
    if isinstance(value, bool):
        return {"kind": ColumnKind.BOOLEAN.value, "value": value}
    if isinstance(value, int | float | Decimal):
        return {"kind": ColumnKind.NUMBER.value, "value": digits(value)}
    if isinstance(value, datetime | date):
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return {"kind": ColumnKind.DATETIME.value, "value": moment.isoformat()}
    if isinstance(value, str | uuid.UUID):
        return {"kind": ColumnKind.TEXT.value, "value": str(value)}
    if isinstance(value, dict | list | tuple):
        return {"kind": ColumnKind.JSON.value, "value": msgspec.to_builtins(value)}
    raise TypeError(f"Значение типа {type(value).__name__} не может быть наблюдением")


def direction_form(given: str | Sequence[str] | Mapping[str, str | Sequence[str]]) -> Any:
    """How a contract is used, JSON-able and checked.

    Raises:
        ValueError: a way that is none.
    """
    if isinstance(given, Mapping):
        return {str(path): [*_uses(uses)] for path, uses in sorted(given.items())}
    uses = _uses(given)
    return uses[0] if len(uses) == 1 else list(uses)


def _uses(given: str | Sequence[str]) -> tuple[str, ...]:
    uses = (given,) if isinstance(given, str) else tuple(dict.fromkeys(given))
    wrong = next((use for use in uses if use not in _DIRECTIONS), None)
    if wrong is not None or not uses:
        raise ValueError(f"Неизвестное направление: {wrong or 'не названо'}; есть {', '.join(_DIRECTIONS)}")
    return uses
