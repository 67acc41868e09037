"""Words of a record that have few values."""

from __future__ import annotations

from enum import StrEnum

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
