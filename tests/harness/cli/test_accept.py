"""`readiness accept` and `readiness compare A B` as whole commands."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from harness.observe import explain_record
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Readiness = Callable[..., subprocess.CompletedProcess[str]]

SIGNED = ("--owner", "Иванова", "--until", "2.0.16", "--reason", "Так надо")


@pytest.fixture
def record(tmp_path: Path) -> Path:
    pair = Pair(tmp_path / "record")
    pair.both(
        lambda observe: observe.table("t", [{"К": 1, "А": 1, "Б": 1}], key="К"),
        lambda observe: observe.table("t", [{"К": 1, "А": 2, "Б": 3}], key="К"),
    )
    explain_record(pair.writer, [])
    pair.writer.seal()
    pair.writer.close()
    return pair.writer.path


def test_proposals_are_only_shown(readiness: Readiness, record: Path) -> None:
    done = readiness("accept", str(record))

    assert done.returncode == 0
    entries = tomllib.loads(done.stdout)["acceptance"]
    assert [(entry["column"], entry["key"], entry["at_least"]) for entry in entries] == [
        ("А", "К=1", 1),
        ("Б", "К=1", 1),
    ]
    assert "# 1. A-1, t: покроет изменений: 1" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals of POSIX")
def test_a_person_at_a_terminal_is_asked_one_by_one(record: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    answers = {"Причина": "Так надо", "Кто согласует": "Иванова", "До какой даты": "2.0.16"}
    decisions = iter(("n", "y"))
    master, slave = os.openpty()
    command = [sys.executable, "-m", "harness.cli", "accept", str(record), "-o", str(file)]
    environment = os.environ | {"PYTHONUTF8": "1", "LANG": "ru_RU.UTF-8", "LC_ALL": "C.UTF-8", "LANGUAGE": "ru"}
    said, heard = "", 0
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        with contextlib.suppress(OSError):  # the other end is closed: the command is over
            while chunk := os.read(master, 4096):
                said += chunk.decode(errors="ignore")
                if "[y/N]" in said[heard:]:
                    heard = len(said)
                    os.write(master, f"{next(decisions)}\n".encode())
                for question in [item for item in answers if item in said[heard:] and said.endswith(": ")]:
                    heard = len(said)
                    os.write(master, f"{answers.pop(question)}\n".encode())
        os.close(master)

    assert process.returncode == 0, said
    written = tomllib.loads(file.read_text(encoding="utf-8"))["acceptance"]
    # The first proposal was refused, the second confirmed and signed.
    assert [(entry["column"], entry["owner"], entry["reason"]) for entry in written] == [("Б", "Иванова", "Так надо")]
    assert not answers


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (SIGNED, "записывается только подтверждённое"),
        (("--all",), "--reason, --owner, --until"),
        (("--yes", "3", *SIGNED), "нет предложения с номером 3"),
    ],
)
def test_nothing_is_written_without_confirmation_and_signature(
    readiness: Readiness, record: Path, tmp_path: Path, options: tuple[str, ...], words: str
) -> None:
    done = readiness("accept", str(record), "-o", str(tmp_path / "a.toml"), *options)

    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert not (tmp_path / "a.toml").exists()


def test_what_is_confirmed_is_written(readiness: Readiness, record: Path, tmp_path: Path) -> None:
    done = readiness("accept", str(record), "-o", str(tmp_path / "a.toml"), "--yes", "2", *SIGNED)

    assert done.returncode == 0, done.stderr
    (entry,) = tomllib.loads((tmp_path / "a.toml").read_text(encoding="utf-8"))["acceptance"]
    assert (entry["column"], entry["condition"]) == ("Б", "before == 1 and after == 3")


def test_two_runs_are_compared(readiness: Readiness, record: Path) -> None:
    same = readiness("compare", str(record), str(record))
    other = readiness("compare", str(record), str(record), "--phase", "before-after")

    assert (same.returncode, other.returncode) == (0, 1)
    assert "A-1/t" in other.stdout
