from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import FUNCTIONS, RESOLVER, Expression, money
from stand.emulator.rows import EMPTY, Ref
from tests.stand.emulator.demo import moment


def run(text: str, **names: Any) -> Any:
    return Expression(text)({**FUNCTIONS, **names})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", Decimal(7)),
        ("0.1 + 0.2", Decimal("0.3")),
        ("-5 / 2", Decimal("-2.5")),
        ("round(2.345, 2)", Decimal("2.35")),
        ("round(-2.345, 2)", Decimal("-2.35")),
        ("'а' + 'б'", "аб"),
        ("None + 5", Decimal(5)),
        ("3 if 2 > 1 else 4", Decimal(3)),
        ("1 < 2 < 3", True),
        ("1 < 2 < 2", False),
        ("'x' in ('x', 'y')", True),
        ("'' or 'нет'", "нет"),
        ("'есть' or 'нет'", "есть"),
        ("not empty('')", False),
        ("max(1, 7, 3)", Decimal(7)),
        ("share(1, 0)", Decimal(0)),
        ("share(1, 3)", Decimal("33.33")),
    ],
)
def test_values(text: str, value: object) -> None:
    assert run(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "doc.__class__",
        "doc._x",
        "[x for x in doc]",
        "lambda: 1",
        "doc['x']",
        "{'a': 1}",
        "f'{doc}'",
        "2 ** 99999",
        "7 % 2",
        "doc.get('x')",
        "(yield)",
        "a := 1",
        "max(*doc)",
        "b'x'",
        "1 +",
        "1; 2",
        "+" * 2000 + "1",
    ],
)
def test_anything_else_is_refused_before_it_runs(text: str) -> None:
    with pytest.raises(ConfigError):
        Expression(text, "place")


def test_an_unknown_name_and_field_are_named() -> None:
    with pytest.raises(ConfigError, match="неизвестно имя «нет»"):
        run("нет + 1")
    with pytest.raises(ConfigError, match="нет поля «Цена»"):
        run("row.Цена", row={"Сумма": 1})


def test_text_cannot_be_multiplied() -> None:
    with pytest.raises(ConfigError, match="не вычисляется"):
        run("'абв' * 3")


def test_a_dot_walks_through_references() -> None:
    good = Ref("Catalog_Товары", "1")
    rows = {good: {"Группа": Ref("Catalog_Группы", "2")}, Ref("Catalog_Группы", "2"): {"Имя": "Чай"}}
    scope = {RESOLVER: rows.get, "row": {"Товар": good, "Пусто": Ref("Catalog_Товары", EMPTY)}}
    assert Expression("row.Товар.Группа.Имя")(scope) == "Чай"
    assert Expression("row.Пусто.Группа.Имя")(scope) is None


def test_dates() -> None:
    day = moment(2024, 2, 10, 15)
    assert run("month_end(d)", d=day) == moment(2024, 2, 29, 23, 59, 59)
    assert run("month_start(add_days(d, 20))", d=day) == moment(2024, 3, 1)
    assert run("days_between(d, add_days(d, 3))", d=day) == 3
    assert run("date_ru(d)", d=day) == "10.02.2024"


def test_money_rounds_half_away_from_zero() -> None:
    assert money(Decimal("0.005")) == Decimal("0.01")
    assert money(Decimal("-0.005")) == Decimal("-0.01")
    assert money(Decimal("12.34567"), 4) == Decimal("12.3457")
