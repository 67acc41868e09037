"""What a 1CClientBankExchange file must hold to be loaded by 1C (from the bank) or by the bank (from 1C).

Rules: facts/exchanges.md 4.1; requirement flags follow the vendor's format page. Balances and totals are in
`harness.exchange.bank_totals`, control digits in `harness.exchange.bank_digits`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from harness.exchange.bank import BankFile, Problem, Section, parse_amount, parse_date
from harness.exchange.bank_digits import account_is_valid, bik_is_valid, inn_is_valid, kpp_is_valid
from harness.exchange.bank_totals import totals
from harness.exchange.problems import mark as _
from harness.exchange.problems import problem

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KNOWN_VERSIONS", "Direction", "account_is_valid", "guess_direction", "inn_is_valid", "validate"]


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
# A payment to the budget has a status of its payer; then all of these are filled, "0" where there is nothing to say.
_BUDGET = (
    "ПлательщикКПП",
    "ПолучательКПП",
    "ПоказательКБК",
    "ОКАТО",
    "ПоказательОснования",
    "ПоказательПериода",
    "ПоказательНомера",
    "ПоказательДаты",
)
_SINCE = {"Код": "1.02", "КодНазПлатежа": "1.03"}
_KINDS_TO_BANK = ("Платежное поручение", "Платежное требование", "Инкассовое поручение", "Аккредитив")
_AMOUNTS = ("Сумма", "НачальныйОстаток", "ВсегоПоступило", "ВсегоСписано", "КонечныйОстаток")
_DATES = ("Дата", "ДатаНачала", "ДатаКонца", "ДатаСписано", "ДатаПоступило", "КвитанцияДата", "СрокПлатежа")
_PURPOSE_LIMIT = 210
# Pairs "Р" or "С" and a control-range letter: Cyrillic UTF-8 that was read as cp1251.
_MOJIBAKE = tuple(chr(first) + second for first in (0x420, 0x421) for second in ("°", "Ѓ", "‚", "ѕ", "»", "Џ", "ґ"))


def guess_direction(file: BankFile) -> Direction:
    """Who wrote a file: only a bank writes balances; a file without both sections is taken for 1C's."""
    header = {item.name for item in file.header}
    to_bank = not file.accounts and ("Документ" in header or bool(file.documents))
    return Direction.TO_BANK if to_bank else Direction.FROM_BANK


def validate(file: BankFile, direction: Direction | str = Direction.FROM_BANK) -> list[Problem]:
    """All problems of a file, in order of lines: those of reading, then those of content."""
    way = Direction(direction)
    found = [*file.problems]
    found += [
        problem("MISSING", _("в заголовке нет поля «{name}»"), name=name) for name in _HEADER[way] if not file.get(name)
    ]
    if file.version and file.version not in KNOWN_VERSIONS:
        line = next((item.line for item in file.header if item.name == "ВерсияФормата"), 0)
        found.append(problem("VALUE", _("неизвестная версия формата «{version}»"), line=line, version=file.version))
    for account in file.accounts:
        found += _required(account, _ACCOUNT)
        found += _values(account)
    found += totals(file)
    for document in file.documents:
        found += _document(file, document, way)
    found += _declared(file, way)
    found += _repeated(file)
    return sorted(found, key=lambda item: item.line)


def _declared(file: BankFile, way: Direction) -> Iterator[Problem]:
    """One account section for each declared account (statements only)."""
    if way is Direction.FROM_BANK:
        present = {item.get("РасчСчет") for item in file.accounts}
        for field in file.header:
            if field.name == "РасчСчет" and field.value not in present:
                template = _("нет секции остатков по счёту {account}")
                yield problem("MISSING", template, line=field.line, account=field.value)


def _repeated(file: BankFile) -> Iterator[Problem]:
    """The same payment twice: 1C tells payments apart by accounts, number, date and sum."""
    seen: dict[tuple[str, ...], int] = {}
    for item in file.documents:
        names = ("ПлательщикСчет", "ПолучательСчет", "Номер", "Дата", "Сумма")
        key = (item.title, *(item.get(name) for name in names))
        if key in seen:
            template = _("документ № {number} от {date} на {amount} уже есть в строке {first}")
            yield problem(
                "DUPLICATE", template, line=item.line, number=key[3], date=key[4], amount=key[5], first=seen[key]
            )
        seen.setdefault(key, item.line)


def _document(file: BankFile, section: Section, way: Direction) -> Iterator[Problem]:
    yield from _required(section, _DOCUMENT if way is Direction.FROM_BANK else (*_DOCUMENT, *_ORDER))
    if way is Direction.TO_BANK:
        yield from _order(file, section)
    yield from _values(section)
    yield from _parties(section)
    yield from _texts(section)
    yield from _newer(file, section)
    yield from _period(file, section)
    if way is Direction.FROM_BANK and file.own_accounts:
        yield from _moved(file, section)


def _order(file: BankFile, section: Section) -> Iterator[Problem]:
    if section.title not in _KINDS_TO_BANK:
        template = _("вид документа «{title}» банк не принимает")
        yield problem("VALUE", template, line=section.line, title=section.title)
    if section.get("СтатусСоставителя"):
        code = ("Код",) if file.version in KNOWN_VERSIONS[1:] else ()
        yield from _required(section, (*_BUDGET, *code))


def _moved(file: BankFile, section: Section) -> Iterator[Problem]:
    """A document of a statement touches an account of it, and says on which day."""
    touched = False
    for side, name in (("Плательщик", "ДатаСписано"), ("Получатель", "ДатаПоступило")):
        if {section.get(f"{side}Счет"), section.get(f"{side}РасчСчет")} & file.own_accounts:
            touched = True
            yield from _required(section, (name,))
    if not touched:
        yield problem("VALUE", _("документ не относится ни к одному счёту выписки"), line=section.line)


def _period(file: BankFile, section: Section) -> Iterator[Problem]:
    start, end = parse_date(file.get("ДатаНачала")), parse_date(file.get("ДатаКонца"))
    moved = [name for name in ("ДатаСписано", "ДатаПоступило") if section.get(name)] or ["Дата"]
    for name in moved:
        day = section.date(name)
        if start and end and day and not start <= day <= end:
            yield problem(
                "PERIOD",
                _("«{name}» {date} вне периода {start}–{end}"),
                line=section.line_of(name),
                name=name,
                date=section.get(name),
                start=file.get("ДатаНачала"),
                end=file.get("ДатаКонца"),
            )


def _newer(file: BankFile, section: Section) -> Iterator[Problem]:
    """A filled field the declared version does not have: a bank of that version ignores or refuses it."""
    if file.version not in KNOWN_VERSIONS:
        return
    for field in section.fields:
        since = _SINCE.get(field.name, "")
        if field.value.strip("0 ") and since > file.version:
            template = _("поле «{name}» появилось в версии {since}, а файл версии {version}")
            yield problem("VERSION", template, line=field.line, name=field.name, since=since, version=file.version)


def _required(section: Section, names: tuple[str, ...]) -> Iterator[Problem]:
    for name in names:
        # Old files hold the account in ПлательщикРасчСчет only.
        if section.get(name) or (name.endswith("Счет") and section.get(name.replace("Счет", "РасчСчет"))):
            continue
        line = section.line_of(name)
        if section.kind == "Документ":
            template = _("в документе «{title}» не заполнено обязательное поле «{name}»")
            yield problem("MISSING", template, line=line, title=section.title, name=name)
        else:
            yield problem("MISSING", _("в секции счёта не заполнено обязательное поле «{name}»"), line=line, name=name)


def _values(section: Section) -> Iterator[Problem]:
    for field in section.fields:
        if not field.value:
            continue
        if field.name in _AMOUNTS and parse_amount(field.value) is None:
            comma = _("«{name}» не сумма: {value}: дробная часть отделена запятой")
            template = comma if "," in field.value else _("«{name}» не сумма: {value}")
            yield problem("VALUE", template, line=field.line, name=field.name, value=field.value)
        if field.name in _DATES and not parse_date(field.value):
            template = _("«{name}» не дата вида дд.мм.гггг: {value}")
            yield problem("VALUE", template, line=field.line, name=field.name, value=field.value)


def _parties(section: Section) -> Iterator[Problem]:
    sides = (("Плательщик", _("плательщика")), ("Получатель", _("получателя")))
    for side, title in sides:
        inn, kpp, bik = (section.get(f"{side}{name}") for name in ("ИНН", "КПП", "БИК"))
        accounts = {f"{side}Корсчет": section.get(f"{side}Корсчет")}
        main = f"{side}РасчСчет" if section.get(f"{side}РасчСчет") else f"{side}Счет"
        accounts[main] = section.get(main)
        if inn.strip("0") and not inn_is_valid(inn):
            template = _("ИНН {side} {value} не проходит проверку")
            yield problem("CHECKSUM", template, line=section.line_of(f"{side}ИНН"), side=title, value=inn)
        if kpp.strip("0") and not kpp_is_valid(kpp):
            template = _("КПП {side} {value}: нужно 9 знаков")
            yield problem("VALUE", template, line=section.line_of(f"{side}КПП"), side=title, value=kpp)
        if bik and not bik_is_valid(bik):
            template = _("БИК {side} {value}: нужно 9 цифр")
            yield problem("VALUE", template, line=section.line_of(f"{side}БИК"), side=title, value=bik)
            continue
        for name, account in accounts.items():
            if bik and account and not account_is_valid(account, bik):
                template = _("счёт {side} {value} не проходит проверку по БИК {bik}")
                line = section.line_of(name)
                yield problem("CHECKSUM", template, line=line, side=title, value=account, bik=bik)


def _texts(section: Section) -> Iterator[Problem]:
    for field in section.fields:
        if "\ufffd" in field.value or any(pair in field.value for pair in _MOJIBAKE):
            template = _("«{name}» прочитано не в той кодировке: {value}")
            yield problem("MOJIBAKE", template, line=field.line, name=field.name, value=field.value)
    purpose = section.get("НазначениеПлатежа")
    if len(purpose) > _PURPOSE_LIMIT:
        template = _("назначение платежа длиннее {limit} знаков ({length}): банк обрежет или откажет")
        line = section.line_of("НазначениеПлатежа")
        yield problem("VALUE", template, line=line, limit=_PURPOSE_LIMIT, length=len(purpose))
