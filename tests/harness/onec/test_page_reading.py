"""A page read at once is what the general way makes of it, or is left to that way."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import AnswerError
from harness.onec.decoding import RowDecoder
from harness.onec.edmx import read_edmx
from harness.onec.page_reading import PageReader, TypedRows
from harness.onec.values import Row, decode_json

REF = "6f9619ff-8b86-d011-b42d-00cf4fc964ff"
EDMX = """<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">
 <edmx:DataServices m:DataServiceVersion="3.0" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
  <Schema Namespace="StandardODATA" xmlns="http://schemas.microsoft.com/ado/2009/11/edm">
   <EntityType Name="Document_Заказ"><Key><PropertyRef Name="Ref_Key"/></Key>
    <Property Name="Ref_Key" Type="Edm.Guid" Nullable="false"/>
    <Property Name="Date" Type="Edm.DateTime" Nullable="true"/>
    <Property Name="Строк" Type="Edm.Int64" Nullable="true"/>
    <Property Name="Код" Type="Edm.Int16" Nullable="true"/>
    <Property Name="Сумма" Type="Edm.Double" Nullable="true"/>
    <Property Name="Posted" Type="Edm.Boolean" Nullable="true"/>
    <Property Name="Number" Type="Edm.String" Nullable="true"/>
    <Property Name="Товары" Type="Collection(StandardODATA.Document_Заказ_Товары_RowType)" Nullable="true"/>
   </EntityType>
   <ComplexType Name="Document_Заказ_Товары_RowType">
    <Property Name="Цена" Type="Edm.Double" Nullable="true"/>
   </ComplexType>
   <EntityContainer Name="EnterpriseV8" m:IsDefaultEntityContainer="true">
    <EntitySet Name="Document_Заказ" EntityType="StandardODATA.Document_Заказ"/>
   </EntityContainer>
  </Schema>
 </edmx:DataServices>
</edmx:Edmx>"""
NAME = "Document_Заказ"


@pytest.fixture
def decoder() -> RowDecoder:
    return RowDecoder(read_edmx(EDMX.encode(), "test"))


def body(*rows: Row, **more: Any) -> bytes:
    return msgspec.json.encode({"odata.metadata": "…", "value": rows, **more})


def general(decoder: RowDecoder, content: bytes) -> list[Row]:
    return decoder.page(NAME, decode_json(content)["value"])


ROW: Row = {
    "Ref_Key": REF,
    "Date": "2026-01-31T12:00:05",
    "Строк": "12",
    "Код": 7,
    "Сумма": 10.50,
    "Posted": True,
    "Number": "ТД-1",
    "Товары": [{"Цена": 1.25}],
}


def test_values_are_those_of_the_general_way(decoder: RowDecoder) -> None:
    content = body(ROW, {**ROW, "Ref_Key": REF.upper(), "Сумма": None, "Строк": 3, "Date": "0001-01-01T00:00:00"})

    rows = decoder.reader(NAME).read(content)

    assert isinstance(rows, TypedRows)
    assert rows == general(decoder, content)
    assert rows[0]["Date"] == datetime(2026, 1, 31, 12, 0, 5)  # noqa: DTZ001 - 1C's time has no zone
    assert (rows[0]["Строк"], rows[0]["Сумма"], rows[1]["Ref_Key"]) == (12, Decimal("10.5"), REF)
    assert rows[0]["Товары"] == [{"Цена": Decimal("1.25")}]


def test_digits_come_as_they_were_sent(decoder: RowDecoder) -> None:
    content = b'{"value":[{"\xd0\xa1\xd1\x83\xd0\xbc\xd0\xbc\xd0\xb0":0.10000000000000000001}]}'

    rows = decoder.reader(NAME).read(content)

    assert rows == [{"Сумма": Decimal("0.10000000000000000001")}]


def test_a_field_nobody_described_is_never_lost(decoder: RowDecoder) -> None:
    reader = decoder.reader(NAME)
    content = body({**ROW, "Новое": 5, "Ref_Key@navigationLinkUrl": "…"})

    assert reader.read(content) is None
    reader.learn(decode_json(content)["value"])
    rows = reader.read(content)

    assert rows is not None
    assert rows[0]["Новое"] == 5
    assert "Ref_Key@navigationLinkUrl" not in rows[0]
    assert rows == general(decoder, content)


@pytest.mark.parametrize(
    "wrong",
    [
        {"Сумма": "NaN"},
        {"Сумма": True},
        {"Строк": "x"},
        {"Строк": True},
        {"Ref_Key": "не ссылка"},
        {"Number": 5},
        {"Posted": 1},
    ],
)
def test_what_is_not_of_its_type_is_left_to_the_way_that_says_so(decoder: RowDecoder, wrong: Row) -> None:
    content = body(ROW, {**ROW, **wrong})

    assert decoder.reader(NAME).read(content) is None
    with pytest.raises(AnswerError, match=next(iter(wrong))):
        general(decoder, content)


@pytest.mark.parametrize(
    "content",
    [
        b'{"value":[{"\xd0\xa1\xd1\x83\xd0\xbc\xd0\xbc\xd0\xb0":1e9999}]}',
        b'{"odata.error":{"code":"9"},"value":[]}',
        b'{"#exception":{},"value":[]}',
        body(ROW)[:-3],
        b"<html>",
        b'{"value":5}',
        b"",
        body(ROW, {"Number": "1"}),
        body({**ROW, "Date": "2026-01-31T12:00:05Z"}),
    ],
)
def test_anything_but_a_plain_page_is_left_to_the_general_way(decoder: RowDecoder, content: bytes) -> None:
    assert decoder.reader(NAME).read(content) is None


def test_a_type_whose_pages_are_never_plain_is_not_tried_for_ever(decoder: RowDecoder) -> None:
    reader: PageReader = decoder.reader(NAME)
    for _ in range(5):
        assert reader.read(body(ROW, {"Number": "1"})) is None
        reader.learn([{"Number": "1"}])

    assert reader.read(body(ROW)) is None


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "Строк": st.none() | st.integers(-(10**12), 10**12).map(str),
                "Сумма": st.none() | st.decimals(-(10**9), 10**9, places=2).map(float),
                "Posted": st.none() | st.booleans(),
                "Number": st.none() | st.text(max_size=5),
                "Ref_Key": st.uuids().map(str),
            }
        ),
        max_size=8,
    )
)
def test_both_ways_agree(rows: list[Row]) -> None:
    decoder = RowDecoder(read_edmx(EDMX.encode(), "test"))
    content = body(*rows)

    assert decoder.reader(NAME).read(content) == general(decoder, content)
