"""Measuring: repeated calls, and a probe of the machine itself, so that a slower machine is not blamed on the release."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_T = TypeVar("_T")

_PROBE = b"1C" * 50_000
_PROBES = 5
_ROUNDS = 100
"""Pieces of work in one probe beside a call: some milliseconds, long enough to have to wait for a core when others want it too."""
_FRESH = 0.05
"""Seconds of calls for which one probe holds: half of the least slowdown that is felt, so that whatever could be told as a slowdown has
a probe of its own on either side, while calls of some milliseconds do not cost less than looking at the machine."""

_FEWEST, _LONG = 3, 2.0
"""Measurements of a call that go on whatever they take, and seconds of a call after which no more are made: a report of minutes wavers
by a hundredth, and nobody has half an hour for the seventh time."""


def measure(call: Callable[[], _T], repeats: int) -> tuple[_T, dict[str, Any]]:
    """Calls once to warm up and `repeats` times more (a long call fewer times), with a probe of the machine beside each call and after the last.

    Returns:
        The last call's result, and {"seconds": [...], "warmup": s, "calibration": s, "probes": [...]}; calibration is the best time of
        a small fixed piece of work (how fast the machine can be), probes are times of a larger one beside each call (how busy it was).
    """
    results, measured = measure_together({"": call}, repeats)
    return results[""], measured[""]


def measure_together(
    calls: Mapping[str, Callable[[], _T]], repeats: int
) -> tuple[dict[str, _T], dict[str, dict[str, Any]]]:
    """Measures several calls in turn, so that a slow minute of the machine falls on all of them alike.

    Returns:
        The last result of each call, and what `measure` says of each.
    """
    best = _best()
    results: dict[str, _T] = {}
    warmups: dict[str, float] = {}
    for name, call in calls.items():
        started = time.perf_counter()
        results[name] = call()
        warmups[name] = time.perf_counter() - started
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    probes: dict[str, list[float]] = {name: [] for name in calls}
    machine = _Machine()
    for _ in range(repeats):
        for name, call in calls.items():
            if len(seconds[name]) >= _FEWEST and sum(seconds[name]) >= _LONG:
                continue
            probes[name].append(machine.look())
            started = time.perf_counter()
            results[name] = call()
            took = time.perf_counter() - started
            seconds[name].append(round(took, 6))
            machine.passed(took)
    last = _busy()
    calibration = round(min(best, _best()), 9)
    measured = {
        name: {
            "seconds": seconds[name],
            "warmup": round(warmups[name], 6),
            "calibration": calibration,
            "probes": [*probes[name], last],
        }
        for name in calls
    }
    return results, measured


class _Machine:
    """How busy the machine is, looked at anew once calls have taken a while."""

    def __init__(self) -> None:
        self._seen = _busy()
        self._passed = 0.0

    def look(self) -> float:
        """Time of the probe that holds now, seconds."""
        if self._passed >= _FRESH:
            self._seen, self._passed = _busy(), 0.0
        return self._seen

    def passed(self, seconds: float) -> None:
        """A call took so long."""
        self._passed += seconds


def _busy() -> float:
    started = time.perf_counter()
    for _ in range(_ROUNDS):
        hashlib.sha256(_PROBE).digest()
    return round(time.perf_counter() - started, 6)


def _best() -> float:
    best = float("inf")
    for _ in range(_PROBES):
        started = time.perf_counter()
        hashlib.sha256(_PROBE).digest()
        best = min(best, time.perf_counter() - started)
    return best
