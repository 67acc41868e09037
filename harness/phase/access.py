"""The base under test as scenarios reach it: one session a user, one write guard below all of them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from harness.errors import AnswerError
from harness.onec.odata import ODataClient
from harness.onec.services import ReadinessService
from harness.onec.session import StandSession, WriteGuard
from harness.phase.outcomes import not_checked

if TYPE_CHECKING:
    from harness.basefile import BaseFile, Credentials


class Base:
    """The `base` fixture: one user's way into the base.

    Attributes:
        session: the tuned HTTP session with the write guard.
        user: name of the user.
        info: what was told about the base: publication, releases, capabilities.
    """

    def __init__(self, session: StandSession, user: str, info: BaseFile) -> None:
        self.session = session
        self.user = user
        self.info = info

    @cached_property
    def odata(self) -> ODataClient:
        """Client of the standard OData interface."""
        return ODataClient(self.session)

    @cached_property
    def service(self) -> ReadinessService:
        """Client of the readiness service; ask `needs("service")` first: a base may not have it."""
        return ReadinessService(self.session)


class Bases:
    """Opens sessions when they are asked for and closes them together."""

    def __init__(self, info: BaseFile) -> None:
        self.info = info
        self.guard = WriteGuard(info.production)
        self.write_refusal = self.guard.permit(info.publication, marked=info.marked, isolated=info.isolated)
        """Why nothing may be written; "" when it may."""
        self._open: dict[str, Base] = {}
        self._service: bool | None = None
        self._odata = False

    def main(self) -> Base:
        """As the user scenarios work with."""
        return self._of("", self.info.user)

    def as_user(self, role: str) -> Base:
        """As another user, named by role or by the user's own name; not checked when there is none."""
        user = self.info.users.get(role) or next((u for u in self.info.users.values() if u.name == role), None)
        if user is None:
            not_checked("В настройках нет пользователя «{role}»: раздел [users]", role=role)
        return self._of(role, user)

    def has_service(self) -> bool:
        """Whether the base has the readiness service (asked once)."""
        if self._service is None:
            self._service = self.main().service.available()
        return self._service

    def odata_refusal(self) -> str:
        """Why OData does not answer; "" when it does (asked until it has answered once)."""
        if not self._odata:
            try:
                self.main().odata.sets()
            except AnswerError as error:
                return error.message or str(error)
            self._odata = True
        return ""

    def close(self) -> None:
        """Closes every session."""
        for base in self._open.values():
            base.session.close()
        self._open.clear()

    def _of(self, role: str, user: Credentials) -> Base:
        if role not in self._open:
            pool = max(4, self.info.sweep.sessions)
            session = StandSession(self.info.publication, user.name, user.password, guard=self.guard, pool=pool)
            self._open[role] = Base(session, user.name, self.info)
        return self._open[role]
