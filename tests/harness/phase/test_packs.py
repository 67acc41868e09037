from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import ConfigError
from harness.phase.packs import load_pack
from harness.resources import resource

if TYPE_CHECKING:
    from pathlib import Path


def pack_of(folder: Path, filters: str) -> Path:
    path = folder / "pack.toml"
    path.write_text(f'name = "п"\n[roles]\nsale = "Document_Продажа"\n[filters]\n{filters}\n', encoding="utf-8")
    return path


def test_filters_of_integrations_are_read(tmp_path: Path) -> None:
    pack = load_pack(
        pack_of(
            tmp_path,
            '"Document_*" = ["Date"]\nCatalog_Люди = ["ИНН", "Город/Code"]'.replace("Catalog_Люди", '"Catalog_Люди"'),
        )
    )

    assert pack.filters == {"Document_*": ["Date"], "Catalog_Люди": ["ИНН", "Город/Code"]}
    assert pack["sale"] == "Document_Продажа"


@pytest.mark.parametrize(
    "filters",
    [
        '"Catalog_Люди" = "ИНН"',
        '"Catalog_Люди" = []',
        '"Catalog_Люди" = ["ИНН eq 1"]',
        '"Люди и звери" = ["ИНН"]',
        "a = [1]",
    ],
)
def test_filters_that_are_none_are_refused(tmp_path: Path, filters: str) -> None:
    with pytest.raises(ConfigError, match="не по правилам") as error:
        load_pack(pack_of(tmp_path, filters))

    assert error.value.place.endswith("pack.toml")


@pytest.mark.parametrize("name", ["any.toml", "demo.toml"])
def test_packs_that_come_with_the_product_load(name: str) -> None:
    assert load_pack(resource("fixtures") / "packs" / name).name == name.removesuffix(".toml")
