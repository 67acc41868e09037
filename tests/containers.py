"""Whether stands in containers can be tried here."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import StepError
from harness.record.lock import locked
from stand.composing import command, engine

if TYPE_CHECKING:
    from collections.abc import Iterator


def certificates() -> Path | None:
    """The bundle this machine trusts, for builds behind a proxy."""
    given = os.environ.get("SSL_CERT_FILE", "")
    return Path(given) if given else None


@contextmanager
def docker_alone() -> Iterator[None]:
    """The engine, and nobody else's tests in it: they look at everything of ours it holds, and build the same images.

    Skips where no engine or no compose is found; in CI that is a failure.
    """
    _need_docker()
    descriptor = os.open(Path(tempfile.gettempdir()) / "readiness-tests-docker.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with locked(descriptor):
            yield
    finally:
        os.close(descriptor)


def _need_docker() -> None:
    try:
        engine().close()
        command()
    except StepError as error:
        if os.environ.get("READINESS_REQUIRE_DOCKER"):
            raise
        pytest.skip(f"{error}")
