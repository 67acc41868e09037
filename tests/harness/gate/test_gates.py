from __future__ import annotations

import dataclasses
from typing import Any

import msgspec
import pytest

from harness.gate import JudgeInput, PhaseInput, facts, judge
from harness.record import PhaseFinished, now
from harness.record.models import (
    Acceptance,
    Fact,
    Finding,
    GateResult,
    NotChecked,
    Outcome,
    Override,
    Phase,
    Scenario,
    Severity,
    Step,
    Text,
    Verdict,
)

REPORT = Scenario(id="REP-01", title="Отчёт", area="report", severity=Severity.BLOCKER)
FLOW = Scenario(id="FLOW-01", title="Продажа", area="flow", severity=Severity.WARNING)
NOTE = Scenario(id="INFO-01", title="Сведения", area="operation", severity=Severity.INFO)
GOOD_FACTS = {
    facts.BACKUP_PROVEN: "true",
    facts.RESTORE_SECONDS: "12.4",
    facts.RESOURCES_BLOCKED: "true",
    facts.JOBS_BLOCKED: "true",
    facts.BASE_BEFORE: "demo",
    facts.BASE_AFTER: "demo",
    facts.RELEASE_BEFORE: "2.0.14.7",
    facts.RELEASE_AFTER: "2.0.15.2",
    facts.HANDLERS_FAILED: "0",
    facts.DEFERRED_LEFT: "0",
    facts.EXTENSIONS_REFUSED: "0",
    facts.REPORTS_CUSTOM: "1",
    facts.REPORTS_CUSTOM_NAMES: "ВаловаяПрибыль",
}


def known(**changes: str | None) -> dict[str, Fact]:
    values = {**GOOD_FACTS, **{getattr(facts, name): value for name, value in changes.items()}}
    return {name: Fact(name=name, value=value) for name, value in values.items() if value is not None}


def phase(which: Phase, *, exitstatus: int = 0, **outcomes: Outcome) -> PhaseInput:
    found = {"REP-01": Outcome.PASSED, "FLOW-01": Outcome.PASSED, "INFO-01": Outcome.PASSED}
    found |= {name.replace("_", "-"): outcome for name, outcome in outcomes.items()}
    return PhaseInput(
        collected=frozenset(found),
        outcomes=found,
        reasons={name: Text(msgid="Потому что") for name, outcome in found.items() if outcome is not Outcome.PASSED},
        sessions=(PhaseFinished(phase=which, exitstatus=exitstatus),),
    )


GOOD = JudgeInput(
    run="1",
    before=phase(Phase.BEFORE),
    after=phase(Phase.AFTER),
    scenarios={scenario.id: scenario for scenario in (REPORT, FLOW, NOTE)},
    facts=known(),
    steps=tuple(
        Step(name=name, outcome="done", started=now(), seconds=1)
        for name in ("backup", "proof", "before", "update", "after")
    ),
    covered=frozenset({"report:ВаловаяПрибыль"}),
    observed=2,
    target="2.0.15.2",
)


def changed(**fields: Any) -> JudgeInput:
    return dataclasses.replace(GOOD, **fields)


def finding(severity: Severity, text: str = "Замечание") -> Finding:
    return Finding(code="X", severity=severity, area="report", object="Отчёт", text=Text(msgid=text))


def gate(inputs: JudgeInput, name: str) -> GateResult:
    return next(result for result in judge(inputs).gates if result.name == name)


def test_everything_good_is_go() -> None:
    decision = judge(GOOD, at="2026-11-24T00:00:00+00:00")

    assert decision.verdict is Verdict.GO, [result for result in decision.gates if result.verdict is not Verdict.GO]
    assert decision.exit_code == 0
    assert decision.computed == "2026-11-24T00:00:00+00:00"
    assert {fact.name: fact.value for fact in decision.facts}[facts.REPORTS_CHECKED] == "1"


def test_everything_missing_is_incomplete() -> None:
    decision = judge(JudgeInput(run="1", before=PhaseInput(), after=PhaseInput(), compared=False))

    assert (decision.verdict, decision.exit_code) == (Verdict.INCOMPLETE, 11)


@pytest.mark.parametrize(
    ("inputs", "name", "verdict"),
    [
        (changed(findings=(finding(Severity.BLOCKER),)), "blockers", Verdict.NO_GO),
        (changed(findings=(finding(Severity.WARNING),)), "warnings", Verdict.CONDITIONS),
        (changed(findings=(finding(Severity.INFO),)), "warnings", Verdict.GO),
        (changed(findings=(finding(Severity.WARNING),), thresholds={"max_warnings": "1"}), "warnings", Verdict.GO),
        (changed(before=PhaseInput()), "phases", Verdict.INCOMPLETE),
        (changed(after=PhaseInput()), "phases", Verdict.INCOMPLETE),
        (
            changed(after=PhaseInput(sessions=(PhaseFinished(phase=Phase.AFTER, exitstatus=5),))),
            "phases",
            Verdict.INCOMPLETE,
        ),
        (changed(after=phase(Phase.AFTER, exitstatus=2)), "phases", Verdict.INCOMPLETE),
        (changed(after=phase(Phase.AFTER, exitstatus=3)), "phases", Verdict.INCOMPLETE),
        (changed(after=phase(Phase.AFTER, exitstatus=4)), "phases", Verdict.INCOMPLETE),
        (changed(after=phase(Phase.AFTER, exitstatus=1)), "phases", Verdict.GO),
        (changed(after=dataclasses.replace(GOOD.after, sessions=())), "phases", Verdict.INCOMPLETE),
        (
            changed(after=dataclasses.replace(GOOD.after, collected=GOOD.after.collected | {"NEW"})),
            "phases",
            Verdict.INCOMPLETE,
        ),
        (
            changed(before=dataclasses.replace(GOOD.before, collected=frozenset({"REP-01"}))),
            "phases",
            Verdict.INCOMPLETE,
        ),
        (changed(after=phase(Phase.AFTER, REP_01=Outcome.TROUBLE)), "stand", Verdict.INCOMPLETE),
        (changed(after=phase(Phase.AFTER, REP_01=Outcome.NOT_CHECKED)), "not_checked", Verdict.CONDITIONS),
        (changed(after=phase(Phase.AFTER, INFO_01=Outcome.NOT_CHECKED)), "not_checked", Verdict.GO),
        (changed(after=phase(Phase.AFTER, REP_01=Outcome.NOT_APPLICABLE)), "not_checked", Verdict.GO),
        (
            changed(after=dataclasses.replace(GOOD.after, excluded=frozenset({"FLOW-02"}))),
            "not_checked",
            Verdict.CONDITIONS,
        ),
        (
            changed(
                before=dataclasses.replace(GOOD.before, excluded=frozenset({"FLOW-02"})),
                thresholds={"not_checked": "ignore"},
            ),
            "not_checked",
            Verdict.GO,
        ),
        (changed(compared=False), "pairing", Verdict.INCOMPLETE),
        (changed(observed=0), "pairing", Verdict.INCOMPLETE),
        (changed(untold=(NotChecked(what="x", why=Text(msgid="y")),)), "pairing", Verdict.INCOMPLETE),
        (changed(facts=known(BASE_AFTER="другая")), "pairing", Verdict.INCOMPLETE),
        (changed(facts=known(BACKUP_PROVEN="false")), "backup", Verdict.NO_GO),
        (changed(facts=known(BACKUP_PROVEN=None)), "backup", Verdict.CONDITIONS),
        (changed(facts=known(BACKUP_PROVEN="unknown")), "backup", Verdict.CONDITIONS),
        (changed(facts=known(BACKUP_PROVEN=None), thresholds={"backup_unproven": "no-go"}), "backup", Verdict.NO_GO),
        (changed(facts=known(BACKUP_PROVEN=None), thresholds={"backup_unproven": "ignore"}), "backup", Verdict.GO),
        (
            changed(facts=known(BACKUP_PROVEN=None), thresholds={"backup_unproven": "чушь"}),
            "backup",
            Verdict.INCOMPLETE,
        ),
        (changed(facts=known(JOBS_BLOCKED="unknown")), "isolation", Verdict.CONDITIONS),
        (changed(facts=known(RESOURCES_BLOCKED="false")), "isolation", Verdict.CONDITIONS),
        (
            changed(facts=known(JOBS_BLOCKED="unknown"), thresholds={"isolation_unknown": "ignore"}),
            "isolation",
            Verdict.GO,
        ),
        (  # a policy for not knowing does not wave an open stand through
            changed(facts=known(RESOURCES_BLOCKED="false"), thresholds={"isolation_unknown": "ignore"}),
            "isolation",
            Verdict.CONDITIONS,
        ),
        (changed(facts=known(RELEASE_AFTER="2.0.14.7")), "update", Verdict.NO_GO),
        (changed(facts=known(RELEASE_AFTER=None)), "update", Verdict.CONDITIONS),
        (changed(facts=known(RELEASE_AFTER=None), target=""), "update", Verdict.GO),
        (changed(target=""), "update", Verdict.GO),
        (changed(facts=known(RELEASE_AFTER="2.0.14.7"), target=""), "update", Verdict.CONDITIONS),
        (changed(facts=known(HANDLERS_FAILED="1")), "update", Verdict.NO_GO),
        (changed(facts=known(HANDLERS_FAILED=None)), "update", Verdict.CONDITIONS),
        (changed(facts=known(DEFERRED_LEFT="3")), "update", Verdict.CONDITIONS),
        (changed(facts=known(EXTENSIONS_REFUSED="1")), "update", Verdict.NO_GO),
        (changed(steps=()), "update", Verdict.INCOMPLETE),
        (changed(covered=frozenset()), "reports", Verdict.CONDITIONS),
        (changed(covered=frozenset({"report:ОборотноСальдоваяВедомость"})), "reports", Verdict.CONDITIONS),
        (changed(facts=known(REPORTS_CUSTOM="0")), "reports", Verdict.GO),
        (changed(facts=known(REPORTS_CUSTOM=None)), "reports", Verdict.CONDITIONS),
        (changed(facts=known(REPORTS_CUSTOM=None), scenarios={"FLOW-01": FLOW}), "reports", Verdict.GO),
        (changed(thresholds={"report_coverage": "много"}), "reports", Verdict.GO),
    ],
)
def test_gate_by_gate(inputs: JudgeInput, name: str, verdict: Verdict) -> None:
    result = gate(inputs, name)

    assert result.verdict is verdict, result
    assert judge(inputs).verdict.rank >= verdict.rank
    if verdict is not Verdict.GO:
        assert result.why is not None
        assert "{" not in f"{result.seen}{result.wanted}{result.why}"


def test_all_scenarios_unchecked_is_incomplete() -> None:
    sides = [
        phase(side, REP_01=Outcome.NOT_CHECKED, FLOW_01=Outcome.NOT_CHECKED, INFO_01=Outcome.NOT_APPLICABLE)
        for side in Phase
    ]

    assert gate(changed(before=sides[0], after=sides[1]), "phases").verdict is Verdict.INCOMPLETE


def test_failed_step_is_told_in_its_own_words() -> None:
    text = Text(msgid="Диск {name} полон", params={"name": "D:"})
    failed = Step(name="restore", outcome="failed", started=now(), seconds=1, text=text)

    result = gate(changed(steps=(*GOOD.steps, failed)), "steps")

    assert (result.verdict, str(result.why)) == (Verdict.INCOMPLETE, "Диск D: полон")


def test_step_that_was_done_again_is_done() -> None:
    failed = Step(name="backup", outcome="failed", started=now(), seconds=1)

    assert gate(changed(steps=(failed, *GOOD.steps)), "steps").verdict is Verdict.GO


def test_lost_worker_is_incomplete() -> None:
    inputs = changed(after=phase(Phase.AFTER, exitstatus=1, FLOW_01=Outcome.TROUBLE))

    assert judge(inputs).verdict is Verdict.INCOMPLETE


def test_share_of_reports_is_told_with_its_source() -> None:
    inputs = changed(
        covered=frozenset(f"report:Р{number}" for number in range(7)),
        facts=known(REPORTS_CUSTOM="10", REPORTS_CUSTOM_NAMES=None),
        thresholds={"report_coverage": "0.7"},
        sources={"report_coverage": "readiness.toml:12"},
    )

    result = gate(inputs, "reports")

    assert (result.verdict, result.source) == (Verdict.GO, "readiness.toml:12")
    assert str(result.wanted) == "Проверено не меньше 70 % своих отчётов"
    assert str(result.seen) == "Проверено 7 из 10 своих отчётов (70 %)"


@pytest.mark.parametrize(("fits", "verdict"), [("true", Verdict.GO), ("false", Verdict.NO_GO)])
def test_window_counts_when_one_was_set(fits: str, verdict: Verdict) -> None:
    fact = Fact(name=facts.WINDOW_FITS, value=fits, text=Text(msgid="Нужно {needed} мин", params={"needed": "90"}))

    result = gate(changed(facts=known() | {fact.name: fact}), "window")

    assert (result.verdict, str(result.seen)) == (verdict, "Нужно 90 мин")
    assert all(result.name != "window" for result in judge(GOOD).gates)


def test_expired_acceptance_blocks() -> None:
    item = Acceptance(id="VAT", scenario="*", reason="r", owner="o", until="2020-01-01", expired=True)

    assert gate(changed(acceptances=(item,)), "acceptances").verdict is Verdict.NO_GO


def test_override_is_kept_and_changes_nothing() -> None:
    override = Override(name="Иванова", reason="Срочно", verdict=Verdict.GO, at=now())

    decision = judge(changed(findings=(finding(Severity.BLOCKER),), override=override))

    assert (decision.verdict, decision.exit_code, decision.override) == (Verdict.NO_GO, 1, override)


def test_decision_is_json_and_back() -> None:
    decision = judge(GOOD)

    assert msgspec.json.decode(msgspec.json.encode(decision), type=type(decision)) == decision
