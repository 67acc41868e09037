"""A correspondent base: another emulator, in another process, exchanging through EnterpriseData by HTTP and through a folder.

The harness knows nothing of the emulator's insides and may not import it (tests/test_imports.py): the base is started by a command, as a
client's second base would be, and everything goes over its address.
"""

from __future__ import annotations

import json
import secrets
import sys
from typing import TYPE_CHECKING, Self

from harness.errors import StandError
from harness.exchange.peers.process import ServingProcess
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession, WriteGuard
from harness.record.redact import add_secret

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_COMMAND = (sys.executable, "-m", "stand.emulator.exchanging.correspondent")
_USER = "Синхронизация"


class CorrespondentBase:
    """The base; a context manager.

    Args:
        own: its code in the exchange plan.
        peer: code of the base under test.
        version: of the format its node begins with.
        sent: number of the last message it sent, where an exchange goes on.
        received: number of the last message it received.
        command: what starts the process that serves it.
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
        self._order = {
            "password": self.password, "own": own, "peer": peer, "version": version, "sent": sent, "received": received,
        }  # fmt: skip
        self._command = tuple(command)
        self._process: ServingProcess | None = None
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
        """Starts the base and waits for its address.

        Raises:
            StandError: it did not come up.
        """
        self._process = ServingProcess.take(self._command)
        self.url = self._process.serve(json.dumps(self._order, ensure_ascii=False))
        if not self.url.startswith("http://127.0.0.1:"):
            self._process.end()
            raise StandError("база-корреспондент не запустилась", hint=f"вместо адреса получено «{self.url[:100]}»")
        return self.url

    @property
    def address(self) -> str:
        """What the base under test is told."""
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
        """Ends the base."""
        if self._session is not None:
            self._session.close()
            self._session = None
        if self._process is not None:
            self._process.give_back()
            self._process = None
