"""From a decided record to what the suite noticed in it, and from there to whether the variant held. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.prove.results import INCOMPLETE, Notice, Trial, weight
from harness.prove.variants import AREAS, RUN, Kind, Variant
from harness.record.models import Outcome, Phase, Severity, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.record import Record
    from harness.record.models import Decision, Finding

LONGEST = 600
"""Characters of a message that are kept."""
KEPT = 6
"""Messages of one scenario that are kept; those that were expected are always among them."""
_MEANS = {"blocker": Verdict.NO_GO, INCOMPLETE: Verdict.INCOMPLETE, "warning": Verdict.CONDITIONS}
_PORT = re.compile(r"(://[^/\s:]+):\d+")
GATE = "GATE-"
"""Beginning of the code of what a gate says."""
_OF_FINDINGS = ("blockers", "warnings")
"""Gates that only repeat what a finding says."""
_UNKNOWN = (Outcome.TROUBLE, Outcome.NOT_CHECKED)


def notices_of(record: Record, decision: Decision) -> list[Notice]:
    """Everything said of the update: findings, scenarios that could not check any more, steps that failed, gates that say more."""
    return [*_from_findings(decision.findings), *_from_runs(record), *_from_steps(record), *_from_gates(decision)]


def _from_findings(findings: Iterable[Finding]) -> Iterator[Notice]:
    for item in findings:
        if item.severity is not Severity.INFO:
            text = _line(item)
            yield Notice(scenario=item.scenario, severity=item.severity.value, code=item.code, text=text)


def _line(item: Finding) -> str:
    """What a reader of the document sees of a finding: object, sentence, both values, examples."""
    parts = [f"{item.object}: {item.text}"]
    if item.before or item.after:
        parts.append(f"{item.before} → {item.after}")
    parts += [
        f"{one.key} {one.column}: {one.before} → {one.after}".strip() for one in getattr(item, "examples", None) or ()
    ]
    return "; ".join(parts)


def _from_runs(record: Record) -> Iterator[Notice]:
    runs = record.runs
    for (name, phase), run in runs.items():
        before = runs.get((name, Phase.BEFORE))
        if phase is Phase.AFTER and run.outcome in _UNKNOWN and (before is None or before.outcome not in _UNKNOWN):
            yield Notice(scenario=name, severity=INCOMPLETE, code=run.outcome.value.upper(), text=str(run.text or ""))


def _from_steps(record: Record) -> Iterator[Notice]:
    for step in record.steps:
        if step.outcome == "failed":
            yield Notice(severity=INCOMPLETE, code=f"STEP-{step.name.upper()}", text=str(step.text or step.name))


def _from_gates(decision: Decision) -> Iterator[Notice]:
    words = {Verdict.CONDITIONS: "warning", Verdict.INCOMPLETE: INCOMPLETE, Verdict.NO_GO: "blocker"}
    for gate in decision.gates:
        if gate.verdict in words and gate.name not in _OF_FINDINGS:
            text = str(gate.why or gate.seen)
            yield Notice(severity=words[gate.verdict], code=f"{GATE}{gate.name.upper()}", text=text)


def tried(
    variant: Variant,
    said: Sequence[Notice],
    verdict: Verdict,
    *,
    control: Sequence[Notice],
    control_verdict: Verdict,
    areas: Mapping[str, str],
    seconds: float,
) -> Trial:
    """Whether a variant held.

    Args:
        variant: what was seeded.
        said: everything said of it.
        verdict: it came to.
        control: everything said of an update that changes nothing: the suite's own noise, never a notice.
        control_verdict: what that one came to.
        areas: id of a scenario to its area.
        seconds: it took.
    """
    noise = {_identity(item) for item in control}
    fresh = [item for item in said if _identity(item) not in noise]
    marked = [
        msgspec.structs.replace(item, text=_cut(item.text), expected=_expected(variant, item, areas)) for item in fresh
    ]
    limit = max(variant.limit, control_verdict, key=lambda item: item.rank)
    defect = variant.kind is Kind.DEFECT
    if defect:
        held = any(item.expected for item in marked)
    else:
        held = verdict.rank <= limit.rank and _worst(fresh).rank <= variant.limit.rank
    return Trial(
        id=variant.id,
        kind=variant.kind,
        title=variant.title,
        about=variant.about,
        area=variant.area,
        held=held,
        verdict=verdict.value,
        limit="" if defect else limit.value,
        wanted=wanted(variant),
        notices=_kept(marked),
        seconds=round(seconds, 2),
    )


def _worst(notices: Iterable[Notice]) -> Verdict:
    """What notices alone come to: on a stand whose ordinary verdict is INCOMPLETE a warning would not be seen in the verdict."""
    return max(
        (_MEANS.get(item.severity, Verdict.GO) for item in notices), key=lambda item: item.rank, default=Verdict.GO
    )


def _identity(item: Notice) -> tuple[str, str, str]:
    """The same notice about another variant: each stand listens at a port of its own."""
    return item.scenario, item.code, _PORT.sub(r"\1", item.text)


def wanted(variant: Variant) -> str:
    """Who was to notice a defect, and by which words."""
    return f"{', '.join(variant.scenarios)}: {', '.join(variant.words)}" if variant.words else ""


def untried(variant: Variant, seconds: float, *, trouble: str = "", skipped: str = "") -> Trial:
    """A variant that could not be tried did not hold, whatever the reason; one that is not of this base says nothing."""
    return Trial(
        id=variant.id,
        kind=variant.kind,
        title=variant.title,
        about=variant.about,
        area=variant.area,
        held=bool(skipped),
        wanted=wanted(variant),
        seconds=round(seconds, 2),
        trouble=_cut(trouble),
        skipped=skipped,
    )


def _expected(variant: Variant, item: Notice, areas: Mapping[str, str]) -> bool:
    if variant.kind is not Kind.DEFECT or not any(_from(where, item, areas) for where in variant.scenarios):
        return False
    text = item.text.casefold()
    return all(word.casefold() in text for word in variant.words)


def _from(where: str, item: Notice, areas: Mapping[str, str]) -> bool:
    if where == RUN:
        return not item.scenario
    if where in AREAS:
        return areas.get(item.scenario) == AREAS[where]
    return item.scenario == where


def _kept(notices: Sequence[Notice]) -> list[Notice]:
    """The worst few of each scenario: ten thousand messages about one thing are no better than six."""
    found: dict[str, int] = {}
    kept = []
    for item in sorted(notices, key=lambda item: (not item.expected, weight(item.severity))):
        found[item.scenario] = found.get(item.scenario, 0) + 1
        if found[item.scenario] <= KEPT:
            kept.append(item)
    return sorted(kept, key=lambda item: (weight(item.severity), item.scenario))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
