"""Contracts are judged by who uses them; renames are told as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.observe.compare_contracts import Effect, effect, part, renames
from harness.record.models import Difference, DifferenceClass
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path


def contracts(folder: Path, before: dict[str, str], after: dict[str, str], **how: Any) -> list[Difference]:
    return Pair(folder).both(
        lambda observe: observe.contract("c", before, **how), lambda observe: observe.contract("c", after, **how)
    )


@pytest.mark.parametrize(
    ("before", "after", "read", "write", "filtered"),
    [
        ("Edm.String(10)", "Edm.String(20)", "WIDENING", "NEUTRAL", "NEUTRAL"),
        ("Edm.String(20)", "Edm.String(10)", "BREAKING", "BREAKING", "BREAKING"),
        ("Edm.String", "Edm.String(10)", "BREAKING", "BREAKING", "BREAKING"),
        ("Edm.String(10)", "Edm.String", "WIDENING", "NEUTRAL", "NEUTRAL"),
        ("Edm.Decimal(15, 2)", "Edm.Decimal(17, 2)", "WIDENING", "NEUTRAL", "NEUTRAL"),
        ("Edm.Decimal(15, 2)", "Edm.Decimal(15, 3)", "BREAKING", "BREAKING", "BREAKING"),
        ("Edm.Int16", "Edm.Int32", "WIDENING", "NEUTRAL", "NEUTRAL"),
        ("Edm.Int32", "Edm.Int16", "BREAKING", "BREAKING", "BREAKING"),
        ("Edm.String", "Edm.Int32", "BREAKING", "BREAKING", "BREAKING"),
        ("Edm.String", "Edm.String, обязательное", "NEUTRAL", "BREAKING", "NEUTRAL"),
        ("Edm.String, обязательное", "Edm.String", "WIDENING", "NEUTRAL", "NEUTRAL"),
        ("Edm.String", "Edm.String, только чтение", "NEUTRAL", "BREAKING", "NEUTRAL"),
        ("Edm.String", "Edm.String, без отбора", "NEUTRAL", "NEUTRAL", "BREAKING"),
        ("функция (А) → Б", "функция (А, В) → Б", "BREAKING", "BREAKING", "BREAKING"),
        ("cp1251", "utf-8", "BREAKING", "BREAKING", "BREAKING"),
    ],
)
def test_a_change_is_judged_by_use(before: str, after: str, read: str, write: str, filtered: str) -> None:
    found = [_by_use(before, after, use) for use in ("read", "write", "filter")]

    assert found == [read, write, filtered]


def _by_use(before: str, after: str, use: str) -> str:
    return effect(before, after, [use]).name


def test_what_is_used_in_two_ways_is_judged_by_the_worst() -> None:
    assert effect("Edm.String(10)", "Edm.String(20), обязательное", ["read", "write"]) is Effect.BREAKING


def test_a_description_is_read() -> None:
    read = part("Edm.Decimal(15, 2), обязательное; только чтение")

    assert (read.type, read.limits, read.mandatory, read.read_only, read.unfiltered) == (
        "Edm.Decimal",
        (15, 2),
        True,
        True,
        False,
    )


def test_neutral_changes_are_counted_and_are_no_finding(folder: Path) -> None:
    (found,) = contracts(folder, {"Catalog_А/Б": "Edm.String"}, {"Catalog_А/Б": "Edm.String, обязательное"})

    assert found.cls is DifferenceClass.TOLERANCE
    assert "безразличны: 1" in str(found.text)


def test_direction_may_depend_on_the_place(folder: Path) -> None:
    before = {"Catalog_А/Б": "t", "Catalog_В/Г": "t"}
    after = dict.fromkeys(before, "t, обязательное")

    found = contracts(folder, before, after, direction={"Catalog_В/*": ["read", "write"]})

    assert [(one.cls, one.breaking, one.changed) for one in found] == [
        (DifferenceClass.STRUCTURE, True, 1),
        (DifferenceClass.TOLERANCE, False, 1),
    ]
    assert found[0].examples[0].key == "Catalog_В/Г"


def test_unknown_direction_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="направление: call"):
        contracts(folder, {}, {}, direction={"*": "call"})


def test_a_renamed_attribute_is_told_once_and_still_breaks(folder: Path) -> None:
    (found,) = contracts(
        folder,
        {"Catalog_А/КодПоОКПО": "Edm.String", "Catalog_А/ИНН": "Edm.String"},
        {"Catalog_А/ОКПО": "Edm.String", "Catalog_А/ИНН": "Edm.String"},
    )

    assert found.breaking
    assert "похоже, переименовано: было Catalog_А/КодПоОКПО (Edm.String), стало Catalog_А/ОКПО" in str(found.text)


@pytest.mark.parametrize(
    ("lost", "new", "found"),
    [
        ({"Catalog_А/Б": "s"}, {"Catalog_А/В": "s"}, {"Catalog_А/Б": "Catalog_А/В"}),
        ({"Catalog_А/Б": "s"}, {"Catalog_А/В": "n"}, {}),
        ({"Catalog_А/Б": "s"}, {"Catalog_Г/В": "s"}, {}),
        (
            {"Catalog_А/КодПоОКПО": "s"},
            {"Catalog_А/ОКПО": "s", "Catalog_А/ИдентификаторЭДО": "s"},
            {"Catalog_А/КодПоОКПО": "Catalog_А/ОКПО"},
        ),
        ({"Catalog_А/Ширина": "s"}, {"Catalog_А/Вес": "s", "Catalog_А/Объём": "s"}, {}),
        ({"Обмен/версия/1.17": "s"}, {"Обмен/версия/1.20": "s"}, {}),
    ],
)
def test_renames_are_guessed_only_where_little_else_is_possible(
    lost: dict[str, str], new: dict[str, str], found: dict[str, str]
) -> None:
    both = {"Catalog_А/Общее": "x", "Catalog_Г/Общее": "x", "Обмен/версия": "x"}

    assert renames(lost | both, new | both) == found


def test_an_object_that_vanished_whole_is_one_cause(folder: Path) -> None:
    parts = {"Catalog_А": "набор"} | {f"Catalog_А/Р{number}": "s" for number in range(40)}

    (found,) = contracts(folder, {"Catalog_Б": "набор"} | parts, {"Catalog_Б": "набор"})

    assert [(cause.where, cause.count) for cause in found.causes] == [("Catalog_А/*", 41)]
