"""What one running scenario has noted so far: the journal gets it when the scenario ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.record.models import Fact, Finding, NotChecked, Observation, Phase, Scenario, Severity, Text

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Notes:
    """Collects for one scenario in one phase.

    Attributes:
        keep: puts a file into the record's evidence and returns its path inside.
    """

    scenario: Scenario
    phase: Phase
    keep: Callable[[str, bytes], str]
    observations: list[Observation] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)
    not_checked: list[NotChecked] = field(default_factory=list)

    def finding(
        self,
        code: str,
        *,
        object: str,  # noqa: A002 - the word of the record's model
        text: str,
        severity: Severity | str | None = None,
        before: str = "",
        after: str = "",
        advice: str = "",
        evidence: list[str] | None = None,
        **params: object,
    ) -> Finding:
        """Notes a finding of this scenario; `text` and `advice` are templates whose places are filled from `params`."""
        places = {name: str(value) for name, value in params.items()}
        found = Finding(
            code=code,
            severity=Severity(severity) if severity else self.scenario.severity,
            area=self.scenario.area,
            object=object,
            text=Text(msgid=text, params=places),
            before=before,
            after=after,
            scenario=self.scenario.id,
            phase=self.phase.value,
            owner=self.scenario.owner,
            advice=Text(msgid=advice, params=places) if advice else None,
            evidence=evidence or [],
        )
        self.findings.append(found)
        return found

    def fact(self, name: str, value: object, *, unit: str = "", text: str = "", **params: object) -> Fact:
        """Notes a fact; the value is written in its canonical form."""
        canonical = str(value).lower() if isinstance(value, bool) else str(value)
        message = Text(msgid=text, params={key: str(item) for key, item in params.items()}) if text else None
        fact = Fact(name=name, value=canonical, unit=unit, text=message)
        self.facts.append(fact)
        return fact
