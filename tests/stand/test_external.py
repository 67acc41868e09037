from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from harness.errors import AccessError, AddressError, StepError
from harness.onec.guard import WriteGuard
from harness.onec.session import StandSession
from stand.actions import Action
from stand.bases import RecordedBase
from stand.commands import CommandError
from stand.embedded import EmbeddedStand
from stand.external import ExternalStand
from stand.protocol import Backup, Capability, HandStepNeededError
from tests.recording import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def base(tmp_path: Path) -> Iterator[EmbeddedStand]:
    """The copy of a base that others run: here an emulator at a fixed address."""
    first, second = record(tmp_path / "1"), record(tmp_path / "2", article=False)
    recorded = RecordedBase(
        first.metadata, (first.feed,), second.metadata, (second.feed,), release="1.0", next_release="1.1"
    )
    running = EmbeddedStand(recorded, tmp_path / "base")
    running.start()
    running.port = urlsplit(running.endpoints().publication).port or 0
    yield running
    running.stop()


@pytest.fixture
def control(base: EmbeddedStand) -> Iterator[Callable[[str], list[str]]]:
    """Makes commands that do something to the base: they call this test's own little server."""
    state: dict[str, Backup] = {}
    acts: dict[str, Callable[[], object]] = {
        "/backup": lambda: state.update(backup=base.backup()),
        "/restore": lambda: base.restore(state["backup"]),
        "/update": lambda: base.update("1.1"),
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            acts[self.path]()
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def command(act: str) -> list[str]:
        code = "import sys, pathlib, urllib.request as r; r.urlopen(sys.argv[1]).read(); sys.argv[2:] and pathlib.Path(sys.argv[2]).write_text('copy')"
        address = f"http://127.0.0.1:{server.server_port}/{act}"
        return [sys.executable, "-c", code, address, *(["{backup}"] if act == "backup" else [])]

    yield command
    server.shutdown()
    thread.join()
    server.server_close()


def external(base: EmbeddedStand, folder: Path, **actions: Action) -> ExternalStand:
    main = base.accounts()[0]
    session = StandSession(base.endpoints().publication, main.name, main.password, guard=WriteGuard(), retries=0)
    every = {key: actions.get(key, Action(key)) for key in ("backup", "restore", "apply")}
    (folder / "work").mkdir(exist_ok=True)
    stand = ExternalStand(session, every, folder / "work", folder, folder / "record")
    stand.start()
    return stand


def by_hand(base: EmbeddedStand, folder: Path) -> ExternalStand:
    return external(base, folder, **{key: Action(key, by_hand=True) for key in ("backup", "restore", "apply")})


def test_what_the_settings_do_not_say_the_stand_cannot_do(base: EmbeddedStand, tmp_path: Path) -> None:
    stand = external(base, tmp_path)

    assert stand.capabilities == {Capability.START}
    with pytest.raises(StepError, match=r"\[backup\] пуст"):
        stand.backup()
    assert not stand.isolation().known_blocked
    assert stand.info().marked is None


def test_commands_do_backup_proof_restore_and_update(
    base: EmbeddedStand, tmp_path: Path, control: Callable[[str], list[str]]
) -> None:
    actions = {
        key: Action(key, control(act))
        for key, act in (("backup", "backup"), ("restore", "restore"), ("apply", "update"))
    }
    stand = external(base, tmp_path, **actions)

    taken = stand.backup()
    proof = stand.proof(taken)
    updated = stand.update("")
    restored = stand.restore(taken)

    assert taken.path is not None
    assert taken.path.read_text() == "copy"
    assert len(taken.digest) == 64
    assert proof.proven
    assert proof.rows == 4
    assert updated.facts["metadata_changed"] == "true"
    assert restored.evidence[0].name == "restore.log"


def test_an_update_that_changed_nothing_is_not_believed(base: EmbeddedStand, tmp_path: Path) -> None:
    stand = external(base, tmp_path, apply=Action("apply", [sys.executable, "-c", "print('Error: locked')"]))

    with pytest.raises(CommandError, match=r"обновление не видно.*Error: locked") as caught:
        stand.update("1.1")
    assert b"Error: locked" in caught.value.evidence[0].content


def test_a_backup_command_that_wrote_nothing_is_not_believed(base: EmbeddedStand, tmp_path: Path) -> None:
    stand = external(base, tmp_path, backup=Action("backup", [sys.executable, "-c", "pass"]))

    with pytest.raises(StepError, match="файла копии нет"):
        stand.backup()


def test_a_backup_command_that_left_the_old_file_is_not_believed(base: EmbeddedStand, tmp_path: Path) -> None:
    old = tmp_path / "old.dt"
    old.write_text("yesterday")
    stand = external(base, tmp_path, backup=Action("backup", [sys.executable, "-c", "pass"], file=old))

    with pytest.raises(StepError, match="прежний"):
        stand.backup()


def test_a_restore_that_did_not_bring_the_data_back_is_not_believed(
    base: EmbeddedStand, tmp_path: Path, control: Callable[[str], list[str]]
) -> None:
    stand = external(
        base,
        tmp_path,
        backup=Action("backup", control("backup")),
        restore=Action("restore", [sys.executable, "-c", "pass"]),
        apply=Action("apply", control("update")),
    )
    taken = stand.backup()
    stand.update("")

    with pytest.raises(StepError, match=r"\$metadata"):
        stand.restore(taken)
    assert not stand.proof(taken).proven


def test_a_backup_file_that_was_altered_is_refused(
    base: EmbeddedStand, tmp_path: Path, control: Callable[[str], list[str]]
) -> None:
    stand = external(
        base, tmp_path, backup=Action("backup", control("backup")), restore=Action("restore", control("restore"))
    )
    taken = stand.backup()
    assert taken.path is not None
    taken.path.write_text("другое")

    with pytest.raises(StepError, match="изменился"):
        stand.restore(taken)


def test_by_hand_it_says_what_to_do_and_checks_that_it_was_done(base: EmbeddedStand, tmp_path: Path) -> None:
    stand = by_hand(base, tmp_path)
    with pytest.raises(HandStepNeededError) as asked:
        stand.backup()
    assert "Снимите резервную копию" in asked.value.step.instruction
    own = base.backup()
    stand.confirm("backup")
    taken = stand.backup()

    with pytest.raises(HandStepNeededError, match=r"до релиза 1\.1"):
        stand.update("1.1")
    stand.confirm("update")
    with pytest.raises(HandStepNeededError, match="обновление не видно"):
        stand.update("1.1")
    base.update("1.1")
    stand.confirm("update")
    assert stand.update("1.1").facts["by_hand"] == "true"

    with pytest.raises(HandStepNeededError, match="Восстановите базу"):
        stand.restore(taken)
    base.restore(own)
    stand.confirm("restore")
    assert stand.restore(taken).seconds >= 0


def test_days_later_another_process_goes_on(base: EmbeddedStand, tmp_path: Path) -> None:
    first = by_hand(base, tmp_path)
    with pytest.raises(HandStepNeededError):
        first.update("1.1")
    first.stop()
    base.update("1.1")

    second = by_hand(base, tmp_path)
    second.confirm("update")

    assert second.update("1.1").facts["metadata_changed"] == "true"


def test_a_wrong_password_is_told_without_it(base: EmbeddedStand, tmp_path: Path) -> None:
    session = StandSession(base.endpoints().publication, "Администратор", "hunter2", guard=WriteGuard(), retries=0)
    stand = ExternalStand(
        session, {key: Action(key) for key in ("backup", "restore", "apply")}, tmp_path, tmp_path, tmp_path
    )

    with pytest.raises(AccessError) as caught:
        stand.start()
    assert "hunter2" not in str(caught.value)


def test_an_address_nobody_answers_at_is_told(base: EmbeddedStand, tmp_path: Path) -> None:
    publication = base.endpoints().publication
    base.stop()
    session = StandSession(publication, guard=WriteGuard(), retries=0)
    stand = ExternalStand(
        session, {key: Action(key) for key in ("backup", "restore", "apply")}, tmp_path, tmp_path, tmp_path
    )

    with pytest.raises(AddressError, match="никто не отвечает"):
        stand.start()


def test_a_person_who_says_done_before_the_base_is_up_is_asked_again(base: EmbeddedStand, tmp_path: Path) -> None:
    stand = by_hand(base, tmp_path)
    with pytest.raises(HandStepNeededError):
        stand.update("1.1")
    base.stop()
    stand.confirm("update")

    with pytest.raises(HandStepNeededError, match="база не отвечает"):
        stand.update("1.1")
