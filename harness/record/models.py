"""What a run record holds, as frozen structures: the contract between those who write it and those who read it.

Texts for people are `Text`: a Russian message with named places, so that a document can be rendered in another language
months later. Times are ISO 8601 strings with offset, durations are seconds. Everything is JSON-able by msgspec.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

SCHEMA = 1
"""Version of the record's layout; a reader refuses another."""


class Phase(StrEnum):
    """Before or after the update."""

    BEFORE = "before"
    AFTER = "after"


class Severity(StrEnum):
    """What a finding does to the verdict: a blocker makes it NO-GO, a warning GO WITH CONDITIONS, info nothing."""

    BLOCKER = "blocker"
    WARNING = "warning"
    INFO = "info"


class Verdict(StrEnum):
    """The lattice GO < GO WITH CONDITIONS < INCOMPLETE < NO-GO (design 4.7)."""

    GO = "GO"
    CONDITIONS = "GO WITH CONDITIONS"
    INCOMPLETE = "INCOMPLETE"
    NO_GO = "NO-GO"

    @property
    def rank(self) -> int:
        """Place in the lattice, 0 (GO) to 3 (NO-GO)."""
        return list(Verdict).index(self)

    @property
    def exit_code(self) -> int:
        """Exit code of the contract (design 4.1)."""
        return {Verdict.GO: 0, Verdict.CONDITIONS: 10, Verdict.INCOMPLETE: 11, Verdict.NO_GO: 1}[self]


class Outcome(StrEnum):
    """How a scenario ended in one phase."""

    PASSED = "passed"
    FAILED = "failed"
    """The product did not do what the scenario expects."""
    TROUBLE = "trouble"
    """The stand's own trouble, or a lost worker: nothing is known about the product."""
    NOT_CHECKED = "not-checked"
    """A precondition is missing (a capability, a role of the pack); the reason says which."""
    NOT_APPLICABLE = "not-applicable"
    """The scenario is about another release or another kind of configuration."""


class ObservationKind(StrEnum):
    """The five kinds of observation."""

    TABLE = "table"
    DOCUMENT = "document"
    VALUE = "value"
    TIMING = "timing"
    CONTRACT = "contract"


class DifferenceClass(StrEnum):
    """What a comparison came to (design 4.6)."""

    IDENTICAL = "identical"
    TOLERANCE = "within-tolerance"
    EXPECTED = "expected"
    STRUCTURE = "structure"
    UNEXPLAINED = "unexplained"
    DUPLICATE_KEY = "duplicate-key"
    """Rows that share one business key: `added` counts such keys of `after`, `removed` those of `before`."""
    NO_TWIN = "no-twin"
    """Seen in one phase only: the run is incomplete."""


class Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Base of everything in a record."""


class Text(Struct, frozen=True, kw_only=True):
    """A message for people.

    Attributes:
        msgid: Russian sentence with places in braces, "Отчёт «{report}» не открывается"; the key of the catalogue of translations.
        params: values for the places, already formatted for people.
    """

    msgid: str
    params: dict[str, str] = {}

    def __str__(self) -> str:
        return fill(self.msgid, self.params)


def fill(template: str, params: dict[str, str]) -> str:
    """Puts params into the places of a template; a place without a value stays as it is (a record is data of others)."""
    for name, value in params.items():
        template = template.replace("{" + name + "}", value)
    return template


class Release(Struct, frozen=True, kw_only=True):
    """Name and version of the configuration and platform a stand runs; "" for what the base does not say."""

    configuration: str = ""
    version: str = ""
    platform: str = ""
    extensions: dict[str, str] = {}
    """Extension name to version; only applied ones."""


class Header(Struct, frozen=True, kw_only=True):
    """record.json: what was run, on what, by which versions. Written once, before the first step."""

    schema: int = SCHEMA
    run: str
    """Id of the run: UUID."""
    created: str
    project: str
    client: str = ""
    owner: str = ""
    """Who answers for the update as a whole."""
    language: str = "ru"
    stand_kind: str
    stand_address: str = ""
    """Without user info."""
    base: str = ""
    """What tells this base from another: before and after must share it."""
    target: str = ""
    """Release the stand is updated to, as configured."""
    period_start: str = ""
    period_end: str = ""
    time_zone: str = ""
    pack: str = ""
    digests: dict[str, str] = {}
    """configuration, scenarios, pack, acceptances: sha256."""
    versions: dict[str, str] = {}
    """python, onec-readiness, pytest, duckdb …"""
    settings: list[Setting] = []
    """Every effective setting with its source, secrets never."""
    gates: dict[str, str] = {}
    """Thresholds as strings; their sources are in `settings` under gates.NAME."""


class Setting(Struct, frozen=True, kw_only=True):
    """One effective setting and where it came from."""

    key: str
    value: str
    source: str
    """"default", "environment NAME", "command line", or "readiness.toml:LINE"."""


class Capability(Struct, frozen=True, kw_only=True):
    """Whether this stand can do a thing, and what it means when not."""

    name: str
    present: bool
    text: Text | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One finished step of the pipeline."""

    name: str
    """preflight, backup, proof, before, restore, update, after, compare, judge, documents."""
    outcome: str
    """done, failed, or skipped."""
    started: str
    seconds: float
    text: Text | None = None
    facts: dict[str, str] = {}
    evidence: list[str] = []
    """Paths inside the record."""


class Scenario(Struct, frozen=True, kw_only=True):
    """A collected scenario: its marker, its docstring, its definition."""

    id: str
    title: str
    """First line of the docstring."""
    description: str = ""
    area: str
    """exchange, report, flow, operation, sweep."""
    severity: Severity
    owner: str = ""
    nodeid: str = ""
    digest: str = ""
    """sha256 of the test's source: before and after must share it."""
    writes: bool = False
    covers: list[str] = []
    """Objects of the base it checks, as the inventory names them ("report:ВаловаяПрибыль")."""


class ScenarioRun(Struct, frozen=True, kw_only=True):
    """How one scenario ended in one phase."""

    id: str
    phase: Phase
    outcome: Outcome
    seconds: float = 0.0
    text: Text | None = None
    """Why it is not passed."""
    evidence: list[str] = []


class Observation(Struct, frozen=True, kw_only=True):
    """One named, typed value a scenario saw in one phase; the value itself is in `file`."""

    scenario: str
    name: str
    kind: ObservationKind
    phase: Phase
    file: str
    """Path inside the record."""
    digest: str
    """sha256 of the file."""
    title: str = ""
    rows: int = 0
    definition: dict[str, Any] = {}
    """How to compare: key, tolerance, ordered, mask, control, direction … JSON-able; must be equal in both phases."""


class ColumnChange(Struct, frozen=True, kw_only=True):
    """How many cells of a column changed, and by how much."""

    column: str
    changed: int
    before_sum: str = ""
    after_sum: str = ""


class Example(Struct, frozen=True, kw_only=True):
    """One telling change."""

    key: str
    """The row's key for people: "Номенклатура=Стол, Склад=Основной"; a path in a document."""
    column: str = ""
    before: str = ""
    after: str = ""
    delta: str = ""
    """after − before, signed; "" for what is no number."""
    percent: str = ""
    """The same as a share of before: "+1.64 %"; "" where before is zero or no number."""


class Cause(Struct, frozen=True, kw_only=True):
    """Changes of one difference that seem to have one cause.

    Attributes:
        change: added, removed, changed or structure.
        where: what their rows share: "Набор=Document_Заказ"; the place in a document without what tells list members apart.
        how: what their values share: "×1.0164", "+0.01", "20 → 22", "растёт"; "" when nothing.
        count: how many changes.
        before_sum: their sum before, for numbers (for whole rows: of the column that holds money).
        examples: the most telling three.
    """

    change: str
    column: str = ""
    where: str = ""
    how: str = ""
    count: int = 0
    before_sum: str = ""
    after_sum: str = ""
    examples: list[Example] = []


class Difference(Struct, frozen=True, kw_only=True):
    """What the comparison of one observation came to; one for each class it fell into.

    The differing rows themselves lie in `file` (Parquet or JSON), all of them.
    """

    scenario: str
    observation: str
    kind: ObservationKind
    cls: DifferenceClass
    title: str = ""
    text: Text | None = None
    """One sentence that names the place: what, where, before, after."""
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns: list[ColumnChange] = []
    examples: list[Example] = []
    breaking: bool = False
    """For structure and contracts: removed, renamed, narrowed, newly mandatory."""
    acceptance: str = ""
    """Id of the acceptance that explains it (class EXPECTED)."""
    file: str = ""
    causes: list[Cause] = []
    """Its changes by cause, the largest first; empty in records made before causes were kept."""
    code: str = ""
    """Code of its finding when the class does not tell it: CONTROL-TOTAL."""
    evidence: list[str] = []
    """Further files: the picture of a difference."""


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
