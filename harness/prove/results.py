"""What a proof came to: `prove.json`, one file that holds the whole matrix, and what of it a run's document may quote."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import msgspec

from harness.errors import RecordError
from harness.prove.variants import Kind
from harness.record.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

FILE, MATRIX = "prove.json", "matrix.csv"
SCHEMA = 1
INCOMPLETE = "incomplete"
"""Severity of what a scenario could not check any more, though it could before the update."""
_WEIGHT = ("blocker", INCOMPLETE, "warning", "info")


class Notice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing the suite said of a variant.

    Attributes:
        scenario: id; "" when a step or a gate of the run said it.
        severity: blocker, warning, or `INCOMPLETE`.
        code: of the finding, the step or the gate.
        text: the message, with the place it names.
        expected: it comes from where it was expected and names the place.
    """

    scenario: str = ""
    severity: str
    code: str
    text: str
    expected: bool = False


class Trial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How one variant fared.

    Attributes:
        held: the defect was noticed; the harmless change was let pass.
        verdict: of the gates; "" when it did not come to one.
        limit: the worst verdict allowed to a harmless change.
        wanted: who was to notice the defect, and the words of the place.
        notices: everything said beyond what is said of an update that changes nothing.
        trouble: why the variant could not be tried.
        skipped: why it is not of this base; it counts neither way.
        together: ids of the harmless changes that were in the same update.
        tries: how often it was tried until it held, or was given up.
        again: how many scenarios ran, when those the change cannot concern did not; 0: all of them.
    """

    id: str
    kind: Kind
    title: str
    about: str = ""
    area: str = ""
    held: bool
    verdict: str = ""
    limit: str = ""
    wanted: str = ""
    notices: list[Notice] = []
    seconds: float = 0.0
    trouble: str = ""
    skipped: str = ""
    together: list[str] = []
    tries: int = 1
    again: int = 0

    @property
    def expected(self) -> list[Notice]:
        """Notices that count."""
        return [item for item in self.notices if item.expected]

    def by_scenario(self) -> dict[str, str]:
        """Id of a scenario ("run" for the run itself) to the worst severity it gave: a row of the matrix."""
        worst: dict[str, str] = {}
        for item in self.notices:
            name = item.scenario or "run"
            worst[name] = min(worst.get(name, item.severity), item.severity, key=weight)
        return dict(sorted(worst.items()))


class Proof(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole matrix.

    Attributes:
        source: "defects" for updates of the demo company, "proxy" for answers altered on the way.
        whole: every variant was tried; a part proves nothing of the suite.
        digests: of scenarios and pack, as in a run's header.
        verdict: what an update that changes nothing comes to.
        scenarios: id of every scenario of the suite to its area, in order.
    """

    schema: int = SCHEMA
    created: str
    source: str
    whole: bool
    project: str = ""
    digests: dict[str, str] = {}
    versions: dict[str, str] = {}
    verdict: str = ""
    scenarios: dict[str, str] = {}
    workers: int = 1
    before_seconds: float = 0.0
    seconds: float = 0.0
    trials: list[Trial] = []

    def of(self, kind: Kind) -> list[Trial]:
        """Trials of a kind that say something."""
        return [item for item in self.trials if item.kind is kind and not item.skipped]

    @property
    def defects(self) -> int:
        """How many were seeded."""
        return len(self.of(Kind.DEFECT))

    @property
    def noticed(self) -> int:
        """How many of them were noticed by whom they should."""
        return sum(item.held for item in self.of(Kind.DEFECT))

    @property
    def harmless(self) -> int:
        """How many harmless changes were tried."""
        return len(self.of(Kind.HARMLESS))

    @property
    def raised(self) -> int:
        """How many of them raised a false alarm."""
        return sum(not item.held for item in self.of(Kind.HARMLESS))

    @property
    def shaky(self) -> list[str]:
        """Ids of what held at the second try only: on a quieter machine it would have held at once."""
        return [item.id for item in self.trials if item.held and item.tries > 1]

    @property
    def holds(self) -> bool:
        """The whole matrix holds."""
        return bool(self.trials) and all(item.held for item in self.trials)


def weight(severity: str) -> int:
    """Place of a severity, the worst first."""
    return _WEIGHT.index(severity) if severity in _WEIGHT else len(_WEIGHT)


def write_proof(folder: Path, proof: Proof) -> Path:
    """Writes `prove.json` and, for a spreadsheet, the matrix; returns the path of the first.

    Whoever reads at this moment finds the old files or the new ones, whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE
    write_atomic(path, msgspec.json.format(msgspec.json.encode(proof), indent=1) + b"\n")
    write_atomic(folder / MATRIX, _csv(proof).encode("utf-8-sig"))
    return path


def read_proof(path: Path) -> Proof:
    """Reads the file.

    Raises:
        RecordError: unreadable, or of another version.
    """
    try:
        proof = msgspec.json.decode(path.read_bytes(), type=Proof)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise RecordError(
            f"результат readiness prove не читается: {error}",
            place=str(path),
            hint="получите его заново: readiness prove",
        ) from error
    if proof.schema != SCHEMA:
        raise RecordError(
            f"результат readiness prove другой версии: {proof.schema}",
            place=str(path),
            hint="получите его заново: readiness prove",
        )
    return proof


def _csv(proof: Proof) -> str:
    """The full matrix variant × scenario: a severity where a scenario noticed something."""
    columns = [*proof.scenarios, "run"]
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["id", "kind", "title", "held", "verdict", *columns])
    for trial in proof.trials:
        seen = trial.by_scenario()
        head = [trial.id, trial.kind.value, trial.title, "yes" if trial.held else "no", trial.verdict]
        writer.writerow([*head, *(seen.get(name, "") for name in columns)])
    return text.getvalue()
