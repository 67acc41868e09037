"""Balances and turnovers of registers, whatever the configuration: one table of all of them.

Balances must survive an update to the kopeck. Dimensions are shown by names, so that a difference can be read by a person.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.checks.references import References
from harness.errors import AnswerError
from harness.onec.edmx import short
from harness.onec.parallel import Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from harness.onec.edmx import Metadata
    from harness.onec.odata import ODataClient
    from harness.onec.values import Row

_RESOURCE_ENDS = ("Balance", "BalanceDr", "BalanceCr", "Turnover", "TurnoverDr", "TurnoverCr", "Receipt", "Expense")
KEY = ("Регистр", "Разрез", "Показатель")
"""Key of the table of turnovers."""
DAY_KEY = ("Регистр", "Дата", "Разрез", "Показатель")
"""Key of the table of balances."""
TYPES = dict.fromkeys(KEY, "text") | {"Оборот": "number"}
"""Columns of the table of turnovers, also of an empty one."""
DAY_TYPES = dict.fromkeys(DAY_KEY, "text") | {"Остаток": "number"}
"""Columns of the table of balances, also of an empty one."""
TURNOVERS = ("Turnovers", "DrCrTurnovers")
"""Virtual tables of turnovers; the second shows the correspondence of accounts."""


@dataclass(slots=True)
class Amounts:
    """Rows for `observe.table`, and virtual tables that did not answer, with the reason."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def registers_with(metadata: Metadata, *functions: str) -> tuple[str, ...]:
    """Registers that publish one of the virtual tables ("Balance", "Turnovers"), in order of names."""
    return tuple(
        sorted(
            name
            for name, item in metadata.entity_sets.items()
            if not metadata.functions_of(item.entity_type).keys().isdisjoint(functions)
        )
    )


def register_balances(
    client: ODataClient, registers: Iterable[str], days: Sequence[date], *, sessions: int = 1
) -> Amounts:
    """Balances at the end of each day, key `DAY_KEY`; lines that are zero are left out.

    An accounting register gives them by account and extra dimensions, as it does when nobody chooses.

    Args:
        client: of the stand.
        registers: names.
        days: balances include the day: the moment asked for is the beginning of the next one (a period is a border "before").
        sessions: requests at the same time.
    """
    calls = ((name, "Balance", day) for name in registers for day in days)

    def ask(call: tuple[str, str, date]) -> Iterable[Row]:
        return client.balance(call[0], period=after(call[2]))

    found = Amounts()
    for (register, _, day), rows in _asked(client, calls, ask, found, sessions):
        found.rows += _tall({"Регистр": register, "Дата": f"{day:%d.%m.%Y}"}, rows, "Остаток")
    return found


def register_turnovers(
    client: ODataClient, registers: Iterable[str], start: date, end: date, *, sessions: int = 1
) -> Amounts:
    """Turnovers of a period, key `KEY`; of an accounting register also those between accounts. Lines that are zero are left out."""
    metadata = client.metadata()
    calls = (
        (name, function, end)
        for name in registers
        for function in TURNOVERS
        if function in metadata.functions_of(metadata.entity_sets[name].entity_type)
    )
    moments = {"StartPeriod": datetime(start.year, start.month, start.day), "EndPeriod": _last_second(end)}  # noqa: DTZ001

    def ask(call: tuple[str, str, date]) -> Iterable[Row]:
        return client.call(call[0], call[1], moments)

    found = Amounts()
    for (register, function, _), rows in _asked(client, calls, ask, found, sessions):
        name = register if function == TURNOVERS[0] else f"{register}/{function}"
        found.rows += _tall({"Регистр": name}, rows, "Оборот")
    return found


def _asked(
    client: ODataClient,
    calls: Iterable[tuple[str, str, date]],
    ask: Callable[[tuple[str, str, date]], Iterable[Row]],
    found: Amounts,
    sessions: int,
) -> Iterator[tuple[tuple[str, str, date], Iterable[Mapping[str, Any]]]]:
    """Answers of virtual tables with references made readable; refusals go to `found`."""
    metadata, names = client.metadata(), References(client)
    for call, rows in Crew(sessions).each(partial(_answer, ask), calls):
        register, function, _ = call
        if isinstance(rows, str):
            found.refused[f"{register}/{function}"] = rows
            continue
        targets = names.targets(metadata.entity_sets[register].entity_type) | _targets(metadata, register, function)
        yield call, [names.readable(row, targets) for row in rows]


def _answer(
    ask: Callable[[tuple[str, str, date]], Iterable[Row]], call: tuple[str, str, date]
) -> tuple[tuple[str, str, date], list[Row] | str]:
    try:
        return call, list(ask(call))
    except AnswerError as error:
        return call, error.message


def after(day: date) -> datetime:
    """The first moment after a day: 1C counts balances before the moment it is asked for."""
    return datetime(day.year, day.month, day.day) + timedelta(days=1)  # noqa: DTZ001 (1C's time has no zone)


def _last_second(day: date) -> datetime:
    """The end of a day: 1C takes the end of a period into it."""
    return after(day) - timedelta(seconds=1)


def _targets(metadata: Metadata, register: str, function: str) -> dict[str, str]:
    """References among the columns of a virtual table: it has no links of its own, those of the records are the same."""
    names = {item.name for item in metadata.properties_of(short(_returned(metadata, register, function)))}
    record = metadata.type_of(f"{register}_RecordType") or metadata.type_of(register)
    found = {}
    for link in record.navigation if record else ():
        target = metadata.target_of(link)
        if target not in metadata.entity_sets:
            continue
        account = ("Account", "BalancedAccount") if link.name.startswith("Account") else ()
        for name in (link.name, link.name.removesuffix("Dr"), link.name.removesuffix("Cr"), *account):
            if f"{name}_Key" in names:
                found[f"{name}_Key"] = target
    return found


def _returned(metadata: Metadata, register: str, function: str) -> str:
    entity = metadata.entity_sets[register].entity_type
    return metadata.functions_of(entity)[function].return_type


def _tall(head: Mapping[str, str], rows: Iterable[Mapping[str, Any]], amount: str) -> list[dict[str, Any]]:
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
        {**head, "Разрез": cut, "Показатель": name, amount: total}
        for (cut, name), total in sorted(sums.items())
        if total
    ]


def is_resource(name: str, value: object) -> bool:
    """Whether a column of a virtual table is a resource."""
    return name.endswith(_RESOURCE_ENDS) and isinstance(value, int | Decimal) and not isinstance(value, bool)


def _shown(value: object) -> str:
    return f"{value:%d.%m.%Y}" if isinstance(value, datetime) else str(value)
