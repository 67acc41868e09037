"""From what a record holds to findings: differences, endings of scenarios, what scenarios noted, acceptances. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from harness.gate.agreed import from_acceptances
from harness.gate.causes import Told, causes
from harness.record.files import sha256
from harness.record.models import (
    Difference,
    DifferenceClass,
    Finding,
    Observation,
    ObservationKind,
    Outcome,
    Phase,
    Scenario,
    ScenarioRun,
    Severity,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.record.reader import Record

_ORDER = (Severity.INFO, Severity.WARNING, Severity.BLOCKER)
_OPERATION = "operation"

_ADVICE = {
    "DIFFERENCE": "Выясните причину: ошибка релиза — сообщите разработчику, ожидаемое изменение — согласуйте его (readiness accept)",
    "STRUCTURE": "Проверьте, кто пользуется этими данными, и исправьте отчёт или обмен до обновления",
    "CONTRACT": "Исправьте обмен или доработку, которые это используют, до обновления",
    "SLOWER": "Найдите причину замедления на стенде: индексы, запрос, объём данных",
    "DUPLICATE-KEY": "Проверьте, почему строки повторяются; если так и должно быть, дополните ключ сценария",
    "SCENARIO-FAILED": "Повторите действие на стенде вручную и передайте разработчику приложенные сведения",
    "CONTROL-TOTAL-BEFORE": "Это не следствие обновления: решите отдельно, мешает ли оно работать",
    "BROWSER-CHANGED": "Выполните оба этапа на одной машине с одним браузером или сравните страницы глазами",
    "MACHINE-SLOWER": "Если время операции важно, повторите замер, когда машина не занята",
    "CONTROL-TOTAL": "Сверьте отчёт с регистром и найдите строки, из-за которых равенство нарушено",
    "NOTHING-SEEN": "Проверьте отбор и период сценария; если таблица и должна быть пуста, скажите это: may_be_empty=True",
    "BROKEN-BEFORE": "Это не следствие обновления: решите отдельно, мешает ли оно работать",
}
_ABOUT_THE_MACHINE = ("MACHINE-SLOWER", "BROWSER-CHANGED")
"""Said of what was compared with, not of what was compared."""
_ANOTHER = "Сценарий «{title}» после обновления не выполняется по другой причине: было «{before}», стало «{reason}»"
_VOLATILE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[+-]?\d+(?:[.,:]\d+)*", re.IGNORECASE)
_NO_BYTES = sha256(b"")
_NOT_NEW = "Замечание было и до обновления: обновление ему не причина"
_GONE = "До обновления замечание было, после — нет"


def findings_of(record: Record) -> list[Finding]:
    """Every finding of a record; the judge puts them in order."""
    scenarios = record.scenarios
    return [
        *record.own_findings,
        *_from_differences(record.differences, scenarios),
        *_from_runs(scenarios, record.runs),
        *_from_nothing(record),
        *_from_scenarios([*_noted(record, Phase.BEFORE)], [*_noted(record, Phase.AFTER)]),
        *from_acceptances(record.acceptances, record.header.owner, scenarios),
    ]


def _noted(record: Record, phase: Phase) -> Iterable[Finding]:
    return (found for done in record.phases[phase].finished.values() for found in done.findings)


def milder(severity: Severity, limit: Severity) -> Severity:
    """A severity, but not above a limit."""
    return min(severity, limit, key=_ORDER.index)


def _from_differences(differences: Iterable[Difference], scenarios: Mapping[str, Scenario]) -> list[Finding]:
    found = []
    for difference in differences:
        scenario = scenarios.get(difference.scenario)
        severity = scenario.severity if scenario else Severity.BLOCKER
        code = _code(difference)
        if code is None or difference.text is None:
            continue
        if code in _ABOUT_THE_MACHINE:
            severity = Severity.INFO
        elif code == "CONTROL-TOTAL-BEFORE":
            severity = milder(severity, Severity.WARNING)
        elif code == "DUPLICATE-KEY":
            # The same repeated keys on both sides are a property of the scenario's key, not of the update.
            severity = severity if difference.added > difference.removed else Severity.INFO
        elif difference.cls is DifferenceClass.STRUCTURE and not difference.breaking:
            severity = milder(severity, Severity.WARNING)
        found += [_of_cause(difference, scenario, code, severity, cause) for cause in causes(difference)]
    return found


def _of_cause(difference: Difference, scenario: Scenario | None, code: str, severity: Severity, cause: Told) -> Finding:
    before, after = cause.sides
    return Finding(
        code=code,
        severity=severity,
        area=scenario.area if scenario else _OPERATION,
        object=difference.title or difference.observation,
        text=cause.text,
        before=before,
        after=after,
        count=cause.count,
        money=cause.money,
        examples=list(cause.examples),
        scenario=difference.scenario,
        phase=Phase.AFTER.value,
        owner=scenario.owner if scenario else "",
        advice=Text(msgid=_ADVICE[code]),
        evidence=[*([difference.file] if difference.file else []), *difference.evidence],
    )


def _code(difference: Difference) -> str | None:
    """Code of a difference's finding; None for what is no finding (identical, tolerated, agreed, without a twin)."""
    if difference.code:
        return difference.code
    if difference.cls is DifferenceClass.DUPLICATE_KEY:
        return "DUPLICATE-KEY"
    if difference.cls is DifferenceClass.STRUCTURE:
        return "CONTRACT" if difference.kind is ObservationKind.CONTRACT else "STRUCTURE"
    if difference.cls is DifferenceClass.UNEXPLAINED:
        return "SLOWER" if difference.kind is ObservationKind.TIMING else "DIFFERENCE"
    return None


def _from_runs(scenarios: Mapping[str, Scenario], runs: Mapping[tuple[str, Phase], ScenarioRun]) -> list[Finding]:
    found = []
    for name, scenario in scenarios.items():
        before, after = runs.get((name, Phase.BEFORE)), runs.get((name, Phase.AFTER))
        if after is None:
            continue
        if after.outcome is Outcome.FAILED:
            found.append(_failed(scenario, before, after))
        elif after.outcome is Outcome.PASSED and before is not None and before.outcome is Outcome.FAILED:
            text = Text(
                msgid="Сценарий «{title}» до обновления не выполнялся, после обновления выполняется",
                params={"title": scenario.title},
            )
            found.append(_finding(scenario, "FIXED", Severity.INFO, text, before=before, after=after))
    return found


def _from_nothing(record: Record) -> list[Finding]:
    """Tables and documents that were empty in both phases: they are equal, and say nothing."""
    runs, scenarios = record.runs, record.scenarios
    seen: dict[str, list[Observation]] = {}
    for observation in record.observations:
        seen.setdefault(observation.scenario, []).append(observation)
    found = []
    for name, scenario in scenarios.items():
        before, after = runs.get((name, Phase.BEFORE)), runs.get((name, Phase.AFTER))
        if before is None or after is None or {before.outcome, after.outcome} != {Outcome.PASSED}:
            continue
        severity = milder(scenario.severity, Severity.WARNING)
        for title in _empty_twice(seen.get(name, ())):
            text = Text(
                msgid="«{observation}»: пусто и до, и после обновления, сравнивать нечего",
                params={"observation": title},
            )
            found.append(_finding(scenario, "NOTHING-SEEN", severity, text, before=before, after=after))
    return found


def _empty_twice(seen: Iterable[Observation]) -> list[str]:
    """Titles of tables without a row and documents without a byte in either phase; not of tables declared as possibly empty."""
    rows: dict[str, list[int]] = {}
    titles: dict[str, str] = {}
    for item in seen:
        table = item.kind is ObservationKind.TABLE and not item.definition.get("may_be_empty", False)
        if table or item.kind is ObservationKind.DOCUMENT:
            rows.setdefault(item.name, []).append(item.rows if table else int(item.digest != _NO_BYTES))
            titles[item.name] = item.title or item.name
    return [titles[name] for name, counts in rows.items() if counts == [0, 0]]


def _failed(scenario: Scenario, before: ScenarioRun | None, after: ScenarioRun) -> Finding:
    params = {"title": scenario.title, "reason": _reason(after)}
    if before is not None and before.outcome is Outcome.FAILED:
        if _alike(before) != _alike(after):
            text = Text(msgid=_ANOTHER, params=params | {"before": _reason(before)})
            return _finding(scenario, "SCENARIO-FAILED", scenario.severity, text, before=before, after=after)
        text = Text(msgid="Сценарий «{title}» не выполнялся и до обновления: {reason}", params=params)
        return _finding(
            scenario, "BROKEN-BEFORE", milder(scenario.severity, Severity.WARNING), text, before=before, after=after
        )
    msgid = "Сценарий «{title}» после обновления не выполняется: {reason}"
    if before is None or before.outcome is not Outcome.PASSED:
        msgid = "Сценарий «{title}» после обновления не выполняется (до обновления не проверялся): {reason}"
    return _finding(
        scenario, "SCENARIO-FAILED", scenario.severity, Text(msgid=msgid, params=params), before=before, after=after
    )


def _finding(
    scenario: Scenario, code: str, severity: Severity, text: Text, *, before: ScenarioRun | None, after: ScenarioRun
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        area=scenario.area,
        object=scenario.title,
        text=text,
        before=_reason(before) if before else "",
        after=_reason(after),
        scenario=scenario.id,
        phase=Phase.AFTER.value,
        owner=scenario.owner,
        advice=Text(msgid=_ADVICE[code]) if code in _ADVICE else None,
        evidence=after.evidence,
    )


def _alike(run: ScenarioRun) -> str:
    """Why a scenario failed, without what may differ from run to run: numbers, identifiers."""
    return _VOLATILE.sub("…", _reason(run))


def _reason(run: ScenarioRun) -> str:
    return "выполнен" if run.outcome is Outcome.PASSED else str(run.text or run.outcome.value)


def _from_scenarios(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """Findings of scenarios: what was there before the update is not its fault, what is gone is news only."""
    known = {finding.fingerprint for finding in before}
    still = {finding.fingerprint for finding in after}
    found = []
    for finding in after:
        if finding.fingerprint in known:
            severity = milder(finding.severity, Severity.WARNING)
            found.append(msgspec.structs.replace(finding, severity=severity, advice=Text(msgid=_NOT_NEW)))
        else:
            found.append(finding)
    found += [
        msgspec.structs.replace(finding, severity=Severity.INFO, advice=Text(msgid=_GONE))
        for finding in before
        if finding.fingerprint not in still
    ]
    return found
