"""Lock of new sessions, as БлокировкаСеансов of 1C is: a message, a code that lets in, a beginning and an end.

It is kept in the base, so a copy has it too. Sessions that live go on; who may not begin one gets the refusal of the application server
(facts/odata.md 7). The platform takes the code from the command line or the connection string; here a request carries it in a header.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from stand.emulator.sessions import SessionRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.infobase import Infobase

HEADER = b"x-permission-code"
"""Header with the code, percent-encoded UTF-8."""
REFUSED = "Начало сеанса с информационной базой запрещено."
_SETTING = "sessions.lock"


class SessionLock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lock.

    Attributes:
        message: what those get to read who may not come in.
        code: lets in whoever knows it; "" lets in nobody.
        start, end: local ISO moments; "" for at once and for ever.
    """

    message: str = ""
    code: str = ""
    start: str = ""
    end: str = ""

    def closed(self, now: datetime) -> bool:
        """Whether it is in force at a local moment."""
        after = not self.start or datetime.fromisoformat(self.start) <= now
        return after and (not self.end or now < datetime.fromisoformat(self.end))


class SessionGate:
    """Who may begin a session with a base."""

    def __init__(self, infobase: Infobase) -> None:
        self._infobase = infobase
        text = infobase.get_setting(_SETTING)
        self._lock = msgspec.json.decode(text, type=SessionLock) if text else None

    @property
    def lock(self) -> SessionLock | None:
        """The lock that is set; None: anybody may come."""
        return self._lock

    def set(self, lock: SessionLock | None, user: str) -> None:
        """Sets a lock or takes it away; the event log tells who did it."""
        text = "Начало сеансов запрещено" if lock is not None else "Начало сеансов разрешено"
        with self._infobase.transaction(user) as session:
            self._infobase.set_setting(_SETTING, "" if lock is None else msgspec.json.encode(lock).decode())
            session.log_event("info", "Блокировка сеансов", "", text)
        self._lock = lock

    def admit(self, headers: Mapping[bytes, bytes]) -> None:
        """Lets a request begin a session.

        Raises:
            SessionRefusedError: it may not.
        """
        lock = self._lock
        if lock is None or not lock.closed(datetime.now()):  # noqa: DTZ005 - the server's local time, as in 1C
            return
        given = unquote(headers.get(HEADER, b"").decode("latin-1"), errors="replace")
        if not lock.code or given != lock.code:
            raise SessionRefusedError(403, f"{REFUSED} {lock.message}".strip())
