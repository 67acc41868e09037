"""An exchange as scenarios tell its story, on the emulated company over a socket."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from harness.basefile import BaseFile, Credentials
from harness.checks.one_exchange import Exchange
from harness.errors import AnswerError
from harness.exchange.peers.bank import Bank
from harness.exchange.peers.folder import ExchangeFolder
from harness.exchange.peers.shop import Shop
from harness.onec.exchange_folder import MARK, SharedFolder
from harness.onec.session import StandSession, WriteGuard
from harness.phase.access import Base
from harness.phase.counterparts import OutwardStand
from harness.phase.fixtures import FindingsFixture
from harness.phase.outcomes import NotCheckedError
from stand.emulator.company import service_routes
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.demo import PASSWORD, UNIVERSAL, company, sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

USER = "Администратор"


class Kept(FindingsFixture):
    """Evidence of a test."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def keep(self, name: str, content: bytes) -> str:
        self.files[name] = content
        return name


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def shared() -> SharedFolder | None:
    return None


@pytest.fixture
def exchange(tmp_path: Path, kept: Kept, shared: SharedFolder | None) -> Iterator[Callable[..., Exchange]]:
    with company(tmp_path) as infobase, ExitStack() as stack:
        server = EmulatorServer(infobase, extra_routes=service_routes(infobase))
        url = server.start()
        stack.callback(server.stop)
        guard = WriteGuard(())
        guard.permit(url, marked=True, isolated=True)
        session = StandSession(url, USER, PASSWORD, guard=guard)
        stack.callback(session.close)
        info = BaseFile(publication=url, user=Credentials(name=USER, password=PASSWORD), shared=shared)
        base = Base(session, USER, info)
        outward = OutwardStand(base, kept, stack)
        yield lambda plan, node="": Exchange(base.service, outward, plan, node)


def test_a_message_moves_the_numbers_and_a_refusal_does_not(exchange: Callable[..., Exchange]) -> None:
    ours = exchange(UNIVERSAL)
    assert ours.moved() == ""
    assert "не соответствует" in ours.refusal_of(sample("universal_in.xml").replace(b"EnterpriseData/", b"Another/"))
    assert ours.moved() == ""
    assert ours.load(sample("universal_in.xml")).created
    assert ours.moved() == "(0, 0) → (0, 1)"
    assert ours.now().received_no == 1
    assert ours.identifiers()
    assert ours.sample is ours.sample
    assert ours.says("нет") == f"Обмен {UNIVERSAL}: нет"


def test_a_success_of_this_second_is_outlived(exchange: Callable[..., Exchange]) -> None:
    exchange(UNIVERSAL).load(sample("universal_in.xml"))
    ours = exchange(UNIVERSAL)
    ours.outlive_last_success()
    assert ours.service.info().server_time > ours.state.last_success != ""


def test_the_base_meets_a_counterpart_and_its_log_is_kept(exchange: Callable[..., Exchange], kept: Kept) -> None:
    site = exchange("ОбменССайтом")
    watch = site.watch()
    shop = site.meet(Shop())
    shop.fail("half", "sale query")
    assert site.refusal()
    assert site.heard
    assert "Обмен данными" in watch.told()
    site.run()
    site.turn_to(shop)
    assert "catalog checkauth" in shop.steps()


def test_a_connection_is_tested_and_nothing_else_goes_out(exchange: Callable[..., Exchange]) -> None:
    ours = exchange("БанкКлиент")
    bank = ours.meet(Bank("044525974"))
    tested = ours.test()
    assert tested.steps == ("Logon", "GetSettings", "SendPack", "GetPackList", "GetPack")
    assert [item.kind for packet in bank.packets for item in packet.documents] == ["05"]
    assert bank.executed == []
    bank.silent = True
    with pytest.raises(AnswerError, match="не ответил на запрос-зонд"):
        ours.test()
    bank.fail("error-200", "SendPack")
    with pytest.raises(AnswerError, match="Сервис временно недоступен"):
        ours.test()


def test_an_exchange_without_such_a_test_says_so(exchange: Callable[..., Exchange]) -> None:
    with pytest.raises(AnswerError, match="не проверяет связь отдельно"):
        exchange(UNIVERSAL, "БП").test()


def test_a_folder_is_met_like_any_other_counterpart(exchange: Callable[..., Exchange]) -> None:
    ours = exchange(UNIVERSAL, "БП")
    folder = ours.meet(ExchangeFolder(ours.exchange_folder))
    assert "не был обнаружен" in ours.refusal()
    assert folder.names() == ["Message_ТЗ_БП.xml"]


class TestElsewhere:
    """The base sees the folder under another name than this machine."""

    @pytest.fixture
    def shared(self, tmp_path_factory: pytest.TempPathFactory) -> SharedFolder:
        here = tmp_path_factory.mktemp("here")
        there = tmp_path_factory.mktemp("there") / "обмен"
        there.symlink_to(here, target_is_directory=True)
        return SharedFolder(str(here), str(there))

    def test_messages_pass_and_nothing_is_left(self, exchange: Callable[..., Exchange], shared: SharedFolder) -> None:
        ours = exchange(UNIVERSAL, "БП")
        folder = ours.meet(ExchangeFolder(ours.exchange_folder))
        assert folder.path.is_relative_to(shared.here)
        assert "не был обнаружен" in ours.refusal()
        assert folder.names() == ["Message_ТЗ_БП.xml"]
        (told,) = [item.address for item in ours._outward.addresses() if item.plan == UNIVERSAL]
        assert told == shared.seen(folder.address) != folder.address


def test_a_folder_the_base_does_not_see_is_not_checked(exchange: Callable[..., Exchange]) -> None:
    ours = exchange(UNIVERSAL, "БП")
    folder = ours.start(ExchangeFolder(ours.folder / "exchange"))
    (folder.path / MARK).unlink()
    with pytest.raises(NotCheckedError, match="не видит каталога обмена"):
        ours.turn_to(folder)


def test_nodes_of_one_plan_are_asked_for_alone(exchange: Callable[..., Exchange]) -> None:
    service = exchange(UNIVERSAL).service
    every, one = service.exchanges(), service.exchanges(UNIVERSAL)
    assert one == tuple(node for node in every if node.plan == UNIVERSAL)
    assert len({node.plan for node in every}) > 1
    assert service.exchanges("НетТакого") == ()


def test_a_node_that_is_not_there_is_named(exchange: Callable[..., Exchange]) -> None:
    with pytest.raises(AssertionError, match="НЕТ"):
        exchange(UNIVERSAL, "НЕТ")
