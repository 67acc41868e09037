"""Two runs compared; runs of another base, period or pack are refused, with every reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.errors import UsageError
from harness.observe.compare_runs import compare_runs, unfit
from harness.record import now
from harness.record.models import DifferenceClass, Header, Phase
from tests.harness.observe.pair import SCENARIO, Pair

if TYPE_CHECKING:
    from pathlib import Path

HEADER = Header(
    run="1", created=now(), project="p", stand_kind="embedded", base="b", period_start="2026-01-01", pack="demo"
)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, []),
        ({"base": "c"}, ["базы разные: b и c"]),
        ({"period_end": "2026-02-01"}, ["периоды разные"]),
        ({"pack": "any", "base": "c"}, ["базы разные", "наборы имён разные: demo и any"]),
        ({"digests": {"pack": "2"}}, ["набор имён demo между прогонами изменён"]),
    ],
)
def test_wrong_pairs_say_why(other: dict[str, Any], words: list[str]) -> None:
    reasons = unfit(HEADER, msgspec.structs.replace(HEADER, **other))

    assert len(reasons) == len(words)
    assert all(word in reason for word, reason in zip(words, reasons, strict=True))


def run(folder: Path, value: int, **known: Any) -> Pair:
    pair = Pair(folder)
    scenario = msgspec.structs.replace(SCENARIO, **known)
    rows = [{"К": 1, "Имя": f"n{value}", "Н": value}]
    for phase in Phase:
        pair.see(phase, lambda observe: observe.table("t", rows, key="К", personal=["Имя"]), known=scenario)
    return pair


def test_what_two_runs_saw_is_compared_without_pseudonyms(tmp_path: Path) -> None:
    first, second = run(tmp_path / "1", 1), run(tmp_path / "2", 2)

    (found,) = compare_runs(first.read(), second.read(), "after", tmp_path / "work")

    assert (found.cls, [column.column for column in found.columns]) == (DifferenceClass.UNEXPLAINED, ["Н"])


def test_a_scenario_that_was_changed_between_the_runs_is_not_compared(tmp_path: Path) -> None:
    first, second = run(tmp_path / "1", 1), run(tmp_path / "2", 2, digest="2")

    (found,) = compare_runs(first.read(), second.read(), "before-after", tmp_path / "work")

    assert found.cls is DifferenceClass.NO_TWIN
    assert "изменён между этапами" in str(found.text)


def test_runs_of_two_bases_are_refused(tmp_path: Path) -> None:
    first = run(tmp_path / "1", 1).read()
    second = run(tmp_path / "2", 1).read()
    second.header = msgspec.structs.replace(second.header, base="другая")

    with pytest.raises(UsageError, match="базы разные"):
        compare_runs(first, second, "after", tmp_path / "work")
