"""Worker processes side by side: each takes the next variant from one queue, and is replaced when it dies or takes too long."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import msgspec

from harness.prove.worker import Answer, order_of
from harness.run.phase import environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import TracebackType

    from harness.prove.carrying import Part
    from harness.prove.rehearsal import Assignment
    from harness.prove.variants import Variant

LIMIT = 180.0
"""Seconds one order may take before its process is ended."""
_LONGEST_DETAIL = 2000


@dataclass(frozen=True, slots=True)
class Task:
    """A variant to try, and the part of its phase after that is enough; None: all of it."""

    variant: Variant
    part: Part | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """An answer about a variant, and how long it took from order to answer."""

    task: Task
    answer: Answer
    seconds: float

    @property
    def variant(self) -> Variant:
        """What was tried."""
        return self.task.variant


class Worker:
    """One process, started when first asked and again after it was lost."""

    def __init__(self, assignment: Assignment, folder: Path, limit: float) -> None:
        self._assignment = assignment
        self._file = folder / f"{assignment.lane}.json"
        self._file.write_bytes(msgspec.json.encode(assignment))
        self._limit = limit
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, task: Task | None) -> Answer:
        """Tries a variant, or the phase before; a process that dies or is too slow is an answer, too."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        watch = threading.Timer(self._limit, end)
        watch.daemon = True
        watch.start()
        try:
            process.stdin.write(order_of(task.variant, task.part) if task else order_of(None))
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            watch.cancel()
        if line.endswith(b"\n"):
            return msgspec.json.decode(line, type=Answer)
        self.close()
        if late.is_set():
            return Answer(trouble=f"прогон не закончился за {self._limit:.0f} с")
        return Answer(trouble=f"процесс завершился аварийно с кодом {process.returncode}")

    def close(self) -> None:
        """Ends the process: asked first, then told."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            assert process.stdin is not None
            process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10.0)
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = subprocess.Popen(  # noqa: S603  # our own interpreter
                [sys.executable, "-m", "harness.prove.worker", str(self._file)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=environment(),
            )
        return self._process


@dataclass(slots=True)
class Lanes:
    """Workers and the threads that feed them.

    Args:
        workers: at least one.
    """

    workers: Sequence[Worker]
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        for worker in self.workers:
            worker.close()

    def run(self, tasks: Sequence[Task]) -> Iterator[Tried]:
        """Answers as they come, in any order."""
        waiting: queue.SimpleQueue[Task] = queue.SimpleQueue()
        answers: queue.SimpleQueue[Tried] = queue.SimpleQueue()
        for task in tasks:
            waiting.put(task)
        for worker in self.workers[: len(tasks)]:
            threading.Thread(target=self._feed, args=(worker, waiting, answers), daemon=True).start()
        for _ in tasks:
            yield answers.get()

    def _feed(self, worker: Worker, waiting: queue.SimpleQueue[Task], answers: queue.SimpleQueue[Tried]) -> None:
        while not self._stopped.is_set():
            try:
                task = waiting.get_nowait()
            except queue.Empty:
                return
            clock = time.perf_counter()
            try:
                answer = worker.ask(task)
            except Exception as error:  # noqa: BLE001  # the reader of answers must get one for every variant
                answer = Answer(trouble=f"{type(error).__name__}: {error}")
            answers.put(Tried(task, answer, time.perf_counter() - clock))
