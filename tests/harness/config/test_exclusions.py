from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.config import load
from harness.config.exclusions import exclusions
from harness.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = """
[sweep]
exclude = ["InformationRegister_Очередь*: меняется сама: каждую минуту"]
exclusions = "sweep.toml"
"""


def config(folder: Path, text: str) -> dict[str, str]:
    (folder / "readiness.toml").write_text(SETTINGS, encoding="utf-8")
    (folder / "sweep.toml").write_text(text, encoding="utf-8")
    return exclusions(load(folder / "readiness.toml", env={}))


def test_exclusions_come_from_the_settings_and_from_the_file(tmp_path: Path) -> None:
    text = """
[[exclude]]
objects = ["Catalog_Файлы", "Catalog_Версии*"]
reason = "не данные учёта"
owner = "Администратор 1С"
"""

    assert config(tmp_path, text) == {
        "InformationRegister_Очередь*": "меняется сама: каждую минуту",
        "Catalog_Файлы": "не данные учёта (Администратор 1С)",
        "Catalog_Версии*": "не данные учёта (Администратор 1С)",
    }


@pytest.mark.parametrize(
    "text",
    [
        '[[exclude]]\nobjects = ["Catalog_Файлы"]',
        '[[exclude]]\nobjects = ["Catalog_Файлы"]\nreason = " "',
        '[[exclude]]\nobjects = []\nreason = "почему"',
        '[[exclude]]\nobject = "Catalog_Файлы"\nreason = "почему"',
        "не TOML",
    ],
)
def test_nothing_is_left_out_without_a_reason(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"исключени"):
        config(tmp_path, text)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "readiness.toml").write_text(SETTINGS, encoding="utf-8")

    with pytest.raises(ConfigError, match="не читается"):
        exclusions(load(tmp_path / "readiness.toml", env={}))
