"""The story of a proof: the phase before, an update that changes nothing, every variant; then the matrix."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import StepError, UsageError
from harness.prove.carrying import Part
from harness.prove.grouping import grouped
from harness.prove.lanes import LIMIT, Lanes, Task, Worker
from harness.prove.matrix import Matrix
from harness.prove.reach import reached
from harness.prove.rehearsal import Assignment
from harness.prove.results import Proof, write_proof
from harness.prove.variants import CONTROL, Variant, chosen, load_variants
from harness.record import now
from harness.resources import resource
from harness.run import stands
from harness.run.header import digests, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.config import Config
    from harness.prove.lanes import Tried
    from harness.prove.matrix import Watcher
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
        matrix = Matrix(groups, watcher, patient=not wanted.proxied)
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


def _tried(
    lanes: Lanes, control: Variant, units: Sequence[Variant], matrix: Matrix, *, entire: bool
) -> tuple[Outcome, list[Trial]]:
    """What the control came to, and the trials of all."""
    # Whom a change concerns is known when the control is over: meanwhile those are tried that may concern everybody.
    whole: list[Variant] = []
    rest: list[Variant] = []
    for unit in units:
        (whole if entire or reached(unit, {}) is None else rest).append(unit)
    parts: list[Task] = []
    calm: Outcome | None = None
    early: list[Tried] = []
    first = [Task(control), *map(Task, whole)]
    for item in lanes.run(first):
        early.append(item)
        if item.variant is control:
            calm = _outcome(item)
            parts = [_part(variant, calm) for variant in rest]
            matrix.waiting = [*first, *parts]
        if calm is not None:  # nothing can be judged before it is known what is said of an update that changes nothing
            for waiting in early:
                matrix.take(waiting, calm)
            early.clear()
    assert calm is not None
    for item in lanes.run(parts):
        matrix.take(item, calm)
    while matrix.again:
        tasks, matrix.again = matrix.again, []
        for item in lanes.run(tasks):
            matrix.take(item, calm)
    return calm, matrix.trials


def _part(variant: Variant, calm: Outcome) -> Task:
    """The scenarios a change can concern; the others ended as without it. All of them, when nobody heard what they ask."""
    again = reached(variant, calm.asked) if calm.asked else None
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
