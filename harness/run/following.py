"""A phase under way, seen from outside: its journal read as it grows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from harness.record import Collected, Event, EventKind, ScenarioFinished, ScenarioStarted
from harness.record.models import Outcome
from harness.run.view import PhaseProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.record.models import Phase
    from harness.run.context import Run


class Follower:
    """Reads the journal as it grows and turns it into progress."""

    def __init__(self, run: Run, phase: Phase) -> None:
        self._view = run.view
        self._phase = phase
        self._path = run.record.path / "journal.jsonl"
        self._at = self._path.stat().st_size
        self._clock = time.perf_counter()
        self._titles: dict[str, str] = {}
        self._finished: dict[str, Outcome] = {}
        self.running: dict[str, None] = {}
        self.ended = False

    def look(self) -> None:
        """Takes in what was written since the last look and tells it to the view."""
        for event in self._fresh():
            self._take(event)
        current = next(reversed(self.running), "")
        title = f"{current} {self._titles.get(current, '')}".strip()
        failed = sum(outcome is not Outcome.PASSED for outcome in self._finished.values())
        seconds = time.perf_counter() - self._clock
        self._view.phase(
            PhaseProgress(self._phase.value, len(self._titles), len(self._finished), failed, title, seconds)
        )

    def _fresh(self) -> Iterator[Event]:
        with self._path.open("rb") as file:
            file.seek(self._at)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            yield msgspec.json.decode(line, type=Event)

    def _take(self, event: Event) -> None:
        if event.kind == EventKind.COLLECTED:
            collected = msgspec.convert(event.data, Collected)
            self._titles |= {item.id: item.title for item in collected.scenarios}
        elif event.kind == EventKind.SCENARIO_STARTED:
            self.running[msgspec.convert(event.data, ScenarioStarted).id] = None
        elif event.kind == EventKind.SCENARIO_FINISHED:
            done = msgspec.convert(event.data, ScenarioFinished).run
            self.running.pop(done.id, None)
            self._finished[done.id] = done.outcome
        elif event.kind == EventKind.PHASE_FINISHED:
            self.ended = True
