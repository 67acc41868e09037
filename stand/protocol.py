"""What a stand can do. `harness` knows stands by this page only; the three ways to have one implement it.

Every call returns a frozen result with its duration (seconds) and evidence. What a stand cannot do is said in `capabilities`
and becomes a fact of the document, never a silent skip.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.onec.exchange_folder import SharedFolder


class Capability(StrEnum):
    """The things a stand may be able to do."""

    START = "start"
    BACKUP = "backup"
    RESTORE = "restore"
    PROOF = "proof"
    UPDATE = "update"
    ISOLATION = "isolation"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file or a text that proves a result: stored in the record by its content."""

    name: str
    content: bytes
    media_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Info:
    """What the base says of itself.

    Attributes:
        base: what tells this base from another (name of the base, not its release).
        marked: whether it carries the stand's mark; None when it cannot say.
        handlers_failed: update handlers that ended with an error, as texts.
        deferred_left: deferred update handlers not finished; None when it cannot say.
        deferred_waiting: names of those handlers, when the base tells them.
        extensions_refused: extensions that were not applied, with reasons.
    """

    base: str
    configuration: str = ""
    version: str = ""
    platform: str = ""
    time_zone: str = ""
    marked: bool | None = None
    extensions: Mapping[str, str] = field(default_factory=dict)
    extensions_refused: Mapping[str, str] = field(default_factory=dict)
    handlers_failed: tuple[str, ...] = ()
    deferred_left: int | None = None
    deferred_waiting: tuple[str, ...] = ()
    emulator: bool = False


@dataclass(frozen=True, slots=True)
class Isolation:
    """Whether the copy is cut off from the outside; None means that nobody knows."""

    external_resources_blocked: bool | None
    scheduled_jobs_blocked: bool | None
    evidence: str = ""

    @property
    def known_blocked(self) -> bool:
        """True only when both are known to be blocked: what the write guard wants."""
        return self.external_resources_blocked is True and self.scheduled_jobs_blocked is True


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a stand answers.

    Attributes:
        publication: root of the publication, "http://127.0.0.1:8080/demo", without a slash at the end.
        odata: publication + "/odata/standard.odata".
        service: publication + "/hs/readiness/v1".
        shared: a folder the base sees under another name than this machine; None: it sees this machine's own, or none.
    """

    publication: str
    shared: SharedFolder | None = None

    @property
    def odata(self) -> str:
        """Root of the standard OData interface."""
        return f"{self.publication}/odata/standard.odata"

    @property
    def service(self) -> str:
        """Root of the readiness service."""
        return f"{self.publication}/hs/readiness/v1"


@dataclass(frozen=True, slots=True)
class Result:
    """What a step came to.

    Attributes:
        seconds: duration.
        facts: what was measured or found, name to canonical string ("size_bytes": "1048576").
    """

    seconds: float
    facts: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was taken.

    Attributes:
        path: where it lies; None when a person keeps it.
        digest: sha256 of the file, "" when there is none.
        taken: ISO time with offset.
    """

    result: Result
    path: Path | None
    digest: str
    taken: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What a restore was compared by: tables with row counts and content hashes on both sides.

    Attributes:
        proven: every table equal.
        differing: names of tables that are not.
        problem: why the backup could not be restored at all; "" when it could.
    """

    result: Result
    proven: bool
    tables: int
    rows: int
    differing: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class HandStep:
    """What a person has to do now, for stands without a command."""

    name: str
    instruction: str


class HandStepNeededError(Exception):
    """Raised by a stand when a person must act; the pipeline stops, says it, and goes on with `--resume`."""

    def __init__(self, step: HandStep) -> None:
        super().__init__(step.instruction)
        self.step = step


@runtime_checkable
class Stand(Protocol):
    """A copy of an infobase to try an update on. Methods without the capability raise `harness.errors.StepError`."""

    kind: str
    capabilities: frozenset[Capability]

    def start(self) -> Result:
        """Brings the stand up; does nothing when it is up."""

    def stop(self) -> Result:
        """Takes the stand down and leaves nothing running."""

    def endpoints(self) -> Endpoints:
        """Where it answers; only after `start`."""

    def info(self) -> Info:
        """What the base says of itself now."""

    def isolation(self) -> Isolation:
        """Whether outward connections and scheduled jobs are blocked."""

    def backup(self) -> Backup:
        """Takes a backup."""

    def proof(self, backup: Backup) -> Proof:
        """Restores the backup into a base of its own and compares it with the stand, table by table."""

    def restore(self, backup: Backup) -> Result:
        """Puts the stand back to the backup."""

    def update(self, release: str) -> Result:
        """Updates the stand; believed only with evidence (`info()` before and after)."""


@runtime_checkable
class ByHand(Protocol):
    """A stand some steps of which a person does."""

    def confirm(self, name: str) -> None:
        """The person says that the step of this name is done: the next call of it checks that instead of asking again."""
