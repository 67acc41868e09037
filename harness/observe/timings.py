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


def measure(call: Callable[[], _T], repeats: int) -> tuple[_T, dict[str, Any]]:
    """Calls once to warm up and `repeats` times more, with a probe of the machine before each call and after the last.

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
    for _ in range(repeats):
        for name, call in calls.items():
            probes[name].append(_busy())
            started = time.perf_counter()
            results[name] = call()
            seconds[name].append(round(time.perf_counter() - started, 6))
    calibration = round(min(best, _best()), 9)
    measured = {
        name: {
            "seconds": seconds[name],
            "warmup": round(warmups[name], 6),
            "calibration": calibration,
            "probes": [*probes[name], _busy()],
        }
        for name in calls
    }
    return results, measured


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
