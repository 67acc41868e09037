"""Whole commands, as a user calls them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def readiness(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Calls `readiness` in an empty folder; keyword arguments become environment variables."""

    def call(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("READINESS_", "LC_", "LANG"))}
        env = {**kept, "PYTHONPATH": str(ROOT), "LANG": "ru_RU.UTF-8", **variables}
        command = [sys.executable, "-m", "harness.cli", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False
        )

    return call
