"""What the generator of documents knows of the demo company: organisations, partners, goods, people, the period it trades in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from stand.emulator.rows import EMPTY, Ref

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["PERIOD_END", "PERIOD_START", "Good", "Organisation", "Partner", "World"]

PERIOD_START = datetime(2026, 1, 1)  # noqa: DTZ001 - dates of 1C have no zone
PERIOD_END = datetime(2026, 3, 31, 23, 59, 59)  # noqa: DTZ001 - as above
_NO_PRICE_KIND = Ref("Catalog_ВидыЦен", EMPTY)


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation with what its documents need."""

    ref: Ref
    prefix: str
    account: Ref
    warehouses: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Partner:
    """A customer or a supplier; contract by organisation."""

    ref: Ref
    name: str
    contracts: dict[Ref, Ref]
    account: Ref
    term: int


@dataclass(frozen=True, slots=True)
class Good:
    """Goods or a service: purchase and retail price with VAT."""

    ref: Ref
    name: str
    purchase: Decimal
    retail: Decimal


@dataclass(slots=True)
class World:
    """All a generator of documents may use."""

    organisations: list[Organisation] = field(default_factory=list)
    customers: list[Partner] = field(default_factory=list)
    suppliers: list[Partner] = field(default_factory=list)
    goods: list[Good] = field(default_factory=list)
    services: list[Good] = field(default_factory=list)
    managers: list[Ref] = field(default_factory=list)
    employees: dict[Ref, list[Ref]] = field(default_factory=dict)
    cash_items: dict[str, Ref] = field(default_factory=dict)
    retail: Ref = _NO_PRICE_KIND
    wholesale: Ref = _NO_PRICE_KIND
