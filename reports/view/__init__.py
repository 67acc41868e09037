"""A run record as the document shows it: `build` makes the whole view, templates only lay it out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.record.models import Decision, DifferenceClass, GateResult, Text, Verdict
from reports.view.appendix import (
    capability_views,
    digest_pairs,
    fact_views,
    setting_views,
    step_views,
    version_pairs,
)
from reports.view.findings import (
    SHOWN_DIFFERENCES,
    acceptance_views,
    difference_views,
    finding_groups,
    gate_rows,
    unpaired,
)
from reports.view.front import front, unchecked_of
from reports.view.model import View
from reports.view.scenarios import scenario_groups
from reports.view.timings import timing_views

if TYPE_CHECKING:
    from harness.record.reader import Record
    from reports.i18n import Translator

__all__ = ["View", "build", "decision_of"]


def decision_of(record: Record) -> Decision:
    """The record's decision; a record that never came to one is INCOMPLETE and says so."""
    if record.decision is not None:
        return record.decision
    gate = GateResult(
        name="decision",
        verdict=Verdict.INCOMPLETE,
        wanted=Text(msgid="Прогон доведён до решения."),
        seen=Text(msgid="Решения в протоколе нет."),
        why=Text(msgid="Прогон не дошёл до решения: он прерван или ещё идёт."),
    )
    return Decision(
        run=record.header.run,
        verdict=Verdict.INCOMPLETE,
        exit_code=Verdict.INCOMPLETE.exit_code,
        computed=record.header.created,
        gates=[gate],
        findings=list(record.findings),
    )


def build(tr: Translator, record: Record) -> View:
    """Builds the view of a record in the translator's language."""
    decision, header = decision_of(record), record.header
    differences = difference_views(tr, record, decision)
    return View(
        language=tr.language,
        project=header.project,
        client=header.client,
        run=header.run,
        created=tr.moment(header.created),
        front=front(tr, record, decision),
        gates=gate_rows(tr, decision),
        findings=finding_groups(tr, record, decision),
        acceptances=acceptance_views(tr, decision),
        differences=differences[:SHOWN_DIFFERENCES],
        differences_hidden=max(0, len(differences) - SHOWN_DIFFERENCES),
        unpaired=unpaired(tr, record),
        identical=sum(one.cls is DifferenceClass.IDENTICAL for one in record.differences),
        scenarios=scenario_groups(tr, record, decision),
        timings=timing_views(tr, record, decision),
        steps=step_views(tr, record),
        steps_total=tr.seconds(sum(step.seconds for step in record.steps)),
        unchecked=tuple(unchecked_of(tr, record, decision)),
        capabilities=capability_views(tr, record),
        facts=fact_views(tr, record, decision),
        settings=setting_views(tr, record),
        versions=version_pairs(record),
        digests=digest_pairs(tr, record),
    )
