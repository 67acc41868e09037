"""Where reports take their rows from: virtual tables, records, documents, slices, daily balances.

Each reader takes a `SourceRequest` and gives rows of `stand.emulator.rows`; names of numbers are those of the virtual tables
("КоличествоTurnover", "СуммаBalanceDr").
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stand.emulator.database.infobase import Session
    from stand.emulator.rows import Row

__all__ = ["READERS", "Period", "SourceRequest"]

_ZERO = Decimal(0)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """A period; both moments belong to it."""

    start: datetime
    end: datetime

    @property
    def after(self) -> datetime:
        """The first moment after the period: a balance at it sees all of the last day."""
        return self.end + timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What a reader is asked.

    Attributes:
        table: the source's description.
        where: dimension to value, from parameters of the report.
    """

    session: Session
    table: Mapping[str, Any]
    period: Period
    where: Mapping[str, Any]

    @property
    def register(self) -> str:
        """Name of the register."""
        return str(self.table["register"])

    @property
    def by(self) -> tuple[str, ...]:
        """Dimensions to group by."""
        return tuple(self.table.get("by", ()))


def _balance(request: SourceRequest) -> Iterator[Row]:
    moment = request.period.start if request.table.get("at") == "start" else request.period.after
    yield from request.session.balance(request.register, period=moment, dimensions=request.by, where=request.where)


def _turnovers(request: SourceRequest) -> Iterator[Row]:
    period = request.period
    yield from request.session.turnovers(
        request.register, start=period.start, end=period.end, dimensions=request.by, where=request.where
    )


def _records(request: SourceRequest) -> Iterator[Row]:
    start = None if request.table.get("since") == "always" else request.period.start
    yield from request.session.records(request.register, start=start, end=request.period.end, where=request.where)


def _documents(request: SourceRequest) -> Iterator[Row]:
    # Without an index by two columns it is cheaper to leave out the rest here than to ask for each day.
    for row in request.session.select(
        str(request.table["document"]), where={**request.where, "Posted": True}, order=("Date",)
    ):
        if request.period.start <= row["Date"] <= request.period.end:
            yield row


def _slice(request: SourceRequest) -> Iterator[Row]:
    yield from request.session.slice_last(request.register, period=request.period.end, where=request.where)


def _daily_balance(request: SourceRequest) -> Iterator[Row]:
    """Average of balances at the end of each day, as "<Ресурс>Average"."""
    plan = request.table.get("plan")
    if plan == "один проход":
        return _daily_in_one_pass(request)
    if plan == "запрос в цикле":
        return _daily_by_queries(request)
    raise ConfigError(f"Неизвестный план «{plan}»", hint="«один проход» или «запрос в цикле»")


def _daily_in_one_pass(request: SourceRequest) -> Iterator[Row]:
    """Opening balances, then the records of the period: each counts for the days that are left."""
    period, resource = request.period, str(request.table["resource"])
    days = (period.after - period.start).days
    sums: dict[tuple[Any, ...], Decimal] = {}
    for row in request.session.balance(
        request.register, period=period.start, dimensions=request.by, where=request.where
    ):
        key = tuple(row[name] for name in request.by)
        sums[key] = sums.get(key, _ZERO) + row[f"{resource}Balance"] * days
    for row in request.session.records(request.register, start=period.start, end=period.end, where=request.where):
        key = tuple(row[name] for name in request.by)
        signed = row[resource] if row["RecordType"] == "Receipt" else -row[resource]
        sums[key] = sums.get(key, _ZERO) + signed * (period.after - _midnight(row["Period"])).days
    for key, total in sums.items():
        yield {**dict(zip(request.by, key, strict=True)), f"{resource}Average": total / days}


def _daily_by_queries(request: SourceRequest) -> Iterator[Row]:
    """The same numbers the way a hurried developer gets them: a query for each row, for each day."""
    period, resource = request.period, str(request.table["resource"])
    days = (period.after - period.start).days
    found = request.session.turnovers(request.register, end=period.end, dimensions=request.by, where=request.where)
    for row in found:
        key = {name: row[name] for name in request.by}
        total = _ZERO
        for day in range(1, days + 1):
            moment = period.start + _DAY * day
            balance = request.session.balance(
                request.register, period=moment, dimensions=request.by, where={**request.where, **key}
            )
            total += sum((item[f"{resource}Balance"] for item in balance), _ZERO)
        yield {**key, f"{resource}Average": total / days}


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0)


READERS: dict[str, Callable[[SourceRequest], Iterator[Row]]] = {
    "balance": _balance,
    "turnovers": _turnovers,
    "records": _records,
    "documents": _documents,
    "slice": _slice,
    "daily_balance": _daily_balance,
}
"""Readers by the word of the description."""
