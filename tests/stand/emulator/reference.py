"""Virtual tables of totals the slow and obvious way: lists of movements, loops, no SQL. What the emulator computes is compared with this."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.stand.emulator.ledgers import ACCOUNT, ACCOUNT_KINDS, ONLY_TURNOVERS, WITH_QUANTITY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stand.emulator.rows import Ref, Row

ZERO = Decimal(0)
Key = tuple[Any, ...]
Numbers = tuple[Decimal, ...]


@dataclass
class Move:
    """One movement: when, by which fields, and for each resource what came and what went."""

    period: datetime
    fields: dict[str, Any]
    plus: list[Decimal]
    minus: list[Decimal] = field(default_factory=list)


def accumulation_moves(rows: Iterable[Row], resources: Sequence[str], dimensions: Sequence[str]) -> list[Move]:
    """Movements of an accumulation register; without RecordType everything comes."""
    result = []
    for number, row in enumerate(rows, 1):
        if not row["Active"]:
            continue
        amounts = [row[name] for name in resources]
        none = [ZERO] * len(amounts)
        came = row.get("RecordType") != "Expense"
        fields = {name: row[name] for name in dimensions} | {"LineNumber": number}
        result.append(Move(row["Period"], fields, amounts if came else none, none if came else amounts))
    return result


def place_of(account: Ref, kind: int) -> int | None:
    """Where an account keeps a kind of extra dimension."""
    kinds = ACCOUNT_KINDS[ACCOUNT.index(account)]
    return kinds.index(kind) + 1 if kind in kinds else None


def _extras(row: Row, account: Ref, side: str, kinds: Sequence[int] | None) -> dict[int, Any] | None:
    """Extra dimensions of a side, by place or by kinds asked for; None when the account lacks one of the kinds."""
    if kinds is None:
        return {number: row[f"ExtDimension{side}{number}"] for number in (1, 2, 3)}
    places = [place_of(account, kind) for kind in kinds]
    if None in places:
        return None
    return {number: row[f"ExtDimension{side}{place}"] for number, place in enumerate(places, 1)}


def without_turnovers_only(moves: Iterable[Move], kinds: Sequence[int] | None) -> list[Move]:
    """The movements a balance sees: what an account keeps for turnovers alone is empty."""
    result = []
    for move in moves:
        number = ACCOUNT.index(move.fields["Account"])
        own = kinds if kinds is not None else ACCOUNT_KINDS[number]
        hidden = {f"ExtDimension{place}": None for place, kind in enumerate(own, 1) if (number, kind) in ONLY_TURNOVERS}
        result.append(Move(move.period, {**move.fields, **hidden}, move.plus, move.minus))
    return result


def ledger_moves(
    rows: Iterable[Row], kinds: Sequence[int] | None = None, balanced: Sequence[int] | None = None
) -> list[Move]:
    """Both sides of every entry of a register with correspondence; resources are the sum and the quantity of accounts that have one."""
    result = []
    for row in rows:
        if not row["Active"]:
            continue
        for side, other in (("Dr", "Cr"), ("Cr", "Dr")):
            account, far = row[f"Account{side}"], row[f"Account{other}"]
            mine, theirs = _extras(row, account, side, kinds), _extras(row, far, other, balanced)
            if mine is None or theirs is None:
                continue
            fields = {
                "Account": account,
                "BalancedAccount": far,
                "Организация": row["Организация"],
                "Цех": row[f"Цех{side}"],
            }
            fields |= {f"ExtDimension{number}": value for number, value in mine.items()}
            fields |= {f"BalancedExtDimension{number}": value for number, value in theirs.items()}
            quantity = row[f"Количество{side}"] if WITH_QUANTITY[ACCOUNT.index(account)] else ZERO
            numbers, none = [row["Сумма"], quantity], [ZERO, ZERO]
            result.append(Move(row["Period"], fields, *((numbers, none) if side == "Dr" else (none, numbers))))
    return result


def plain_moves(rows: Iterable[Row], kinds: Sequence[int] | None = None) -> list[Move]:
    """Records of a register without correspondence: each is one side."""
    result = []
    for row in rows:
        extras = _extras(row, row["Account"], "", kinds)
        if not row["Active"] or extras is None:
            continue
        fields = {"Account": row["Account"], "Организация": row["Организация"]}
        fields |= {f"ExtDimension{number}": value for number, value in extras.items()}
        quantity = row["Количество"] if WITH_QUANTITY[ACCOUNT.index(row["Account"])] else ZERO
        numbers, none = [row["Сумма"], quantity], [ZERO, ZERO]
        debit = row["RecordType"] == "Debit"
        result.append(Move(row["Period"], fields, *((numbers, none) if debit else (none, numbers))))
    return result


def _grouped(moves: Iterable[Move], by: Sequence[str]) -> dict[Key, list[Move]]:
    groups: dict[Key, list[Move]] = defaultdict(list)
    for move in moves:
        groups[tuple(move.fields[name] for name in by)].append(move)
    return groups


def _sum(moves: Iterable[Move], count: int) -> list[tuple[Decimal, Decimal]]:
    result = [(ZERO, ZERO)] * count
    for move in moves:
        result = [(a + x, b + y) for (a, b), x, y in zip(result, move.plus, move.minus, strict=True)]
    return result


def _some(table: dict[Key, Numbers]) -> dict[Key, Numbers]:
    return {key: numbers for key, numbers in table.items() if any(numbers)}


def balance(moves: Iterable[Move], by: Sequence[str], moment: datetime | None, count: int) -> dict[Key, Numbers]:
    """What came less what went before the moment, by resource."""
    groups = _grouped((move for move in moves if moment is None or move.period < moment), by)
    return _some({key: tuple(a - b for a, b in _sum(group, count)) for key, group in groups.items()})


def turnovers(
    moves: Iterable[Move],
    by: Sequence[str],
    span: tuple[datetime | None, datetime | None],
    count: int,
    cut: Callable[[datetime], datetime] | None = None,
) -> dict[Key, Numbers]:
    """(came, went) of each resource within a span, both ends in; with `cut` by periods too, the period behind the key."""
    inside = [move for move in moves if _within(move.period, span)]
    table: dict[Key, list[Move]] = defaultdict(list)
    for key, group in _grouped(inside, by).items():
        for move in group:
            table[(*key, cut(move.period)) if cut else key].append(move)
    return _some({key: tuple(one for pair in _sum(group, count) for one in pair) for key, group in table.items()})


def _within(period: datetime, span: tuple[datetime | None, datetime | None]) -> bool:
    return (span[0] is None or period >= span[0]) and (span[1] is None or period <= span[1])


def balance_and_turnovers(
    moves: Iterable[Move],
    by: Sequence[str],
    span: tuple[datetime | None, datetime | None],
    count: int,
    cut: Callable[[datetime], datetime] | None = None,
) -> dict[Key, Numbers]:
    """(opening, came, went, closing) of each resource; by periods each opens with what the one before closed with, and the ends are periods."""
    start, end = span
    known = [move for move in moves if end is None or move.period <= end]
    result: dict[Key, Numbers] = {}
    for key, group in _grouped(known, by).items():
        early = [move for move in group if start is not None and move.period < start]
        late = [move for move in group if move not in early]
        opening = [a - b for a, b in _sum(early, count)]
        if cut is None:
            result[key] = _closed(opening, _sum(late, count))[0]
            continue
        periods = {cut(move.period) for move in late} | {cut(moment) for moment in span if moment is not None}
        for period in sorted(periods):
            numbers, opening = _closed(opening, _sum((move for move in late if cut(move.period) == period), count))
            result[(*key, period)] = numbers
    return _some(result)


def _closed(opening: list[Decimal], sums: list[tuple[Decimal, Decimal]]) -> tuple[Numbers, list[Decimal]]:
    closing = [first + a - b for first, (a, b) in zip(opening, sums, strict=True)]
    rows = zip(opening, sums, closing, strict=True)
    return tuple(one for first, (a, b), last in rows for one in (first, a, b, last)), closing


def entry_turnovers(
    rows: Iterable[Row],
    span: tuple[datetime | None, datetime | None],
    kinds: Sequence[int] | None,
    balanced: Sequence[int] | None,
) -> dict[Key, Numbers]:
    """Sum and both quantities by pairs of accounts and their extra dimensions asked for."""
    table: dict[Key, list[Decimal]] = defaultdict(lambda: [ZERO] * 3)
    for row in rows:
        debit, credit = row["AccountDr"], row["AccountCr"]
        mine, theirs = _extras(row, debit, "Dr", kinds), _extras(row, credit, "Cr", balanced)
        if not row["Active"] or not _within(row["Period"], span) or mine is None or theirs is None:
            continue
        key = (
            debit,
            credit,
            *(mine.values() if kinds is not None else ()),
            *(theirs.values() if balanced is not None else ()),
        )
        cell = table[key]
        cell[0] += row["Сумма"]
        for at, (side, account) in enumerate((("Dr", debit), ("Cr", credit)), 1):
            cell[at] += row[f"Количество{side}"] if WITH_QUANTITY[ACCOUNT.index(account)] else ZERO
    return _some({key: tuple(numbers) for key, numbers in table.items()})


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0)


CUTS: dict[str, Callable[[datetime], datetime]] = {
    "SecondPeriod": lambda moment: moment,
    "MinutePeriod": lambda moment: moment.replace(second=0),
    "HourPeriod": lambda moment: moment.replace(minute=0, second=0),
    "DayPeriod": _midnight,
    "WeekPeriod": lambda moment: _midnight(moment - timedelta(days=moment.weekday())),
    "TenDaysPeriod": lambda moment: _midnight(moment).replace(day=min((moment.day - 1) // 10, 2) * 10 + 1),
    "MonthPeriod": lambda moment: _midnight(moment).replace(day=1),
    "QuarterPeriod": lambda moment: _midnight(moment).replace(day=1, month=(moment.month - 1) // 3 * 3 + 1),
    "HalfYearPeriod": lambda moment: _midnight(moment).replace(day=1, month=1 if moment.month <= 6 else 7),
    "YearPeriod": lambda moment: _midnight(moment).replace(day=1, month=1),
}
"""Beginning of a period."""
