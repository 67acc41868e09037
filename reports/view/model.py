"""What a page shows, ready to print: texts in the document's language, numbers formatted, nothing left to decide for a template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A file of the record.

    Attributes:
        href: "" when a browser should not open it from the document.
        inside: whether the path names a file of the record's folders at all.
    """

    path: str
    href: str
    inside: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Chip:
    """A word with an icon; `mark` names the icon and the colour."""

    mark: str
    word: str


@dataclass(frozen=True, slots=True)
class OverrideView:
    """A person's decision against the gates."""

    who: str
    at: str
    reason: str
    before: Chip
    after: Chip


@dataclass(frozen=True, slots=True)
class Action:
    """What to do now, by whom, until when; `refs` are ids of scenarios that tell more, `more` of them are not named."""

    what: str
    who: str
    until: str
    refs: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class AreaRow:
    """Counts of one area on page one; `clean` scenarios passed after the update and left nothing to say."""

    title: str
    scenarios: int
    clean: int
    not_checked: int
    blockers: int
    warnings: int
    accepted: int
    state: Chip


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something nobody looked at, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Front:
    """Page one, for a director; `density` ("", "compact", "dense"): how small its print has to be to stay one page."""

    title: str
    client: str
    verdict: Chip
    code: str
    sentence: str
    override: OverrideView | None
    facts: tuple[Pair, ...]
    deadline: str
    reasons: tuple[str, ...]
    actions: tuple[Action, ...]
    areas: tuple[AreaRow, ...]
    unchecked: tuple[Unchecked, ...]
    unchecked_total: int
    emulator: str
    signatures: tuple[Pair, ...]
    density: str


@dataclass(frozen=True, slots=True)
class GateRow:
    """One gate."""

    title: str
    verdict: Chip
    wanted: str
    seen: str
    why: str
    source: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding; `object` is "" when the card's title says it, `advice` when the card has given it already."""

    number: int
    code: str
    object: str
    text: str
    before: str
    after: str
    phase: str
    advice: str
    evidence: tuple[Link, ...]
    examples: tuple[ExampleRow, ...] = ()
    """Further rows of the same cause; the first one is told by `text`, `before` and `after`."""


@dataclass(frozen=True, slots=True)
class FindingCard:
    """Findings of one scenario (or about one object), for the one who must act on them."""

    scenario: str
    title: str
    area: str
    owner: str
    severity: Chip
    items: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings of one severity; `hidden` of them are not shown."""

    severity: Chip
    title: str
    total: int
    cards: tuple[FindingCard, ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """How a column changed."""

    column: str
    changed: str
    before: str
    after: str
    delta: str


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """One telling change."""

    key: str
    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DifferenceView:
    """What the comparison of one observation came to; `text` is "" when a finding tells it."""

    scenario: str
    title: str
    kind: str
    state: Chip
    text: str
    counts: tuple[Pair, ...]
    columns: tuple[ColumnRow, ...]
    examples: tuple[ExampleRow, ...]
    acceptance: str
    file: Link | None
    picture: str = ""
    """What differs in two pictures, as a "data:" address; "" when it is no picture, or one too large for a document."""


@dataclass(frozen=True, slots=True)
class Unpaired:
    """An observation that could not be compared."""

    scenario: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class AcceptanceView:
    """A declared difference and what it covered."""

    id: str
    scenario: str
    scope: str
    reason: str
    owner: str
    until: str
    expired: bool
    covered: str
    link: Link


@dataclass(frozen=True, slots=True)
class PhaseCell:
    """How a scenario ended in one phase."""

    state: Chip
    seconds: str


@dataclass(frozen=True, slots=True)
class ScenarioView:
    """One line of the scenario matrix; `notes` say why it did not pass when no finding does."""

    id: str
    title: str
    description: str
    weight: str
    owner: str
    writes: bool
    before: PhaseCell
    after: PhaseCell
    change: Chip
    attention: bool
    notes: tuple[str, ...]
    findings: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ScenarioGroup:
    """Scenarios of one area."""

    title: str
    scenarios: tuple[ScenarioView, ...]


@dataclass(frozen=True, slots=True)
class Samples:
    """Measurements of one phase on a scale of 0 to 100: one tick a sample, a heavy one for the median."""

    median: str
    median_at: str
    ticks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TimingView:
    """One operation's times before and after."""

    scenario: str
    title: str
    before: Samples | None
    after: Samples | None
    ratio: str
    slower: bool
    samples: str


@dataclass(frozen=True, slots=True)
class StepView:
    """One step of the rehearsal; `start` and `width` place it on a scale of 0 to 100."""

    title: str
    state: Chip
    clock: str
    seconds: str
    share: str
    start: str
    width: str
    text: str
    facts: tuple[Pair, ...]
    evidence: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class CapabilityView:
    """Whether the stand can do a thing."""

    title: str
    state: Chip
    text: str


@dataclass(frozen=True, slots=True)
class FactView:
    """A measured or found fact."""

    name: str
    text: str
    value: str
    evidence: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class SettingView:
    """One effective setting."""

    key: str
    value: str
    source: str


@dataclass(frozen=True, slots=True)
class View:
    """The whole document."""

    language: str
    project: str
    client: str
    run: str
    created: str
    front: Front
    gates: tuple[GateRow, ...]
    findings: tuple[FindingGroup, ...]
    acceptances: tuple[AcceptanceView, ...]
    differences: tuple[DifferenceView, ...]
    differences_hidden: int
    unpaired: tuple[Unpaired, ...]
    identical: int
    scenarios: tuple[ScenarioGroup, ...]
    timings: tuple[TimingView, ...]
    steps: tuple[StepView, ...]
    steps_total: str
    unchecked: tuple[Unchecked, ...]
    capabilities: tuple[CapabilityView, ...]
    facts: tuple[FactView, ...]
    settings: tuple[SettingView, ...]
    versions: tuple[Pair, ...]
    digests: tuple[Pair, ...]
