"""Documents of the demo company: a quarter of trade, payroll and month closes, deterministic by seed and size, truly posted.

Documents come in order of time. Each is filled and posted by the same rules as one written through OData; balances are kept on the way, so
no sale goes below zero and no payment exceeds the account.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from harness.errors import UsageError
from stand.emulator.behaviour.expressions import money
from stand.emulator.demo.approvals import write_approvals
from stand.emulator.demo.document_maker import DocumentMaker
from stand.emulator.demo.trading import Debt, Trade, no_order
from stand.emulator.demo.world import PERIOD_END, PERIOD_START, Organisation, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stand.emulator.database.infobase import Session
    from stand.emulator.rows import Ref, Row

__all__ = ["MINIMUM", "Generator"]

MINIMUM = 60
"""The smallest company that still has every kind of document."""
_HOLIDAYS = {date(2026, 1, day) for day in range(1, 10)} | {date(2026, 2, 23), date(2026, 3, 9)}
_MONTH_ENDS = (datetime(2026, 1, 31), datetime(2026, 2, 28), datetime(2026, 3, 31))  # noqa: DTZ001 - dates of 1C have no zone
_TAXES = {
    "ПеречислениеНалога": ("68.01", "НДФЛ с заработной платы"),
    "ПеречислениеВзносов": ("69", "Единый тариф страховых взносов"),
}
_OPENING_MONEY = (9_000_000, 3_500_000)
_BONUS = 0.35
"""Share of employees with a bonus."""
_WORKDAYS = 5
_WORKDAY_SECONDS = 9 * 3600


class Generator:
    """Makes the documents of a company.

    Args:
        session: writes.
        world: the company's reference data.
        documents: how many in all, at least `MINIMUM`.
        seed: the same seed and size give the same documents.

    Raises:
        UsageError: too few documents.
    """

    def __init__(self, session: Session, world: World, *, documents: int, seed: int) -> None:
        if documents < MINIMUM:
            raise UsageError(f"Документов должно быть не меньше {MINIMUM}: {documents}")
        self._documents = documents
        self._session = session
        self._maker = DocumentMaker(session, world, seed)
        self._trade = Trade(self._maker)

    def run(self) -> int:
        """Writes and posts everything; the number of documents."""
        events = sorted(self._events(), key=lambda item: item[0])
        at = 0
        for moment in _moments(self._documents - len(events)):
            while at < len(events) and events[at][0] <= moment:
                events[at][1](events[at][0])
                at += 1
            self._trade.make(moment)
        for moment, event in events[at:]:
            event(moment)
        self._maker.bulk.flush()
        write_approvals(self._session, self._maker.world)
        return self._maker.written

    def _events(self) -> Iterator[tuple[datetime, Callable[[datetime], None]]]:
        """What happens whatever the size: opening balances, prices, pay, taxes, month closes."""
        world = self._maker.world
        for index, kind in enumerate((world.retail, world.wholesale)):
            for month in (1, 2, 3):
                moment = datetime(2026, month, 1, 0, 5, index)  # noqa: DTZ001 - as above
                yield moment, partial(self._prices, kind=kind, month=month)
        for index, organisation in enumerate(world.organisations):
            yield PERIOD_START - timedelta(seconds=10 - index), partial(self._opening, organisation=organisation)
            for end in _MONTH_ENDS:
                yield end + timedelta(hours=19, seconds=index), partial(self._payroll, organisation=organisation)
                yield (
                    end + timedelta(hours=23, minutes=50, seconds=index),
                    partial(self._close, organisation=organisation),
                )
            for end in _MONTH_ENDS[:2]:
                payday = end + timedelta(days=5, hours=10, seconds=index)
                yield payday, partial(self._salary, organisation=organisation)
                yield (
                    payday + timedelta(minutes=5),
                    partial(self._tax, organisation=organisation, kind="ПеречислениеНалога"),
                )
                yield (
                    payday + timedelta(minutes=9),
                    partial(self._tax, organisation=organisation, kind="ПеречислениеВзносов"),
                )

    def _opening(self, moment: datetime, organisation: Organisation) -> None:
        goods = [
            {
                "Номенклатура": good.ref,
                "Количество": (quantity := self._maker.quantity(good, 60)),
                "Стоимость": money(quantity * good.purchase / Decimal("1.2")),
            }
            for good in self._maker.world.goods
        ]
        debts: list[Row] = []
        for partner in self._maker.rng.sample(self._maker.world.customers, 5):
            amount = self._maker.amount(60, 480)
            debts.append({"Контрагент": partner.ref, "Договор": partner.contracts[organisation.ref], "Сумма": amount})
            self._trade.receivable.append(Debt(organisation, partner, amount, no_order(), "остаток на 01.01.2026"))
        for partner in self._maker.rng.sample(self._maker.world.suppliers, 3):
            amount = self._maker.amount(90, 660)
            debts.append({"Контрагент": partner.ref, "Договор": partner.contracts[organisation.ref], "Сумма": -amount})
            self._trade.payable.append(Debt(organisation, partner, amount, no_order(), "остаток на 01.01.2026"))
        cells: Row = {"Склад": organisation.warehouses[0], "Товары": goods, "Взаиморасчеты": debts}
        balance = Decimal(_OPENING_MONEY[organisation is not self._maker.world.organisations[0]])
        cells["Деньги"] = [{"БанковскийСчет": organisation.account, "Сумма": balance + self._maker.amount(100, 900)}]
        self._maker.document("Document_ВводНачальныхОстатков", moment, organisation, **cells)

    def _prices(self, moment: datetime, kind: Ref, month: int) -> None:
        factor = Decimal(1) if kind == self._maker.world.retail else Decimal("0.9")
        rows = [
            {"Номенклатура": good.ref, "Цена": money(good.retail * factor * (100 + 2 * (month - 1)) / 100, 0)}
            for good in (*self._maker.world.goods, *self._maker.world.services)
        ]
        self._maker.document(
            "Document_УстановкаЦенНоменклатуры", moment, self._maker.world.organisations[0], ВидЦен=kind, Товары=rows
        )
        # Prices must lie in the base before the first document asks for them.
        self._maker.bulk.write()
        self._maker.lookup.forget_slices()

    def _payroll(self, moment: datetime, organisation: Organisation) -> None:
        bonus = self._maker.lookup.item("ChartOfCalculationTypes_Начисления", "00002")
        rows: list[Row] = []
        for employee in self._maker.world.employees[organisation.ref]:
            rows.append({"Сотрудник": employee, "Дней": 20})
            if self._maker.rng.random() < _BONUS:
                rows.append({"Сотрудник": employee, "ВидНачисления": bonus, "Сумма": self._maker.amount(5, 30)})
        self._maker.document("Document_НачислениеЗарплаты", moment, organisation, Начисления=rows)

    def _close(self, moment: datetime, organisation: Organisation) -> None:
        self._maker.document("Document_ЗакрытиеМесяца", moment, organisation)

    def _salary(self, moment: datetime, organisation: Organisation) -> None:
        owed = {
            employee: self._maker.owed_to(organisation, employee, moment)
            for employee in self._maker.world.employees[organisation.ref]
        }
        rows = [{"Сотрудник": employee, "Сумма": amount} for employee, amount in owed.items() if amount > 0]
        cells = {
            "ВидОперации": "ПеречислениеЗаработнойПлаты",
            "НазначениеПлатежа": "Перечисление заработной платы по реестру",
        }
        self._maker.document("Document_СписаниеСРасчетногоСчета", moment, organisation, Зарплата=rows, **cells)

    def _tax(self, moment: datetime, organisation: Organisation, kind: str) -> None:
        account, text = _TAXES[kind]
        owed = -self._maker.ledger.account(self._maker.lookup.account(account), organisation.ref, moment)
        cells = {"ВидОперации": kind, "СуммаДокумента": owed, "НазначениеПлатежа": text}
        self._maker.document("Document_СписаниеСРасчетногоСчета", moment, organisation, **cells)


def _moments(count: int) -> Iterator[datetime]:
    """So many moments spread evenly over the working hours of the quarter, all different."""
    every = (PERIOD_START.date() + timedelta(days=offset) for offset in range((PERIOD_END - PERIOD_START).days + 1))
    days = [day for day in every if day.weekday() < _WORKDAYS and day not in _HOLIDAYS]
    for index in range(count):
        place, second = divmod(index * len(days) * _WORKDAY_SECONDS // count, _WORKDAY_SECONDS)
        yield datetime.combine(days[place], time(9)) + timedelta(seconds=second)
