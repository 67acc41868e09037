"""Reading a run record: the journal folded into what the run knows at this moment, at any moment of its life."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from harness.errors import RecordError
from harness.record.events import Collected, EventKind, Excluded, PhaseFinished, ScenarioFinished, ScenarioStarted
from harness.record.journal import Event, read_journal
from harness.record.manifest import MANIFEST, verify_manifest
from harness.record.models import (
    Acceptance,
    Capability,
    Decision,
    Difference,
    Fact,
    Finding,
    Header,
    NotChecked,
    Observation,
    Outcome,
    Override,
    Phase,
    Scenario,
    ScenarioRun,
    Step,
)
from harness.record.store import COMPARED, EXPLAINED, JOURNAL, VERDICT, Explained, header_digest, read_header

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_T = TypeVar("_T")


@dataclass(slots=True)
class PhaseState:
    """What is known of one phase.

    Attributes:
        scenarios: collected ones by id.
        finished: results by scenario id; the last one counts.
        started: ids of those that began and did not finish.
        sessions: pytest sessions that ended, in order (two when writing scenarios run apart).
    """

    scenarios: dict[str, Scenario] = field(default_factory=dict)
    excluded: dict[str, Excluded] = field(default_factory=dict)
    finished: dict[str, ScenarioFinished] = field(default_factory=dict)
    started: set[str] = field(default_factory=set)
    sessions: list[PhaseFinished] = field(default_factory=list)

    @property
    def done(self) -> frozenset[str]:
        """Ids that need not run again on resume: everything with a result but the stand's own trouble."""
        return frozenset(name for name, result in self.finished.items() if result.run.outcome is not Outcome.TROUBLE)


@dataclass(slots=True)
class Record:
    """A run record in memory. Scenario findings and facts come after those of the pipeline."""

    path: Path
    header: Header
    events: list[Event]
    sealed: bool
    steps: list[Step] = field(default_factory=list)
    phases: dict[Phase, PhaseState] = field(default_factory=lambda: {phase: PhaseState() for phase in Phase})
    own_facts: list[Fact] = field(default_factory=list)
    own_findings: list[Finding] = field(default_factory=list)
    own_not_checked: list[NotChecked] = field(default_factory=list)
    capabilities: dict[str, Capability] = field(default_factory=dict)
    overrides: list[Override] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    compared: bool = False
    """Whether the comparison was made at all: no differences of a comparison never made are no good news."""
    acceptances: list[Acceptance] = field(default_factory=list)
    decision: Decision | None = None

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """Scenarios of both phases by id; what `after` says of one counts."""
        return self.phases[Phase.BEFORE].scenarios | self.phases[Phase.AFTER].scenarios

    @property
    def runs(self) -> dict[tuple[str, Phase], ScenarioRun]:
        """How each scenario ended in each phase."""
        return {
            (name, phase): done.run for phase, state in self.phases.items() for name, done in state.finished.items()
        }

    @property
    def observations(self) -> list[Observation]:
        """All observations of both phases."""
        return [
            seen for state in self.phases.values() for done in state.finished.values() for seen in done.observations
        ]

    @property
    def findings(self) -> list[Finding]:
        """Findings of the pipeline and of scenarios (not those the gate draws from differences: see `decision`)."""
        scenario = [
            found for state in self.phases.values() for done in state.finished.values() for found in done.findings
        ]
        return self.own_findings + scenario

    @property
    def facts(self) -> dict[str, Fact]:
        """Facts by name; a later one replaces an earlier one."""
        scenario = [fact for state in self.phases.values() for done in state.finished.values() for fact in done.facts]
        return {fact.name: fact for fact in [*scenario, *self.own_facts]}

    @property
    def not_checked(self) -> list[NotChecked]:
        """What the pipeline could not check, what was excluded, scenarios without their precondition, parts a scenario did not reach."""
        lacking = [
            NotChecked(what=done.run.id, why=done.run.text)
            for state in self.phases.values()
            for done in state.finished.values()
            if done.run.outcome is Outcome.NOT_CHECKED and done.run.text is not None
        ]
        parts = [
            part for state in self.phases.values() for done in state.finished.values() for part in done.not_checked
        ]
        excluded = [NotChecked(what=e.id, why=e.why) for state in self.phases.values() for e in state.excluded.values()]
        unique = {(item.what, str(item.why)): item for item in [*self.own_not_checked, *excluded, *lacking, *parts]}
        return list(unique.values())

    @property
    def covered(self) -> frozenset[str]:
        """Objects of the base that were checked in both phases ("report:ВаловаяПрибыль"): scenario passed or failed there."""
        sides = []
        for state in self.phases.values():
            side: set[str] = set()
            for name, done in state.finished.items():
                if done.run.outcome in (Outcome.PASSED, Outcome.FAILED):
                    side |= set(done.covers)
                    side |= set(state.scenarios[name].covers) if name in state.scenarios else set()
            sides.append(side)
        return frozenset(sides[0] & sides[1])

    def step(self, name: str) -> Step | None:
        """The last result of a step, None when it did not finish."""
        return next((step for step in reversed(self.steps) if step.name == name), None)


def read_record(path: Path, *, verify: bool = True) -> Record:
    """Reads a record, sealed or still growing, whole or killed.

    Args:
        path: the record's folder.
        verify: compare a sealed record with its manifest, and miss the manifest of a finished one; the chain of the
            journal is verified always.

    Raises:
        RecordError: not a record, another version, or edited; the place names the file.
    """
    header = read_header(path)
    sealed = (path / MANIFEST).exists()
    if sealed and verify:
        verify_manifest(path)
    events = read_journal(path / JOURNAL, genesis=header_digest(path))
    record = Record(path=path, header=header, events=events, sealed=sealed)
    for event in events:
        _fold(record, event)
    if verify and not sealed and events and _is_last_step(events[-1]):
        raise RecordError(
            "В завершённом протоколе прогона нет описи: проверить, что его не правили, нельзя",
            place=str(path / MANIFEST),
            hint="Возьмите исходную копию; если прогон прервали в последний миг, завершите его: readiness run --resume",
        )
    _read_results(record)
    return record


def _is_last_step(event: Event) -> bool:
    """The manifest is written right after the documents, so a record that ends with them had one."""
    return event.kind == EventKind.STEP_FINISHED and event.data.get("name") == "documents"


def _read_results(record: Record) -> None:
    if (explained := record.path / EXPLAINED).exists():
        content = _read(explained, Explained)
        record.differences, record.acceptances, record.compared = content.differences, content.acceptances, True
    elif (compared := record.path / COMPARED).exists():
        record.differences, record.compared = _read(compared, list[Difference]), True
    if (verdict := record.path / VERDICT).exists():
        record.decision = _read(verdict, Decision)


def _read(path: Path, of: type[_T]) -> _T:
    try:
        return msgspec.json.decode(path.read_bytes(), type=of)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(
            "Файл протокола прогона повреждён", place=str(path), hint="Возьмите исходную копию"
        ) from error


def _fold(record: Record, event: Event) -> None:
    fold = _FOLDS.get(event.kind)
    if fold is None:
        return
    try:
        fold(record, event.data)
    except (msgspec.ValidationError, KeyError, ValueError) as error:
        raise RecordError(
            f"Событие «{event.kind}» журнала записано не по правилам: {error}",
            place=f"{record.path / JOURNAL}, строка {event.seq}",
            hint="Протокол записан другой версией или правлен вручную",
        ) from error


def _collected(record: Record, data: dict[str, Any]) -> None:
    collected = msgspec.convert(data, Collected)
    state = record.phases[collected.phase]
    state.scenarios |= {scenario.id: scenario for scenario in collected.scenarios}
    state.excluded |= {excluded.id: excluded for excluded in collected.excluded}


def _started(record: Record, data: dict[str, Any]) -> None:
    started = msgspec.convert(data, ScenarioStarted)
    record.phases[started.phase].started.add(started.id)


def _finished(record: Record, data: dict[str, Any]) -> None:
    finished = msgspec.convert(data, ScenarioFinished)
    state = record.phases[finished.run.phase]
    state.finished[finished.run.id] = finished
    state.started.discard(finished.run.id)


def _phase_finished(record: Record, data: dict[str, Any]) -> None:
    finished = msgspec.convert(data, PhaseFinished)
    record.phases[finished.phase].sessions.append(finished)


def _phase_restarted(record: Record, data: dict[str, Any]) -> None:
    record.phases[Phase(data["phase"])] = PhaseState()


def _capability(record: Record, data: dict[str, Any]) -> None:
    capability = msgspec.convert(data, Capability)
    record.capabilities[capability.name] = capability


_FOLDS: dict[str, Callable[[Record, dict[str, Any]], None]] = {
    EventKind.STEP_FINISHED: lambda record, data: record.steps.append(msgspec.convert(data, Step)),
    EventKind.COLLECTED: _collected,
    EventKind.SCENARIO_STARTED: _started,
    EventKind.SCENARIO_FINISHED: _finished,
    EventKind.PHASE_FINISHED: _phase_finished,
    EventKind.PHASE_RESTARTED: _phase_restarted,
    EventKind.FACT: lambda record, data: record.own_facts.append(msgspec.convert(data, Fact)),
    EventKind.FINDING: lambda record, data: record.own_findings.append(msgspec.convert(data, Finding)),
    EventKind.NOT_CHECKED: lambda record, data: record.own_not_checked.append(msgspec.convert(data, NotChecked)),
    EventKind.CAPABILITY: _capability,
    EventKind.OVERRIDE: lambda record, data: record.overrides.append(msgspec.convert(data, Override)),
}
