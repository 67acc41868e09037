"""The folder of exchanges by files that a base elsewhere sees under a name of its own: what the settings say of it reaches the scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.config import load
from harness.errors import ConfigError
from harness.run import stands
from harness.run.work import WorkFolder

if TYPE_CHECKING:
    from pathlib import Path

    from stand.protocol import Stand

SETTINGS = """
[stand]
kind = "external"
url = "http://127.0.0.1:9/copy"
{shared}
[user]
name = "Проверяющий"
[apply]
by_hand = true
"""


def stand_of(folder: Path, shared: str) -> Stand:
    file = folder / "readiness.toml"
    file.write_text(SETTINGS.format(shared=shared), encoding="utf-8")
    return stands.build(load(file, env={}, overrides={}), WorkFolder.of(folder / "record"), folder / "record", {})


def test_both_names_are_known_to_the_stand(tmp_path: Path) -> None:
    (tmp_path / "обмен").mkdir()
    shared = "exchange_folder = \"обмен\"\nexchange_folder_seen_as = '\\\\server\\обмен'"
    seen = stand_of(tmp_path, shared).endpoints().shared
    assert seen is not None
    assert (seen.here, seen.seen_as) == (str(tmp_path / "обмен"), r"\\server\обмен")
    assert stand_of(tmp_path, "").endpoints().shared is None


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        ('exchange_folder = "."', "названо одно"),
        ('exchange_folder_seen_as = "/exchange"', "названо одно"),
        ('exchange_folder = "."\nexchange_folder_seen_as = "exchange"', "от корня"),
        ('exchange_folder = "нет"\nexchange_folder_seen_as = "/exchange"', "нет файла"),
        ('exchange_folder = "readiness.toml"\nexchange_folder_seen_as = "/exchange"', "не папка"),
    ],
)
def test_half_a_pair_and_what_is_no_folder_are_refused_with_the_place(tmp_path: Path, shared: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        stand_of(tmp_path, shared)
    assert "exchange_folder" in caught.value.place
