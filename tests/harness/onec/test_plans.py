from __future__ import annotations

from harness.onec.edmx import (
    Association,
    End,
    EntitySet,
    EntityType,
    FunctionImport,
    Metadata,
    NavigationProperty,
    Parameter,
    Property,
)
from harness.onec.plans import Plan, plan_for

NS = "StandardODATA."


def entity(name: str, *key: str, links: dict[str, str] | None = None, **properties: str) -> EntityType:
    navigation = tuple(NavigationProperty(link, f"{NS}{name}_{link}") for link in links or {})
    return EntityType(name, key, tuple(Property(item, edm) for item, edm in properties.items()), navigation)


def metadata(*entities: EntityType, links: dict[str, str] | None = None, posted: tuple[str, ...] = ()) -> Metadata:
    return Metadata(
        entity_types={item.name: item for item in entities},
        entity_sets={item.name: EntitySet(item.name, item.name) for item in entities},
        associations={
            name: Association(name, (End("Begin", "x", "*"), End("End", NS + target, "0..1")))
            for name, target in (links or {}).items()
        },
        functions=tuple(
            FunctionImport("Post", "", (Parameter("bindingParameter", NS + name),), side_effecting=True)
            for name in posted
        ),
    )


ORDER = entity(
    "Document_Заказ_Покупателя",
    "Ref_Key",
    Ref_Key="Edm.Guid",
    Date="Edm.DateTime",
    Товары=f"Collection({NS}Document_Заказ_Покупателя_Товары_RowType)",
)
LINES = entity("Document_Заказ_Покупателя_Товары", "Ref_Key", "LineNumber", Ref_Key="Edm.Guid", LineNumber="Edm.Int64")
GOODS = entity("Catalog_Товары", "Ref_Key", Ref_Key="Edm.Guid", Description="Edm.String", Code="Edm.String")


def test_a_catalog_is_read_by_its_code() -> None:
    assert plan_for(metadata(GOODS), "Catalog_Товары") == Plan(("Ref_Key",), "Code", "Edm.String")


def test_a_tabular_section_is_read_by_its_owner_though_names_hold_underscores() -> None:
    found = plan_for(metadata(ORDER, LINES), "Document_Заказ_Покупателя_Товары")

    assert (found.owner, found.section, found.window) == ("Document_Заказ_Покупателя", "Товары", "")
    assert plan_for(metadata(LINES), "Document_Заказ_Покупателя_Товары").window == "LineNumber"


def test_a_composite_value_is_no_window() -> None:
    prices = entity(
        "InformationRegister_Цены",
        "Объект",
        "Объект_Type",
        "Номер",
        Объект="Edm.String",
        Объект_Type="Edm.String",
        Номер="Edm.Int64",
    )

    assert plan_for(metadata(prices), prices.name).window == "Номер"


def test_a_register_of_references_is_read_by_them() -> None:
    name = "InformationRegister_Цены"
    prices = entity(name, "Товар_Key", "Вид_Key", links={"Товар": "x"}, Товар_Key="Edm.Guid", Вид_Key="Edm.Guid")
    found = plan_for(metadata(prices, GOODS, links={f"{name}_Товар": GOODS.name}), name)

    assert found == Plan(("Товар_Key", "Вид_Key"), reference="Товар_Key", sources=(GOODS.name,))


def test_record_sets_are_read_by_recorder() -> None:
    name = "AccumulationRegister_Остатки"
    sets = entity(
        name,
        "Recorder",
        "Recorder_Type",
        Recorder="Edm.String",
        RecordSet=f"Collection({NS}X)",
        Recorder_Type="Edm.String",
    )
    found = plan_for(metadata(sets, ORDER, GOODS, posted=(ORDER.name,)), name)

    assert (found.reference, found.sources, found.ordered) == ("Recorder", (ORDER.name,), False)
