"""Exchanges a base runs itself: where it goes, pointing it at a counterpart of the harness, running it (readiness service, facts/exchanges.md 0).

Before a base is asked to go anywhere, its address is read back: it must be the counterpart that was just set, or nothing is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from harness.errors import AnswerError, RouteAbsentError, StandError
from harness.onec.exchange_folder import folder_of
from harness.onec.services import ROOT, ImportResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.onec.session import StandSession

_T = TypeVar("_T")


class OutwardAddress(msgspec.Struct, frozen=True):
    """An outward address of a base."""

    plan: str
    node: str
    title: str
    kind: str
    address: str

    @property
    def host(self) -> str:
        """Scheme and host, without the path: addresses of CRM hold keys in it. Of a folder, all of it."""
        parts = urlsplit(self.address)
        if folder_of(self.address) is not None:
            return self.address
        return f"{parts.scheme}://{parts.hostname or ''}"


class RunResult(msgspec.Struct, frozen=True):
    """What a run came to."""

    steps: tuple[str, ...]
    sent: int
    received: ImportResult


class Outward:
    """Calls of the readiness service for exchanges the base runs itself.

    Args:
        session: HTTP session of a user with full rights.
    """

    def __init__(self, session: StandSession) -> None:
        self.session = session

    def addresses(self) -> list[OutwardAddress]:
        """All outward addresses of the base.

        Raises:
            RouteAbsentError: the readiness service of this base does not tell.
        """
        return self._ask("GET", "/outward", list[OutwardAddress])

    def point(self, plan: str, node: str, *, address: str, login: str = "", password: str = "") -> None:
        """Points an exchange at a counterpart of the harness, and reads the address back.

        Raises:
            AssertionError: the base goes somewhere else nevertheless: nothing may be run.
        """
        path = f"/outward/{quote(plan, safe='')}" + (f"/{quote(node, safe='')}" if node else "")
        body = msgspec.json.encode({"address": address, "login": login, "password": password})
        known = self._ask("PUT", path, list[OutwardAddress], body)
        found = next((item for item in known if (item.plan, item.node) == (plan, node)), None)
        assert found is not None, f"Обмен {plan}: база не назвала адреса, по которому обратится; обмен не запущен"
        assert found.address == address, (
            f"Обмен {plan}: база обратится не к стенду, а к {found.host}: адрес в настройках обмена не действует; обмен не запущен"
        )

    def run(self, plan: str, node: str) -> RunResult:
        """Runs an exchange once.

        Raises:
            AnswerError: it did not come through (status 400), the reason is the base's.
        """
        return self._ask("POST", f"/exchanges/{_node(plan, node)}/run", RunResult, b"")

    def test(self, plan: str, node: str) -> RunResult:
        """Tests the connection as the settings window of the exchange does; nothing of the base goes out or comes in.

        Raises:
            RouteAbsentError: the readiness service of this base cannot.
            AnswerError: no connection (status 400), the reason is the base's.
        """
        return self._ask("POST", f"/exchanges/{_node(plan, node)}/test", RunResult, b"")

    def refusal(self, plan: str, node: str) -> str:
        """The reason an exchange did not come through for, "" when it did.

        Raises:
            AnswerError: the base broke down instead of telling a reason (status 500).
        """
        try:
            self.run(plan, node)
        except AnswerError as error:
            if isinstance(error, RouteAbsentError) or error.status >= 500:
                raise
            return error.message or "без объяснения"
        return ""

    def registered(self, plan: str, node: str) -> dict[str, int]:
        """How many changes wait to be sent, by object of the base."""
        return self._ask("GET", f"/exchanges/{_node(plan, node)}/registered", dict[str, int])

    def identifiers(self, plan: str, node: str) -> dict[str, int]:
        """How many public identifiers the base keeps for a node, by object of the base."""
        return self._ask("GET", f"/exchanges/{_node(plan, node)}/identifiers", dict[str, int])

    def _ask(self, method: str, path: str, shape: type[_T], content: bytes | None = None) -> _T:
        try:
            data: Any = self.session.json(method, ROOT + path, content=content, headers=_HEADERS)
        except (StandError, AnswerError) as error:
            if error.status != 404 or (isinstance(error, AnswerError) and error.code):
                raise
            raise RouteAbsentError(
                "сервис готовности этой базы не умеет запускать обмены на стенде",
                place=error.place,
                hint="Обновите расширение сервиса готовности в базе.",
                status=404,
            ) from error
        try:
            return msgspec.convert(data, shape)
        except msgspec.ValidationError as error:
            raise AnswerError(
                f"ответ сервиса готовности не по договору: {error}", place=ROOT + path, status=200, code="shape"
            ) from None


_HEADERS: Mapping[str, str] = {"Content-Type": "application/json", "Accept": "application/json"}


def _node(plan: str, node: str) -> str:
    return f"{quote(plan, safe='')}/{quote(node, safe='')}"
