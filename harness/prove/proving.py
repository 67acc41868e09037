"""The story of a proof: the phase before, an update that changes nothing, every variant; then the matrix."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from harness.errors import StepError, UsageError
from harness.prove.grouping import grouped, members_of
from harness.prove.judging import GATE, tried, untried
from harness.prove.lanes import LIMIT, Lanes, Worker
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
BEFORE_LIMIT = 1800.0
"""Seconds the phase before may take."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to prove.

    Attributes:
        only: patterns of ids, empty for all.
        workers: processes side by side.
        singly: harmless changes one by one, not in groups.
        proxied: on the user's own stand, through a proxy that alters answers.
        out: folder of `prove.json` and the matrix; None for the folder of records.
        overrides: of the settings, for the worker processes.
    """

    only: Sequence[str] = ()
    workers: int = 2
    singly: bool = False
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
        calm = _calm(lanes, control)
        before = time.perf_counter() - started
        watcher.prepared(before)
        first = _trial(control, calm, calm)
        watcher.finished(first, 1, len(units) + 1, 0.0)
        trials = [first, *_tried(lanes, units, groups, calm, watcher)]
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


def _tried(
    lanes: Lanes, units: Sequence[Variant], groups: Mapping[str, Sequence[Variant]], calm: Outcome, watcher: Watcher
) -> list[Trial]:
    """Every unit, then alone the members of those groups that did not hold."""
    trials: list[Trial] = []
    again: list[Variant] = []
    clock, done, total = time.perf_counter(), 1, len(units) + 1
    for round_ in (units, again):
        for item in lanes.run(list(round_)):
            trial = _answered(item, calm)
            done += 1
            if trial.id not in groups:
                trials.append(trial)
            elif trial.held:
                trials += members_of(trial, groups)
            else:
                again += groups[trial.id]
                total += len(groups[trial.id])
            left = (time.perf_counter() - clock) / (done - 1) * (total - done)
            watcher.finished(trial, done, total, left)
    return trials


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


def _calm(lanes: Lanes, control: Variant) -> Outcome:
    """The phase before and an update that changes nothing: what is said of it is said of everything."""
    first = lanes.workers[0]
    answer = first.ask(None)
    if not answer.trouble:
        answer = first.ask(control)
    if answer.outcome is None:
        raise StepError(answer.trouble or "нет ответа", hint="проверьте сценарии обычным прогоном: readiness run")
    return answer.outcome


def _answered(item: Tried, calm: Outcome) -> Trial:
    outcome = item.answer.outcome
    if outcome is None:
        return untried(item.variant, item.seconds, trouble=item.answer.trouble or "нет ответа")
    if outcome.skipped:
        return untried(item.variant, item.seconds, skipped=outcome.skipped)
    return _trial(item.variant, outcome, calm)


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
