"""Two bases exchange through a folder: names and numbers of messages, what is read and what is refused (facts/exchanges.md 1.1, 1.3)."""

from __future__ import annotations

import io
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from harness.onec.exchange_folder import MARK
from stand.emulator.exchanging import gateway, registration
from stand.emulator.exchanging.common import ExchangeError
from stand.emulator.exchanging.correspondent import create_correspondent
from stand.emulator.exchanging.folder import MessageFolder
from stand.emulator.exchanging.outward import point
from stand.emulator.exchanging.running import run_exchange
from tests.stand.emulator.demo import PASSWORD, UNIVERSAL, company, customer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase

OURS, THEIRS = "Message_ТЗ_БП.xml", "Message_БП_ТЗ.zip"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "каталог обмена"
    place.mkdir()
    (place / MARK).write_text("", encoding="utf-8")
    return place


@pytest.fixture
def base(tmp_path: Path, folder: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        point(infobase, UNIVERSAL, "БП", {"address": folder.as_uri()})
        yield infobase


@pytest.fixture
def peer(tmp_path: Path, folder: Path) -> Iterator[Infobase]:
    infobase = create_correspondent(tmp_path / "peer.db", password=PASSWORD, own="БП", peer="ТЗ", version="1.17")
    point(infobase, UNIVERSAL, "ТЗ", {"address": folder.as_uri()})
    yield infobase
    infobase.close()


def numbers(infobase: Infobase, code: str) -> tuple[int, int]:
    node = next(item for item in gateway.nodes(infobase) if (item.plan, item.node) == (UNIVERSAL, code))
    return node.sent_no, node.received_no


def waiting(infobase: Infobase, code: str) -> int:
    with infobase.reading() as session:
        return len(registration.waiting(session, UNIVERSAL, code))


def refused(infobase: Infobase) -> ExchangeError:
    with pytest.raises(ExchangeError) as failure:
        run_exchange(infobase, UNIVERSAL, "БП")
    return failure.value


def test_messages_go_to_and_fro_and_confirm_each_other(base: Infobase, peer: Infobase, folder: Path) -> None:
    registered = waiting(base, "БП")
    assert registered
    assert refused(base).code == "file"
    assert (numbers(base, "БП"), waiting(base, "БП")) == ((1, 0), registered)
    first = run_exchange(peer, UNIVERSAL, "ТЗ")
    assert first.received.created >= registered
    assert first.steps == [f"прочитан {OURS}", f"записан {THEIRS}"]
    assert numbers(peer, "ТЗ") == (1, 1)
    assert run_exchange(base, UNIVERSAL, "БП").steps == [f"прочитан {THEIRS}", f"записан {OURS}"]
    assert (numbers(base, "БП"), waiting(base, "БП")) == ((2, 1), 0)
    assert sorted(item.name for item in folder.iterdir()) == sorted([MARK, OURS, THEIRS])


def test_a_file_read_before_changes_nothing(base: Infobase, peer: Infobase) -> None:
    refused(base)
    run_exchange(peer, UNIVERSAL, "ТЗ")
    run_exchange(base, UNIVERSAL, "БП")
    again = run_exchange(base, UNIVERSAL, "БП")
    assert again.received.already_received
    assert numbers(base, "БП") == (3, 1)


def test_the_newest_file_is_read_and_an_empty_one_is_none(base: Infobase, peer: Infobase, folder: Path) -> None:
    refused(base)
    run_exchange(peer, UNIVERSAL, "ТЗ")
    old = folder / "Message_БП_ТЗ.xml"
    with zipfile.ZipFile(folder / THEIRS) as archive:
        old.write_bytes(archive.read("Message_БП_ТЗ.xml"))
    os.utime(old, ns=(1, 1))
    run_exchange(peer, UNIVERSAL, "ТЗ")
    assert run_exchange(base, UNIVERSAL, "БП").steps[0] == f"прочитан {THEIRS}"
    assert numbers(base, "БП")[1] == 2
    (folder / THEIRS).write_bytes(b"")
    assert run_exchange(base, UNIVERSAL, "БП").received.already_received
    old.write_bytes(b"")
    assert refused(base).code == "file"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file"),
        (b"PK\x03\x04 half", "file"),
        (b"<Message", "file"),
    ],
)
def test_what_is_no_archive_is_refused(base: Infobase, folder: Path, content: bytes, code: str) -> None:
    (folder / THEIRS).write_bytes(content)
    assert refused(base).code == code
    assert numbers(base, "БП") == (1, 0)


def test_an_archive_without_a_message_is_refused(base: Infobase, folder: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("readme.txt", "нет сообщения")
    (folder / THEIRS).write_bytes(buffer.getvalue())
    assert "Архив не содержит" in refused(base).text


def test_half_a_message_and_one_for_somebody_else_leave_the_received_number(
    base: Infobase, peer: Infobase, folder: Path
) -> None:
    refused(base)
    run_exchange(peer, UNIVERSAL, "ТЗ")
    with zipfile.ZipFile(folder / THEIRS) as archive:
        message = archive.read("Message_БП_ТЗ.xml")
    (folder / THEIRS).unlink()
    file = folder / "Message_БП_ТЗ.xml"
    for content, code in (
        (message[: len(message) // 2], "9"),
        (message.replace("To>ТЗ<".encode(), "To>ДРУГАЯ<".encode()), "178"),
        (message.replace("From>БП<".encode(), "From>ДРУГАЯ<".encode()), "node"),
    ):
        file.write_bytes(content)
        assert refused(base).code == code
        assert numbers(base, "БП")[1] == 0
    assert base.log()[-1].level == "error"
    file.write_bytes(message)
    run_exchange(base, UNIVERSAL, "БП")
    assert numbers(base, "БП")[1] == 1


def test_a_number_is_kept_only_when_the_file_is_in_its_place(base: Infobase, folder: Path) -> None:
    (folder / OURS).mkdir()  # nothing can be put there
    assert refused(base).code == "folder"
    assert numbers(base, "БП") == (0, 0)


def test_a_folder_without_the_mark_is_neither_read_nor_written(base: Infobase, folder: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "working"
    foreign.mkdir()
    with pytest.raises(ExchangeError, match="не является каталогом стенда"):
        point(base, UNIVERSAL, "БП", {"address": foreign.as_uri()})
    with pytest.raises(ExchangeError, match="не существует"):
        point(base, UNIVERSAL, "БП", {"address": (tmp_path / "nowhere").as_uri()})
    with pytest.raises(ExchangeError, match="не на этом компьютере"):
        point(base, UNIVERSAL, "БП", {"address": "file://files.example.org/obmen"})
    (folder / MARK).unlink()
    assert refused(base).code == "outward"
    assert list(folder.iterdir()) == []
    assert numbers(base, "БП") == (0, 0)


def test_names_of_files(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    guid = "7e3e0ef4-8295-11f1-8af8-04ecd881cf77"
    at = tmp_path.as_uri()
    assert MessageFolder.at(at, guid, "БП", {"prefix": "ТЗ"}).send(b"x") == f"Message_ТЗ_{guid}_БП.xml"
    assert MessageFolder.at(at, "БП", guid, {}).receive() == (f"Message_ТЗ_{guid}_БП.xml", b"x")
    assert MessageFolder.at(at, "ТЗ", "БП", {"transliterates_names": True}).send(b"x") == "MESSAGE_TZ_BP.xml"
    with pytest.raises(ExchangeError, match="не годится для имени файла"):
        MessageFolder.at(at, "ТЗ", "../БП", {}).send(b"x")


def test_a_change_made_later_goes_with_the_next_file(base: Infobase, peer: Infobase) -> None:
    refused(base)
    run_exchange(peer, UNIVERSAL, "ТЗ")
    run_exchange(base, UNIVERSAL, "БП")
    with base.transaction() as session:
        row = customer(session)
        session.put("Catalog_Контрагенты", {"Ref": row["Ref"], "Description": "Переименован"})
    assert run_exchange(base, UNIVERSAL, "БП").sent == 1
    assert run_exchange(peer, UNIVERSAL, "ТЗ").received.updated == 1
