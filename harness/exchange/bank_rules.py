"""What a 1CClientBankExchange file must hold to be loaded by 1C (from the bank) or by the bank (from 1C).

Rules: facts/exchanges.md 4.1; requirement flags follow the vendor's format page, control digits follow the order of the tax
service (ИНН) and of the Bank of Russia (key of an account by БИК).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from harness.exchange.bank import BankFile, Problem, Section, parse_amount, parse_date

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal


class Direction(StrEnum):
    """Who wrote the file."""

    FROM_BANK = "from-bank"
    TO_BANK = "to-bank"


KNOWN_VERSIONS = ("1.01", "1.02", "1.03")
_HEADER = {
    Direction.FROM_BANK: ("ВерсияФормата", "Кодировка", "Получатель", "ДатаНачала", "ДатаКонца", "РасчСчет"),
    Direction.TO_BANK: ("ВерсияФормата", "Кодировка", "Отправитель", "ДатаНачала", "ДатаКонца", "РасчСчет"),
}
_ACCOUNT = ("ДатаНачала", "РасчСчет", "НачальныйОстаток")
_DOCUMENT = ("Номер", "Дата", "Сумма", "ПлательщикСчет", "ПолучательСчет")
# A payment order is refused by a bank without these; a statement may come without them (cash, bank's own orders).
_ORDER = (
    "ПлательщикИНН",
    "ПлательщикБИК",
    "ПолучательИНН",
    "ПолучательБИК",
    "ВидОплаты",
    "Очередность",
    "НазначениеПлатежа",
)
_AMOUNTS = ("Сумма", "НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток")
_PURPOSE_LIMIT = 210
# Pairs "Р" or "С" and a control-range letter: Cyrillic UTF-8 that was read as cp1251.
_MOJIBAKE = tuple(chr(first) + second for first in (0x420, 0x421) for second in ("°", "Ѓ", "‚", "ѕ", "»", "Џ", "ґ"))


def validate(file: BankFile, direction: Direction | str = Direction.FROM_BANK) -> list[Problem]:
    """All problems of a file, in order of lines: those of reading, then those of content."""
    way = Direction(direction)
    found = [*file.problems]
    found += [Problem(0, "MISSING", f"в заголовке нет поля «{name}»") for name in _HEADER[way] if not file.get(name)]
    if file.version and file.version not in KNOWN_VERSIONS:
        found.append(Problem(2, "VALUE", f"неизвестная версия формата «{file.version}»"))
    for account in file.accounts:
        found += _account(file, account)
    for document in file.documents:
        found += _document(file, document, way)
    found += _declared(file, way)
    return sorted(found, key=lambda problem: problem.line)


def _declared(file: BankFile, way: Direction) -> Iterator[Problem]:
    """One account section for each declared account (statements only)."""
    if way is Direction.FROM_BANK:
        present = {item.get("РасчСчет") for item in file.accounts}
        for field in file.header:
            if field.name == "РасчСчет" and field.value not in present:
                yield Problem(field.line, "MISSING", f"нет секции остатков по счёту {field.value}")


def _account(file: BankFile, section: Section) -> Iterator[Problem]:
    yield from _required(section, _ACCOUNT)
    yield from _values(section)
    opening, closing = section.amount("НачальныйОстаток"), section.amount("КонечныйОстаток")
    income, outcome = section.amount("ВсегоПоступило"), section.amount("ВсегоСписано")
    if None not in (opening, closing, income, outcome):
        counted = _sum(opening, income) - (outcome or 0)
        if counted != closing:
            text = f"остаток не сходится: {opening} + {income} − {outcome} = {counted}, а указано {closing}"
            yield Problem(section.line_of("КонечныйОстаток"), "TOTALS", text)
    number = section.get("РасчСчет")
    if not file.documents or not number or len(file.accounts) > 1:
        return
    for name, stated, side in (
        ("ВсегоПоступило", income, "ПолучательСчет"),
        ("ВсегоСписано", outcome, "ПлательщикСчет"),
    ):
        total = _sum(*(item.amount() for item in file.documents if number in _sides(item, side)))
        if stated is not None and stated != total:
            text = f"«{name}» = {stated}, а сумма документов = {total}"
            yield Problem(section.line_of(name), "TOTALS", text)


def _sides(document: Section, side: str) -> tuple[str, str]:
    return document.get(side), document.get(side.replace("Счет", "РасчСчет"))


def _sum(*amounts: Decimal | None) -> Decimal:
    from decimal import Decimal

    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _document(file: BankFile, section: Section, way: Direction) -> Iterator[Problem]:
    required = _DOCUMENT if way is Direction.FROM_BANK else (*_DOCUMENT, *_ORDER)
    yield from _required(section, required)
    yield from _values(section)
    yield from _parties(section)
    yield from _texts(section)
    start, end = parse_date(file.get("ДатаНачала")), parse_date(file.get("ДатаКонца"))
    moved = [name for name in ("ДатаСписано", "ДатаПоступило") if section.get(name)] or ["Дата"]
    for name in moved:
        day = section.date(name)
        if start and end and day and not start <= day <= end:
            text = f"«{name}» {section.get(name)} вне периода {file.get('ДатаНачала')}–{file.get('ДатаКонца')}"
            yield Problem(section.line_of(name), "PERIOD", text)
    if way is Direction.FROM_BANK and file.own_accounts:
        touched = {*_sides(section, "ПлательщикСчет"), *_sides(section, "ПолучательСчет")}
        if not touched & file.own_accounts:
            yield Problem(section.line, "VALUE", "документ не относится ни к одному счёту выписки")


def _required(section: Section, names: tuple[str, ...]) -> Iterator[Problem]:
    what = f"документе «{section.title}»" if section.kind == "Документ" else "секции счёта"
    for name in names:
        # Old files hold the account in ПлательщикРасчСчет only.
        if not section.get(name) and not (name.endswith("Счет") and section.get(name.replace("Счет", "РасчСчет"))):
            yield Problem(section.line_of(name), "MISSING", f"в {what} не заполнено обязательное поле «{name}»")


def _values(section: Section) -> Iterator[Problem]:
    for field in section.fields:
        if not field.value:
            continue
        if field.name in _AMOUNTS and parse_amount(field.value) is None:
            why = ": дробная часть отделена запятой" if "," in field.value else ""
            yield Problem(field.line, "VALUE", f"«{field.name}» не сумма: {field.value[:40]}{why}")
        if field.name in ("Дата", "ДатаНачала", "ДатаКонца", "ДатаСписано", "ДатаПоступило") and not parse_date(
            field.value
        ):
            yield Problem(field.line, "VALUE", f"«{field.name}» не дата вида дд.мм.гггг: {field.value[:40]}")


def _parties(section: Section) -> Iterator[Problem]:
    for side, title in (("Плательщик", "плательщика"), ("Получатель", "получателя")):
        inn, bik = section.get(f"{side}ИНН"), section.get(f"{side}БИК")
        account = section.get(f"{side}РасчСчет") or section.get(f"{side}Счет")
        if inn.strip("0") and not inn_is_valid(inn):
            yield Problem(section.line_of(f"{side}ИНН"), "CHECKSUM", f"ИНН {title} {inn[:20]} не проходит проверку")
        if bik and not (len(bik) == 9 and bik.isascii() and bik.isdigit()):
            yield Problem(section.line_of(f"{side}БИК"), "VALUE", f"БИК {title} {bik[:20]}: нужно 9 цифр")
        elif bik and account and not account_is_valid(account, bik):
            yield Problem(
                section.line_of(f"{side}Счет"),
                "CHECKSUM",
                f"счёт {title} {account[:24]} не проходит проверку по БИК {bik}",
            )


def _texts(section: Section) -> Iterator[Problem]:
    for field in section.fields:
        if "\ufffd" in field.value or any(pair in field.value for pair in _MOJIBAKE):
            yield Problem(field.line, "MOJIBAKE", f"«{field.name}» прочитано не в той кодировке: {field.value[:40]}")
    purpose = section.get("НазначениеПлатежа")
    if len(purpose) > _PURPOSE_LIMIT:
        text = f"назначение платежа длиннее {_PURPOSE_LIMIT} знаков ({len(purpose)}): банк обрежет или откажет"
        yield Problem(section.line_of("НазначениеПлатежа"), "VALUE", text)


def inn_is_valid(inn: str) -> bool:
    """ИНН of 10 or 12 digits with right control digits."""
    if not (inn.isascii() and inn.isdigit() and len(inn) in (10, 12)):
        return False
    digits = [int(sign) for sign in inn]
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    checked = (9,) if len(inn) == 10 else (10, 11)
    return all(
        digits[place] == sum(weight * digit for weight, digit in zip(weights[-place:], digits, strict=False)) % 11 % 10
        for place in checked
    )


def account_is_valid(account: str, bik: str) -> bool:
    """An account of 20 digits whose control key fits the БИК.

    For a bank the last three digits of the БИК stand before the account; for a settlement centre (last three digits 000…002)
    and for accounts of correspondents and of the treasury it is "0" and the fifth and sixth digits. Accounts "03…" of the
    treasury carry no key.
    """
    if not (account.isascii() and account.isdigit() and len(account) == 20 and len(bik) == 9 and bik.isdigit()):
        return False
    if account.startswith("03"):
        return True
    centre = bik[6:] in ("000", "001", "002") or account.startswith(("301", "40102"))
    prefix = f"0{bik[4:6]}" if centre else bik[6:]
    weights = (7, 1, 3) * 8
    return sum(int(sign) * weight for sign, weight in zip(prefix + account, weights, strict=False)) % 10 == 0
