"""Builds bank files that are right by construction: what a scenario sends to a base."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from harness.exchange.bank import BankFile, Field, Section

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date


def build_statement(
    account: str,
    start: date,
    end: date,
    *,
    opening: Decimal,
    documents: Sequence[Mapping[str, str]],
    version: str = "1.03",
) -> BankFile:
    """Builds a statement of one account as a bank would send it: totals follow from the documents.

    Args:
        account: number of the account, 20 digits.
        start: first day.
        end: last day.
        opening: balance at the beginning, roubles.
        documents: fields of each document; "Вид" is its kind (default: платёжное поручение). Direction follows from
            ПлательщикСчет and ПолучательСчет.
        version: version of the format.
    """
    income = sum((Decimal(item["Сумма"]) for item in documents if item.get("ПолучательСчет") == account), Decimal(0))
    outcome = sum((Decimal(item["Сумма"]) for item in documents if item.get("ПлательщикСчет") == account), Decimal(0))
    first, last = f"{start:%d.%m.%Y}", f"{end:%d.%m.%Y}"
    header = {
        "ВерсияФормата": version,
        "Кодировка": "Windows",
        "Отправитель": "Банк",
        "Получатель": "1С:Предприятие",
        "ДатаСоздания": last,
        "ВремяСоздания": "10:00:00",
        "ДатаНачала": first,
        "ДатаКонца": last,
        "РасчСчет": account,
    }
    totals = {
        "ДатаНачала": first,
        "ДатаКонца": last,
        "РасчСчет": account,
        "НачальныйОстаток": f"{opening:.2f}",
        "ВсегоПоступило": f"{income:.2f}",
        "ВсегоСписано": f"{outcome:.2f}",
        "КонечныйОстаток": f"{opening + income - outcome:.2f}",
    }
    sections = [Section("РасчСчет", "", _listed(totals))]
    sections += [
        Section(
            "Документ",
            item.get("Вид", "Платежное поручение"),
            _listed({name: value for name, value in item.items() if name != "Вид"}),
        )
        for item in documents
    ]
    return BankFile(header=_listed(header), sections=tuple(sections))


def _listed(values: Mapping[str, str]) -> tuple[Field, ...]:
    return tuple(Field(name, value) for name, value in values.items())
