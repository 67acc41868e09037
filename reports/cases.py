"""Scenarios folded over both phases, as machine formats (JUnit, Allure) want them: one case a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.record.models import Outcome, Phase, Severity
from reports.view import decision_of

if TYPE_CHECKING:
    from harness.record import Record
    from harness.record.models import Finding, Scenario, ScenarioRun
    from reports.i18n import Translator


class Status(StrEnum):
    """How a case counts for a machine."""

    PASSED = "passed"
    FAILED = "failed"
    """A finding that stands against the update, or a scenario the product did not pass."""
    BROKEN = "broken"
    """The stand's own trouble, or a phase that never ran: nothing is known."""
    SKIPPED = "skipped"
    """Not checked, or not applicable, with a reason."""


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario.

    Attributes:
        runs: of the phases, in their order; None for a phase in which it did not run.
        against: findings that stand against the update: blockers and warnings.
        notes: findings for information.
        reason: why it is not passed, one line; "" when it is.
    """

    scenario: Scenario
    runs: tuple[ScenarioRun | None, ScenarioRun | None]
    against: tuple[Finding, ...]
    notes: tuple[Finding, ...]
    status: Status
    reason: str

    @property
    def seconds(self) -> float:
        """Time in both phases together."""
        return sum(run.seconds for run in self.runs if run is not None)

    @property
    def evidence(self) -> tuple[str, ...]:
        """Files of the record that prove its findings and outcomes, each once."""
        found = [path for finding in (*self.against, *self.notes) for path in finding.evidence]
        ran = [path for run in self.runs if run is not None for path in run.evidence]
        return tuple(dict.fromkeys(found + ran))


def cases(record: Record, translator: Translator) -> list[Case]:
    """Every scenario of the record by area and id."""
    findings = decision_of(record).findings
    return [
        _case(record, translator, scenario, [one for one in findings if one.scenario == scenario.id])
        for scenario in sorted(record.scenarios.values(), key=lambda one: (one.area, one.id))
    ]


def stray_findings(record: Record) -> list[Finding]:
    """Findings of no scenario: the pipeline's own, and those of scenarios the record does not know."""
    return [one for one in decision_of(record).findings if one.scenario not in record.scenarios]


def _case(record: Record, tr: Translator, scenario: Scenario, findings: list[Finding]) -> Case:
    runs = (record.runs.get((scenario.id, Phase.BEFORE)), record.runs.get((scenario.id, Phase.AFTER)))
    against = tuple(one for one in findings if one.severity is not Severity.INFO)
    status, reason = _status(tr, runs, against)
    notes = tuple(one for one in findings if one.severity is Severity.INFO)
    return Case(scenario, runs, against, notes, status, reason)


def _status(
    tr: Translator, runs: tuple[ScenarioRun | None, ScenarioRun | None], against: tuple[Finding, ...]
) -> tuple[Status, str]:
    if against:
        more = f" (+{len(against) - 1})" if len(against) > 1 else ""
        return Status.FAILED, tr.text(against[0].text) + more
    outcomes = [run.outcome if run else None for run in runs]
    said = "; ".join(dict.fromkeys(tr.text(run.text) for run in runs if run is not None and run.text is not None))
    if Outcome.FAILED in outcomes:
        return Status.FAILED, said or tr("сценарий не пройден")
    if Outcome.TROUBLE in outcomes:
        return Status.BROKEN, said or tr("сбой стенда")
    if Outcome.NOT_CHECKED in outcomes or Outcome.NOT_APPLICABLE in outcomes:
        return Status.SKIPPED, said or tr("не проверено")
    if None in outcomes:
        return Status.BROKEN, tr("сценарий выполнен не на обоих этапах")
    return Status.PASSED, ""


def tell(tr: Translator, finding: Finding) -> str:
    """A finding as plain lines."""
    lines = [
        f"[{finding.code}] {finding.object}",
        tr.text(finding.text),
        _line(tr("До обновления"), finding.before),
        _line(tr("После обновления"), finding.after),
        _line(tr("Ответственный"), finding.owner),
        _line(tr("Что сделать"), tr.text(finding.advice)),
        _line(tr("Доказательства"), ", ".join(finding.evidence)),
    ]
    return "\n".join(line for line in lines if line)


def _line(label: str, value: str) -> str:
    return f"{label}: {value}" if value else ""
