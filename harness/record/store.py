"""Writing a run record: the folder, its journal, evidence, results, the seal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import msgspec

from harness.errors import RecordError
from harness.record.events import EventKind
from harness.record.files import safe_name, sha256, write_atomic
from harness.record.journal import Event, Journal, canonical
from harness.record.manifest import MANIFEST, verify_manifest, write_manifest
from harness.record.models import SCHEMA, Acceptance, Decision, Difference, Header, Phase
from harness.record.redact import redact, redact_content, redact_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HEADER = "record.json"
JOURNAL = "journal.jsonl"
VERDICT = "verdict.json"
COMPARED = "differences/compared.json"
"""What the comparison found, acceptances not yet looked at."""
EXPLAINED = "differences/explained.json"
"""The same after acceptances, with the acceptances and what each covered."""
FOLDERS = (Phase.BEFORE.value, Phase.AFTER.value, "differences", "evidence")


class Explained(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Differences after acceptances, and the acceptances with what they covered."""

    differences: list[Difference]
    acceptances: list[Acceptance]


class RecordWriter:
    """The one who writes a record. Several processes may hold one for the same folder; the journal makes them take turns."""

    def __init__(self, path: Path, header: Header, journal: Journal) -> None:
        self.path = path
        self.header = header
        self.journal = journal

    @classmethod
    def create(cls, path: Path, header: Header) -> RecordWriter:
        """Makes a new record; the folder must be absent or empty.

        Raises:
            RecordError: the folder holds something already.
        """
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise RecordError(
                "Папка протокола уже занята",
                place=str(path),
                hint="Укажите новую папку или продолжите прогон: --resume",
            )
        for folder in FOLDERS:
            (path / folder).mkdir(parents=True, exist_ok=True)
        # The version is written out: a default left unsaid would be another version's default.
        content = {**redact(msgspec.to_builtins(header)), "schema": header.schema}
        write_atomic(path / HEADER, canonical(content) + b"\n")
        return cls.open(path)

    @classmethod
    def open(cls, path: Path) -> RecordWriter:
        """Opens a record to go on writing; a sealed one is verified first and has to be sealed again afterwards.

        Raises:
            RecordError: not a record, of another version, or edited.
        """
        header = read_header(path)
        if (path / MANIFEST).exists():
            verify_manifest(path)
        return cls(path, header, Journal(path / JOURNAL, genesis=header_digest(path)))

    def event(self, kind: EventKind | str, data: Mapping[str, Any] | msgspec.Struct | None = None) -> Event:
        """Journals one event, redacted; it is on the disk when this returns."""
        return self.journal.append(str(kind), {} if data is None else data)

    def evidence(self, name: str, content: bytes) -> str:
        """Keeps a file under evidence/ by the hash of its content, without secrets; returns its path inside the record."""
        return write_evidence(self.path, name, content)

    def differences(self, found: Sequence[Difference]) -> None:
        """Writes what the comparison found."""
        self._write(COMPARED, list(found))
        (self.path / EXPLAINED).unlink(missing_ok=True)

    def explained(self, differences: Sequence[Difference], acceptances: Sequence[Acceptance]) -> None:
        """Writes differences after acceptances."""
        self._write(EXPLAINED, Explained(differences=list(differences), acceptances=list(acceptances)))

    def decide(self, decision: Decision) -> None:
        """Writes verdict.json and journals the decision."""
        content = {**redact(msgspec.to_builtins(decision)), "schema": decision.schema}
        write_atomic(self.path / VERDICT, msgspec.json.format(canonical(content), indent=2) + b"\n")
        self.event(EventKind.DECIDED, {"verdict": decision.verdict.value, "exit_code": decision.exit_code})

    def seal(self) -> None:
        """Writes manifest.json over every file; from now on any altered byte is noticed."""
        write_manifest(self.path)

    def close(self) -> None:
        """Lets go of the journal."""
        self.journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, name: str, value: Any) -> None:
        write_atomic(self.path / name, canonical(redact(msgspec.to_builtins(value))) + b"\n")


def write_evidence(folder: Path, name: str, content: bytes) -> str:
    """Keeps a file under evidence/ of the record at `folder`; the same content under the same name is kept once."""
    content = redact_content(content)
    inside = f"evidence/{sha256(content)[:20]}-{safe_name(redact_text(name))}"
    path = folder / inside
    if not path.exists():
        write_atomic(path, content)
    return inside


def header_digest(path: Path) -> str:
    """The hash the journal's first event refers to, so that an edited header breaks the chain."""
    return sha256((path / HEADER).read_bytes())


def read_header(path: Path) -> Header:
    """record.json of a record.

    Raises:
        RecordError: there is none, it is damaged, or it is of another version.
    """
    place = path / HEADER
    try:
        content = place.read_bytes()
    except OSError as error:
        raise RecordError(
            "Это не протокол прогона: нет record.json",
            place=str(path),
            hint="Укажите папку, созданную командой readiness run",
        ) from error
    try:
        schema = msgspec.json.decode(content, type=_Version).schema
        if schema != SCHEMA:
            raise RecordError(
                f"Протокол прогона другой версии: {schema}, поддерживается {SCHEMA}",
                place=str(place),
                hint="Откройте его той версией onec-readiness, которой он записан",
            )
        return msgspec.json.decode(content, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordError(
            "Заголовок протокола прогона повреждён", place=str(place), hint="Возьмите исходную копию"
        ) from error


class _Version(msgspec.Struct):
    schema: int = SCHEMA
