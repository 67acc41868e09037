"""Gates, findings, acceptances and differences, for those who must act on them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from itertools import groupby
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
    FindingCard,
    FindingGroup,
    FindingView,
    GateRow,
    Link,
    Pair,
    Unpaired,
)
from reports.view.reasons import COUNTING_GATES, ENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from harness.record.models import Acceptance, ColumnChange, Decision, Difference, Example, Finding
    from harness.record.reader import Record
    from reports.i18n import Translator

SHOWN_FINDINGS: Final = 200
SHOWN_DIFFERENCES: Final = 200
SHOWN_EXAMPLES: Final = 5
SHOWN_TELLING: Final = 3
"""Examples of a cause in its finding."""
LARGEST_PICTURE: Final = 1_000_000
"""Bytes of a picture that goes into the document itself."""
_PNG: Final = b"\x89PNG\r\n\x1a\n"
LONGEST_VALUE: Final = 400
ABSENT: Final = "отсутствует"
"""How the comparison says that a row or an attribute is not there."""

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
            # Gates that count findings repeat the first of them: it stands in its own place.
            why="" if gate.name in COUNTING_GATES else tr.text(gate.why),
            source=source(tr, gate.source),
        )
        for gate in sorted(decision.gates, key=lambda gate: -gate.verdict.rank)
    )


def finding_groups(tr: Translator, record: Record, decision: Decision) -> tuple[FindingGroup, ...]:
    """Findings by severity, numbered through the document, those of one scenario on one card."""
    titles = {scenario.id: tr.lookup(scenario.title) for scenario in record.scenarios.values()}
    groups, number = [], 1
    for level in Severity:
        found = ordered(decision, level)
        shown = list(enumerate(found[:SHOWN_FINDINGS], number))
        number += len(found)
        if found:
            groups.append(
                FindingGroup(
                    severity=severity(tr, level),
                    title=tr(words.SEVERITY_GROUPS[level]),
                    total=len(found),
                    cards=tuple(_card(tr, list(some), titles) for _, some in groupby(shown, _card_of)),
                    hidden=len(found) - len(shown),
                )
            )
    return tuple(groups)


def ordered(decision: Decision, level: Severity) -> list[Finding]:
    """Findings of a severity in the document's order: by area and scenario, what people would say of it first."""
    order = list(words.AREAS)
    found = [finding for finding in decision.findings if finding.severity is level]

    def place(one: Finding) -> tuple[int, bool, str, str, bool]:
        at = order.index(one.area) if one.area in order else len(order)
        return at, not one.scenario, one.scenario or one.object, one.owner, one.code not in ENDINGS

    return sorted(found, key=place)


def _card_of(numbered: tuple[int, Finding]) -> tuple[str, str, str]:
    """What findings on one card share."""
    finding = numbered[1]
    return finding.area, finding.scenario or finding.object, finding.owner


def _card(tr: Translator, numbered: list[tuple[int, Finding]], titles: dict[str, str]) -> FindingCard:
    first = numbered[0][1]
    title = titles.get(first.scenario) or first.scenario or tr.name(first.object)
    items, advised = [], set()
    for number, finding in numbered:
        item = _finding(tr, number, finding, title)
        # The same advice is given once a card.
        items.append(replace(item, advice="") if item.advice in advised else item)
        advised.add(item.advice)
    return FindingCard(
        scenario=first.scenario,
        title=title,
        area=area(tr, first.area),
        owner=tr.lookup(first.owner) or tr("не назначен"),
        severity=severity(tr, first.severity),
        items=tuple(items),
    )


def numbers_by_scenario(decision: Decision) -> dict[str, tuple[int, ...]]:
    """Numbers of the findings of every scenario, as the document numbers them."""
    numbers: dict[str, list[int]] = {}
    in_order = [finding for level in Severity for finding in ordered(decision, level)]
    for number, finding in enumerate(in_order, 1):
        if finding.scenario:
            numbers.setdefault(finding.scenario, []).append(number)
    return {scenario: tuple(found) for scenario, found in numbers.items()}


def _finding(tr: Translator, number: int, finding: Finding, title: str) -> FindingView:
    about = tr.name(finding.object)
    # How a scenario ended is told by the text; the two columns are for values of the base.
    told = finding.code in ENDINGS
    return FindingView(
        number=number,
        code=finding.code,
        object="" if about == title else about,
        text=tr.text(finding.text),
        before="" if told else _value(tr, finding.before),
        after="" if told else _value(tr, finding.after),
        phase=tr.lookup(words.PHASES.get(finding.phase, finding.phase)),
        advice=tr.text(finding.advice),
        evidence=links(finding.evidence),
        examples=tuple(_example(tr, one) for one in finding.examples[1:SHOWN_TELLING]),
    )


def _example(tr: Translator, example: Example) -> ExampleRow:
    return ExampleRow(
        example.key,
        example.column,
        cut(_value(tr, example.before), LONGEST_VALUE),
        cut(_value(tr, example.after), LONGEST_VALUE),
    )


def _value(tr: Translator, text: str) -> str:
    """A value of the base, kept in its own lines (the whole of a long one is in the evidence), or that there is none."""
    text = tr.lookup(text) if text == ABSENT else text
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
        (tr("строк не больше"), str(acceptance.at_most or "")),
        (tr("изменений не меньше"), str(acceptance.at_least or "")),
        (tr("каждая строка, где"), acceptance.every),
    ]
    return "; ".join(f"{label}: {value}" for label, value in parts if value not in {"", "*"})


def _reference(address: str) -> Link:
    """A link of an acceptance to a tracker: only web addresses get one."""
    try:
        web = urlsplit(address).scheme in {"http", "https"}
    except ValueError:
        web = False
    return Link(address, address if web else "")


def difference_views(tr: Translator, record: Record, decision: Decision) -> tuple[DifferenceView, ...]:
    """Differences, worst class first; identical observations are only counted, those without a twin have a table of their own."""
    order = list(words.DIFFERENCES)
    told = {str(finding.text) for finding in decision.findings}
    apart = {DifferenceClass.IDENTICAL, DifferenceClass.NO_TWIN}
    shown = [one for one in record.differences if one.cls not in apart]
    return tuple(_difference(tr, record, one, told) for one in sorted(shown, key=lambda one: order.index(one.cls)))


def unpaired(tr: Translator, record: Record) -> tuple[Unpaired, ...]:
    """Observations that could not be compared, and why."""
    return tuple(
        Unpaired(one.scenario, tr.name(one.title) or one.observation, tr.text(one.text))
        for one in record.differences
        if one.cls is DifferenceClass.NO_TWIN
    )


def _difference(tr: Translator, record: Record, one: Difference, told: set[str]) -> DifferenceView:
    file = link(one.file) if one.file else None
    counts = ((tr("появилось"), one.added), (tr("исчезло"), one.removed), (tr("изменилось"), one.changed))
    return DifferenceView(
        scenario=one.scenario,
        title=tr.name(one.title) or one.observation,
        kind=tr(words.KINDS[one.kind]),
        state=difference(tr, one.cls),
        text="" if str(one.text) in told else tr.text(one.text),
        counts=tuple(Pair(label, tr.number(count)) for label, count in counts if count),
        columns=tuple(_columns(tr, [column for column in one.columns if column.before_sum or column.after_sum])),
        examples=tuple(_example(tr, example) for example in one.examples[:SHOWN_EXAMPLES]),
        acceptance=one.acceptance,
        file=file,
        picture=_picture(record.path, [one.file, *one.evidence]),
    )


def _picture(folder: Path, files: Iterable[str]) -> str:
    """The first PNG of a difference's files as a part of the document, which is sent by mail without its folder."""
    file = next((link(path) for path in files if path.endswith(".png")), None)
    if file is None or not file.href:
        return ""
    try:
        with (folder / file.path).open("rb") as stream:
            content = stream.read(LARGEST_PICTURE + 1)
    except OSError:
        return ""
    if len(content) > LARGEST_PICTURE or not content.startswith(_PNG):
        return ""
    return "data:image/png;base64," + b64encode(content).decode()


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
