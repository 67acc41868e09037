"""Statements of a bank in the format 1CClientBankExchange, loaded into the base (facts/exchanges.md 4.1).

A statement is loaded whole or not at all; a document that was loaded before is found by account, number, date and sum, so the same statement
twice creates nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from stand.emulator.exchanging.bank import END, PURPOSE_LENGTH, SIGNATURE, orders_waiting, own_account
from stand.emulator.exchanging.common import ExchangeError, Outcome
from stand.emulator.rows import EMPTY, BusinessError, Ref, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stand.emulator.exchanging.common import Context

__all__ = ["Statement", "amount_of", "import_statement", "load_statement", "parse_statement"]

_ORDER = re.compile(r"заказ\w*\s+(?:№\s*)?([А-ЯЁ]{2}\d{2}-\d{6})", re.IGNORECASE)
_NUMBER_LENGTH = 30


@dataclass(slots=True)
class Statement:
    """A statement: header, balances by account, documents; keys are those of the file."""

    header: dict[str, str] = field(default_factory=dict)
    accounts: list[dict[str, str]] = field(default_factory=list)
    documents: list[dict[str, str]] = field(default_factory=list)


def parse_statement(message: bytes) -> Statement:
    """Reads the file.

    Raises:
        ExchangeError: another format, an encoding that is not the declared one, sections that are not closed.
    """
    statement = Statement()
    section: dict[str, str] | None = None
    closing = ""
    lines = _decoded(message).splitlines()
    if not lines or lines[0].strip() != SIGNATURE:
        raise ExchangeError("format", "Файл не является файлом обмена с банком: нет строки 1CClientBankExchange")
    for number, line in enumerate(lines[1:], 2):
        name, _equals, value = line.strip().partition("=")
        if name == END:
            if section is not None:
                raise ExchangeError("section", f"Строка {number}: секция не закрыта, ожидалось «{closing}»")
            return statement
        if name in ("СекцияРасчСчет", "СекцияДокумент"):
            if section is not None:
                raise ExchangeError("section", f"Строка {number}: секция не закрыта, ожидалось «{closing}»")
            account = name == "СекцияРасчСчет"
            section, closing = {"": value}, "КонецРасчСчет" if account else "КонецДокумента"
            (statement.accounts if account else statement.documents).append(section)
        elif name == closing:
            section, closing = None, ""
        elif name:
            (section if section is not None else statement.header)[name] = value.strip()
    raise ExchangeError("section", f"Файл обрывается: нет строки «{END}»")


def _decoded(message: bytes) -> str:
    """The text by the declared encoding; a label that lies is refused, not guessed."""
    head = message[:400]
    for label, encoding in (("Windows", "cp1251"), ("DOS", "cp866")):
        if f"Кодировка={label}".encode(encoding) in head:
            try:
                return message.decode(encoding)
            except UnicodeDecodeError as error:
                raise ExchangeError("encoding", f"Файл не в кодировке {label}: байт {error.start}") from error
    raise ExchangeError(
        "encoding", "Кодировка файла не указана или не соответствует содержимому (ожидается Windows или DOS)"
    )


def import_statement(context: Context, message: bytes) -> Outcome:
    """Loads a statement: incoming and outgoing payments, posted.

    Raises:
        ExchangeError: the file or a document in it is refused; nothing is loaded.
    """
    return load_statement(context, parse_statement(message))


def load_statement(context: Context, statement: Statement) -> Outcome:
    """Loads a statement that was read already; errors as `import_statement`."""
    account = own_account(context)
    if context.table.get("checks_totals", True):
        _check_totals(statement, context.node)
    outcome = Outcome()
    for number, document in enumerate(statement.documents, 1):
        _load(context, account, document, f"Документ {number}", outcome)
    return outcome


def _check_totals(statement: Statement, node: str) -> None:
    """Opening + in - out = closing, and the documents give the turnovers."""
    mine = [item for item in statement.accounts if item.get("РасчСчет") == node]
    if not mine:
        raise ExchangeError("account", f"Выписка не по счёту {node}: нет секции СекцияРасчСчет с этим счётом")
    for item in mine:
        opening, income, outgo, closing = (
            amount_of(item.get(name, "0"), name)
            for name in ("НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток")
        )
        if opening + income - outgo != closing:
            raise ExchangeError(
                "totals", f"Счёт {node}: начальный остаток {opening} + {income} − {outgo} не равен конечному {closing}"
            )
    for side, total, label in (
        ("ПолучательСчет", "ВсегоПоступило", "поступлений"),
        ("ПлательщикСчет", "ВсегоСписано", "списаний"),
    ):
        declared = sum((amount_of(item.get(total, "0"), total) for item in mine), Decimal(0))
        found = sum(
            (amount_of(item.get("Сумма", ""), "Сумма") for item in statement.documents if item.get(side) == node),
            Decimal(0),
        )
        if declared != found:
            raise ExchangeError("totals", f"Сумма {label} по документам {found} не равна объявленной {declared}")


def _load(context: Context, account: Row, document: dict[str, str], place: str, outcome: Outcome) -> None:
    incoming = document.get("ПолучательСчет") == context.node
    if not incoming and document.get("ПлательщикСчет") != context.node:
        raise ExchangeError("account", f"{place}: счёт {context.node} не указан ни плательщиком, ни получателем")
    for name in ("Номер", "Дата", "Сумма", "ПлательщикИНН", "ПолучательИНН"):
        if not document.get(name):
            raise ExchangeError("required", f"{place}: не заполнено обязательное поле «{name}»")
    name = "Document_ПоступлениеНаРасчетныйСчет" if incoming else "Document_СписаниеСРасчетногоСчета"
    row: Row = {
        "Date": _moment(
            document.get("ДатаПоступило" if incoming else "ДатаСписано") or document["Дата"], place
        ).replace(hour=12),
        "БанковскийСчет": account["Ref"],
        "Организация": account["Owner"],
        "НомерВходящегоДокумента": document["Номер"][:_NUMBER_LENGTH],
        "ДатаВходящегоДокумента": _moment(document["Дата"], place),
        "СуммаДокумента": amount_of(document["Сумма"], f"{place}, Сумма"),
        "НазначениеПлатежа": document.get("НазначениеПлатежа", "")[:PURPOSE_LENGTH],
    }
    identity: Sequence[str] = context.table["statement_identity"]
    if identity and context.session.find(name, **{field: row[field] for field in identity}):
        outcome.skipped += 1
        return
    _describe(context, row, document, incoming=incoming, warnings=outcome.warnings)
    try:
        reference = context.session.put(name, row)
        context.session.post(name, reference)
    except BusinessError as error:
        raise ExchangeError("posting", f"{place}: {error.text}") from error
    if not incoming:
        _close_order(context, row)
    outcome.add(reference, row, created=True)


def _describe(context: Context, row: Row, document: dict[str, str], *, incoming: bool, warnings: list[str]) -> None:
    """Counterparty, contract, order, kind of operation."""
    side = "Плательщик" if incoming else "Получатель"
    if not incoming and document.get("ПоказательКБК"):
        row["ВидОперации"] = "ПеречислениеНалога"
        return
    if not incoming and document.get(f"{side}Счет", "").startswith(("706", "474")):
        row["ВидОперации"] = "КомиссияБанка"
        return
    partner, created = _partner(context, document, side)
    row["Контрагент"] = partner["Ref"]
    if created:
        warnings.append(f"Создан контрагент {partner['Description']}, ИНН {partner['ИНН']}: заполните договор")
    contract = context.lookup.resolve(partner.get("ОсновнойДоговор") or Ref("", EMPTY)) or {}
    if incoming:
        row["ВидОперации"] = (
            "ВозвратОтПоставщика" if contract.get("ВидДоговора") == "СПоставщиком" else "ОплатаОтПокупателя"
        )
        found = _ORDER.search(row["НазначениеПлатежа"])
        orders = (
            context.session.find("Document_ЗаказПокупателя", Number=found[1].upper(), Контрагент=partner["Ref"])
            if found
            else []
        )
        if orders:
            row["Заказ"] = orders[0]["Ref"]
    contracts = [
        item
        for item in context.session.find(
            "Catalog_ДоговорыКонтрагентов", Owner=partner["Ref"], Организация=row["Организация"]
        )
        if not item["DeletionMark"]
    ]
    row["Договор"] = (
        row["Заказ"] and orders[0]["Договор"]
        if row.get("Заказ")
        else contracts[0]["Ref"]
        if contracts
        else Ref("Catalog_ДоговорыКонтрагентов", EMPTY)
    )


def _partner(context: Context, document: dict[str, str], side: str) -> tuple[Row, bool]:
    """The counterparty by ИНН, a new one when nobody has it."""
    inn = document[f"{side}ИНН"]
    found = [row for row in context.session.find("Catalog_Контрагенты", ИНН=inn) if not row["DeletionMark"]]
    if found:
        return found[0], False
    name = document.get(f"{side}1") or document.get(side) or inn
    person = len(inn) == 12
    row: Row = {
        "Description": name[:100],
        "НаименованиеПолное": name,
        "ИНН": inn,
        "КПП": document.get(f"{side}КПП", ""),
    }
    row["ЮридическоеФизическоеЛицо"] = "ФизическоеЛицо" if person else "ЮридическоеЛицо"
    context.session.put("Catalog_Контрагенты", row)
    return row, True


def _close_order(context: Context, row: Row) -> None:
    """Marks our payment order that the bank has executed."""
    for order in orders_waiting(context):
        number = order["Number"].rpartition("-")[2].lstrip("0")
        if number == row["НомерВходящегоДокумента"].lstrip("0") and order["СуммаДокумента"] == row["СуммаДокумента"]:
            context.session.put(str(context.table["document"]), {"Ref": order["Ref"], "Оплачено": True})
            return


def amount_of(text: str, place: str = "Сумма") -> Decimal:
    """A sum as the format writes it; "" is zero.

    Raises:
        ExchangeError: something else.
    """
    try:
        value = Decimal(text or "0")
    except InvalidOperation as error:
        raise ExchangeError("amount", f"{place}: «{text}» не сумма, ожидаются рубли с точкой") from error
    if not value.is_finite():
        raise ExchangeError("amount", f"{place}: «{text}» не сумма")
    return value


def _moment(text: str, place: str) -> datetime:
    try:
        return datetime.strptime(text, "%d.%m.%Y")  # noqa: DTZ007 - dates of 1C have no zone
    except ValueError as error:
        raise ExchangeError("date", f"{place}: «{text}» не дата дд.мм.гггг") from error
