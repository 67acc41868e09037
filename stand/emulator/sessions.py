"""Sessions of services: reuse, pools, licences (facts/odata.md 8).

`reuseSessions` of a publication: `dontuse` makes a session for each call; `use` lets a client begin one (`IBSession: start`, then the cookie
`ibsession`) and end it (`IBSession: finish`); `autouse` keeps a pool for each service and user, and the header means nothing there. Every living
session takes a client licence. Everything here happens in the server's event loop.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import CookieError, SimpleCookie
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from stand.emulator.quirks import Quirks

COOKIE = "ibsession"
NO_LICENCE = "Не обнаружено свободной лицензии!"
NO_SESSION = "Истекло время ожидания сеанса"
UNKNOWN = "Сеанс отсутствует или удален"


class SessionRefusedError(Exception):
    """No session for a call.

    Attributes:
        status: HTTP status.
        text: what the platform says.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(slots=True)
class _Session:
    number: int
    owner: tuple[str, str]
    pooled: bool
    started: datetime
    id: str = ""
    busy: bool = True
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """A living session.

    Attributes:
        service: "odata" or "hs".
        started: local.
        active: it serves a call now.
    """

    number: int
    service: str
    user: str
    started: datetime
    active: bool


@dataclass(slots=True)
class Lease:
    """A session held by a call.

    Attributes:
        cookie: value of `Set-Cookie` of the answer, "" when there is none.
    """

    session: _Session
    cookie: str = ""
    last: bool = True


@dataclass(slots=True)
class Sessions:
    """Living sessions of one publication.

    Attributes:
        admit: raises SessionRefusedError when a request with these headers may not begin a session.
    """

    quirks: Quirks
    clock: Callable[[], float] = time.monotonic
    admit: Callable[[Mapping[bytes, bytes]], None] = lambda _headers: None
    _living: list[_Session] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _freed: asyncio.Condition | None = None

    async def enter(self, service: str, user: str, headers: Mapping[bytes, bytes]) -> Lease:
        """A session for a call; give it back with `leave`.

        Raises:
            SessionRefusedError: 400 for an unknown cookie, 406 for an exhausted pool, 406 or 402 without a licence.
        """
        self._expire()
        owner = (service, user)
        mode = self.quirks.reuse_sessions
        if mode == "autouse":
            return Lease(await self._pooled(owner, headers), last=False)
        wish = headers.get(b"ibsession", b"").strip().lower() if mode == "use" else b""
        known = _cookie(headers) if mode == "use" else ""
        if known:
            return Lease(self._found(owner, known), last=wish == b"finish")
        if wish == b"finish":
            raise SessionRefusedError(400, UNKNOWN)
        session = self._begun(owner, headers, pooled=False)
        if wish != b"start":
            return Lease(session)
        session.id = secrets.token_hex(16)
        return Lease(session, f"{COOKIE}={session.id}; Path=/; HttpOnly", last=False)

    async def leave(self, lease: Lease) -> None:
        """The call is over."""
        session = lease.session
        session.busy = False
        session.until = self.clock() + self.quirks.session_max_age
        if lease.last and session in self._living:
            self._living.remove(session)
        if self._freed is not None:
            async with self._freed:
                self._freed.notify_all()

    def listed(self) -> list[SessionInfo]:
        """Living sessions, oldest first."""
        self._expire()
        return [SessionInfo(item.number, *item.owner, item.started, active=item.busy) for item in list(self._living)]

    def end(self, number: int) -> bool:
        """Ends a session; a call it serves comes to its end. False when there is none."""
        found = next((item for item in list(self._living) if item.number == number), None)
        if found is None:
            return False
        self._living.remove(found)
        return True

    def living(self) -> int:
        """Sessions that hold a licence now."""
        self._expire()
        return len(self._living)

    def _found(self, owner: tuple[str, str], id_: str) -> _Session:
        for session in self._living:
            # Another user's session is as unknown as none; one that is at work serves one call at a time.
            if session.id == id_ and session.owner == owner and not session.busy:
                session.busy = True
                return session
        raise SessionRefusedError(400, UNKNOWN)

    async def _pooled(self, owner: tuple[str, str], headers: Mapping[bytes, bytes]) -> _Session:
        session = self._free(owner, headers)
        if session is not None:
            return session
        deadline = self.clock() + self.quirks.pool_timeout
        if self._freed is None:
            self._freed = asyncio.Condition()
        while True:
            left = deadline - self.clock()
            try:
                async with asyncio.timeout(max(left, 0)), self._freed:
                    await self._freed.wait()
            except TimeoutError:
                raise SessionRefusedError(406, NO_SESSION) from None
            session = self._free(owner, headers)
            if session is not None:
                return session

    def _free(self, owner: tuple[str, str], headers: Mapping[bytes, bytes]) -> _Session | None:
        """An idle session of the pool, a new one while there is room, or None."""
        own = 0
        for session in self._living:
            if session.pooled and session.owner == owner:
                own += 1
                if not session.busy:
                    session.busy = True
                    return session
        return self._begun(owner, headers, pooled=True) if own < self.quirks.pool_size else None

    def _begun(self, owner: tuple[str, str], headers: Mapping[bytes, bytes], *, pooled: bool) -> _Session:
        self.admit(headers)
        if self.quirks.licences and len(self._living) >= self.quirks.licences:
            raise SessionRefusedError(int(self.quirks.licence_status), NO_LICENCE)
        started = datetime.now().replace(microsecond=0)  # noqa: DTZ005 - the server's local time, as in 1C
        session = _Session(next(self._numbers), owner, pooled, started)
        self._living.append(session)
        return session

    def _expire(self) -> None:
        now = self.clock()
        if any(not item.busy and item.until <= now for item in self._living):
            self._living = [item for item in self._living if item.busy or item.until > now]


def _cookie(headers: Mapping[bytes, bytes]) -> str:
    raw = headers.get(b"cookie")
    if not raw:
        return ""
    try:
        found = SimpleCookie(raw.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
