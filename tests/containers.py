"""Whether stands in containers can be tried here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.errors import StepError
from stand.composing import command, engine


def certificates() -> Path | None:
    """The bundle this machine trusts, for builds behind a proxy."""
    given = os.environ.get("SSL_CERT_FILE", "")
    return Path(given) if given else None


def need_docker() -> None:
    """Skips where no engine or no compose is found; in CI that is a failure."""
    try:
        engine().close()
        command()
    except StepError as error:
        if os.environ.get("READINESS_REQUIRE_DOCKER"):
            raise
        pytest.skip(f"{error}")
