"""Projects of the tests of whole runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.run.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


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
