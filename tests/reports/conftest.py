"""Records of the sample, made once a session, and a browser when there is one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from harness.browser import FLAGS, find_browser
from harness.record import Record, read_record
from reports.i18n import Translator
from tests.reports import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def record(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Record]:
    """Records by the name of their builder in `sample`; read only."""
    made: dict[str, Path] = {}

    def get(kind: str) -> Record:
        if kind not in made:
            made[kind] = getattr(sample, kind)(tmp_path_factory.mktemp(kind) / "record")
        return read_record(made[kind])

    return get


@pytest.fixture
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A record of one's own to write documents into; the kind comes by indirect parametrization, NO-GO without."""
    path: Path = getattr(sample, getattr(request, "param", "no_go"))(tmp_path / "record")
    return path


@pytest.fixture
def ru() -> Translator:
    return Translator("ru")


@pytest.fixture
def en() -> Translator:
    return Translator("en")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium; the tests that need one say why they did not run when there is none.

    Not for the whole session: as long as playwright is there, its event loop runs in this thread, and no other test may have one.
    """
    executable = find_browser()
    if executable is None and os.environ.get("READINESS_REQUIRE_BROWSER"):
        pytest.fail("CI must have a browser: its tests may not be skipped there")
    if executable is None:
        pytest.skip("no Chromium, Chrome or Edge on this machine: set CHROMIUM or install one")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield running
        running.close()
