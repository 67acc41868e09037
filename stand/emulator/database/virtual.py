"""What virtual tables a register has and what their columns are (facts/odata.md 4, 5). How they are computed: `stand.emulator.database.virtual_sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.model import Attribute, MetaObject, Register, RegisterKind, ValueType
from stand.emulator.standard import EXT_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

PERIODS = {
    "SecondPeriod": '"Period"',
    "MinutePeriod": "substr(\"Period\", 1, 16) || ':00'",
    "HourPeriod": "substr(\"Period\", 1, 13) || ':00:00'",
    "DayPeriod": "substr(\"Period\", 1, 10) || 'T00:00:00'",
    "WeekPeriod": "date(\"Period\", '-6 days', 'weekday 1') || 'T00:00:00'",
    "TenDaysPeriod": "substr(\"Period\", 1, 8) || CASE WHEN substr(\"Period\", 9, 2) < '11' THEN '01' WHEN substr(\"Period\", 9, 2) < '21' THEN '11' ELSE '21' END || 'T00:00:00'",
    "MonthPeriod": "substr(\"Period\", 1, 7) || '-01T00:00:00'",
    "QuarterPeriod": "substr(\"Period\", 1, 5) || CASE WHEN substr(\"Period\", 6, 2) < '04' THEN '01' WHEN substr(\"Period\", 6, 2) < '07' THEN '04' WHEN substr(\"Period\", 6, 2) < '10' THEN '07' ELSE '10' END || '-01T00:00:00'",
    "HalfYearPeriod": "substr(\"Period\", 1, 5) || CASE WHEN substr(\"Period\", 6, 2) < '07' THEN '01' ELSE '07' END || '-01T00:00:00'",
    "YearPeriod": "substr(\"Period\", 1, 5) || '01-01T00:00:00'",
}
"""Period fields of turnovers and their beginning out of `Period`, which is ISO text."""


def sides(attributes: Iterable[Attribute]) -> list[tuple[Attribute, bool]]:
    """Dimensions or resources of an accounting register: the name of a pair `XDr`, `XCr` is X, and whether it is a pair."""
    listed = list(attributes)
    names = {item.name for item in listed}
    result: list[tuple[Attribute, bool]] = []
    for item in listed:
        base = item.name[:-2]
        if item.name.endswith("Dr") and f"{base}Cr" in names:
            result.append((Attribute(base, item.type, item.title), True))
        elif not (item.name.endswith("Cr") and f"{base}Dr" in names):
            result.append((item, False))
    return result


def dimensions_of(meta: MetaObject) -> tuple[Attribute, ...]:
    """What a register's virtual tables may be grouped by; of an accounting register the account and extra dimensions as well."""
    register = register_of(meta)
    if register.kind is not RegisterKind.ACCOUNTING:
        return register.dimensions
    account = Attribute("Account", ValueType((register.chart or "?",)), standard=True)
    extra = tuple(Attribute(f"ExtDimension{number}", ValueType(())) for number in range(1, EXT_DIMENSIONS + 1))
    return (account, *extra, *(item for item, _pair in sides(register.dimensions)))


def resources_of(meta: MetaObject) -> tuple[Attribute, ...]:
    """Resources of a register; of an accounting register by their base names."""
    register = register_of(meta)
    if register.kind is not RegisterKind.ACCOUNTING:
        return register.resources
    return tuple(item for item, _pair in sides(register.resources))


def measures(meta: MetaObject, table: str) -> tuple[tuple[str, str, Attribute], ...]:
    """Columns of "Balance", "Turnovers" or "BalanceAndTurnovers" made of resources: (name, measure, resource), as `$metadata` orders them."""
    return tuple(
        (f"{resource.name}{suffix}", suffix, resource)
        for resource in resources_of(meta)
        for suffix in _SUFFIXES[table, family_of(meta)]
    )


_SUFFIXES = {
    ("Balance", "balance"): ("Balance",),
    ("Balance", "accounting"): ("Balance", "BalanceDr", "BalanceCr"),
    ("Turnovers", "turnover"): ("Turnover",),
    ("Turnovers", "balance"): ("Turnover", "Receipt", "Expense"),
    ("Turnovers", "accounting"): ("Turnover", "TurnoverDr", "TurnoverCr"),
    ("BalanceAndTurnovers", "balance"): ("OpeningBalance", "Turnover", "Receipt", "Expense", "ClosingBalance"),
    ("BalanceAndTurnovers", "accounting"): (
        *("OpeningBalance", "OpeningBalanceDr", "OpeningBalanceCr"),
        *("Turnover", "TurnoverDr", "TurnoverCr"),
        *("ClosingBalance", "ClosingBalanceDr", "ClosingBalanceCr"),
    ),
}


def virtual_tables(meta: MetaObject) -> tuple[str, ...]:
    """Names of a register's virtual tables, in the order of `$metadata`."""
    register = register_of(meta)
    if register.virtual:
        return register.virtual
    match register.kind:
        case RegisterKind.BALANCE:
            return ("Balance", "Turnovers", "BalanceAndTurnovers")
        case RegisterKind.TURNOVER:
            return ("Turnovers",)
        case RegisterKind.ACCOUNTING:
            return ("Balance", "Turnovers", "BalanceAndTurnovers")
        case RegisterKind.INDEPENDENT | RegisterKind.SUBORDINATE:
            return ("SliceLast", "SliceFirst") if register.periodic else ()
        case _:
            return ()


def register_of(meta: MetaObject) -> Register:
    """The register of a metadata object that is one; ValueError otherwise."""
    if meta.register is None:
        raise ValueError(f"{meta.name} — не регистр")
    return meta.register


def family_of(meta: MetaObject) -> str:
    """Which measures its virtual tables have: "accounting", "balance" or "turnover"."""
    match register_of(meta).kind:
        case RegisterKind.ACCOUNTING:
            return "accounting"
        case RegisterKind.BALANCE:
            return "balance"
        case _:
            return "turnover"
