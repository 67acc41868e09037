"""Exact numbers as integers: 12.50 of two digits after the point is 1250, so a database sums them without an error."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

MAX_INT = 2**63 - 1
"""The largest number a column can hold; 1C cuts a number to its length as well."""
_WIDEST = 20
"""Power of ten beyond any int64: an exponent must never become a gigabyte of digits."""


def scaled(value: Decimal | float | str, scale: int) -> int:
    """A number as an integer of 10^-scale, rounded as 1C rounds, cut to what a column can hold.

    Raises:
        ValueError: no number.
    """
    number: int
    if isinstance(value, int):
        number = value * 10**scale
    else:
        decimal = value if isinstance(value, Decimal) else Decimal(str(value))
        if not decimal.is_finite():
            raise ValueError(f"«{value}» — не число")
        if decimal.adjusted() > _WIDEST:
            return MAX_INT if decimal > 0 else -MAX_INT
        try:
            number = int(decimal.scaleb(scale).to_integral_value(ROUND_HALF_UP))
        except InvalidOperation as error:
            raise ValueError(f"«{value}» — не число") from error
    return max(-MAX_INT, min(MAX_INT, number))


def unscaled(number: int, scale: int) -> Decimal:
    """The number an integer of 10^-scale stands for, without idle zeros."""
    whole, rest = divmod(abs(number), 10**scale)
    text = f"{whole}.{rest:0{scale}d}".rstrip("0").rstrip(".") if scale else str(whole)
    return Decimal(f"-{text}" if number < 0 else text)
