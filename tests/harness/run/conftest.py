"""Projects of the tests of whole runs."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.run.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="package", autouse=True)
def _ctrl_c_is_heard() -> None:
    """A suite that was started in the background is deaf for Ctrl-C, and so would be the runs under test."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Callable[..., Project]]:
    """Makes a project; whatever still runs at the end is killed."""
    made: list[Project] = []

    def make(**options: Any) -> Project:
        made.append(Project.make(tmp_path / f"project{len(made) or ''}", **options))
        return made[-1]

    yield make
    for item in made:
        item.close()
