"""What is said where there is no Docker engine."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

import pytest

from harness.errors import StepError
from stand.composing import engine

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(sys.platform == "win32", reason="there the engine answers at a pipe")
def test_without_an_engine_there_is_a_reason_and_nothing_stays_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    place = f"unix://{tmp_path}/docker.sock"
    monkeypatch.setenv("DOCKER_HOST", place)
    with pytest.raises(StepError, match="Docker не отвечает") as caught:
        engine()
    assert caught.value.place == place
    del caught
    gc.collect()
    assert [item for item in recwarn if issubclass(item.category, ResourceWarning)] == []
