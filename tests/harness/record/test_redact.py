from __future__ import annotations

import base64
import importlib
import time
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.record import RecordWriter, now
from harness.record.models import Header
from harness.record.redact import MASK, PERSONAL_MASK, Redactor

redact = importlib.import_module("harness.record.redact")  # the package has a function of this name

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def redactor() -> Redactor:
    return Redactor()


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "Password",
        "user_password",
        "Пароль",
        "token",
        "access_token",
        "Authorization",
        "api_key",
        "client_secret",
        "Cookie",
        "IBSession",
    ],
)
def test_values_under_telling_keys_are_masked(redactor: Redactor, key: str) -> None:
    assert redactor.data({"outer": [{key: "value"}]}) == {"outer": [{key: MASK}]}


@pytest.mark.parametrize("key", ["key", "compass", "passed", "Проходной", "author"])
def test_values_under_other_keys_stay(redactor: Redactor, key: str) -> None:
    assert redactor.data({key: "value", "number": 1, "none": None}) == {key: "value", "number": 1, "none": None}


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("GET http://user:pass@host:80/base/odata", "GET http://***@host:80/base/odata"),
        ("https://host/a?token=abc&x=1", "https://host/a?token=***&x=1"),
        ("https://host/a?x=1&password=a%20b", "https://host/a?x=1&password=***"),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: ***"),
        ("header Basic dXNlcjpwYXNzMTIz here", "header Basic *** here"),
        ("Bearer eyJhbGciOi.eyJzdWIi.c2ln1", "Bearer ***"),
        ('Srvr="s";Ref="b";Usr="u";Pwd="secret";', 'Srvr="s";Ref="b";Usr="u";Pwd=***;'),
        ("1cv8 DESIGNER /N Admin /P qwerty /DumpIB x", "1cv8 DESIGNER /N Admin /P *** /DumpIB x"),
        ("Пароль: qwerty", "Пароль: ***"),
        ("Set-Cookie: ibsession=1; path=/", "Set-Cookie: ***"),
        ("Иванов ivanov@mail.ru писал", f"Иванов {PERSONAL_MASK} писал"),
        ("СНИЛС 112-233-445 95", f"СНИЛС {PERSONAL_MASK}"),
        ("тел. +7 (916) 123-45-67", f"тел. {PERSONAL_MASK}"),
    ],
)
def test_telling_shapes_are_masked(redactor: Redactor, text: str, clean: str) -> None:
    assert redactor.text(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8080/demo/odata/standard.odata/Catalog_Валюты?$top=1",
        "Документ РТУ-000001 от 2026-01-31, сумма 1234567.89, счёт 40702810900000000001",
        "test_bank.py::test_statement[a@b]",
        "Basic требования к отчёту",
        "ИНН 7701234567, КПП 770101001",
    ],
)
def test_ordinary_texts_stay(redactor: Redactor, text: str) -> None:
    assert redactor.text(text) == text


def test_registered_secret_is_found_in_every_form(redactor: Redactor) -> None:
    secret = 'Пароль "и" пробел/42'
    redactor.add_secret(secret, user="Администратор")
    pair = base64.b64encode(f"Администратор:{secret}".encode()).decode()
    for form in (
        secret,
        "%D0%9F%D0%B0%D1%80%D0%BE%D0%BB%D1%8C%20%22%D0%B8%22%20%D0%BF%D1%80%D0%BE%D0%B1%D0%B5%D0%BB%2F42",
        pair,
    ):
        assert redactor.text(f"a {form} b") == f"a {MASK} b"


def test_short_secret_is_masked_as_a_word_only(redactor: Redactor) -> None:
    redactor.add_secret("2026")

    assert redactor.text("вошёл с 2026 и всё; счёт 20261") == f"вошёл с {MASK} и всё; счёт 20261"


def test_binary_content_loses_registered_secrets(redactor: Redactor) -> None:
    redactor.add_secret("СекретныйПароль")
    content = b"\xff\x00" + "СекретныйПароль".encode("cp1251") + b"\x00"

    assert "СекретныйПароль".encode("cp1251") not in redactor.content(content)


def test_binary_content_without_secrets_stays(redactor: Redactor) -> None:
    redactor.add_secret("СекретныйПароль")
    content = zlib.compress(b"abc" * 100)

    assert redactor.content(content) == content


def test_personal_values_become_their_pseudonyms(redactor: Redactor) -> None:
    redactor.add_personal({"Иванова Мария Петровна": "ПД-1", "Иванова": "ПД-2"})

    assert redactor.text("Начислено Иванова Мария Петровна: 10") == "Начислено ПД-1: 10"


def test_nothing_secret_reaches_the_files_of_a_record(tmp_path: Path) -> None:
    from harness.record import add_secret

    secret = "Очень-Тайное-Слово-77"
    add_secret(secret, user="Админ")
    header = Header(run="1", created=now(), project="p", stand_kind="external", stand_address=f"http://u:{secret}@h/b")
    with RecordWriter.create(tmp_path / "r", header) as writer:
        writer.event("run_started", {"command": ["x", "--password", secret], "nested": {"text": f"вход {secret}"}})
        writer.evidence(f"{secret}.txt", f"Authorization: Basic {secret}".encode())
        writer.seal()

    for path in (tmp_path / "r").rglob("*"):
        assert secret not in path.name
        if path.is_file():
            assert secret.encode() not in path.read_bytes()


@pytest.mark.parametrize("sign", ["x", "-", "a.", "=", "x@", "a://", "password", "1 ", "/P"])
def test_one_long_line_takes_no_time(redactor: Redactor, sign: str) -> None:
    """A program that draws its progress without a line end may print any of these for hours."""
    redactor.add_secret("hunter2hunter2")
    clock = time.perf_counter()

    redactor.text(sign * (200_000 // len(sign)))

    assert time.perf_counter() - clock < 60  # a line that hangs takes hours; one that does not, hundredths of a second


PIECES = [
    *("@", "=", ":", "://", "/P", "+7", "-", " ", ";", "?", '"', "\n"),
    *("Basic", "Bearer", "Authorization", "Cookie", "Pwd", "password", "пароль", "token", "http", "user", "a1B2c3D4"),
    *("123", "45", "916", "example.com", "Счёт", "ſ", "ı"),
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_a_text_is_left_alone_only_when_no_shape_is_in_it(text: str) -> None:
    expected = text
    for shape, replacement in redact._SHAPES:
        expected = shape.sub(replacement, expected)
    for shape in redact._PERSONAL_SHAPES:
        expected = shape.sub(PERSONAL_MASK, expected)

    assert Redactor().text(text) == expected
