"""Results that are taken over: whole, with their files, and only those that are not to be had anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.prove.carrying import Part, carry, same
from harness.record import Collected, EventKind, RecordWriter, ScenarioFinished, now, read_record
from harness.record.models import (
    Header,
    Observation,
    ObservationKind,
    Outcome,
    Phase,
    Scenario,
    ScenarioRun,
    Severity,
)

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("A-1", "B-2")


def header() -> Header:
    return Header(run="1", created=now(), project="Проект", stand_kind="embedded")


def finished(folder: Path, name: str, phase: Phase) -> ScenarioFinished:
    file = f"{phase.value}/{name}/число.json"
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(f"{name} {phase.value}", encoding="utf-8")
    (folder / "evidence" / f"{name}.txt").write_text(name, encoding="utf-8")
    seen = Observation(scenario=name, name="число", kind=ObservationKind.VALUE, phase=phase, file=file, digest="")
    run = ScenarioRun(id=name, phase=phase, outcome=Outcome.PASSED, evidence=[f"evidence/{name}.txt"])
    return ScenarioFinished(run=run, observations=[seen])


@pytest.fixture
def calm(tmp_path: Path) -> Path:
    folder = tmp_path / "calm"
    scenarios = [Scenario(id=name, title=name, area="report", severity=Severity.BLOCKER) for name in NAMES]
    with RecordWriter.create(folder, header()) as writer:
        for phase in Phase:
            writer.event(EventKind.COLLECTED, Collected(phase=phase, scenarios=scenarios))
            for name in NAMES:
                writer.event(EventKind.SCENARIO_FINISHED, finished(folder, name, phase))
    return folder


def test_what_does_not_run_again_is_taken_over_with_its_files(tmp_path: Path, calm: Path) -> None:
    with RecordWriter.create(tmp_path / "record", header()) as writer:
        carry(writer, Part(again=["A-1"], calm=str(calm)))
    record = read_record(tmp_path / "record")

    state = record.phases[Phase.AFTER]
    assert (sorted(state.scenarios), sorted(state.finished), state.done) == (
        ["A-1", "B-2"],
        ["B-2"],
        frozenset({"B-2"}),
    )
    assert record.phases[Phase.BEFORE].finished == {}
    assert (record.path / "after/B-2/число.json").read_text(encoding="utf-8") == "B-2 after"
    assert (record.path / "evidence/B-2.txt").exists()
    assert not (record.path / "after/A-1").exists()


def test_a_file_that_is_there_stays_and_one_that_is_replaced_leaves_the_other_record_alone(tmp_path: Path) -> None:
    from harness.record.files import write_atomic

    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    same(one, two)
    assert two.read_bytes() == b"1"
    write_atomic(two, b"2")
    same(one, two)
    assert (one.read_bytes(), two.read_bytes()) == (b"1", b"2")
