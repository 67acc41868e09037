"""Page one: what a director needs and nothing else. Every choice of what to leave out is made here and said on the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from harness.record.models import DifferenceClass, Outcome, Phase, Severity, Verdict
from reports.view import words
from reports.view.common import area, areas, cut, fact, find_fact, verdict
from reports.view.model import AreaRow, Chip, Front, OverrideView, Pair, Unchecked
from reports.view.plan import actions, deadline
from reports.view.reasons import reasons

if TYPE_CHECKING:
    from harness.record.models import Decision
    from harness.record.reader import Record
    from reports.i18n import Translator

ROOMY: Final = 28
CROWDED: Final = 36
"""Printed lines of what differs from record to record that fit page one in the ordinary size, and in a smaller one."""

SHOWN_UNCHECKED: Final = 3
"""As many as leave page one one page; the rest are counted there and listed in full in the second part."""


def front(tr: Translator, record: Record, decision: Decision) -> Front:
    """Builds page one."""
    # Good news leaves room on the page for the whole list of accepted changes.
    made = _front(tr, record, decision, longest=320 if decision.verdict is Verdict.GO else 150)
    lines = _lines(made)
    if lines <= ROOMY:
        return made
    density, longest = ("compact", 190) if lines <= CROWDED else ("dense", 120)
    return replace(_front(tr, record, decision, longest=longest), density=density)


def _front(tr: Translator, record: Record, decision: Decision, *, longest: int) -> Front:
    header = record.header
    unchecked = unchecked_of(tr, record, decision)
    return Front(
        title=cut(header.project, 75),
        client=cut(header.client, 100),
        verdict=verdict(tr, decision.verdict),
        code=decision.verdict.value,
        sentence=tr(words.VERDICT_SENTENCES[decision.verdict]),
        override=_override(tr, decision),
        facts=_identity(tr, record, decision),
        deadline=deadline(tr, record, decision),
        reasons=tuple(cut(reason, longest) for reason in reasons(tr, record, decision)),
        actions=actions(tr, record, decision),
        areas=area_rows(tr, record, decision),
        unchecked=tuple(Unchecked(cut(one.what, 70), cut(one.why, 90)) for one in unchecked[:SHOWN_UNCHECKED]),
        unchecked_total=len(unchecked),
        emulator=tr("Стенд — эмулятор 1С из состава программы: рабочая платформа 1С в этой репетиции не участвовала.")
        if fact(record, decision, "stand_emulator") == "true"
        else "",
        signatures=(
            Pair(tr("Решение утверждаю"), ""),
            Pair(tr("Ответственный за обновление"), cut(header.owner, 60)),
            Pair(tr("Репетицию провёл"), ""),
        ),
        density="",
    )


def _lines(made: Front) -> int:
    """About how many printed lines the parts of page one take that differ from record to record."""
    why = sum(_rows(one, 62) for one in made.reasons)
    what = sum(_rows(one.value, 28) for one in made.facts)
    plan = sum(
        max(_rows(one.what + ", ".join(one.refs), 56), _rows(one.who, 30), _rows(one.until, 22)) for one in made.actions
    )
    areas_ = sum(_rows(one.title, 18) for one in made.areas)
    unchecked = sum(_rows(f"{one.what} — {one.why}", 100) for one in made.unchecked)
    override = _rows(made.override.reason, 100) + 2 if made.override else 0
    return max(why, what) + plan + areas_ + unchecked + override + _rows(made.deadline, 100) + _rows(made.title, 50)


def _rows(text: str, width: int) -> int:
    return -(-len(text) // width)


def unchecked_of(tr: Translator, record: Record, decision: Decision) -> list[Unchecked]:
    """Everything nobody looked at: what the run said, and scenarios that came to no outcome, each once."""
    said = [Unchecked(one.what, tr.text(one.why)) for one in (*decision.not_checked, *record.not_checked)]
    titles = {scenario.id: f"{scenario.id} · {tr.lookup(scenario.title)}" for scenario in record.scenarios.values()}
    mentioned = {one.what for one in said}
    for id_ in titles:
        if id_ not in mentioned:
            said.extend(_silent(tr, record, id_))
    return list(dict.fromkeys(Unchecked(titles.get(one.what) or tr.lookup(one.what), one.why) for one in said))


def _silent(tr: Translator, record: Record, scenario: str) -> list[Unchecked]:
    """A scenario without an outcome in a phase."""
    missing = []
    for phase in Phase:
        run = record.runs.get((scenario, phase))
        if run is None:
            missing.append(tr("сценарий не запускался {phase}", phase=tr(words.PHASES[phase])))
        elif run.outcome in {Outcome.TROUBLE, Outcome.NOT_CHECKED}:
            missing.append(tr.text(run.text) or tr(words.OUTCOMES[run.outcome]))
    return [Unchecked(scenario, "; ".join(dict.fromkeys(missing)))] if missing else []


def _override(tr: Translator, decision: Decision) -> OverrideView | None:
    override = decision.override
    if override is None:
        return None
    return OverrideView(
        who=cut(override.name, 60),
        at=tr.moment(override.at),
        reason=cut(override.reason, 170),
        before=verdict(tr, decision.verdict),
        after=verdict(tr, override.verdict),
    )


def _identity(tr: Translator, record: Record, decision: Decision) -> tuple[Pair, ...]:
    """Which base, which releases, when, on what: the lines beside the verdict."""
    header = record.header
    kind = tr.lookup(words.STAND_KINDS.get(header.stand_kind, header.stand_kind))
    period = f"{tr.date(header.period_start)} — {tr.date(header.period_end)}" if header.period_start else ""
    before, after = releases(record, decision)
    preflight = record.step("preflight")
    platform = preflight.facts.get("platform", "") if preflight else ""
    return tuple(
        Pair(label, cut(value, 70))
        for label, value in (
            (tr("База"), header.base),
            (tr("Релиз"), " → ".join(one for one in (before, after) if one)),
            (tr("Платформа"), platform),
            (tr("Стенд"), kind),
            (tr("Период данных"), period),
            (tr("Дата репетиции"), tr.moment(header.created)),
            (tr("Проверка самих проверок"), _watchfulness(tr, record, decision)),
        )
        if value
    )


def _watchfulness(tr: Translator, record: Record, decision: Decision) -> str:
    """How many seeded defects this suite noticed; "" when nobody proved it, or it has changed since."""
    found = find_fact(record, decision, "prove_noticed")
    if found is None or found.text is None:
        return ""
    counts = {name: found.text.params.get(name, "?") for name in ("noticed", "defects", "raised")}
    return tr("{noticed} из {defects} внесённых ошибок замечено, ложных тревог {raised}", **counts)


def releases(record: Record, decision: Decision) -> tuple[str, str]:
    """Releases before and after: what the stand said of itself, else what was configured."""
    return fact(record, decision, "release_before"), fact(record, decision, "release_after") or record.header.target


def area_rows(tr: Translator, record: Record, decision: Decision) -> tuple[AreaRow, ...]:
    """Counts by area; an area nobody checked has its row, too."""
    names = areas(
        [scenario.area for scenario in record.scenarios.values()] + [finding.area for finding in decision.findings]
    )
    return tuple(_area_row(tr, record, decision, name) for name in names)


def _area_row(tr: Translator, record: Record, decision: Decision, name: str) -> AreaRow:
    ids = [scenario.id for scenario in record.scenarios.values() if scenario.area == name]
    blamed = {finding.scenario for finding in decision.findings if finding.severity is not Severity.INFO}
    unseen = [id_ for id_ in ids if _unseen(record, id_)]
    clean = [id_ for id_ in ids if id_ not in blamed and id_ not in unseen and _passed(record, id_)]
    accepted = {
        (difference.scenario, difference.observation, difference.acceptance)
        for difference in record.differences
        if difference.scenario in ids and difference.cls is DifferenceClass.EXPECTED
    }
    counts = Counter(finding.severity for finding in decision.findings if finding.area == name)
    blockers, warnings = counts[Severity.BLOCKER], counts[Severity.WARNING]
    return AreaRow(
        title=cut(area(tr, name), 30),
        scenarios=len(ids),
        clean=len(clean),
        not_checked=len(unseen),
        blockers=blockers,
        warnings=warnings,
        accepted=len(accepted),
        state=_area_state(tr, len(ids), blockers, warnings, len(unseen)),
    )


def _unseen(record: Record, scenario: str) -> bool:
    """Whether a phase of the scenario says nothing about the product."""
    runs = [record.runs.get((scenario, phase)) for phase in Phase]
    return any(run is None or run.outcome in {Outcome.TROUBLE, Outcome.NOT_CHECKED} for run in runs)


def _passed(record: Record, scenario: str) -> bool:
    """Whether the product did after the update what the scenario expects."""
    run = record.runs.get((scenario, Phase.AFTER))
    return run is not None and run.outcome is Outcome.PASSED


def _area_state(tr: Translator, scenarios: int, blockers: int, warnings: int, not_checked: int) -> Chip:
    if blockers:
        return Chip(words.MARKS[Verdict.NO_GO], tr("препятствует"))
    if not scenarios:
        return Chip(words.MARKS[Verdict.INCOMPLETE], tr("не проверялось"))
    if not_checked:
        return Chip(words.MARKS[Verdict.INCOMPLETE], tr("проверено не всё"))
    if warnings:
        return Chip(words.MARKS[Verdict.CONDITIONS], tr("есть условия"))
    return Chip(words.MARKS[Verdict.GO], tr("исправно"))
