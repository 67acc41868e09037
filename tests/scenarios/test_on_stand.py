"""The scenarios themselves, run on the embedded stand: they pass, they find no difference where there is none, and no defect gets past."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from harness.record.models import DifferenceClass, ObservationKind, Outcome, Phase
from stand.bases import DemoBase, RecordedBase
from tests.recording import record
from tests.scenarios.stage import ROOT, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DEFECTIVE = "2.0.15.1"
DEFECTS = ROOT / "fixtures" / "defects"
RELEASES = ROOT / "fixtures" / "demo" / "releases"
REAL = ROOT.parent / "shared" / "real" / "odata"
DOCUMENTS = 100
SWEEP = {f"SWEEP-{number:02}" for number in range(1, 9)}


class Rehearsed:
    """One demo base, seen before the update once, and after it in two ways."""

    def __init__(self, folder: Path) -> None:
        self.same = Stage(folder, DemoBase("2.0.14.7", documents=DOCUMENTS))
        backup = self.same.start()
        self.code = self.same.phase(Phase.BEFORE)
        self.output = self.same.output
        self.defective = self.same.fork("defective")
        self.same.stand.restore(backup)
        self.same_code = self.same.phase(Phase.AFTER)
        self.same.stand.restore(backup)
        self.same.stand.update(DEFECTIVE)
        self.defective.phase(Phase.AFTER)
        self.said = self.defective.said()

    def close(self) -> None:
        self.same.close()


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsed]:
    made = Rehearsed(tmp_path_factory.mktemp("rehearsed"))
    yield made
    made.close()


def defects() -> list[Any]:
    listed = tomllib.loads((RELEASES / f"{DEFECTIVE}.toml").read_text(encoding="utf-8"))["defects"]
    found = [tomllib.loads((DEFECTS / f"{name}.toml").read_text(encoding="utf-8")) for name in listed]
    return [pytest.param(item, id=item["id"]) for item in found]


def test_every_scenario_passes_on_the_working_release(rehearsed: Rehearsed) -> None:
    assert rehearsed.code == 0, rehearsed.output
    runs = rehearsed.same.record().runs
    assert len(runs) >= 80
    assert [run for run in runs.values() if run.outcome is not Outcome.PASSED] == []


def test_the_same_release_twice_shows_no_difference(rehearsed: Rehearsed) -> None:
    assert rehearsed.same_code == 0, rehearsed.same.output
    found = [item for item in rehearsed.same.differences() if item.kind is not ObservationKind.TIMING]
    assert [(item.scenario, item.observation, str(item.text)) for item in found] == []


def test_coverage_of_reports_is_known(rehearsed: Rehearsed) -> None:
    seen = rehearsed.same.record()
    assert int(seen.facts["reports_custom"].value) >= 10
    assert len(seen.covered) >= int(seen.facts["reports_custom"].value)


@pytest.mark.parametrize("defect", defects())
def test_every_defect_is_named_by_a_message(rehearsed: Rehearsed, defect: dict[str, Any]) -> None:
    folder, words = defect["expect"]["scenario"], defect["expect"]["words"]
    lines = [line for line in rehearsed.said.splitlines() if all(word in line for word in words)]
    assert lines, f"{defect['title']}: нет замечания со словами {words}"
    prefixes = {
        "exchanges": ("BANK", "SHOP", "UNI", "EXCH"),
        "reports": ("REP",),
        "flows": ("FLOW",),
        "operations": ("OPS",),
        "sweep": ("SWEEP",),
    }[folder]
    assert any(line.startswith(prefixes) for line in lines), f"{defect['title']}: замечен не там: {lines[0][:200]}"


def test_nothing_of_a_scenario_that_failed_is_left_without_its_place(rehearsed: Rehearsed) -> None:
    for run in rehearsed.defective.record().runs.values():
        assert run.outcome in (Outcome.PASSED, Outcome.FAILED), (run.id, run.text)


@pytest.fixture
def recorded(tmp_path: Path) -> Iterator[Stage]:
    first, second = record(tmp_path / "first"), record(tmp_path / "second", price="10.51", article=False, stores=False)
    base = RecordedBase(first.metadata, (first.feed,), second.metadata, (second.feed,))
    stage = Stage(tmp_path / "stage", base, pack="any.toml", folders=("sweep",))
    yield stage
    stage.close()


def test_the_sweep_needs_nothing_but_a_publication(recorded: Stage) -> None:
    recorded.start()
    assert recorded.phase(Phase.BEFORE) == 0, recorded.output
    assert recorded.phase(Phase.AFTER) == 0, recorded.output

    runs = recorded.record().runs
    assert {run.outcome for run in runs.values()} == {Outcome.PASSED}
    assert {item.scenario for item in recorded.record().observations} == SWEEP
    assert recorded.differences() == []


def test_the_sweep_notices_a_dropped_attribute_a_changed_number_and_an_unpublished_set(recorded: Stage) -> None:
    recorded.start()
    recorded.phase(Phase.BEFORE)
    recorded.stand.update("")
    recorded.phase(Phase.AFTER)

    found = {(item.scenario, item.cls) for item in recorded.differences()}
    said = recorded.said()
    assert ("SWEEP-02", DifferenceClass.STRUCTURE) in found
    assert ("SWEEP-03", DifferenceClass.UNEXPLAINED) in found
    assert "Catalog_Товары/Артикул" in said
    assert "Catalog_Склады" in said
    assert "Колонка=Цена" in said


@pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с записью настоящей базы")
def test_the_sweep_runs_on_a_real_recording(tmp_path: Path) -> None:
    feeds = tuple(sorted(REAL.glob("msg00[2-4]_*.xml")))
    stage = Stage(tmp_path, RecordedBase(REAL / "msg001_metadata.xml", feeds), pack="any.toml", folders=("sweep",))
    stage.start()
    try:
        assert stage.phase(Phase.BEFORE) == 0, stage.output
        assert stage.phase(Phase.AFTER) == 0, stage.output
        assert stage.differences() == []
        assert {item.scenario for item in stage.record().observations} == SWEEP
    finally:
        stage.close()
