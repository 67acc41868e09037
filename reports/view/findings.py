"""Gates, findings, acceptances and differences, for those who must act on them."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from harness.record.models import DifferenceClass, Severity
from reports.view import words
from reports.view.common import area, cut, difference, gate_verdict, link, links, severity
from reports.view.model import (
    AcceptanceView,
    ColumnRow,
    DifferenceView,
    ExampleRow,
    FindingGroup,
    FindingView,
    GateRow,
    Link,
    Pair,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.models import Acceptance, ColumnChange, Decision, Difference, Finding
    from harness.record.reader import Record
    from reports.i18n import Translator

SHOWN_FINDINGS: Final = 200
SHOWN_DIFFERENCES: Final = 200
SHOWN_EXAMPLES: Final = 10
LONGEST_VALUE: Final = 400

_SOURCES: Final = {"default": "по умолчанию", "command line": "командная строка"}


def source(tr: Translator, value: str) -> str:
    """Where a setting came from."""
    if value.startswith("environment "):
        return tr("переменная среды {name}", name=value.removeprefix("environment "))
    return tr.lookup(_SOURCES.get(value, value))


def gate_rows(tr: Translator, decision: Decision) -> tuple[GateRow, ...]:
    """Gates, worst first; equal ones in the order in which they were judged."""
    return tuple(
        GateRow(
            title=tr.lookup(words.GATES.get(gate.name, gate.name)),
            verdict=gate_verdict(gate.verdict),
            wanted=tr.text(gate.wanted),
            seen=tr.text(gate.seen),
            why=tr.text(gate.why),
            source=source(tr, gate.source),
        )
        for gate in sorted(decision.gates, key=lambda gate: -gate.verdict.rank)
    )


def finding_groups(tr: Translator, record: Record, decision: Decision) -> tuple[FindingGroup, ...]:
    """Findings by severity, numbered through the document."""
    titles = {scenario.id: scenario.title for scenario in record.scenarios.values()}
    groups, number = [], 1
    for level in Severity:
        found = ordered(decision, level)
        shown = tuple(_finding(tr, one, at, titles) for at, one in enumerate(found[:SHOWN_FINDINGS], number))
        number += len(found)
        if found:
            groups.append(
                FindingGroup(
                    severity=severity(tr, level),
                    title=tr(words.SEVERITY_GROUPS[level]),
                    total=len(found),
                    findings=shown,
                    hidden=len(found) - len(shown),
                )
            )
    return tuple(groups)


def ordered(decision: Decision, level: Severity) -> list[Finding]:
    """Findings of a severity in the document's order: by area, then as they were found."""
    order = list(words.AREAS)
    found = [finding for finding in decision.findings if finding.severity is level]
    return sorted(found, key=lambda one: order.index(one.area) if one.area in order else len(order))


def numbers_by_scenario(decision: Decision) -> dict[str, tuple[int, ...]]:
    """Numbers of the findings of every scenario, as the document numbers them."""
    numbers: dict[str, list[int]] = {}
    in_order = [finding for level in Severity for finding in ordered(decision, level)]
    for number, finding in enumerate(in_order, 1):
        if finding.scenario:
            numbers.setdefault(finding.scenario, []).append(number)
    return {scenario: tuple(found) for scenario, found in numbers.items()}


def _finding(tr: Translator, finding: Finding, number: int, titles: dict[str, str]) -> FindingView:
    return FindingView(
        number=number,
        code=finding.code,
        severity=severity(tr, finding.severity),
        area=area(tr, finding.area),
        object=finding.object,
        text=tr.text(finding.text),
        before=_value(finding.before),
        after=_value(finding.after),
        scenario=finding.scenario,
        scenario_title=tr.lookup(titles.get(finding.scenario, "")),
        phase=tr.lookup(words.PHASES.get(finding.phase, finding.phase)),
        owner=finding.owner or tr("не назначен"),
        advice=tr.text(finding.advice),
        evidence=links(finding.evidence),
    )


def _value(text: str) -> str:
    """A value of the base, kept in its own lines; the whole of a long one is in the evidence."""
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def acceptance_views(tr: Translator, decision: Decision) -> tuple[AcceptanceView, ...]:
    """Declared differences: those that covered something first, expired ones marked."""
    return tuple(
        AcceptanceView(
            id=one.id,
            scenario=one.scenario,
            scope=_scope(tr, one),
            reason=tr.lookup(one.reason),
            owner=one.owner or tr("не назначен"),
            until=tr.date(one.until),
            expired=one.expired,
            covered=tr.number(one.covered),
            link=_reference(one.link),
        )
        for one in sorted(decision.acceptances, key=lambda one: (one.covered == 0, one.id))
    )


def _scope(tr: Translator, acceptance: Acceptance) -> str:
    """What an acceptance is about, in one line."""
    parts = [
        (tr("наблюдение"), acceptance.observation),
        (tr("строка"), acceptance.key),
        (tr("колонка"), acceptance.column),
        (tr("условие"), acceptance.condition),
    ]
    return "; ".join(f"{label}: {value}" for label, value in parts if value not in {"", "*"})


def _reference(address: str) -> Link:
    """A link of an acceptance to a tracker: only web addresses get one."""
    try:
        web = urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        web = False
    return Link(address, address if web else "")


def difference_views(tr: Translator, record: Record) -> tuple[DifferenceView, ...]:
    """Differences, worst class first; identical observations are only counted."""
    order = list(words.DIFFERENCES)
    shown = [one for one in record.differences if one.cls is not DifferenceClass.IDENTICAL]
    return tuple(_difference(tr, one) for one in sorted(shown, key=lambda one: order.index(one.cls)))


def _difference(tr: Translator, one: Difference) -> DifferenceView:
    counts = ((tr("появилось"), one.added), (tr("исчезло"), one.removed), (tr("изменилось"), one.changed))
    return DifferenceView(
        scenario=one.scenario,
        title=tr.lookup(one.title) or one.observation,
        kind=tr(words.KINDS[one.kind]),
        state=difference(tr, one.cls),
        text=tr.text(one.text),
        counts=tuple(Pair(label, tr.number(count)) for label, count in counts if count),
        columns=tuple(_columns(tr, one.columns)),
        examples=tuple(
            ExampleRow(
                example.key, example.column, cut(example.before, LONGEST_VALUE), cut(example.after, LONGEST_VALUE)
            )
            for example in one.examples[:SHOWN_EXAMPLES]
        ),
        acceptance=one.acceptance,
        file=link(one.file) if one.file else None,
    )


def _columns(tr: Translator, columns: list[ColumnChange]) -> Iterator[ColumnRow]:
    """Sums of columns in the language's numbers, with the difference when both are numbers."""
    for column in columns:
        try:
            delta = tr.signed(Decimal(column.after_sum) - Decimal(column.before_sum))
        except InvalidOperation:
            delta = ""
        yield ColumnRow(
            column.column, tr.number(column.changed), tr.number(column.before_sum), tr.number(column.after_sum), delta
        )
