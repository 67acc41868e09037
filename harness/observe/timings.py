"""Measuring: repeated calls, and a probe of the machine itself, so that a slower machine is not blamed on the release."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

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
    best = _best()
    started = time.perf_counter()
    result = call()
    warmup = time.perf_counter() - started
    seconds, probes = [], [_busy()]
    for _ in range(repeats):
        started = time.perf_counter()
        result = call()
        seconds.append(round(time.perf_counter() - started, 6))
        probes.append(_busy())
    calibration = round(min(best, _best()), 9)
    return result, {"seconds": seconds, "warmup": round(warmup, 6), "calibration": calibration, "probes": probes}


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
