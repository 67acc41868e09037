"""What happens to one scenario while it runs, until all of it travels to the journal in one property of its last report."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.observe.notes import Notes
from harness.phase.collecting import SCENARIO
from harness.phase.context import CONTEXT
from harness.phase.outcomes import PASSED, Ending, ending_of, worse
from harness.record.events import ScenarioFinished
from harness.record.journal import canonical
from harness.record.models import Outcome, ScenarioRun, Text
from harness.record.redact import redact
from harness.record.store import write_evidence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.observe.capture import Observe
    from harness.phase.sweep import Sweep

PROPERTY = "readiness"
"""Name of the user property that carries `ScenarioFinished` as a JSON string (xdist takes plain types only)."""


@dataclass(slots=True)
class Progress:
    """How far a scenario is."""

    notes: Notes
    ending: Ending = PASSED
    seconds: float = 0.0
    evidence: list[str] = field(default_factory=list)


PROGRESS = pytest.StashKey[Progress]()


def progress_of(item: pytest.Item) -> Progress | None:
    """Progress of a scenario's item, made at its first use; None for any other test."""
    if SCENARIO not in item.stash:
        return None
    if PROGRESS not in item.stash:
        context = item.config.stash[CONTEXT]
        notes = Notes(item.stash[SCENARIO], context.phase, partial(write_evidence, context.folder))
        item.stash[PROGRESS] = Progress(notes)
    return item.stash[PROGRESS]


def restart(item: pytest.Item) -> None:
    """Forgets what an earlier attempt noted (plugins that run a test again)."""
    if PROGRESS in item.stash:
        del item.stash[PROGRESS]


def observe_for(item: pytest.Item) -> Observe:
    """The `observe` object of a scenario."""
    from harness.observe.capture import Observe

    context = item.config.stash[CONTEXT]
    repeats = context.info.timing_repeats if context.info else 1
    return Observe(context.folder, notes_for(item), context.pseudonyms, repeats, context.renderer)


def sweep_for(item: pytest.Item) -> Sweep:
    """The `sweep` object of a scenario."""
    from harness.basefile import SweepOptions
    from harness.phase.sweep import Sweep

    context = item.config.stash[CONTEXT]
    options = context.info.sweep if context.info else SweepOptions()
    return Sweep(options, context.pack, context.phase, notes_for(item), context.folder)


def notes_for(item: pytest.Item) -> Notes:
    """Notes of a scenario.

    Raises:
        pytest.UsageError: the test is no scenario.
    """
    progress = progress_of(item)
    if progress is None:
        raise pytest.UsageError(f"{item.nodeid}: наблюдать может только тест с маркером scenario")
    return progress.notes


def watch(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Takes in how one part of the scenario ended; with the last part, puts everything into the report."""
    progress = progress_of(item)
    if progress is None:
        return
    progress.seconds += report.duration
    if call.excinfo is not None:
        progress.ending = worse(progress.ending, ending_of(call.excinfo.value, str(report.when)))
    elif report.outcome == "failed":  # a strict xfail that passed: pytest fails it without an exception
        progress.ending = worse(
            progress.ending, Ending(Outcome.FAILED, Text(msgid="{reason}", params={"reason": report.longreprtext}))
        )
    if report.outcome == "failed" and report.longreprtext:
        name = f"{progress.notes.scenario.id}-{report.when}.txt"
        progress.evidence.append(progress.notes.keep(name, report.longreprtext.encode("utf-8", errors="replace")))
    if report.when == "teardown":
        report.user_properties.append((PROPERTY, _finished(progress)))
        restart(item)


class Subtests:
    """Pytest plugin: a failed subtest fails the scenario, though pytest reports it apart and passes its parent."""

    def __init__(self) -> None:
        self._running: pytest.Item | None = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Knows which scenario this process is running."""
        self._running = item
        try:
            return (yield)
        finally:
            self._running = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Subtests report by themselves while their scenario is still running; on a controller of xdist nothing runs."""
        item = self._running
        if item is None or not isinstance(report, pytest.SubtestReport) or not report.failed:
            return
        progress = progress_of(item)
        if progress is None or report.nodeid != item.nodeid:
            return
        lines = report.longreprtext.strip().splitlines() or ["проверка не выполнилась"]
        reason = next((line.removeprefix("E").strip() for line in lines if line.startswith("E ")), lines[-1])
        progress.ending = worse(
            progress.ending, Ending(Outcome.FAILED, Text(msgid="{reason}", params={"reason": reason}))
        )
        name = f"{progress.notes.scenario.id}-subtest.txt"
        progress.evidence.append(progress.notes.keep(name, report.longreprtext.encode("utf-8", errors="replace")))


def _finished(progress: Progress) -> str:
    notes = progress.notes
    finished = ScenarioFinished(
        run=ScenarioRun(
            id=notes.scenario.id,
            phase=notes.phase,
            outcome=progress.ending.outcome,
            seconds=round(progress.seconds, 6),
            text=progress.ending.text,
            evidence=progress.evidence,
        ),
        observations=notes.observations,
        findings=notes.findings,
        facts=notes.facts,
        covers=sorted(set(notes.covers)),
        not_checked=notes.not_checked,
    )
    # Redacted here already: properties also reach other reporters, and this process knows the personal values.
    return canonical(redact(msgspec.to_builtins(finished))).decode("utf-8")
