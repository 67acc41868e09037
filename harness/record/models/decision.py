"""The verdict with its gates and causes."""

from __future__ import annotations

from harness.record.models.findings import Acceptance, Fact, Finding, NotChecked  # noqa: TC001 - msgspec reads annotations at run time
from harness.record.models.texts import Struct, Text
from harness.record.models.words import SCHEMA, Severity, Verdict


class GateResult(Struct, frozen=True, kw_only=True):
    """One rule with the value it saw and the value it wanted."""

    name: str
    verdict: Verdict
    wanted: Text
    seen: Text
    why: Text | None = None
    source: str = ""
    """Where the threshold came from."""


class Override(Struct, frozen=True, kw_only=True):
    """A person's decision against the gates; stays in the document for good."""

    name: str
    reason: str
    verdict: Verdict
    at: str


class SharedCause(Struct, frozen=True, kw_only=True):
    """One cause, and everything that saw it: one line of page one.

    Attributes:
        id: what its findings carry as `cause`.
        severity: the worst of its findings.
        text: the finding of it that says most.
        scenarios: which saw it.
        findings: how many there are.
        count: rows or places of the largest of them.
    """

    id: str
    severity: Severity
    area: str
    text: Text
    scenarios: list[str] = []
    findings: int = 0
    count: int = 0
    money: str = ""
    owners: list[str] = []


class Decision(Struct, frozen=True, kw_only=True):
    """verdict.json: gates and verdict, and all they rest on."""

    schema: int = SCHEMA
    run: str
    verdict: Verdict
    """Worst of all gates; an override never changes it."""
    exit_code: int
    computed: str
    gates: list[GateResult]
    findings: list[Finding] = []
    causes: list[SharedCause] = []
    """Findings by cause, worst first; every finding but those for information belongs to one."""
    acceptances: list[Acceptance] = []
    facts: list[Fact] = []
    not_checked: list[NotChecked] = []
    override: Override | None = None
