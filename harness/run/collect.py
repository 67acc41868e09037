"""Lists scenarios without a stand: pytest collects them in a process of its own and says what it found in a file."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.config import load
from harness.errors import UsageError
from harness.record.models import Scenario
from harness.run import stands
from harness.run.phase import environment, plugin_options

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OUTPUT = "READINESS_COLLECT_TO"
"""Environment variable that names the file to write."""
OPTIONS = (
    "--collect-only",
    "-q",
    "-p",
    "no:cacheprovider",
    "--import-mode=importlib",
    "--strict-markers",
    "--color=no",
)


def paths(config: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where the scenarios of a project are; those of the installation when there is no project here."""
    if not config.exists() and config == Path("readiness.toml"):
        from harness.resources import resource

        return (Path("scenarios").resolve() if Path("scenarios").is_dir() else resource("scenarios"),)
    return stands.scenario_paths(load(config, env=environ))


def scenarios(where: Sequence[Path]) -> list[Scenario]:
    """All scenarios below the paths, in pytest's order.

    Raises:
        UsageError: pytest could not collect them; its words are in the message.
    """
    with tempfile.TemporaryDirectory(prefix="readiness-") as folder:
        output = Path(folder) / "scenarios.json"
        command = [
            sys.executable,
            "-m",
            "pytest",
            *map(str, where),
            *plugin_options(),
            "-p",
            "harness.run.listing",
            *OPTIONS,
        ]
        env = {**environment(), OUTPUT: str(output)}
        done = subprocess.run(  # noqa: S603  # our own interpreter
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False
        )
        if done.returncode not in (0, 5) or not output.exists():  # 5: without a base everything is deselected
            said = [line for line in done.stdout.splitlines() if line.startswith(("ERROR", "E  "))]
            raise UsageError(
                "сценарии не собираются: " + " ".join(said or [done.stderr.strip()[-300:]])[:600], place=str(where[0])
            )
        return msgspec.json.decode(output.read_bytes(), type=list[Scenario])
