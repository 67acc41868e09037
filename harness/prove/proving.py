"""The story of a proof: the phase before, an update that changes nothing, every variant; then the matrix."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from harness.errors import StepError, UsageError
from harness.prove.carrying import Part
from harness.prove.grouping import grouped, members_of
from harness.prove.judging import GATE, tried, untried
from harness.prove.lanes import LIMIT, Lanes, Task, Worker
from harness.prove.reach import reached
from harness.prove.rehearsal import Assignment
from harness.prove.results import Proof, write_proof
from harness.prove.variants import CONTROL, Variant, chosen, load_variants
from harness.record import now
from harness.resources import resource
from harness.run import stands
from harness.run.header import digests, versions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.config import Config
    from harness.prove.lanes import Tried
    from harness.prove.rehearsal import Outcome
    from harness.prove.results import Trial

DEFECTS, HARMLESS = "fixtures/defects", "fixtures/harmless"
_HINT = "проверьте сценарии обычным прогоном: readiness run"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to prove.

    Attributes:
        only: patterns of ids, empty for all.
        workers: processes side by side.
        singly: harmless changes one by one, not in groups.
        entire: every scenario for every change, also for one that cannot concern it.
        proxied: on the user's own stand, through a proxy that alters answers.
        out: folder of `prove.json` and the matrix; None for the folder of records.
        overrides: of the settings, for the worker processes.
    """

    only: Sequence[str] = ()
    workers: int = 2
    singly: bool = False
    entire: bool = False
    proxied: bool = False
    out: Path | None = None
    overrides: dict[str, str] | None = None


class Watcher(Protocol):
    """Who is told how far a proof is."""

    def began(self, variants: int) -> None:
        """The phase before begins; so many variants follow."""

    def prepared(self, seconds: float) -> None:
        """The phase before is over."""

    def finished(self, trial: Trial, done: int, total: int, left: float) -> None:
        """One variant was tried; `left` seconds are left, by the rate so far."""


def variants_of(*, proxied: bool) -> list[Variant]:
    """Everything that can be seeded."""
    if proxied:
        from harness.prove.mutations import variants

        return variants()
    return load_variants(resource(DEFECTS), resource(HARMLESS))


def prove(config: Config, wanted: Wanted, watcher: Watcher) -> tuple[Proof, Path]:
    """Proves the suite of a project; returns the proof and where it was written.

    Raises:
        UsageError: this stand cannot be proven so, or an id that nobody has.
        StepError: the phase before, or the update that changes nothing, could not be done.
    """
    _fits(config, proxied=wanted.proxied)
    everything = variants_of(proxied=wanted.proxied)
    picked = [item for item in chosen(everything, wanted.only) if item.id != CONTROL]
    control = next(item for item in everything if item.id == CONTROL)
    units, groups = (picked, {}) if wanted.singly or wanted.proxied else grouped(picked)
    started = time.perf_counter()
    watcher.began(len(units) + 1)
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="readiness-prove-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        lanes = stack.enter_context(Lanes(_workers(config, wanted, folder, len(units))))
        _before(lanes)
        before = time.perf_counter() - started
        watcher.prepared(before)
        # A suite of one's own may miss a lot: trying it all twice would tell nothing new.
        matrix = _Matrix(groups, watcher, len(units) + 1, patient=not wanted.proxied)
        calm, trials = _tried(lanes, control, units, matrix, entire=wanted.entire or wanted.proxied)
        places = {item.id: place for place, item in enumerate(everything)}
        proof = Proof(
            created=now(),
            source="proxy" if wanted.proxied else "defects",
            whole=len(picked) + 1 == len(everything),
            project=config.settings.project.name,
            digests=_suite(config),
            versions=versions(),
            verdict=calm.verdict.value,
            scenarios=calm.areas,
            workers=len(lanes.workers),
            before_seconds=round(before, 2),
            seconds=round(time.perf_counter() - started, 2),
            trials=sorted(trials, key=lambda trial: places[trial.id]),
        )
    return proof, write_proof(wanted.out or config.file(config.settings.project.records), proof)


@dataclass(slots=True)
class _Matrix:
    """Trials as they come in; members of a group that did not hold are to be tried alone, and what did not hold alone once more.

    What did not hold by a part of the suite is tried by all of it first: nobody is told to have missed what it was not shown. A busy machine can hide a slow query and slow down a quick one: what holds at the second try only is told as such.
    """

    groups: Mapping[str, Sequence[Variant]]
    watcher: Watcher
    total: int
    patient: bool = True
    trials: list[Trial] = field(default_factory=list)
    again: list[Variant] = field(default_factory=list)
    _second: set[str] = field(default_factory=set)
    _done: int = 0
    _clock: float = field(default_factory=time.perf_counter)

    def take(self, item: Tried, calm: Outcome) -> None:
        trial = _answered(item, calm)
        members = self.groups.get(trial.id)
        if trial.held:
            self.trials += members_of(trial, self.groups) if members else [self._counted(trial)]
        elif members:
            self._repeat(members)
        elif item.task.part is not None:
            self._repeat([item.variant])
        elif self.patient and trial.id != CONTROL and trial.id not in self._second:
            self._second.add(trial.id)
            self._repeat([item.variant])
        else:
            self.trials.append(self._counted(trial))
        self._done += 1
        left = (time.perf_counter() - self._clock) / self._done * (self.total - self._done)
        self.watcher.finished(trial, self._done, self.total, left)

    def _repeat(self, variants: Sequence[Variant]) -> None:
        self.again += variants
        self.total += len(variants)

    def _counted(self, trial: Trial) -> Trial:
        return msgspec.structs.replace(trial, tries=2) if trial.id in self._second else trial


def _tried(
    lanes: Lanes, control: Variant, units: Sequence[Variant], matrix: _Matrix, *, entire: bool
) -> tuple[Outcome, list[Trial]]:
    """What the control came to, and the trials of all."""
    # Whom a change concerns is known when the control is over: meanwhile those are tried that may concern everybody.
    whole = [item for item in units if entire or reached(item, {}) is None]
    calm: Outcome | None = None
    early: list[Tried] = []
    for item in lanes.run([Task(control), *map(Task, whole)]):
        if item.variant is control:
            calm = _outcome(item)
            matrix.take(item, calm)
        else:
            early.append(item)
        if calm is not None:  # nothing can be judged before it is known what is said of an update that changes nothing
            for waiting in early:
                matrix.take(waiting, calm)
            early.clear()
    assert calm is not None
    known = {item.id for item in whole}
    for item in lanes.run([_part(variant, calm) for variant in units if variant.id not in known]):
        matrix.take(item, calm)
    while matrix.again:
        variants, matrix.again = matrix.again, []
        for item in lanes.run([*map(Task, variants)]):
            matrix.take(item, calm)
    return calm, matrix.trials


def _part(variant: Variant, calm: Outcome) -> Task:
    """The scenarios a change can concern; the others ended as without it."""
    again = reached(variant, calm.asked)
    return Task(variant, Part(again=again, calm=calm.record) if again is not None else None)


def _suite(config: Config) -> dict[str, str]:
    """Digests of what is proven, as in the header of a run."""
    found = digests(config, stands.scenario_paths(config), stands.pack_of(config))
    return {name: value for name, value in found.items() if name in ("scenarios", "pack")}


def _fits(config: Config, *, proxied: bool) -> None:
    stand = config.settings.stand
    if proxied and stand.kind != "external":
        raise UsageError(
            'прокси ставится перед своим стендом: в настройках нужен [stand] kind = "external"',
            place=config.place("stand.kind"),
            hint="без --proxy ошибки вносятся в демонстрационную компанию",
        )
    if not proxied and (stand.kind != "embedded" or stand.metadata):
        raise UsageError(
            "ошибки вносятся только в демонстрационную компанию, а в настройках другой стенд",
            place=config.place("stand.kind"),
            hint="проверить сценарии на своём стенде: readiness prove --proxy",
        )


def _workers(config: Config, wanted: Wanted, folder: Path, variants: int) -> list[Worker]:
    """One lane a process; never more than there are variants."""
    count = max(1, min(wanted.workers, variants or 1))
    return [
        Worker(
            Assignment(
                config=str(config.path),
                overrides=wanted.overrides or {},
                folder=str(folder),
                lane=f"lane-{number}",
                proxied=wanted.proxied,
            ),
            folder,
            LIMIT,
        )
        for number in range(1, count + 1)
    ]


def _before(lanes: Lanes) -> None:
    """The phase before, once for all."""
    answer = lanes.workers[0].ask(None)
    if answer.trouble:
        raise StepError(answer.trouble, hint=_HINT)


def _outcome(control: Tried) -> Outcome:
    """What an update that changes nothing came to: what is said of it is said of everything."""
    answer = control.answer
    if answer.outcome is None:
        raise StepError(answer.trouble or "нет ответа", hint=_HINT)
    return answer.outcome


def _answered(item: Tried, calm: Outcome) -> Trial:
    outcome = item.answer.outcome
    if outcome is None:
        return untried(item.variant, item.seconds, trouble=item.answer.trouble or "нет ответа")
    if outcome.skipped:
        return untried(item.variant, item.seconds, skipped=outcome.skipped)
    trial = _trial(item.variant, outcome, calm)
    return msgspec.structs.replace(trial, again=len(item.task.part.again)) if item.task.part else trial


def _trial(variant: Variant, outcome: Outcome, calm: Outcome) -> Trial:
    control = calm.notices
    if variant.id == CONTROL and outcome.updated:
        # Whatever is said of an update that changes nothing is false, but for what is said of the suite itself: how much it covers.
        control = [item for item in calm.notices if item.code.startswith(GATE)]
    trial = tried(
        variant,
        outcome.notices,
        outcome.verdict,
        control=control,
        control_verdict=calm.verdict,
        areas=outcome.areas,
        seconds=outcome.seconds,
    )
    return msgspec.structs.replace(trial, wanted=", ".join(outcome.words)) if outcome.words else trial
