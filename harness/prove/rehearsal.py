"""Rehearsals of one process: the phase before once, the phase after for every variant, each with restore, update, comparison and judgement.

The steps are those of `readiness run`, over the same `Run`; only pytest runs in this very process, so that its imports are paid once, and no
documents are written.
"""

from __future__ import annotations

import gc
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from harness.config import load
from harness.errors import StepError
from harness.prove.carrying import same
from harness.prove.judging import notices_of
from harness.prove.results import Notice  # noqa: TC001  # msgspec reads the annotations
from harness.record import RecordWriter, read_record
from harness.record.models import Verdict  # noqa: TC001  # as above
from harness.record.store import JOURNAL
from harness.run import finish, phase, stands
from harness.run.context import DONE, Run, StepPlan
from harness.run.work import WorkFolder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.config import Config
    from harness.prove.carrying import Part
    from harness.prove.variants import Variant
    from harness.record.models import Phase, Step
    from harness.run.access import Access
    from harness.run.view import PhaseProgress

BEFORE = "before"
"""Name of the record of the phase before, inside the folder of a proof."""
_HERE = (
    # Plugins of the environment that this process has imported before pytest are no matter of the scenarios.
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
    # The base that trusts any certificate lives in this process, too; in a run it has one of its own.
    *("-W", "ignore::urllib3.exceptions.InsecureRequestWarning"),
    # What objects of an earlier variant say when they are collected: looking for it takes five collections a session.
    *("-p", "no:unraisableexception"),
)
"""What pytest is told when it shares a process with the stand and with the sessions before it."""


class Assignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a process needs to know.

    Attributes:
        config: path of the settings.
        overrides: of them.
        folder: of the whole proof.
        lane: name of this process's own folder inside it.
        proxied: the stand is somebody's own, seen through a proxy that alters answers.
    """

    config: str
    overrides: dict[str, str] = {}
    folder: str
    lane: str
    proxied: bool = False


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a rehearsal came to.

    Attributes:
        areas: id of every scenario to its area, in order.
        notices: everything said.
        words: of the place, when only the rehearsal could tell it.
        skipped: why there was nothing to try.
        asked: id of every scenario to what it asked the base; of the update that changes nothing only.
        record: path of its record, while the proof lasts; of the update that changes nothing only.
        updated: the stand was really updated; False where only answers were altered.
    """

    verdict: Verdict
    notices: list[Notice]
    seconds: float
    areas: dict[str, str] = {}
    words: list[str] = []
    skipped: str = ""
    asked: dict[str, list[str]] = {}
    record: str = ""
    updated: bool = True


class Laboratory(Protocol):
    """Where variants are tried."""

    def before(self) -> Outcome | None:
        """The phase before, shared by all variants; leaves its record in the folder of the proof."""

    def after(self, variant: Variant, part: Part | None = None) -> Outcome:
        """One variant: everything from the restore to the verdict; of the phase after only a part, where that is enough."""

    def close(self) -> None:
        """Nothing is left running."""


class Silent:
    """A view nobody looks at: a proof tells its own progress."""

    def step_started(self, name: str) -> None:
        """Nothing."""

    def step_finished(self, step: Step) -> None:
        """Nothing."""

    def phase(self, progress: PhaseProgress) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def confirm(self, instruction: str) -> bool:
        """Nobody is there to do it."""
        del instruction
        return False


@dataclass(slots=True)
class Settled:
    """Settings, resolved: what every rehearsal of the process shares."""

    config: Config
    folder: Path
    lane: Path
    scenarios: tuple[Path, ...]
    pack: Path | None

    @classmethod
    def of(cls, assignment: Assignment) -> Settled:
        """Loads the settings anew: a process inherits nothing but the environment."""
        config = load(Path(assignment.config), env=os.environ, overrides=assignment.overrides)
        folder = Path(assignment.folder)
        return cls(config, folder, folder / assignment.lane, stands.scenario_paths(config), stands.pack_of(config))

    @property
    def before(self) -> Path:
        """Record of the phase before."""
        return self.folder / BEFORE

    def fork(self, name: str) -> tuple[Path, WorkFolder]:
        """A record that shares what was seen before, and its work folder with the same key and the same backup."""
        record = self.lane / name
        work = WorkFolder.of(record)
        shutil.rmtree(record, ignore_errors=True)
        work.remove()
        shutil.copytree(self.before, record, copy_function=same)
        journal = record / JOURNAL
        journal.unlink()  # the one file that is written on
        shutil.copy2(self.before / JOURNAL, journal)
        work.create()
        for file in WorkFolder.of(self.before).path.glob("*.*"):
            if file.is_file():
                shutil.copy2(file, work.path / file.name)
        return record, work


def run_of(settled: Settled, writer: RecordWriter, work: WorkFolder, stand: object, access: Access) -> Run:
    """A run over what the process shares."""
    return Run(
        config=settled.config,
        stand=stand,  # type: ignore[arg-type]
        access=access,
        record=writer,
        work=work,
        view=Silent(),
        scenario_paths=settled.scenarios,
        pack=settled.pack,
    )


def perform(run: Run, *plans: tuple[str, object]) -> None:
    """Performs steps as `readiness run` does, each journaled."""
    for name, do in plans:
        run.perform(StepPlan(name, do))  # type: ignore[arg-type]


def decided(run: Run, started: float) -> Outcome:
    """Compares and judges; documents are left out."""
    for name, do in (("compare", finish.compare), ("judge", finish.judge)):
        run.perform(StepPlan(name, do, always=True))
    record = read_record(run.record.path, verify=False)
    if run.decision is None:
        step = record.step("judge")
        raise StepError(str(step.text) if step and step.text else "решение не вычислено", place=str(record.path))
    areas = {item.id: item.area for item in record.scenarios.values()}
    notices = notices_of(record, run.decision)
    gc.collect()  # sessions and tables of the finished variant, not of the next one
    return Outcome(verdict=run.decision.verdict, notices=notices, seconds=time.perf_counter() - started, areas=areas)


def in_process(run: Run, phase_: Phase, options: Sequence[str], plugins: Sequence[object] = ()) -> int:
    """Pytest in this process: the second session of a process takes a third of the time of the first one.

    Args:
        run: in progress.
        phase_: of it.
        options: of pytest.
        plugins: objects with hooks, besides those of the command line.
    """
    import pytest

    arguments = [*phase.command(run, phase_, options), *_HERE]
    folder = Path.cwd()
    os.chdir(run.config.folder)
    try:
        return int(pytest.main(arguments[arguments.index("harness.run.child") + 1 :], plugins))
    finally:
        os.chdir(folder)


def all_done(run: Run) -> None:
    """A proof that rests on a phase before that failed would prove nothing."""
    record = read_record(run.record.path, verify=False)
    failed = next((step for step in record.steps if step.outcome != DONE), None)
    if failed is not None:
        raise StepError(f"этап до обновления не выполнен: {failed.text or failed.name}", place=str(run.record.path))
    if not record.observations:
        texts = [str(item.text) for item in record.runs.values() if item.text is not None]
        raise StepError(f"до обновления ни один сценарий ничего не увидел: {next(iter(texts), 'сценариев нет')}")
