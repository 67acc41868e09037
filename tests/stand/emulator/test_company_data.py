from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from harness.errors import ConfigError
from harness.onec.names import Kind
from stand.emulator.behaviour.filling import Filling
from stand.emulator.behaviour.patches import patched
from stand.emulator.behaviour.posting import Posting
from stand.emulator.behaviour.reporting import Reports
from stand.emulator.company import demo_folder
from stand.emulator.database.configuration_io import dump_configuration, load_configuration
from stand.emulator.database.tables import Layout
from stand.emulator.loaders.company import (
    configuration_of,
    defects_of,
    load_company,
    read_toml,
    releases,
    synonym,
    tree_of,
    value_type,
)

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = demo_folder()
DEFECTS = defects_of(FOLDER)
CLEAN = tree_of(FOLDER, "2.0.15.2")
"""A release without a defect."""
AREAS = {"exchange", "report", "flow", "contract", "rights", "performance", "operation"}


@pytest.mark.parametrize("release", ["2.0.14.7", "2.0.15.1", "2.0.15.2"])
def test_a_release_is_whole(release: str) -> None:
    configuration = load_company(FOLDER, release)
    Filling(configuration, Layout(configuration))
    Posting(configuration)
    assert sum(report.custom for report in Reports(configuration).by_name.values()) >= 10
    assert load_configuration(dump_configuration(configuration)) == configuration


def test_releases_are_told_oldest_first() -> None:
    assert releases(FOLDER) == ("2.0.14.7", "2.0.15.1", "2.0.15.2")


def test_the_broken_release_has_a_defect_of_every_area() -> None:
    listed = read_toml(FOLDER / "releases" / "2.0.15.1.toml")["defects"]
    assert {DEFECTS[name]["area"] for name in listed} == AREAS
    assert read_toml(FOLDER / "releases" / "2.0.15.2.toml")["defects"] == []


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_a_defect_says_what_it_breaks_and_breaks_it(name: str) -> None:
    defect = DEFECTS[name]
    assert defect["id"] == name
    assert defect["title"]
    assert defect["breaks"].endswith(".")
    assert defect["expect"]["words"]
    assert configuration_of(patched(CLEAN, defect["change"], name)) != configuration_of(CLEAN)


def test_a_defect_is_seeded_into_a_release_by_its_name() -> None:
    name = next(iter(DEFECTS))
    assert tree_of(FOLDER, "2.0.15.2", extra_defects=(name,)) == patched(CLEAN, DEFECTS[name]["change"], name)


def test_every_kind_of_object_is_there() -> None:
    configuration = load_company(FOLDER, "2.0.14.7")
    kinds = {item.kind for item in configuration.objects.values()}
    assert kinds >= {
        *(
            Kind.CATALOG,
            Kind.DOCUMENT,
            Kind.CONSTANT,
            Kind.EXCHANGE_PLAN,
            Kind.CHART_OF_ACCOUNTS,
            Kind.CHART_OF_CALCULATION_TYPES,
        ),
        *(Kind.INFORMATION_REGISTER, Kind.ACCUMULATION_REGISTER, Kind.ACCOUNTING_REGISTER),
    }


def test_synonyms_are_what_the_configurator_would_make() -> None:
    assert synonym("ДатаОтгрузки") == "Дата отгрузки"
    assert synonym("СуммаНДС") == "Сумма НДС"
    assert synonym("КВыплате") == "К выплате"


def test_types() -> None:
    assert value_type("Number(10,4)", "x").fraction == 4
    assert value_type("String(12)", "x").length == 12
    assert value_type("Catalog_А | Document_Б", "x").composite
    with pytest.raises(ConfigError, match="Неизвестный тип"):
        value_type("Строка", "x")


def _copy(tmp_path: Path) -> Path:
    return shutil.copytree(FOLDER, tmp_path / "company")


def test_mistakes_in_the_data_are_found_when_it_is_read(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    path = folder / "configuration" / "money.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"Catalog_Сотрудники"', '"Catalog_Сотрудник"'), encoding="utf-8")
    with pytest.raises(ConfigError, match="Catalog_Сотрудник"):
        load_company(folder, "2.0.14.7")
    path.write_text(text + "\n[broken", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"money\.toml"):
        load_company(folder, "2.0.14.7")


def test_an_unknown_release_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"2\.0\.15\.2"):
        load_company(FOLDER, "3.0")
    with pytest.raises(ConfigError):
        load_company(tmp_path, "2.0.14.7")


@pytest.mark.parametrize(
    ("text", "wrong", "message"),
    [
        ('debit = "62.01"', 'debet = "62.01"', "debet"),
        ('section = "Услуги"', 'section = "Услуга"', "Услуга"),
        ('register = "AccumulationRegister_Закупки"', 'register = "AccumulationRegister_Закупка"', "Закупка"),
        ('"Стоимость" = "row.Себестоимость"', '"Цена" = "row.Себестоимость"', "Цена"),
    ],
)
def test_posting_rules_are_checked(tmp_path: Path, text: str, wrong: str, message: str) -> None:
    folder = _copy(tmp_path)
    path = folder / "behaviour" / "posting_trade.toml"
    content = path.read_text(encoding="utf-8")
    assert text in content
    path.write_text(content.replace(text, wrong, 1), encoding="utf-8")
    configuration = load_company(folder, "2.0.14.7")
    with pytest.raises(ConfigError, match=message):
        Posting(configuration)
