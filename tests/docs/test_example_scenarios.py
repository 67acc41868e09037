"""The scenarios the pages show run as they stand there, in a phase on an embedded stand, and see what they promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.observe.pseudonyms import load_key
from harness.record.models import ObservationKind, Outcome, Phase
from stand.bases import DemoBase
from tests.docs.pages import LANGUAGES, ROOT, Page, guide
from tests.scenarios.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("docs"), DemoBase("2.0.14.7", documents=60))
    made.start()
    load_key(made.folder / "key")
    yield made
    made.close()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_scenarios_run_and_observe(stage: Stage, language: str, tmp_path: Path) -> None:
    for number, block in enumerate(guide(language, "write-scenario").blocks("python")):
        (tmp_path / f"test_example_{number}.py").write_text(block, encoding="utf-8")
    own = stage.fork(language)
    own.folders = [str(tmp_path)]

    assert own.phase(Phase.BEFORE) == 0, own.output

    read = own.record()
    assert {key[0]: run.outcome for key, run in read.runs.items()} == dict.fromkeys(
        ("REP-50", "GOODS-01"), Outcome.PASSED
    )
    assert read.scenarios["REP-50"].covers == ["report:ПродажиПоМенеджерам"]
    seen = {item.scenario: item for item in read.observations}
    assert seen["REP-50"].kind is seen["GOODS-01"].kind is ObservationKind.TABLE
    assert seen["REP-50"].rows > 1
    assert seen["GOODS-01"].rows > 10
    assert read.findings == []
    managers = seen["REP-50"].definition["personal"]
    assert managers == ["Менеджер"]
    assert "Без менеджера".encode() not in (own.record_folder / seen["REP-50"].file).read_bytes()


def test_the_example_beside_the_scenarios_reads_its_report_by_role(stage: Stage, tmp_path: Path) -> None:
    (block,) = Page(ROOT / "scenarios" / "README.md").blocks("python")
    (tmp_path / "test_margin.py").write_text(block, encoding="utf-8")
    own = stage.fork("readme")
    own.folders = [str(tmp_path)]

    assert own.phase(Phase.BEFORE) == 0, own.output

    (run,) = own.record().runs.values()
    assert run.outcome is Outcome.NOT_CHECKED  # the demo company has no such report: the role is not guessed
    assert "report.margin" in str(run.text)
