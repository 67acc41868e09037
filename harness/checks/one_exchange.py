"""One exchange of the base, as a scenario tells its story: what state it is in, what it would send, what it does with a message, who it meets.

def test_site_is_served(exchange: Exchanges, observe: Observe) -> None:
    site = exchange("shop")                      # the node, as the pack names it; its state is remembered
    shop = site.meet(Shop())                     # a counterpart is started, the base is pointed at it
    result = site.run()                          # the base exchanges itself
    assert result.received.created, site.says("заказ с сайта не загружен")
    assert not site.moved(), site.says(f"отказ сдвинул номера: {site.moved()}")
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self, TypeAlias, TypeVar

from harness.checks.exchanges import LogWatch, is_refused, node_of, numbers_of, preview

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from harness.checks.outward import RunResult
    from harness.onec.services import ExchangeNode, ImportResult, ReadinessService
    from harness.phase.counterparts import Counterpart, OutwardStand
    from harness.phase.fixtures import FindingsFixture


class Reachable(Protocol):
    """A counterpart a base can be pointed at."""

    @property
    def address(self) -> str:
        """Where it is."""

    @property
    def user(self) -> str:
        """Who the base is there; "" when nobody asks."""

    @property
    def password(self) -> str:
        """The password, or the second half of a token."""

    def __enter__(self) -> Self:
        """Starts."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Ends."""


_SECOND = len("2026-01-31T12:00:00")
_TICK, _TICKS = 0.1, 20
_Peer = TypeVar("_Peer", bound=Reachable)
_Started = TypeVar("_Started", bound="Counterpart")


class Exchange:
    """An exchange with one node.

    Args:
        service: readiness service of the base.
        outward: the base's own exchanges and their counterparts.
        plan: exchange plan.
        code: of the node; "" for the one with most to send.

    Attributes:
        service: of the base.
        state: of the node when the scenario began.

    Raises:
        AssertionError: the base has no such node.
    """

    def __init__(self, service: ReadinessService, outward: OutwardStand, plan: str, code: str = "") -> None:
        self.service = service
        self._outward = outward
        self.state: ExchangeNode = node_of(service, plan, code)
        self.plan, self.node = plan, self.state.node

    def says(self, text: str) -> str:
        """A sentence about this exchange, for an assertion or a finding."""
        return f"Обмен {self.plan}: {text}"

    @property
    def findings(self) -> FindingsFixture:
        """What a decision maker must know of this scenario."""
        return self._outward.findings

    def watch(self) -> LogWatch:
        """Errors of the event log from now on."""
        return LogWatch(self.service)

    # -- state -----------------------------------------------------------------------------------------------------------------

    def now(self) -> ExchangeNode:
        """The node as it is now."""
        return node_of(self.service, self.plan, self.node)

    def moved(self) -> str:
        """How the message numbers (sent, received) have moved since the scenario began, "" when they have not."""
        before, after = numbers_of(self.state), numbers_of(self.now())
        return "" if before == after else f"{before} → {after}"

    def outlive_last_success(self) -> None:
        """Waits until the base's clock has left the second of the last success: it is kept to a second, and another one would look the same."""
        for _ in range(_TICKS):
            told = self.service.info().server_time
            if not told or told[:_SECOND] != self.state.last_success[:_SECOND]:
                return
            time.sleep(_TICK)

    def registered(self) -> dict[str, int]:
        """How many changes wait to be sent, by object."""
        return self._outward.registered(self.plan, self.node)

    def identifiers(self) -> dict[str, int]:
        """How many public identifiers the base keeps for the node, by object."""
        return self._outward.identifiers(self.plan, self.node)

    # -- messages, through the service -----------------------------------------------------------------------------------------

    def preview(self) -> bytes:
        """The message that would go now; nothing moves.

        Raises:
            AssertionError: the base cannot make it.
        """
        return preview(self.service, self.state)

    @cached_property
    def sample(self) -> bytes:
        """A message of the base, read once: whoever answers it needs its envelope only.

        Raises:
            AssertionError: the base cannot make it.
        """
        return self.preview()

    def load(self, message: bytes) -> ImportResult:
        """Loads a message of the counterpart.

        Raises:
            AnswerError: it is refused.
        """
        return self.service.import_message(self.plan, self.node, message)

    def refusal_of(self, message: bytes) -> str:
        """Why a message is refused, "" when it was loaded.

        Raises:
            AnswerError: the base broke down on it (status 500).
        """
        return is_refused(self.service, self.state, message)

    # -- the base's own exchange with a counterpart ----------------------------------------------------------------------------

    @property
    def folder(self) -> Path:
        """A folder of the scenario's own, for certificates and messages."""
        return self._outward.folder

    @property
    def exchange_folder(self) -> Path:
        """A folder of the scenario's own that the base sees, too: for an exchange by files."""
        return self._outward.exchange_folder

    def start(self, peer: _Started) -> _Started:
        """Starts a counterpart the base is not pointed at yet; it ends with the scenario."""
        return self._outward.start(peer)

    def meet(self, peer: _Peer) -> _Peer:
        """Starts a counterpart and points the base at it: `shop = site.meet(Shop())`."""
        self.start(peer)
        self.turn_to(peer)
        return peer

    def turn_to(self, peer: Reachable) -> None:
        """Points the base at a counterpart that has been started. A bank has one address for all accounts.

        Raises:
            AssertionError: the base goes somewhere else nevertheless; nothing may be run.
        """
        node = "" if self.state.kind == "bank" else self.node
        self._outward.point(self.plan, node, address=peer.address, login=peer.user, password=peer.password)

    @property
    def heard(self) -> bool:
        """Whether the base has got to a counterpart of this scenario at least once."""
        return self._outward.heard

    def run(self) -> RunResult:
        """The base exchanges once.

        Raises:
            AnswerError: it did not come through.
        """
        return self._outward.run(self.plan, self.node)

    def test(self) -> RunResult:
        """The base tests the connection, as the settings window of the exchange does.

        Raises:
            AnswerError: no connection.
        """
        return self._outward.test(self.plan, self.node)

    def refusal(self) -> str:
        """The base exchanges once; why it did not come through, "" when it did."""
        return self._outward.refusal(self.plan, self.node)


Exchanges: TypeAlias = Callable[[str], Exchange]
"""The `exchange` fixture: an exchange by its role in the pack, `exchange("shop")`."""
