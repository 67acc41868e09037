"""Key operations whose time is compared: each is a call that `observe.timing` repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.checks.balances import after, registers_with
from harness.onec.edmx import short

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from harness.onec.odata import ODataClient
    from harness.onec.services import ReadinessService

LIST_SIZE = 50
"""Rows a list shows at once."""


@dataclass(frozen=True, slots=True)
class KeyOperation:
    """An operation users wait for.

    Attributes:
        name: stable name of the observation.
        title: what it is, for people.
    """

    name: str
    title: str
    call: Callable[[], object]


def report_operations(
    service: ReadinessService, reports: Iterable[str], start: date, end: date
) -> Iterator[KeyOperation]:
    """Running each report for the period; names in order."""
    for name in sorted(set(reports)):
        yield KeyOperation(name, f"Отчёт {name}", _report(service, name, start, end))


def _report(service: ReadinessService, name: str, start: date, end: date) -> Callable[[], object]:
    return lambda: service.report(name, start=start, end=end)


def list_operations(client: ODataClient, sets: Mapping[str, str], stock: str, day: date) -> Iterator[KeyOperation]:
    """Opening lists of sets (title to set) and reading the balance of a register."""
    metadata = client.metadata()
    for title, entity_set in sets.items():
        described = metadata.type_of(entity_set)
        dated = described is not None and described.property("Date") is not None
        yield KeyOperation(title, title, _list(client, entity_set, "Date desc" if dated else "Description"))
    yield KeyOperation("Остатки", f"Остатки {stock}", lambda: list(client.balance(stock, period=after(day))))


def _list(client: ODataClient, entity_set: str, order: str) -> Callable[[], object]:
    return lambda: list(client.rows(entity_set, orderby=(order,), top=LIST_SIZE))


def heaviest(client: ODataClient, names: Iterable[str], weights: Mapping[str, int], count: int) -> tuple[str, ...]:
    """The objects with most rows, most first: of an object only its largest set. Those without rows have nothing to measure."""
    metadata = client.metadata()
    best: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (-weights.get(name, 0), name)):
        described = metadata.type_of(name)
        if weights.get(name, 0) and described is not None:
            best.setdefault(_object_of(name, described.key, metadata.entity_sets), name)
    return tuple(best.values())[:count]


def _object_of(name: str, key: tuple[str, ...], published: Mapping[str, object]) -> str:
    """The object a set belongs to: the owner of a tabular section, the register of records."""
    plain = name.removesuffix("_RecordType")
    if set(key) == {"Ref_Key", "LineNumber"}:
        parts = plain.split("_")
        owners = ("_".join(parts[:at]) for at in range(len(parts) - 1, 1, -1))
        return next((owner for owner in owners if owner in published), plain)
    return plain


def heavy_read(client: ODataClient, name: str, day: date) -> KeyOperation:
    """The heaviest read of an object: the balance of a register that keeps one, the last page by time of the rest."""
    metadata = client.metadata()
    register = name.removesuffix("_RecordType")
    if register in registers_with(metadata, "Balance"):
        return KeyOperation(register, f"Остатки {register}", lambda: list(client.balance(register, period=after(day))))
    described = metadata.type_of(name)
    period = next(
        (item.name for item in (described.properties if described else ()) if item.name in ("Date", "Period")), ""
    )
    order = (f"{period} desc",) if period else ()
    title = f"Чтение {short(name)}"
    return KeyOperation(name, title, lambda: list(client.rows(name, orderby=order, top=1000)))
