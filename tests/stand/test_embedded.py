from __future__ import annotations

import sqlite3
import sys
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.onec.guard import WriteGuard
from harness.onec.odata import ODataClient
from harness.onec.session import StandSession
from stand.bases import RecordedBase
from stand.embedded import EmbeddedStand
from stand.protocol import Backup, Capability
from tests.recording import GOODS, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[EmbeddedStand]:
    first, second = record(tmp_path / "1"), record(tmp_path / "2", price="11.00")
    base = RecordedBase(
        first.metadata, (first.feed,), second.metadata, (second.feed,), release="1.0", next_release="1.1"
    )
    running = EmbeddedStand(base, tmp_path / "work")
    running.start()
    yield running
    running.stop()


def client(stand: EmbeddedStand) -> ODataClient:
    main = stand.accounts()[0]
    guard = WriteGuard()
    publication = stand.endpoints().publication
    isolation, info = stand.isolation(), stand.info()
    assert guard.permit(publication, marked=info.marked, isolated=isolation.known_blocked) == ""
    return ODataClient(StandSession(publication, main.name, main.password, guard=guard))


def price(stand: EmbeddedStand) -> str:
    return str(next(iter(client(stand).rows(GOODS, filter="Code eq '000000001'")))["Цена"])


def change(stand: EmbeddedStand) -> None:
    row = next(iter(client(stand).rows(GOODS, filter="Code eq '000000001'")))
    client(stand).change(GOODS, str(row["Ref_Key"]), {"Цена": 99})


def test_it_can_do_everything_a_stand_can(stand: EmbeddedStand) -> None:
    assert stand.capabilities == frozenset(Capability)
    assert stand.isolation().known_blocked
    assert stand.info().version == "1.0"
    assert stand.info().emulator


def test_a_backup_is_proven_table_by_table(stand: EmbeddedStand) -> None:
    taken = stand.backup()

    proof = stand.proof(taken)

    assert proof.proven
    assert proof.rows >= 4
    assert taken.path is not None
    assert taken.result.facts["size_bytes"] == str(taken.path.stat().st_size)
    assert "restored-tables.json" in [item.name for item in proof.result.evidence]


def test_a_backup_that_is_not_the_base_is_not_proven(stand: EmbeddedStand) -> None:
    taken = stand.backup()
    change(stand)

    proof = stand.proof(taken)

    assert not proof.proven
    assert any("Товары" in name for name in proof.differing)


def test_a_restore_takes_changes_back(stand: EmbeddedStand) -> None:
    taken = stand.backup()
    change(stand)
    assert price(stand) == "99"

    stand.restore(taken)

    assert price(stand) == "10.5"


def test_a_backup_that_was_altered_is_refused(stand: EmbeddedStand) -> None:
    taken = stand.backup()
    assert taken.path is not None
    content = bytearray(taken.path.read_bytes())
    content[-1] ^= 1
    taken.path.write_bytes(content)

    with pytest.raises(HarnessError, match="изменился"):
        stand.restore(taken)
    assert price(stand) == "10.5"


def test_a_lost_backup_is_told(stand: EmbeddedStand, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match="копии нет"):
        stand.proof(Backup(stand.backup().result, tmp_path / "no.db", "", ""))


def test_an_update_changes_release_and_data_and_keeps_the_users(stand: EmbeddedStand) -> None:
    before = stand.accounts()

    result = stand.update("1.1")

    assert (result.facts["release_before"], result.facts["release_after"]) == ("1.0", "1.1")
    assert stand.info().version == "1.1"
    assert price(stand) == "11"
    assert stand.accounts() == before


def test_after_a_stop_it_comes_up_again_as_it_was(stand: EmbeddedStand) -> None:
    change(stand)
    account = stand.accounts()[0]
    stand.stop()
    again = EmbeddedStand(stand.base, stand.work)
    again.start()
    try:
        assert price(again) == "99"
        assert again.accounts()[0] == account
    finally:
        again.stop()


def test_passwords_are_generated_private_and_not_shown(stand: EmbeddedStand) -> None:
    password = stand.accounts()[0].password
    file = stand.work / "access.json"

    assert len(password) >= 12
    assert password not in repr(stand) + repr(stand.accounts())
    assert password.encode() not in (stand.work / "base.db").read_bytes()
    assert sys.platform == "win32" or file.stat().st_mode & 0o077 == 0


def test_a_kill_while_the_base_is_made_leaves_none(tmp_path: Path) -> None:
    first = record(tmp_path / "1")
    work = tmp_path / "work"
    work.mkdir()
    sqlite3.connect(work / "new.db").close()  # what a killed attempt left
    stand = EmbeddedStand(RecordedBase(first.metadata, (first.feed,)), work)
    stand.start()
    try:
        assert price(stand) == "10.5"
    finally:
        stand.stop()
