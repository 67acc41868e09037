"""Balances of a bank statement: each section adds up, sections of one account follow each other, documents give the totals."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.exchange.problems import Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.exchange.bank import BankFile, Section

_COPY = "Выписка"
"""Kind of a document that repeats another one (facts/exchanges.md 4.1): not counted."""


def totals(file: BankFile) -> Iterator[Problem]:
    """Everything about sums: several accounts, and several sections (days) of one account."""
    by_account: dict[str, list[Section]] = {}
    for section in file.accounts:
        yield from _balance(section)
        by_account.setdefault(section.get("РасчСчет"), []).append(section)
    for account, sections in by_account.items():
        yield from _chain(sections)
        if account and file.documents:
            yield from _movement(file, account, sections)


def _balance(section: Section) -> Iterator[Problem]:
    """Opening plus received minus paid is closing; a total that is not given is 0, as the format says."""
    opening, closing = section.amount("НачальныйОстаток"), section.amount("КонечныйОстаток")
    income = section.amount("ВсегоПоступило") or Decimal(0)
    outcome = section.amount("ВсегоСписано") or Decimal(0)
    stated = [name for name in ("ВсегоПоступило", "ВсегоСписано") if section.get(name)]
    if opening is None or closing is None or not stated or opening + income - outcome == closing:
        return
    yield problem(
        "TOTALS",
        _("остаток не сходится: {opening} + {income} − {outcome} = {counted}, а указано {stated}"),
        line=section.line_of("КонечныйОстаток"),
        opening=opening,
        income=income,
        outcome=outcome,
        counted=opening + income - outcome,
        stated=closing,
    )


def _chain(sections: list[Section]) -> Iterator[Problem]:
    dated = sorted(sections, key=lambda one: (one.date("ДатаНачала") or date.max, one.line))
    for before, after in pairwise(dated):
        closing, opening = before.amount("КонечныйОстаток"), after.amount("НачальныйОстаток")
        if closing is not None and opening is not None and closing != opening:
            template = _("остаток на начало {opening} не равен остатку предыдущей секции {closing}")
            line = after.line_of("НачальныйОстаток")
            yield problem("TOTALS", template, line=line, opening=opening, closing=closing)


def _movement(file: BankFile, account: str, sections: list[Section]) -> Iterator[Problem]:
    documents = [item for item in file.documents if item.title != _COPY]
    for name, side in (("ВсегоПоступило", "Получатель"), ("ВсегоСписано", "Плательщик")):
        stated = [section.amount(name) for section in sections]
        if any(amount is None for amount in stated):
            continue
        told = sum((amount for amount in stated if amount is not None), Decimal(0))
        counted = sum(
            (
                item.amount() or Decimal(0)
                for item in documents
                if account in (item.get(f"{side}Счет"), item.get(f"{side}РасчСчет"))
            ),
            Decimal(0),
        )
        if told != counted:
            template = _("«{name}» = {stated}, а сумма документов = {counted}")
            yield problem("TOTALS", template, line=sections[0].line_of(name), name=name, stated=told, counted=counted)
