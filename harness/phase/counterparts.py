"""Fixtures of exchanges: counterparts that are started for a scenario and leave their log as evidence, and the way a base is pointed at them."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

import pytest

from harness.checks.one_exchange import Exchange
from harness.checks.outward import Outward
from harness.errors import AnswerError, RouteAbsentError
from harness.onec.exchange_folder import folder_of
from harness.phase.context import CONTEXT
from harness.phase.outcomes import not_checked
from harness.record.files import safe_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from harness.checks.one_exchange import Exchanges
    from harness.checks.outward import RunResult
    from harness.phase.access import Base
    from harness.phase.fixtures import FindingsFixture
    from harness.phase.packs import Pack


class Counterpart(Protocol):
    """Whatever can be started and ended; entering gives the counterpart itself."""

    def __enter__(self) -> Self:
        """Starts."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Ends."""


_Peer = TypeVar("_Peer", bound=Counterpart)
_UNSEEN = ("folder", "outward")
"""Codes a base refuses a folder with: it is not there, or the base exchanges through none on this machine."""


class OutwardStand(Outward):
    """The `outward` fixture: the base's own exchanges, and the counterparts they are run with.

    Attributes:
        findings: of the scenario.
    """

    def __init__(self, base: Base, findings: FindingsFixture, stack: ExitStack) -> None:
        super().__init__(base.session)
        self.findings = findings
        self._shared = base.info.shared
        self._stack = stack
        self._peers: list[Counterpart] = []
        self._reached = False

    @cached_property
    def folder(self) -> Path:
        """A folder of the scenario's own, for certificates; made for whoever asks."""
        return self._made()

    @cached_property
    def exchange_folder(self) -> Path:
        """A folder of the scenario's own that the base sees, too: for an exchange by files."""
        made = self._made(self._shared.here if self._shared else None)
        made.chmod(0o711)  # the base may be another user: it has to know the name of a folder in here
        return made / "exchange"

    def _made(self, where: str | None = None) -> Path:
        made = TemporaryDirectory(prefix="readiness-peers-", ignore_cleanup_errors=True, dir=where)
        return Path(self._stack.enter_context(made))

    def start(self, peer: _Peer) -> _Peer:
        """Starts a counterpart, which ends with the scenario; its log becomes evidence. `shop = outward.start(Shop())`."""
        log = getattr(peer, "log", None)
        if callable(log):
            name = f"{safe_name(str(getattr(peer, 'name', 'counterpart')))}.log"
            self._stack.callback(lambda: self.findings.keep(name, log().encode()))
        self._stack.enter_context(peer)
        self._peers.append(peer)
        return peer

    def point(self, plan: str, node: str, *, address: str, login: str = "", password: str = "") -> None:
        """Points an exchange at a counterpart of the harness, and reads the address back.

        A base that does not see a folder of this machine (a container, a server elsewhere) says nothing of the product: not checked.

        Raises:
            AssertionError: the base goes somewhere else nevertheless: nothing may be run.
        """
        seen = self._shared.seen(address) if self._shared else address
        try:
            super().point(plan, node, address=seen, login=login, password=password)
        except AnswerError as error:
            if folder_of(address) is not None and error.code in _UNSEEN:
                not_checked("Стенд не видит каталога обмена на этом компьютере: {reason}", reason=error.message)
            raise

    def run(self, plan: str, node: str) -> RunResult:
        """Runs an exchange once.

        A base that does not reach this machine at all (a container without a way out, a server elsewhere) says nothing of the product: not checked.

        Raises:
            AnswerError: it did not come through (status 400), the reason is the base's.
        """
        with self._reaching():
            return super().run(plan, node)

    def test(self, plan: str, node: str) -> RunResult:
        """Tests the connection as the settings window of the exchange does; where the service of a base cannot, or the base gets nowhere: not checked.

        Raises:
            AnswerError: no connection (status 400), the reason is the base's.
        """
        with self._reaching():
            try:
                return super().test(plan, node)
            except RouteAbsentError as error:
                not_checked("Сервис готовности этой базы не проверяет связь: {reason}", reason=error.hint)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except AnswerError as error:
            if error.code == "network" and not self.heard:
                not_checked("Стенд не достаёт до корреспондентов на этом компьютере: {reason}", reason=error.message)
            raise
        self._reached = True

    @property
    def heard(self) -> bool:
        """Whether the base has got to a counterpart of this scenario at least once."""
        self._reached = self._reached or any(getattr(peer, "calls", ()) for peer in self._peers)
        return self._reached


@pytest.fixture
def outward(base: Base, findings: FindingsFixture) -> Iterator[OutwardStand]:
    """Outward addresses of the base, its exchanges, and the counterparts they are run with."""
    with ExitStack() as stack:
        yield OutwardStand(base, findings, stack)


@pytest.fixture
def exchange(base: Base, pack: Pack, outward: OutwardStand) -> Exchanges:
    """An exchange of the base by its role in the pack.

    `site = exchange("shop")`; what it can do: `harness.checks.one_exchange`.
    """

    def opened(role: str) -> Exchange:
        return Exchange(base.service, outward, str(pack[f"{role}.plan"]), str(pack.get(f"{role}.node", "")))

    return opened


@pytest.fixture
def carried(request: pytest.FixtureRequest, findings: FindingsFixture) -> Callable[[str, bytes], bytes]:
    """A message of the first phase, also in the second.

    The first phase keeps what it is given and gives it back; the second gives back what the first has kept. So a message written before the
    update is read after it, and the scenario does not know which phase it runs in: `data = carried("UNI-08.xml", data)`.
    """
    context = request.config.stash[CONTEXT]

    def carry(name: str, content: bytes) -> bytes:
        known = sorted((context.folder / "evidence").glob(f"*-{safe_name(name)}"))
        if known:
            return known[0].read_bytes()
        findings.keep(name, content)
        return content

    return carry
