"""What the gates look at, taken from a record: everything a verdict rests on, and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.gate.facts import DEFAULTS, UNKNOWN
from harness.gate.findings import findings_of
from harness.record.models import (
    Acceptance,
    DifferenceClass,
    Fact,
    Finding,
    NotChecked,
    Outcome,
    Override,
    Phase,
    Scenario,
    Step,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.record.events import PhaseFinished
    from harness.record.reader import Record


@dataclass(frozen=True, slots=True)
class PhaseInput:
    """How one phase went.

    Attributes:
        collected: ids of scenarios pytest collected.
        outcomes: how each ended.
        reasons: why, for those that did not pass.
        sessions: pytest sessions that ended.
        excluded: ids the settings left out (`only`, `skip`).
    """

    collected: frozenset[str] = frozenset()
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    reasons: Mapping[str, Text] = field(default_factory=dict)
    sessions: tuple[PhaseFinished, ...] = ()
    excluded: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class JudgeInput:
    """Input of the judge.

    Attributes:
        scenarios: of both phases, by id.
        untold: observations that could not be compared.
        compared: whether the comparison was made.
        observed: how many observations both phases have.
        covered: objects checked in both phases.
        thresholds: thresholds and policies by name.
        sources: where each came from.
    """

    run: str
    before: PhaseInput
    after: PhaseInput
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    facts: Mapping[str, Fact] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    untold: tuple[NotChecked, ...] = ()
    not_checked: tuple[NotChecked, ...] = ()
    compared: bool = True
    observed: int = 0
    covered: frozenset[str] = frozenset()
    target: str = ""
    thresholds: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    acceptances: tuple[Acceptance, ...] = ()
    override: Override | None = None

    @property
    def phases(self) -> dict[Phase, PhaseInput]:
        """Both phases by name."""
        return {Phase.BEFORE: self.before, Phase.AFTER: self.after}

    def fact(self, name: str) -> str | None:
        """Value of a fact; None when nobody knows."""
        fact = self.facts.get(name)
        return None if fact is None or fact.value in ("", UNKNOWN) else fact.value

    def number(self, name: str) -> float | None:
        """Value of a fact as a number; None when nobody knows, or it is none."""
        value = self.fact(name)
        try:
            return None if value is None else float(value)
        except ValueError:
            return None

    def threshold(self, name: str) -> str:
        """Threshold or policy."""
        return self.thresholds.get(name) or DEFAULTS[name]

    def source(self, name: str) -> str:
        """Where a threshold came from."""
        return self.sources.get(name, "default")


def inputs_of(record: Record) -> JudgeInput:
    """Everything the judge needs of a record."""
    header = record.header
    settings = {setting.key: setting.source for setting in header.settings}
    names = DEFAULTS.keys() | header.gates.keys()
    told = {
        name
        for (name, phase), run in record.runs.items()
        if phase is Phase.AFTER and run.outcome is Outcome.FAILED and _passed(record, name)
    }
    return JudgeInput(
        run=header.run,
        before=_phase(record, Phase.BEFORE),
        after=_phase(record, Phase.AFTER),
        scenarios=record.scenarios,
        findings=tuple(findings_of(record)),
        facts=record.facts,
        steps=tuple(record.steps),
        untold=tuple(
            NotChecked(what=f"{item.scenario}: {item.title or item.observation}", why=item.text or Text(msgid=""))
            for item in record.differences
            # A scenario that only fails after the update is a finding of its own; what it did not get to see needs no second word.
            if item.cls is DifferenceClass.NO_TWIN and item.scenario not in told
        ),
        not_checked=tuple(record.not_checked),
        compared=record.compared,
        observed=len(record.observations),
        covered=record.covered,
        target=header.target,
        thresholds=header.gates,
        sources={name: settings.get(f"gates.{name}") or settings.get(name, "default") for name in names},
        acceptances=tuple(record.acceptances),
        override=record.overrides[-1] if record.overrides else None,
    )


def _passed(record: Record, name: str) -> bool:
    """Whether a scenario worked before the update."""
    run = record.runs.get((name, Phase.BEFORE))
    return run is not None and run.outcome is Outcome.PASSED


def _phase(record: Record, phase: Phase) -> PhaseInput:
    state = record.phases[phase]
    runs = {name: done.run for name, done in state.finished.items()}
    return PhaseInput(
        collected=frozenset(state.scenarios),
        outcomes={name: run.outcome for name, run in runs.items()},
        reasons={name: run.text for name, run in runs.items() if run.text is not None},
        sessions=tuple(state.sessions),
        excluded=frozenset(state.excluded),
    )
