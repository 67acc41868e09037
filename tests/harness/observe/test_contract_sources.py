"""WSDL, JSON, routes and report columns as entries of contracts."""

from __future__ import annotations

import pytest

from harness.errors import DocumentError
from harness.observe.contracts import column_entries, json_entries, route_entries, wsdl_entries

WSDL = """<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:tns="urn:x" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<types><xsd:schema>
<xsd:complexType name="Order"><xsd:sequence><xsd:element name="Number" type="xsd:string"/>
<xsd:element name="Line" type="tns:Line" minOccurs="0" maxOccurs="unbounded"/></xsd:sequence><xsd:attribute name="id" type="xsd:int"/></xsd:complexType>
<xsd:simpleType name="State"><xsd:restriction base="xsd:string"><xsd:enumeration value="New"/></xsd:restriction></xsd:simpleType>
<xsd:element name="GetOrder"><xsd:complexType><xsd:sequence><xsd:element name="Code" type="xsd:string"/></xsd:sequence></xsd:complexType></xsd:element>
</xsd:schema></types>
<message name="GetOrderRequest"><part name="parameters" element="tns:GetOrder"/></message>
<portType name="P"><operation name="GetOrder"><input message="tns:GetOrderRequest"/><output message="tns:GetOrderResponse"/></operation></portType>
</definitions>"""


def test_wsdl_gives_operations_messages_and_types() -> None:
    assert wsdl_entries(WSDL.encode()) == {
        "тип/Order/Number": "string, обязательное",
        "тип/Order/Line": "список Line",
        "тип/Order/@id": "int",
        "тип/State/New": "значение",
        "тип/GetOrder/Code": "string, обязательное",
        "сообщение/GetOrderRequest/parameters": "GetOrder, обязательное",
        "операция/GetOrder": "GetOrderRequest → GetOrderResponse",
    }


def test_prefixes_of_a_wsdl_mean_nothing() -> None:
    assert wsdl_entries(WSDL.encode()) == wsdl_entries(
        WSDL.replace("tns:", "q1:").replace("xmlns:tns", "xmlns:q1").encode()
    )


def test_another_document_is_no_wsdl() -> None:
    with pytest.raises(DocumentError, match="не WSDL"):
        wsdl_entries(b"<a/>")


def test_the_shape_of_json_is_its_types_and_what_is_always_there() -> None:
    content = '{"заказы": [{"№": 1, "сумма": 1.5, "склад": null}, {"№": "2", "сумма": 3}], "всего": 2, "метки": ["a"]}'

    assert json_entries(content.encode()) == {
        "/": "объект, обязательное",
        "заказы": "список, обязательное",
        "заказы/№": "строка или число, обязательное",
        "заказы/сумма": "число, обязательное",
        "заказы/склад": "null",
        "всего": "число, обязательное",
        "метки": "список, обязательное",
        "метки/*": "строка, обязательное",
    }


def test_broken_json_is_told() -> None:
    with pytest.raises(DocumentError, match="не JSON"):
        json_entries(b"{")


def test_routes_come_from_openapi() -> None:
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    description = {"paths": {"/orders/{id}": {"get": {"parameters": [parameter], "responses": {"200": {}, "404": {}}}}}}

    assert route_entries(description) == {
        "GET /orders/{id}": "маршрут",
        "GET /orders/{id}/параметр/id": "string, обязательное",
        "GET /orders/{id}/ответ/200": "есть",
        "GET /orders/{id}/ответ/404": "есть",
    }


def test_columns_of_a_report() -> None:
    assert column_entries("Прибыль", [("Товар", "строка")]) == {"Прибыль/Товар": "строка"}
