"""The scenario matrix: how every scenario ended before and after, and what that means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.record.models import Outcome, Phase
from reports.view import words
from reports.view.common import area, areas, outcome
from reports.view.findings import numbers_by_scenario
from reports.view.model import Chip, PhaseCell, ScenarioGroup, ScenarioView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.record.models import Decision, Scenario, ScenarioRun
    from harness.record.reader import Record
    from reports.i18n import Translator


def scenario_groups(tr: Translator, record: Record, decision: Decision) -> tuple[ScenarioGroup, ...]:
    """Scenarios by area, in the order of their ids."""
    numbers = numbers_by_scenario(decision)
    groups = []
    for name in areas([scenario.area for scenario in record.scenarios.values()]):
        found = sorted((one for one in record.scenarios.values() if one.area == name), key=lambda one: one.id)
        if found:
            views = tuple(_scenario(tr, record, one, numbers.get(one.id, ())) for one in found)
            groups.append(ScenarioGroup(area(tr, name), views))
    return tuple(groups)


def _scenario(tr: Translator, record: Record, scenario: Scenario, findings: tuple[int, ...]) -> ScenarioView:
    before = record.runs.get((scenario.id, Phase.BEFORE))
    after = record.runs.get((scenario.id, Phase.AFTER))
    change = _change(tr, before, after, found=bool(findings))
    return ScenarioView(
        id=scenario.id,
        title=tr.lookup(scenario.title),
        description=tr.lookup(scenario.description),
        weight=tr(words.WEIGHTS[scenario.severity]),
        owner=tr.lookup(scenario.owner) or tr("не назначен"),
        writes=scenario.writes,
        before=_cell(tr, before),
        after=_cell(tr, after),
        change=change,
        notes=() if findings else _notes(tr, (before, after)),
        attention=change.mark not in {"same", "skipped"},
        findings=findings,
    )


def _cell(tr: Translator, run: ScenarioRun | None) -> PhaseCell:
    if run is None:
        return PhaseCell(outcome(tr, None), "")
    return PhaseCell(outcome(tr, run.outcome), tr.seconds(run.seconds))


def _notes(tr: Translator, runs: Sequence[ScenarioRun | None]) -> tuple[str, ...]:
    """Why it did not pass, phase by phase; the same words once."""
    said: dict[str, str] = {}
    for run in runs:
        if run is not None and run.text is not None:
            said.setdefault(tr.text(run.text), tr(words.PHASES[run.phase]))
    return tuple(f"{phase}: {text}" for text, phase in said.items())


def _change(tr: Translator, before: ScenarioRun | None, after: ScenarioRun | None, *, found: bool) -> Chip:
    """What became of the scenario by the update."""
    ends = (before.outcome if before else None, after.outcome if after else None)
    if ends == (Outcome.PASSED, Outcome.PASSED):
        return Chip("differs", tr("есть замечания")) if found else Chip("same", tr("без изменений"))
    if ends == (Outcome.PASSED, Outcome.FAILED):
        return Chip("broken", tr("перестал работать"))
    if ends == (Outcome.FAILED, Outcome.PASSED):
        return Chip("fixed", tr("стал работать"))
    if ends == (Outcome.FAILED, Outcome.FAILED):
        return Chip("old", tr("не работал и до обновления"))
    if ends == (Outcome.NOT_APPLICABLE, Outcome.NOT_APPLICABLE):
        return Chip("skipped", tr("не применим"))
    return Chip("unknown", tr("не проверено"))
