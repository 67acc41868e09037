"""Whole runs over the embedded stand with a recorded base."""

from __future__ import annotations

import errno
import json
import os
import shutil
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from harness.errors import StepError
from harness.record.models import Phase, Verdict
from harness.run import launch
from harness.run.work import remove_abandoned
from tests.harness.run.project import Project, finished

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Make = Callable[..., Project]
    Ended = tuple[Project, subprocess.CompletedProcess[str]]

STEPS = ["preflight", "backup", "proof", "before", "restore", "update", "after", "compare", "judge", "documents"]
PASSWORD = "hunter2hunter2"


@pytest.fixture(scope="module")
def passed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """A base against itself."""
    settings = '[user]\nname = "Иван"\npassword = "env:P"\n'
    made = Project.make(tmp_path_factory.mktemp("passed") / "project", settings=settings)
    yield made, made.call("run", P=PASSWORD)
    made.close()


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:
    """One price changed and one set unpublished; two workers; JSON."""
    made = Project.make(tmp_path_factory.mktemp("failed") / "project", price="11.00", stores=False)
    yield made, made.call("run", "--json", "--workers", "2")
    made.close()


def test_a_base_against_itself_is_go(passed: Ended) -> None:
    made, done = passed

    record = made.record()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "GO: обновлять можно" in done.stdout
    assert [(step.name, step.outcome) for step in record.steps] == [(name, "done") for name in STEPS]
    assert record.decision is not None
    assert record.decision.verdict is Verdict.GO
    assert record.facts["backup.proven"].value == "true"
    assert record.facts["stand.emulator"].value == "true"
    assert sorted(finished(record.events)) == [
        (name, phase) for name in ("ONE-01", "ONE-02") for phase in ("after", "before")
    ]
    assert record.sealed
    assert made.works() == []
    assert "verdict.json" in done.stdout


def test_the_record_tells_settings_with_sources_and_holds_no_password(passed: Ended) -> None:
    made, _done = passed

    settings = {item.key: item for item in made.record().header.settings}
    assert (settings["user.password"].value, settings["user.password"].source) == ("env:P", "readiness.toml:13")
    files = [file for file in made.records()[0].rglob("*") if file.is_file()]
    assert not [file for file in files if PASSWORD.encode() in file.read_bytes()]


def test_a_finished_run_that_is_resumed_says_the_same_again(passed: Ended) -> None:
    made, _done = passed

    again = made.call("run", "-q", "--resume", str(made.records()[0]))

    assert again.returncode == 0
    assert len(finished(made.record().events)) == 4


def test_a_changed_base_is_no_go_told_as_one_json_object(failed: Ended) -> None:
    made, done = failed

    said = json.loads(done.stdout)
    assert said["verdict"] == "NO-GO"
    assert said["exit_code"] == done.returncode == 1
    assert said["record"] == str(made.records()[0])
    assert {item["scenario"] for item in said["findings"]} >= {"ONE-01", "ONE-02"}
    assert "Цена" in done.stdout
    assert "Склад" in done.stdout
    assert "сценарии до обновления" in done.stderr
    assert len(finished(made.record().events)) == 4


def test_judging_again_gives_the_same(failed: Ended) -> None:
    made, done = failed

    judged = made.call("judge", str(made.records()[0]), "--json")

    assert judged.returncode == done.returncode
    assert json.loads(judged.stdout)["findings"] == json.loads(done.stdout)["findings"]


def test_an_override_stays_and_does_not_change_the_code(failed: Ended, tmp_path: Path) -> None:
    made, _done = failed
    copy = shutil.copytree(made.records()[0], tmp_path / "copy")

    nameless = made.call("judge", str(copy), "--override", "GO")
    done = made.call("judge", str(copy), "--override", "go", "--by", "Иванова", "--reason", "срочно")
    again = made.call("judge", str(copy))

    assert nameless.returncode == 2
    assert done.returncode == again.returncode == 1
    assert "Решение человека: GO, Иванова: срочно" in again.stdout


def test_differences_are_shown_and_acceptances_proposed(failed: Ended, tmp_path: Path) -> None:
    made, _done = failed
    (path,) = made.records()

    compared = made.call("compare", str(path))
    signed = ("--owner", "Иванова", "--until", "2.0", "--reason", "так надо", "-o", str(tmp_path / "acceptances.toml"))
    unconfirmed = made.call("accept", str(path), *signed)
    proposed = made.call("accept", str(path), *signed, "--all")

    assert compared.returncode == 1
    assert "ONE-01/товары" in compared.stdout
    assert unconfirmed.returncode == 2
    assert proposed.returncode == 0, proposed.stderr
    entries = tomllib.loads((tmp_path / "acceptances.toml").read_text(encoding="utf-8"))["acceptance"]
    assert [entry["scenario"] for entry in entries] == ["ONE-01"]  # what no scenario sees any more cannot be accepted
    assert all(entry["owner"] == "Иванова" for entry in entries)


def test_what_is_agreed_after_the_run_needs_no_new_rehearsal(failed: Ended, tmp_path: Path) -> None:
    made, _done = failed
    copy = shutil.copytree(made.records()[0], tmp_path / "copy")
    file = tmp_path / "acceptances.toml"
    signed = ("--owner", "Иванова", "--until", "2099-12-31", "-o", str(file), "--all")
    unsigned = made.call("accept", str(copy), *signed)
    made.call("accept", str(copy), *signed, "--reason", "так в новом релизе")

    done = made.call("judge", str(copy), "--acceptances", str(file), "--json")
    again = made.call("judge", str(copy), "--json")

    assert unsigned.returncode == 2
    assert "--reason" in unsigned.stderr
    found = json.loads(done.stdout)
    assert done.returncode == again.returncode == found["exit_code"], done.stderr
    assert "DIFFERENCE" in {
        item["code"] for item in json.loads(_done.stdout)["findings"] if item["scenario"] == "ONE-01"
    }
    assert not [item for item in found["findings"] if item["scenario"] == "ONE-01" and item["code"] == "DIFFERENCE"]
    assert "так в новом релизе" in (copy / "verdict.json").read_text(encoding="utf-8")
    assert '"kind":"agreed"' in (copy / "journal.jsonl").read_text(encoding="utf-8")


def test_documents_are_written_again_and_the_record_is_whole(failed: Ended, tmp_path: Path) -> None:
    made, _done = failed
    copy = shutil.copytree(made.records()[0], tmp_path / "copy")

    done = made.call("report", str(copy), "--format", "html", "--language", "en")

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(copy / "readiness.en.html")
    assert '<html lang="en"' in (copy / "readiness.en.html").read_text(encoding="utf-8")
    assert not (copy / "readiness.html").exists()  # the one in the run's own language is left as it was
    assert made.call("judge", str(copy)).returncode == 1


def test_work_of_a_run_killed_before_its_record_is_swept_away(tmp_path: Path) -> None:
    old, young, kept = (tmp_path / name for name in ("old.work", "young.work", "kept.work"))
    strange = tmp_path / "strange.work"  # a person's own folder that only happens to be named so
    for folder in (old, young, kept, strange):
        folder.mkdir()
        if folder is not strange:
            (folder / "run.json").touch()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "record.json").touch()
    for folder in (old, kept, strange):
        os.utime(folder, (0, 0))

    remove_abandoned(tmp_path)

    assert not old.exists()
    assert young.exists()
    assert kept.exists()
    assert strange.exists()


@pytest.mark.parametrize("name", ["record.json", "journal.jsonl", "verdict.json", "manifest.json", "junit.xml"])
def test_an_edited_record_is_refused_by_its_file(failed: Ended, tmp_path: Path, name: str) -> None:
    made, _done = failed
    copy = shutil.copytree(made.records()[0], tmp_path / "copy")
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)

    done = made.call("judge", str(copy))

    assert done.returncode == 2
    assert name in done.stderr


def test_scenarios_that_cannot_be_read_end_incomplete_with_the_reason(project: Make) -> None:
    made = project(scenarios="import nothing_of_that_name\n")

    done = made.call("run")

    assert done.returncode == 11, done.stdout + done.stderr
    assert "nothing_of_that_name" in done.stdout
    outcomes = {step.name: step.outcome for step in made.record().steps}
    assert outcomes["before"] == "failed"
    assert outcomes["update"] == "skipped"
    assert outcomes["documents"] == "done"


def test_no_scenario_at_all_is_incomplete(project: Make) -> None:
    made = project()

    done = made.call("run", "--only", "NOTHING-*")

    assert done.returncode == 11, done.stdout + done.stderr
    assert (made.records()[0] / "verdict.json").exists()


def test_a_failed_step_can_be_tried_again(project: Make) -> None:
    made = project()
    lost = made.folder / "2" / "feed.xml"
    content = lost.read_bytes()
    lost.write_bytes(b"<feed")
    first = made.call("run")
    lost.write_bytes(content)

    second = made.call("run", "--resume", str(made.records()[0]))

    assert first.returncode in (1, 11), first.stdout + first.stderr
    assert "feed.xml" in first.stdout
    assert second.returncode == 0, second.stdout + second.stderr
    assert len(finished(made.record().events)) == 4


def test_a_run_with_other_scenarios_is_not_gone_on_with(project: Make) -> None:
    made = project()
    (made.folder / "2" / "feed.xml").write_bytes(b"<feed")
    made.call("run", "-q")
    file = made.folder / "scenarios" / "test_one.py"
    file.write_text(file.read_text(encoding="utf-8") + "\n# иначе\n", encoding="utf-8")

    done = made.call("run", "--resume", str(made.records()[0]))

    assert done.returncode == 2
    assert "изменились: сценарии" in done.stderr
    assert set(made.record().phases[Phase.BEFORE].finished) == {"ONE-01", "ONE-02"}


def test_a_place_where_nothing_can_be_written_is_2_in_russian(project: Make) -> None:
    made = project()
    (made.folder / "file").touch()

    done = made.call("run", "--set", "project.records=file/records")

    assert done.returncode == 2
    assert "папку протокола создать нельзя: часть пути — не папка" in done.stderr


def test_a_full_disk_ends_a_run_with_how_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "record.json").touch()

    with pytest.raises(StepError, match="на диске нет места") as caught, launch._well_ended(tmp_path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    assert caught.value.exit_code == 11
    assert "--resume" in caught.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="каналы оболочки POSIX")
def test_whoever_stops_reading_does_not_change_the_code(failed: Ended) -> None:
    made, _done = failed
    process = made.start("judge", str(made.records()[0]))
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None

    assert process.stderr.read() == ""
    assert process.wait(60) == 1
