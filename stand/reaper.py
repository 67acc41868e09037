"""Takes the containers of a stand down when whoever needed them is gone, whatever he died of.

`python -m stand.reaper WORK` is started beside every stand in containers and reads a pipe the stand holds: its end means that the stand's
process ended, in good order or by a kill. It then dumps the base into the work folder, if that is still there (a run may be resumed), and
removes everything from the engine. Should even this process be killed (the machine went down), the next start of any stand finds the
lease free and does the same.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError, StepError
from harness.record.lock import held
from stand.composing import Project

if TYPE_CHECKING:
    from docker import DockerClient

STATE = "state.dump"
"""The base of a stand that is down."""
LIVE = "live"
"""File that is there while the containers hold the base: a stand that was killed while it came up holds another one."""
_LEASE = "lease"
_SECONDS = 120.0
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""What `start_new_session` is on Windows."""


@dataclass(slots=True)
class Lease:
    """The right to have containers, and the process that takes them down.

    Attributes:
        path: the file whose lock says that they are needed.
    """

    path: Path
    _reaper: subprocess.Popen[bytes]

    @classmethod
    def take(cls, work: Path) -> Lease:
        """Starts the reaper of a work folder; returns when it watches.

        Raises:
            StepError: it does not start.
        """
        process = subprocess.Popen(  # noqa: S603  # our own interpreter
            [sys.executable, "-m", "stand.reaper", str(work)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).resolve().parent.parent,
            start_new_session=sys.platform != "win32",  # Ctrl-C of a terminal is not for it
            creationflags=_NEW_GROUP,
        )
        if process.stdout is None or process.stdout.readline().strip() != b"watching":
            process.kill()
            process.wait()
            raise StepError("сторож контейнеров не запустился", place=str(work))
        return cls(work / _LEASE, process)

    def end(self) -> None:
        """Gives the lease back and waits until nothing is left.

        Raises:
            StepError: the containers could not be removed.
        """
        if self._reaper.stdin is not None:
            self._reaper.stdin.close()
        try:
            code = self._reaper.wait(_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise StepError("контейнеры стенда не удалось убрать вовремя", place=str(self.path.parent)) from error
        finally:
            if self._reaper.stdout is not None:
                self._reaper.stdout.close()
        if code:
            raise StepError("контейнеры стенда не удалось убрать", place=str(self.path.parent), hint=_hint())


def take_down(work: Path) -> None:
    """Keeps the base of a stand as a dump in its work folder, if that is there, and removes everything from the engine."""
    from stand.containers import Containers

    containers = Containers.of(work)
    if (work / LIVE).exists() and containers.exist():
        with suppress(HarnessError):  # a container that died: there is nothing to keep
            containers.dump(work / STATE)
        (work / LIVE).unlink()
    containers.project.down()


def prune(client: DockerClient) -> None:
    """Takes down every stand of ours nobody holds the lease of."""
    from stand.containers import projects

    for name, lease in projects(client).items():
        if not lease.exists():
            Project(name).down()
        elif not held(lease):
            take_down(lease.parent)


def _hint() -> str:
    return "docker ps --all --filter label=onec.readiness покажет, что осталось"


def watch(work: Path) -> int:
    """Holds the lease until the pipe ends, then takes down."""
    from harness.record.lock import locked

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # whoever ends a job ends the stand too: the end of the pipe will tell
    descriptor = os.open(work / _LEASE, os.O_RDWR | os.O_CREAT, 0o600)
    with locked(descriptor):
        sys.stdout.write("watching\n")
        sys.stdout.flush()
        sys.stdin.buffer.read()
        try:
            take_down(work)
        except HarnessError:
            return 1
    with suppress(OSError):
        os.close(descriptor)
        (work / _LEASE).unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(watch(Path(sys.argv[1])))
