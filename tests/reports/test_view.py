from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.record import EventKind, RecordWriter, read_record
from harness.record.events import Collected, ScenarioFinished
from harness.record.models import (
    Difference,
    DifferenceClass,
    Example,
    ObservationKind,
    Outcome,
    Phase,
    Scenario,
    ScenarioRun,
    Severity,
    SharedCause,
)
from reports.view import build
from reports.view.common import cut, link
from reports.view.findings import LARGEST_PICTURE, _difference, finding_groups
from reports.view.reasons import reasons
from tests.reports import sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.record import Record
    from reports.i18n import Translator


@pytest.mark.parametrize("kind", ["no_go", "go", "conditions", "incomplete", "empty", "crowded", "hostile"])
def test_page_one_is_short_whatever_the_record_holds(
    record: Callable[[str], Record], ru: Translator, kind: str
) -> None:
    front = build(ru, record(kind)).front
    assert 1 <= len(front.reasons) <= 5
    assert all(len(reason) <= 320 for reason in front.reasons)
    assert 1 <= len(front.actions) <= 7
    assert len(front.unchecked) <= 3


def test_reasons_tell_of_every_area_before_a_second_of_one(record: Callable[[str], Record], ru: Translator) -> None:
    source = record("no_go")
    front = build(ru, source).front.reasons
    titles = {scenario.title: scenario.area for scenario in source.scenarios.values()}
    told = [titles[reason.partition("«")[2].partition("»")[0]] for reason in front[1:]]
    assert front[0].startswith("Выявлено: 9\N{NO-BREAK SPACE}блокирующих замечаний")
    assert told == ["exchange", "report", "flow", "operation"]


def test_every_owner_of_a_blocker_has_something_to_do(record: Callable[[str], Record], ru: Translator) -> None:
    view = build(ru, record("no_go"))
    owners = ", ".join(action.who for action in view.front.actions)
    blockers = next(group for group in view.findings if group.severity.mark == "blocker")
    assert {card.owner for card in blockers.cards} <= set(owners.split(", "))
    named = [ref for action in view.front.actions for ref in action.refs]
    assert sorted(named) == sorted({card.scenario for card in blockers.cards})


def test_a_finding_without_owner_is_said_to_have_none(
    record: Callable[[str], Record], ru: Translator, tmp_path: Path
) -> None:
    view = build(ru, record("empty"))
    assert {action.who for action in view.front.actions} == {"не назначен"}


def test_areas_count_what_the_findings_table_shows(record: Callable[[str], Record], ru: Translator) -> None:
    view = build(ru, record("no_go"))
    assert sum(row.blockers for row in view.front.areas) == 9
    assert sum(row.warnings for row in view.front.areas) == 2
    assert [(row.scenarios, row.clean) for row in view.front.areas] == [(5, 2), (9, 7), (4, 3), (5, 2), (4, 2)]


def test_an_area_with_trouble_is_not_in_order(record: Callable[[str], Record], ru: Translator) -> None:
    rows = build(ru, record("incomplete")).front.areas
    assert {row.state.mark for row in rows} == {"incomplete"}
    assert sum(row.not_checked for row in rows) == 24


@pytest.mark.parametrize(
    ("before", "after", "mark"),
    [
        ("passed", "passed", "same"),
        ("passed", "failed", "broken"),
        ("failed", "passed", "fixed"),
        ("failed", "failed", "old"),
        ("not-applicable", "not-applicable", "skipped"),
        ("passed", "trouble", "unknown"),
        ("passed", "not-checked", "unknown"),
        ("passed", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_matrix_says_what_became_of_a_scenario(
    tmp_path: Path, ru: Translator, before: str | None, after: str | None, mark: str
) -> None:
    scenario = Scenario(id="X-1", title="Сценарий", area="report", severity=Severity.BLOCKER)
    with RecordWriter.create(tmp_path / "r", sample.HEADER) as writer:
        for phase, outcome in zip(Phase, (before, after), strict=True):
            writer.event(EventKind.COLLECTED, Collected(phase=phase, scenarios=[scenario]))
            if outcome:
                run = ScenarioRun(id="X-1", phase=phase, outcome=Outcome(outcome))
                writer.event(EventKind.SCENARIO_FINISHED, ScenarioFinished(run=run))
    view = build(ru, read_record(tmp_path / "r"))
    assert view.scenarios[0].scenarios[0].change.mark == mark
    known = {one.what for one in view.unchecked}
    assert ("X-1 · Сценарий" in known) == (mark == "unknown")


def test_numbers_of_findings_lead_from_the_matrix_to_the_finding(
    record: Callable[[str], Record], ru: Translator
) -> None:
    view = build(ru, record("no_go"))
    by_number = {item.number: card for group in view.findings for card in group.cards for item in card.items}
    assert sorted(by_number) == list(range(1, 13))
    for group in view.scenarios:
        for scenario in group.scenarios:
            assert all(by_number[number].scenario == scenario.id for number in scenario.findings)


def test_timings_show_samples_medians_and_who_is_slower(record: Callable[[str], Record], ru: Translator) -> None:
    slowest, *others = build(ru, record("no_go")).timings
    assert (slowest.title, slowest.ratio, slowest.slower, slowest.samples) == (
        "Отчёт «Валовая прибыль» за квартал",
        "×3,5",
        True,
        "7 / 7",
    )
    assert slowest.before is not None
    assert slowest.after is not None
    assert len(slowest.after.ticks) == 7
    assert slowest.after.ticks[-1] == "100.00"
    assert float(slowest.before.median_at) < float(slowest.after.median_at)
    assert not any(one.slower for one in others)


def test_a_timing_seen_in_one_phase_is_shown_as_such(record: Callable[[str], Record], ru: Translator) -> None:
    timings = build(ru, record("incomplete")).timings
    assert timings
    assert {(one.after, one.ratio) for one in timings} == {(None, "—")}


def test_steps_fill_the_scale_one_after_another(record: Callable[[str], Record], ru: Translator) -> None:
    steps = build(ru, record("go")).steps
    ends = [float(step.start) + float(step.width) for step in steps]
    assert float(steps[0].start) == 0
    assert ends[-1] == pytest.approx(100, abs=0.05)
    assert all(float(step.start) == pytest.approx(end, abs=0.02) for step, end in zip(steps[1:], ends, strict=False))


@pytest.mark.parametrize(
    ("path", "href"),
    [
        ("evidence/ab-answer.json", "evidence/ab-answer.json"),
        ("before/REP-01/rows.parquet", "before/REP-01/rows.parquet"),
        ("evidence/имя файла.txt", "evidence/%D0%B8%D0%BC%D1%8F%20%D1%84%D0%B0%D0%B9%D0%BB%D0%B0.txt"),
        ("evidence/a.HTML", ""),
        ("evidence/../../etc/passwd", ""),
        ("record.json", ""),
        ("/etc/passwd", ""),
        ("//host/share", ""),
        ("javascript:alert(1)", ""),
        ("evidence\\..\\x.txt", ""),
        ("evidence/a\nb.txt", ""),
        ("", ""),
    ],
)
def test_only_harmless_files_of_the_record_are_linked(path: str, href: str) -> None:
    assert link(path).href == href


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("коротко", 10, "коротко"),
        ("раз два три четыре", 12, "раз два три…"),
        ("я" * 30, 10, "я" * 9 + "…"),
        ("раз,\n два  три", 20, "раз, два три"),
    ],
)
def test_cut_keeps_whole_words(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


def test_the_first_reason_counts_causes_before_findings(record: Callable[[str], Record], ru: Translator) -> None:
    read = record("no_go")
    decision = read.decision
    assert decision is not None
    blockers = [one for one in decision.findings if one.severity is Severity.BLOCKER]
    shared = [msgspec.structs.replace(one, cause="один") for one in decision.findings]
    told = SharedCause(
        id="один", severity=Severity.BLOCKER, area="exchange", text=blockers[0].text, findings=len(blockers)
    )

    first = reasons(ru, read, msgspec.structs.replace(decision, findings=shared, causes=[told]))[0]

    assert first.startswith(f"Выявлено: 1\N{NO-BREAK SPACE}причина, {len(blockers)}\N{NO-BREAK SPACE}блокирующих")


def test_a_finding_shows_two_more_rows_of_its_cause(record: Callable[[str], Record], ru: Translator) -> None:
    read = record("no_go")
    decision = read.decision
    assert decision is not None
    rows = [Example(key=f"Строка {number}", before="1", after="2") for number in range(1, 6)]
    found = msgspec.structs.replace(decision.findings[0], count=5, examples=rows)

    (group,) = finding_groups(ru, read, msgspec.structs.replace(decision, findings=[found]))

    assert [row.key for row in group.cards[0].items[0].examples] == ["Строка 2", "Строка 3"]


def test_what_differs_in_a_picture_is_in_the_document_itself(
    record: Callable[[str], Record], ru: Translator, tmp_path: Path
) -> None:
    read = replace(record("go"), path=tmp_path)
    (tmp_path / "differences").mkdir()
    shown = Difference(
        scenario="REP-01",
        observation="форма",
        kind=ObservationKind.DOCUMENT,
        cls=DifferenceClass.UNEXPLAINED,
        file="differences/form.png",
    )
    (tmp_path / shown.file).write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 10)
    decision = read.decision
    assert decision is not None

    def picture() -> str:
        return _difference(ru, read, shown, set()).picture

    assert picture().startswith("data:image/png;base64,iVBORw0K")
    beside = msgspec.structs.replace(shown, file="differences/form.values.json", evidence=[shown.file])
    assert _difference(ru, read, beside, set()).picture == picture()
    (tmp_path / shown.file).write_bytes(b"<svg onload=alert(1)>")
    assert picture() == ""
    (tmp_path / shown.file).write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * LARGEST_PICTURE)
    assert picture() == ""
