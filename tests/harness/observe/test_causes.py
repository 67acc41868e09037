"""Ten thousand changed rows with one cause are one: by column, kind of object, shift, ratio, pair of values, direction."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.gate.findings import findings_of
from harness.observe import explain_record, load_acceptances, propose
from harness.observe.propose import escaped
from harness.observe.signing import sign
from harness.record.models import Difference, DifferenceClass
from tests.harness.observe.pair import Pair, tables

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]


def rows(
    count: int, change: Callable[[int], Any], *, after: bool, column: str = "Сумма", start: Any = None
) -> list[Row]:
    base = [
        {"К": number, column: start if start is not None else Decimal(number * 100) / 100}
        for number in range(1, count + 1)
    ]
    return [row | {column: change(int(row["К"]))} for row in base] if after else base


def told(differences: list[Difference]) -> list[tuple[str, str, str, int]]:
    return [(cause.column, cause.where, cause.how, cause.count) for found in differences for cause in found.causes]


def test_one_ratio_is_one_cause_whatever_rounding_did(folder: Path) -> None:
    def vat(number: int) -> Decimal:
        return (Decimal(number * 100) / 100 * 122 / 120).quantize(Decimal("0.01"))

    pair = Pair(folder)
    found = pair.both(
        lambda observe: observe.table("t", rows(10_000, vat, after=False), key="К"),
        lambda observe: observe.table("t", rows(10_000, vat, after=True), key="К"),
    )
    explain_record(pair.writer, [])

    (finding,) = findings_of(pair.read())
    assert told(found) == [("Сумма", "", "×1.017", 10_000)]
    assert (finding.count, len(finding.examples), finding.money) == (10_000, 3, "+833416.67")
    assert "всего таких строк: 10000, у всех: ×1.017; в сумме +833416.67" in str(finding.text)
    assert finding.evidence == [found[0].file]


def test_two_causes_in_one_column_are_two(folder: Path) -> None:
    def change(number: int) -> Decimal:
        return Decimal(number) * (2 if number <= 60 else -1)

    found = tables(folder, rows(100, change, after=False), rows(100, change, after=True))

    assert told(found) == [("Сумма", "", "×2", 60), ("Сумма", "", "сменился знак", 40)]


def test_a_shift_is_told_before_ratios(folder: Path) -> None:
    found = tables(
        folder,
        rows(50, lambda number: number, after=False),
        rows(50, lambda number: Decimal(number) + Decimal("0.01"), after=True),
    )

    assert told(found) == [("Сумма", "", "+0.01", 50)]


def test_a_shift_of_time_is_one_cause(folder: Path) -> None:
    noon = datetime.fromisoformat("2026-01-01T12:00:00")
    before: list[Row] = [{"К": number, "Дата": noon + timedelta(days=number)} for number in range(30)]
    after = [row | {"Дата": row["Дата"] - timedelta(hours=3)} for row in before]

    assert told(tables(folder, before, after)) == [("Дата", "", "−3 ч", 30)]


def test_one_pair_of_texts_is_one_cause_and_the_rest_another(folder: Path) -> None:
    before: list[Row] = [{"К": number, "Ставка": "НДС20"} for number in range(20)]
    after = [row | {"Ставка": "НДС22" if int(row["К"]) < 15 else f"X{row['К']}"} for row in before]

    assert told(tables(folder, before, after)) == [("Ставка", "", "НДС20 → НДС22", 15), ("Ставка", "", "", 5)]


def test_kinds_of_objects_are_told_apart(folder: Path) -> None:
    def side(factor: int) -> list[Row]:
        return [
            {"Набор": kind, "Документ": f"№{number}", "Сумма": Decimal(number * factor)}
            for kind in ("Document_Заказ", "Document_Счет")
            for number in range(1, 6)
        ]

    found = tables(folder, side(1), side(2), key=["Набор", "Документ"])

    assert told(found) == [
        ("Сумма", "Набор=Document_Заказ", "×2", 5),
        ("Сумма", "Набор=Document_Счет", "×2", 5),
    ]


def test_lost_rows_of_one_kind_are_one_cause_with_their_money(folder: Path) -> None:
    before = [{"Набор": "Document_Заказ", "№": number, "Сумма": Decimal(10)} for number in range(7)]

    (found,) = tables(folder, before, before[:2], key=["Набор", "№"])

    ((cause),) = found.causes
    assert (cause.change, cause.where, cause.count, cause.before_sum) == ("removed", "Набор=Document_Заказ", 5, "50")


def test_examples_tell_the_change_in_both_ways(folder: Path) -> None:
    (found,) = tables(folder, [{"К": 1, "Н": Decimal(200)}], [{"К": 1, "Н": Decimal(203)}])

    assert [(one.delta, one.percent) for one in found.examples] == [("+3", "+1.50 %")]


def test_what_an_acceptance_covers_is_no_cause_any_more(folder: Path, tmp_path: Path) -> None:
    def change(number: int) -> Decimal:
        return Decimal(number) * (2 if number <= 60 else 5)

    pair = Pair(folder)
    pair.both(
        lambda observe: observe.table("t", rows(100, change, after=False), key="К"),
        lambda observe: observe.table("t", rows(100, change, after=True), key="К"),
    )
    file = tmp_path / "a.toml"
    twice, _ = propose(pair.read(), owner="И", until="2.0.15", reason="Так надо")
    sign(file, [twice])

    result = explain_record(pair.writer, load_acceptances(file))

    expected, rest = result.differences
    assert (expected.cls, expected.changed) == (DifferenceClass.EXPECTED, 60)
    assert told([rest]) == [("Сумма", "", "×5", 40)]


@pytest.mark.parametrize("key", ["Скидка 10%", "a*b?[c]", "Заказ[Код=1]"])
def test_a_proposal_for_one_place_covers_that_place_only(folder: Path, key: str) -> None:
    before = [{"К": key, "Н": 1}, {"К": "a*bX[c]", "Н": 1}, {"К": "другое", "Н": 5}]
    after = [{"К": key, "Н": 2}, {"К": "a*bX[c]", "Н": 7}, {"К": "другое", "Н": 9}]
    pair = Pair(folder)
    pair.both(lambda observe: observe.table("t", before, key="К"), lambda observe: observe.table("t", after, key="К"))

    proposals = propose(pair.read())

    assert sum(proposal.covers for proposal in proposals) == 3
    assert escaped("a*b?[c]") == "a[*]b[?][[]c]"
