"""Balances and turnovers of registers, whatever the configuration: one table of all of them.

Balances must survive an update to the kopeck. Dimensions are shown by names, so that a difference can be read by a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.checks.references import References
from harness.errors import AnswerError
from harness.onec.edmx import short

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date

    from harness.onec.edmx import Metadata
    from harness.onec.odata import ODataClient

_RESOURCE_ENDS = ("Balance", "BalanceDr", "BalanceCr", "Turnover", "TurnoverDr", "TurnoverCr", "Receipt", "Expense")
KEY = ("Регистр", "Разрез", "Показатель")
"""Key of the table of balances."""
TYPES = dict.fromkeys(KEY, "text") | {"Остаток": "number"}
"""Columns of the table of balances, also of an empty one."""


@dataclass(slots=True)
class Balances:
    """Rows for `observe.table` and registers that did not answer."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def registers_with(metadata: Metadata, function: str, *, exclude: Collection[str] = ()) -> tuple[str, ...]:
    """Registers that publish a virtual table ("Balance", "Turnovers"), in order of names."""
    found = [name for name, item in metadata.entity_sets.items() if function in metadata.functions_of(item.entity_type)]
    return tuple(sorted(name for name in found if name not in exclude))


def register_balances(client: ODataClient, day: date, *, exclude: Collection[str] = ()) -> Balances:
    """Balances of all registers at the end of a day, key `KEY`; lines that are zero are left out.

    Args:
        client: of the stand.
        day: balances include this day: the moment asked for is the beginning of the next one (a period is a border "before").
        exclude: registers not to read.
    """
    metadata = client.metadata()
    names = References(client)
    found = Balances()
    moment = after(day)
    for register in registers_with(metadata, "Balance", exclude=exclude):
        try:
            rows = list(client.balance(register, period=moment))
        except AnswerError as error:
            found.refused[register] = error.message
            continue
        targets = names.targets(metadata.entity_sets[register].entity_type) | _targets(metadata, register, "Balance")
        found.rows += _tall(register, (names.readable(row, targets) for row in rows))
    return found


def after(day: date) -> datetime:
    """The first moment after a day: 1C counts balances before the moment it is asked for."""
    return datetime(day.year, day.month, day.day) + timedelta(days=1)  # noqa: DTZ001 (1C's time has no zone)


def _targets(metadata: Metadata, register: str, function: str) -> dict[str, str]:
    """References among the columns of a virtual table: it has no links of its own, those of the records are the same."""
    names = {item.name for item in metadata.properties_of(short(_returned(metadata, register, function)))}
    record = metadata.type_of(f"{register}_RecordType") or metadata.type_of(register)
    found = {}
    for link in record.navigation if record else ():
        target = metadata.target_of(link)
        if f"{link.name}_Key" in names and target in metadata.entity_sets:
            found[f"{link.name}_Key"] = target
        if link.name.startswith("Account") and "Account_Key" in names and target in metadata.entity_sets:
            found["Account_Key"] = target
        for side in ("Dr", "Cr"):
            base = link.name.removesuffix(side)
            if base != link.name and f"{base}_Key" in names and target in metadata.entity_sets:
                found[f"{base}_Key"] = target
    return found


def _returned(metadata: Metadata, register: str, function: str) -> str:
    entity = metadata.entity_sets[register].entity_type
    return metadata.functions_of(entity)[function].return_type


def _tall(register: str, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One line for each resource that is not zero; lines with the same names of dimensions are added up."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in rows:
        resources = {name: value for name, value in row.items() if is_resource(name, value)}
        cut = "; ".join(
            f"{name}={_shown(value)}"
            for name, value in row.items()
            if name not in resources and value not in (None, "")
        )
        for name, value in resources.items():
            key = (cut, name)
            sums[key] = sums.get(key, Decimal(0)) + Decimal(value)
    return [
        {"Регистр": register, "Разрез": cut, "Показатель": name, "Остаток": total}
        for (cut, name), total in sorted(sums.items())
        if total
    ]


def is_resource(name: str, value: object) -> bool:
    """Whether a column of a virtual table is a resource."""
    return name.endswith(_RESOURCE_ENDS) and isinstance(value, int | Decimal) and not isinstance(value, bool)


def _shown(value: object) -> str:
    return f"{value:%d.%m.%Y}" if isinstance(value, datetime) else str(value)
