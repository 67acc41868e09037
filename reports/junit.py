"""JUnit for CI: a suite an area with one case a scenario (both phases folded), and a suite of gates with the verdict.

A case fails when a blocker or a warning stands against it; the stand's own trouble is an error; what was not checked is skipped
with its reason, and the gate that minds it is an error, so that "not checked" never reads as passed.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from harness.record.models import Verdict
from reports.cases import Status, cases, stray_findings, tell
from reports.view import decision_of, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.record import Record
    from harness.record.models import Finding, GateResult
    from reports.cases import Case
    from reports.i18n import Translator

_ILLEGAL: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""


def render_junit(record: Record, translator: Translator) -> bytes:
    """The record as JUnit XML (the dialect Jenkins, GitLab and GitHub actions read)."""
    root = ET.Element("testsuites", name=clean(record.header.project))
    root.append(_gates(record, translator))
    stray = stray_findings(record)
    if stray:
        root.append(_suite(record, "run", [_finding_case(translator, one) for one in stray]))
    for area, found in groupby(cases(record, translator), key=lambda case: case.scenario.area):
        root.append(_suite(record, area, [_case(translator, case) for case in found]))
    for total in ("tests", "failures", "errors", "skipped"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    root.set("time", _seconds(sum(float(suite.get("time", "0")) for suite in root)))
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def clean(text: str) -> str:
    """A text without the characters that no XML may hold: a record's words are data of others."""
    return _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text)


def _suite(
    record: Record, name: str, members: list[ET.Element], properties: Mapping[str, str] | None = None
) -> ET.Element:
    counts = {
        "tests": len(members),
        "failures": sum(one.find("failure") is not None for one in members),
        "errors": sum(one.find("error") is not None for one in members),
        "skipped": sum(one.find("skipped") is not None for one in members),
    }
    suite = ET.Element("testsuite", name=clean(f"readiness.{name}"), timestamp=clean(record.header.created))
    for total, count in counts.items():
        suite.set(total, str(count))
    suite.set("time", _seconds(sum(float(one.get("time", "0")) for one in members)))
    if properties:
        suite.append(_properties(properties.items()))
    suite.extend(members)
    return suite


def _gates(record: Record, tr: Translator) -> ET.Element:
    decision = decision_of(record)
    override = decision.override
    properties = {
        "verdict": decision.verdict.value,
        "exit_code": str(decision.exit_code),
        "run": record.header.run,
        "base": record.header.base,
        "target": record.header.target,
        **(
            {"override": override.verdict.value, "override.name": override.name, "override.reason": override.reason}
            if override
            else {}
        ),
    }
    return _suite(record, "gates", [_gate(tr, gate) for gate in decision.gates], properties)


def _gate(tr: Translator, gate: GateResult) -> ET.Element:
    case = _element(
        "testcase", classname="readiness.gates", name=tr.lookup(words.GATES.get(gate.name, gate.name)), time="0.000"
    )
    if gate.verdict is Verdict.GO:
        return case
    said = tr("Требуется: {wanted}; на деле: {seen}.", wanted=tr.text(gate.wanted), seen=tr.text(gate.seen))
    kind = "error" if gate.verdict is Verdict.INCOMPLETE else "failure"
    _outcome(case, kind, gate.verdict.value, tr.text(gate.why) or said, said)
    return case


def _finding_case(tr: Translator, finding: Finding) -> ET.Element:
    case = _element("testcase", classname="readiness.run", name=finding.object or finding.code, time="0.000")
    if finding.severity.value == "info":
        _text(case, "system-out", tell(tr, finding))
    else:
        _outcome(case, "failure", f"{finding.severity}:{finding.code}", tr.text(finding.text), tell(tr, finding))
    return case


def _case(tr: Translator, case: Case) -> ET.Element:
    scenario = case.scenario
    element = _element(
        "testcase",
        classname=f"readiness.{scenario.area}",
        name=f"{scenario.id} {tr.lookup(scenario.title)}",
        time=_seconds(case.seconds),
    )
    if scenario.nodeid:
        element.set("file", clean(scenario.nodeid.partition("::")[0]))
    phases = {phase: run.outcome.value if run else "absent" for phase, run in zip(words.PHASES, case.runs, strict=True)}
    known = {"severity": scenario.severity.value, "owner": scenario.owner, **phases}
    element.append(_properties((name, value) for name, value in known.items() if value))
    if case.status is Status.FAILED:
        kinds = ", ".join(dict.fromkeys(f"{one.severity}:{one.code}" for one in case.against)) or "scenario"
        _outcome(
            element, "failure", kinds, case.reason, "\n\n".join(tell(tr, one) for one in case.against) or case.reason
        )
    elif case.status is Status.BROKEN:
        _outcome(element, "error", "trouble", case.reason, case.reason)
    elif case.status is Status.SKIPPED:
        element.append(_element("skipped", message=case.reason))
    _system_out(tr, element, case)
    return element


def _system_out(tr: Translator, element: ET.Element, case: Case) -> None:
    """Notes, and evidence in the form that Jenkins and GitLab show as attachments."""
    lines = [tell(tr, note) for note in case.notes] + [f"[[ATTACHMENT|{path}]]" for path in case.evidence]
    if lines:
        _text(element, "system-out", "\n".join(lines))


def _outcome(case: ET.Element, kind: str, type_: str, message: str, text: str) -> None:
    outcome = _element(kind, type=type_, message=message)
    outcome.text = clean(text)
    case.append(outcome)


def _properties(pairs: Iterable[tuple[str, str]]) -> ET.Element:
    properties = ET.Element("properties")
    properties.extend(_element("property", name=name, value=value) for name, value in pairs)
    return properties


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = clean(text)


def _element(tag: str, **attributes: str) -> ET.Element:
    return ET.Element(tag, {name: clean(value) for name, value in attributes.items()})


def _seconds(value: float) -> str:
    return f"{value:.3f}"
