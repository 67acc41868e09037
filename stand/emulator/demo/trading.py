"""Trade of the generated company: orders, sales, purchases, payments in and out, payment orders to the bank."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from stand.emulator.behaviour.expressions import money
from stand.emulator.rows import EMPTY, Ref

if TYPE_CHECKING:
    from stand.emulator.demo.document_maker import DocumentMaker
    from stand.emulator.demo.world import Organisation, Partner
    from stand.emulator.rows import Row

__all__ = ["Debt", "Trade", "no_order"]

_KINDS = ("order", "sale", "purchase", "incoming", "outgoing", "payment_order")
_WEIGHTS = (26, 27, 13, 19, 9, 6)
_RESERVE = Decimal(400000)
_MAIN_SHARE = 0.85
"""Share of documents of the first organisation."""
_PUNCTUAL = 0.9
"""Share of orders that are shipped when their day comes."""
_DELIVERED = 0.25
"""Share of sales with delivery."""
_PAID_WHOLE = 0.88
"""Share of payments that cover the whole debt."""
_LOOK_AHEAD = 8


@dataclass(slots=True)
class _Order:
    """A sales order that is not shipped to the end; `left` is quantity by line of the order."""

    row: Row
    organisation: Organisation
    customer: Partner
    left: list[Decimal]


@dataclass(slots=True)
class Debt:
    """An amount somebody owes: a customer us, we a supplier."""

    organisation: Organisation
    partner: Partner
    amount: Decimal
    order: Ref
    document: str
    payment_order: Row | None = None


def no_order() -> Ref:
    """An empty reference to an order."""
    return Ref("Document_ЗаказПокупателя", EMPTY)


class Trade:
    """Draws and makes documents of trade."""

    def __init__(self, maker: DocumentMaker) -> None:
        self._maker = maker
        self._orders: deque[_Order] = deque()
        self.receivable: deque[Debt] = deque()
        self.payable: deque[Debt] = deque()

    def make(self, moment: datetime) -> None:
        """One document of trade: the kind is drawn, and replaced by an order when there is nothing to do for it."""
        kind = self._maker.rng.choices(_KINDS, _WEIGHTS)[0]
        if not getattr(self, f"_{kind}")(moment):
            self._order(moment)

    def _organisation(self) -> Organisation:
        return self._maker.world.organisations[0 if self._maker.rng.random() < _MAIN_SHARE else 1]

    def _order(self, moment: datetime) -> bool:
        organisation = self._organisation()
        customer = self._maker.rng.choice(self._maker.world.customers)
        goods = self._maker.rng.sample(self._maker.world.goods, self._maker.rng.randint(1, 5))
        rows: list[Row] = [{"Номенклатура": good.ref, "Количество": self._maker.quantity(good, 40)} for good in goods]
        row = self._maker.document(
            "Document_ЗаказПокупателя",
            moment,
            organisation,
            Контрагент=customer.ref,
            Договор=customer.contracts[organisation.ref],
            Склад=organisation.warehouses[0],
            Менеджер=self._maker.rng.choice(self._maker.world.managers),
            ДатаОтгрузки=datetime.combine(moment.date() + timedelta(days=self._maker.rng.randint(1, 14)), time()),
            Товары=rows,
        )
        self._orders.append(_Order(row, organisation, customer, [line["Количество"] for line in row["Товары"]]))
        return True

    def _due_order(self, moment: datetime) -> _Order | None:
        """The oldest order whose day of shipping comes; a few customers wait longer."""
        for _attempt in range(min(len(self._orders), _LOOK_AHEAD)):
            order = self._orders[0]
            if order.row["ДатаОтгрузки"] <= moment + timedelta(days=3) and self._maker.rng.random() < _PUNCTUAL:
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
            quantity = min(order.left[index], self._maker.stock(line["Номенклатура"], warehouse, moment))
            if quantity > 0:
                order.left[index] -= quantity
                rows.append({"Номенклатура": line["Номенклатура"], "Количество": quantity, "Цена": line["Цена"]})
        if not rows:
            self._orders.append(order)
            return self._purchase(moment, order.organisation)
        services = []
        if self._maker.rng.random() < _DELIVERED:
            services.append({"Номенклатура": self._maker.world.services[0].ref, "Количество": Decimal(1)})
        row = self._maker.document(
            "Document_РеализацияТоваровУслуг",
            moment,
            order.organisation,
            Заказ=order.row["Ref"],
            Товары=rows,
            Услуги=services,
        )
        reason = f"заказу {order.row['Number']}"
        self.receivable.append(
            Debt(order.organisation, order.customer, row["СуммаДокумента"], order.row["Ref"], reason)
        )
        if any(order.left):
            self._orders.append(order)
        else:
            order.row["Состояние"] = "Закрыт"
            self._maker.rewrite("Document_ЗаказПокупателя", order.row)
        return True

    def _purchase(self, moment: datetime, organisation: Organisation | None = None) -> bool:
        organisation = organisation or self._organisation()
        warehouse = organisation.warehouses[0]
        shortest = sorted(
            self._maker.world.goods,
            key=lambda good: self._maker.stock(good.ref, warehouse, moment) / self._maker.scale(good),
        )
        rows: list[Row] = []
        for good in shortest[: self._maker.rng.randint(3, 7)]:
            price = money(good.purchase * self._maker.rng.randrange(97, 106) / 100)
            rows.append({"Номенклатура": good.ref, "Количество": self._maker.quantity(good, 55), "Цена": price})
        supplier = self._maker.rng.choice(self._maker.world.suppliers)
        row = self._maker.document(
            "Document_ПоступлениеТоваровУслуг",
            moment,
            organisation,
            Контрагент=supplier.ref,
            Договор=supplier.contracts[organisation.ref],
            Склад=warehouse,
            НомерВходящегоДокумента=f"{self._maker.rng.randrange(10, 9999)}",
            ДатаВходящегоДокумента=_midnight(moment),
            Товары=rows,
        )
        reason = f"накладной {row['НомерВходящегоДокумента']}"
        self.payable.append(Debt(organisation, supplier, row["СуммаДокумента"], no_order(), reason))
        return True

    def _incoming(self, moment: datetime) -> bool:
        if not self.receivable:
            return False
        debt = self.receivable.popleft()
        paid = debt.amount if self._maker.rng.random() < _PAID_WHOLE else money(debt.amount / 2)
        number = f"{self._maker.rng.randrange(1, 999)}"
        cells = self._payment_cells(debt, moment, number, "ОплатаОтПокупателя")
        cells |= {"Заказ": debt.order, "СуммаДокумента": paid}
        self._maker.document("Document_ПоступлениеНаРасчетныйСчет", moment, debt.organisation, **cells)
        if paid < debt.amount:
            debt.amount -= paid
            self.receivable.append(debt)
        return True

    def _outgoing(self, moment: datetime) -> bool:
        debt = next((item for item in self.payable if self._affordable(item, moment)), None)
        if debt is None:
            return self._incoming(moment)
        self.payable.remove(debt)
        order = debt.payment_order
        number = order["Number"][-6:].lstrip("0") if order else f"{self._maker.rng.randrange(1, 999)}"
        cells = self._payment_cells(debt, moment, number, "ОплатаПоставщику")
        cells["СуммаДокумента"] = debt.amount
        self._maker.document("Document_СписаниеСРасчетногоСчета", moment, debt.organisation, **cells)
        if order is not None:
            order["Оплачено"] = True
            self._maker.rewrite("Document_ПлатежноеПоручение", order)
        return True

    @staticmethod
    def _payment_cells(debt: Debt, moment: datetime, number: str, operation: str) -> Row:
        return {
            "ВидОперации": operation,
            "Контрагент": debt.partner.ref,
            "Договор": debt.partner.contracts[debt.organisation.ref],
            "НазначениеПлатежа": _purpose(debt),
            "НомерВходящегоДокумента": number,
            "ДатаВходящегоДокумента": _midnight(moment),
        }

    def _payment_order(self, moment: datetime) -> bool:
        free = (item for item in self.payable if item.payment_order is None)
        debt = next((item for item in free if self._affordable(item, moment)), None)
        if debt is None:
            return self._incoming(moment)
        debt.payment_order = self._maker.document(
            "Document_ПлатежноеПоручение",
            moment,
            debt.organisation,
            Контрагент=debt.partner.ref,
            СчетКонтрагента=debt.partner.account,
            Договор=debt.partner.contracts[debt.organisation.ref],
            СуммаДокумента=debt.amount,
            НазначениеПлатежа=_purpose(debt),
            ДатаПлатежа=_midnight(moment),
        )
        return True

    def _affordable(self, debt: Debt, moment: datetime) -> bool:
        return debt.amount + _RESERVE < self._maker.money(debt.organisation, moment)


def _purpose(debt: Debt) -> str:
    return f"Оплата по {debt.document}. В том числе НДС"


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), time())
