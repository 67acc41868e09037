"""A process that serves bases one after the other: what starts a correspondent, kept for the next one.

Starting it costs a second, a base in it a twentieth of that. It is told what to serve over its standard input and ends with it: also when this
process dies.
"""

from __future__ import annotations

import atexit
import subprocess
import tempfile
import threading
from typing import IO, TYPE_CHECKING

from harness.errors import StandError

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 30.0
_LAST_SECONDS = 5.0
_idle: dict[tuple[str, ...], list[ServingProcess]] = {}


class ServingProcess:
    """The process. It speaks lines of UTF-8: an order in, an address out.

    Args:
        command: what starts it.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.command = tuple(command)
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process
        self._process = subprocess.Popen(  # noqa: S603 - a command of our own
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, encoding="utf-8"
        )
        atexit.register(self.end)

    @classmethod
    def take(cls, command: Sequence[str]) -> ServingProcess:
        """One that has nothing to serve, or a new one."""
        waiting = _idle.get(tuple(command), [])
        while waiting:
            found = waiting.pop()
            if found.alive:
                return found
            found.end()
        return cls(command)

    def give_back(self) -> None:
        """Ends what it serves and keeps the process for whoever needs one next."""
        try:
            self.serve("")
        except StandError:
            return
        _idle.setdefault(self.command, []).append(self)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    def serve(self, order: str) -> str:
        """Serves what an order says instead of what it served; the address, "" for an empty order.

        Raises:
            StandError: the process has ended or does not answer; its last words are the hint. It is ended.
        """
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        assert pipe_in is not None
        assert pipe_out is not None
        watchdog = threading.Timer(_SECONDS, self._process.kill)
        watchdog.start()
        try:
            pipe_in.write(f"{order}\n")
            pipe_in.flush()
            answer = pipe_out.readline()
        except (OSError, ValueError):  # ValueError: the pipe is closed
            answer = ""
        finally:
            watchdog.cancel()
        if not answer:
            self.end()
            raise StandError("база-корреспондент не запустилась", hint=self._said)
        return answer.strip()

    def end(self) -> None:
        """Ends the process. To be called again does no harm."""
        atexit.unregister(self.end)
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what was not written yet goes nowhere
                    continue
        try:
            process.wait(_LAST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._said = self._last_words()

    _said = ""

    def _last_words(self) -> str:
        if self._errors.closed:
            return self._said
        with self._errors:
            self._errors.seek(0)
            lines = self._errors.read().decode("utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else ""
