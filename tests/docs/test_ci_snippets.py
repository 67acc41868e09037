"""The shell steps of the CI examples run as they stand in the docs: the same text, a real rehearsal, the codes they promise."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs" / "ci"
BASH = shutil.which("bash")

pytestmark = pytest.mark.skipif(os.name == "nt" or BASH is None, reason="шаги CI написаны для оболочки POSIX: нет bash")


def rehearsal(step: str) -> bool:
    return "readiness run" in step


def gitlab_steps() -> list[str]:
    document: dict[str, Any] = yaml.safe_load((DOCS / "gitlab-ci.yml").read_text(encoding="utf-8"))
    assert document["rehearsal"]["allow_failure"] == {"exit_codes": [10]}
    return [str(step) for step in document["rehearsal"]["script"]]


def github_steps() -> list[str]:
    document: dict[str, Any] = yaml.safe_load((DOCS / "github.yml").read_text(encoding="utf-8"))
    return [str(step["run"]) for step in document["jobs"]["rehearsal"]["steps"] if "run" in step]


def jenkins_steps() -> list[str]:
    text = (DOCS / "Jenkinsfile").read_text(encoding="utf-8")
    return re.findall(r"script: '([^']+)'", text)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one scenario on a tiny demo base, rehearsed onto the release it already has."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "test_one.py").write_text(
        "import pytest\n\n\n"
        "@pytest.mark.scenario('CI-01', area='sweep', severity='blocker')\n"
        "def test_organisations(base, observe):\n"
        "    '''Организации на месте'''\n"
        "    observe.value('организаций', base.odata.count('Catalog_Организации'))\n",
        encoding="utf-8",
    )
    (tmp_path / "readiness.toml").write_text(
        '[stand]\nkind = "embedded"\ndocuments = 60\n'
        '[update]\nrelease = "2.0.15.2"\n'
        '[scenarios]\npaths = ["scenarios"]\n'
        "[period]\nstart = 2026-01-01\nend = 2026-03-31\n"
        "[gates]\nreport_coverage = 0.0\n"
        '[documents]\nformats = ["json", "junit"]\n',
        encoding="utf-8",
    )
    # The command as CI finds it: by name, on PATH or in .venv.
    commands = tmp_path / ".venv" / "bin"
    commands.mkdir(parents=True)
    command = commands / "readiness"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return tmp_path


def run_step(step: str, project: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PATH": f"{project / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [str(BASH), "-eo", "pipefail", "-c", step],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("steps", [gitlab_steps, github_steps, jenkins_steps])
def test_a_clean_rehearsal_passes_the_gate(steps: Any, project: Path) -> None:
    (step,) = [text for text in steps() if rehearsal(text)]

    done = run_step(step, project)

    assert done.returncode == 0, done.stdout + done.stderr
    assert list((project / "records").glob("*/junit.xml"))


def test_a_broken_configuration_stops_the_gate_with_2(project: Path) -> None:
    (project / "readiness.toml").write_text('[stend]\nkind = "embedded"\n', encoding="utf-8")
    (step,) = [text for text in github_steps() if rehearsal(text)]

    done = run_step(step, project)

    assert done.returncode == 2
    assert "[stand]" in done.stderr or "stand" in done.stderr
