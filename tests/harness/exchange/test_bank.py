from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DocumentError
from harness.exchange import bank
from harness.exchange.bank_build import build_statement
from harness.exchange.bank_rules import Direction, account_is_valid, inn_is_valid, validate

ACCOUNT = "40702810400000000001"
OTHER = "40702810900000000002"
BIK = "044525225"
REAL = Path(__file__).parents[4] / "shared" / "real" / "bank"
PAYMENT = {
    "Номер": "17",
    "Дата": "15.01.2026",
    "Сумма": "1200.50",
    "ПлательщикСчет": OTHER,
    "ПолучательСчет": ACCOUNT,
    "ДатаПоступило": "15.01.2026",
    "ПлательщикИНН": "7707083893",
    "ПолучательИНН": "7736207543",
    "НазначениеПлатежа": "Оплата по счёту № 5=A, НДС 20 %",
}


def statement(**changed: str) -> bank.BankFile:
    return build_statement(
        ACCOUNT, date(2026, 1, 15), date(2026, 1, 15), opening=Decimal("100.00"), documents=[PAYMENT | changed]
    )


def codes(file: bank.BankFile, direction: Direction = Direction.FROM_BANK) -> list[str]:
    return [problem.code for problem in validate(file, direction)]


def test_statement_built_here_is_written_as_a_bank_writes_it_and_read_back() -> None:
    data = bank.write(statement())

    assert data.startswith(b"1CClientBankExchange\r\n")
    assert "КонечныйОстаток=1300.50\r\n".encode("cp1251") in data
    again = bank.read(data)
    assert bank.write(again) == data
    assert validate(again) == []
    assert again.documents[0].get("НазначениеПлатежа") == "Оплата по счёту № 5=A, НДС 20 %"
    assert again.documents[0].amount() == Decimal("1200.50")
    assert again.documents[0].date("ДатаПоступило") == date(2026, 1, 15)


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "cp866"])
def test_true_encoding_is_found_when_the_label_lies(codec: str) -> None:
    lying = bank.read(bank.write(replace(statement(), encoding=codec)).replace("№".encode(codec), b"N"))

    assert lying.encoding == codec
    assert lying.documents[0].get("НазначениеПлатежа").startswith("Оплата")
    problem = next(item for item in validate(lying) if item.code == "ENCODING")
    assert problem.line == 3
    assert "Windows" in problem.text
    assert codec in problem.text


def test_one_line_in_another_encoding_is_read_and_named() -> None:
    data = bank.write(statement()).replace("КонецФайла".encode("cp1251"), "КонецФайла".encode())

    found = bank.read(data)

    assert found.finished
    assert [(item.code, item.line) for item in found.problems] == [("ENCODING", len(data.splitlines()))]


@pytest.mark.parametrize(
    ("field", "value", "code", "word"),
    [
        ("Сумма", "", "MISSING", "Сумма"),
        ("Дата", "2026-01-15", "VALUE", "дд.мм.гггг"),
        ("ДатаПоступило", "16.01.2026", "PERIOD", "вне периода"),
        ("ПлательщикИНН", "7707083894", "CHECKSUM", "ИНН плательщика"),
        ("НазначениеПлатежа", "РћРїР»Р°С‚Р°", "MOJIBAKE", "кодировке"),
        ("НазначениеПлатежа", "х" * 211, "VALUE", "210"),
        ("ПолучательСчет", "40702810000000000999", "VALUE", "ни к одному счёту"),
    ],
)
def test_a_bad_field_is_named_with_its_line(field: str, value: str, code: str, word: str) -> None:
    good = statement()
    document = good.documents[0]
    fields = tuple(replace(item, value=value) if item.name == field else item for item in document.fields)
    bad = bank.read(bank.write(replace(good, sections=(good.accounts[0], replace(document, fields=fields)))))

    problems = [item for item in validate(bad) if item.code == code and word in item.text]

    assert problems, validate(bad)
    assert problems[0].line >= document.line


def test_decimal_comma_is_said_to_be_one() -> None:
    data = bank.write(statement()).replace(b"1200.50", b"1200,50")

    assert any("запятой" in problem.text for problem in validate(bank.read(data)))


def test_totals_that_do_not_add_up_are_found() -> None:
    data = bank.write(statement())

    closing = validate(bank.read(data.replace(b"=1300.50", b"=1300.51")))
    income = validate(
        bank.read(data.replace("Поступило=1200.50".encode("cp1251"), "Поступило=1200.49".encode("cp1251")))
    )

    assert [(item.code, item.line) for item in closing] == [("TOTALS", 18)]
    assert {item.code for item in income} == {"TOTALS"}
    assert len(income) == 2


def test_payment_order_to_the_bank_needs_more_than_a_statement() -> None:
    missing = {problem.text.rpartition("«")[2].strip("»") for problem in validate(statement(), Direction.TO_BANK)}

    assert {"ПлательщикБИК", "ПолучательБИК", "ВидОплаты", "Очередность"} <= missing


def test_unclosed_section_and_missing_end_are_structure_problems() -> None:
    data = bank.write(statement())
    cut = data[: data.index("КонецДокумента".encode("cp1251"))]

    found = bank.read(cut)

    assert [problem.code for problem in found.problems] == ["STRUCTURE", "STRUCTURE"]
    assert not found.documents[0].closed
    assert not found.finished


def test_another_format_is_refused_by_its_name() -> None:
    with pytest.raises(DocumentError, match="белорусского"):
        bank.read("***** ^Type=400^ ^Acc=BY86^\n[IN_PARAM]\n".encode("cp1251"))
    with pytest.raises(DocumentError, match="XML"):
        bank.read(b"<?xml version='1.0'?><a/>")
    with pytest.raises(DocumentError, match="1CClientBankExchange"):
        bank.read(b"")


def test_a_letter_the_encoding_does_not_have_names_its_field() -> None:
    with pytest.raises(DocumentError, match="НазначениеПлатежа"):
        bank.write(statement(НазначениеПлатежа="Оплата 漢"))


def test_control_digits() -> None:
    assert inn_is_valid("7707083893")
    assert inn_is_valid("500100732259")
    assert not inn_is_valid("500100732250")
    assert not inn_is_valid("77070838")
    assert account_is_valid("30101810400000000225", BIK)
    assert not account_is_valid("30101810500000000225", BIK)
    keys = [digit for digit in "0123456789" if account_is_valid(f"40702810{digit}00000000001", BIK)]
    assert len(keys) == 1


@given(st.lists(st.tuples(st.text("АбвGh =.№", max_size=20), st.integers(1, 10**9)), max_size=5))
def test_whatever_is_written_is_read(payments: list[tuple[str, int]]) -> None:
    documents = [
        PAYMENT | {"НазначениеПлатежа": text, "Сумма": f"{kopecks / Decimal(100):.2f}"} for text, kopecks in payments
    ]
    file = build_statement(ACCOUNT, date(2026, 1, 15), date(2026, 1, 15), opening=Decimal(0), documents=documents)

    again = bank.read(bank.write(file))

    assert [[(f.name, f.value) for f in s.fields] for s in again.sections] == [
        [(f.name, f.value) for f in s.fields] for s in file.sections
    ]
    assert not [code for code in codes(again) if code == "TOTALS"]


@given(st.binary(max_size=200))
def test_no_bytes_crash_the_reader(noise: bytes) -> None:
    for data in (noise, b"1CClientBankExchange\r\n" + noise):
        try:
            validate(bank.read(data))
        except DocumentError as error:
            assert "1CClientBankExchange" in str(error)  # noqa: PT017 (whether it raises depends on the bytes)


@pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с настоящими файлами банков")
def test_real_files_are_read_or_refused_for_the_right_reason() -> None:
    for path in sorted(REAL.glob("*.txt")):
        data = path.read_bytes()
        if path.name.startswith("bxshef_by_"):
            with pytest.raises(DocumentError, match="белорусского"):
                bank.read(data, path.name)
            continue
        found = bank.read(data, path.name)
        assert found.encoding == "cp1251", path.name
        assert not [problem for problem in found.problems if problem.code == "MOJIBAKE"], path.name
        canonical = not data.endswith(b"\n") or b"\n\n" in data
        assert canonical or bank.write(found) == data, path.name
