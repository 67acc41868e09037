"""A record with one scenario, seen before and after as a test says, compared for real."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.observe import compare_record
from harness.observe.capture import Observe
from harness.observe.notes import Notes
from harness.observe.pseudonyms import Pseudonyms
from harness.record import Collected, EventKind, Record, RecordWriter, ScenarioFinished, now, read_record
from harness.record.models import Difference, Header, Outcome, Phase, Scenario, ScenarioRun, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.observe.renderer import Renderer
    from harness.record.models import Finding, NotChecked

SCENARIO = Scenario(id="A-1", title="Отчёт", area="report", severity=Severity.BLOCKER, digest="1")


class Pair:
    """Both phases of one scenario."""

    def __init__(self, folder: Path, *, gates: dict[str, str] | None = None) -> None:
        header = Header(run="1", created=now(), project="p", stand_kind="embedded", target="2.0.15", gates=gates or {})
        self.writer = RecordWriter.create(folder, header)
        self.findings: dict[Phase, list[Finding]] = {}
        self.not_checked: dict[Phase, list[NotChecked]] = {}
        self.renderer: Renderer | None = None

    def see(self, phase: Phase, scenario: Callable[[Observe], Any], *, known: Scenario = SCENARIO) -> None:
        """Runs a scenario's body in one phase."""
        self.writer.event(EventKind.COLLECTED, Collected(phase=phase, scenarios=[known]))
        notes = Notes(known, phase, self.writer.evidence)
        scenario(Observe(self.writer.path, notes, Pseudonyms(b"key"), 3, self.renderer))
        self.findings[phase], self.not_checked[phase] = notes.findings, notes.not_checked
        run = ScenarioRun(id=known.id, phase=phase, outcome=Outcome.PASSED)
        finished = ScenarioFinished(run=run, observations=notes.observations, findings=notes.findings)
        self.writer.event(EventKind.SCENARIO_FINISHED, finished)

    def both(self, before: Callable[[Observe], Any], after: Callable[[Observe], Any]) -> list[Difference]:
        """Runs both and compares."""
        self.see(Phase.BEFORE, before)
        self.see(Phase.AFTER, after)
        return compare_record(self.writer)

    def read(self) -> Record:
        """The record as it is now."""
        return read_record(self.writer.path)


def tables(folder: Path, before: Sequence[Any], after: Sequence[Any], **how: Any) -> list[Difference]:
    """Differences of two tables with the key «К»."""
    how = {"key": "К", **how}
    return Pair(folder).both(
        lambda observe: observe.table("t", before, **how), lambda observe: observe.table("t", after, **how)
    )
