"""A small project over a small recorded base, and its runs as real processes."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.record import read_record
from tests.recording import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.record import Event, Record

ROOT = Path(__file__).resolve().parents[3]
SCENARIOS = '''\
import pytest


@pytest.mark.scenario("ONE-01", area="sweep", severity="blocker")
def test_goods(base, observe):
    """Товары не изменились"""
    rows = [{k: row[k] for k in ("Code", "Description", "Цена")} for row in base.odata.rows("Catalog_Товары")]
    observe.table("товары", rows, key="Code")


@pytest.mark.scenario("ONE-02", area="sweep", severity="blocker")
def test_number(base, observe):
    """Число складов не изменилось"""
    observe.value("склады", base.odata.count("Catalog_Склады"))
'''
_SETTINGS = """\
[project]
name = "Проба"
[stand]
metadata = "1/metadata.xml"
feeds = ["1/feed.xml"]
[update]
metadata = "2/metadata.xml"
feeds = ["2/feed.xml"]
[documents]
formats = ["json", "junit"]
"""


@dataclass(slots=True)
class Project:
    """A project in a folder.

    Attributes:
        folder: with readiness.toml, scenarios and two recorded states.
    """

    folder: Path
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, *, scenarios: str = SCENARIOS, settings: str = "", **after: Any) -> Project:
        """Writes the project; `after` says how the state after the update differs (see `tests.recording.record`)."""
        record(folder / "1")
        record(folder / "2", **after)
        (folder / "scenarios").mkdir()
        (folder / "scenarios" / "test_one.py").write_text(scenarios, encoding="utf-8")
        (folder / "readiness.toml").write_text(_SETTINGS + settings, encoding="utf-8")
        return cls(folder)

    def start(self, *arguments: str, terminal: int | None = None, **variables: str) -> subprocess.Popen[str]:
        """Starts `readiness` in a process group of its own, at a terminal when one is given."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("READINESS_", "LC_", "LANG"))}
        process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli", *arguments],
            cwd=self.folder,
            env={**kept, "PYTHONPATH": str(ROOT), "LANG": "ru_RU.UTF-8", **variables},
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.PIPE if terminal is None else terminal,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self.running.append(process)
        return process

    def call(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs `readiness` to its end."""
        process = self.start(*arguments, terminal=None, **variables)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def records(self) -> list[Path]:
        """Records of the project; work folders are none."""
        return sorted(path.parent for path in (self.folder / "records").glob("*/record.json"))

    def works(self) -> list[Path]:
        """Work folders that are left."""
        return sorted((self.folder / "records").glob("*.work"))

    def record(self) -> Record:
        """The only record."""
        (path,) = self.records()
        return read_record(path)

    def events(self) -> Iterator[dict[str, Any]]:
        """Whole lines of the journal so far; nothing when there is none."""
        for path in self.records():
            with contextlib.suppress(FileNotFoundError):
                for line in (path / "journal.jsonl").read_bytes().split(b"\n")[:-1]:
                    yield json.loads(line)

    def wait(self, process: subprocess.Popen[str], seen: Callable[[dict[str, Any]], bool]) -> bool:
        """Waits until the journal holds an event, or the process ends; whether the event came."""
        size = -1
        while True:
            ended = process.poll() is not None
            grown = sum(path.stat().st_size for path in (self.folder / "records").glob("*/journal.jsonl"))
            if grown != size and any(seen(event) for event in self.events()):
                return True
            if ended:
                return False
            size = grown
            with contextlib.suppress(subprocess.TimeoutExpired):  # the core belongs to the run, not to the look at it
                process.wait(0.01)

    def close(self) -> None:
        """Ends what a failed test left."""
        for process in self.running:
            if process.poll() is None:
                kill(process)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL to the whole group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def finished(events: list[Event]) -> list[tuple[str, str]]:
    """(scenario, phase) of everything that was finished, in order."""
    runs = [event.data["run"] for event in events if event.kind == "scenario_finished"]
    return [(run["id"], run["phase"]) for run in runs]
