"""A pytest plugin that writes the collected scenarios into a file: `readiness scenarios`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.phase.collecting import SCENARIO
from harness.run.collect import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Sequence

_SEEN = pytest.StashKey[list[pytest.Item]]()


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Remembers every test: without a base all of them are deselected later."""
    item.config.stash.setdefault(_SEEN, []).append(item)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Writes what was found; not when a file of scenarios could not be read."""
    if session.testsfailed == 0:
        found = [item.stash[SCENARIO] for item in _items(session) if SCENARIO in item.stash]
        Path(os.environ[OUTPUT]).write_bytes(msgspec.json.encode(found))


def _items(session: pytest.Session) -> Sequence[pytest.Item]:
    return session.config.stash.get(_SEEN, [])
