from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from harness.basefile import BaseFile, Credentials, read_base_file, write_base_file
from harness.errors import ConfigError
from harness.record import redact_text

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "Пароль-файла-базы-9"
BASE = BaseFile(publication="http://127.0.0.1:1/demo", user=Credentials(name="Админ", password=SECRET), marked=True)


def test_file_comes_back_and_its_passwords_become_secrets(tmp_path: Path) -> None:
    path = write_base_file(tmp_path / "base.json", BASE)

    assert read_base_file(path) == BASE
    assert redact_text(f"вход {SECRET}") == "вход ***"


@pytest.mark.skipif(sys.platform == "win32", reason="на Windows права задаёт папка")
def test_only_its_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "base.json"
    path.write_text("чужой, открытый всем", encoding="utf-8")
    os.chmod(path, 0o644)  # noqa: PTH101 - the mode is the point

    write_base_file(path, BASE)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_password_does_not_show() -> None:
    assert SECRET not in repr(BASE)


@pytest.mark.parametrize(
    "content", ["{", '{"publication": "x"}', '{"publication": "x", "user": {"name": "a"}, "extra": 1}']
)
def test_file_that_is_something_else_is_told_without_its_content(tmp_path: Path, content: str) -> None:
    path = tmp_path / "base.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(ConfigError, match="записан не по правилам"):
        read_base_file(path)
