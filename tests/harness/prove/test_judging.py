"""Whether a variant held: who must notice, by which words, and what is only the suite's own noise."""

from __future__ import annotations

import pytest

from harness.prove.judging import tried
from harness.prove.results import Notice, Proof, Trial, read_proof, write_proof
from harness.prove.variants import Kind, Variant
from harness.record.models import Verdict

AREAS = {"REP-01": "report", "FLOW-01": "flow"}


def said(scenario: str, text: str, severity: str = "blocker") -> Notice:
    return Notice(scenario=scenario, severity=severity, code="DIFFERENCE", text=text)


def defect(*scenarios: str) -> Variant:
    return Variant("d", "t", Kind.DEFECT, scenarios=scenarios, words=("Прибыль", "Выручка"))


def judged(
    variant: Variant, *notices: Notice, control: tuple[Notice, ...] = (), verdict: Verdict = Verdict.NO_GO
) -> Trial:
    return tried(variant, notices, verdict, control=control, control_verdict=Verdict.GO, areas=AREAS, seconds=1.0)


@pytest.mark.parametrize(
    ("where", "notice", "held"),
    [
        ("reports", said("REP-01", "отчёт прибыль, выручка: было 1"), True),
        ("REP-01", said("REP-01", "Прибыль Выручка"), True),
        ("reports", said("REP-01", "Прибыль"), False),  # the place is not named
        ("reports", said("FLOW-01", "Прибыль Выручка"), False),  # by somebody else
        ("run", said("", "Прибыль Выручка"), True),
        ("run", said("REP-01", "Прибыль Выручка"), False),
    ],
)
def test_a_defect_must_be_named_by_whom_it_should(where: str, notice: Notice, held: bool) -> None:
    assert judged(defect(where), notice).held is held


def test_what_is_said_of_an_update_that_changes_nothing_is_no_notice() -> None:
    noise = said("REP-01", "Прибыль Выручка (GET http://127.0.0.1:1001/demo)")
    same = said("REP-01", "Прибыль Выручка (GET http://127.0.0.1:2002/demo)")
    assert not judged(defect("reports"), same, control=(noise,)).held
    assert judged(defect("reports"), same).held


@pytest.mark.parametrize(
    ("limit", "verdict", "severity", "held"),
    [
        (Verdict.GO, Verdict.GO, "", True),
        (Verdict.GO, Verdict.CONDITIONS, "warning", False),
        (Verdict.CONDITIONS, Verdict.CONDITIONS, "warning", True),
        (Verdict.CONDITIONS, Verdict.NO_GO, "blocker", False),
        (Verdict.CONDITIONS, Verdict.INCOMPLETE, "incomplete", False),
    ],
)
def test_a_harmless_change_may_go_as_far_as_its_limit(
    limit: Verdict, verdict: Verdict, severity: str, held: bool
) -> None:
    notices = [said("REP-01", "x", severity)] if severity else []
    assert judged(Variant("h", "t", Kind.HARMLESS, limit=limit), *notices, verdict=verdict).held is held


def test_a_warning_is_seen_where_the_ordinary_verdict_is_bad_already() -> None:
    variant = Variant("h", "t", Kind.HARMLESS, limit=Verdict.GO)
    trial = tried(
        variant,
        [said("REP-01", "x", "warning")],
        Verdict.INCOMPLETE,
        control=(),
        control_verdict=Verdict.INCOMPLETE,
        areas=AREAS,
        seconds=1.0,
    )
    assert not trial.held


def test_a_proof_survives_its_file_and_counts_what_says_something(tmp_path_factory: pytest.TempPathFactory) -> None:
    trials = [
        Trial(
            id="a",
            kind=Kind.DEFECT,
            title="t",
            held=True,
            notices=[said("REP-01", "x"), said("REP-01", "y", "warning")],
        ),
        Trial(id="b", kind=Kind.DEFECT, title="t", held=False),
        Trial(id="c", kind=Kind.DEFECT, title="t", held=True, skipped="нет отчётов"),
        Trial(id="d", kind=Kind.HARMLESS, title="t", held=False),
    ]
    proof = Proof(created="2026-01-01", source="defects", whole=True, scenarios=AREAS, trials=trials)
    path = write_proof(tmp_path_factory.mktemp("proof"), proof)
    read = read_proof(path)
    assert (read.noticed, read.defects, read.raised, read.harmless, read.holds) == (1, 2, 1, 1, False)
    head, first, *_ = (path.parent / "matrix.csv").read_text(encoding="utf-8-sig").splitlines()
    assert head == "id;kind;title;held;verdict;REP-01;FLOW-01;run"
    assert first == "a;defect;t;yes;;blocker;;"
