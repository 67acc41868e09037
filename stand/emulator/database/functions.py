"""Functions of the query language that SQLite has not: patterns, arithmetic of dates, exact division.

Dates are ISO text of nineteen characters; a moment before year 1 or after 9999 becomes the empty date.
"""

from __future__ import annotations

import calendar
import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.onec.names import EMPTY_DATE
from harness.onec.values import format_datetime, parse_datetime

if TYPE_CHECKING:
    import sqlite3

DIVISION_SCALE = 10
"""Digits after the point of a quotient."""
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_MAX_INT = 2**63 - 1
UNITS = frozenset({*_SECONDS, *_MONTHS})
"""Units of `dateadd` and `datedifference` (facts/odata.md 2)."""


def register_functions(connection: sqlite3.Connection) -> None:
    """Makes the functions known to a connection."""
    connection.create_function("onec_like", 2, _like, deterministic=True)
    connection.create_function("onec_dateadd", 3, date_add, deterministic=True)
    connection.create_function("onec_datediff", 3, date_difference, deterministic=True)
    connection.create_function("onec_div", 4, divide, deterministic=True)
    connection.create_function("onec_part", 2, date_part, deterministic=True)
    connection.create_function("onec_number", 2, number_of, deterministic=True)


def date_add(text: str | None, unit: str, count: int | None) -> str | None:
    """A moment so many units later; NULL stays NULL."""
    if text is None or count is None:
        return None
    try:
        moment = parse_datetime(text)
        if unit in _SECONDS:
            return format_datetime(moment + timedelta(seconds=_SECONDS[unit] * count))
        months = moment.year * 12 + moment.month - 1 + _MONTHS[unit] * count
        year, month = divmod(months, 12)
        day = min(moment.day, calendar.monthrange(year, month + 1)[1])
        return format_datetime(moment.replace(year=year, month=month + 1, day=day))
    except (ValueError, OverflowError, KeyError, TypeError, calendar.IllegalMonthError, IndexError):
        return EMPTY_DATE


def date_difference(first: str | None, second: str | None, unit: str) -> int | None:
    """How many borders of a unit lie between two moments, as РАЗНОСТЬДАТ counts; NULL when one of them is."""
    if first is None or second is None:
        return None
    a, b = parse_datetime(first), parse_datetime(second)
    if unit in _MONTHS:
        size = _MONTHS[unit]
        return (b.year * 12 + b.month - 1) // size - (a.year * 12 + a.month - 1) // size
    size = _SECONDS.get(unit, 1)
    zero = datetime(1, 1, 1)  # noqa: DTZ001 - dates of 1C are naive
    return int((b - zero).total_seconds()) // size - int((a - zero).total_seconds()) // size


def number_of(text: str | None, scale: int) -> int | None:
    """A number kept as text, as a scaled integer."""
    return None if text is None else max(-_MAX_INT, min(_MAX_INT, int(Decimal(text).scaleb(scale))))


def date_part(text: str | None, part: str) -> int | None:
    """Year, quarter, month, day, day of year or week (Monday is 1), hour, minute, second."""
    if text is None:
        return None
    moment = parse_datetime(text)
    match part:
        case "quarter":
            return (moment.month + 2) // 3
        case "dayofyear":
            return moment.timetuple().tm_yday
        case "dayofweek":
            return moment.isoweekday()
        case _:
            return int(getattr(moment, part))


def divide(a: float | None, scale_a: int, b: float | None, scale_b: int) -> int | None:
    """The exact quotient of two scaled integers at `DIVISION_SCALE`, cut; None when the divisor is zero.

    The database turns an integer that outgrew 64 bits into a float; such a number is no longer exact, and an infinite one gives None.
    """
    if a is None or b is None or not (isfinite(a) and isfinite(b)) or not int(b):
        return None
    up = int(a) * 10 ** (DIVISION_SCALE + scale_b)
    down = int(b) * 10**scale_a
    quotient: int = abs(up) // abs(down)
    quotient = -quotient if (up < 0) != (down < 0) else quotient
    return max(-_MAX_INT, min(_MAX_INT, quotient))


def _like(text: Any, pattern: Any) -> int | None:
    if text is None or pattern is None:
        return None
    return int(like(str(text), str(pattern)))


def like(text: str, pattern: str) -> bool:
    """ПОДОБНО: `%` any run, `_` any character, `[абв]`, `[а-я]`, `[^к]`. Time grows with the product of the lengths, never faster."""
    pieces = _pieces(pattern)
    if len(pieces) == 1:
        return pieces[0].regex.fullmatch(text) is not None
    first, *middle, last = pieces
    if len(text) < sum(piece.length for piece in pieces) or first.regex.match(text) is None:
        return False
    at = first.length
    for piece in middle:
        found = piece.regex.search(text, at, len(text) - last.length)
        if found is None:
            return False
        at = found.end()
    return at <= len(text) - last.length and last.regex.match(text, len(text) - last.length) is not None


class _Piece(NamedTuple):
    """What stands between two `%`: of a fixed length, so matching it never goes back."""

    regex: re.Pattern[str]
    length: int


@lru_cache(maxsize=256)
def _pieces(pattern: str) -> tuple[_Piece, ...]:
    pieces: list[list[str]] = [[]]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        end = pattern.find("]", at + 2) if char == "[" else -1
        if char == "%":
            pieces.append([])
        elif end > 0 and (found := _char_class(pattern[at + 1 : end])):
            pieces[-1].append(found)
            at = end
        else:
            pieces[-1].append("." if char == "_" else re.escape(char))
        at += 1
    return tuple(_Piece(re.compile("".join(items), re.DOTALL), len(items)) for items in pieces)


def _char_class(inner: str) -> str:
    """A class of `re` out of what stands between the brackets; "" when it is none: empty, or a range the wrong way round."""
    negated = inner.startswith("^")
    rest = inner.removeprefix("^")
    parts: list[str] = []
    at = 0
    while at < len(rest):
        if rest[at + 1 : at + 2] == "-" and at + 2 < len(rest):
            first, last = rest[at], rest[at + 2]
            if first > last:
                return ""
            parts.append(f"{re.escape(first)}-{re.escape(last)}")
            at += 3
        else:
            parts.append(re.escape(rest[at]))
            at += 1
    return f"[{'^' if negated else ''}{''.join(parts)}]" if parts else ""
