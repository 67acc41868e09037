from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from harness.onec.expressions import (
    Expression,
    all_of,
    cast,
    concat,
    contains,
    dateadd,
    datedifference,
    endswith,
    field,
    guid,
    isof,
    like,
    part_of,
    round_,
    startswith,
    substring,
)

GUID = "b1c89da7-cb6a-11e6-aede-5404a6b4b8ed"
PRICE, NAME, DATE = field("Цена"), field("Description"), field("Date")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (field("Контрагент_Key") == guid(GUID), f"Контрагент_Key eq guid'{GUID}'"),
        (field("Контрагент_Key") == GUID, f"Контрагент_Key eq guid'{GUID}'"),
        (field("Recorder") == GUID, f"Recorder eq '{GUID}'"),
        (field("Контрагент/ИНН") != "77", "Контрагент/ИНН ne '77'"),
        (field("Контрагент").field("ИНН") == "77", "Контрагент/ИНН eq '77'"),
        (Decimal("1E+3") < PRICE, "Цена gt 1000"),
        (PRICE >= 5, "Цена ge 5"),
        (Decimal("0.10") > PRICE, "Цена lt 0.10"),
        (date(2026, 1, 31) >= DATE, "Date le datetime'2026-01-31T00:00:00'"),
        (field("Posted") == True, "Posted eq true"),  # noqa: E712 - builds a comparison
        (NAME == "Д'Артаньян' or 1 eq 1", "Description eq 'Д''Артаньян'' or 1 eq 1'"),
        ((PRICE > 1) & (PRICE < 5) & (NAME == "x"), "Цена gt 1 and Цена lt 5 and Description eq 'x'"),
        ((PRICE > 1) | (PRICE < 5) & (NAME == "x"), "Цена gt 1 or Цена lt 5 and Description eq 'x'"),
        (((PRICE > 1) | (PRICE < 5)) & (NAME == "x"), "(Цена gt 1 or Цена lt 5) and Description eq 'x'"),
        (~(PRICE > 1), "not (Цена gt 1)"),
        (~(PRICE > 1) & (PRICE < 5), "not (Цена gt 1) and Цена lt 5"),
        (PRICE + 1 > 5, "Цена add 1 gt 5"),
        ((PRICE + 1) * 2 - 3 > 5, "(Цена add 1) mul 2 sub 3 gt 5"),
        (PRICE - (PRICE - 1) == 1, "Цена sub (Цена sub 1) eq 1"),
        (PRICE / (PRICE * 2) == 1, "Цена div (Цена mul 2) eq 1"),
        (-(PRICE + 1) < 0, "-(Цена add 1) lt 0"),
        ((PRICE > 1) == (PRICE < 5), "(Цена gt 1) eq (Цена lt 5)"),
        (field("Основание") == cast(guid(GUID), "Document_Заказ"), f"Основание eq cast(guid'{GUID}','Document_Заказ')"),
        (isof(field("Основание"), "Catalog_Товары"), "isof(Основание,'Catalog_Товары')"),
        (startswith(NAME, "Ст"), "startswith(Description,'Ст')"),
        (endswith(NAME, "ол"), "endswith(Description,'ол')"),
        (contains(NAME, "то"), "substringof('то',Description)"),
        (like(NAME, "[^к]%"), "like(Description,'[^к]%')"),
        (substring(field("ИНН"), 1, 2) == "77", "substring(ИНН,1,2) eq '77'"),
        (substring(field("ИНН"), 3) == "77", "substring(ИНН,3) eq '77'"),
        (concat(NAME, "!") == "a!", "concat(Description,'!') eq 'a!'"),
        (part_of(DATE, "year") == 2026, "year(Date) eq 2026"),
        (dateadd(DATE, "month", -1) > date(2026, 1, 1), "dateadd(Date,'month',-1) gt datetime'2026-01-01T00:00:00'"),
        (
            datedifference(DATE, date(2026, 1, 1), "day") == 3,
            "datedifference(Date,datetime'2026-01-01T00:00:00','day') eq 3",
        ),
        (round_(PRICE) == 5, "round(Цена) eq 5"),
        (field("Товары").any(lambda row: row.field("Цена") > 10000), "Товары/any(d: d/Цена gt 10000)"),
        (field("Товары").any(), "Товары/any()"),
        (field("Товары").all(lambda row: row.field("Цена") > 0, "t"), "Товары/all(t: t/Цена gt 0)"),
    ],
)
def test_the_dialect(expression: Expression, text: str) -> None:
    assert str(expression) == text


@pytest.mark.parametrize("name", ["", "a b", "a' or '1", "a//b", "/a", "a)", "Контрагент/"])
def test_a_field_is_a_name_and_nothing_else(name: str) -> None:
    with pytest.raises(ValueError, match="не имя поля"):
        field(name)


def test_a_type_is_a_name_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="не имя типа"):
        cast(NAME, "x') or ('")


def test_python_does_not_evaluate_a_filter() -> None:
    with pytest.raises(TypeError, match="&"):
        bool(PRICE > 1)
    with pytest.raises(TypeError, match="&"):
        assert PRICE > 1 and PRICE < 5  # noqa: PT018 - the mistake people make


def test_conditions_are_joined_as_text() -> None:
    assert all_of() == ""
    assert all_of("", "a eq 1 or b eq 2") == "a eq 1 or b eq 2"
    assert all_of("a eq 1 or b eq 2", PRICE > 1) == "(a eq 1 or b eq 2) and Цена gt 1"
    assert all_of((PRICE > 1) | (PRICE < 0), NAME == "x") == "(Цена gt 1 or Цена lt 0) and Description eq 'x'"


def test_expressions_are_hashable_but_never_equal_by_accident() -> None:
    assert len({PRICE, field("Цена")}) == 2
