"""A run in progress: what its steps share, and how a step is performed: timed, journaled, with a defined end for every failure."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import HarnessError, StepError, reason
from harness.i18n import _
from harness.record import EventKind, now, redact_text
from harness.record.models import Capability, Fact, NotChecked, Step, Text
from stand.protocol import ByHand, Evidence, HandStepNeededError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.config import Config
    from harness.record import RecordWriter
    from harness.record.models import Decision
    from harness.run.access import Access
    from harness.run.view import View
    from harness.run.work import WorkFolder
    from stand.protocol import Info, Isolation, Stand

DONE, FAILED, SKIPPED = "done", "failed", "skipped"


class PausedError(HarnessError):
    """A person must act first, and nobody answers: the run waits for `--resume`."""

    exit_code = 11


@dataclass(frozen=True, slots=True)
class StepReport:
    """What a step came to.

    Attributes:
        facts: measured or found, for the record of the step.
        evidence: files that prove it.
        text: why it failed, or what is worth saying.
        failed: it was not done, or not as it should be.
        stops: the steps that need the stand cannot follow.
        seconds: duration when the stand measured it itself.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    text: Text | None = None
    failed: bool = False
    stops: bool = False
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step of the pipeline.

    Attributes:
        do: what it does.
        always: also after a failure: comparing, judging and writing need no stand.
    """

    name: str
    do: Callable[[Run], StepReport]
    always: bool = False


@dataclass(slots=True)
class Run:
    """What the steps of one run share.

    Attributes:
        scenario_paths: where the scenarios are.
        pack: the file of names; None for none.
        release_before: of the stand when the run began.
        info: what the base says of itself; None when it could not be asked.
        done: finished steps of this run by name, also those of the process before `--resume`.
        interrupted_writes: phases in which a writing scenario was killed: the stand is put back before they go on.
        trouble: why the stand could not be asked.
        preflight_seconds: how long asking it took.
        stopped: why the steps that need the stand are not done any more; None while all is well.
    """

    config: Config
    stand: Stand
    access: Access
    record: RecordWriter
    work: WorkFolder
    view: View
    scenario_paths: tuple[Path, ...]
    pack: Path | None = None
    release_before: str = ""
    info: Info | None = None
    isolation: Isolation | None = None
    done: dict[str, Step] = field(default_factory=dict)
    interrupted_writes: set[str] = field(default_factory=set)
    stopped: Text | None = None
    trouble: HarnessError | None = None
    preflight_seconds: float = 0.0
    decision: Decision | None = None
    documents: list[str] = field(default_factory=list)

    def perform(self, plan: StepPlan) -> None:
        """Does one step unless it is done already, or cannot be done any more."""
        if plan.name in self.done:
            return
        if self.stopped is not None and not plan.always:
            self._finish(plan.name, SKIPPED, now(), 0.0, StepReport(text=self.stopped))
            return
        self.record.event(EventKind.STEP_STARTED, {"name": plan.name})
        self.view.step_started(plan.name)
        started, clock = now(), time.perf_counter()
        report = self._attempt(plan)
        seconds = time.perf_counter() - clock if report.seconds is None else report.seconds
        step = self._finish(plan.name, FAILED if report.failed else DONE, started, seconds, report)
        if not report.failed:
            self.done[plan.name] = step
        if report.stops:
            self.stopped = Text(msgid="Не выполнялось: шаг «{step}» не удался", params={"step": plan.name})

    def fact(
        self, name: str, value: str, *, unit: str = "", text: Text | None = None, evidence: Sequence[str] = ()
    ) -> None:
        """Journals a fact for the gates and the document."""
        self.record.event(EventKind.FACT, Fact(name=name, value=value, unit=unit, text=text, evidence=list(evidence)))

    def not_checked(self, what: str, why: Text) -> None:
        """Journals something that was not checked, and why."""
        self.record.event(EventKind.NOT_CHECKED, NotChecked(what=what, why=why))

    def capability(self, name: str, *, present: bool, text: Text | None = None) -> None:
        """Journals whether the stand can do a thing."""
        self.record.event(EventKind.CAPABILITY, Capability(name=name, present=present, text=text))

    def _attempt(self, plan: StepPlan) -> StepReport:
        while True:
            try:
                return plan.do(self)
            except HandStepNeededError as needed:
                self._by_hand(needed)
            except PausedError:
                raise
            except HarnessError as error:
                return _failure(error)
            except OSError as error:
                return _failure(StepError(reason(error), place=str(error.filename or self.record.path)))
            except Exception as error:  # noqa: BLE001  # whatever it was, the document must still be written
                return _internal(error)

    def _by_hand(self, needed: HandStepNeededError) -> None:
        step = needed.step
        self.record.event(EventKind.BY_HAND, {"name": step.name, "instruction": step.instruction})
        if not self.view.confirm(step.instruction):
            raise PausedError(
                step.instruction,
                hint=_("когда сделаете, продолжите: readiness run --resume {record}").format(record=self.record.path),
            )
        if isinstance(self.stand, ByHand):
            self.stand.confirm(step.name)

    def _finish(self, name: str, outcome: str, started: str, seconds: float, report: StepReport) -> Step:
        paths = [self.record.evidence(item.name, item.content) for item in report.evidence]
        step = Step(
            name=name,
            outcome=outcome,
            started=started,
            seconds=round(seconds, 3),
            text=_without_secrets(report.text),  # a person and a log of CI see it too, not the record alone
            facts=dict(report.facts),
            evidence=paths,
        )
        self.record.event(EventKind.STEP_FINISHED, step)
        self.view.step_finished(step)
        return step


def _without_secrets(text: Text | None) -> Text | None:
    """A command of the user's may have printed a password in its last words."""
    if text is None:
        return None
    return Text(msgid=text.msgid, params={name: redact_text(value) for name, value in text.params.items()})


def _failure(error: HarnessError) -> StepReport:
    text = Text(msgid="{error}", params={"error": str(error)})
    return StepReport(text=text, failed=True, stops=True, evidence=tuple(getattr(error, "evidence", ())))


def _internal(error: Exception) -> StepReport:
    trace = "".join(traceback.format_exception(error))
    text = Text(
        msgid="Внутренняя ошибка: {error}; подробности приложены, пришлите их разработчикам",
        params={"error": f"{type(error).__name__}: {error}"},
    )
    return StepReport(text=text, failed=True, stops=True, evidence=(Evidence("traceback.txt", trace.encode()),))
