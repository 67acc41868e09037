"""What a decision is made from: findings, acceptances, facts, what was not checked."""

from __future__ import annotations

from harness.record.models.differences import Example  # noqa: TC001 - msgspec reads annotations at run time
from harness.record.models.texts import Struct, Text
from harness.record.models.words import Severity  # noqa: TC001 - msgspec reads annotations at run time


class Finding(Struct, frozen=True, kw_only=True):
    """Something a decision maker must know.

    Attributes:
        code: stable machine name, upper case Latin: DIFFERENCE, STRUCTURE, CONTRACT, SCENARIO-FAILED, SLOWER, RIGHTS, …
        object: what it is about, in the words of the base: "Отчёт ВаловаяПрибыль", "Document_РеализацияТоваровУслуг".
        advice: what to do about it.
    """

    code: str
    severity: Severity
    area: str
    object: str
    text: Text
    before: str = ""
    after: str = ""
    scenario: str = ""
    phase: str = ""
    owner: str = ""
    advice: Text | None = None
    evidence: list[str] = []
    cause: str = ""
    """Findings with the same cause have the same one; "" until the judge has looked."""
    count: int = 0
    """How many rows or places it stands for; 0 when it is not about such."""
    money: str = ""
    """Change of the sum of all these rows, signed."""
    examples: list[Example] = []

    @property
    def fingerprint(self) -> str:
        """The same finding in another run has the same fingerprint."""
        return "|".join((self.code, self.scenario, self.object, self.text.msgid, *sorted(self.text.params)))


class Acceptance(Struct, frozen=True, kw_only=True):
    """A declared, expected difference (one entry of acceptances.toml) and what it covered in this run."""

    id: str
    scenario: str
    observation: str = "*"
    key: str = "*"
    column: str = "*"
    condition: str = ""
    reason: str
    owner: str
    until: str
    """ISO date, or a release ("2.0.16")."""
    link: str = ""
    change: str = "*"
    """added, removed, changed, structure, or "*": any change of values, and structure where `column` names it."""
    at_most: int = 0
    """How many changes it may cover; 0 for any number. More is a finding."""
    at_least: int = 0
    """How many changes it must cover: fewer means that what was expected happened by half."""
    every: str = ""
    """Condition over a row after the update: every row for which it holds must be among the covered ones."""
    missed: int = 0
    """Rows for which `every` holds and that were not covered."""
    covered: int = 0
    expired: bool = False


class Fact(Struct, frozen=True, kw_only=True):
    """A measured or found fact the gates and the document use: name, value, unit, where it comes from.

    `value` is a string of the canonical form: "true", "0.92", "2.0.15.1", "12.4".
    """

    name: str
    value: str
    unit: str = ""
    text: Text | None = None
    evidence: list[str] = []


class NotChecked(Struct, frozen=True, kw_only=True):
    """Something that was not checked, and why: never to be read as passed."""

    what: str
    why: Text
