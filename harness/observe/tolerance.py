"""How far two numbers may lie apart and still be the same: an absolute distance, a share of the value before, rounding.

Written as text: "0.01", "0.5%", "round 2"; several with ";" allow what any of them allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from harness.observe.kinds import digits

if TYPE_CHECKING:
    from collections.abc import Mapping

LIMIT = Decimal(10) ** 24
"""Tolerances are below: a comparison has room for so many digits before the point."""
_PLACES = 12
_ROUND = re.compile(r"round\s+(-?\d{1,2})")

Tolerance = Decimal | int | float | str
"""One tolerance as scenarios write it."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """One tolerance, read.

    Attributes:
        absolute: distance that is none; None when none is allowed.
        share: the same as a share of the value before (0.005 for "0.5%").
        places: digits after the point that count; negative for tens and hundreds.
    """

    absolute: Decimal | None = None
    share: Decimal | None = None
    places: int | None = None

    def covers(self, before: Decimal, after: Decimal) -> bool:
        """Whether two finite numbers are the same under it."""
        distance = abs(before - after)
        if self.absolute is not None and distance <= self.absolute:
            return True
        if self.share is not None and distance <= abs(before) * self.share:
            return True
        if self.places is None:
            return False
        step = Decimal(1).scaleb(-self.places)
        rounded = [(value / step).quantize(Decimal(1), ROUND_HALF_UP) for value in (before, after)]
        return rounded[0] == rounded[1]

    def sql(self, left: str, right: str) -> str:
        """The same as SQL over two decimals; null where it cannot be computed."""
        wide = f"CAST({{}} AS DECIMAL(38, {_PLACES}))"
        rules = []
        if self.absolute is not None:
            rules.append(f"abs({left} - {right}) <= {wide.format(_quoted(self.absolute))}")
        if self.share is not None:
            # A share is not money: doubles, with the smallest step above their own error.
            share = f"abs(CAST({left} AS DOUBLE)) * {digits(self.share)} * (1 + 1e-12)"
            rules.append(f"abs(CAST({left} - {right} AS DOUBLE)) <= {share}")
        if self.places is not None:
            rules.append(f"round({left}, {self.places}) = round({right}, {self.places})")
        return " OR ".join(f"({rule})" for rule in rules) or "false"


def _quoted(value: Decimal) -> str:
    return f"'{digits(value)}'"


def allowed(text: str) -> Allowed:
    """Reads a tolerance.

    Raises:
        ValueError: none.
    """
    absolute = share = places = None
    for part in (piece.strip() for piece in text.split(";")):
        rounding = _ROUND.fullmatch(part)
        if rounding:
            places = int(rounding[1])
            if abs(places) > _PLACES:
                raise ValueError(f"Округление — от {-_PLACES} до {_PLACES} знаков, а не {places}")
        elif part.endswith("%"):
            share = _number(part[:-1], text) / 100
        else:
            absolute = _number(part, text)
    return Allowed(absolute, share, places)


def _number(text: str, whole: str) -> Decimal:
    try:
        number = Decimal(text.strip())
    except ArithmeticError as error:
        raise ValueError(f'Допуск «{whole}» не разбирается: примеры — "0.01", "0.5%", "round 2"') from error
    if not (number.is_finite() and 0 <= number < LIMIT):
        raise ValueError(f"Допуск должен быть неотрицательным числом меньше {LIMIT:f}, а не {text}")
    return number


def written(tolerance: Tolerance | Mapping[str, Tolerance] | None) -> dict[str, str]:
    """Tolerances by column as text; "*" for every numeric column.

    Raises:
        ValueError: one that is none.
    """
    if tolerance is None:
        return {}
    given = {"*": tolerance} if isinstance(tolerance, Decimal | int | float | str) else dict(sorted(tolerance.items()))
    texts = {str(name): value if isinstance(value, str) else digits(value) for name, value in given.items()}
    for text in texts.values():
        allowed(text)
    return texts
