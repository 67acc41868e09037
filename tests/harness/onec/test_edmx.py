from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from harness.errors import DocumentError
from harness.onec.edmx import (
    Association,
    ComplexType,
    End,
    EntitySet,
    EntityType,
    EnumType,
    FunctionImport,
    Metadata,
    NavigationProperty,
    Parameter,
    Property,
    canonical,
    read_edmx,
    short,
    write_edmx,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

REAL = Path(__file__).parents[4] / "shared" / "real" / "odata"
RECORDED = ("msg001_metadata.xml", "ut11_trimmed_metadata.xml", "bp_excerpt_metadata.xml")
NS = "StandardODATA."
HEAD = '<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx" Version="1.0"><edmx:DataServices>'
SCHEMA = '<Schema xmlns="http://schemas.microsoft.com/ado/2009/11/edm" Namespace="StandardODATA">'
FOOT = "</Schema></edmx:DataServices></edmx:Edmx>"
_T = TypeVar("_T", EntityType, ComplexType, Association)


def small() -> Metadata:
    """One of everything."""
    order = EntityType(
        "Document_Заказ",
        ("Ref_Key",),
        (
            Property("Ref_Key", "Edm.Guid", nullable=False),
            Property("Date", "Edm.DateTime"),
            Property("Контрагент_Key", "Edm.Guid"),
            Property("Основание", "Edm.String"),
            Property("Товары", f"Collection({NS}Document_Заказ_Товары_RowType)"),
            Property("Основание_Type", "Edm.String"),
        ),
        (NavigationProperty("Контрагент", f"{NS}Document_Заказ_Контрагент"),),
        open=True,
    )
    party = EntityType("Catalog_Контрагенты", ("Ref_Key",), (Property("Ref_Key", "Edm.Guid", nullable=False),))
    row = ComplexType(
        "Document_Заказ_Товары_RowType", (Property("LineNumber", "Edm.Int64"), Property("Сумма", "Edm.Double"))
    )
    link = Association(
        "Document_Заказ_Контрагент",
        (End("Begin", f"{NS}Document_Заказ", "*"), End("End", f"{NS}Catalog_Контрагенты", "0..1")),
    )
    post = FunctionImport(
        "Post",
        parameters=(
            Parameter("bindingParameter", f"{NS}Document_Заказ"),
            Parameter("PostingModeOperational", "Edm.Boolean"),
        ),
        side_effecting=True,
    )
    return Metadata(
        entity_types={order.name: order, party.name: party},
        complex_types={row.name: row},
        associations={link.name: link},
        enum_types={
            "Ставки": EnumType("Ставки", ("БезНДС", "НДС22")),
            "AllowedLength": EnumType("AllowedLength", ("Fixed", "Variable")),
            "DateFractions": EnumType("DateFractions", ("Date",)),
        },
        entity_sets={name: EntitySet(name, name) for name in (order.name, party.name)},
        functions=(post,),
    )


def document(schema: str) -> bytes:
    return f"{HEAD}{SCHEMA}{schema}{FOOT}".encode()


def test_what_is_written_is_read_back() -> None:
    metadata = small()
    again = read_edmx(write_edmx(metadata))
    assert again == metadata
    assert again.problems == ()


def test_the_form_is_that_of_1c() -> None:
    text = write_edmx(small()).decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<edmx:Edmx xmlns:edmx=')
    assert '\t\t\t<EntityType Name="Document_Заказ"\n\t\t\t\t\tOpenType="true">\n\t\t\t\t<Key>\n' in text
    assert '\t\t\t\t<Property Name="Date"\n\t\t\t\t\t\tType="Edm.DateTime"\n\t\t\t\t\t\tNullable="true"/>\n' in text
    assert text.count('<EnumType Name="AllowedLength"') == 2
    assert text.endswith("</edmx:Edmx>")


def test_names_cannot_break_out_of_the_document() -> None:
    nasty = 'X"/><Evil a="&amp;<>'
    metadata = Metadata(complex_types={nasty: ComplexType(nasty, (Property(nasty, "Edm.String"),))})
    assert read_edmx(write_edmx(metadata)).complex_types == metadata.complex_types


def test_lookups() -> None:
    metadata = small()
    order = metadata.type_of("Document_Заказ")
    assert order is not None
    assert order.property("Date") == Property("Date", "Edm.DateTime")
    assert order.property("Нет") is None
    assert metadata.type_of("Document_Нет") is None
    assert metadata.target_of(order.navigation[0]) == "Catalog_Контрагенты"
    assert [item.name for item in metadata.functions_of("Document_Заказ")["Post"].arguments] == [
        "PostingModeOperational"
    ]
    assert metadata.functions_of("Catalog_Контрагенты") == {}
    assert [item.name for item in metadata.properties_of(f"Collection({NS}Document_Заказ_Товары_RowType)")] == [
        "LineNumber",
        "Сумма",
    ]
    assert metadata.properties_of("Нет") == ()
    assert short(f"Collection({NS}X_RowType)") == "X_RowType"


def test_structure_does_not_depend_on_order_but_on_everything_else() -> None:
    metadata = small()
    order = metadata.entity_types["Document_Заказ"]
    turned = dataclasses.replace(
        metadata,
        entity_types={
            "Catalog_Контрагенты": metadata.entity_types["Catalog_Контрагенты"],
            "Document_Заказ": dataclasses.replace(order, properties=order.properties[::-1]),
        },
    )
    assert canonical(turned) == canonical(metadata)
    for change in (
        {"properties": order.properties[:-1]},
        {"key": ("Ref_Key", "Date")},
        {"navigation": ()},
        {"open": False},
        {
            "properties": (
                dataclasses.replace(order.properties[1], nullable=False),
                *order.properties[2:],
                order.properties[0],
            )
        },
    ):
        other = dataclasses.replace(
            metadata, entity_types={**metadata.entity_types, "Document_Заказ": dataclasses.replace(order, **change)}
        )
        assert canonical(other) != canonical(metadata), change
    assert canonical(dataclasses.replace(metadata, functions=())) != canonical(metadata)
    assert canonical(dataclasses.replace(metadata, entity_sets={})) != canonical(metadata)


def test_inconsistencies_are_lived_with_and_told() -> None:
    metadata = read_edmx(
        document(
            '<EntityType Name="A"><Key><PropertyRef Name="Нет"/></Key><Property Name="B" Type="StandardODATA.Нет"/>'
            '<NavigationProperty Name="C" Relationship="StandardODATA.A_C" FromRole="Begin" ToRole="End"/></EntityType>'
            '<EntityType Name="A"/><EntityType/><Странное Name="X"/><!-- примечание -->'
            '<EntityContainer Name="EnterpriseV8"><EntitySet Name="S" EntityType="StandardODATA.Нет"/>'
            '<EntitySet Name="S" EntityType="StandardODATA.A"/>'
            '<FunctionImport Name="F" IsBindable="true"/></EntityContainer>'
        )
    )
    text = "\n".join(metadata.problems)
    for part in (
        "A: описан дважды",
        "элемент EntityType без имени",
        "Странное X: неизвестный элемент",
        "A.B: тип StandardODATA.Нет",
        "A: ключевое поле Нет",
        "A.C: связь StandardODATA.A_C",
        "EntitySet S: тип Нет",
        "EntitySet S: опубликован дважды",
        "FunctionImport F",
    ):
        assert part in text
    assert metadata.type_of("S") is None


LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE lolz [\n<!ENTITY lol "lol">\n'
    + "".join(f'<!ENTITY lol{n + 1} "{("&lol" + str(n or "") + ";") * 10}">\n' for n in range(9))
    + ']>\n<edmx:Edmx xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">&lol9;</edmx:Edmx>'
)
EXTERNAL = '<?xml version="1.0"?>\n<!DOCTYPE x [<!ENTITY secret SYSTEM "file:///etc/hostname">]>\n<x>&secret;</x>'


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [
        (LAUGHS.encode(), "DOCTYPE", "строка 2"),
        (EXTERNAL.encode(), "DOCTYPE", "строка 2"),
        (b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>', "DOCTYPE", "строка 1"),
        (LAUGHS.encode("utf-16"), "не в UTF-8", "строка 1"),
        (b"", "пуст", "base.xml"),
        (b"\xef\xbb\xbf  \r\n ", "пуст", "base.xml"),
        (b'{"odata.metadata":"x"}', "JSON", "строка 1"),
        (
            b"\n<!DOCTYPE html>\n<html><head><title>Sign\nin</title></head><body></body></html>",
            "HTML-страница «Sign in»",
            "строка 1",
        ),
        (b"<HTML><body>1C:Enterprise 8 application error</body></HTML>", "HTML", "строка 1"),
        (f"{HEAD}\n{SCHEMA}\n<EntityType".encode(), "не читается как XML", "строка 3"),
        (f"{HEAD}\n<a></b>".encode(), "не читается как XML", "строка 2"),
        (f'{HEAD}{SCHEMA}<EntityType Name="&secret;"/>{FOOT}'.encode(), "не читается как XML", "строка 1"),
        (b"just text", "не читается как XML", "строка 1"),
        ('<?xml version="1.0" encoding="windows-1251"?><Ж/>'.encode("cp1251"), "не читается как XML", "строка 1"),
        (b'<feed xmlns="http://www.w3.org/2005/Atom"/>', "корневой элемент «feed»", "строка 1"),
        (f"{HEAD}</edmx:DataServices></edmx:Edmx>".encode(), "ни одной схемы", "base.xml"),
        (b"<a>" * 5000, "не читается как XML", "строка 1"),
    ],
)
def test_hostile_and_foreign_documents_are_refused_with_the_place(data: bytes, message: str, place: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_edmx(data, "base.xml")
    assert message in caught.value.message
    assert caught.value.place.startswith("base.xml")
    assert place in caught.value.place
    assert caught.value.hint
    assert caught.value.exit_code == 2


def test_the_encoding_is_utf8_whatever_the_document_claims() -> None:
    claimed = b'<?xml version="1.0" encoding="windows-1251"?>' + document('<ComplexType Name="Строка"/>')
    assert list(read_edmx(b"\xef\xbb\xbf" + claimed).complex_types) == ["Строка"]


@pytest.mark.skipif(not REAL.is_dir(), reason="записей настоящих баз рядом нет")
@pytest.mark.parametrize("name", RECORDED)
def test_recordings_of_real_bases_survive(name: str) -> None:
    metadata = read_edmx((REAL / name).read_bytes(), name)
    assert metadata.entity_types
    assert canonical(read_edmx(write_edmx(metadata))) == canonical(metadata)


@pytest.mark.skipif(not REAL.is_dir(), reason="записей настоящих баз рядом нет")
def test_a_recording_is_written_letter_by_letter() -> None:
    recorded = (REAL / RECORDED[0]).read_bytes()
    metadata = read_edmx(recorded)
    assert metadata.problems == ()
    assert len(metadata.entity_sets) == 38
    assert len(metadata.functions) == 19
    assert write_edmx(metadata) == recorded.replace(b"\r\n", b"\n")


def grown(items: Mapping[str, _T], copies: int) -> dict[str, _T]:
    return {
        f"{name}{number}": dataclasses.replace(item, name=f"{name}{number}")
        for number in range(copies)
        for name, item in items.items()
    }


def test_a_document_of_a_large_configuration() -> None:
    properties = tuple(Property(f"РеквизитОбъекта{number}", "Edm.Double") for number in range(35))
    row = ComplexType("Document_Заказ_Товары_RowType", properties)
    entity = dataclasses.replace(small().entity_types["Document_Заказ"], properties=properties)
    metadata = Metadata(
        entity_types=grown({entity.name: entity}, 2600),
        complex_types=grown({row.name: row}, 1500),
        associations=grown(small().associations, 2600),
    )
    data = write_edmx(metadata)
    again = read_edmx(data)
    assert len(data) > 16_000_000
    assert len(again.entity_types) == 2600
