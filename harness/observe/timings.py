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


def measure(call: Callable[[], _T], repeats: int) -> tuple[_T, dict[str, Any]]:
    """Calls once to warm up and `repeats` times more.

    Returns:
        The last call's result, and {"seconds": [...], "warmup": s, "calibration": s}; calibration is the best time of a fixed
        piece of work of this machine's own, taken before and after.
    """
    probe = _probe()
    started = time.perf_counter()
    result = call()
    warmup = time.perf_counter() - started
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = call()
        seconds.append(round(time.perf_counter() - started, 6))
    calibration = round(min(probe, _probe()), 9)
    return result, {"seconds": seconds, "warmup": round(warmup, 6), "calibration": calibration}


def _probe() -> float:
    best = float("inf")
    for _ in range(_PROBES):
        started = time.perf_counter()
        hashlib.sha256(_PROBE).digest()
        best = min(best, time.perf_counter() - started)
    return best
