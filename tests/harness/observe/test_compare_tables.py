from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.observe.changes import read_changes
from harness.onec.names import EMPTY_REF
from harness.record.models import DifferenceClass, Phase
from tests.harness.observe.pair import Pair, tables

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record.models import Difference

BASE: list[dict[str, Any]] = [
    {
        "К": "Стол",
        "Сумма": Decimal("10.50"),
        "Дата": datetime.fromisoformat("2026-01-01"),
        "Ссылка": str(uuid.UUID(int=7)),
        "Да": True,
    },
    {"К": "Стул", "Сумма": Decimal(3), "Дата": datetime.fromisoformat("2026-01-02"), "Ссылка": EMPTY_REF, "Да": False},
    {"К": "Шкаф", "Сумма": None, "Дата": None, "Ссылка": None, "Да": None},
]


def changed(row: int, **values: Any) -> list[dict[str, Any]]:
    rows = [dict(item) for item in BASE]
    rows[row] |= values
    return rows


def classes(differences: list[Difference]) -> list[DifferenceClass]:
    return [difference.cls for difference in differences]


def test_the_same_rows_in_another_order_are_identical(folder: Path) -> None:
    assert classes(tables(folder, BASE, BASE[::-1])) == [DifferenceClass.IDENTICAL]


def test_changed_cell_is_named(folder: Path) -> None:
    (found,) = tables(folder, BASE, changed(0, Сумма=Decimal("12.50")))

    assert found.cls is DifferenceClass.UNEXPLAINED
    assert (found.changed, found.added, found.removed) == (1, 0, 0)
    assert str(found.text) == "Таблица «t», строка К=Стол, колонка «Сумма»: было 10.50, стало 12.50"
    assert [(c.column, c.changed, c.before_sum, c.after_sum) for c in found.columns] == [("Сумма", 1, "10.50", "12.50")]


def test_lost_and_new_rows_are_named(folder: Path) -> None:
    new = {"К": "Диван", "Сумма": 1}
    (found,) = tables(folder, BASE, [*BASE[1:], new])

    assert (found.changed, found.added, found.removed) == (0, 1, 1)
    assert [(e.key, e.column) for e in found.examples] == [("К=Стол", ""), ("К=Диван", "")]
    assert "исчезла строка К=Стол: было Сумма=10.50, Дата=2026-01-01" in str(found.text)


@pytest.mark.parametrize(
    ("column", "before", "after", "shown"),
    [
        ("Т", None, "", ("null", "пустая строка")),
        ("Т", "", " ", ("пустая строка", " ")),
        ("Ссылка", None, EMPTY_REF, ("null", "пустая ссылка")),
        ("Ссылка", EMPTY_REF, str(uuid.UUID(int=1)), ("пустая ссылка", str(uuid.UUID(int=1)))),
        ("Дата", None, datetime.fromisoformat("0001-01-01"), ("null", "пустая дата")),
        (
            "Дата",
            datetime.fromisoformat("2026-01-01"),
            datetime.fromisoformat("2026-01-01T03:00:00"),
            ("2026-01-01", "2026-01-01 03:00:00"),
        ),
        ("Да", None, False, ("null", "нет")),
        ("Сумма", None, 0, ("null", "0")),
        ("Сумма", Decimal("0.10"), Decimal("0.11"), ("0.10", "0.11")),
        ("Сумма", 1, Decimal("1.000000001"), ("1", "1.000000001")),
        ("Текст", "Ё", "Е", ("Ё", "Е")),
    ],
)
def test_values_that_look_alike_are_told_apart(
    folder: Path, column: str, before: Any, after: Any, shown: tuple[str, str]
) -> None:
    (found,) = tables(
        folder,
        [{"К": 1, column: before}, {"К": 2, column: "x" if isinstance(before, str) else before}],
        [{"К": 1, column: after}, {"К": 2, column: "x" if isinstance(before, str) else before}],
    )

    assert found.cls is DifferenceClass.UNEXPLAINED
    assert [(e.before, e.after) for e in found.examples] == [shown]


@pytest.mark.parametrize(
    ("before", "after"), [(1, Decimal("1.00")), (Decimal("2.50"), Decimal("2.5")), (10**20, Decimal(10**20))]
)
def test_numbers_are_equal_by_value_not_by_form(folder: Path, before: Any, after: Any) -> None:
    assert classes(tables(folder, [{"К": 1, "Н": before}], [{"К": 1, "Н": after}])) == [DifferenceClass.IDENTICAL]


def test_guids_on_one_side_and_any_text_on_the_other_are_compared_as_text(folder: Path) -> None:
    guid = str(uuid.UUID(int=1))
    (found,) = tables(folder, [{"К": 1, "Т": guid}, {"К": 2, "Т": guid}], [{"К": 1, "Т": guid}, {"К": 2, "Т": "ABC"}])

    assert (found.cls, found.changed) == (DifferenceClass.UNEXPLAINED, 1)


def test_new_column_is_structure_and_turns_no_row_red(folder: Path) -> None:
    (found,) = tables(folder, BASE, [row | {"Новая": 1} for row in BASE])

    assert (found.cls, found.breaking) == (DifferenceClass.STRUCTURE, False)
    assert str(found.text) == "Таблица «t»: появилась колонка «Новая» (стало: число)"


def test_lost_column_is_breaking_and_values_are_still_compared(folder: Path) -> None:
    after = [{name: value for name, value in row.items() if name != "Да"} for row in changed(1, Сумма=4)]

    structure, values = tables(folder, BASE, after)

    assert (structure.cls, structure.breaking) == (DifferenceClass.STRUCTURE, True)
    assert str(structure.text) == "Таблица «t»: исчезла колонка «Да» (было: булево)"
    assert (values.cls, values.changed) == (DifferenceClass.UNEXPLAINED, 1)


def test_renamed_column_is_recognised_by_its_values(folder: Path) -> None:
    after = [{("Итого" if name == "Сумма" else name): value for name, value in row.items()} for row in BASE]

    breaking, widening = tables(folder, BASE, after)

    assert "похоже, переименована в «Итого»" in str(breaking.text)
    assert (breaking.breaking, widening.breaking) == (True, False)


def test_column_of_another_kind_is_structure_and_not_a_change_of_every_row(folder: Path) -> None:
    (found,) = tables(folder, BASE, [row | {"Да": str(row["Да"])} for row in BASE])

    assert (found.cls, found.breaking, found.changed) == (DifferenceClass.STRUCTURE, True, 1)
    assert str(found.text) == "Таблица «t»: изменилась колонка «Да»: было булево, стало строка"


def test_column_that_becomes_mixed_is_compared_by_value(folder: Path) -> None:
    before = [{"К": 1, "З": 5}, {"К": 2, "З": Decimal("7.50")}, {"К": 3, "З": None}]
    after = [{"К": 1, "З": 5}, {"К": 2, "З": Decimal("7.5")}, {"К": 3, "З": "текст"}]

    (found,) = tables(folder, before, after)

    assert (found.cls, found.changed) == (DifferenceClass.UNEXPLAINED, 1)
    assert found.examples[0].key == "К=3"


def test_dates_in_a_mixed_column_are_compared_by_value(folder: Path) -> None:
    before = [
        {"К": 1, "З": datetime.fromisoformat("0001-01-01")},
        {"К": 2, "З": datetime.fromisoformat("2026-01-31T05:06:07")},
        {"К": 3, "З": datetime.fromisoformat("2026-01-01")},
    ]

    (found,) = tables(folder, before, [*before[:2], {"К": 3, "З": "x"}])

    assert found.changed == 1


def test_table_that_lost_all_rows_lost_rows_and_no_columns(folder: Path) -> None:
    (found,) = tables(folder, BASE, [])

    assert (found.cls, found.removed) == (DifferenceClass.UNEXPLAINED, 3)


def test_two_empty_tables_are_identical(folder: Path) -> None:
    assert classes(tables(folder, [], [])) == [DifferenceClass.IDENTICAL]


def test_tolerance_is_by_column_and_told(folder: Path) -> None:
    before = [{"К": 1, "А": Decimal("1.00"), "Б": Decimal("1.00")}, {"К": 2, "А": None, "Б": 1}]
    after = [{"К": 1, "А": Decimal("1.01"), "Б": Decimal("1.00")}, {"К": 2, "А": None, "Б": 1}]

    (within,) = tables(folder / "1", before, after, tolerance={"А": Decimal("0.01")})
    (beyond,) = tables(folder / "2", before, after, tolerance={"Б": Decimal("0.01")})
    (nothing,) = tables(folder / "3", before, [after[0], {"К": 2, "А": 0, "Б": 1}], tolerance=Decimal("0.005"))[:1]

    assert (within.cls, within.changed) == (DifferenceClass.TOLERANCE, 1)
    assert (beyond.cls, beyond.changed) == (DifferenceClass.UNEXPLAINED, 1)
    assert (nothing.cls, nothing.changed) == (DifferenceClass.UNEXPLAINED, 2)


def test_mask_hides_only_its_column(folder: Path) -> None:
    after = changed(0, Сумма=11, Дата=datetime.fromisoformat("2027-01-01"))

    (found,) = tables(folder, BASE, after, mask=["Дата"])

    assert [column.column for column in found.columns] == ["Сумма"]


def test_equal_duplicate_keys_are_told_and_are_no_change(folder: Path) -> None:
    rows = [{"К": 1, "А": 2}, {"К": 1, "А": 1}, {"К": 2, "А": 5}]

    (found,) = tables(folder, rows, rows[::-1])

    assert (found.cls, found.removed, found.added) == (DifferenceClass.DUPLICATE_KEY, 1, 1)
    assert "К=1" in str(found.text)


def test_new_duplicate_is_a_row_more_and_not_a_cross_join(folder: Path) -> None:
    duplicate, values = tables(folder, BASE, [*BASE, BASE[0]])

    assert (duplicate.cls, duplicate.removed, duplicate.added) == (DifferenceClass.DUPLICATE_KEY, 0, 1)
    assert (values.added, values.removed, values.changed) == (1, 0, 0)


def test_key_may_be_null_and_of_several_columns(folder: Path) -> None:
    rows: list[dict[str, Any]] = [{"К": None, "Л": 1, "А": 1}, {"К": "", "Л": 1, "А": 2}, {"К": None, "Л": 2, "А": 3}]
    after = [rows[2], rows[1] | {"А": 9}, rows[0]]

    (found,) = tables(folder, rows, after, key=["К", "Л"])

    assert (found.changed, found.examples[0].key) == (1, "К=пустая строка, Л=1")


def test_key_column_that_is_gone_is_structure(folder: Path) -> None:
    found = tables(folder, [{"К": 1, "А": 1}], [{"Код": 1, "А": 1}])

    assert classes(found) == [DifferenceClass.STRUCTURE] * 3
    assert "строки не сравнены" in str(found[-1].text)


def test_order_matters_only_when_declared(folder: Path) -> None:
    moved = [BASE[1], BASE[0], BASE[2]]

    assert classes(tables(folder / "1", BASE, moved)) == [DifferenceClass.IDENTICAL]
    (found,) = tables(folder / "2", BASE, moved, ordered=True)
    assert found.cls is DifferenceClass.UNEXPLAINED
    assert "порядок строк" in str(found.text)


def test_declared_order_bears_new_and_lost_rows(folder: Path) -> None:
    (found,) = tables(folder, BASE, [{"К": "А", "Сумма": 1}, *BASE[1:]], ordered=True)

    assert (found.added, found.removed) == (1, 1)


def test_every_changed_column_has_its_example(folder: Path) -> None:
    (found,) = tables(folder, BASE, changed(0, Сумма=1, Дата=None, Ссылка=None, Да=False))

    assert {example.column for example in found.examples} == {"Сумма", "Дата", "Ссылка", "Да"}


def test_file_of_a_difference_holds_every_change(folder: Path) -> None:
    before = [{"К": number, "А": number} for number in range(100)]
    after = [{"К": number, "А": number + 1} for number in range(100)]

    (found,) = tables(folder, before, after)

    changes = list(read_changes(folder, found))
    assert found.changed == len(changes) == 100
    assert {(change.before, change.after) for change in changes} == {(number, number + 1) for number in range(100)}


def test_other_key_in_the_phase_after_is_structure(folder: Path) -> None:
    found = Pair(folder).both(
        lambda observe: observe.table("t", BASE, key="К"), lambda observe: observe.table("t", BASE, key=["К", "Дата"])
    )

    assert classes(found) == [DifferenceClass.STRUCTURE]


def test_control_total_that_does_not_hold_is_a_finding(folder: Path) -> None:
    rows = [{"К": 1, "Дт": Decimal("10.00"), "Кт": Decimal("9.99")}, {"К": 2, "Дт": None, "Кт": 0}]
    pair = Pair(folder)
    pair.see(
        Phase.BEFORE,
        lambda observe: observe.table(
            "t",
            rows,
            key="К",
            control=["sum(Дт) == sum(Кт)", "Дт - Кт == 0", "count() == 2", "abs(Дт - Кт) <= 0.01", 'col("Дт") >= 0'],
        ),
    )

    broken = pair.findings[Phase.BEFORE]
    assert [(finding.code, finding.text.params["equation"]) for finding in broken] == [
        ("CONTROL-TOTAL", "sum(Дт) == sum(Кт)"),
        ("CONTROL-TOTAL", "Дт - Кт == 0"),
    ]
    assert "слева 10, справа 9.99" in str(broken[0].text)
    assert "в строке К=1" in str(broken[1].text)


def test_equation_that_cannot_be_evaluated_names_its_place(folder: Path) -> None:
    from harness.errors import ConfigError

    pair = Pair(folder)
    for equation in ("__import__('os')", "Нет == 1", "sum(К)", "К.real == 1", "eval(К) == 1"):
        with pytest.raises(ConfigError):
            pair.see(Phase.BEFORE, lambda observe, text=equation: observe.table("t", [{"К": 1}], key="К", control=text))  # type: ignore[misc]


def test_name_is_taken_once(folder: Path) -> None:
    def twice(observe: Any) -> None:
        observe.value("a", 1)
        observe.value("A", 2)

    with pytest.raises(ValueError, match="уже есть"):
        Pair(folder).see(Phase.BEFORE, twice)


LIST = [
    {"Роль": "Менеджер", "Объект": "Заказ", "Право": True},
    {"Роль": "Бухгалтер", "Объект": "Зарплата", "Право": True},
]


@pytest.mark.parametrize(
    ("row", "growing", "cls"),
    [
        ({"Роль": "Кладовщик", "Объект": "Заказ"}, ("Роль", "Объект"), DifferenceClass.STRUCTURE),
        ({"Роль": "Менеджер", "Объект": "Склад"}, ("Роль", "Объект"), DifferenceClass.STRUCTURE),
        ({"Роль": "Менеджер", "Объект": "Зарплата"}, ("Роль", "Объект"), DifferenceClass.UNEXPLAINED),
        ({"Роль": "Менеджер", "Объект": "Зарплата"}, True, DifferenceClass.STRUCTURE),
        ({"Роль": "Кладовщик", "Объект": "Склад"}, False, DifferenceClass.UNEXPLAINED),
        ({"Роль": None, "Объект": "Заказ"}, ("Роль",), DifferenceClass.STRUCTURE),
    ],
)
def test_new_row_widens_a_list_that_may_grow(
    folder: Path, row: dict[str, Any], growing: bool | tuple[str, ...], cls: DifferenceClass
) -> None:
    (found,) = tables(folder, LIST, [*LIST, row | {"Право": True}], key=("Роль", "Объект"), growing=growing)

    assert (found.cls, found.breaking, found.added) == (cls, False, 1)
    assert "появилась строка" in str(found.text)
    assert (folder / found.file).is_file()


def test_lost_and_changed_rows_of_a_growing_list_are_what_they_were(folder: Path) -> None:
    after = [LIST[0] | {"Право": False}, {"Роль": "Новая", "Объект": "Заказ", "Право": True}]

    changed, new = tables(folder, LIST, after, key=("Роль", "Объект"), growing=True)

    assert (changed.cls, changed.changed, changed.removed, changed.added) == (DifferenceClass.UNEXPLAINED, 1, 1, 0)
    assert (new.cls, new.added) == (DifferenceClass.STRUCTURE, 1)


def test_columns_that_differ_by_case_only_are_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="только регистром"):
        tables(folder, [{"К": 1, "Sum": 1, "sum": 2}], [{"К": 1, "Sum": 1, "sum": 3}])


@pytest.mark.parametrize("tolerance", [Decimal(-1), Decimal("NaN"), Decimal("1e30"), {"v": Decimal("Infinity")}])
def test_tolerance_that_is_none_is_refused(folder: Path, tolerance: Any) -> None:
    with pytest.raises(ValueError, match="Допуск"):
        tables(folder, [{"К": 1, "v": 1}], [{"К": 1, "v": 1}], tolerance=tolerance)


def test_numbers_far_apart_are_beyond_any_tolerance(folder: Path) -> None:
    sides = [[{"К": 1, "v": Decimal(value)}] for value in ("9" * 30, "0.000000000001")]

    (found,) = tables(folder, *sides, tolerance=1)

    assert found.cls is DifferenceClass.UNEXPLAINED


@pytest.mark.parametrize(
    ("tolerance", "told"),
    [(Decimal("1e9"), True), ({"v": 5}, True), (Decimal("0.01"), False), ({"w": 100}, False), (None, False)],
)
def test_tolerance_that_swallows_every_value_is_a_finding(folder: Path, tolerance: Any, told: bool) -> None:
    pair = Pair(folder)
    rows = [{"К": "а", "v": Decimal("-5.00"), "w": Decimal(0)}]
    pair.see(Phase.BEFORE, lambda observe: observe.table("t", rows, key="К", tolerance=tolerance))

    assert [found.code for found in pair.findings[Phase.BEFORE]] == (["TOLERANCE-TOO-WIDE"] if told else [])


@pytest.mark.parametrize(
    ("row", "equation", "holds"),
    [
        ({"a": Decimal(1), "b": Decimal(0)}, "a / b == 5", False),
        ({"a": Decimal("NaN"), "b": Decimal(1)}, "a == b", False),
        ({"a": Decimal("1e60"), "b": Decimal(1)}, "a == b", False),
        ({"a": None, "b": Decimal(1)}, "a == b", False),
        ({"a": None, "b": Decimal(0)}, "a == b", True),
    ],
)
def test_equation_that_cannot_be_computed_does_not_hold(
    folder: Path, row: dict[str, Any], equation: str, holds: bool
) -> None:
    pair = Pair(folder)
    pair.see(Phase.BEFORE, lambda observe: observe.table("t", [{"К": 1} | row], key="К", control=equation))

    assert [found.code for found in pair.findings[Phase.BEFORE]] == ([] if holds else ["CONTROL-TOTAL"])
