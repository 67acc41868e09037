"""Takes up a run that an earlier process left: what is done, what a person was asked for, what was cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import UsageError
from harness.gate import facts as names
from harness.pipeline import STORY
from harness.record import EventKind
from harness.record.models import Phase
from harness.run.context import DONE
from stand.protocol import ByHand, Capability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.record import Record
    from harness.run.context import Run


def recall(run: Run, read: Record) -> None:
    """Takes up what an earlier process did: the steps that are done, a step by hand that was asked for, a scenario cut short."""
    for plan in STORY:
        if not is_done(read, plan.name):
            break
        step = read.step(plan.name)
        if step is not None:
            run.done[plan.name] = step
    run.release_before = (
        read.facts[names.RELEASE_BEFORE].value if names.RELEASE_BEFORE in read.facts else run.release_before
    )
    begun = next((plan.name for plan in STORY if plan.name not in run.done), "")
    asked = _asked(read, begun)
    if asked and isinstance(run.stand, ByHand):
        run.stand.confirm(asked)
    elif begun == "update" and _started(read, begun) and Capability.RESTORE in run.stand.capabilities:
        run.done.pop("restore", None)  # half an update is no state to begin one from
    for phase in Phase:
        state = read.phases[phase]
        if begun == phase.value and any(
            state.scenarios[name].writes for name in state.started if name in state.scenarios
        ):
            run.interrupted_writes.add(phase.value)


def is_done(read: Record, name: str) -> bool:
    """Whether a step was done, at its last attempt."""
    step = read.step(name)
    return step is not None and step.outcome == DONE


def _started(read: Record, name: str) -> bool:
    return any(event.kind == EventKind.STEP_STARTED and event.data.get("name") == name for event in read.events)


def _asked(read: Record, begun: str) -> str:
    """The step by hand that the run stopped at: asked for since the step began; "" when at none."""
    asked = ""
    for event in read.events:
        if event.kind == EventKind.STEP_STARTED:
            asked = ""
        elif event.kind == EventKind.BY_HAND:
            asked = str(event.data.get("name", ""))
    return asked if _started(read, begun) else ""


def same_inputs(read: Record, seen: Mapping[str, str]) -> None:
    """Settings, scenarios, names and acceptances must be those the run began with.

    Raises:
        UsageError: says which are not.
    """
    words = {
        "configuration": "настройки",
        "scenarios": "сценарии",
        "pack": "пакет имён",
        "acceptances": "согласованные расхождения",
    }
    changed = [words.get(name, name) for name, digest in read.header.digests.items() if seen.get(name) != digest]
    if changed:
        raise UsageError(
            f"с начала прогона изменились: {', '.join(changed)}; до и после обновления они должны быть одни",
            place=str(read.path),
            hint="верните их или начните новый прогон",
        )
