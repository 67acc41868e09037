"""Rules of bank files beyond those of test_bank.py: several accounts, budget payments, versions, control digits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.exchange import bank
from harness.exchange.bank import BankFile, Field, Section
from harness.exchange.bank_build import build_statement
from harness.exchange.bank_digits import bik_is_valid, kpp_is_valid
from harness.exchange.bank_rules import Direction, guess_direction, validate

ACCOUNT, OTHER = "40702810400000000001", "40702810900000000002"
REAL = Path(__file__).parents[4] / "shared" / "real" / "bank"
PAID = {
    "Номер": "17",
    "Дата": "15.01.2026",
    "Сумма": "1200.50",
    "ПлательщикСчет": OTHER,
    "ПолучательСчет": ACCOUNT,
    "ДатаПоступило": "15.01.2026",
}
ORDER = PAID | {
    "ПлательщикИНН": "7707083893",
    "ПолучательИНН": "7736207543",
    "ПлательщикБИК": "044525225",
    "ПолучательБИК": "044525225",
    "ПлательщикСчет": "40702810938000000001",
    "ПолучательСчет": "40702810238000000002",
    "ВидОплаты": "01",
    "Очередность": "5",
    "НазначениеПлатежа": "Оплата",
}


def section(title: str, values: dict[str, str]) -> Section:
    return Section("Документ", title, tuple(Field(name, value) for name, value in values.items()))


def orders(*documents: dict[str, str], title: str = "Платежное поручение", version: str = "1.03") -> BankFile:
    header = {
        "ВерсияФормата": version,
        "Кодировка": "Windows",
        "Отправитель": "1С",
        "ДатаНачала": "15.01.2026",
        "ДатаКонца": "15.01.2026",
        "РасчСчет": ORDER["ПлательщикСчет"],
    }
    made = BankFile(
        tuple(Field(name, value) for name, value in header.items()), tuple(section(title, item) for item in documents)
    )
    return bank.read(bank.write(made))


def told(file: BankFile, direction: Direction = Direction.FROM_BANK) -> list[tuple[str, str]]:
    return [(item.code, item.text) for item in validate(file, direction)]


def days(*balances: tuple[str, str, str]) -> BankFile:
    """A statement with a section a day: opening, received, closing; the one document is of the first day."""
    one = build_statement(ACCOUNT, date(2026, 1, 15), date(2026, 1, 16), opening=Decimal(0), documents=[PAID])
    sections = [
        Section(
            "РасчСчет",
            "",
            tuple(
                Field(name, value)
                for name, value in (
                    ("ДатаНачала", f"{15 + day}.01.2026"),
                    ("РасчСчет", ACCOUNT),
                    ("НачальныйОстаток", opening),
                    ("ВсегоПоступило", received),
                    ("ВсегоСписано", "0"),
                    ("КонечныйОстаток", closing),
                )
            ),
        )
        for day, (opening, received, closing) in enumerate(balances)
    ]
    return bank.read(bank.write(replace(one, sections=(*sections, *one.documents))))


def test_sections_of_days_follow_each_other_and_give_the_documents_together() -> None:
    assert told(days(("0.00", "1200.50", "1200.50"), ("1200.50", "0", "1200.50"))) == []
    (broken,) = told(days(("0.00", "1200.50", "1200.50"), ("1200.00", "0", "1200.00")))
    assert broken[0] == "TOTALS"
    assert "предыдущей секции" in broken[1]


def test_each_of_several_accounts_has_its_own_totals() -> None:
    first = build_statement(ACCOUNT, date(2026, 1, 15), date(2026, 1, 15), opening=Decimal(0), documents=[PAID])
    outcome = PAID | {"ДатаСписано": "15.01.2026"}
    second = build_statement(OTHER, date(2026, 1, 15), date(2026, 1, 15), opening=Decimal(2000), documents=[outcome])
    both = replace(
        second,
        header=(*second.header, Field("РасчСчет", ACCOUNT)),
        sections=(*first.accounts, *second.accounts, *second.documents),
    )

    assert told(bank.read(bank.write(both))) == []
    wrong = bank.write(both).replace("ВсегоСписано=1200.50".encode("cp1251"), "ВсегоСписано=1200.49".encode("cp1251"))
    assert {code for code, _text in told(bank.read(wrong))} == {"TOTALS"}


def test_a_copy_of_a_document_is_not_counted_and_a_repeated_one_is_told() -> None:
    good = build_statement(ACCOUNT, date(2026, 1, 15), date(2026, 1, 15), opening=Decimal(0), documents=[PAID])
    copy = replace(good, sections=(*good.sections, replace(good.documents[0], title="Выписка")))
    twice = replace(good, sections=(*good.sections, good.documents[0]))

    assert told(bank.read(bank.write(copy))) == []
    assert {code for code, _text in told(bank.read(bank.write(twice)))} == {"DUPLICATE", "TOTALS"}


def test_a_movement_of_a_statement_says_its_day() -> None:
    undated = {name: value for name, value in PAID.items() if name != "ДатаПоступило"}
    file = build_statement(ACCOUNT, date(2026, 1, 15), date(2026, 1, 15), opening=Decimal(0), documents=[undated])

    assert told(bank.read(bank.write(file))) == [
        ("MISSING", "в документе «Платежное поручение» не заполнено обязательное поле «ДатаПоступило»")
    ]


def test_a_right_order_to_a_bank_has_no_problems() -> None:
    file = orders(ORDER)

    assert told(file, Direction.TO_BANK) == []
    assert guess_direction(file) is Direction.TO_BANK


def test_a_payment_to_the_budget_is_filled_whole() -> None:
    missing = told(orders(ORDER | {"СтатусСоставителя": "01"}), Direction.TO_BANK)
    old = told(orders(ORDER | {"СтатусСоставителя": "01"}, version="1.01"), Direction.TO_BANK)

    assert len(missing) == 9
    assert any("«Код»" in text for _code, text in missing)
    assert len(old) == 8


@pytest.mark.parametrize(
    ("changed", "title", "version", "code", "words"),
    [
        ({"Очередность": ""}, "Платежное поручение", "1.03", "MISSING", "Очередность"),
        ({}, "Мемориальный ордер", "1.03", "VALUE", "не принимает"),
        ({"КодНазПлатежа": "1"}, "Платежное поручение", "1.02", "VERSION", "в версии 1.03"),
        ({"Код": "18810"}, "Платежное поручение", "1.01", "VERSION", "в версии 1.02"),
        ({"ПлательщикКПП": "77010100"}, "Платежное поручение", "1.03", "VALUE", "КПП плательщика"),
        ({"ПолучательБИК": "994525225"}, "Платежное поручение", "1.03", "VALUE", "БИК получателя"),
        (
            {"ПлательщикКорсчет": "30101810400000000226"},
            "Платежное поручение",
            "1.03",
            "CHECKSUM",
            "30101810400000000226",
        ),
        ({}, "Платежное поручение", "1.04", "VALUE", "версия формата «1.04»"),
        ({"КвитанцияДата": "вчера"}, "Платежное поручение", "1.03", "VALUE", "КвитанцияДата"),
    ],
)
def test_a_wrong_order_is_told(changed: dict[str, str], title: str, version: str, code: str, words: str) -> None:
    (found,) = told(orders(ORDER | changed, title=title, version=version), Direction.TO_BANK)

    assert found[0] == code
    assert words in found[1]


def test_a_correspondent_account_with_a_right_key_is_right() -> None:
    assert told(orders(ORDER | {"ПлательщикКорсчет": "30101810400000000225"}), Direction.TO_BANK) == []


def test_codes_without_control_digits_are_checked_by_form() -> None:
    assert [kpp_is_valid(kpp) for kpp in ("770101001", "7701AB001", "77010100", "٧٧٠١٠١٠٠١")] == [
        True,
        True,
        False,
        False,
    ]
    assert [bik_is_valid(bik) for bik in ("044525225", "004525988", "994525225", "04452522", "०44525225")] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.exchange.bank_encoding.LIMIT", 100)

    with pytest.raises(DocumentError, match="больше"):
        bank.read(b"1CClientBankExchange" + b" " * 100)


@pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с файлами банков")
@pytest.mark.parametrize("path", sorted(REAL.glob("*.txt")), ids=lambda path: path.name)
def test_real_files_are_read_whole_and_written_back(path: Path) -> None:
    data = path.read_bytes()
    if path.name.startswith("bxshef_by_"):
        with pytest.raises(DocumentError, match="белорусского"):
            bank.read(data)
        return
    file = bank.read(data)
    again = bank.read(bank.write(file))

    def content(one: BankFile) -> object:
        return [[(item.name, item.value) for item in part] for part in (one.header, *(s.fields for s in one.sections))]

    assert content(again) == content(file)
    canonical = b"\r\n\r\n" not in data and b"\n\n" not in data and not file.problems and data.endswith(b"\n")
    assert not canonical or bank.write(file) == data
