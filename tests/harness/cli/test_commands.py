"""Commands that need no run."""

from __future__ import annotations

import json
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
import requests

from harness.config import load
from harness.errors import UsageError
from stand.bases import RecordedBase
from stand.embedded import EmbeddedStand
from tests.harness.run.project import Project
from tests.recording import record

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Readiness = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project.make(tmp_path / "project")
    yield made
    made.close()


@pytest.mark.parametrize(("kind", "accepted", "next_"), [("external", False, "doctor"), ("embedded", True, "run")])
def test_init_makes_a_project_that_loads(
    readiness: Readiness, tmp_path: Path, kind: str, accepted: bool, next_: str
) -> None:
    done = readiness("init", "база", "--kind", kind)

    folder = tmp_path / "база"
    assert done.returncode == 0, done.stderr
    settings = load(folder / "readiness.toml", env={}).settings
    assert settings.stand.kind == kind
    assert (folder / settings.scenarios.pack).is_file()
    assert list((folder / "scenarios").rglob("test_*.py"))
    assert bool(tomllib.loads((folder / "acceptances.toml").read_text(encoding="utf-8"))) is accepted
    assert all((folder / path).exists() for path in settings.scenarios.paths)
    assert settings.period.start is not None
    assert f"readiness {next_}" in done.stdout


def test_init_never_writes_over_anything(readiness: Readiness, tmp_path: Path) -> None:
    file = tmp_path / "acceptances.toml"
    file.write_text("# моё", encoding="utf-8")

    done = readiness("init")

    assert done.returncode == 2
    assert "acceptances.toml" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["acceptances.toml"]


def test_scenarios_are_listed_without_a_stand(project: Project) -> None:
    text = project.call("scenarios")
    said = json.loads(project.call("scenarios", "--json").stdout)

    assert "ONE-01" in text.stdout
    assert "Товары не изменились" in text.stdout
    assert [item["id"] for item in said["scenarios"]] == ["ONE-01", "ONE-02"]


def test_scenarios_with_one_id_twice_are_refused(project: Project) -> None:
    file = project.folder / "scenarios" / "test_one.py"
    file.write_text(file.read_text(encoding="utf-8").replace("ONE-02", "ONE-01"), encoding="utf-8")

    done = project.call("scenarios")

    assert done.returncode == 2
    assert "ONE-01" in done.stderr


def test_the_doctor_finds_what_is_wrong(project: Project) -> None:
    healthy = project.call("doctor", "--json")
    (project.folder / "readiness.toml").write_text(
        '[stand]\nkind = "external"\nurl = "http://127.0.0.1:9/b"\n', encoding="utf-8"
    )
    sick = project.call("doctor")

    assert healthy.returncode == 0, healthy.stdout
    assert json.loads(healthy.stdout)["ok"] is True
    assert sick.returncode == 2
    assert "✗" in sick.stdout


def test_serve_prints_one_line_of_json_and_serves_a_recording(project: Project) -> None:
    state = record(project.folder / "own")
    process = project.start(
        "stand", "serve", "--metadata", str(state.metadata), "--feed", str(state.feed), "--publication", "база",
        "--quirk", "count=plain", "--publish", "Catalog_Товары", "--max-url", "400",
    )  # fmt: skip
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())

    answer = requests.get(
        f"{said['url']}/odata/standard.odata/Catalog_Товары?$format=json",
        auth=(said["user"].encode(), said["password"].encode()),
        timeout=10,
    )

    def status(path: str) -> int:
        url = f"{said['url']}/odata/standard.odata/{path}"
        return requests.get(url, auth=(said["user"].encode(), said["password"].encode()), timeout=10).status_code

    assert [status("Catalog_Склады"), status("Catalog_Товары?" + "x" * 400)] == [404, 414]
    assert set(said) == {"url", "user", "password"}
    assert said["url"].startswith("http://127.0.0.1:")
    assert len(answer.json()["value"]) == 3
    assert answer.headers["X-OneC-Emulator"].startswith("onec-readiness/")
    if sys.platform != "win32":
        process.terminate()
        assert process.wait(20) == 0
        assert process.stdout.read() == ""


@pytest.mark.parametrize(
    "content", [b"<html>", b"no xml", b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>']
)
def test_metadata_that_is_none_is_refused_with_nothing_left(project: Project, content: bytes) -> None:
    file = project.folder / "bad.xml"
    file.write_bytes(content)

    served = project.call("stand", "serve", "--metadata", str(file))
    ran = project.call("run", "--set", "stand.metadata=bad.xml")

    assert served.returncode == ran.returncode == 2, served.stderr + ran.stderr
    assert "bad.xml" in served.stderr
    assert "bad.xml" in ran.stderr
    assert not (project.folder / "records").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("judge", "nowhere", "--json"), "не протокол"),
        (("run", "-c", "no.toml", "--json"), "такого файла или папки нет"),
        (("run", "--no-such", "--json"), "--no-such"),
    ],
)
def test_one_json_object_tells_a_refusal_too(readiness: Readiness, arguments: tuple[str, ...], said: str) -> None:
    done = readiness(*arguments)

    told = json.loads(done.stdout)
    assert done.returncode == told["exit_code"] == 2
    assert said in told["error"]["message"]
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="файловая система POSIX")
def test_names_of_files_that_cannot_be_read_are_told_at_once(readiness: Readiness) -> None:
    done = readiness("scenarios", LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")

    assert done.returncode == 2
    assert "PYTHONUTF8=1" in done.stderr


@pytest.mark.parametrize("name", ["a/../b", "..", "a?b", ""])
def test_a_publication_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    state = record(tmp_path)
    stand = EmbeddedStand(RecordedBase(state.metadata, publication=name), tmp_path / "stand")

    with pytest.raises(UsageError, match="имя публикации"):
        stand.start()
    stand.stop()
