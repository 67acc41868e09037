"""What was read already and need not be read again: it holds as long as nobody writes to the base.

Reading scenarios of one phase ask the same of a base that stands still: names behind references, reports for one period. Every write goes
through the guard that all sessions of a phase share, so the guard's count of writes tells when something kept may be old.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from harness.onec.guard import WriteGuard

_T = TypeVar("_T")
_forgotten = 0
"""How often everything was forgotten in this process."""


def forget() -> None:
    """Nothing that was read until now counts as read, in this whole process: who asks next asks the base."""
    global _forgotten  # noqa: PLW0603  # as the guard's count of writes, but for all sessions
    _forgotten += 1


class Kept:
    """Answers one user got, until somebody writes.

    Args:
        guard: of the user's session.
    """

    def __init__(self, guard: WriteGuard) -> None:
        self._guard = guard
        self._lock = threading.Lock()
        self._found: dict[Hashable, Any] = {}
        self._state = self._seen()

    def once(self, what: Hashable, read: Callable[[], _T]) -> _T:
        """What is kept under a name, or else what `read` gives; what it raises is not kept, and neither is what a write may have changed.

        The value is shared: who gets it does not change it.
        """
        with self._lock:
            self._refresh()
            state = self._state
            if what in self._found:
                kept: _T = self._found[what]
                return kept
        value = read()
        with self._lock:
            self._refresh()
            if state == self._state:
                self._found[what] = value
        return value

    def now(self) -> dict[Hashable, Any]:
        """A copy of everything that holds at this moment."""
        with self._lock:
            self._refresh()
            return dict(self._found)

    def _refresh(self) -> None:
        if self._seen() != self._state:
            self._found.clear()
            self._state = self._seen()

    def _seen(self) -> tuple[int, int]:
        return self._guard.writes, _forgotten
