"""Comparing timings: medians, the interval of their ratio, a floor, the APDEX class where a target time is declared.

A machine that was slower in one phase is told by the probes taken beside every measurement; the release is not blamed for it.
"""

from __future__ import annotations

import random
import statistics
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec

from harness.observe.changes import Change, Summary, difference_file, summed, write_changes
from harness.observe.wording import difference
from harness.record.models import Difference, DifferenceClass, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from harness.record.models import Observation

    _Draw = Callable[[Sequence[float]], tuple[float, ...]]

FEWEST = 3
"""Measurements of a phase below which nothing can be said."""
_RESAMPLES = 2_000
SLOWER_MACHINE = 1.2
"""How many times slower a machine must be to be worth a word."""
_CERTAIN = 1.1
"""Lower end of the interval above which a slowdown is certain enough to change an APDEX class."""
APDEX = (
    (0.94, "отлично"),
    (0.85, "хорошо"),
    (0.70, "удовлетворительно"),
    (0.50, "плохо"),
    (0.0, "неприемлемо"),
)
"""Lower bounds of the classes, as 1C's own tools grade key operations."""
_SLOWER = "«{observation}» стало медленнее в {ratio} раза (с уверенностью 95 % от {low} до {high}): было {before}, стало {after}"
_MACHINE = "; учтено, что сама машина была медленнее в {machine} раза"
_APDEX = "; APDEX при целевом времени {target}: было {was}, стало {now}"
_BLAMED = (
    "«{observation}»: после обновления измерено {after} против {before}, но сама машина была медленнее в {machine} раза; "
    "за вычетом этого {corrected}, релиз ни при чём"
)


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
        corrected: measurements of the phase after, seconds, without what the machine itself cost.
    """

    before: float
    after: float
    ratio: float
    low: float
    high: float
    machine: float
    corrected: tuple[float, ...] = ()


def timing_of(before: Mapping[str, Any], after: Mapping[str, Any], *, floor: float | None = None) -> Timing:
    """Ratio of medians with its interval; deterministic.

    Args:
        before: measurements of the phase before.
        after: of the phase after.
        floor: a slowdown of fewer seconds is nothing, however certain: then the interval is not looked for, and is the ratio itself.
    """
    factors = _factors(before, after)
    left = [float(value) for value in before["seconds"]]
    right = [float(value) / factor for value, factor in zip(after["seconds"], factors, strict=True)]
    medians = statistics.median(left), statistics.median(right)
    ratio, machine = _ratio(*medians), statistics.median(factors)
    if floor is not None and medians[1] - medians[0] < floor:
        return Timing(*medians, ratio, ratio, ratio, machine, tuple(right))
    ratios = sorted(
        _ratio(statistics.median(first(left)), statistics.median(second(right)))
        for first, second in _draws(len(left), len(right))
    )
    low, high = ratios[int(_RESAMPLES * 0.025)], ratios[int(_RESAMPLES * 0.975)]
    return Timing(*medians, ratio, low, high, machine, tuple(right))


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


@lru_cache(maxsize=8)
def _draws(before: int, after: int) -> list[tuple[_Draw, _Draw]]:
    """Which measurements each resample takes: the same in every comparison of as many measurements, and so thrown once."""
    chance = random.Random(1)  # noqa: S311 - resampling, not secrecy
    sizes = before, after
    drawn = [[chance.choices(range(size), k=size) for size in sizes] for _ in range(_RESAMPLES)]
    # Places, not values: itemgetter of one place gives a value, so there are never fewer than FEWEST.
    return [(itemgetter(*first), itemgetter(*second)) for first, second in drawn]


def _ratio(before: float, after: float) -> float:
    return after / max(before, 1e-6)


def apdex(seconds: Sequence[float], target: float) -> float:
    """Share of content users: a call within the target counts whole, one within four targets by half."""
    content = sum(value <= target for value in seconds)
    bearing = sum(target < value <= 4 * target for value in seconds)
    return (content + bearing / 2) / len(seconds)


def grade(index: float) -> int:
    """Class of an APDEX: its place in `APDEX`, 0 the best."""
    return next(number for number, (bound, _) in enumerate(APDEX) if index >= bound)


def compare_timings(
    folder: Path, before: Observation, after: Observation, *, ratio: float, floor: float
) -> list[Difference]:
    """A slowdown that is large (ratio of medians), certain (interval) and felt (floor); empty when there is none.

    With a target time a lower APDEX class is a slowdown too, when it is certain and felt.

    Args:
        folder: the record's folder.
        before: the observation of the phase before.
        after: its twin.
        ratio: how many times slower the median may be.
        floor: a slowdown of fewer seconds does not count.
    """
    left, right = (msgspec.json.decode((folder / side.file).read_bytes()) for side in (before, after))
    if min(len(left["seconds"]), len(right["seconds"])) < FEWEST:
        return [_too_few(after, len(left["seconds"]), len(right["seconds"]))]
    found = timing_of(left, right, floor=floor)
    target = float(after.definition.get("target") or 0)
    indices = [apdex(side, target) for side in (left["seconds"], found.corrected)] if target else []
    felt = found.after - found.before >= floor
    large = found.ratio >= ratio and found.low > 1 + (ratio - 1) / 2
    worse = bool(indices) and grade(indices[1]) > grade(indices[0]) and found.low > _CERTAIN
    if felt and (large or worse):
        return [_slower(folder, after, found, target, indices)]
    raw = statistics.median(right["seconds"])
    if found.machine > SLOWER_MACHINE and raw / max(found.before, 1e-6) >= ratio and raw - found.before >= floor:
        return [_machine(after, found, raw)]
    return []


def _slower(folder: Path, after: Observation, found: Timing, target: float, indices: Sequence[float]) -> Difference:
    change = Change("changed", "медиана", "", milliseconds(found.before), milliseconds(found.after))
    file = write_changes(folder, difference_file(after, "timing.json"), [change])
    params = {
        "observation": after.title,
        "before": str(change.before),
        "after": str(change.after),
        "ratio": f"{found.ratio:.1f}",
        "low": f"{found.low:.1f}",
        "high": f"{found.high:.1f}",
    }
    msgid = _SLOWER
    if found.machine > SLOWER_MACHINE:
        msgid += _MACHINE
        params["machine"] = f"{found.machine:.1f}"
    if indices:
        msgid += _APDEX
        params["target"] = milliseconds(target)
        params |= {name: f"{index:.2f}" for name, index in zip(("was", "now"), indices, strict=True)}
    text = Text(msgid=msgid, params=params)
    return difference(after, DifferenceClass.UNEXPLAINED, summed([change]), file=file, text=text)


def _machine(after: Observation, found: Timing, raw: float) -> Difference:
    params = {
        "observation": after.title,
        "before": milliseconds(found.before),
        "after": milliseconds(raw),
        "machine": f"{found.machine:.1f}",
        "corrected": milliseconds(found.after),
    }
    told = difference(after, DifferenceClass.TOLERANCE, Summary(), file="", text=Text(msgid=_BLAMED, params=params))
    return msgspec.structs.replace(told, code="MACHINE-SLOWER")


def milliseconds(seconds: float) -> str:
    """A duration for people."""
    return f"{seconds * 1000:.0f} мс"


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
