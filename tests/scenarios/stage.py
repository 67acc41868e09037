"""A stand, a record, and the scenarios run on it phase by phase: what `readiness run` does, without its steps around."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from harness.basefile import BaseFile, Credentials, write_base_file
from harness.observe import compare_record
from harness.record import RecordWriter, now, read_record
from harness.record.models import Difference, DifferenceClass, Header, Outcome, Phase
from harness.run.phase import environment, plugin_options
from stand.embedded import EmbeddedStand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.record import Record
    from stand.bases import Base
    from stand.protocol import Backup

ROOT = Path(__file__).parents[2]
_QUIET = (DifferenceClass.IDENTICAL, DifferenceClass.TOLERANCE)


@dataclass
class Stage:
    """One rehearsal.

    Args:
        folder: where everything lies.
        base: what the stand serves.
        pack: of the scenarios.
        folders: folders of scenarios to run, all of them when empty.
    """

    folder: Path
    base: Base
    pack: str = "demo.toml"
    folders: Sequence[str] = ()
    stand: EmbeddedStand = field(init=False)
    output: str = field(default="", init=False)

    def __post_init__(self) -> None:
        self.stand = EmbeddedStand(self.base, self.folder / "stand")
        header = Header(run="1", created=now(), project="п", stand_kind="embedded", base="одна")
        RecordWriter.create(self.record_folder, header).close()

    @property
    def record_folder(self) -> Path:
        """The record of this rehearsal."""
        return self.folder / "record"

    def fork(self, name: str) -> Stage:
        """Another rehearsal on the same stand that shares what was seen so far."""
        other = object.__new__(Stage)
        other.folder, other.base, other.pack, other.folders = self.folder / name, self.base, self.pack, self.folders
        other.stand, other.output = self.stand, ""
        shutil.copytree(self.record_folder, other.record_folder)
        shutil.copy(self.folder / "key", other.folder / "key")
        return other

    def start(self) -> Backup:
        """Brings the stand up and takes the backup both phases start from."""
        self.stand.start()
        return self.stand.backup()

    def phase(self, phase: Phase, *options: str) -> int:
        """Runs the scenarios; returns pytest's code."""
        base_file = write_base_file(self.folder / "base.json", self._base_file())
        paths = [str(ROOT / "scenarios" / name) for name in self.folders or [""]]
        command = [
            sys.executable,
            "-m",
            "pytest",
            *paths,
            *plugin_options(),
            "-q",
            "-p",
            "no:cacheprovider",
            f"--readiness-record={self.record_folder}",
            f"--readiness-phase={phase.value}",
            f"--readiness-base={base_file}",
            *options,
        ]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, encoding="utf-8", timeout=120, check=False
        )
        self.output = done.stdout + done.stderr
        return done.returncode

    def _base_file(self) -> BaseFile:
        main, *others = self.stand.accounts()
        return BaseFile(
            publication=self.stand.endpoints().publication,
            user=Credentials(name=main.name, password=main.password),
            users={role: Credentials(name=item.name, password=item.password) for item in others for role in item.roles},
            base="одна",
            marked=True,
            isolated=True,
            period_start="2026-01-01",
            period_end="2026-03-31",
            pack=str(ROOT / "fixtures" / "packs" / self.pack),
            key_file=str(self.folder / "key"),
            timing_repeats=3,
        )

    def record(self) -> Record:
        """The record as it is now."""
        return read_record(self.record_folder)

    def differences(self) -> list[Difference]:
        """What the two phases differ in."""
        with RecordWriter.open(self.record_folder) as writer:
            return [item for item in compare_record(writer) if item.cls not in _QUIET]

    def said(self) -> str:
        """Everything the rehearsal has to say of the product: differences, failed scenarios, findings."""
        lines = [self._told(item) for item in self.differences()]
        record = self.record()
        runs = [run for run in record.runs.values() if run.outcome is Outcome.FAILED and run.phase is Phase.AFTER]
        lines += [f"{run.id}: {run.text}" for run in runs]
        lines += [f"{item.scenario}: {item.text}" for item in record.findings if item.phase == Phase.AFTER.value]
        return "\n".join(lines)

    @staticmethod
    def _told(item: Difference) -> str:
        examples = "; ".join(f"{one.key} {one.column}: {one.before} → {one.after}" for one in item.examples)
        return f"{item.scenario}: {item.title}: {item.text} {examples}"

    def close(self) -> None:
        """Nothing is left running."""
        self.stand.stop()
