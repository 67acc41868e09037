"""Documents of the demo company: a quarter of trade, payroll and month closes, deterministic by seed and size, truly posted.

Documents come in order of time. Each is filled and posted by the same rules as one written through OData; balances are kept on the way, so
no sale goes below zero and no payment exceeds the account.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from harness.errors import UsageError
from stand.emulator.bulk import Bulk, RunningLedger, stable_ref
from stand.emulator.expressions import money
from stand.emulator.filling import Filling
from stand.emulator.lookups import Lookup
from stand.emulator.posting import Posting
from stand.emulator.reference_data import PERIOD_END, PERIOD_START, Good, Organisation, Partner, World
from stand.emulator.rows import EMPTY, Ref, Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.infobase import Session

__all__ = ["MINIMUM", "Generator"]

MINIMUM = 60
"""The smallest company that still has every kind of document."""
_HOLIDAYS = {date(2026, 1, day) for day in range(1, 10)} | {date(2026, 2, 23), date(2026, 3, 9)}
_MONTH_ENDS = (datetime(2026, 1, 31), datetime(2026, 2, 28), datetime(2026, 3, 31))  # noqa: DTZ001 - dates of 1C have no zone
_TRADE = ("order", "sale", "purchase", "incoming", "outgoing", "payment_order")
_WEIGHTS = (26, 27, 13, 19, 9, 6)
_RESERVE = Decimal(400000)
_STOCK = "AccumulationRegister_ТоварыНаСкладах"
_MONEY = "AccumulationRegister_ДенежныеСредства"


@dataclass(slots=True)
class _Order:
    """A sales order that is not shipped to the end; `left` is quantity by line of the order."""

    row: Row
    organisation: Organisation
    customer: Partner
    left: list[Decimal]


@dataclass(slots=True)
class _Debt:
    """An amount somebody owes: a customer us, we a supplier."""

    organisation: Organisation
    partner: Partner
    amount: Decimal
    order: Ref
    document: str
    payment_order: Row | None = None


class Generator:
    """Makes the documents of a company."""

    def __init__(self, session: Session, world: World, *, documents: int, seed: int) -> None:
        """Prepares.

        Args:
            documents: how many in all, at least `MINIMUM`.

        Raises:
            UsageError: too few.
        """
        if documents < MINIMUM:
            raise UsageError(f"Документов должно быть не меньше {MINIMUM}: {documents}")
        self._session = session
        self._world = world
        self._documents = documents
        self._seed = seed
        self._rng = Random(seed)  # noqa: S311 - reproducible data, nothing secret
        self._bulk = Bulk(session)
        self._ledger = RunningLedger(session.configuration)
        self._lookup = Lookup(session, session.configuration)
        self._filling = Filling(session.configuration, session.layout)
        self._posting = Posting(session.configuration)
        self._numbers: dict[tuple[str, str], int] = {}
        self._orders: deque[_Order] = deque()
        self._receivable: deque[_Debt] = deque()
        self._payable: deque[_Debt] = deque()
        self.written = 0

    def run(self) -> int:
        """Writes and posts everything; the number of documents."""
        fixed = sorted(self._fixed(), key=lambda item: item[0])
        trade = self._documents - len(fixed)
        at = 0
        for moment in _moments(trade):
            while at < len(fixed) and fixed[at][0] <= moment:
                self._make(fixed[at][1], fixed[at][0], *fixed[at][2])
                at += 1
            self._trade(moment)
        for moment, method, arguments in fixed[at:]:
            self._make(method, moment, *arguments)
        self._bulk.flush()
        return self.written

    def _make(self, method: str, moment: datetime, *arguments: Any) -> None:
        getattr(self, f"_{method}")(moment, *arguments)

    # -- what happens whatever the size ----------------------------------------------------------------------------------------

    def _fixed(self) -> Iterator[tuple[datetime, str, tuple[Any, ...]]]:
        for index, organisation in enumerate(self._world.organisations):
            yield PERIOD_START - timedelta(seconds=10 - index), "opening", (organisation,)
        for index, kind in enumerate((self._world.retail, self._world.wholesale)):
            for month in (1, 2, 3):
                yield datetime(2026, month, 1, 0, 5, index), "prices", (kind, month)  # noqa: DTZ001 - as above
        for index, organisation in enumerate(self._world.organisations):
            for end in _MONTH_ENDS:
                yield end + timedelta(hours=19, seconds=index), "payroll", (organisation,)
                yield end + timedelta(hours=23, minutes=50, seconds=index), "close", (organisation,)
            for end in _MONTH_ENDS[:2]:
                yield end + timedelta(days=5, hours=10, seconds=index), "salary", (organisation,)
                yield (
                    end + timedelta(days=5, hours=10, minutes=5, seconds=index),
                    "tax",
                    (organisation, "ПеречислениеНалога", "68.01"),
                )
                yield (
                    end + timedelta(days=5, hours=10, minutes=9, seconds=index),
                    "tax",
                    (organisation, "ПеречислениеВзносов", "69"),
                )

    def _opening(self, moment: datetime, organisation: Organisation) -> None:
        goods = [
            {
                "Номенклатура": good.ref,
                "Количество": (quantity := self._quantity(good, 60)),
                "Стоимость": money(quantity * good.purchase / Decimal("1.2")),
            }
            for good in self._world.goods
        ]
        debts = []
        for partner in self._rng.sample(self._world.customers, 5):
            amount = self._sum(60, 480)
            debts.append({"Контрагент": partner.ref, "Договор": partner.contracts[organisation.ref], "Сумма": amount})
            self._receivable.append(_Debt(organisation, partner, amount, _no_order(), "остаток на 01.01.2026"))
        for partner in self._rng.sample(self._world.suppliers, 3):
            amount = self._sum(90, 660)
            debts.append({"Контрагент": partner.ref, "Договор": partner.contracts[organisation.ref], "Сумма": -amount})
            self._payable.append(_Debt(organisation, partner, amount, _no_order(), "остаток на 01.01.2026"))
        cells = {"Склад": organisation.warehouses[0], "Товары": goods, "Взаиморасчеты": debts}
        balance = Decimal(9_000_000 if organisation is self._world.organisations[0] else 3_500_000)
        cells["Деньги"] = [{"БанковскийСчет": organisation.account, "Сумма": balance + self._sum(100, 900)}]
        self._document("Document_ВводНачальныхОстатков", moment, organisation, **cells)

    def _prices(self, moment: datetime, kind: Ref, month: int) -> None:
        factor = Decimal(1) if kind == self._world.retail else Decimal("0.9")
        rows = [
            {"Номенклатура": good.ref, "Цена": money(good.retail * factor * (100 + 2 * (month - 1)) / 100, 0)}
            for good in (*self._world.goods, *self._world.services)
        ]
        self._document(
            "Document_УстановкаЦенНоменклатуры", moment, self._world.organisations[0], ВидЦен=kind, Товары=rows
        )
        # Prices must lie in the base before the first document asks for them.
        self._bulk.flush()
        self._lookup.forget_slices()

    def _payroll(self, moment: datetime, organisation: Organisation) -> None:
        bonus = self._lookup.item("ChartOfCalculationTypes_Начисления", "00002")
        rows: list[Row] = []
        for employee in self._world.employees[organisation.ref]:
            rows.append({"Сотрудник": employee, "Дней": 20})
            if self._rng.random() < 0.35:  # noqa: PLR2004 - every third gets a bonus
                rows.append({"Сотрудник": employee, "ВидНачисления": bonus, "Сумма": self._sum(5, 30)})
        self._document("Document_НачислениеЗарплаты", moment, organisation, Начисления=rows)

    def _close(self, moment: datetime, organisation: Organisation) -> None:
        self._document("Document_ЗакрытиеМесяца", moment, organisation)

    def _salary(self, moment: datetime, organisation: Organisation) -> None:
        register = "AccumulationRegister_ВзаиморасчетыССотрудниками"
        rows = []
        for employee in self._world.employees[organisation.ref]:
            owed = self._ledger.balance(register, {"Организация": organisation.ref, "Сотрудник": employee}, moment).get(
                "Сумма", Decimal(0)
            )
            if owed > 0:
                rows.append({"Сотрудник": employee, "Сумма": owed})
        text = "Перечисление заработной платы по реестру"
        self._document(
            "Document_СписаниеСРасчетногоСчета",
            moment,
            organisation,
            ВидОперации="ПеречислениеЗаработнойПлаты",
            НазначениеПлатежа=text,
            Зарплата=rows,
        )

    def _tax(self, moment: datetime, organisation: Organisation, kind: str, account: str) -> None:
        owed = -self._ledger.account(self._lookup.account(account), organisation.ref, moment)
        text = "НДФЛ с заработной платы" if account == "68.01" else "Единый тариф страховых взносов"
        self._document(
            "Document_СписаниеСРасчетногоСчета",
            moment,
            organisation,
            ВидОперации=kind,
            СуммаДокумента=owed,
            НазначениеПлатежа=text,
        )

    # -- trade -----------------------------------------------------------------------------------------------------------------

    def _trade(self, moment: datetime) -> None:
        """One document of trade: the kind is drawn, and replaced by an order when there is nothing to do for it."""
        kind = self._rng.choices(_TRADE, _WEIGHTS)[0]
        if not getattr(self, f"_{kind}")(moment):
            self._order(moment)

    def _organisation(self) -> Organisation:
        return self._world.organisations[0 if self._rng.random() < 0.85 else 1]  # noqa: PLR2004 - the trading house trades most

    def _order(self, moment: datetime) -> bool:
        organisation = self._organisation()
        customer = self._rng.choice(self._world.customers)
        goods = self._rng.sample(self._world.goods, self._rng.randint(1, 5))
        rows: list[Row] = [{"Номенклатура": good.ref, "Количество": self._quantity(good, 40)} for good in goods]
        row = self._document(
            "Document_ЗаказПокупателя",
            moment,
            organisation,
            Контрагент=customer.ref,
            Договор=customer.contracts[organisation.ref],
            Склад=organisation.warehouses[0],
            Менеджер=self._rng.choice(self._world.managers),
            ДатаОтгрузки=datetime.combine(moment.date() + timedelta(days=self._rng.randint(1, 14)), time()),
            Товары=rows,
        )
        self._orders.append(_Order(row, organisation, customer, [line["Количество"] for line in row["Товары"]]))
        return True

    def _due_order(self, moment: datetime) -> _Order | None:
        """The oldest order whose day of shipping comes; a few customers wait longer."""
        for _attempt in range(min(len(self._orders), 8)):
            order = self._orders[0]
            if order.row["ДатаОтгрузки"] <= moment + timedelta(days=3) and self._rng.random() < 0.9:  # noqa: PLR2004 - as said
                return self._orders.popleft()
            self._orders.rotate(-1)
        return None

    def _sale(self, moment: datetime) -> bool:
        order = self._due_order(moment)
        if order is None:
            return False
        warehouse = order.organisation.warehouses[0]
        rows: list[Row] = []
        for index, line in enumerate(order.row["Товары"]):
            quantity = min(order.left[index], self._stock(line["Номенклатура"], warehouse, moment))
            if quantity > 0:
                order.left[index] -= quantity
                rows.append({"Номенклатура": line["Номенклатура"], "Количество": quantity, "Цена": line["Цена"]})
        if not rows:
            self._orders.append(order)
            return self._purchase(moment, order.organisation)
        services = []
        if self._rng.random() < 0.25:  # noqa: PLR2004 - every fourth is delivered
            services.append({"Номенклатура": self._world.services[0].ref, "Количество": Decimal(1)})
        row = self._document(
            "Document_РеализацияТоваровУслуг",
            moment,
            order.organisation,
            Заказ=order.row["Ref"],
            Товары=rows,
            Услуги=services,
        )
        self._receivable.append(
            _Debt(
                order.organisation,
                order.customer,
                row["СуммаДокумента"],
                order.row["Ref"],
                f"заказу {order.row['Number']}",
            )
        )
        if any(order.left):
            self._orders.append(order)
        else:
            order.row["Состояние"] = "Закрыт"
            self._bulk.add("Document_ЗаказПокупателя", order.row)
        return True

    def _purchase(self, moment: datetime, organisation: Organisation | None = None) -> bool:
        organisation = organisation or self._organisation()
        warehouse = organisation.warehouses[0]
        shortest = sorted(
            self._world.goods, key=lambda good: self._stock(good.ref, warehouse, moment) / self._quantity_scale(good)
        )
        rows: list[Row] = []
        for good in shortest[: self._rng.randint(3, 7)]:
            price = money(good.purchase * self._rng.randrange(97, 106) / 100)
            rows.append({"Номенклатура": good.ref, "Количество": self._quantity(good, 55), "Цена": price})
        supplier = self._rng.choice(self._world.suppliers)
        row = self._document(
            "Document_ПоступлениеТоваровУслуг",
            moment,
            organisation,
            Контрагент=supplier.ref,
            Договор=supplier.contracts[organisation.ref],
            Склад=warehouse,
            НомерВходящегоДокумента=f"{self._rng.randrange(10, 9999)}",
            ДатаВходящегоДокумента=datetime.combine(moment.date(), time()),
            Товары=rows,
        )
        self._payable.append(
            _Debt(
                organisation,
                supplier,
                row["СуммаДокумента"],
                _no_order(),
                f"накладной {row['НомерВходящегоДокумента']}",
            )
        )
        return True

    def _incoming(self, moment: datetime) -> bool:
        if not self._receivable:
            return False
        debt = self._receivable.popleft()
        paid = debt.amount if self._rng.random() < 0.88 else money(debt.amount / 2)  # noqa: PLR2004 - some pay by halves
        self._document(
            "Document_ПоступлениеНаРасчетныйСчет",
            moment,
            debt.organisation,
            ВидОперации="ОплатаОтПокупателя",
            Контрагент=debt.partner.ref,
            Договор=debt.partner.contracts[debt.organisation.ref],
            Заказ=debt.order,
            СуммаДокумента=paid,
            НазначениеПлатежа=f"Оплата по {debt.document}. В том числе НДС",
            НомерВходящегоДокумента=f"{self._rng.randrange(1, 999)}",
            ДатаВходящегоДокумента=datetime.combine(moment.date(), time()),
        )
        if paid < debt.amount:
            debt.amount -= paid
            self._receivable.append(debt)
        return True

    def _outgoing(self, moment: datetime) -> bool:
        debt = next((item for item in self._payable if self._affordable(item, moment)), None) if self._payable else None
        if debt is None:
            return self._incoming(moment)
        self._payable.remove(debt)
        self._document(
            "Document_СписаниеСРасчетногоСчета",
            moment,
            debt.organisation,
            ВидОперации="ОплатаПоставщику",
            Контрагент=debt.partner.ref,
            Договор=debt.partner.contracts[debt.organisation.ref],
            СуммаДокумента=debt.amount,
            НазначениеПлатежа=f"Оплата по {debt.document}. В том числе НДС",
            НомерВходящегоДокумента=debt.payment_order["Number"][-6:]
            if debt.payment_order
            else f"{self._rng.randrange(1, 999)}",
            ДатаВходящегоДокумента=datetime.combine(moment.date(), time()),
        )
        if debt.payment_order is not None:
            debt.payment_order["Оплачено"] = True
            self._bulk.add("Document_ПлатежноеПоручение", debt.payment_order)
        return True

    def _payment_order(self, moment: datetime) -> bool:
        debt = next(
            (item for item in self._payable if item.payment_order is None and self._affordable(item, moment)), None
        )
        if debt is None:
            return self._incoming(moment)
        debt.payment_order = self._document(
            "Document_ПлатежноеПоручение",
            moment,
            debt.organisation,
            Контрагент=debt.partner.ref,
            СчетКонтрагента=debt.partner.account,
            Договор=debt.partner.contracts[debt.organisation.ref],
            СуммаДокумента=debt.amount,
            НазначениеПлатежа=f"Оплата по {debt.document}. В том числе НДС",
            ДатаПлатежа=datetime.combine(moment.date(), time()),
        )
        return True

    # -- means -----------------------------------------------------------------------------------------------------------------

    def _affordable(self, debt: _Debt, moment: datetime) -> bool:
        key = {"Организация": debt.organisation.ref, "БанковскийСчет": debt.organisation.account}
        return debt.amount + _RESERVE < self._ledger.balance(_MONEY, key, moment).get("Сумма", Decimal(0))

    def _stock(self, good: Ref, warehouse: Ref, moment: datetime) -> Decimal:
        return self._ledger.balance(_STOCK, {"Номенклатура": good, "Склад": warehouse}, moment).get(
            "Количество", Decimal(0)
        )

    def _quantity_scale(self, good: Good) -> int:
        """Cheap goods go by dozens, dear ones by pieces."""
        return 1 if good.purchase > 3000 else 2 if good.purchase > 800 else 6  # noqa: PLR2004 - bands of price

    def _quantity(self, good: Good, most: int) -> Decimal:
        return Decimal(self._rng.randint(1, most) * self._quantity_scale(good))

    def _sum(self, low: int, high: int) -> Decimal:
        """An amount in thousands with kopecks."""
        return Decimal(self._rng.randrange(low * 100000, high * 100000)) / 100

    def _document(self, name: str, moment: datetime, organisation: Organisation, **cells: Any) -> Row:
        """Fills, posts and writes one document."""
        number = self._numbers[name, organisation.prefix] = self._numbers.get((name, organisation.prefix), 0) + 1
        text = f"{organisation.prefix}00-{number:06d}"
        row: Row = {
            "Ref": stable_ref(name, f"{self._seed}/{text}"),
            "Number": text,
            "Date": moment,
            "Posted": True,
            "DeletionMark": False,
            **cells,
        }
        if "Организация" in self._session.layout.objects[name].by_name:
            row["Организация"] = organisation.ref
        self._filling.complete(name, row, self._lookup)
        movements = self._posting.movements(name, row, self._lookup, self._ledger)
        self._ledger.apply(movements)
        self._bulk.add(name, row)
        self._bulk.records(movements)
        self._lookup.remember(row["Ref"], row)
        self.written += 1
        return row


def _no_order() -> Ref:
    return Ref("Document_ЗаказПокупателя", EMPTY)


def _moments(count: int) -> Iterator[datetime]:
    """So many moments spread evenly over the working hours of the quarter, all different."""
    days = [
        PERIOD_START.date() + timedelta(days=offset)
        for offset in range((PERIOD_END - PERIOD_START).days + 1)
        if (day := PERIOD_START.date() + timedelta(days=offset)).weekday() < 5 and day not in _HOLIDAYS  # noqa: PLR2004 - Monday to Friday
    ]
    length = 9 * 3600
    for index in range(count):
        day, second = divmod(index * len(days) * length // count, length)
        yield datetime.combine(days[day], time(9)) + timedelta(seconds=second)
