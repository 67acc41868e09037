"""Writes CommerceML orders as a shop sends them: what a scenario gives a base to load."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from lxml import etree

from harness.exchange.commerceml import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

    from harness.exchange.commerceml import Order, OrderLine


def write_orders(orders: Sequence[Order], *, schema: str = "2.07", created: str = "2026-01-01T00:00:00") -> bytes:
    """Writes orders as a shop does: no namespace, windows-1251 (facts/exchanges.md 3.1, 3.2)."""
    root = etree.Element(ROOT, {"ВерсияСхемы": schema, "ДатаФормирования": created})
    for order in orders:
        item = etree.SubElement(root, "Документ")
        head = {
            "Ид": order.id,
            "Номер": order.number,
            "Дата": order.date,
            "ХозОперация": order.operation,
            "Роль": "Продавец",
            "Валюта": order.currency,
            "Курс": "1",
            "Сумма": str(order.amount),
        }
        _texts(item, head)
        buyer = etree.SubElement(etree.SubElement(item, "Контрагенты"), "Контрагент")
        _texts(buyer, {"Ид": order.buyer_id, "Наименование": order.buyer, "ИНН": order.buyer_inn, "Роль": "Покупатель"})
        _texts(item, {"Время": order.time or "12:00:00"})
        goods = etree.SubElement(item, "Товары")
        for line in order.lines:
            _write_line(etree.SubElement(goods, "Товар"), line)
        _write_details(item, order.details)
    buffer = io.BytesIO()
    root.getroottree().write(buffer, encoding="windows-1251", xml_declaration=True)
    return buffer.getvalue()


def _texts(parent: _Element, values: dict[str, str]) -> None:
    for name, value in values.items():
        etree.SubElement(parent, name).text = value


def _write_line(item: _Element, line: OrderLine) -> None:
    values = {"Ид": line.id, "Наименование": line.name}
    _texts(
        item, values | {"ЦенаЗаЕдиницу": str(line.price), "Количество": str(line.quantity), "Сумма": str(line.amount)}
    )
    if line.vat:
        rate = etree.SubElement(etree.SubElement(item, "СтавкиНалогов"), "СтавкаНалога")
        _texts(rate, {"Наименование": "НДС", "Ставка": line.vat})


def _write_details(item: _Element, details: Sequence[tuple[str, str]]) -> None:
    holder = etree.SubElement(item, "ЗначенияРеквизитов")
    for name, value in details:
        _texts(etree.SubElement(holder, "ЗначениеРеквизита"), {"Наименование": name, "Значение": value})
