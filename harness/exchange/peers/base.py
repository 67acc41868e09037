"""A correspondent base: another emulator, a process of its own, exchanging through EnterpriseData by HTTP and by messages.

The harness knows nothing of the emulator's insides and may not import it (tests/test_imports.py): the base is started by a command, as a
client's second base would be, and everything goes over its address. It ends when this process closes its input, also when it dies.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

from harness.errors import StandError
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession, WriteGuard
from harness.record.redact import add_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_COMMAND = (sys.executable, "-m", "stand.emulator.exchanging.correspondent")
_USER = "Синхронизация"
_SECONDS = 30.0


class CorrespondentBase:
    """The base; a context manager.

    Args:
        own: its code in the exchange plan.
        peer: code of the base under test.
        version: of the format its node begins with.
        sent: number of the last message it sent, where an exchange goes on.
        received: number of the last message it received.
        command: what starts it.
    """

    def __init__(
        self,
        *,
        own: str,
        peer: str,
        version: str,
        sent: int = 0,
        received: int = 0,
        command: Sequence[str] = _COMMAND,
    ) -> None:
        self.own, self.peer = own, peer
        self.user, self.password = _USER, secrets.token_urlsafe(12)
        add_secret(self.password, user=self.user)
        options = {"--own": own, "--peer": peer, "--version": version, "--sent": str(sent), "--received": str(received)}
        self._command = [*command, *(part for pair in options.items() for part in pair)]
        self._process: subprocess.Popen[str] | None = None
        self._session: StandSession | None = None
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> str:
        """Starts the process and waits for its address.

        Raises:
            StandError: it did not come up.
        """
        self._process = process = subprocess.Popen(  # noqa: S603 - a command of our own
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )
        assert process.stdin is not None
        assert process.stdout is not None
        watchdog = threading.Timer(_SECONDS, process.kill)
        watchdog.start()
        try:
            process.stdin.write(f"{self.password}\n")
            process.stdin.flush()
            self.url = process.stdout.readline().strip()
        except OSError:
            self.url = ""
        finally:
            watchdog.cancel()
        if not self.url.startswith("http://127.0.0.1:"):
            process.kill()
            said = process.communicate()[1].strip().splitlines()
            raise StandError("база-корреспондент не запустилась", hint=said[-1] if said else "")
        return self.url

    @property
    def session(self) -> StandSession:
        """HTTP session with the base; it is a stand of the harness's own, so writing is permitted."""
        if self._session is None:
            guard = WriteGuard(())
            guard.permit(self.url, marked=True, isolated=True)
            self._session = StandSession(self.url, self.user, self.password, guard=guard)
        return self._session

    @property
    def odata(self) -> ODataClient:
        """Client of its OData."""
        return ODataClient(self.session)

    def close(self) -> None:
        """Ends the process; nobody waits for its last breath but a thread."""
        if self._session is not None:
            self._session.close()
        process = self._process
        if process is None:
            return
        self._process = None
        if process.stdin is not None:
            process.stdin.close()
        threading.Thread(target=_reap, args=(process,), name="correspondent-reaper").start()


def _reap(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdout, process.stderr):
        if stream is not None:
            stream.close()
