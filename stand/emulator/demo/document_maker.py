"""Making one generated document after another: filled, posted, written, balances kept. The ground under the generator."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from stand.emulator.behaviour.filling import Filling
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.behaviour.posting import Posting
from stand.emulator.database.bulk import Bulk, RunningLedger, stable_ref

if TYPE_CHECKING:
    from datetime import datetime

    from stand.emulator.database.infobase import Session
    from stand.emulator.demo.world import Good, Organisation, World
    from stand.emulator.rows import Ref, Row

__all__ = ["DocumentMaker"]

STOCK = "AccumulationRegister_ТоварыНаСкладах"
MONEY = "AccumulationRegister_ДенежныеСредства"
STAFF = "AccumulationRegister_ВзаиморасчетыССотрудниками"
_ZERO = Decimal(0)
_DEAR, _MIDDLE = 3000, 800


class DocumentMaker:
    """Makes documents in order of time.

    Args:
        session: writes.
        world: what the company has.
        seed: of all that is drawn by lot, and of references.
    """

    def __init__(self, session: Session, world: World, seed: int) -> None:
        self.world = world
        self.rng = Random(seed)  # noqa: S311 - reproducible data, nothing secret
        self.bulk = Bulk(session)
        self.ledger = RunningLedger(session.configuration)
        self.lookup = Lookup(session, session.configuration)
        self.written = 0
        self._layout = session.layout
        self._seed = seed
        self._filling = Filling(session.configuration, session.layout)
        self._posting = Posting(session.configuration)
        self._numbers: dict[tuple[str, str], int] = {}

    def document(self, name: str, moment: datetime, organisation: Organisation, **cells: Any) -> Row:
        """Fills, posts and writes one document; the row as it was written."""
        number = self._numbers[name, organisation.prefix] = self._numbers.get((name, organisation.prefix), 0) + 1
        text = f"{organisation.prefix}00-{number:06d}"
        reference = stable_ref(name, f"{self._seed}/{text}")
        row: Row = {"Ref": reference, "Number": text, "Date": moment, "Posted": True, "DeletionMark": False, **cells}
        if "Организация" in self._layout.objects[name].by_name:
            row["Организация"] = organisation.ref
        self._filling.complete(name, row, self.lookup)
        movements = self._posting.movements(name, row, self.lookup, self.ledger)
        self.ledger.apply(movements)
        self.bulk.add(name, row)
        self.bulk.records(movements)
        self.lookup.remember(reference, row)
        self.written += 1
        return row

    def rewrite(self, name: str, row: Row) -> None:
        """Writes a document again whose attributes were changed; its movements stay."""
        self.bulk.add(name, row)

    def stock(self, good: Ref, warehouse: Ref, moment: datetime) -> Decimal:
        """How much of a good there is."""
        return self.ledger.balance(STOCK, {"Номенклатура": good, "Склад": warehouse}, moment).get("Количество", _ZERO)

    def money(self, organisation: Organisation, moment: datetime) -> Decimal:
        """What lies on the current account."""
        key = {"Организация": organisation.ref, "БанковскийСчет": organisation.account}
        return self.ledger.balance(MONEY, key, moment).get("Сумма", _ZERO)

    def owed_to(self, organisation: Organisation, employee: Ref, moment: datetime) -> Decimal:
        """What an employee has earned and not received."""
        key = {"Организация": organisation.ref, "Сотрудник": employee}
        return self.ledger.balance(STAFF, key, moment).get("Сумма", _ZERO)

    @staticmethod
    def scale(good: Good) -> int:
        """Cheap goods go by half-dozens, dear ones by pieces."""
        return 1 if good.purchase > _DEAR else 2 if good.purchase > _MIDDLE else 6

    def quantity(self, good: Good, most: int) -> Decimal:
        """A quantity that suits the good's price."""
        return Decimal(self.rng.randint(1, most) * self.scale(good))

    def amount(self, low: int, high: int) -> Decimal:
        """An amount between so many thousands, with kopecks."""
        return Decimal(self.rng.randrange(low * 100000, high * 100000)) / 100
