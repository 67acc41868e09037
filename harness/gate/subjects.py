"""Which findings are about the same thing: one fault of a release is seen by several scenarios, each in its own words.

Findings are gathered by what they name: a part of an object ("Catalog_Контрагенты.КодПоОКПО"), a report, an exchange plan, the kind of
document whose movements changed, a register, a job. A finding that names nothing goes with the others of its scenario. Nothing is hidden by
it: every finding stays, the worst of a cause gives its severity, and the gates count findings, not causes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.observe.naming import ALONE, ENDINGS, subject_of
from harness.record.models import Finding, Severity, SharedCause

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


def with_causes(findings: Sequence[Finding]) -> tuple[list[Finding], list[SharedCause]]:
    """Findings with their cause filled in, in the same order, and the causes, worst first. Pure, and independent of order."""
    subjects = _subjects(findings)
    named = [msgspec.structs.replace(one, cause=subjects[number]) for number, one in enumerate(findings)]
    groups: dict[str, list[Finding]] = {}
    for one in named:
        if one.severity is not Severity.INFO:
            groups.setdefault(one.cause, []).append(one)
    shared = [_shared(cause, sorted(members, key=_telling)) for cause, members in groups.items()]
    return named, sorted(shared, key=lambda one: (list(Severity).index(one.severity), -len(one.scenarios), one.id))


def _subjects(findings: Sequence[Finding]) -> dict[int, str]:
    """Cause of every finding by its number."""
    found = {number: subject_of(one) for number, one in enumerate(findings)}
    by_scenario: dict[str, list[int]] = {}
    for number, one in enumerate(findings):
        if one.scenario and one.code not in ALONE:
            by_scenario.setdefault(one.scenario, []).append(number)
    for scenario, numbers in by_scenario.items():
        _settle(scenario, {number: findings[number] for number in numbers}, found)
    return {number: subject or _own(findings[number]) for number, subject in found.items()}


def _settle(scenario: str, findings: Mapping[int, Finding], found: dict[int, str]) -> None:
    """Gives the ending of one scenario, and its findings that name nothing, the cause of those that do."""
    seen = sorted({found[number] for number, one in findings.items() if found[number] and one.code not in ENDINGS})
    ended = sorted({found[number] for number, one in findings.items() if found[number] and one.code in ENDINGS})
    for number, one in findings.items():
        if one.code in ENDINGS and seen:
            found[number] = _mentioned(one, seen) or seen[0]
        elif not found[number] and len(seen) <= 1:
            found[number] = (seen or ended or [scenario])[0]
        elif not found[number]:
            found[number] = scenario


def _mentioned(ending: Finding, seen: Iterable[str]) -> str:
    """The first of the causes whose object the reason of an ending names."""
    reason = str(ending.text)
    return next((subject for subject in seen if subject.rpartition(":")[2].partition(".")[0] in reason), "")


def _own(finding: Finding) -> str:
    return "|".join((finding.code, finding.scenario or finding.area, finding.object))


def _telling(finding: Finding) -> tuple[int, bool, int, str, bytes]:
    """Worst first; among equals a scenario that could not end says it in words, then the one that counts most."""
    place = list(Severity).index(finding.severity)
    return place, finding.code not in ENDINGS, -finding.count, finding.scenario, msgspec.json.encode(finding)


def _shared(cause: str, members: Sequence[Finding]) -> SharedCause:
    first = members[0]
    counted = max(members, key=lambda one: one.count)
    return SharedCause(
        id=cause,
        severity=first.severity,
        area=first.area,
        text=first.text,
        scenarios=sorted({one.scenario for one in members if one.scenario}),
        findings=len(members),
        count=counted.count,
        money=next((one.money for one in members if one.money), ""),
        owners=list(dict.fromkeys(one.owner for one in members if one.owner)),
    )
