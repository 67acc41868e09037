"""Bases of the tests, on both databases.

`infobase_factory(configuration)` makes a new base; `infobase_factory.place()` is a free place for one. A test that asks for it runs twice.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.stand.emulator import postgres
from tests.stand.emulator.factory import InfobaseFactory

if TYPE_CHECKING:
    from collections.abc import Iterator

DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """Address of a PostgreSQL with `{name}` for the database; the test is skipped where there is none."""
    reason = postgres.why_not()
    if reason and os.environ.get(postgres.REQUIRED) == "1":
        pytest.fail(f"{postgres.REQUIRED}=1, но {reason}")
    if reason:
        pytest.skip(reason)
    with postgres.cluster() as address:
        yield address


def _factory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfobaseFactory]:
    address = request.getfixturevalue("postgres_address") if request.param == "postgresql" else ""
    factory = InfobaseFactory(tmp_path_factory.mktemp("bases"), address)
    yield factory
    factory.clear()


@pytest.fixture(params=DATABASES)
def infobase_factory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InfobaseFactory]:
    """Bases of one test, on both databases."""
    yield from _factory(request, tmp_path_factory)


@pytest.fixture(scope="module", params=DATABASES)
def shared_infobase_factory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[InfobaseFactory]:
    """Bases of a whole module (for Hypothesis), on both databases."""
    yield from _factory(request, tmp_path_factory)
