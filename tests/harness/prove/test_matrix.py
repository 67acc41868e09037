"""What did not hold is tried again: members of a group alone, everything else once more, and the result says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from harness.prove.carrying import Part
from harness.prove.lanes import Task, Tried
from harness.prove.matrix import Matrix
from harness.prove.proving import _part
from harness.prove.rehearsal import Outcome
from harness.prove.results import Notice, Trial
from harness.prove.variants import CONTROL, Kind, Variant
from harness.prove.worker import Answer
from harness.record.models import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

CALM = Outcome(verdict=Verdict.GO, notices=[], seconds=1.0)
NOTICED = Notice(scenario="REP-03", severity="blocker", code="DIFFERENCE", text="Валовая прибыль: Сумма")
SLOW = Variant("slow", "медленнее", Kind.DEFECT, scenarios=("REP-03",), words=("Сумма",))
TITLE, JOB = (Variant(name, name, Kind.HARMLESS, limit=Verdict.CONDITIONS) for name in ("title", "job"))
BOTH = Variant("harmless-1", "title, job", Kind.HARMLESS, limit=Verdict.CONDITIONS)


class Watched:
    def __init__(self) -> None:
        self.lines: list[tuple[str, int, int]] = []

    def began(self, variants: int) -> None: ...

    def prepared(self, seconds: float) -> None: ...

    def finished(self, trial: Trial, done: int, total: int, left: float) -> None:
        assert left >= 0
        self.lines.append((trial.id, done, total))


def matrix_of(
    *tasks: Task, groups: dict[str, list[Variant]] | None = None, watched: Watched | None = None, patient: bool = True
) -> Matrix:
    return Matrix(groups or {}, watched or Watched(), [*tasks], patient=patient)


def answer(task: Task | Variant, verdict: Verdict, notices: Sequence[Notice] = ()) -> Tried:
    asked = task if isinstance(task, Task) else Task(task)
    return Tried(asked, Answer(outcome=Outcome(verdict=verdict, notices=list(notices), seconds=1.0)), 1.0)


def test_a_defect_noticed_at_the_second_try_holds_and_is_called_shaky() -> None:
    watched = Watched()
    matrix = matrix_of(Task(SLOW), watched=watched)
    matrix.take(answer(SLOW, Verdict.GO), CALM)
    assert (matrix.trials, matrix.again) == ([], [Task(SLOW)])
    matrix.take(answer(SLOW, Verdict.NO_GO, [NOTICED]), CALM)
    assert [(one.id, one.held, one.tries) for one in matrix.trials] == [("slow", True, 2)]
    assert watched.lines == [("slow", 1, 2), ("slow", 2, 2)]


def test_a_defect_missed_twice_is_missed_and_not_tried_for_ever() -> None:
    matrix = matrix_of(Task(SLOW))
    matrix.take(answer(SLOW, Verdict.GO), CALM)
    matrix.again.clear()
    matrix.take(answer(SLOW, Verdict.GO), CALM)
    assert matrix.again == []
    assert [(one.held, one.tries) for one in matrix.trials] == [(False, 2)]


def test_members_of_a_group_that_raised_are_tried_alone_and_then_once_more() -> None:
    matrix = matrix_of(Task(BOTH), groups={"harmless-1": [TITLE, JOB]})
    matrix.take(answer(BOTH, Verdict.NO_GO, [NOTICED]), CALM)
    assert matrix.again == [Task(TITLE), Task(JOB)]
    matrix.again.clear()
    matrix.take(answer(TITLE, Verdict.GO), CALM)
    matrix.take(answer(JOB, Verdict.NO_GO, [NOTICED]), CALM)
    assert matrix.again == [Task(JOB)]
    matrix.take(answer(JOB, Verdict.NO_GO, [NOTICED]), CALM)
    assert [(one.id, one.held, one.tries) for one in matrix.trials] == [("title", True, 1), ("job", False, 2)]


def test_the_control_and_a_suite_of_ones_own_are_not_tried_again() -> None:
    control = Variant(CONTROL, "ничего", Kind.HARMLESS)
    matrix = matrix_of(Task(control))
    loud = Outcome(verdict=Verdict.NO_GO, notices=[NOTICED], seconds=1.0)
    matrix.take(answer(control, Verdict.NO_GO, [NOTICED]), loud)
    hasty = matrix_of(Task(SLOW), patient=False)
    hasty.take(answer(SLOW, Verdict.GO), CALM)
    assert [one.held for one in (*matrix.trials, *hasty.trials)] == [False, False]
    assert matrix.again == hasty.again == []


def test_what_a_part_of_the_suite_has_missed_is_tried_by_all_of_it_before_it_counts_as_missed() -> None:
    part = Task(SLOW, Part(again=["REP-03"], calm="calm"))
    matrix = matrix_of(part)
    matrix.take(answer(part, Verdict.GO), CALM)
    assert (matrix.trials, matrix.again, matrix.waiting) == ([], [Task(SLOW)], [Task(SLOW)])
    matrix.take(answer(SLOW, Verdict.NO_GO, [NOTICED]), CALM)
    assert [(one.held, one.tries, one.again) for one in matrix.trials] == [(True, 1, 0)]


def test_nobody_is_spared_when_nobody_was_heard() -> None:
    lost = Variant("gone", "пропал", Kind.DEFECT, changes=({"remove": "reports/Остатки"},))
    heard = msgspec.structs.replace(CALM, asked={"REP-01": ["GET hs/readiness/v1/reports"]}, record="calm")
    assert _part(lost, CALM) == Task(lost)
    assert _part(lost, heard) == Task(lost, Part(again=["REP-01"], calm="calm"))


def test_a_part_that_has_noticed_is_enough() -> None:
    part = Task(SLOW, Part(again=["REP-03"], calm="calm"))
    matrix = matrix_of(part)
    matrix.take(answer(part, Verdict.NO_GO, [NOTICED]), CALM)
    assert matrix.again == []
    assert [(one.held, one.again) for one in matrix.trials] == [(True, 1)]
