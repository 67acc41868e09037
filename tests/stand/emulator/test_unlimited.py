"""A text of unlimited length: read, written and searched, never compared (facts/odata.md 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stand.emulator.database.cells import Field
from stand.emulator.database.configuration_io import dump_configuration, load_configuration
from stand.emulator.loaders.company import configuration_of, value_type
from stand.emulator.model import Attribute, ValueType
from stand.emulator.odata import typed
from stand.emulator.odata.errors import ODataError

if TYPE_CHECKING:
    from typing import Any

INCOMPARABLE = "Нельзя сравнивать поля неограниченной длины"


def column(type_: ValueType) -> typed.Sql:
    return typed.column("t", Field.of(Attribute("Описание", type_)))


@pytest.mark.parametrize(("text", "unlimited"), [("String(0)", True), ("String(50)", False), ("String", False)])
def test_a_company_says_which_texts_have_no_limit(text: str, unlimited: bool) -> None:
    assert value_type(text, "место").unlimited is unlimited


@pytest.mark.parametrize("operator", ["eq", "ne", "gt"])
def test_it_is_not_compared(operator: str) -> None:
    literal, endless = typed.value("x"), column(ValueType(("String",), unlimited=True))

    for sides in ((endless, literal), (literal, endless)):
        with pytest.raises(ODataError, match=INCOMPARABLE):
            typed.compare(operator, *sides)
    assert typed.compare(operator, column(ValueType(("String",))), literal).type is typed.T.BOOL


def test_a_base_remembers_it() -> None:
    tree: dict[str, Any] = {
        "configuration": {"name": "К", "version": "1.0"},
        "Catalog": {"Товары": {"attributes": {"Описание": "String(0)", "Артикул": "String(25)"}}},
    }
    known = load_configuration(dump_configuration(configuration_of(tree))).objects["Catalog_Товары"].attributes

    assert {item.name: item.type.unlimited for item in known} == {"Описание": True, "Артикул": False}
