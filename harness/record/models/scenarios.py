"""Scenarios, how they ended in each phase, and what they saw."""

from __future__ import annotations

from typing import Any

from harness.record.models.texts import Struct, Text
from harness.record.models.words import ObservationKind, Outcome, Phase, Severity  # noqa: TC001 - msgspec reads annotations at run time


class Scenario(Struct, frozen=True, kw_only=True):
    """A collected scenario: its marker, its docstring, its definition."""

    id: str
    title: str
    """First line of the docstring."""
    description: str = ""
    area: str
    """exchange, report, flow, operation, sweep."""
    severity: Severity
    owner: str = ""
    nodeid: str = ""
    digest: str = ""
    """sha256 of the test's source: before and after must share it."""
    writes: bool = False
    covers: list[str] = []
    """Objects of the base it checks, as the inventory names them ("report:ВаловаяПрибыль")."""


class ScenarioRun(Struct, frozen=True, kw_only=True):
    """How one scenario ended in one phase."""

    id: str
    phase: Phase
    outcome: Outcome
    seconds: float = 0.0
    text: Text | None = None
    """Why it is not passed."""
    evidence: list[str] = []


class Observation(Struct, frozen=True, kw_only=True):
    """One named, typed value a scenario saw in one phase; the value itself is in `file`."""

    scenario: str
    name: str
    kind: ObservationKind
    phase: Phase
    file: str
    """Path inside the record."""
    digest: str
    """sha256 of the file."""
    title: str = ""
    rows: int = 0
    definition: dict[str, Any] = {}
    """How to compare: key, tolerance, ordered, mask, control, direction … JSON-able; must be equal in both phases."""
