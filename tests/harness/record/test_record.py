from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import RecordError
from harness.record import (
    Collected,
    EventKind,
    PhaseFinished,
    Record,
    RecordWriter,
    ScenarioFinished,
    now,
    read_record,
)
from harness.record.models import (
    Decision,
    Difference,
    DifferenceClass,
    Fact,
    Header,
    NotChecked,
    ObservationKind,
    Outcome,
    Phase,
    Scenario,
    ScenarioRun,
    Severity,
    Step,
    Text,
    Verdict,
)

if TYPE_CHECKING:
    from pathlib import Path


def header() -> Header:
    return Header(run="1", created=now(), project="Проект", stand_kind="embedded")


def finished(name: str, outcome: Outcome, phase: Phase = Phase.BEFORE) -> ScenarioFinished:
    run = ScenarioRun(id=name, phase=phase, outcome=outcome, text=Text(msgid="Потому что"))
    return ScenarioFinished(run=run, covers=["report:А"])


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    folder = tmp_path / "record"
    scenario = Scenario(id="A-1", title="Отчёт", area="report", severity=Severity.BLOCKER)
    with RecordWriter.create(folder, header()) as writer:
        writer.event(EventKind.STEP_FINISHED, Step(name="backup", outcome="done", started=now(), seconds=1.5))
        for phase in Phase:
            writer.event(EventKind.COLLECTED, Collected(phase=phase, scenarios=[scenario]))
            writer.event(EventKind.SCENARIO_FINISHED, finished("A-1", Outcome.PASSED, phase))
            writer.event(EventKind.PHASE_FINISHED, PhaseFinished(phase=phase, exitstatus=0))
            (folder / phase.value / "a.json").write_bytes(b"{}")
        writer.event(EventKind.FACT, Fact(name="one", value="1"))
        writer.evidence("ответ сервера.json", b'{"a": 1}')
        found = Difference(scenario="A-1", observation="t", kind=ObservationKind.TABLE, cls=DifferenceClass.IDENTICAL)
        writer.differences([found])
        writer.decide(Decision(run="1", verdict=Verdict.GO, exit_code=0, computed=now(), gates=[]))
        (folder / "readiness.html").write_text("<html></html>", encoding="utf-8")
        writer.seal()
    return folder


def test_reader_gives_back_what_was_written(sealed: Path) -> None:
    record = read_record(sealed)

    assert record.sealed
    assert record.header.project == "Проект"
    assert record.step("backup") == record.steps[0]
    assert record.runs["A-1", Phase.AFTER].outcome is Outcome.PASSED
    assert record.facts["one"].value == "1"
    assert record.covered == {"report:А"}
    assert record.compared
    assert record.decision is not None
    assert record.decision.verdict is Verdict.GO
    assert [session.exitstatus for session in record.phases[Phase.BEFORE].sessions] == [0]


def test_flipping_any_byte_of_any_file_is_noticed(sealed: Path) -> None:
    files = [path for path in sealed.rglob("*") if path.is_file()]
    names = {path.relative_to(sealed).parts[0] for path in files}
    assert names >= {
        "record.json",
        "journal.jsonl",
        "manifest.json",
        "verdict.json",
        "before",
        "after",
        "evidence",
        "differences",
    }
    for path in files:
        content = path.read_bytes()
        for place in range(0, len(content), 7):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with pytest.raises(RecordError):
                read_record(sealed)
        path.write_bytes(content)
    assert read_record(sealed).sealed


def test_removed_and_added_files_are_named(sealed: Path) -> None:
    (sealed / "extra.txt").write_text("x", encoding="utf-8")
    with pytest.raises(RecordError, match="лишний файл") as error:
        read_record(sealed)
    assert error.value.place.endswith("extra.txt")
    (sealed / "extra.txt").unlink()

    (sealed / "readiness.html").unlink()
    with pytest.raises(RecordError, match="не хватает файла") as error:
        read_record(sealed)
    assert error.value.place.endswith("readiness.html")


def test_left_overs_of_a_file_manager_are_no_tampering(sealed: Path) -> None:
    (sealed / "Thumbs.db").write_bytes(b"x")

    assert read_record(sealed).sealed


def test_sealed_record_can_be_reopened_and_sealed_again(sealed: Path) -> None:
    with RecordWriter.open(sealed) as writer:
        writer.event(EventKind.FACT, Fact(name="two", value="2"))
        writer.seal()

    assert read_record(sealed).facts["two"].value == "2"


def test_edited_record_is_not_reopened(sealed: Path) -> None:
    (sealed / "verdict.json").write_text("{}", encoding="utf-8")

    with pytest.raises(RecordError, match="изменён"):
        RecordWriter.open(sealed)


def test_edited_header_breaks_the_chain_of_an_unsealed_record(sealed: Path) -> None:
    (sealed / "manifest.json").unlink()
    path = sealed / "record.json"
    path.write_bytes(path.read_bytes().replace("Проект".encode(), "Проект2".encode()))

    with pytest.raises(RecordError, match="строка 1"):
        read_record(sealed)


def test_record_of_another_version_is_refused(sealed: Path) -> None:
    path = sealed / "record.json"
    path.write_bytes(path.read_bytes().replace(b'"schema":1', b'"schema":2'))

    with pytest.raises(RecordError, match="другой версии: 2"):
        read_record(sealed)


def test_folder_without_a_record_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=r"нет record\.json"):
        read_record(tmp_path)


def test_folder_that_is_taken_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x", encoding="utf-8")

    with pytest.raises(RecordError, match="занята"):
        RecordWriter.create(tmp_path, header())


def read_with(folder: Path, *events: tuple[EventKind, object]) -> Record:
    with RecordWriter.create(folder / "record", header()) as writer:
        for kind, data in events:
            writer.event(kind, data)  # type: ignore[arg-type]
    return read_record(folder / "record")


def test_later_result_replaces_an_earlier_one(tmp_path: Path) -> None:
    record = read_with(
        tmp_path,
        (EventKind.SCENARIO_FINISHED, finished("A", Outcome.TROUBLE)),
        (EventKind.SCENARIO_FINISHED, finished("B", Outcome.FAILED)),
        (EventKind.SCENARIO_FINISHED, finished("C", Outcome.TROUBLE)),
        (EventKind.SCENARIO_FINISHED, finished("A", Outcome.PASSED)),
    )

    assert record.runs["A", Phase.BEFORE].outcome is Outcome.PASSED
    assert record.phases[Phase.BEFORE].done == {"A", "B"}


def test_restarted_phase_forgets_what_it_saw(tmp_path: Path) -> None:
    record = read_with(
        tmp_path,
        (EventKind.SCENARIO_FINISHED, finished("A", Outcome.PASSED)),
        (EventKind.SCENARIO_FINISHED, finished("A", Outcome.PASSED, Phase.AFTER)),
        (EventKind.PHASE_RESTARTED, {"phase": "after"}),
    )

    assert set(record.runs) == {("A", Phase.BEFORE)}


def test_what_was_not_checked_is_gathered_once(tmp_path: Path) -> None:
    record = read_with(
        tmp_path,
        (EventKind.NOT_CHECKED, NotChecked(what="Права", why=Text(msgid="Нет службы"))),
        (EventKind.SCENARIO_FINISHED, finished("A", Outcome.NOT_CHECKED)),
        (EventKind.SCENARIO_FINISHED, finished("A", Outcome.NOT_CHECKED, Phase.AFTER)),
    )

    assert [item.what for item in record.not_checked] == ["Права", "A"]


def test_event_that_does_not_keep_its_rules_is_named(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="строка 1"):
        read_with(tmp_path, (EventKind.FACT, {"name": "x"}))


def test_finished_record_without_its_manifest_is_refused(tmp_path: Path) -> None:
    with RecordWriter.create(tmp_path / "run", header()) as writer:
        writer.event(EventKind.STEP_FINISHED, Step(name="documents", outcome="done", started=now(), seconds=0.1))
        writer.seal()
    (tmp_path / "run" / "manifest.json").unlink()

    with pytest.raises(RecordError, match="нет описи"):
        read_record(tmp_path / "run")
    assert not read_record(tmp_path / "run", verify=False).sealed
