"""What two runs saw, compared: a rehearsal beside the one before it. Runs that cannot be compared are refused with every reason."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import msgspec

from harness.errors import UsageError
from harness.observe.changes import identical
from harness.observe.compare import by_kind, check_file, refusal
from harness.record.models import Difference, DifferenceClass, Observation, ObservationKind, Phase, Text

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record.models import Header
    from harness.record.reader import Record

PHASES = {
    "after": (Phase.AFTER, Phase.AFTER),
    "before": (Phase.BEFORE, Phase.BEFORE),
    "before-after": (Phase.BEFORE, Phase.AFTER),
}
"""Which phase of the first run is compared with which of the second."""
_ONLY_FIRST = "Наблюдение «{observation}» есть только в первом прогоне"
_ONLY_SECOND = "Наблюдение «{observation}» есть только во втором прогоне"
_PERSONAL = (
    "Наблюдение «{observation}» узнаётся по персональным данным, а каждый прогон скрывает их по-своему: сравнить нельзя"
)


def unfit(first: Header, second: Header) -> list[str]:
    """Why two runs cannot be compared, one sentence each; empty when they can."""
    reasons = []
    pairs = {
        "базы": (first.base, second.base),
        "периоды": (f"{first.period_start}…{first.period_end}", f"{second.period_start}…{second.period_end}"),
        "наборы имён": (first.pack, second.pack),
    }
    for name, (left, right) in pairs.items():
        if left != right:
            reasons.append(f"{name} разные: {left or 'не указано'} и {right or 'не указано'}")
    packs = first.digests.get("pack", ""), second.digests.get("pack", "")
    if packs[0] != packs[1] and first.pack == second.pack:
        reasons.append(f"набор имён {first.pack} между прогонами изменён")
    return reasons


def compare_runs(first: Record, second: Record, phases: str, folder: Path) -> list[Difference]:
    """Differences between what two runs saw.

    Args:
        first: the earlier run.
        second: the later one.
        phases: a key of `PHASES`.
        folder: an empty folder; both runs' observations are copied there, and the changes are written below `differences`.

    Raises:
        UsageError: they are of different bases, periods or packs; every reason is told.
        RecordError: an observation's file is missing or is not what was observed.
    """
    reasons = unfit(first.header, second.header)
    if reasons:
        raise UsageError(
            "прогоны сравнить нельзя: " + "; ".join(reasons),
            place=f"{first.path} и {second.path}",
            hint="сравнивают прогоны одной базы с одним периодом и набором имён",
        )
    sides: list[dict[tuple[str, str], Observation]] = []
    for record, phase, name in ((first, PHASES[phases][0], Phase.BEFORE), (second, PHASES[phases][1], Phase.AFTER)):
        sides.append(_taken(record, phase, name, folder))
    found: list[Difference] = []
    for key in sorted(sides[0].keys() | sides[1].keys()):
        left, right = sides[0].get(key), sides[1].get(key)
        if left is None or right is None:
            found.append(_alone(left, right))
            continue
        scenarios = [
            record.phases[phase].scenarios.get(key[0])
            for record, phase in zip((first, second), PHASES[phases], strict=True)
        ]
        refused = refusal(scenarios, left, right)
        refused = refused or _hidden(right)
        found += [refused] if refused else by_kind(folder, second.header.gates, left, right) or [identical(right)]
    return found


def _taken(record: Record, phase: Phase, name: Phase, folder: Path) -> dict[tuple[str, str], Observation]:
    """One run's observations, their files copied under the name of the side they are compared as."""
    found = {}
    for number, seen in enumerate(one for one in record.observations if one.phase is phase):
        check_file(record.path, seen)
        file = f"{name.value}/{number}{(record.path / seen.file).suffix}"
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(record.path / seen.file, folder / file)
        found[seen.scenario, seen.name] = msgspec.structs.replace(
            seen, phase=name, file=file, definition=_without_personal(seen)
        )
    return found


def _without_personal(seen: Observation) -> dict[str, Any]:
    """How an observation is compared, with its pseudonyms left out: every run has its own."""
    definition = dict(seen.definition)
    if seen.kind is ObservationKind.TABLE:
        definition["mask"] = sorted({*definition["mask"], *definition.get("personal", ())})
    return definition


def _hidden(seen: Observation) -> Difference | None:
    """An observation whose rows, or whose content, are known by pseudonyms only; None for any other."""
    personal = set(seen.definition.get("personal", ()))
    table = seen.kind is ObservationKind.TABLE
    if not personal or (table and not personal & set(seen.definition["key"])):
        return None
    return _untold(seen, _PERSONAL)


def _alone(left: Observation | None, right: Observation | None) -> Difference:
    seen = left or right
    assert seen is not None
    return _untold(seen, _ONLY_FIRST if right is None else _ONLY_SECOND)


def _untold(seen: Observation, msgid: str) -> Difference:
    return Difference(
        scenario=seen.scenario,
        observation=seen.name,
        kind=seen.kind,
        cls=DifferenceClass.NO_TWIN,
        title=seen.title,
        text=Text(msgid=msgid, params={"observation": seen.title}),
    )
