from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.errors import RecordError
from harness.observe import compare_record
from harness.observe import timings as timings_module
from harness.observe.compare_timings import timing_of
from harness.observe.timings import measure, measure_together
from harness.record.models import DifferenceClass, Phase
from tests.harness.observe.pair import SCENARIO, Pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.observe.capture import Observe
    from harness.record.models import Difference


def values(folder: Path, before: Any, after: Any, **how: Any) -> Difference:
    (found,) = Pair(folder).both(
        lambda observe: observe.value("v", before, **how), lambda observe: observe.value("v", after, **how)
    )
    return found


@pytest.mark.parametrize(
    ("before", "after", "cls"),
    [
        (1, Decimal("1.00"), DifferenceClass.IDENTICAL),
        ("а", "а", DifferenceClass.IDENTICAL),
        (None, None, DifferenceClass.IDENTICAL),
        (date(2026, 1, 1), datetime.fromisoformat("2026-01-01"), DifferenceClass.IDENTICAL),
        (1, 2, DifferenceClass.UNEXPLAINED),
        (None, "", DifferenceClass.UNEXPLAINED),
        (False, None, DifferenceClass.UNEXPLAINED),
        ({"a": 1}, {"a": 2}, DifferenceClass.UNEXPLAINED),
        (1, "1", DifferenceClass.STRUCTURE),
        (True, 1, DifferenceClass.STRUCTURE),
    ],
)
def test_values(folder: Path, before: Any, after: Any, cls: DifferenceClass) -> None:
    assert values(folder, before, after).cls is cls


def test_value_within_its_tolerance(folder: Path) -> None:
    assert (
        values(folder / "1", Decimal("1.00"), Decimal("1.01"), tolerance=Decimal("0.01")).cls
        is DifferenceClass.TOLERANCE
    )
    found = values(folder / "2", Decimal("1.00"), Decimal("1.02"), tolerance=Decimal("0.01"))
    assert str(found.text) == "Величина «v»: было 1, стало 1.02"


def contracts(folder: Path, before: dict[str, str], after: dict[str, str], direction: str = "read") -> list[Difference]:
    return Pair(folder).both(
        lambda observe: observe.contract("c", before, direction=direction),
        lambda observe: observe.contract("c", after, direction=direction),
    )


def test_contract_changes_are_breaking_or_widening(folder: Path) -> None:
    before = {
        "A.x": "Edm.String(10)",
        "A.y": "Edm.Guid",
        "A.z": "Edm.String(10)",
        "A.s": "Edm.String(10)",
        "A.same": "Edm.Int16",
    }
    after = {
        "A.x": "Edm.Double",
        "A.z": "Edm.String(20)",
        "A.s": "Edm.String(5)",
        "A.same": "Edm.Int16",
        "A.new": "Edm.Int16",
    }

    breaking, widening = contracts(folder, before, after)

    assert {example.key for example in breaking.examples} == {"A.x", "A.y", "A.s"}
    assert {example.key for example in widening.examples} == {"A.z", "A.new"}
    assert (breaking.breaking, widening.breaking) == (True, False)
    assert str(widening.text).startswith("Контракт «c»: изменилось «A.z»: было Edm.String(10), стало Edm.String(20)")


def test_newly_mandatory_part_breaks_those_who_write(folder: Path) -> None:
    (read,) = contracts(folder / "1", {}, {"A.new": "Edm.Int16, обязательный"})
    (written,) = contracts(folder / "2", {}, {"A.new": "Edm.Int16, обязательный"}, "write")

    assert (read.breaking, written.breaking) == (False, True)


def test_order_of_a_contract_does_not_matter(folder: Path) -> None:
    (found,) = contracts(folder, {"a": "1", "b": "2"}, {"b": "2", "a": "1"})

    assert found.cls is DifferenceClass.IDENTICAL


def timings(folder: Path, before: list[float], after: list[float], machine: float = 1.0) -> list[Difference]:
    pair = Pair(folder, gates={"timings.ratio": "2.0", "timings.floor_ms": "100"})
    pair.see(Phase.BEFORE, lambda observe: observe.timing("t", lambda: None))
    pair.see(Phase.AFTER, lambda observe: observe.timing("t", lambda: None))
    _measured(pair, {"before": (before, 0.001), "after": (after, 0.001 * machine)})
    return compare_record(pair.writer)


def _measured(pair: Pair, sides: dict[str, tuple[list[float], float]]) -> None:
    """Puts chosen measurements in the place of real ones, in files and journal alike."""
    from harness.record import ScenarioFinished
    from harness.record.files import sha256_file

    for phase, done in [(phase, state.finished["A-1"]) for phase, state in pair.read().phases.items()]:
        (seen,) = done.observations
        seconds, calibration = sides[phase.value]
        path = pair.writer.path / seen.file
        path.write_bytes(msgspec.json.encode({"seconds": seconds, "warmup": 0.0, "calibration": calibration}))
        seen = msgspec.structs.replace(seen, digest=sha256_file(path))
        pair.writer.event("scenario_finished", ScenarioFinished(run=done.run, observations=[seen]))


FAST = [0.10, 0.11, 0.09, 0.10, 0.12, 0.10, 0.10]


@pytest.mark.parametrize(
    ("after", "machine", "cls"),
    [
        (FAST, 1.0, DifferenceClass.IDENTICAL),
        ([value * 1.5 for value in FAST], 1.0, DifferenceClass.IDENTICAL),
        ([value * 4 for value in FAST], 1.0, DifferenceClass.UNEXPLAINED),
        ([value * 4 for value in FAST], 4.0, DifferenceClass.TOLERANCE),
        ([value * 8 for value in FAST], 2.0, DifferenceClass.UNEXPLAINED),
        ([value / 4 for value in FAST], 1.0, DifferenceClass.IDENTICAL),
        ([0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 9.0], 1.0, DifferenceClass.IDENTICAL),
    ],
)
def test_slowdown_must_be_large_certain_and_not_the_machines(
    folder: Path, after: list[float], machine: float, cls: DifferenceClass
) -> None:
    assert [found.cls for found in timings(folder, FAST, after, machine)] == [cls]


def test_slowdown_nobody_feels_does_not_count(folder: Path) -> None:
    assert timings(folder, [0.001] * 7, [0.01] * 7)[0].cls is DifferenceClass.IDENTICAL


def test_slowdown_is_told_with_its_certainty(folder: Path) -> None:
    (found,) = timings(folder, FAST, [value * 4 for value in FAST])

    assert "в 4.0 раза" in str(found.text)
    assert "было 100 мс, стало 400 мс" in str(found.text)


def test_few_measurements_decide_nothing(folder: Path) -> None:
    assert timings(folder, [0.1], [9.0])[0].cls is DifferenceClass.NO_TWIN


def test_bootstrap_is_the_same_every_time() -> None:
    sides = {"seconds": FAST, "calibration": 1.0}, {"seconds": [value * 3 for value in FAST], "calibration": 1.0}

    assert timing_of(*sides) == timing_of(*sides)


def test_timing_gives_the_result_of_the_last_call(folder: Path) -> None:
    calls: list[int] = []

    def call() -> int:
        calls.append(1)
        return len(calls)

    results: list[int] = []
    Pair(folder).see(Phase.BEFORE, lambda observe: results.append(observe.timing("t", call)))

    assert results == [4]


def one(observe: Observe) -> None:
    observe.value("v", 1)


def nothing(_: Observe) -> None:
    pass


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (one, nothing, "есть только до обновления"),
        (nothing, one, "есть только после обновления"),
        (one, lambda observe: observe.value("v", 1, tolerance=1), "описание в этапах разное (tolerance)"),
        (one, lambda observe: observe.contract("v", {}), "виды наблюдений разные"),
    ],
)
def test_what_cannot_be_paired_is_told(
    folder: Path, before: Callable[[Observe], Any], after: Callable[[Observe], Any], words: str
) -> None:
    (found,) = Pair(folder).both(before, after)

    assert found.cls is DifferenceClass.NO_TWIN
    assert words in str(found.text)


def test_changed_scenario_is_not_compared(folder: Path) -> None:
    pair = Pair(folder)
    pair.see(Phase.BEFORE, one)
    pair.see(Phase.AFTER, one, known=msgspec.structs.replace(SCENARIO, digest="2"))

    (found,) = compare_record(pair.writer)

    assert found.cls is DifferenceClass.NO_TWIN
    assert "изменён между этапами" in str(found.text)


def test_observation_changed_on_the_disk_is_refused(folder: Path) -> None:
    pair = Pair(folder)
    pair.both(one, one)
    (folder / "after" / "A-1" / "v.value.json").write_bytes(b'{"kind":"number","value":"2"}')

    with pytest.raises(RecordError, match="изменено после записи"):
        compare_record(pair.writer)


def test_no_number_is_within_no_tolerance(folder: Path) -> None:
    (found,) = Pair(folder).both(
        lambda observe: observe.value("v", Decimal("NaN"), tolerance=1),
        lambda observe: observe.value("v", Decimal(1), tolerance=1),
    )

    assert found.cls is DifferenceClass.UNEXPLAINED


@pytest.mark.parametrize(
    ("probes", "ratio"),
    [
        ([0.006] * 8, 4.0),  # the machine was as free as before: it is the release
        ([0.024] * 8, 1.0),  # it was busy all the time
        ([0.006] * 4 + [0.024] * 4, 1.6),  # it was busy half of the time: the half that was not tells
        ([0.001] * 8, 4.0),  # it was busier before: that excuses nothing
        ([0.024] * 3, 4.0),  # measured by something else
    ],
)
def test_a_busy_machine_excuses_what_it_slowed(probes: list[float], ratio: float) -> None:
    before = {"seconds": FAST, "calibration": 1.0, "probes": [0.006] * 8}
    after = {"seconds": [0.4] * 7, "calibration": 1.0, "probes": probes}

    assert timing_of(before, after).ratio == pytest.approx(ratio, rel=0.05)


def test_measuring_looks_at_the_machine_beside_every_call() -> None:
    _, measured = measure(lambda: None, 3)

    assert len(measured["seconds"]) == 3
    assert len(measured["probes"]) == 4
    assert min(measured["probes"]) > 0


@pytest.mark.parametrize(("fresh", "looks"), [(0.05, 2), (0.0, 7)])
def test_calls_of_no_time_share_a_look_at_the_machine_and_long_ones_do_not(
    fresh: float, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = iter(range(1, 100))
    monkeypatch.setattr(timings_module, "_busy", lambda: next(seen) / 1000)
    monkeypatch.setattr(timings_module, "_FRESH", fresh)

    _, measured = measure_together({"a": lambda: None, "b": lambda: None}, 3)

    assert len({probe for one in measured.values() for probe in one["probes"]}) == looks
    assert all(len(one["probes"]) == 4 for one in measured.values())
