"""The gate's algebra: monotone, independent of order, idempotent, never better than its worst part."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.gate import JudgeInput, facts, judge, worst
from harness.record.models import Fact, Finding, NotChecked, Outcome, Phase, Severity, Text, Verdict
from tests.harness.gate.test_gates import GOOD, known, phase

if TYPE_CHECKING:
    from collections.abc import Sequence

FINDINGS = st.builds(
    Finding,
    code=st.sampled_from(["DIFFERENCE", "RIGHTS"]),
    severity=st.sampled_from(Severity),
    area=st.just("report"),
    object=st.sampled_from(["Отчёт", "Обмен"]),
    text=st.builds(Text, msgid=st.sampled_from(["А", "Б"])),
)
BAD_FACTS = st.sampled_from(
    [
        {facts.BACKUP_PROVEN: "false"},
        {facts.BACKUP_PROVEN: "unknown"},
        {facts.JOBS_BLOCKED: "unknown"},
        {facts.RELEASE_AFTER: "1.0"},
        {facts.HANDLERS_FAILED: "2"},
        {facts.DEFERRED_LEFT: "2"},
        {facts.BASE_AFTER: "чужая"},
    ]
)
OUTCOMES = st.sampled_from(Outcome)


@st.composite
def inputs(draw: st.DrawFn) -> JudgeInput:
    """Any input around a good one."""
    changes = {name: Fact(name=name, value=value) for name, value in draw(st.one_of(st.just({}), BAD_FACTS)).items()}
    return dataclasses.replace(
        GOOD,
        before=phase(Phase.BEFORE, REP_01=draw(OUTCOMES), FLOW_01=draw(OUTCOMES)),
        after=phase(Phase.AFTER, REP_01=draw(OUTCOMES), FLOW_01=draw(OUTCOMES)),
        findings=tuple(draw(st.lists(FINDINGS, max_size=4))),
        facts=known() | changes,
        untold=tuple(draw(st.lists(st.just(NotChecked(what="x", why=Text(msgid="y"))), max_size=1))),
        compared=draw(st.booleans()),
        thresholds=draw(st.sampled_from([{}, {"max_warnings": "2"}, {"not_checked": "no-go"}])),
    )


def verdict(given_inputs: JudgeInput, extra: Sequence[Finding] = ()) -> Verdict:
    return judge(dataclasses.replace(given_inputs, findings=(*given_inputs.findings, *extra))).verdict


@given(inputs(), FINDINGS)
def test_one_more_finding_never_improves_the_verdict(given_inputs: JudgeInput, extra: Finding) -> None:
    assert verdict(given_inputs, [extra]).rank >= verdict(given_inputs).rank


@given(inputs(), st.randoms())
def test_order_of_findings_does_not_matter(given_inputs: JudgeInput, chance: object) -> None:
    shuffled = list(given_inputs.findings)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    turned = dataclasses.replace(
        given_inputs, findings=tuple(shuffled), facts=dict(reversed(list(given_inputs.facts.items())))
    )

    assert judge(given_inputs, at="t") == judge(turned, at="t")


@given(inputs())
def test_judging_again_gives_the_same(given_inputs: JudgeInput) -> None:
    assert judge(given_inputs, at="t") == judge(given_inputs, at="t")


@given(inputs())
def test_verdict_is_the_worst_gate_and_its_code(given_inputs: JudgeInput) -> None:
    decision = judge(given_inputs)

    assert decision.verdict is worst(result.verdict for result in decision.gates)
    assert decision.exit_code == decision.verdict.exit_code


@given(inputs())
def test_trouble_of_the_stand_is_never_go(given_inputs: JudgeInput) -> None:
    lost = dataclasses.replace(given_inputs, after=phase(Phase.AFTER, REP_01=Outcome.TROUBLE))

    assert judge(lost).verdict in (Verdict.INCOMPLETE, Verdict.NO_GO)


@given(st.lists(st.sampled_from(Verdict)), st.lists(st.sampled_from(Verdict)))
def test_worst_is_a_lattice(first: list[Verdict], second: list[Verdict]) -> None:
    assert worst([]) is Verdict.INCOMPLETE
    if first and second:
        assert worst([*first, *second]) is worst([worst(first), worst(second)]) is worst([*second, *first])
        assert worst([*first, *first]) is worst(first)
