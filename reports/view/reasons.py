"""Why: at most five plain sentences on page one, the weightiest first."""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Final

from harness.record.models import DifferenceClass, Severity, Verdict
from reports.view import words
from reports.view.common import area, areas, some

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.models import Decision, Finding, GateResult
    from harness.record.reader import Record
    from reports.i18n import Translator

MOST: Final = 5
ENDINGS: Final = frozenset({"SCENARIO-FAILED", "BROKEN-BEFORE", "FIXED"})
"""Findings that say how a scenario ended, in words a business reader follows; others name cells and attributes."""
COUNTING_GATES: Final = frozenset({"blockers", "warnings"})
"""Gates that only count findings: the first sentence says it better."""


def reasons(tr: Translator, record: Record, decision: Decision) -> list[str]:
    """Sentences of page one for a verdict."""
    sentences = {
        Verdict.NO_GO: _no_go,
        Verdict.CONDITIONS: _conditions,
        Verdict.INCOMPLETE: _incomplete,
        Verdict.GO: _go,
    }[decision.verdict](tr, record, decision)
    return [finished(sentence) for sentence in dict.fromkeys(sentences) if sentence][:MOST]


def _no_go(tr: Translator, record: Record, decision: Decision) -> Iterator[str]:
    blockers = _of(decision, Severity.BLOCKER)
    if blockers:
        yield _counted(tr, decision, blockers, "блокирующее замечание", "блокирующих замечаний")
    yield from _gates(tr, decision, Verdict.NO_GO)
    yield from islice(_gates(tr, decision, Verdict.INCOMPLETE), 1)
    yield from (_seen_by(tr, record, decision, finding) for finding in spread(telling(blockers)))


def _conditions(tr: Translator, record: Record, decision: Decision) -> Iterator[str]:
    warnings = _of(decision, Severity.WARNING)
    yield tr("Блокирующих замечаний нет.")
    if warnings:
        yield _counted(tr, decision, warnings, "предупреждение", "предупреждений")
    yield from _gates(tr, decision, Verdict.CONDITIONS)
    yield from (_seen_by(tr, record, decision, finding) for finding in spread(telling(warnings)))


def _incomplete(tr: Translator, _record: Record, decision: Decision) -> Iterator[str]:
    yield from _gates(tr, decision, Verdict.INCOMPLETE)
    warnings = _of(decision, Severity.WARNING)
    if warnings:
        yield _counted(tr, decision, warnings, "предупреждение", "предупреждений")
    yield from (tr.text(one.why) for one in decision.not_checked)


def _go(tr: Translator, record: Record, decision: Decision) -> Iterator[str]:
    checked = tr.count(len(record.scenarios), "сценарий", "сценариев")
    compared = tr.count(len({(d.scenario, d.observation) for d in record.differences}), "наблюдение", "наблюдений")
    yield tr(
        "Проверено до и после обновления: {checked}; сопоставлено: {compared}.", checked=checked, compared=compared
    )
    yield _explained(tr, record, decision)
    for name in ("update", "backup", "window"):
        yield from (_seen(tr, gate) for gate in decision.gates if gate.name == name)


def _explained(tr: Translator, record: Record, decision: Decision) -> str:
    """What is different after a clean update, and who agreed to it."""
    expected = {d.acceptance for d in record.differences if d.cls is DifferenceClass.EXPECTED}
    if not expected:
        return tr("Всё, что видит пользователь, после обновления осталось прежним.")
    reasons_ = [acceptance.reason.rstrip(".") for acceptance in decision.acceptances if acceptance.id in expected]
    return tr(
        "Всё осталось прежним, кроме заранее согласованного ({count}): {list}.",
        count=len(expected),
        list=some(tr, reasons_, 230, "; "),
    )


def _gates(tr: Translator, decision: Decision, verdict: Verdict) -> Iterator[str]:
    """What gates of one verdict say of themselves."""
    for gate in decision.gates:
        if gate.verdict is verdict and gate.name not in COUNTING_GATES:
            yield _gate(tr, gate)


def _gate(tr: Translator, gate: GateResult) -> str:
    return tr.text(gate.why) or tr(
        "Требуется: {wanted}; на деле: {seen}.", wanted=tr.text(gate.wanted), seen=tr.text(gate.seen)
    )


def _seen(tr: Translator, gate: GateResult) -> str:
    """What a passed gate saw, as a sentence of its own: "Резервная копия: копия восстановлена и совпала с базой"."""
    seen = tr.text(gate.seen)
    return f"{tr.lookup(words.GATES[gate.name])}: {seen[:1].lower()}{seen[1:]}"


def finished(sentence: str) -> str:
    """A sentence with its full stop."""
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


def _of(decision: Decision, severity: Severity) -> list[Finding]:
    return [finding for finding in decision.findings if finding.severity is severity]


def _counted(tr: Translator, decision: Decision, findings: list[Finding], one: str, many: str) -> str:
    """How many, and where: "Выявлено: 5 причин, 10 блокирующих замечаний (обмены — 3, отчёты — 4)."."""
    counts = Counter(finding.area for finding in findings)
    parts = ", ".join(f"{area(tr, name).lower()} — {counts[name]}" for name in areas(list(counts)) if counts[name])
    count = _causes(tr, decision, findings) + tr.count(len(findings), one, many)
    return tr("Выявлено: {count} ({parts}).", count=count, parts=parts)


def _told(tr: Translator, record: Record, finding: Finding) -> str:
    """A finding with the business matter it is about: what should hold, and what was seen instead."""
    scenario = record.scenarios.get(finding.scenario)
    text = tr.text(finding.text)
    if scenario is None:
        return text
    seen = finding.text.params.get("reason", text) if finding.code in ENDINGS else text
    return tr("Нарушено «{title}»: {seen}", title=tr.lookup(scenario.title).rstrip("."), seen=seen)


def _causes(tr: Translator, decision: Decision, findings: list[Finding]) -> str:
    """How many causes findings have, where these are fewer."""
    causes = {finding.cause for finding in findings if finding.cause}
    if not decision.causes or len(causes) >= len(findings):
        return ""
    return tr.count(len(causes), "причина", "причин") + ", "


def _seen_by(tr: Translator, record: Record, decision: Decision, finding: Finding) -> str:
    """A finding, with the other scenarios that saw the same cause."""
    told = _told(tr, record, finding)
    shared = next((cause for cause in decision.causes if cause.id == finding.cause), None)
    others = [name for name in (shared.scenarios if shared else ()) if name != finding.scenario]
    return tr("{text} Видят также: {others}.", text=finished(told), others=", ".join(others)) if others else told


def telling(findings: list[Finding]) -> list[Finding]:
    """One finding a cause, the one a business reader follows best; scenarios that failed outright first."""
    best: dict[str, Finding] = {}
    for finding in findings:
        key = finding.cause or finding.scenario or finding.object
        if key not in best or (finding.code in ENDINGS and best[key].code not in ENDINGS):
            best[key] = finding
    return sorted(best.values(), key=lambda one: one.code not in ENDINGS)


def spread(findings: list[Finding]) -> Iterator[Finding]:
    """Findings in turn from every area, so that the first few tell of all; areas in the document's order."""
    queues = {name: [f for f in findings if f.area == name] for name in areas([f.area for f in findings])}
    while any(queues.values()):
        for queue in queues.values():
            if queue:
                yield queue.pop(0)
