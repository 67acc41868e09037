from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stand.emulator.database.cells import Field
from stand.emulator.database.numbers import MAX_INT, scaled, unscaled
from stand.emulator.model import DATE, MONEY, Attribute, ValueType
from stand.emulator.rows import EMPTY, EMPTY_MOMENT, Ref, Stored

COMPOSITE = Field.of(Attribute("Что", ValueType(())))


def a_field(*alternatives: str, length: int = 0, digits: int = 15, fraction: int = 2) -> Field:
    return Field.of(Attribute("Поле", ValueType(alternatives, length, digits, fraction)))


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=6))
def test_a_number_keeps_every_digit(number: Decimal) -> None:
    assert unscaled(scaled(number, 6), 6) == number


@pytest.mark.parametrize(
    ("number", "stored"),
    [
        ("1.005", 101),
        ("-1.005", -101),
        ("1.004", 100),
        ("0", 0),
        ("1e3", 100000),
        ("1e999999999", MAX_INT),
        ("-1e40", -MAX_INT),
    ],
)
def test_rounding_is_half_away_from_zero_and_exponents_are_harmless(number: str, stored: int) -> None:
    assert scaled(Decimal(number), 2) == stored


@pytest.mark.parametrize("number", ["NaN", "Infinity", "два"])
def test_what_is_no_number_is_refused(number: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        scaled(number, 2)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "текст",
        Decimal("1.5"),
        True,
        False,
        datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 - dates of 1C are naive
        Ref("Catalog_Товары", "c3314aea-6899-11e8-8780-b06ebf2faaf6"),
        Ref("Enum_Ставки", "НДС20"),
        Ref("UnavailableEntities.UnavailableEntity_604931cd-d4a8-48d0-bc59-2ac90e044abb", EMPTY),
    ],
)
def test_a_composite_value_keeps_its_type(value: Any) -> None:
    assert COMPOSITE.decode(COMPOSITE.encode(value)) == value


def test_equal_numbers_of_a_composite_are_stored_alike() -> None:
    assert COMPOSITE.encode(Decimal("1.50")) == COMPOSITE.encode(Decimal("1.5"))
    assert COMPOSITE.encode(100) == COMPOSITE.encode(Decimal("1E+2"))


def test_long_strings_are_cut_and_long_numbers_stop_at_their_length() -> None:
    assert a_field("String", length=3).encode("абвгд") == ("абв",)
    assert a_field("Number", digits=5, fraction=2).encode(Decimal("1234567.891")) == (99999,)
    assert a_field("Number", digits=5, fraction=2).encode(Decimal(-1234567)) == (-99999,)


def test_a_reference_to_another_object_is_refused() -> None:
    with pytest.raises(ValueError, match="Поле"):
        a_field("Catalog_Товары").encode(Ref("Catalog_Люди", "c3314aea-6899-11e8-8780-b06ebf2faaf6"))


def test_empty_values_are_those_of_1c() -> None:
    assert Field.of(Attribute("Дата", DATE)).decode(Field.of(Attribute("Дата", DATE)).encode(None)) == EMPTY_MOMENT
    assert a_field("Catalog_Товары").decode(a_field("Catalog_Товары").empty) == Ref("Catalog_Товары", EMPTY)
    assert Field.of(Attribute("Сумма", MONEY)).decode((0,)) == Decimal(0)


def test_binary_and_descriptions_of_types() -> None:
    picture = Stored("image/png", b"\x89PNG")
    assert a_field("ValueStorage").decode(a_field("ValueStorage").encode(picture)) == picture
    types = {"Types": ["String"]}
    assert a_field("TypeDescription").decode(a_field("TypeDescription").encode(types)) == types
