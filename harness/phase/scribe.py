"""Writes the journal of a phase: the only process, or the controller of xdist, one event as each scenario begins and ends."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.phase.parallel import CRASHED
from harness.phase.running import PROPERTY
from harness.record.events import EventKind, PhaseFinished, ScenarioFinished, ScenarioStarted
from harness.record.models import Outcome, Phase, ScenarioRun, Text
from harness.record.reader import read_record
from harness.record.store import RecordWriter

if TYPE_CHECKING:
    from pathlib import Path

    from harness.phase.context import Context


class Scribe:
    """Pytest plugin, registered where reports of all workers arrive, and only when there is a record."""

    def __init__(self, record: Path, context: Context) -> None:
        self._context = context
        self._phase: Phase = context.phase
        self._writer = RecordWriter.open(record)
        self._ids: dict[str, str] = {}
        self._lost: list[str] = []
        self._problems: list[Text] = []
        self._outcomes: Counter[Outcome] = Counter()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """A scenario begins."""
        if identifier := self._id(nodeid):
            self._writer.event(EventKind.SCENARIO_STARTED, ScenarioStarted(id=identifier, phase=self._phase))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A scenario ended, or its worker died."""
        if str(report.when) == CRASHED:
            self._crashed(report)
            return
        for name, value in report.user_properties:
            if name == PROPERTY and report.when == "teardown":
                self._finished(msgspec.json.decode(str(value), type=ScenarioFinished))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file of scenarios could not be read."""
        if report.failed:
            params = {
                "place": report.nodeid,
                "reason": report.longreprtext.strip().splitlines()[-1:][0] if report.longreprtext.strip() else "",
            }
            self._problems.append(Text(msgid="Сценарии не читаются: {place}: {reason}", params=params))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """The phase, or one of its passes, ended."""
        if self._context.problems:  # xdist's workers refused what they collected; the session itself saw nothing wrong
            exitstatus = pytest.ExitCode.USAGE_ERROR
        self._writer.event(
            EventKind.PHASE_FINISHED,
            PhaseFinished(
                phase=self._phase,
                exitstatus=int(exitstatus),
                worker_lost=self._lost,
                problems=[*self._problems, *self._context.problems],
                outcomes=dict(self._outcomes),
            ),
        )

    def pytest_unconfigure(self) -> None:
        """Lets go of the journal."""
        self._writer.close()

    def _finished(self, finished: ScenarioFinished) -> None:
        self._outcomes[finished.run.outcome] += 1
        self._writer.event(EventKind.SCENARIO_FINISHED, finished)

    def _crashed(self, report: pytest.TestReport) -> None:
        identifier = self._id(report.nodeid) or report.nodeid
        self._lost.append(identifier)
        text = Text(
            msgid="Процесс, выполнявший сценарий, завершился аварийно: {reason}",
            params={"reason": report.longreprtext.strip()},
        )
        run = ScenarioRun(id=identifier, phase=self._phase, outcome=Outcome.TROUBLE, text=text)
        self._finished(ScenarioFinished(run=run))

    def _id(self, nodeid: str) -> str:
        """Id of a scenario by its node; read from the journal, because xdist collects in the workers."""
        plain = nodeid.rpartition("@")[0]  # with --dist loadgroup xdist appends "@group"
        if nodeid not in self._ids and plain not in self._ids:
            scenarios = read_record(self._writer.path, verify=False).phases[self._phase].scenarios
            self._ids = {scenario.nodeid: scenario.id for scenario in scenarios.values()}
        return self._ids.get(nodeid) or self._ids.get(plain, "")
