"""WSDL, HTTP services, shapes of answers, golden pairs, GetIBParameters."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.errors import DocumentError, UsageError
from harness.exchange import capabilities, golden, httpservice, shapes, soap, wsdl

REAL = Path(__file__).parents[4] / "shared" / "real" / "ws"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с описаниями служб")
WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:t="urn:shop"
 xmlns:xs="http://www.w3.org/2001/XMLSchema" name="Shop" targetNamespace="urn:shop"><types><xs:schema targetNamespace="urn:shop">
 <xs:element name="Put"><xs:complexType><xs:sequence><xs:element name="Order" type="t:Order"/><xs:element name="Test" type="xs:boolean" minOccurs="0"/></xs:sequence></xs:complexType></xs:element>
 <xs:element name="PutResponse"><xs:complexType><xs:sequence><xs:element name="return" type="xs:string" nillable="true"/></xs:sequence></xs:complexType></xs:element>
 <xs:complexType name="Order"><xs:sequence><xs:element name="Id" type="xs:string"/><xs:element name="Line" type="xs:decimal" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>
 <xs:complexType name="Unused"><xs:sequence><xs:element name="Loop" type="t:Unused"/></xs:sequence></xs:complexType></xs:schema></types>
 <message name="PutIn"><part name="parameters" element="t:Put"/></message><message name="PutOut"><part name="parameters" element="t:PutResponse"/></message>
 <portType name="P"><operation name="Put"><input message="t:PutIn"/><output message="t:PutOut"/></operation></portType>
 <binding name="B" type="t:P"><soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/><operation name="Put"><soap:operation soapAction="urn:shop#Put"/>
 <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation></binding>
 <service name="Shop"><port name="S" binding="t:B"><soap:address location="http://host/ws/shop"/></port></service></definitions>"""
SERVICE = """<MetaDataObject xmlns="http://v8.1c.ru/8.3/MDClasses"><HTTPService><Properties><Name>Shop</Name><RootURL>{root}</RootURL><ReuseSessions>AutoUse</ReuseSessions></Properties>
<ChildObjects><URLTemplate><Properties><Name>Orders</Name><Template>{path}</Template></Properties><ChildObjects>
<Method><Properties><Name>get</Name><HTTPMethod>GET</HTTPMethod><Handler>Get</Handler></Properties></Method>
<Method><Properties><Name>post</Name><HTTPMethod>{method}</HTTPMethod><Handler>{handler}</Handler></Properties></Method></ChildObjects></URLTemplate></ChildObjects></HTTPService></MetaDataObject>"""
ANSWER: dict[str, Any] = {
    "ExchangePlanName": "Синхронизация",
    "ExchangeFormat": "http://v8.1c.ru/edi/edi_stnd/EnterpriseData",
    "ExchangeFormatVersions": ["1.8", "1.10", "1.17"],
    "SupportedObjectsInFormat": [
        {"Object": "Документ.Заказ", "Send": "*", "Receive": ["1.10", "1.17"]},
        {"Object": "Справочник.Товары", "Send": "", "Receive": "*"},
        {"Object": "Справочник.Склады", "Send": "1.17", "Receive": []},
    ],
    "ThisNodeCode": "d215",
    "InfobasePrefix": "БП",
    "DataSynchronizationSetupCompleted": True,
}


def service(**changed: str) -> httpservice.HttpService:
    values = {"root": "shop", "path": "/orders/{id}", "method": "POST", "handler": "Post"} | changed
    return httpservice.read(SERVICE.format(**values).encode())


def base(**changed: Any) -> capabilities.Capabilities:
    return capabilities.read(json.dumps(ANSWER | changed, ensure_ascii=False).encode())


def test_a_wsdl_is_read() -> None:
    found = wsdl.read(WSDL.encode())

    operation = found.operations["Put"]
    assert [one.shape for one in operation.inputs] == ["Order", "xs:boolean"]
    assert operation.action == "urn:shop#Put"
    assert [one.shape for one in found.types["Order"]] == ["xs:string", "xs:decimal[]"]
    assert list(found.types) == ["Order"]
    assert found.addresses == ("http://host/ws/shop",)


@pytest.mark.parametrize(
    ("old", "new", "sentence", "breaks"),
    [
        ('name="Put"><input', 'name="Send"><input', "исчезло: operation Put", True),
        ('"xs:boolean" minOccurs="0"', '"xs:boolean"', "operation Put: поле «Test» стало обязательным", True),
        ('"Id" type="xs:string"', '"Id" type="xs:int"', "type Order: тип поля «Id» был xs:string, стал xs:int", True),
        ('maxOccurs="unbounded"', "", "type Order: тип поля «Line» был xs:decimal[], стал xs:decimal", True),
        (
            '<xs:element name="Id"',
            '<xs:element name="New" type="xs:int" minOccurs="0"/><xs:element name="Id"',
            "type Order: появилось поле «New»: xs:int",
            False,
        ),
        (
            "urn:shop#Put",
            "urn:shop#Do",
            "operation Put: поле «soapAction» было «urn:shop#Put», стало «urn:shop#Do»",
            True,
        ),
        (
            'targetNamespace="urn:shop"><types>',
            'targetNamespace="urn:2"><types>',
            "WSDL: поле «targetNamespace» было «urn:shop», стало «urn:2»",
            True,
        ),
    ],
)
def test_a_changed_wsdl_is_told(old: str, new: str, sentence: str, breaks: bool) -> None:
    found = wsdl.differences(wsdl.read(WSDL.encode()), wsdl.read(WSDL.replace(old, new).encode()))

    assert (sentence, breaks) in [(one.told(), one.breaking) for one in found]
    assert wsdl.differences(wsdl.read(WSDL.encode()), wsdl.read(WSDL.encode())) == []


def test_a_circle_of_types_ends() -> None:
    circle = WSDL.replace('"Line" type="xs:decimal"', '"Line" type="t:Unused"')

    assert set(wsdl.read(circle.encode()).types) == {"Order", "Unused"}


def test_a_call_needs_zeep_or_says_so() -> None:
    import requests

    if importlib.util.find_spec("zeep") is None:
        with pytest.raises(UsageError, match="zeep"):
            soap.client(WSDL.encode(), "http://127.0.0.1:9/ws/shop", requests.Session())
    else:
        caller = soap.client(WSDL.encode(), "http://127.0.0.1:9/ws/shop", requests.Session())
        assert callable(caller.Put)


def test_routes_of_an_http_service_are_read_and_checked() -> None:
    found = service()

    assert [route.id for route in found.routes] == ["GET /orders/{id}", "POST /orders/{id}"]
    assert httpservice.check(found) == []
    assert [item.code for item in httpservice.check(service(root="", method="GET", handler=""))] == [
        "MISSING",
        "DUPLICATE",
        "MISSING",
    ]


def test_changed_routes_are_told() -> None:
    assert httpservice.differences(service(), service(handler="Other")) == []
    assert [one.told() for one in httpservice.differences(service(), service(method="PUT"))] == [
        "исчезло: /hs/shop/orders/{id} (POST)".replace("{id}", "{id}"),
        "появилось: /hs/shop/orders/{id} (PUT)",
    ]
    assert httpservice.differences(service(), service(root="store"))[0].field == "RootURL"


@pytest.mark.parametrize(
    ("after", "breaks"),
    [
        ({"id": "x", "sum": 1.5, "at": "2026-01-15T10:00:00", "lines": [{"n": 1}]}, False),
        ({"id": "x", "sum": "1.5", "at": "2026-01-15T10:00:00", "lines": []}, True),
        ({"id": "x", "sum": 1.5, "at": "15.01.2026 10:00:00", "lines": []}, True),
        ({"id": "x", "sum": 1.5, "at": "2026-01-15T10:00:00Z", "lines": []}, True),
        ({"id": None, "sum": 1.5, "at": "2026-01-15T10:00:00", "lines": []}, True),
        ({"sum": 1.5, "at": "2026-01-15T10:00:00", "lines": []}, True),
        ({"id": "x", "sum": 2, "at": "2026-01-15T10:00:00", "lines": [], "new": 1}, False),
    ],
)
def test_a_shape_is_derived_and_demanded(after: dict[str, Any], *, breaks: bool) -> None:
    before = {"id": "x", "sum": 1.25, "at": "2026-01-14T10:00:00", "lines": [{"n": 1}, {"n": 2}]}
    was, now = (shapes.derive([shapes.read(json.dumps(value).encode())]) for value in (before, after))

    assert any(one.breaking for one in shapes.differences(was, now)) is breaks


def test_a_field_that_is_sometimes_absent_is_optional() -> None:
    shape = shapes.derive([[{"a": 1, "b": 2}, {"a": 1}]])

    assert (shape["$[].a"].always, shape["$[].b"].always) == (True, False)
    (lost,) = shapes.differences(shapes.derive([[{"a": 1}]]), shapes.derive([[{"a": 1}, {}]]))
    assert lost.told() == "$[]: поле «$[].a» стало необязательным"


def test_an_object_whose_keys_are_data_has_no_shape() -> None:
    with pytest.raises(DocumentError, match="ключи"):
        shapes.derive([{str(n): 1 for n in range(6000)}])


def test_a_golden_pair_keeps_no_secret_and_masks_only_what_is_declared() -> None:
    body = b'{"at": "2026-01-15", "rows": [{"n": 1.50}]}'
    headers = {"Authorization": "Basic eDp5", "Cookie": "a=b", "X-Name": "1"}
    pair = golden.pair(
        "orders", ("GET", "hs/shop/orders", headers, b""), (200, {"Content-Type": "text/html"}, body), ["$.at"]
    )

    assert golden.read(golden.write(pair)) == pair
    assert pair.request.headers == {"X-Name": "1"}
    later = body.replace(b"01-15", b"02-01")
    assert golden.differences(pair, 200, {"content-type": "text/html; charset=utf-8"}, later) == []
    changed = golden.differences(pair, 500, {"content-type": "application/json"}, later.replace(b"1.50", b"1.5"))
    assert [one.told() for one in changed] == [
        "orders: поле «status» было «200», стало «500»",
        "orders: поле «Content-Type» было «text/html», стало «application/json»",
        "orders: поле «$.rows[0].n» было «1.50», стало «1.5»",
    ]


def test_golden_answers_in_xml_and_bytes() -> None:
    xml = golden.pair("x", ("POST", "ws/x", {}, b"\xff"), (200, {}, b"<a at='1'><b>1</b><b>2</b></a>"), ["/a/@at"])
    assert golden.differences(xml, 200, {}, b"<a at='2'><b>1</b><b>3</b></a>")[0].field == "/a/b[2]"
    assert golden.read(golden.write(xml)).request.base64
    binary = golden.pair("x", ("GET", "x", {}, b""), (200, {}, b"\xff\xfe"))
    assert binary.answer.content == b"\xff\xfe"
    assert golden.differences(binary, 200, {}, b"\xff\xfe") == []


def test_a_capability_snapshot_is_compared_for_what_a_base_exchanges() -> None:
    assert base().directions("1.8") == {"Документ.Заказ": "send", "Справочник.Товары": "receive"}
    assert capabilities.check(base()) == []
    assert capabilities.differences(base(), base()) == []

    lost = base(ExchangeFormatVersions=["1.8", "1.10"], InfobasePrefix="")
    told = [item.text for item in capabilities.differences(base(), lost, peer=["1.10", "1.17"])]
    assert told == [
        "InfobasePrefix: было «БП», стало «»",
        "версия формата 1.17 больше не поддерживается",
        "общая версия формата с корреспондентом станет 1.10, была 1.17: проверьте новые обязательные поля",
        "объект «Справочник.Склады» в формате больше не поддерживается",
    ]
    gone = capabilities.differences(base(), base(ExchangeFormatVersions=["1.8"]), peer=["1.17"])
    assert gone[-1].text == "общей версии формата с корреспондентом больше нет, была 1.17"


def test_a_lost_direction_is_told_only_for_used_objects() -> None:
    after = base(SupportedObjectsInFormat=[{"Object": "Документ.Заказ", "Send": "", "Receive": "*"}])

    (found,) = capabilities.differences(base(), after, used=["Документ.Заказ"])

    assert found.text == "объект «Документ.Заказ»: направление «отправка» потеряно"


@needs_real
def test_real_descriptions_are_read() -> None:
    exchange = wsdl.read((REAL / "Exchange_3_0_1_1.wsdl").read_bytes())
    routes = httpservice.read((REAL / "exchange_dsl_1_0_0_1.httpservice.xml").read_bytes())
    real = capabilities.read((REAL / "ibparam.json").read_bytes())

    assert {"Ping", "TestConnection", "UploadData", "DownloadData"} <= set(exchange.operations)
    assert "GET /{Версия}/GetIBParameters" in [route.id for route in routes.routes]
    assert (real.configuration, len(real.objects)) == ("3.0.169.15", 165)
    shape = shapes.derive([shapes.read((REAL / "ibparam.json").read_bytes())])
    assert shape["$.SupportedObjectsInFormat[].Send"].types == {"string", "array"}
    older = msgspec.structs.replace(real, versions=[one for one in real.versions if one != "1.17"])
    assert any("станет 1.16, была 1.17" in item.text for item in capabilities.differences(real, older))


@pytest.mark.parametrize("data", [b"", b"<a/>", b"[1]", b"{", b'{"a": 1}', b"[" * 5000])
def test_what_is_something_else_is_refused(data: bytes) -> None:
    for read in (wsdl.read, httpservice.read, capabilities.read, golden.read):
        with pytest.raises(DocumentError):
            read(data)
