"""The matrix as it grows: trials out of answers, what is to be tried again, and how long it will take."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import msgspec

from harness.prove.grouping import members_of
from harness.prove.judging import GATE, tried, untried
from harness.prove.lanes import Task
from harness.prove.variants import CONTROL, Variant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.prove.lanes import Tried
    from harness.prove.rehearsal import Outcome
    from harness.prove.results import Trial

_AROUND = 8
"""Scenarios that take as long as what a rehearsal does around them, roughly: only the time that is left is estimated by it."""


class Watcher(Protocol):
    """Who is told how far a proof is."""

    def began(self, variants: int) -> None:
        """The phase before begins; so many variants follow."""

    def prepared(self, seconds: float) -> None:
        """The phase before is over."""

    def finished(self, trial: Trial, done: int, total: int, left: float) -> None:
        """One variant was tried; `left` seconds are left, by the rate so far."""


@dataclass(slots=True)
class Matrix:
    """Trials as they come in; members of a group that did not hold are to be tried alone, and what did not hold alone once more.

    What did not hold by a part of the suite is tried by all of it first: nobody is told to have missed what it was not shown. A busy
    machine can hide a slow query and slow down a quick one: what holds at the second try only is told as such.
    """

    groups: Mapping[str, Sequence[Variant]]
    watcher: Watcher
    waiting: list[Task] = field(default_factory=list)
    patient: bool = True
    trials: list[Trial] = field(default_factory=list)
    again: list[Task] = field(default_factory=list)
    _second: set[str] = field(default_factory=set)
    _done: int = 0
    _work: int = 0
    _clock: float = field(default_factory=time.perf_counter)

    def take(self, item: Tried, calm: Outcome) -> None:
        """Takes in an answer.

        Args:
            item: one of those waited for.
            calm: what an update that changes nothing came to.
        """
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
        self.waiting.remove(item.task)
        self._done += 1
        whole = len(calm.areas)
        self._work += _work(item.task, whole)
        left = sum(_work(task, whole) for task in self.waiting)
        left_seconds = (time.perf_counter() - self._clock) / self._work * left
        self.watcher.finished(trial, self._done, self._done + len(self.waiting), left_seconds)

    def _repeat(self, variants: Sequence[Variant]) -> None:
        self.again += map(Task, variants)
        self.waiting += map(Task, variants)

    def _counted(self, trial: Trial) -> Trial:
        return msgspec.structs.replace(trial, tries=2) if trial.id in self._second else trial


def _work(task: Task, whole: int) -> int:
    """How much a task is, in scenarios: restore, update and judgement count as some."""
    return _AROUND + (len(task.part.again) if task.part else whole)


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
