"""Virtual tables of registers as `$metadata` tells them: parameters and columns (facts/odata.md 4, 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.database import accounting, calculation, virtual
from stand.emulator.database.cells import Field
from stand.emulator.database.movements import Tables
from stand.emulator.database.virtual_sql import period_fields
from stand.emulator.model import Attribute, RegisterKind

if TYPE_CHECKING:
    from stand.emulator.database.tables import Layout
    from stand.emulator.model import MetaObject

TOTALS = {"Balance": "_Balance", "Turnovers": "_Turnover", "BalanceAndTurnovers": "_BalanceAndTurnover"}
"""Tables of totals to the suffix of their row type: their columns tell dimensions from resources."""
_SUFFIXES = {
    **TOTALS,
    "DrCrTurnovers": "_DrCrTurnover",
    "ExtDimensions": "_ExtDimensions",
    "RecordsWithExtDimensions": "_RecordsWithExtDimensions",
    "ScheduleData": "_ScheduleData",
    "ActualActionPeriod": "_ActualActionPeriod",
}
BASE = "Base"
"""Tables of bases are named with the base register behind."""

_CONDITION = ("Condition", "Edm.String")
_DIMENSIONS = ("Dimensions", "Edm.String")
_ACCOUNT = ("AccountCondition", "Edm.String")
_EXTRA = ("ExtraDimensions", "Edm.String")
_BALANCED = (("BalancedAccountCondition", "Edm.String"), ("BalancedExtraDimensions", "Edm.String"))
_PERIOD = ("Period", "Edm.DateTime")
_SPAN = (("EndPeriod", "Edm.DateTime"), ("StartPeriod", "Edm.DateTime"))
_ENTRIES = (_ACCOUNT, *_BALANCED, _CONDITION, _DIMENSIONS, *_SPAN, _EXTRA)
_BASE = (
    _CONDITION,
    ("MainRegisterDimensions", "Edm.String"),
    ("BaseRegisterDimensions", "Edm.String"),
    ("ViewPoints", "Edm.String"),
)
_PARAMETERS = {
    ("Balance", False): (_CONDITION, _DIMENSIONS, _PERIOD),
    ("Turnovers", False): (_CONDITION, _DIMENSIONS, *_SPAN),
    ("BalanceAndTurnovers", False): (_CONDITION, _DIMENSIONS, *_SPAN),
    ("Balance", True): (_ACCOUNT, _CONDITION, _DIMENSIONS, _EXTRA, _PERIOD),
    ("Turnovers", True): _ENTRIES,
    ("BalanceAndTurnovers", True): (_ACCOUNT, _CONDITION, _DIMENSIONS, *_SPAN, _EXTRA),
    ("DrCrTurnovers", True): _ENTRIES,
    ("ExtDimensions", True): (),
    ("RecordsWithExtDimensions", True): (_CONDITION, *_SPAN, ("Order", "Edm.String"), ("Top", "Edm.Int64")),
    ("ScheduleData", False): (_CONDITION,),
    ("ActualActionPeriod", False): (_CONDITION,),
    ("SliceLast", False): (_CONDITION, _PERIOD),
    ("SliceFirst", False): (_CONDITION, _PERIOD),
}
"""Parameters of virtual tables, exact names (facts/odata.md 5); by table and whether the register is an accounting one."""


def parameters_of(meta: MetaObject, function: str) -> tuple[tuple[str, str], ...]:
    """Parameters of a virtual table of a register: (name, Edm type)."""
    register = virtual.register_of(meta)
    accounting_ = register.kind is RegisterKind.ACCOUNTING
    if function.startswith(BASE) and register.kind is RegisterKind.CALCULATION:
        return _BASE
    found = _PARAMETERS.get((function, accounting_), ())
    # Without correspondence there is no other account to speak of.
    return found if register.correspondence else tuple(item for item in found if item not in _BALANCED)


def suffix_of(meta: MetaObject, table: str) -> str:
    """Suffix of the row type of a virtual table; "" for a slice, whose rows are records."""
    if table.startswith(BASE) and virtual.register_of(meta).kind is RegisterKind.CALCULATION:
        return f"_{table}"
    return _SUFFIXES.get(table, "")


def fields_of(layout: Layout, meta: MetaObject, table: str) -> tuple[Field, ...]:
    """All columns a virtual table may have, in the order of `$metadata`."""
    match table:
        case "RecordsWithExtDimensions":
            tables = Tables.of(layout, meta)
            return accounting.record_fields(tables.records.fields, accounting.kinds_chart(tables))
        case "ExtDimensions":
            return accounting.extra_fields(meta, accounting.kinds_chart(Tables.of(layout, meta)))
        case "ActualActionPeriod":
            return layout.objects[str(meta.name)].fields
        case "ScheduleData":
            return calculation.schedule_fields(layout, meta)
        case _ if table.startswith(BASE) and virtual.register_of(meta).kind is RegisterKind.CALCULATION:
            return calculation.base_fields(layout, meta, calculation.Base(base_register(meta, table)))
        case "DrCrTurnovers":
            groups = virtual.entry_dimensions_of(meta)
        case "Turnovers":
            groups = (*virtual.dimensions_of(meta), *virtual.balanced_of(meta))
        case _:
            groups = virtual.dimensions_of(meta)
    periods = [] if table == "Balance" else period_fields(meta)
    numbers = (Attribute(name, resource.type) for name, _measure, resource in virtual.measures(meta, table))
    return (*(Field.of(item) for item in groups), *periods, *(Field.of(item) for item in numbers))


def base_register(meta: MetaObject, table: str) -> str:
    """The base register of a table "Base<Name>"; as named when the model does not know it."""
    register = virtual.register_of(meta)
    name = f"CalculationRegister_{table.removeprefix(BASE)}"
    return name if name in register.bases else str(meta.name)
