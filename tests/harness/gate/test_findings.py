from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from harness.gate import findings_of, inputs_of, judge_record
from harness.observe import compare_record, explain_record
from harness.record import Collected, EventKind, PhaseFinished, Record, RecordWriter, ScenarioFinished, now, read_record
from harness.record.models import (
    Acceptance,
    Difference,
    DifferenceClass,
    Example,
    Finding,
    Header,
    ObservationKind,
    Outcome,
    Phase,
    Scenario,
    ScenarioRun,
    Severity,
    Text,
)
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = Scenario(id="A-1", title="Отчёт", area="report", severity=Severity.BLOCKER, owner="Финансы")
NOTED = Finding(
    code="RIGHTS", severity=Severity.BLOCKER, area="report", object="Роль", text=Text(msgid="Открыто"), scenario="A-1"
)


def record(
    folder: Path,
    before: tuple[Outcome, list[Finding]] | None = (Outcome.PASSED, []),
    after: tuple[Outcome, list[Finding]] | None = (Outcome.PASSED, []),
    *,
    differences: list[Difference] | None = None,
    acceptances: list[Acceptance] | None = None,
    severity: Severity = Severity.BLOCKER,
) -> Record:
    scenario = msgspec.structs.replace(SCENARIO, severity=severity)
    header = Header(run="1", created=now(), project="p", stand_kind="embedded")
    with RecordWriter.create(folder / "record", header) as writer:
        for phase, side in ((Phase.BEFORE, before), (Phase.AFTER, after)):
            if side is None:
                continue
            outcome, findings = side
            text = None if outcome is Outcome.PASSED else Text(msgid="Причина")
            run = ScenarioRun(id="A-1", phase=phase, outcome=outcome, text=text)
            writer.event(EventKind.COLLECTED, Collected(phase=phase, scenarios=[scenario]))
            writer.event(EventKind.SCENARIO_FINISHED, ScenarioFinished(run=run, findings=findings))
            writer.event(EventKind.PHASE_FINISHED, PhaseFinished(phase=phase, exitstatus=0))
        writer.explained(differences or [], acceptances or [])
    return read_record(folder / "record")


def told(record: Record) -> list[tuple[str, Severity]]:
    return [(finding.code, finding.severity) for finding in findings_of(record)]


def difference(cls: DifferenceClass, **fields: Any) -> Difference:
    values: dict[str, Any] = {
        "scenario": "A-1",
        "observation": "t",
        "title": "Таблица",
        "text": Text(msgid="Текст"),
        "kind": ObservationKind.TABLE,
    }
    return Difference(cls=cls, **(values | fields))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Outcome.PASSED, Outcome.PASSED, []),
        (Outcome.PASSED, Outcome.FAILED, [("SCENARIO-FAILED", Severity.BLOCKER)]),
        (Outcome.NOT_CHECKED, Outcome.FAILED, [("SCENARIO-FAILED", Severity.BLOCKER)]),
        (Outcome.FAILED, Outcome.FAILED, [("BROKEN-BEFORE", Severity.WARNING)]),
        (Outcome.FAILED, Outcome.PASSED, [("FIXED", Severity.INFO)]),
        (Outcome.PASSED, Outcome.NOT_CHECKED, []),
        (Outcome.PASSED, Outcome.TROUBLE, []),
    ],
)
def test_endings_of_a_scenario(
    tmp_path: Path, before: Outcome, after: Outcome, expected: list[tuple[str, Severity]]
) -> None:
    assert told(record(tmp_path, (before, []), (after, []))) == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (difference(DifferenceClass.IDENTICAL), []),
        (difference(DifferenceClass.TOLERANCE), []),
        (difference(DifferenceClass.EXPECTED), []),
        (difference(DifferenceClass.NO_TWIN), []),
        (difference(DifferenceClass.UNEXPLAINED), [("DIFFERENCE", Severity.BLOCKER)]),
        (difference(DifferenceClass.UNEXPLAINED, kind=ObservationKind.TIMING), [("SLOWER", Severity.BLOCKER)]),
        (difference(DifferenceClass.STRUCTURE, breaking=True), [("STRUCTURE", Severity.BLOCKER)]),
        (difference(DifferenceClass.STRUCTURE), [("STRUCTURE", Severity.WARNING)]),
        (
            difference(DifferenceClass.STRUCTURE, breaking=True, kind=ObservationKind.CONTRACT),
            [("CONTRACT", Severity.BLOCKER)],
        ),
        (difference(DifferenceClass.STRUCTURE, kind=ObservationKind.CONTRACT), [("CONTRACT", Severity.WARNING)]),
        (difference(DifferenceClass.DUPLICATE_KEY, added=1, removed=1), [("DUPLICATE-KEY", Severity.INFO)]),
        (difference(DifferenceClass.DUPLICATE_KEY, added=2, removed=1), [("DUPLICATE-KEY", Severity.BLOCKER)]),
    ],
)
def test_differences(tmp_path: Path, found: Difference, expected: list[tuple[str, Severity]]) -> None:
    assert told(record(tmp_path, differences=[found])) == expected


def test_difference_of_an_unimportant_scenario_is_only_told(tmp_path: Path) -> None:
    found = [difference(DifferenceClass.UNEXPLAINED), difference(DifferenceClass.STRUCTURE)]

    assert {severity for _, severity in told(record(tmp_path, differences=found, severity=Severity.INFO))} == {
        Severity.INFO
    }


def test_each_cause_is_a_finding_that_names_its_place(tmp_path: Path) -> None:
    examples = [
        Example(key="К=1", column="Сумма", before="10", after="12"),
        Example(key="К=2", column="НДС", before="20", after="22"),
        Example(key="К=5", column="Сумма", before="1", after="2"),
        Example(key="К=3", before="Сумма=5", after="отсутствует"),
    ]
    found = difference(DifferenceClass.UNEXPLAINED, examples=examples, removed=2, changed=3)

    findings = findings_of(record(tmp_path, differences=[found]))

    assert sorted(str(finding.text) for finding in findings) == [
        "Таблица «Таблица», строка К=1, колонка «Сумма»: было 10, стало 12",
        "Таблица «Таблица», строка К=2, колонка «НДС»: было 20, стало 22",
        "Таблица «Таблица»: исчезла строка К=3: было Сумма=5, теперь её нет; всего таких строк: 2",
    ]
    assert {(finding.before, finding.after) for finding in findings} >= {("10", "12"), ("20", "22")}
    assert {finding.owner for finding in findings} == {"Финансы"}


def test_new_finding_of_a_scenario_keeps_its_severity(tmp_path: Path) -> None:
    assert told(record(tmp_path, after=(Outcome.PASSED, [NOTED]))) == [("RIGHTS", Severity.BLOCKER)]


def test_finding_that_was_there_before_is_not_the_updates_fault(tmp_path: Path) -> None:
    (found,) = findings_of(record(tmp_path, (Outcome.PASSED, [NOTED]), (Outcome.PASSED, [NOTED])))

    assert found.severity is Severity.WARNING
    assert "и до обновления" in str(found.advice)


def test_finding_that_is_gone_is_news_only(tmp_path: Path) -> None:
    assert told(record(tmp_path, before=(Outcome.PASSED, [NOTED]))) == [("RIGHTS", Severity.INFO)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"covered": 1, "column": "Налог"}, []),
        ({"covered": 1, "key": "Номер=*"}, []),
        ({"covered": 1, "condition": "after > before"}, []),
        ({"covered": 3, "at_most": 3}, []),
        ({"covered": 0}, [("ACCEPTANCE-UNUSED", Severity.WARNING)]),
        ({"covered": 4, "at_most": 3}, [("ACCEPTANCE-EXCEEDED", Severity.WARNING)]),
        ({"covered": 1}, [("ACCEPTANCE-BOUNDLESS", Severity.WARNING)]),
        ({"covered": 1, "key": "**", "column": "*"}, [("ACCEPTANCE-BOUNDLESS", Severity.WARNING)]),
        ({"covered": 1, "scenario": "*", "column": "Налог"}, [("ACCEPTANCE-BOUNDLESS", Severity.WARNING)]),
        ({"covered": 1, "scenario": "?*", "at_most": 900}, [("ACCEPTANCE-BOUNDLESS", Severity.WARNING)]),
        ({"expired": True}, [("ACCEPTANCE-EXPIRED", Severity.BLOCKER)]),
    ],
)
def test_acceptances(tmp_path: Path, fields: dict[str, Any], expected: list[tuple[str, Severity]]) -> None:
    item = Acceptance(**{"id": "VAT", "scenario": "REP-*", "reason": "r", "owner": "o", "until": "2.0", **fields})

    assert told(record(tmp_path, acceptances=[item])) == expected


def test_observation_that_a_failed_scenario_did_not_get_to_is_told_once(tmp_path: Path) -> None:
    lost = [difference(DifferenceClass.NO_TWIN)]

    failed = inputs_of(record(tmp_path / "1", after=(Outcome.FAILED, []), differences=lost))
    passed = inputs_of(record(tmp_path / "2", differences=lost))
    broken = inputs_of(record(tmp_path / "3", (Outcome.FAILED, []), (Outcome.FAILED, []), differences=lost))

    assert [len(inputs.untold) for inputs in (failed, passed, broken)] == [0, 1, 1]


def test_scenario_that_fails_for_another_reason_is_a_new_failure(tmp_path: Path) -> None:
    def reasons(folder: str, before: str, after: str) -> list[tuple[str, Severity]]:
        found = record(tmp_path / folder, (Outcome.FAILED, []), (Outcome.FAILED, []))
        for phase, reason in ((Phase.BEFORE, before), (Phase.AFTER, after)):
            done = found.phases[phase].finished["A-1"]
            run = msgspec.structs.replace(done.run, text=Text(msgid=reason))
            found.phases[phase].finished["A-1"] = msgspec.structs.replace(done, run=run)
        return told(found)

    same = reasons("1", "итог 12,50 не равен 13 по 0b6e2a34-0000-4000-8000-0000000000aa", "итог 7 не равен 9.1 по 1")
    other = reasons("2", "итог 12,50 не равен 13", "у отчёта нет колонки Итог")

    assert same == [("BROKEN-BEFORE", Severity.WARNING)]
    assert other == [("SCENARIO-FAILED", Severity.BLOCKER)]


def test_table_that_is_empty_twice_says_nothing(tmp_path: Path) -> None:
    def seen(folder: str, before: list[dict[str, int]], after: list[dict[str, int]], **how: Any) -> list[str]:
        pair = Pair(tmp_path / folder)
        pair.both(
            lambda observe: observe.table("t", before, key="К", types={"К": "number"}, **how),
            lambda observe: observe.table("t", after, key="К", types={"К": "number"}, **how),
        )
        return [found.code for found in findings_of(pair.read())]

    assert seen("1", [], []) == ["NOTHING-SEEN"]
    assert seen("2", [], [], may_be_empty=True) == []
    assert seen("3", [{"К": 1}], [{"К": 1}]) == []
    assert seen("4", [], [{"К": 1}]) == ["DIFFERENCE"]


def test_list_that_got_longer_is_a_warning_and_one_that_lost_a_row_is_not(tmp_path: Path) -> None:
    def seen(folder: str, after: list[str]) -> list[tuple[str, Severity]]:
        pair = Pair(tmp_path / folder)
        pair.both(
            lambda observe: observe.table("t", [{"К": "а", "Вкл": True}], key="К", growing=True),
            lambda observe: observe.table("t", [{"К": name, "Вкл": True} for name in after], key="К", growing=True),
        )
        return told(pair.read())

    assert seen("1", ["а", "б", "в"]) == [("STRUCTURE", Severity.WARNING)]
    assert sorted(seen("2", ["б"])) == [("DIFFERENCE", Severity.BLOCKER), ("STRUCTURE", Severity.WARNING)]


def test_judging_a_written_record_again_gives_the_same(tmp_path: Path) -> None:
    found = record(tmp_path, after=(Outcome.FAILED, [NOTED]))
    first = judge_record(found)
    with RecordWriter.open(found.path) as writer:
        compare_record(writer)
        explain_record(writer, [])
        writer.decide(first)
        writer.seal()

    second = judge_record(read_record(found.path))
    assert msgspec.structs.replace(second, computed=first.computed) == first
