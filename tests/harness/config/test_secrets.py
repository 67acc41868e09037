from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from harness.config import Secret, resolve
from harness.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

PLACE = "readiness.toml:3 [user.password]"


def test_a_secret_of_the_environment_is_read(tmp_path: Path) -> None:
    assert resolve("env:P", folder=tmp_path, place=PLACE, environ={"P": "hunter2"}) == Secret("hunter2")


@pytest.mark.parametrize("environ", [{}, {"P": ""}])
def test_an_unset_variable_is_named(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="P не задана"):
        resolve("env:P", folder=tmp_path, place=PLACE, environ=environ)


def test_a_secret_of_a_file_is_read_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_bytes("пароль \r\n".encode())

    assert resolve("file:secret.txt", folder=tmp_path, place=PLACE).reveal() == "пароль "


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe\x00"])
def test_a_bad_secret_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "secret.txt").write_bytes(content)

    with pytest.raises(ConfigError, match=r"secret\.txt"):
        resolve("file:secret.txt", folder=tmp_path, place=PLACE)


def test_a_literal_is_refused_without_being_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        resolve("hunter2", folder=tmp_path, place=PLACE)

    assert "hunter2" not in str(caught.value)
    assert PLACE in str(caught.value)


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret!r} {secret} {[secret]}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
