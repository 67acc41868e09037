"""The embedded stand over both databases, from the first start to the update, with failures ordered on the way."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import DocumentError
from stand.bases import DemoBase, RecordedBase
from stand.embedded import EmbeddedStand
from stand.emulator.behaviour.deferred import run_deferred
from stand.emulator.behaviour.isolation import isolate_moved
from stand.emulator.behaviour.lifecycle import lifecycle_of
from stand.emulator.behaviour.updating import handled, keep_report, update_company
from tests.recording import record
from tests.stand.emulator.demo import company

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase
    from tests.stand.emulator.factory import InfobaseFactory

DOCUMENTS = 60


@dataclass
class Stands:
    """Makes stands on the database of a test."""

    factory: InfobaseFactory
    folder: Path

    def __post_init__(self) -> None:
        place = self.factory.place()
        self.database = place if isinstance(place, str) else ""
        self.made: list[EmbeddedStand] = []

    def __call__(self, base: Any, work: str = "work") -> EmbeddedStand:
        stand = EmbeddedStand(base, self.folder / work, database=self.database)
        self.made.append(stand)
        stand.start()
        return stand


@pytest.fixture
def stands(infobase_factory: InfobaseFactory, tmp_path: Path) -> Iterator[Stands]:
    made = Stands(infobase_factory, tmp_path)
    yield made
    for stand in made.made:
        stand.stop()


def test_from_the_first_start_to_the_update_and_back(stands: Stands) -> None:
    stand = stands(DemoBase("2.0.14.7", DOCUMENTS))
    taken = stand.backup()
    proof = stand.proof(taken)
    assert (proof.proven, proof.problem, proof.differing) == (True, "", ())
    assert proof.rows > 1000
    assert proof.result.seconds > 0
    before = stand._open().fingerprint()

    result = stand.update("2.0.15.2")
    assert (result.facts["release_before"], result.facts["release_after"]) == ("2.0.14.7", "2.0.15.2")
    assert stand._open().fingerprint() != before

    stand.restore(taken)
    assert stand.info().version == "2.0.14.7"
    assert stand._open().fingerprint() == before
    assert stand.isolation().known_blocked


def test_a_stand_comes_up_again_and_in_another_folder(stands: Stands) -> None:
    stand = stands(DemoBase("2.0.14.7", DOCUMENTS))
    account = stand.accounts()[0]
    stand.stop()
    again = stands(stand.base)
    assert again.accounts()[0] == account
    assert again.info().version == "2.0.14.7"
    again.stop()
    if stands.database:  # the database outlives the folder, its passwords do not
        other = stands(stand.base, "other")
        assert other.accounts()[0].name == account.name
        assert other.accounts()[0].password != account.password
        assert other.info().marked


def test_a_recorded_base_is_updated_into_another_one(stands: Stands, tmp_path: Path) -> None:
    first, second = record(tmp_path / "1"), record(tmp_path / "2", price="11.00")
    base = RecordedBase(first.metadata, (first.feed,), second.metadata, (second.feed,), release="1", next_release="2")
    stand = stands(base)
    account = stand.accounts()[0]
    stand.update("2")
    assert stand.info().version == "2"
    assert stand.accounts()[0] == account
    assert stand.proof(stand.backup()).proven


@pytest.mark.parametrize("how", ["empty", "truncated", "missing-rows"])
def test_an_ordered_bad_backup_is_not_proven(stands: Stands, how: str) -> None:
    stand = stands(DemoBase("2.0.14.7", DOCUMENTS, lifecycle={"backup": how}))

    proof = stand.proof(stand.backup())

    assert not proof.proven
    if how == "missing-rows":
        assert len(proof.differing) == 1
        assert proof.problem == ""
    else:
        assert proof.problem
    assert stand.info().version == "2.0.14.7"  # the stand itself is as it was


def deferred_handlers(*names: str, **more: object) -> Callable[[DemoBase], DemoBase]:
    """The demo whose next release leaves handlers for later."""
    handlers = {
        name: {
            "version": "2.0.15.0",
            "deferred": True,
            "steps": [{"do": "log", "level": "info", "event": "Отложенное обновление", "comments": [name]}],
        }
        for name in names
    }
    handlers |= more  # type: ignore[arg-type]
    return lambda base: _Deferring(base.release, base.documents, lifecycle=base.lifecycle, handlers=handlers)


@dataclass(frozen=True, slots=True)
class _Deferring(DemoBase):
    handlers: Any = None

    def update(self, infobase: Infobase, path: Any, release: str, accounts: Any) -> Any:  # noqa: ARG002 - as the one it overrides
        from stand.bases import Changed
        from stand.emulator.behaviour.attached import attach_behaviour

        behaviour = {**infobase.configuration.behaviour, "handlers": self.handlers, "lifecycle": dict(self.lifecycle)}
        update_company(
            infobase, replace(infobase.configuration, version=release, behaviour=behaviour), attach_behaviour
        )
        return Changed()


def test_deferred_handlers_run_after_the_update_and_are_waited_for(stands: Stands) -> None:
    failing = {"version": "2.0.15.0", "deferred": True, "steps": [{"do": "fail", "error": "не хватило места"}]}
    stand = stands(deferred_handlers("Первый", "Второй", Третий=failing)(DemoBase("2.0.14.7", DOCUMENTS)))

    result = stand.update("2.0.15.2")

    assert result.facts["deferred_left"] == "0"
    comments = [event.comment for event in stand._open().log() if event.event == "Отложенное обновление"]
    assert comments == ["Первый", "Второй"]
    assert stand.info().handlers_failed == ("Третий: не хватило места",)


def test_deferred_handlers_that_never_finish_are_told(stands: Stands) -> None:
    base = DemoBase("2.0.14.7", DOCUMENTS, lifecycle={"update": "deferred-stuck"})
    stand = stands(deferred_handlers("Первый", "Второй")(base))

    result = stand.update("2.0.15.2")

    assert result.facts["deferred_left"] == "2"
    assert stand.info().deferred_left == 2


@pytest.mark.parametrize("how", ["handler-fails-silently", "extension-refused", "deferred-stuck"])
def test_an_update_that_goes_wrong_as_ordered_ends_well_and_the_base_tells(tmp_path: Path, how: str) -> None:
    stand = EmbeddedStand(DemoBase("2.0.14.7", DOCUMENTS, lifecycle={"update": how}), tmp_path / "work")
    stand.start()
    try:
        result = stand.update("2.0.15.2")
        info = stand.info()
    finally:
        stand.stop()
    assert result.facts["release_after"] == "2.0.15.2"
    seen = {
        "handler-fails-silently": bool(info.handlers_failed),
        "extension-refused": bool(info.extensions_refused),
        "deferred-stuck": bool(info.deferred_left),
    }
    assert seen == {name: name == how for name in seen}
    assert bool(info.deferred_waiting) is (how == "deferred-stuck")


def test_a_deferred_handler_that_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        steps = [{"do": "log", "level": "info", "event": "Отложенное", "comments": ["раз"]}]
        handlers = {"Один": {"version": "2.0.15.0", "deferred": True, "steps": steps}}
        behaviour = {**base.configuration.behaviour, "handlers": handlers}
        new = replace(base.configuration, version="2.0.15.2", behaviour=behaviour)
        report = update_company(base, new, lambda _base: None)
        assert (report.deferred, report.handlers[0].state) == (("Один",), "waiting")
        import msgspec

        running = msgspec.structs.replace(report.handlers[0], state="running")
        keep_report(base, msgspec.structs.replace(report, handlers=(running,)))  # what a killed process leaves

        run_deferred(base)

        ended = handled(base)
        assert ended is not None
        assert (ended.deferred, ended.handlers[0].state, ended.handlers[0].deferred) == ((), "done", True)
        assert [event.comment for event in base.log() if event.event == "Отложенное"] == ["раз"]


def test_an_unknown_failure_is_refused(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        wrong = replace(base.configuration, behaviour={"lifecycle": {"backup": "burnt"}})
        with pytest.raises(Exception, match="burnt"):
            lifecycle_of(wrong)


def test_a_copy_elsewhere_cuts_itself_off(tmp_path: Path) -> None:
    with company(tmp_path) as base:
        for name in ("isolation.jobs_blocked", "isolation.external_blocked"):
            base.set_setting(name, "0")
        assert not isolate_moved(base)  # at home
        assert base.get_setting("isolation.jobs_blocked") == "0"
    (tmp_path / "copy").mkdir()
    shutil.copyfile(tmp_path / "base.db", tmp_path / "copy" / "base.db")
    with closing(DemoBase("2.0.14.7").open(tmp_path / "copy" / "base.db")) as copy:
        assert copy.get_setting("isolation.jobs_blocked") == copy.get_setting("isolation.external_blocked") == "1"
        assert [event.level for event in copy.log() if "внешними ресурсами" in event.event] == ["warning"]
    with closing(DemoBase("2.0.14.7").open(tmp_path / "base.db")) as home:
        assert home.get_setting("isolation.jobs_blocked") == "0"


def test_a_base_that_is_no_base_is_not_served(stands: Stands) -> None:
    stands.folder.joinpath("work").mkdir()
    if stands.database:
        pytest.skip("о файлах")
    stands.folder.joinpath("work", "base.db").write_bytes(b"no database" * 500)
    with pytest.raises(DocumentError):
        stands(DemoBase("2.0.14.7", DOCUMENTS))
