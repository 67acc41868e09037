"""APDEX by target time, calls measured in turn, a slower machine reported and not blamed on the release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.gate.findings import findings_of
from harness.observe import explain_record
from harness.observe.compare_timings import APDEX, apdex, compare_timings, grade
from harness.observe.timings import measure_together
from harness.record.files import write_atomic
from harness.record.journal import canonical
from harness.record.models import Difference, DifferenceClass, Observation, ObservationKind, Phase, Severity
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("seconds", "index", "words"),
    [
        ([1, 1, 1, 1], 1.0, "отлично"),
        ([1, 1, 1, 2], 0.875, "хорошо"),
        ([1, 1, 3, 3], 0.75, "удовлетворительно"),
        ([1, 3, 3, 5], 0.5, "плохо"),
        ([5, 5, 5, 5], 0.0, "неприемлемо"),
    ],
)
def test_apdex_and_its_class(seconds: list[float], index: float, words: str) -> None:
    found = apdex(seconds, 1.0)

    assert found == pytest.approx(index)
    assert APDEX[grade(found)][1] == words


def timings(
    folder: Path, before: list[float], after: list[float], machine: float = 1.0, **how: Any
) -> list[Difference]:
    sides = []
    for phase, seconds, probe in ((Phase.BEFORE, before, 0.01), (Phase.AFTER, after, 0.01 * machine)):
        file = f"{phase.value}.json"
        stored = {"seconds": seconds, "calibration": probe / 100, "probes": [probe] * (len(seconds) + 1)}
        write_atomic(folder / file, canonical(stored))
        kind = ObservationKind.TIMING
        sides.append(
            Observation(
                scenario="T", name="t", kind=kind, phase=phase, file=file, digest="", title="Отчёт", definition=how
            )
        )
    return compare_timings(folder, *sides, ratio=2.0, floor=0.1)


def test_a_worse_class_is_a_slowdown_before_the_ratio_is(folder: Path) -> None:
    before, after = [0.9, 0.8, 0.9, 0.95, 0.9], [1.4, 1.5, 1.45, 1.4, 1.5]

    assert timings(folder, before, after) == []
    (found,) = timings(folder, before, after, target=1.0)
    assert "APDEX при целевом времени 1000 мс: было 1.00, стало 0.50" in str(found.text)


def test_a_class_that_chance_made_worse_is_none(folder: Path) -> None:
    assert timings(folder, [0.9, 0.8, 0.99, 0.95, 0.9], [0.7, 1.4, 0.8, 0.9, 1.01], target=1.0) == []


def test_a_slower_machine_is_reported_and_the_release_is_not_blamed(folder: Path) -> None:
    (found,) = timings(folder, [0.2] * 5, [0.8] * 5, machine=4.0)

    assert (found.cls, found.code) == (DifferenceClass.TOLERANCE, "MACHINE-SLOWER")
    assert "машина была медленнее в 4.0 раза" in str(found.text)


def test_the_slower_machine_is_a_finding_for_information(folder: Path) -> None:
    pair = Pair(folder)
    pair.both(lambda observe: observe.value("v", 1), lambda observe: observe.value("v", 1))
    found = timings(folder, [0.2] * 5, [0.8] * 5, machine=4.0)
    pair.writer.differences(found)
    explain_record(pair.writer, [])

    assert [(one.code, one.severity) for one in findings_of(pair.read())] == [("MACHINE-SLOWER", Severity.INFO)]


def test_a_long_call_is_measured_fewer_times(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("harness.observe.timings.time.perf_counter", lambda: clock[0])

    def lasting(seconds: float) -> None:
        clock[0] += seconds

    calls = {"минута": lambda: lasting(60.0), "полсекунды": lambda: lasting(0.5), "быстро": lambda: lasting(0.01)}
    _results, measured = measure_together(calls, 7)
    assert {name: len(one["seconds"]) for name, one in measured.items()} == {"минута": 3, "полсекунды": 4, "быстро": 7}
    assert all(len(one["probes"]) == len(one["seconds"]) + 1 for one in measured.values())


def test_calls_are_measured_in_turn() -> None:
    order: list[str] = []

    results, measured = measure_together({"а": lambda: order.append("а"), "б": lambda: order.append("б")}, 3)

    assert order == ["а", "б"] * 4
    assert results == {"а": None, "б": None}
    assert [len(one["seconds"]) for one in measured.values()] == [3, 3]
    assert [len(one["probes"]) for one in measured.values()] == [4, 4]
