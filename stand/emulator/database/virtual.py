"""What virtual tables a register has and what their columns are (facts/odata.md 4, 5). How they are computed: `stand.emulator.database.virtual_sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.model import Attribute, MetaObject, Register, RegisterKind, ValueType
from stand.emulator.standard import EXT_DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable

DIMENSION, BALANCED = "ExtDimension", "BalancedExtDimension"
"""Names of extra dimensions (субконто), without their number: of an account, and of the account it corresponds with."""
_NUMBERS = range(1, EXT_DIMENSIONS + 1)


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


def extra(prefix: str = DIMENSION) -> tuple[Attribute, ...]:
    """Extra dimensions of one account."""
    return tuple(Attribute(f"{prefix}{number}", ValueType(())) for number in _NUMBERS)


def account_of(register: Register, name: str = "Account") -> Attribute:
    """A field that holds an account of the register's chart."""
    return Attribute(name, ValueType((register.chart or "?",)), standard=True)


def dimensions_of(meta: MetaObject) -> tuple[Attribute, ...]:
    """What a register's virtual tables may be grouped by; of an accounting register the account and extra dimensions as well."""
    register = register_of(meta)
    if register.kind is not RegisterKind.ACCOUNTING:
        return register.dimensions
    return (account_of(register), *extra(), *(item for item, _pair in sides(register.dimensions)))


def balanced_of(meta: MetaObject) -> tuple[Attribute, ...]:
    """The corresponding account with its extra dimensions: more to group the turnovers of a register with correspondence by."""
    register = register_of(meta)
    if register.kind is not RegisterKind.ACCOUNTING or not register.correspondence:
        return ()
    return (account_of(register, "BalancedAccount"), *extra(BALANCED))


def entry_dimensions_of(meta: MetaObject) -> tuple[Attribute, ...]:
    """What DrCrTurnovers may be grouped by: both accounts, their extra dimensions, dimensions of both sides."""
    register = register_of(meta)
    accounts = (account_of(register, "AccountDr"), account_of(register, "AccountCr"))
    return (*accounts, *extra(f"{DIMENSION}Dr"), *extra(f"{DIMENSION}Cr"), *register.dimensions)


def resources_of(meta: MetaObject) -> tuple[Attribute, ...]:
    """Resources of a register; of an accounting register by their base names."""
    register = register_of(meta)
    if register.kind is not RegisterKind.ACCOUNTING:
        return register.resources
    return tuple(item for item, _pair in sides(register.resources))


def measures(meta: MetaObject, table: str) -> tuple[tuple[str, str, Attribute], ...]:
    """Columns of a table of totals made of resources: (name, measure, resource), as `$metadata` orders them."""
    if table == "DrCrTurnovers":
        return tuple(
            (f"{resource.name}Turnover{side}", side, resource)
            for resource, pair in sides(register_of(meta).resources)
            for side in (("Dr", "Cr") if pair else ("",))
        )
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
            between = ("DrCrTurnovers",) if register.correspondence else ()
            return (
                *("Balance", "Turnovers", "BalanceAndTurnovers", *between),
                *("ExtDimensions", "RecordsWithExtDimensions"),
            )
        case RegisterKind.CALCULATION:
            schedule = ("ScheduleData",) if register.schedule is not None else ()
            action = ("ActualActionPeriod",) if register.action_period else ()
            bases = tuple(base_table(name) for name in register.bases) if register.base_period else ()
            return (*schedule, *action, *bases)
        case _:
            return ("SliceLast", "SliceFirst") if register.periodic else ()


def base_table(register: str) -> str:
    """The virtual table of a base: "CalculationRegister_Начисления" gives "BaseНачисления"."""
    return "Base" + register.removeprefix("CalculationRegister_")


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
