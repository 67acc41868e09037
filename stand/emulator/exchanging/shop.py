"""Orders of the web shop, CommerceML (facts/exchanges.md 3). Elements are met by local names, with a namespace or without."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from uuid import UUID

from stand.emulator.exchanging.common import (
    Context,
    ExchangeError,
    Outcome,
    child,
    children,
    differs,
    local_name,
    node_row,
    parse_xml,
    text_of,
)
from stand.emulator.rows import EMPTY, BusinessError, Ref, Row

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["ORDERS", "import_orders"]

ORDERS = "Document_ЗаказПокупателя"
_PARTNERS = "Catalog_Контрагенты"
_GOODS = "Catalog_Номенклатура"
_IDENT_LENGTH = 50
_SITE_NUMBER_LENGTH = 20


def import_orders(context: Context, message: bytes) -> Outcome:
    """Loads orders of the shop. An order that is here already, by its Ид, is changed when it differs and left alone when not.

    Raises:
        ExchangeError: the file is refused; nothing is loaded.
    """
    root = parse_xml(message)
    if local_name(root) != "КоммерческаяИнформация":
        raise ExchangeError("format", f"Файл не является файлом CommerceML: корневой элемент «{local_name(root)}»")
    documents = [
        *children(root, "Документ"),
        *(item for box in children(root, "Контейнер") for item in children(box, "Документ")),
    ]
    outcome = Outcome()
    for number, element in enumerate(documents, 1):
        if text_of(element, "ХозОперация") == context.table["orders"]["operation"]:
            _load(context, element, f"Документ {number}", outcome)
    return outcome


def _load(context: Context, element: _Element, place: str, outcome: Outcome) -> None:
    node = node_row(context)
    ident = text_of(element, "Ид")
    if not ident:
        raise ExchangeError("required", f"{place}: не заполнено обязательное поле «Ид»")
    if len(ident) > _IDENT_LENGTH:
        raise ExchangeError("length", f"{place}: Ид длиннее {_IDENT_LENGTH} знаков, заказы не различить")
    row: Row = {
        "Date": _moment(element, place),
        "ИдентификаторСайта": ident,
        "НомерСайта": text_of(element, "Номер")[:_SITE_NUMBER_LENGTH],
        "Склад": node["Склад"],
        "Комментарий": text_of(element, "Комментарий"),
        "Товары": _lines(context, element, place),
    }
    declared, total = (
        _number(text_of(element, "Сумма"), f"{place}, Сумма"),
        sum(line["Сумма"] for line in row["Товары"]),
    )
    if declared != total:
        raise ExchangeError("totals", f"{place}: сумма заказа {declared} не равна сумме строк {total}")
    identity = context.table["orders"]["identity"]
    known = context.session.find(ORDERS, **{name: row[name] for name in identity}) if identity else []
    if _cancelled(element):
        _cancel(context, known, outcome)
        return
    if known and (not differs(known[0], row) or known[0]["Состояние"] == "Закрыт"):
        outcome.skipped += 1
        return
    row["Контрагент"] = _partner(context, element, place, outcome)
    if known:
        row = {**known[0], **row}
    try:
        reference = context.session.put(ORDERS, row)
        if not context.lookup.resolve(row.get("Договор") or Ref("", EMPTY)):
            outcome.warnings.append(f"{place}: у покупателя нет договора, заказ записан без проведения")
        else:
            context.session.post(ORDERS, reference)
    except BusinessError as error:
        raise ExchangeError("posting", f"{place}: {error.text}") from error
    outcome.add(reference, row, created=not known)


def _cancelled(element: _Element) -> bool:
    """Whether the site has cancelled or deleted the order."""
    details = children(child(element, "ЗначенияРеквизитов"), "ЗначениеРеквизита")
    marks = {text_of(item, "Наименование"): text_of(item, "Значение") for item in details}
    return "true" in (text_of(element, "ПометкаУдаления"), marks.get("Отменен"), marks.get("ПометкаУдаления"))


def _cancel(context: Context, known: list[Row], outcome: Outcome) -> None:
    """A cancelled order loses its movements and is marked; one that never came is not created for it."""
    if not known or known[0]["DeletionMark"] or not context.table["orders"].get("cancels", True):
        outcome.skipped += 1
        return
    row = known[0]
    if row["Posted"]:
        context.session.unpost(ORDERS, row["Ref"])
    context.session.put(ORDERS, {"Ref": row["Ref"], "DeletionMark": True, "Состояние": "Отменен"})
    outcome.add(row["Ref"], row, created=False)


def _lines(context: Context, element: _Element, place: str) -> list[Row]:
    result = []
    for item in children(child(element, "Товары"), "Товар"):
        ident = text_of(item, "Ид").partition("#")[0]
        reference = _reference(ident)
        if reference is None or context.session.get(_GOODS, reference.id) is None:
            raise ExchangeError(
                "goods", f"{place}: товар с Ид «{text_of(item, 'Ид')}» («{text_of(item, 'Наименование')}») не найден"
            )
        quantity = _number(text_of(item, "Количество"), f"{place}, Количество")
        price = _number(text_of(item, "ЦенаЗаЕдиницу"), f"{place}, ЦенаЗаЕдиницу")
        total = _number(text_of(item, "Сумма"), f"{place}, Сумма строки")
        result.append({"Номенклатура": reference, "Количество": quantity, "Цена": price, "Сумма": total})
    if not result:
        raise ExchangeError("required", f"{place}: в заказе нет товаров")
    return result


def _reference(ident: str) -> Ref | None:
    try:
        return Ref(_GOODS, str(UUID(ident)))
    except ValueError:
        return None


def _partner(context: Context, element: _Element, place: str, outcome: Outcome) -> Ref:
    """The buyer by ИНН or name; a new one with a contract when nobody fits."""
    buyers = [
        item
        for item in children(child(element, "Контрагенты"), "Контрагент")
        if text_of(item, "Роль") in ("", "Покупатель")
    ]
    if not buyers:
        raise ExchangeError("required", f"{place}: не указан покупатель")
    inn, name = (
        text_of(buyers[0], "ИНН"),
        text_of(buyers[0], "Наименование") or text_of(buyers[0], "ПолноеНаименование") or text_of(buyers[0], "Ид"),
    )
    for where in ({"ИНН": inn} if inn else {}, {"Description": name}):
        found = [
            row
            for row in (context.session.find(_PARTNERS, **where) if where else [])
            if not row["DeletionMark"] and not row["IsFolder"]
        ]
        if found:
            reference: Ref = found[0]["Ref"]
            return reference
    row: Row = {
        "Description": name[:100],
        "НаименованиеПолное": name,
        "ИНН": inn,
        "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо" if len(inn) == 10 else "ФизическоеЛицо",
    }
    created = context.session.put(_PARTNERS, row)
    contract = {
        "Owner": created,
        "Description": "Заказы с сайта",
        "Организация": context.lookup.constant("ОсновнаяОрганизация"),
        "ВидДоговора": "СПокупателем",
    }
    row["ОсновнойДоговор"] = context.session.put("Catalog_ДоговорыКонтрагентов", contract)
    context.session.put(_PARTNERS, row)
    outcome.warnings.append(f"Создан покупатель «{name}»")
    return created


def _moment(element: _Element, place: str) -> datetime:
    text = f"{text_of(element, 'Дата')}T{text_of(element, 'Время') or '00:00:00'}"
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ExchangeError("date", f"{place}: «{text}» не дата") from error


def _number(text: str, place: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise ExchangeError("amount", f"{place}: «{text}» не число") from error
    if not value.is_finite():
        raise ExchangeError("amount", f"{place}: «{text}» не число")
    return value.normalize() if value else Decimal(0)
