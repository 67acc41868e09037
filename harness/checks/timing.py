"""Key operations whose time is compared: each is a call that `observe.timing` repeats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.checks.balances import after

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
