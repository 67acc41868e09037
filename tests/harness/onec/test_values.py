from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.onec.values import (
    EMPTY_DATETIME,
    Guid,
    KeyValue,
    datetime_literal,
    decode_json,
    decode_typed,
    decode_value,
    encode_json,
    format_datetime,
    format_decimal,
    guid_literal,
    is_guid,
    key_literal,
    literal,
    parse_datetime,
    quote_string,
)

GUID = "b1c89da7-cb6a-11e6-aede-5404a6b4b8ed"


def test_strings_double_their_quotes() -> None:
    assert quote_string("ООО «Д'Артаньян»") == "'ООО «Д''Артаньян»'"


def test_guids_are_checked_and_small() -> None:
    assert guid_literal(GUID.upper()) == f"guid'{GUID}'"
    assert is_guid(GUID)
    for wrong in ("", "123", GUID + "0", f"{GUID}'"):
        with pytest.raises(ValueError, match="не UUID"):
            Guid(wrong)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (7, "7"),
        (Decimal("10.50"), "10.50"),
        (Decimal("1E+20"), "100000000000000000000"),
        ("Стол", "'Стол'"),
        (Guid(GUID), f"guid'{GUID}'"),
        (date(2026, 1, 31), "datetime'2026-01-31T00:00:00'"),
        (datetime(2026, 1, 31, 10, 5), "datetime'2026-01-31T10:05:00'"),  # noqa: DTZ001 - dates of 1C are naive
        (None, "null"),
    ],
)
def test_literals_follow_the_type(value: KeyValue | None, text: str) -> None:
    assert literal(value) == text


def test_keys() -> None:
    assert key_literal(GUID) == f"guid'{GUID}'"
    assert key_literal("643") == "'643'"
    assert (
        key_literal({"Period": date(2008, 2, 5), "Валюта_Key": GUID})
        == f"Period=datetime'2008-02-05T00:00:00',Валюта_Key=guid'{GUID}'"
    )


def test_a_composite_key_is_a_string_even_when_it_looks_like_a_guid() -> None:
    key = {"Recorder": GUID, "Recorder_Type": "StandardODATA.Document_Заказ"}
    assert key_literal(key) == f"Recorder='{GUID}',Recorder_Type='StandardODATA.Document_Заказ'"
    assert key_literal({"Ид": GUID}, {"Ид": "Edm.Guid"}) == f"Ид=guid'{GUID}'"


def test_an_empty_key_and_a_wrong_guid_are_refused() -> None:
    with pytest.raises(ValueError, match="пустой ключ"):
        key_literal({})
    with pytest.raises(ValueError, match="не UUID"):
        key_literal({"Валюта_Key": "1' or '1'='1"})


def test_dates_are_naive_and_whole() -> None:
    assert parse_datetime("0001-01-01T00:00:00") == EMPTY_DATETIME
    assert format_datetime(EMPTY_DATETIME) == "0001-01-01T00:00:00"
    assert format_datetime(datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=UTC)) == "2026-01-02T03:04:05"
    assert parse_datetime("2026-01-02T03:04:05+03:00") == datetime(2026, 1, 2, 3, 4, 5)  # noqa: DTZ001 - same
    assert datetime_literal(date(2026, 1, 1)) == "datetime'2026-01-01T00:00:00'"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1E+999999999", "1E-999999999"])
def test_numbers_1c_cannot_have_are_refused(number: str) -> None:
    with pytest.raises(ValueError, match="нельзя передать"):
        format_decimal(Decimal(number))


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30))
def test_digits_survive_and_never_have_an_exponent(number: Decimal) -> None:
    text = format_decimal(number)
    assert "e" not in text.lower()
    assert Decimal(text) == number


@pytest.mark.parametrize(
    ("edm", "wire", "value"),
    [
        ("Edm.Int64", "93", 93),
        ("Edm.Int64", 93, 93),
        ("Edm.Int16", 1, 1),
        ("Edm.Double", 5, Decimal(5)),
        ("Edm.Double", Decimal("12345678901234567.89"), Decimal("12345678901234567.89")),
        ("Edm.Boolean", True, True),
        ("Edm.Boolean", "false", False),
        ("Edm.DateTime", "2016-12-26T17:08:57", datetime(2016, 12, 26, 17, 8, 57)),  # noqa: DTZ001 - same
        ("Edm.Guid", GUID.upper(), GUID),
        ("Edm.String", "", ""),
        ("Edm.Stream", "что угодно", "что угодно"),
        ("StandardODATA.TypeDescription", {"Types": []}, {"Types": []}),
        ("Edm.Double", None, None),
    ],
)
def test_values_come_as_their_type(edm: str, wire: object, value: object) -> None:
    decoded = decode_value(edm, wire)
    assert decoded == value
    assert type(decoded) is type(value)


@pytest.mark.parametrize(
    ("edm", "wire"),
    [
        ("Edm.Int64", "x"),
        ("Edm.Int64", True),
        ("Edm.Int64", Decimal("1.5")),
        ("Edm.Double", "сто"),
        ("Edm.Double", "NaN"),
        ("Edm.Boolean", 1),
        ("Edm.DateTime", "вчера"),
        ("Edm.DateTime", 5),
        ("Edm.Guid", "нет"),
        ("Edm.String", 5),
    ],
)
def test_values_of_another_type_are_errors(edm: str, wire: object) -> None:
    with pytest.raises(ValueError, match=edm):
        decode_value(edm, wire)


def test_composite_values_follow_their_type() -> None:
    assert decode_typed("12.5", "Edm.Double") == Decimal("12.5")
    assert decode_typed("", "StandardODATA.Undefined") is None
    assert decode_typed(GUID, "StandardODATA.Catalog_Склады") == GUID


def test_json_keeps_digits_in_both_directions() -> None:
    text = b'\xef\xbb\xbf{"\xd0\xa1\xd1\x83\xd0\xbc\xd0\xbc\xd0\xb0":12345678901234567.89}'
    assert decode_json(text) == {"Сумма": Decimal("12345678901234567.89")}
    sent = encode_json(
        {
            "Сумма": Decimal("12345678901234567.89"),
            "Ноль": Decimal("0E-7"),
            "Дата": date(2026, 1, 1),
            "Строки": ({"К": Decimal("1E+3")},),
        }
    )
    assert sent.decode() == (
        '{"Сумма":12345678901234567.89,"Ноль":0,"Дата":"2026-01-01T00:00:00","Строки":[{"К":1000}]}'
    )
    assert json.loads(encode_json({"Ref_Key": Guid(GUID), "Пусто": None})) == {"Ref_Key": GUID, "Пусто": None}


def test_binary_floats_are_refused() -> None:
    with pytest.raises(ValueError, match="Decimal"):
        encode_json({"Сумма": 0.1})


@pytest.mark.parametrize("text", [b"", b"{", b"<html>", b'{"a":"\xff"}', b"[" * 100_000, b'{"a":1}x'])
def test_what_is_no_json_is_an_error(text: bytes) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the words are those of the library
        decode_json(text)
    assert str(caught.value)
