"""Comparing single values, contracts and timings."""

from __future__ import annotations

import random
import re
import statistics
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from harness.observe.changes import STRUCTURE, Change, difference_file, ordered, summed, write_changes
from harness.observe.kinds import KIND_NAMES, ColumnKind
from harness.observe.people import shown
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass, Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.record.models import Observation

_JSON = msgspec.json.Decoder(float_hook=Decimal)
FEWEST = 3
"""Measurements of a phase below which nothing can be said."""
_RESAMPLES = 2_000
_LIMITED = re.compile(r"^(?P<type>[^()]+)\((?P<limit>\d+)\)$")
_MANDATORY = re.compile(r"обязател|required|mandatory", re.IGNORECASE)


def compare_values(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two values; empty when they are equal."""
    left, right = _read(folder / before.file), _read(folder / after.file)
    if left == right:
        return []
    kinds = ColumnKind(left["kind"]), ColumnKind(right["kind"])
    sides = _side(left), _side(right)
    if kinds[0] is not kinds[1] and ColumnKind.UNKNOWN not in kinds:
        change = Change(STRUCTURE, "", "", f"{KIND_NAMES[kinds[0]]} {sides[0]}", f"{KIND_NAMES[kinds[1]]} {sides[1]}")
        file = write_changes(folder, difference_file(after, "value.json"), [change])
        return [difference(after, DifferenceClass.STRUCTURE, summed([change]), file=file, breaking=True)]
    tolerance = before.definition["tolerance"].get("*")
    change = Change("changed", "", "", *sides)
    if kinds == (ColumnKind.NUMBER, ColumnKind.NUMBER):
        numbers = Decimal(left["value"]), Decimal(right["value"])
        finite = all(number.is_finite() for number in numbers)
        if finite and numbers[0] == numbers[1]:  # 1 and 1.00
            return []
        if finite and tolerance is not None and abs(numbers[0] - numbers[1]) <= Decimal(tolerance):
            return [difference(after, DifferenceClass.TOLERANCE, summed([change]), file="")]
    file = write_changes(folder, difference_file(after, "value.json"), [change])
    return [difference(after, DifferenceClass.UNEXPLAINED, summed([change]), file=file)]


def _side(form: Mapping[str, Any]) -> str:
    value = form["value"]
    if form["kind"] == ColumnKind.NUMBER:
        return shown(Decimal(value))
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list) else shown(value)


def compare_contracts(folder: Path, before: Observation, after: Observation) -> list[Difference]:
    """Differences of two contracts: what breaks our integrations apart from what only widens."""
    left: dict[str, str] = _read(folder / before.file)
    right: dict[str, str] = _read(folder / after.file)
    writes = before.definition["direction"] == "write"
    breaking: list[Change] = []
    widening: list[Change] = []
    for path, kind in left.items():
        if path not in right:
            breaking.append(Change("removed", path, "", kind, None))
        elif right[path] != kind:
            change = Change("changed", path, "", kind, right[path])
            (widening if _widened(kind, right[path]) else breaking).append(change)
    for path, kind in right.items():
        if path not in left:
            change = Change("added", path, "", None, kind)
            (breaking if writes and _MANDATORY.search(kind) else widening).append(change)
    found = []
    for changes, breaks, name in ((breaking, True, "contract"), (widening, False, "added-contract")):
        if changes:
            file = write_changes(folder, difference_file(after, f"{name}.json"), ordered(changes))
            found.append(
                difference(after, DifferenceClass.STRUCTURE, summed(ordered(changes)), file=file, breaking=breaks)
            )
    return found


def _widened(before: str, after: str) -> bool:
    """The same type with a larger limit: a longer string, a wider number."""
    left, right = _LIMITED.match(before), _LIMITED.match(after)
    if left is None or right is None:
        return False
    return left["type"] == right["type"] and int(right["limit"]) > int(left["limit"])


@dataclass(frozen=True, slots=True)
class Timing:
    """What two series of measurements come to.

    Attributes:
        before: median of the phase before, seconds.
        after: median of the phase after, corrected by how much slower the machine itself was.
        ratio: after / before.
        low: lower end of the 95 % bootstrap interval of the ratio.
        high: its upper end.
        machine: how many times slower the machine was in the phase after; 1 when it was not.
    """

    before: float
    after: float
    ratio: float
    low: float
    high: float
    machine: float


def timing_of(before: Mapping[str, Any], after: Mapping[str, Any]) -> Timing:
    """Ratio of medians with its interval; deterministic."""
    factors = _factors(before, after)
    left = [float(value) for value in before["seconds"]]
    right = [float(value) / factor for value, factor in zip(after["seconds"], factors, strict=True)]
    medians = statistics.median(left), statistics.median(right)
    chance = random.Random(1)  # noqa: S311 - resampling, not secrecy
    ratios = sorted(_ratio(_median_of(chance, left), _median_of(chance, right)) for _ in range(_RESAMPLES))
    low, high = ratios[int(_RESAMPLES * 0.025)], ratios[int(_RESAMPLES * 0.975)]
    return Timing(*medians, _ratio(*medians), low, high, statistics.median(factors))


def _factors(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[float]:
    """How many times slower the machine was during each measurement of `after` than it was before: slower by itself, or busy.

    Never below 1: a machine that was slow before excuses nothing and accuses nobody.
    """
    speed = float(after["calibration"]) / float(before["calibration"])
    usual, probes = (
        [float(value) for value in before.get("probes", ())],
        [float(value) for value in after.get("probes", ())],
    )
    if not usual or len(probes) != len(after["seconds"]) + 1:
        return [max(1.0, speed)] * len(after["seconds"])
    reference = statistics.median(usual)
    return [max(1.0, speed, (first + second) / 2 / reference) for first, second in pairwise(probes)]


def _median_of(chance: random.Random, values: Sequence[float]) -> float:
    return statistics.median(chance.choices(values, k=len(values)))


def _ratio(before: float, after: float) -> float:
    return after / max(before, 1e-6)


def compare_timings(
    folder: Path, before: Observation, after: Observation, *, ratio: float, floor: float
) -> list[Difference]:
    """A slowdown that is large (ratio of medians), certain (interval) and felt (floor); empty when there is none.

    Args:
        folder: the record's folder.
        before: the observation of the phase before.
        after: its twin.
        ratio: how many times slower the median may be.
        floor: a slowdown of fewer seconds does not count.
    """
    left, right = _read(folder / before.file), _read(folder / after.file)
    if min(len(left["seconds"]), len(right["seconds"])) < FEWEST:
        return [_too_few(after, len(left["seconds"]), len(right["seconds"]))]
    found = timing_of(left, right)
    certain = found.low > 1 + (ratio - 1) / 2
    if not (found.ratio >= ratio and found.after - found.before >= floor and certain):
        return []
    change = Change("changed", "медиана", "", f"{found.before * 1000:.0f} мс", f"{found.after * 1000:.0f} мс")
    file = write_changes(folder, difference_file(after, "timing.json"), [change])
    params = {
        "observation": after.title,
        "before": str(change.before),
        "after": str(change.after),
        "ratio": f"{found.ratio:.1f}",
        "low": f"{found.low:.1f}",
        "high": f"{found.high:.1f}",
    }
    msgid = "«{observation}» стало медленнее в {ratio} раза (с уверенностью 95 % от {low} до {high}): было {before}, стало {after}"
    if found.machine > 1.2:  # worth a word only when the machine itself was clearly slower
        msgid += "; учтено, что сама машина была медленнее в {machine} раза"
        params["machine"] = f"{found.machine:.1f}"
    text = Text(msgid=msgid, params=params)
    return [difference(after, DifferenceClass.UNEXPLAINED, summed([change]), file=file, text=text)]


def _too_few(after: Observation, before_count: int, after_count: int) -> Difference:
    text = Text(
        msgid="«{observation}»: измерений мало для сравнения (до {before}, после {after}, нужно не меньше {fewest})",
        params={
            "observation": after.title,
            "before": str(before_count),
            "after": str(after_count),
            "fewest": str(FEWEST),
        },
    )
    return Difference(
        scenario=after.scenario,
        observation=after.name,
        kind=after.kind,
        cls=DifferenceClass.NO_TWIN,
        title=after.title,
        text=text,
    )


def _read(path: Path) -> Any:
    return _JSON.decode(path.read_bytes())
