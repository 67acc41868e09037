"""Steps with their times, and what the run stood on: capabilities, facts, settings, versions, digests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.view import words
from reports.view.common import cut, links, plain
from reports.view.findings import source
from reports.view.model import CapabilityView, Chip, FactView, Pair, SettingView, StepView
from reports.view.timings import place

if TYPE_CHECKING:
    from harness.record.models import Decision, Fact
    from harness.record.reader import Record
    from reports.i18n import Translator


def step_views(tr: Translator, record: Record) -> tuple[StepView, ...]:
    """Steps one after another on one scale: pauses between steps (a person at work, a resumed run) are left out."""
    total = sum(step.seconds for step in record.steps)
    views, start = [], 0.0
    for step in record.steps:
        views.append(
            StepView(
                title=tr.lookup(words.STEPS.get(step.name, step.name)),
                state=Chip(step.outcome, tr.lookup(words.STEP_OUTCOMES.get(step.outcome, cut(step.outcome, 20)))),
                clock=cut(tr.clock(step.started), 20),
                seconds=tr.seconds(step.seconds),
                share=f"{round(100 * step.seconds / total)}\N{NO-BREAK SPACE}%" if total > 0 else "—",
                start=place(start, total),
                width=place(step.seconds, total),
                text=tr.text(step.text),
                facts=tuple(
                    Pair(tr.lookup(words.STEP_FACTS.get(name, name)), _answer(tr, value))
                    for name, value in sorted(step.facts.items())
                ),
                evidence=links(step.evidence),
            )
        )
        start += step.seconds
    return tuple(views)


def capability_views(tr: Translator, record: Record) -> tuple[CapabilityView, ...]:
    """What this stand can do and what it cannot."""
    return tuple(
        CapabilityView(
            title=tr.lookup(words.CAPABILITIES.get(one.name, one.name)),
            state=Chip("yes", tr("есть")) if one.present else Chip("no", tr("нет")),
            text=tr.text(one.text),
        )
        for one in sorted(record.capabilities.values(), key=lambda one: (one.present, one.name))
    )


def fact_views(tr: Translator, record: Record, decision: Decision) -> tuple[FactView, ...]:
    """Facts by name, the decision's first; a later fact of the same name and text replaces nothing."""
    unique = {(one.name, tr.text(one.text), one.value): one for one in (*record.facts.values(), *decision.facts)}
    return tuple(_fact(tr, one) for _, one in sorted(unique.items()))


def _fact(tr: Translator, fact: Fact) -> FactView:
    value = _answer(tr, fact.value)
    if plain(fact.name) in {"rollback_deadline", "window_start", "window_end"}:
        value = tr.moment(fact.value)
    elif fact.unit in {"s", "с", "seconds"}:
        value = _seconds(tr, fact.value)
    elif fact.unit:
        value = f"{tr.number(fact.value)}\N{NO-BREAK SPACE}{tr.lookup(fact.unit)}"
    title = tr.lookup(words.FACTS.get(plain(fact.name), fact.name))
    return FactView(title, tr.text(fact.text), value, links(fact.evidence))


def _answer(tr: Translator, value: str) -> str:
    """Yes, no and unknown in the language; every other value as it is."""
    return {"true": tr("да"), "false": tr("нет"), "unknown": tr("неизвестно")}.get(value, value)


def _seconds(tr: Translator, value: str) -> str:
    try:
        return tr.seconds(float(value))
    except ValueError:
        return value


def setting_views(tr: Translator, record: Record) -> tuple[SettingView, ...]:
    """Effective settings with their sources: those somebody set first, then the defaults."""
    return tuple(
        SettingView(one.key, one.value, source(tr, one.source))
        for one in sorted(record.header.settings, key=lambda one: (one.source == "default", one.key))
    )


def version_pairs(record: Record) -> tuple[Pair, ...]:
    """Versions of everything the run used."""
    return tuple(Pair(name, value) for name, value in sorted(record.header.versions.items()))


def digest_pairs(tr: Translator, record: Record) -> tuple[Pair, ...]:
    """Digests of what the run was given."""
    return tuple(
        Pair(tr.lookup(words.DIGESTS.get(name, name)), value) for name, value in sorted(record.header.digests.items())
    )
