"""The judge: gates over findings and facts, the verdict the worst of them. Pure: the same input, the same decision.

Monotone: one more finding never makes a verdict better. Independent of order: gates look at sets. Idempotent: a decision is not part
of its own input. An override is kept beside the verdict and never changes it.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from harness.gate import gates
from harness.gate.facts import REPORTS_CHECKED, REPORTS_CUSTOM
from harness.gate.inputs import JudgeInput, inputs_of
from harness.gate.operations import OPERATIONS, reports_checked
from harness.gate.subjects import with_causes
from harness.record.journal import canonical, now
from harness.record.models import Decision, Fact, GateResult, NotChecked, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from harness.record.models import Finding
    from harness.record.reader import Record

GATES: tuple[Callable[[JudgeInput], GateResult | None], ...] = (
    gates.blockers,
    gates.phases,
    gates.stand,
    gates.steps,
    gates.pairing,
    *OPERATIONS,
    gates.not_checked,
    gates.warnings,
)
"""In the order of telling."""


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst verdict on the lattice; of nothing at all, INCOMPLETE."""
    return max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.INCOMPLETE)


def judge(inputs: JudgeInput, *, at: str = "") -> Decision:
    """The decision.

    Args:
        inputs: everything it rests on.
        at: when it is made, ISO 8601; this moment when empty.
    """
    # Gates quote the first finding: which one that is must not depend on the order they came in.
    found, causes = with_causes(sorted(inputs.findings, key=_weight))
    inputs = dataclasses.replace(inputs, findings=tuple(found))
    results = [result for gate in GATES if (result := gate(inputs)) is not None]
    verdict = worst(result.verdict for result in results)
    return Decision(
        run=inputs.run,
        verdict=verdict,
        exit_code=verdict.exit_code,
        computed=at or now(),
        gates=results,
        findings=list(inputs.findings),
        causes=causes,
        acceptances=list(inputs.acceptances),
        facts=_facts(inputs),
        not_checked=_not_checked(inputs),
        override=inputs.override,
    )


def judge_record(record: Record) -> Decision:
    """The decision a record comes to; whoever asks, and whenever, it is the same."""
    return judge(inputs_of(record))


def _weight(finding: Finding) -> tuple[int, str, str, bytes]:
    """Worst first; the rest of the order is arbitrary but always the same."""
    return list(Severity).index(finding.severity), finding.scenario, finding.code, canonical(finding)


def _facts(inputs: JudgeInput) -> list[Fact]:
    known = dict(inputs.facts)
    if inputs.number(REPORTS_CUSTOM):
        known[REPORTS_CHECKED] = Fact(name=REPORTS_CHECKED, value=str(reports_checked(inputs)))
    return [known[name] for name in sorted(known)]


def _not_checked(inputs: JudgeInput) -> list[NotChecked]:
    unique = {(item.what, str(item.why)): item for item in [*inputs.not_checked, *inputs.untold]}
    return [unique[key] for key in sorted(unique)]
