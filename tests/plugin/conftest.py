"""A small project with scenarios, run by pytest in a process of its own, in three modes: no xdist, `-n 0`, `-n 2`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

# Inner sessions of this process forget what they imported; libraries in C must not be imported twice.
import harness.observe.capture
import harness.phase.access  # noqa: F401
from harness.basefile import BaseFile, Credentials, write_base_file
from harness.record import RecordWriter, now, read_record
from harness.record.models import Header

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record import Record
    from harness.record.models import Outcome, Phase


MODES = {"alone": (), "n0": ("-p", "xdist", "-n", "0"), "n2": ("-p", "xdist", "-n", "2")}
PASSWORD = "Очень-Секретный-Пароль-42"


@pytest.fixture(params=list(MODES))
def mode(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """Arguments of one of the modes."""
    return MODES[request.param]


class Project:
    """Scenarios, a base file and a record."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.folder = pytester.path
        self.record = self.folder / "record"
        self.base_file = self.folder / "base.json"
        self.base(publication="http://127.0.0.1:9/demo")
        RecordWriter.create(self.record, Header(run="1", created=now(), project="p", stand_kind="embedded")).close()

    def base(self, **changes: object) -> None:
        """Writes the base file anew."""
        fields: dict[str, object] = {
            "publication": "http://127.0.0.1:9/demo",
            "user": Credentials(name="Администратор", password=PASSWORD),
            "marked": True,
            "isolated": True,
            "period_start": "2026-01-01",
            "period_end": "2026-03-31",
            "key_file": str(self.folder / "key"),
            "timing_repeats": 3,
        }
        write_base_file(self.base_file, BaseFile(**(fields | changes)))  # type: ignore[arg-type]

    def scenarios(self, text: str, name: str = "test_scenarios") -> Path:
        """Writes a file of scenarios."""
        head = "import pytest\nimport harness.phase\nimport harness.errors\nfrom decimal import Decimal\nscenario = pytest.mark.scenario\n\n"
        return self.pytester.makepyfile(**{name: head + text})

    def run(
        self, *arguments: str, phase: str = "before", record: bool = True, base: bool = True, apart: bool = False
    ) -> pytest.RunResult:
        """Runs pytest: in a process of its own when workers or `apart` ask for it, else in this one, which is faster."""
        options = ["-p", "harness.plugin", "-p", "no:cacheprovider"]
        options += ["--dist", "loadgroup"] if "-n" in arguments else []
        if record:
            options += ["--readiness-record", str(self.record), "--readiness-phase", phase]
        if base:
            options += ["--readiness-base", str(self.base_file)]
        if apart or "2" in arguments:
            return self.pytester.runpytest_subprocess(*options, *arguments, timeout=60)
        return self.pytester.runpytest_inprocess(*options, *arguments)

    def read(self) -> Record:
        """The record as it is now."""
        return read_record(self.record)

    def outcomes(self, phase: Phase) -> dict[str, Outcome]:
        """How scenarios ended."""
        return {name: done.run.outcome for name, done in self.read().phases[phase].finished.items()}


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A fresh project; the library under test is found by the inner pytest too."""
    root = str(pytest.importorskip("harness").__path__[0]).rpartition("harness")[0]
    monkeypatch.setenv("PYTHONPATH", root)
    monkeypatch.delenv("READINESS_BASE", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return Project(pytester)
