"""Periods of virtual tables: how a moment is cut to one, and which months of a span stored totals cover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from harness.onec.values import format_datetime

if TYPE_CHECKING:
    from collections.abc import Iterator

_MIDNIGHT = "'T00:00:00'"
_QUARTER = (
    "CASE WHEN substr(\"Period\", 6, 2) < '04' THEN '01' WHEN substr(\"Period\", 6, 2) < '07' THEN '04'"
    " WHEN substr(\"Period\", 6, 2) < '10' THEN '07' ELSE '10' END"
)
_TEN_DAYS = (
    "CASE WHEN substr(\"Period\", 9, 2) < '11' THEN '01' WHEN substr(\"Period\", 9, 2) < '21' THEN '11' ELSE '21' END"
)

PERIODS = {
    "SecondPeriod": '"Period"',
    "MinutePeriod": "substr(\"Period\", 1, 16) || ':00'",
    "HourPeriod": "substr(\"Period\", 1, 13) || ':00:00'",
    "DayPeriod": f'substr("Period", 1, 10) || {_MIDNIGHT}',
    "WeekPeriod": f"onec_dateadd(substr(\"Period\", 1, 10) || {_MIDNIGHT}, 'day', 1 - onec_part(\"Period\", 'dayofweek'))",
    "TenDaysPeriod": f'substr("Period", 1, 8) || {_TEN_DAYS} || {_MIDNIGHT}',
    "MonthPeriod": "substr(\"Period\", 1, 7) || '-01T00:00:00'",
    "QuarterPeriod": f"substr(\"Period\", 1, 5) || {_QUARTER} || '-01T00:00:00'",
    "HalfYearPeriod": "substr(\"Period\", 1, 5) || CASE WHEN substr(\"Period\", 6, 2) < '07' THEN '01' ELSE '07' END || '-01T00:00:00'",
    "YearPeriod": "substr(\"Period\", 1, 5) || '01-01T00:00:00'",
}
"""Period fields of turnovers and their beginning out of `Period`, which is ISO text."""

MONTH = PERIODS["MonthPeriod"]
"""Beginning of the month of `Period`."""
COARSE = frozenset({"MonthPeriod", "QuarterPeriod", "HalfYearPeriod", "YearPeriod"})
"""Periods made of whole months: totals of months are enough for them."""


_LAST_YEAR = 9999
_LAST = datetime(_LAST_YEAR, 12, 31, 23, 59, 59)  # noqa: DTZ001 - dates of 1C are naive


@dataclass(frozen=True, slots=True)
class Span:
    """A span of time: from `start` (in) to `end` (out), ISO text; "" is open.

    Attributes:
        whole: made of whole months; open at both ends it is all of time, and the current totals are enough.
    """

    start: str
    end: str
    whole: bool = False


CURRENT = "current"
"""The month of current totals in a table of totals; sorts behind every real month."""
EVER = Span("", "")
"""All of time, to be read from records."""


def month_of(moment: str) -> str:
    """Beginning of the month of a moment."""
    return f"{moment[:7]}-01T00:00:00"


def next_month(moment: str) -> str:
    """Beginning of the month after; "" after the last month there is."""
    year, month = int(moment[:4]), int(moment[5:7])
    year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return f"{year:04d}-{month:02d}-01T00:00:00" if year <= _LAST_YEAR else ""


def after(moment: datetime) -> str:
    """The second after a moment; "" when there is none."""
    if moment >= _LAST:
        return ""
    return format_datetime(moment + timedelta(seconds=1))


def cover(start: str, end: str) -> Iterator[Span]:
    """A span as its whole months and what is left of it at the ends, in order of time."""
    if end and start >= end:
        return
    first = start if not start or start == month_of(start) else next_month(start)
    last = end and month_of(end)
    if (start and not first) or (last and first >= last):
        yield Span(start, end)
        return
    if start < first:
        yield Span(start, first)
    yield Span(first, last, whole=True)
    if last < end:
        yield Span(last, end)
