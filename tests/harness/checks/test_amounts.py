from __future__ import annotations

from decimal import Decimal

import pytest

from harness.checks.amounts import figure, money

_ = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("2759.9", f"2{_}759,90"), ("0", "0,00"), ("-1234567.891", f"−1{_}234{_}567,89"), ("1E+3", f"1{_}000,00")],
)
def test_a_sum_has_its_kopecks(amount: str, text: str) -> None:
    assert money(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("10.000", "10"), ("2759.9", f"2{_}759,90"), ("0.125", "0,125"), ("-3", "−3"), ("1E+4", f"10{_}000")],
)
def test_a_figure_has_as_many_digits_as_it_needs(value: str, text: str) -> None:
    assert figure(Decimal(value)) == text
