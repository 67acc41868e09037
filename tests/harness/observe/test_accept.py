from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ConfigError
from harness.observe import explain_record, load_acceptances, propose
from harness.observe.accept import expired
from harness.observe.changes import Change
from harness.observe.conditions import Condition
from harness.observe.signing import sign
from harness.record.models import Acceptance, DifferenceClass
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record.store import Explained

BEFORE: list[dict[str, Any]] = [
    {"К": number, "Дата": datetime.fromisoformat(f"2026-0{number}-01"), "НДС": 20, "Сумма": Decimal(120)}
    for number in range(1, 7)
]
AFTER: list[dict[str, Any]] = [row | ({"НДС": 22} if row["К"] > 3 else {}) for row in BEFORE]


def acceptance(**changes: Any) -> Acceptance:
    fields = {"id": "VAT", "scenario": "A-1", "reason": "Закон", "owner": "Бухгалтерия", "until": "2099-12-31"}
    return Acceptance(**(fields | changes))


def explained(
    folder: Path, before: list[dict[str, Any]], after: list[dict[str, Any]], *accepted: Acceptance
) -> Explained:
    pair = Pair(folder)
    pair.both(lambda observe: observe.table("t", before, key="К"), lambda observe: observe.table("t", after, key="К"))
    result = explain_record(pair.writer, accepted)
    record = pair.read()
    assert (record.differences, record.acceptances) == (result.differences, result.acceptances)
    return result


def test_without_acceptances_nothing_changes(folder: Path) -> None:
    result = explained(folder, BEFORE, AFTER)

    assert [(found.cls, found.changed) for found in result.differences] == [(DifferenceClass.UNEXPLAINED, 3)]


def test_accepted_changes_are_expected(folder: Path) -> None:
    condition = 'before == 20 and after == 22 and Дата >= date("2026-04-01")'

    result = explained(folder, BEFORE, AFTER, acceptance(column="НДС", condition=condition))

    (found,) = result.differences
    assert (found.cls, found.changed, found.acceptance) == (DifferenceClass.EXPECTED, 3, "VAT")
    assert result.acceptances[0].covered == 3


def test_what_the_condition_does_not_cover_stays_unexplained(folder: Path) -> None:
    condition = 'Дата >= date("2026-05-01")'

    result = explained(folder, BEFORE, AFTER, acceptance(column="НДС", condition=condition))

    assert [(found.cls, found.changed) for found in result.differences] == [
        (DifferenceClass.EXPECTED, 2),
        (DifferenceClass.UNEXPLAINED, 1),
    ]
    assert "К=4" in str(result.differences[1].text)


def test_one_row_may_be_accepted_in_one_column_only(folder: Path) -> None:
    after = [AFTER[0], *AFTER[1:5], AFTER[5] | {"Сумма": 1}]

    expected, rest = explained(folder, BEFORE, after, acceptance(column="НДС")).differences

    assert (expected.cls, expected.changed) == (DifferenceClass.EXPECTED, 3)
    assert (rest.cls, rest.changed, [column.column for column in rest.columns]) == (
        DifferenceClass.UNEXPLAINED,
        1,
        ["Сумма"],
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"scenario": "B-*"},
        {"observation": "other"},
        {"column": "Сумма"},
        {"key": "К=1"},
        {"change": "added"},
        {"change": "structure"},
        {"condition": "before == 18"},
        {"condition": "before > 'x'"},
        {"condition": "before / 0 == 1"},
        {"until": "2020-01-01"},
        {"until": "2.0.14"},
    ],
)
def test_acceptance_that_does_not_fit_covers_nothing(folder: Path, fields: dict[str, Any]) -> None:
    result = explained(folder, BEFORE, AFTER, acceptance(**fields))

    assert [found.cls for found in result.differences] == [DifferenceClass.UNEXPLAINED]
    assert result.acceptances[0].covered == 0


@pytest.mark.parametrize(
    "fields", [{"scenario": "A*"}, {"key": "К=*"}, {"change": "changed"}, {"until": "2.0.15"}, {"column": "Н*"}]
)
def test_acceptance_that_fits_covers(folder: Path, fields: dict[str, Any]) -> None:
    assert [found.cls for found in explained(folder, BEFORE, AFTER, acceptance(**fields)).differences] == [
        DifferenceClass.EXPECTED
    ]


def test_added_and_removed_rows_can_be_accepted_apart(folder: Path) -> None:
    after = [*BEFORE[1:], BEFORE[0] | {"К": 9}]

    expected, rest = explained(folder, BEFORE, after, acceptance(change="added")).differences

    assert (expected.added, expected.removed) == (1, 0)
    assert (rest.added, rest.removed) == (0, 1)


def test_acceptance_of_values_does_not_hide_a_lost_column(folder: Path) -> None:
    after = [{name: value for name, value in row.items() if name != "Сумма"} for row in AFTER]

    result = explained(folder, BEFORE, after, acceptance())

    assert {found.cls for found in result.differences} == {DifferenceClass.STRUCTURE, DifferenceClass.EXPECTED}


@pytest.mark.parametrize("fields", [{"column": "Новая"}, {"change": "structure"}])
def test_new_column_is_accepted_by_name_or_as_structure(folder: Path, fields: dict[str, Any]) -> None:
    result = explained(folder, BEFORE, [row | {"Новая": 1} for row in BEFORE], acceptance(**fields))

    assert [found.cls for found in result.differences] == [DifferenceClass.EXPECTED]


def test_first_acceptance_that_covers_gets_the_change(folder: Path) -> None:
    result = explained(folder, BEFORE, AFTER, acceptance(id="1", key="К=4"), acceptance(id="2"), acceptance(id="3"))

    assert [item.covered for item in result.acceptances] == [1, 2, 0]


def test_contract_entry_is_accepted_by_its_path(folder: Path) -> None:
    pair = Pair(folder)
    pair.both(
        lambda observe: observe.contract("c", {"A.x": "t"}),
        lambda observe: observe.contract("c", {"A.x": "t", "A.new": "t", "B.new": "t"}),
    )

    expected, rest = explain_record(pair.writer, [acceptance(key="A.*")]).differences

    assert [example.key for example in expected.examples] == ["A.new"]
    assert [example.key for example in rest.examples] == ["B.new"]


def test_proposals_cover_everything_once_a_reason_is_given(folder: Path, tmp_path: Path) -> None:
    pair = Pair(folder)
    after = [*[row | {"Новая": 1} for row in AFTER[1:]], AFTER[0] | {"К": 9, "Новая": 1}]
    pair.both(lambda observe: observe.table("t", BEFORE, key="К"), lambda observe: observe.table("t", after, key="К"))
    path = tmp_path / "acceptances.toml"
    with pytest.raises(ConfigError, match="reason"):
        sign(path, propose(pair.read(), owner="Иванова", until="2.0.15"))
    assert not path.exists()

    sign(path, propose(pair.read(), owner="Иванова", until="2.0.15", reason="Новый релиз"))
    result = explain_record(pair.writer, load_acceptances(path))

    assert {found.cls for found in result.differences} == {DifferenceClass.EXPECTED}
    assert [item.covered for item in result.acceptances] == [item.at_least for item in result.acceptances]
    assert "before == 20 and after == 22" in path.read_text(encoding="utf-8")


GOOD = """
[[acceptance]]
id = "VAT"
scenario = "REP-*"
reason = "Ставка НДС"
owner = "Бухгалтерия"
until = "2026-12-31"
condition = "before == 20"
"""


def test_acceptances_are_read(tmp_path: Path) -> None:
    path = tmp_path / "acceptances.toml"
    path.write_text(GOOD, encoding="utf-8")

    (read,) = load_acceptances(path)

    assert (read.id, read.scenario, read.column) == ("VAT", "REP-*", "*")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("reason = ", "reasn = ", "reasn"),
        ('"Ставка НДС"', '" "', "reason"),
        ('"2026-12-31"', '"2026-13-31"', "такой даты нет"),
        ('"2026-12-31"', '"скоро"', "дата или релиз"),
        ('"before == 20"', '"before = 20"', "не разбирается"),
        ('"before == 20"', "\"open('x')\"", "Неизвестная функция"),
        ('"before == 20"', '"[x for x in y]"', "нельзя использовать"),
        ("[[acceptance]]", "[acceptance]", "записан не по правилам"),
        ('condition = "before == 20"', 'change = "moved"', "change"),
        (GOOD, GOOD + GOOD, "занято дважды"),
        (GOOD, "[[", "записан не по правилам"),
    ],
)
def test_bad_acceptances_name_their_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    path = tmp_path / "acceptances.toml"
    path.write_text(GOOD.replace(old, new), encoding="utf-8")

    with pytest.raises(ConfigError, match=words) as error:
        load_acceptances(path)
    assert "acceptances.toml" in error.value.place


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="не читается"):
        load_acceptances(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("until", "release", "over"),
    [
        ("2026-11-24", "", False),
        ("2026-11-23", "", True),
        ("2.0.15", "2.0.15.0", False),
        ("2.0.15", "2.0.15.1", True),
        ("2.0.16", "2.0.15.1", False),
        ("2.0.9", "2.0.15", True),
        ("2.0.9", "", False),
    ],
)
def test_expiry_by_day_and_by_release(until: str, release: str, over: bool) -> None:
    assert expired(acceptance(until=until), on=date(2026, 11, 24), release=release) is over


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("", True),
        ("after - before == 2", True),
        ("after / before == 1.1", True),
        ("abs(before - after) <= 2", True),
        ("before == '20'", True),
        ("before in (18, 20)", True),
        ("before not in (18, 20)", False),
        ("not (before == 20)", False),
        ("-before == -20", True),
        ("18 < before < 22", True),
        ('Вид == "Продажа" or after == 1', True),
        ('starts(Вид, "Прод")', True),
        ('"родаж" in Вид', True),
        ('col("Сумма, руб") > 1000', True),
        ('number("1 000,5") == col("Сумма, руб")', True),
        ('Дата < date("2026-02-01")', True),
        ('Дата == "2026-01-31T00:00:00"', True),
        ("Нет == 1", False),
        ("Нет > 1", False),
        ('date("не дата") == Дата', False),
    ],
)
def test_conditions(condition: str, holds: bool) -> None:
    row = {"Вид": "Продажа", "Сумма, руб": Decimal("1000.5"), "Дата": datetime.fromisoformat("2026-01-31")}

    assert Condition(condition, "x").holds(Change("changed", "К=1", "НДС", Decimal(20), Decimal(22), row)) is holds


@pytest.mark.parametrize("pattern", ["*", "**", "*?*"])
def test_a_pattern_of_stars_names_no_column(folder: Path, pattern: str) -> None:
    after = [{name: value for name, value in row.items() if name != "НДС"} for row in BEFORE]

    result = explained(folder, BEFORE, after, acceptance(key=pattern, column=pattern))

    assert [found.cls for found in result.differences] == [DifferenceClass.STRUCTURE]
