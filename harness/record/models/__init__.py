"""What a run record holds, as frozen structures: the contract between those who write it and those who read it.

Texts for people are `Text`: a Russian message with named places, so that a document can be rendered in another language
months later. Times are ISO 8601 strings with offset, durations are seconds. Everything is JSON-able by msgspec.
"""

from __future__ import annotations

from harness.record.models.decision import Decision, GateResult, Override, SharedCause
from harness.record.models.differences import Cause, ColumnChange, Difference, Example
from harness.record.models.findings import Acceptance, Fact, Finding, NotChecked
from harness.record.models.header import Capability, Header, Release, Setting, Step
from harness.record.models.scenarios import Observation, Scenario, ScenarioRun
from harness.record.models.texts import Struct, Text, fill
from harness.record.models.words import SCHEMA, DifferenceClass, ObservationKind, Outcome, Phase, Severity, Verdict

__all__ = [
    "SCHEMA",
    "Acceptance",
    "Capability",
    "Cause",
    "ColumnChange",
    "Decision",
    "Difference",
    "DifferenceClass",
    "Example",
    "Fact",
    "Finding",
    "GateResult",
    "Header",
    "NotChecked",
    "Observation",
    "ObservationKind",
    "Outcome",
    "Override",
    "Phase",
    "Release",
    "Scenario",
    "ScenarioRun",
    "Setting",
    "Severity",
    "SharedCause",
    "Step",
    "Struct",
    "Text",
    "Verdict",
    "fill",
]
