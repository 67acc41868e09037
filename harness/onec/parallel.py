"""Several windows of one set read side by side, ahead of whoever takes the rows.

A base gives so many sessions and no more (facts/odata.md 8): a worker that is refused one (406, a licence) leaves, its window goes on in
another, and the last one waits. Other trouble of the stand is waited out where it happened: the window goes on from its last good page.
"""

from __future__ import annotations

import sys
import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from harness.errors import StandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from harness.onec.spans import SpanReader
    from harness.onec.values import Row

_T = TypeVar("_T")
_R = TypeVar("_R")
PAUSE = 2.0
"""Seconds before a refused request is tried again; a session nobody uses is given back after 20 (facts/odata.md 8)."""
ATTEMPTS = 12
"""Refusals in a row after which the trouble is real."""
_CROWDED = frozenset({402, 406, 429})
_PASSING = frozenset({0, 500, 502, 503, 504})
_AHEAD = 2
"""Pages held for each worker."""
_TICK = 0.1
_SWITCH = 0.0005
"""Seconds a thread may keep the interpreter: a page comes in dozens of pieces, and each would wait 5 ms for whoever encodes rows."""


def is_crowded(error: StandError) -> bool:
    """Whether the stand has no session or licence left for one more."""
    return error.status in _CROWDED or "лицензи" in error.message


@dataclass(slots=True)
class Workers:
    """Threads that drive readers.

    Attributes:
        readers: windows to read.
        sessions: workers at most.
        pause: seconds before a refused request is tried again.
        attempts: refusals in a row that are borne.
        refused: how many workers left because the stand gave no session.
    """

    readers: Sequence[SpanReader]
    sessions: int
    pause: float = PAUSE
    attempts: int = ATTEMPTS
    refused: int = 0
    _tasks: deque[SpanReader] = field(default_factory=deque)
    _pages: SimpleQueue[list[Row] | None] = field(default_factory=SimpleQueue)
    _room: threading.Semaphore = field(default_factory=threading.Semaphore)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stop: threading.Event = field(default_factory=threading.Event)
    _alive: int = 0
    _failure: BaseException | None = None

    def pages(self) -> Iterator[list[Row]]:
        """Pages of new rows as they come, of any window first.

        Raises:
            HarnessError: what a worker met and could not bear.
        """
        self._tasks = deque(self.readers)
        self._alive = min(self.sessions, len(self.readers))
        self._room = threading.Semaphore(_AHEAD * self._alive)
        for _ in range(self._alive):
            threading.Thread(target=self._work, daemon=True).start()
        usual = sys.getswitchinterval()
        sys.setswitchinterval(min(usual, _SWITCH))
        try:
            while (page := self._pages.get()) is not None:
                self._room.release()
                yield page
        finally:
            self._stop.set()
            sys.setswitchinterval(usual)
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        try:
            while (reader := self._take()) is not None:
                if not self._drive(reader):
                    return
        except BaseException as error:  # noqa: BLE001 - handed to the thread that wants the rows
            self._failure = self._failure or error
            self._stop.set()
            self._pages.put(None)

    def _take(self) -> SpanReader | None:
        """The next window. The end is told by the last one who finds none, so that a window given back is never left lying."""
        with self._lock:
            if self._tasks and not self._stop.is_set():
                return self._tasks.popleft()
            self._alive -= 1
            if not self._alive:
                self._pages.put(None)
            return None

    def _drive(self, reader: SpanReader) -> bool:
        """Reads a window to its end; False when this worker has to leave."""
        while not self._stop.is_set():
            try:
                rows = reader.step()
            except StandError as error:
                if self._leaves(reader, error):
                    return False
                self._stop.wait(self.pause)
                continue
            reader.troubles = 0
            if rows is None:
                break
            while rows and not self._stop.is_set():
                if self._room.acquire(timeout=_TICK):
                    self._pages.put(rows)
                    break
        return True

    def _leaves(self, reader: SpanReader, error: StandError) -> bool:
        """Whether the worker goes, its window left to the others; raises what cannot be waited out."""
        with self._lock:
            if is_crowded(error) and self._alive > 1:
                self._tasks.appendleft(reader)
                self._alive -= 1
                self.refused += 1
                return True
        reader.troubles += 1
        if not (is_crowded(error) or error.status in _PASSING) or reader.troubles > self.attempts:
            raise error
        return False


@dataclass(slots=True)
class Crew:
    """Small requests side by side; a refused session makes the crew smaller by one.

    Attributes:
        sessions: workers at most; what is left of them after refusals.
        pause: seconds before a refused request is tried again.
    """

    sessions: int
    pause: float = PAUSE
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)

    def each(self, call: Callable[[_T], _R], items: Iterable[_T]) -> Iterator[_R]:
        """Results in the order of items; items are taken one by one, no more ahead than there are workers.

        Raises:
            HarnessError: what a call raised, at its turn.
        """
        free = threading.Semaphore(self.sessions)
        if self.sessions == 1:
            # Small requests: handing each to another thread and back takes longer than what it would do meanwhile.
            for item in items:
                yield self._attempt(free, call, item)
            return
        waiting: deque[Future[_R]] = deque()
        with ThreadPoolExecutor(self.sessions) as pool:
            try:
                for item in items:
                    waiting.append(pool.submit(self._attempt, free, call, item))
                    if len(waiting) > self.sessions:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                self._over.set()

    def _attempt(self, free: threading.Semaphore, call: Callable[[_T], _R], item: _T) -> _R:
        refusals = 0
        while True:
            free.acquire()
            kept = True
            try:
                return call(item)
            except StandError as error:
                refusals += 1
                if not is_crowded(error) or refusals > ATTEMPTS:
                    raise
                with self._lock:
                    kept = self.sessions == 1
                    self.sessions -= not kept
            finally:
                if kept:
                    free.release()
            self._over.wait(self.pause)
