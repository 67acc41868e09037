"""`readiness stand serve --database`: the base stays in PostgreSQL when the stand goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from requests.auth import HTTPBasicAuth

from harness.cli.stand import _address
from harness.errors import UsageError
from stand.emulator.database.infobase import Infobase

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def address(postgres_address: str) -> Iterator[str]:
    place = postgres_address.format(name="served")
    yield place
    Infobase.remove(place)


def served(address: str, *options: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", "stand", "serve", "--database", "env:BASE", *options],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BASE": address},
    )
    assert process.stdout is not None
    said: dict[str, Any] = json.loads(process.stdout.readline())
    return process, said


def count(said: dict[str, Any]) -> int:
    auth = HTTPBasicAuth(said["user"].encode(), said["password"].encode())
    url = f"{said['url']}/odata/standard.odata/Document_РеализацияТоваровУслуг/$count"
    return int(requests.get(url, auth=auth, timeout=30).content.decode("utf-8-sig"))


def test_a_stand_over_postgres_comes_up_again_with_its_base(address: str) -> None:
    counts = []
    passwords = []
    for documents in ("60", "400"):  # the second time the base is there already
        process, said = served(address, "--documents", documents)
        try:
            counts.append(count(said))
            passwords.append(said["password"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    assert counts[0] == counts[1] > 0
    assert passwords[0] != passwords[1]


def test_what_is_no_address_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BASE", "postgresql://host/name")
    monkeypatch.delenv("NOBASE", raising=False)
    assert _address("env:BASE") == "postgresql://host/name"
    assert not _address("")
    for wrong in ("env:NOBASE", "mysql://host/name", "base.db"):
        with pytest.raises(UsageError):
            _address(wrong)
