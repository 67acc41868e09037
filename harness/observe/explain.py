"""Differences minus acceptances: what was agreed is told apart from what was not, change by change."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import msgspec

from harness.observe.accept import Matcher, expired
from harness.observe.changes import Summary, read_changes
from harness.observe.every import missed_rows
from harness.observe.rest import Rest
from harness.observe.wording import difference as worded
from harness.record.models import Acceptance, Difference, DifferenceClass, Observation, Phase
from harness.record.reader import read_record
from harness.record.store import COMPARED, Explained

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.record.reader import Record
    from harness.record.store import RecordWriter

RELEASE_AFTER = "release.after"
"""Fact: what the base says of its release after the update."""
_EXPLAINABLE = (DifferenceClass.UNEXPLAINED, DifferenceClass.STRUCTURE)


def explain_record(writer: RecordWriter, acceptances: Sequence[Acceptance]) -> Explained:
    """Takes acceptances away from what the comparison found and writes the result into the record.

    Expired acceptances cover nothing. The first acceptance that covers a change gets it.

    Returns:
        Differences (EXPECTED ones with the acceptance's id) and acceptances with `covered` and `expired` filled in.
    """
    record = read_record(writer.path, verify=False)
    found = msgspec.json.decode((writer.path / COMPARED).read_bytes(), type=list[Difference])
    judged = [_dated(acceptance, record) for acceptance in acceptances]
    matchers = [Matcher(acceptance) for acceptance in judged if not acceptance.expired]
    covered: dict[str, int] = {}
    differences = [part for item in found for part in _explained(writer.path, item, matchers, covered)]
    missed = {matcher.acceptance.id: missed_rows(record, found, matcher) for matcher in matchers if matcher.every}
    counted = [
        msgspec.structs.replace(item, covered=covered.get(item.id, 0), missed=missed.get(item.id, 0)) for item in judged
    ]
    writer.explained(differences, counted)
    return Explained(differences=differences, acceptances=counted)


def _dated(acceptance: Acceptance, record: Record) -> Acceptance:
    day = date.fromisoformat(record.header.created[:10])
    known = record.facts.get(RELEASE_AFTER)
    release = known.value if known and known.value != "unknown" else record.header.target
    return msgspec.structs.replace(
        acceptance, covered=0, missed=0, expired=expired(acceptance, on=day, release=release)
    )


def _explained(
    folder: Path, found: Difference, matchers: Sequence[Matcher], covered: dict[str, int]
) -> list[Difference]:
    candidates = [matcher for matcher in matchers if matcher.concerns(found)]
    if not candidates or not found.file or found.cls not in _EXPLAINABLE:
        return [found]
    agreed: dict[str, Summary] = {}
    rest = Rest(folder, found)
    for change in read_changes(folder, found):
        if change.change == "tolerance":
            continue
        matcher = next((matcher for matcher in candidates if matcher.covers(found, change)), None)
        if matcher is None:
            rest.take(change)
            continue
        name = matcher.acceptance.id
        agreed.setdefault(name, Summary()).take(change)
        rest.leave(change)
        covered[name] = covered.get(name, 0) + 1
    if not agreed:
        return [found]
    seen = _observation(found)
    parts = [
        msgspec.structs.replace(
            worded(seen, DifferenceClass.EXPECTED, summary, file=found.file, breaking=found.breaking),
            acceptance=name,
            evidence=found.evidence,
        )
        for name, summary in agreed.items()
    ]
    if rest.summary.first is not None:
        left = worded(seen, found.cls, rest.summary, file=found.file, breaking=found.breaking, causes=rest.causes())
        parts.append(msgspec.structs.replace(left, evidence=found.evidence))
    return parts


def _observation(found: Difference) -> Observation:
    """What the sentence of a difference needs of its observation."""
    return Observation(
        scenario=found.scenario,
        name=found.observation,
        kind=found.kind,
        phase=Phase.AFTER,
        file=found.file,
        digest="",
        title=found.title,
    )
