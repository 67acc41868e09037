"""Results of scenarios a change does not concern: taken over from the rehearsal of the update that changes nothing, as they stand there."""

from __future__ import annotations

import os
import shutil
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.record import Collected, EventKind, read_record
from harness.record.models import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from harness.record import RecordWriter, ScenarioFinished
    from harness.record.reader import PhaseState


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What of the phase after is done anew.

    Attributes:
        again: ids of the scenarios that run; the others are taken over.
        calm: path of the record of the update that changes nothing.
    """

    again: list[str]
    calm: str


def carry(writer: RecordWriter, part: Part) -> None:
    """Writes the results that are not to be had anew into a record, with the files they name; the phase after goes on from there."""
    calm, again = Path(part.calm), set(part.again)
    phase = _phase(calm)
    taken = [item for item in phase.finished.values() if item.run.id not in again]
    for file in {name for item in taken for name in _files(item)}:
        (writer.path / file).parent.mkdir(parents=True, exist_ok=True)
        same(calm / file, writer.path / file)
    collected = Collected(phase=Phase.AFTER, scenarios=list(phase.scenarios.values()))
    events: list[tuple[str, msgspec.Struct]] = [(EventKind.COLLECTED, collected)]
    events += [(EventKind.SCENARIO_FINISHED, item) for item in taken]
    writer.journal.extend((kind, msgspec.to_builtins(data)) for kind, data in events)


@lru_cache(maxsize=2)
def _phase(calm: Path) -> PhaseState:
    """The phase after, as it was. Read once a process: nobody writes to that record any more."""
    return read_record(calm, verify=False).phases[Phase.AFTER]


def _files(item: ScenarioFinished) -> Iterator[str]:
    yield from (seen.file for seen in item.observations)
    yield from item.run.evidence
    for found in item.findings:
        yield from found.evidence


def same(source: PathLike[str] | str, target: Path | str) -> None:
    """A file of a record in another record: never written to in place, so one copy on the disk is enough where the disk can do that."""
    if os.path.lexists(target):
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
