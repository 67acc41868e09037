"""Deferred update handlers: what an update leaves to be done in the background while people already work, as in БСП.

Their state is kept in the base and told by the readiness service. One that was interrupted is begun anew: a handler is a transaction.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from stand.emulator.behaviour.lifecycle import lifecycle_of
from stand.emulator.behaviour.updating import handled, keep_report, run_handler

if TYPE_CHECKING:
    from stand.emulator.behaviour.updating import Handled, UpdateReport
    from stand.emulator.database.infobase import Infobase

__all__ = ["DeferredHandlers", "run_deferred"]


def run_deferred(infobase: Infobase, stopping: threading.Event | None = None) -> None:
    """Runs the handlers that wait, one after another, until none is left or somebody stops it.

    A base whose configuration orders "deferred-stuck" never gets to the first of them.
    """
    if lifecycle_of(infobase.configuration).update == "deferred-stuck":
        return
    while (report := handled(infobase)) is not None and report.deferred:
        if stopping is not None and stopping.is_set():
            return
        name = report.deferred[0]
        _change(infobase, report, msgspec.structs.replace(_found(report, name), state="running"))
        done = run_handler(infobase, name)
        left = msgspec.structs.replace(report, deferred=report.deferred[1:])
        _change(infobase, left, msgspec.structs.replace(done, deferred=True))


def _found(report: UpdateReport, name: str) -> Handled:
    return next(item for item in report.handlers if item.name == name)


def _change(infobase: Infobase, report: UpdateReport, changed: Handled) -> None:
    handlers = tuple(changed if item.name == changed.name else item for item in report.handlers)
    keep_report(infobase, msgspec.structs.replace(report, handlers=handlers))


class DeferredHandlers:
    """The background job that runs them, in a thread of this process."""

    def __init__(self, infobase: Infobase) -> None:
        self._infobase = infobase
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begins, when there is anything to do."""
        report = handled(self._infobase)
        if report is None or not report.deferred:
            return
        self._thread = threading.Thread(
            target=run_deferred, args=(self._infobase, self._stopping), name="onec-deferred", daemon=True
        )
        self._thread.start()

    def wait(self, seconds: float) -> bool:
        """Waits until it has done what it could; False when the time was too short."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def stop(self) -> None:
        """Ends after the handler it is at."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
