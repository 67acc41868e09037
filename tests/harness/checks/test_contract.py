from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.checks.contract import contract_entries
from harness.onec.edmx import EntitySet, EntityType, EnumType, FunctionImport, Metadata, Parameter, Property, read_edmx

REAL = Path(__file__).parents[4] / "shared" / "real" / "odata"
GOODS = EntityType(
    "Catalog_Товары",
    key=("Ref_Key",),
    properties=(
        Property("Ref_Key", "Edm.Guid", nullable=False),
        Property("Артикул", "Edm.String"),
        Property("Вес", "Edm.Double", nullable=False),
    ),
)
PUBLISHED = Metadata(
    entity_types={"Catalog_Товары": GOODS},
    enum_types={"Ставки": EnumType("Ставки", ("НДС20",)), "AllowedSign": EnumType("AllowedSign", ("Any",))},
    entity_sets={"Catalog_Товары": EntitySet("Catalog_Товары", "Catalog_Товары")},
    functions=(
        FunctionImport(
            "Post",
            "",
            (Parameter("bindingParameter", "StandardODATA.Catalog_Товары"), Parameter("Режим", "Edm.Boolean")),
        ),
    ),
)


def test_everything_published_is_promised_by_its_path() -> None:
    assert contract_entries(PUBLISHED) == {
        "Catalog_Товары": "набор, ключ: Ref_Key",
        "Catalog_Товары/Post()": "функция (Режим: Edm.Boolean)",
        "Catalog_Товары/Ref_Key": "Edm.Guid",
        "Catalog_Товары/Артикул": "Edm.String",
        "Catalog_Товары/Вес": "Edm.Double, обязательное",
        "Enum_Ставки/НДС20": "значение перечисления",
    }


def test_a_removed_property_and_a_changed_type_show_in_the_difference() -> None:
    changed = replace(GOODS, properties=(GOODS.properties[0], Property("Вес", "Edm.String", nullable=False)))

    before = contract_entries(PUBLISHED)
    after = contract_entries(replace(PUBLISHED, entity_types={"Catalog_Товары": changed}))

    assert {path for path in before if before[path] != after.get(path)} == {
        "Catalog_Товары/Артикул",
        "Catalog_Товары/Вес",
    }


@pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с записанными публикациями")
def test_real_publications() -> None:
    for path in sorted(REAL.glob("*metadata.xml")):
        metadata = read_edmx(path.read_bytes(), path.name)
        entries = contract_entries(metadata)
        assert set(metadata.entity_sets) <= set(entries), path.name
        assert not any(name.startswith("Enum_Allowed") for name in entries), path.name
