from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.harness.cli.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Readiness = Callable[..., subprocess.CompletedProcess[str]]

COMMANDS = (
    "run",
    "judge",
    "report",
    "compare",
    "accept",
    "scenarios",
    "stand",
    "stand serve",
    "init",
    "doctor",
    "demo",
    "exchange",
    "exchange validate",
    "exchange compare",
)
ENGLISH = re.compile(r"\b(Usage|Options|Arguments|Commands|default|required|Show this)\b")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_is_russian_with_an_example(readiness: Readiness, command: str) -> None:
    done = readiness(*command.split(), "--help")

    assert done.returncode == 0
    assert f"Пример: readiness {command}" in " ".join(done.stdout.split())
    assert not ENGLISH.search(done.stdout)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command_is_english_by_locale(readiness: Readiness, command: str) -> None:
    done = readiness(*command.split(), "--help", LANG="en_US.UTF-8")

    assert done.returncode == 0
    assert f"Example: readiness {command}" in " ".join(done.stdout.split())
    assert not re.search("[а-яё]", done.stdout, re.IGNORECASE)


def test_the_list_of_commands_names_all_and_the_exit_codes(readiness: Readiness) -> None:
    said = readiness("--help").stdout

    assert all(re.search(rf"^  {name} ", said, re.MULTILINE) for name in COMMANDS if " " not in name)
    assert "10 GO с условиями" in " ".join(said.split())
    assert "..." not in said


def test_help_imports_no_heavy_library() -> None:
    code = "import sys; from harness.cli.app import register; register(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    # This is what makes help come at once; how long it takes is measured by benchmarks/bench_demo.py.
    heavy = {
        "rich",
        "duckdb",
        "pyarrow",
        "playwright",
        "jinja2",
        "lxml",
        "starlette",
        "uvicorn",
        "requests",
        "urllib3",
        "pytest",
    }

    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Команды:"),
        (("rn",), "нет команды «rn». Может быть, «run»?"),
        (("run", "--foo"), "нет параметра --foo"),
        (("judge",), "не указан аргумент RECORD"),
        (("run", "--workers", "0"), "нужно не меньше 1"),
        (("run", "--workers", "x"), "нужно число"),
        (("run", "--set", "x"), "KEY=VALUE"),
        (("run", "--resume", "x", "--set", "a=b"), "вместе с --resume"),
        (("run",), "readiness init"),
        (("judge", "."), "нет record.json"),
        (("report", ".", "--format", "doc"), "нет документа «doc»"),
        (("stand",), "serve"),
        (("stand", "serve", "--feed", "x"), "--metadata"),
        (("stand", "serve", "--metadata", "x.xml"), "x.xml"),
        (("stand", "serve", "--quirk", "if-mach=enforced"), "if-match"),
        (("stand", "serve", "--quirk", "count=none"), "bom, plain, absent"),
    ],
)
def test_wrong_usage_is_2_with_a_reason_and_leaves_nothing(
    readiness: Readiness, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = readiness(*arguments)

    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_version_is_shown(readiness: Readiness) -> None:
    assert readiness("--version").stdout.startswith("onec-readiness ")
