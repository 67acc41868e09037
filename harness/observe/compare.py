"""From the observations of two phases to differences: pairs made, unfit pairs refused, each pair compared by its kind."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from harness.errors import RecordError
from harness.observe.changes import identical
from harness.record.files import sha256_file
from harness.record.models import Difference, DifferenceClass, Observation, ObservationKind, Outcome, Phase, Text
from harness.record.reader import Record, read_record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.record.models import Scenario
    from harness.record.store import RecordWriter

RATIO, FLOOR = "timings.ratio", "timings.floor_ms"
"""Thresholds of the record's header."""
_DEFAULT_RATIO, _DEFAULT_FLOOR = "2.0", "100"
_ALONE = {
    Phase.BEFORE: "Наблюдение «{observation}» есть только до обновления",
    Phase.AFTER: "Наблюдение «{observation}» есть только после обновления",
}
_BECAUSE = ": {why}"
_REFUSALS = {
    "scenario": "Наблюдение «{observation}» сравнить нельзя: сценарий {scenario} изменён между этапами",
    "kind": "Наблюдение «{observation}» сравнить нельзя: виды наблюдений разные",
    "definition": "Наблюдение «{observation}» сравнить нельзя: его описание в этапах разное ({names})",
}


def compare_record(writer: RecordWriter) -> list[Difference]:
    """Compares everything both phases observed, anew, and writes `differences/` into the record.

    Returns:
        One difference for each class an observation fell into; IDENTICAL where there is none.

    Raises:
        RecordError: an observation's file is missing or is not what was observed.
    """
    record = read_record(writer.path, verify=False)
    folder = writer.path / "differences"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found = [difference for pair in _pairs(record) for difference in _compare(record, *pair)]
    writer.differences(found)
    return found


def _pairs(record: Record) -> list[tuple[Observation | None, Observation | None]]:
    sides: dict[tuple[str, str], dict[Phase, Observation]] = {}
    for seen in record.observations:
        sides.setdefault((seen.scenario, seen.name), {})[seen.phase] = seen
    return [(side.get(Phase.BEFORE), side.get(Phase.AFTER)) for _, side in sorted(sides.items())]


def _compare(record: Record, before: Observation | None, after: Observation | None) -> list[Difference]:
    if before is None or after is None:
        seen = before or after
        return [_no_twin(record, seen)] if seen else []
    for side in (before, after):
        check_file(record.path, side)
    if refusal := _refusal(record, before, after):
        return [refusal]
    found = by_kind(record.path, record.header.gates, before, after)
    if after.definition.get("across"):
        from harness.observe.equations import check_across

        found += check_across(record.path, _scenario_sides(record, after.scenario), after)
    return found or [identical(after)]


def _scenario_sides(record: Record, scenario: str) -> dict[Phase, dict[str, Observation]]:
    """Observations of one scenario by phase and name."""
    sides: dict[Phase, dict[str, Observation]] = {phase: {} for phase in Phase}
    for seen in record.observations:
        if seen.scenario == scenario:
            sides[seen.phase][seen.name] = seen
    return sides


def by_kind(folder: Path, gates: Mapping[str, str], before: Observation, after: Observation) -> list[Difference]:
    """Differences of two observations of one kind whose files lie in `folder`; empty when there are none."""
    kind = after.kind
    if before.digest == after.digest and kind in (ObservationKind.VALUE, ObservationKind.CONTRACT):
        return []
    if kind is ObservationKind.TABLE:
        from harness.observe.compare_tables import compare_tables

        return compare_tables(folder, before, after)
    if kind is ObservationKind.DOCUMENT:
        from harness.observe.compare_documents import compare_documents

        return compare_documents(folder, before, after)
    if kind is ObservationKind.TIMING:
        from harness.observe.compare_timings import compare_timings

        ratio, floor = float(gates.get(RATIO, _DEFAULT_RATIO)), float(gates.get(FLOOR, _DEFAULT_FLOOR)) / 1000
        return compare_timings(folder, before, after, ratio=ratio, floor=floor)
    if kind is ObservationKind.CONTRACT:
        from harness.observe.compare_contracts import compare_contracts

        return compare_contracts(folder, before, after)
    from harness.observe.compare_values import compare_values

    return compare_values(folder, before, after)


def check_file(folder: Path, observation: Observation) -> None:
    """Makes sure a file is what was observed.

    Raises:
        RecordError: it is missing or was edited.
    """
    path = folder / observation.file
    if not path.is_file():
        raise RecordError(
            "В протоколе прогона не хватает наблюдения", place=str(path), hint="Возьмите исходную копию протокола"
        )
    if sha256_file(path) != observation.digest:
        raise RecordError("Наблюдение изменено после записи", place=str(path), hint="Возьмите исходную копию протокола")


def _refusal(record: Record, before: Observation, after: Observation) -> Difference | None:
    scenarios = [record.phases[phase].scenarios.get(after.scenario) for phase in Phase]
    return refusal(scenarios, before, after)


def refusal(scenarios: Sequence[Scenario | None], before: Observation, after: Observation) -> Difference | None:
    """Why two observations may not be compared: another scenario, kind or way of comparing; None when they may."""
    if scenarios[0] and scenarios[1] and scenarios[0].digest != scenarios[1].digest:
        return _refused(after, "scenario")
    if before.kind is not after.kind:
        return _refused(after, "kind")
    # A table's key may depend on the base (columns of a report): another key is a difference of structure, told as such.
    left, right = (
        {name: value for name, value in side.definition.items() if name != "key"} for side in (before, after)
    )
    if left != right:
        names = sorted(name for name in {*left, *right} if left.get(name) != right.get(name))
        return _refused(after, "definition", names=", ".join(names))
    return None


def _refused(after: Observation, why: str, **params: str) -> Difference:
    text = Text(msgid=_REFUSALS[why], params={"observation": after.title, "scenario": after.scenario, **params})
    return _untold(after, text)


def _no_twin(record: Record, seen: Observation) -> Difference:
    other = Phase.AFTER if seen.phase is Phase.BEFORE else Phase.BEFORE
    run = record.runs.get((seen.scenario, other))
    msgid = _ALONE[seen.phase]
    params = {"observation": seen.title}
    if run is not None and run.outcome is not Outcome.PASSED and run.text is not None:
        msgid += _BECAUSE
        params["why"] = str(run.text)
    return _untold(seen, Text(msgid=msgid, params=params))


def _untold(observation: Observation, text: Text) -> Difference:
    return Difference(
        scenario=observation.scenario,
        observation=observation.name,
        kind=observation.kind,
        cls=DifferenceClass.NO_TWIN,
        title=observation.title,
        text=text,
    )
