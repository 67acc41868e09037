"""`readiness run` on the stand in containers: the same story as on the embedded one, and nothing left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.record import read_record
from harness.record.models import Outcome, Phase, Severity
from stand.building import LABEL
from stand.composing import engine
from tests.containers import docker_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
PROJECT = """\
[project]
name = "Репетиция в контейнерах"
[stand]
kind = "container"
documents = 120
[update]
release = "2.0.15.2"
[period]
start = 2026-01-01
end = 2026-03-31
[acceptances]
file = {acceptances}
[documents]
formats = ["json"]
"""


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with docker_alone():
        yield


def test_a_run_in_containers_ends_as_on_the_embedded_stand(tmp_path: Path) -> None:
    acceptances = json.dumps(str(ROOT / "fixtures" / "demo" / "acceptances.toml"))
    (tmp_path / "readiness.toml").write_text(PROJECT.format(acceptances=acceptances), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "run"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (path,) = (tmp_path / "records").glob("*/record.json")
    record = read_record(path.parent)
    after = {name: run.outcome for (name, phase), run in record.runs.items() if phase is Phase.AFTER}
    assert {name for name, outcome in after.items() if outcome is not Outcome.PASSED} == set()
    assert {"UNI-11", "UNI-12"} <= set(after)  # they exchange through a folder the container shares with this machine
    assert record.decision is not None
    assert not [item for item in record.decision.findings if item.severity is not Severity.INFO]
    assert record.header.stand_kind == "container"
    steps = {step.name: step for step in record.steps}
    assert {steps[name].outcome for name in ("backup", "proof", "restore", "update")} == {"done"}
    assert steps["backup"].facts["method"] == "pg_dump -Fc"
    assert [name for step in steps.values() for name in step.evidence if name.endswith("database.log")]
    client = engine()
    left = client.containers.list(all=True, filters={"label": f"{LABEL}=stand"})
    volumes = client.volumes.list(filters={"label": f"{LABEL}=stand"})
    client.close()
    assert (left, volumes) == ([], [])
