"""Kinds of journal events and the data each of them carries."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from harness.record.models import (
    Fact,
    Finding,
    NotChecked,
    Observation,
    Outcome,
    Phase,
    Scenario,
    ScenarioRun,
    Struct,
    Text,
)


class EventKind(StrEnum):
    """Every kind an event may have; the comment names the structure of its data."""

    RUN_STARTED = "run_started"  # any
    RUN_RESUMED = "run_resumed"  # any
    STEP_STARTED = "step_started"  # {name}
    STEP_FINISHED = "step_finished"  # models.Step
    COLLECTED = "collected"  # Collected
    SCENARIO_STARTED = "scenario_started"  # ScenarioStarted
    SCENARIO_FINISHED = "scenario_finished"  # ScenarioFinished
    PHASE_RESTARTED = "phase_restarted"  # {phase}: everything seen in this phase so far is void
    PHASE_FINISHED = "phase_finished"  # PhaseFinished
    FACT = "fact"  # models.Fact
    FINDING = "finding"  # models.Finding
    NOT_CHECKED = "not_checked"  # models.NotChecked
    CAPABILITY = "capability"  # models.Capability
    OVERRIDE = "override"  # models.Override
    AGREED = "agreed"  # {file, entries}: acceptances applied after the run
    DECIDED = "decided"  # {verdict}
    INTERRUPTED = "interrupted"  # any
    BY_HAND = "by_hand"  # {name, instruction}
    JOURNAL_REPAIRED = "journal_repaired"  # {bytes, evidence}


class Collected(Struct, frozen=True, kw_only=True):
    """Scenarios that pytest collected for a phase (or for one of its passes)."""

    phase: Phase
    scenarios: list[Scenario]
    excluded: list[Excluded] = msgspec.field(default_factory=list)


class Excluded(Struct, frozen=True, kw_only=True):
    """A scenario that was collected and taken out by a setting of the person who runs it."""

    id: str
    why: Text


class ScenarioStarted(Struct, frozen=True, kw_only=True):
    """A scenario begins; without its twin "finished" it was lost."""

    id: str
    phase: Phase
    worker: str = ""


class ScenarioFinished(Struct, frozen=True, kw_only=True):
    """Everything one scenario saw in one phase; a later one for the same scenario and phase replaces it whole."""

    run: ScenarioRun
    observations: list[Observation] = msgspec.field(default_factory=list)
    findings: list[Finding] = msgspec.field(default_factory=list)
    facts: list[Fact] = msgspec.field(default_factory=list)
    covers: list[str] = msgspec.field(default_factory=list)
    """Objects of the base the scenario said it checked while running, beside those of its marker."""
    not_checked: list[NotChecked] = msgspec.field(default_factory=list)
    """Parts of its matter the scenario did not reach, though it ran."""


class PhaseFinished(Struct, frozen=True, kw_only=True):
    """A pytest session of a phase ended.

    Attributes:
        exitstatus: pytest's own code: 0 passed, 1 failed, 2 interrupted, 3 internal error, 4 usage, 5 nothing collected.
        worker_lost: scenarios whose worker process died.
        problems: what pytest could not collect, one text each.
    """

    phase: Phase
    exitstatus: int
    worker_lost: list[str] = msgspec.field(default_factory=list)
    problems: list[Text] = msgspec.field(default_factory=list)
    outcomes: dict[Outcome, int] = msgspec.field(default_factory=dict)
