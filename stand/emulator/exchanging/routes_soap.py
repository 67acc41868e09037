"""Web services of БСП: `/ws/InterfaceVersion` and `/ws/Exchange_3_0_1_1` with the operations a probe needs (facts/exchanges.md 1.7).

A GET with `?wsdl` gives the description; a POST of SOAP 1.1 calls an operation, a refusal is a Fault.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from stand.emulator.auth import may
from stand.emulator.exchanging.common import ExchangeError, child, local_name, parse_xml, text_of
from stand.emulator.exchanging.opening import open_context
from stand.emulator.exchanging.parameters import base_parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element
    from starlette.requests import Request

    from stand.emulator.database.infobase import Infobase

__all__ = ["soap_routes"]

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_CORE = "http://v8.1c.ru/8.1/data/core"
_INTERFACES = {"Exchange": ("2.0.1.6", "3.0.1.1"), "DataExchange": ("1.0.0.1",)}


@dataclass(frozen=True, slots=True)
class _Service:
    """A web service: its namespace and, by operation, parameters and results with their XML types."""

    name: str
    namespace: str
    operations: Mapping[str, tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]]


_NODE = (("ExchangePlanName", "xs:string"), ("NodeCode", "xs:string"))
SERVICES = {
    "interfaceversion": _Service(
        "InterfaceVersion",
        "http://www.1c.ru/SaaS/1.0/WS",
        {"GetVersions": ((("InterfaceName", "xs:string"),), (("return", "core:Array"),))},
    ),
    "exchange_3_0_1_1": _Service(
        "Exchange_3_0_1_1",
        "http://www.1c.ru/SSL/Exchange_3_0_1_1",
        {
            "Ping": ((), (("return", "xs:string"),)),
            "TestConnection": (_NODE, (("return", "xs:boolean"), ("Result", "xs:string"))),
            "GetIBParameters": (
                (*_NODE, ("ResultMessage", "xs:string")),
                (("return", "core:Structure"), ("ResultMessage", "xs:string")),
            ),
        },
    ),
}


def soap_routes(infobase: Infobase) -> list[Route]:
    """Routes below a publication."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, infobase, request, body)

    return [Route("/ws/{name}", endpoint, methods=["GET", "POST"])]


def _answer(infobase: Infobase, request: Request, body: bytes) -> Response:
    behaviour = infobase.configuration.behaviour
    renamed = behaviour.get("web_services")
    names: Mapping[str, str] = renamed if isinstance(renamed, dict) else {}
    asked = request.path_params["name"].removesuffix(".1cws").lower()
    service = SERVICES.get(asked)
    if service is None or names.get(service.name) == "":
        return Response("Веб-сервис не найден", 404, media_type="text/plain; charset=utf-8")
    namespace = names.get(service.name, service.namespace)
    if request.method == "GET":
        if "wsdl" not in request.query_params:
            return Response("Ожидается ?wsdl", 400, media_type="text/plain; charset=utf-8")
        return _xml(_wsdl(service, namespace, str(request.url.replace(query=""))))
    try:
        envelope = parse_xml(body)
        call = _call(envelope, service, namespace)
        result = _result(infobase, request, local_name(call), call)
    except ExchangeError as error:
        fault = f"<soap:Fault><faultcode>soap:Server</faultcode><faultstring>{escape(error.text)}</faultstring></soap:Fault>"
        return _xml(_enveloped(fault), 500)
    name = local_name(call)
    return _xml(_enveloped(f'<m:{name}Response xmlns:m="{namespace}">{result}</m:{name}Response>'))


def _call(envelope: _Element, service: _Service, namespace: str) -> _Element:
    """The operation a request calls.

    Raises:
        ExchangeError: none, or of another namespace.
    """
    body = child(envelope, "Body")
    call = next(iter(body if body is not None else ()), None)
    if call is None or local_name(call) not in service.operations:
        raise ExchangeError("operation", "Операция веб-сервиса не найдена")
    if f"{{{namespace}}}" not in str(call.tag):
        raise ExchangeError("namespace", f"Пространство имён запроса не «{namespace}»")
    return call


def _result(infobase: Infobase, request: Request, operation: str, call: _Element) -> str:
    if operation == "Ping":
        return "<m:return></m:return>"
    if operation == "GetVersions":
        versions = _INTERFACES.get(text_of(call, "InterfaceName"), ())
        cells = "".join(f'<Value xmlns="{_CORE}">{item}</Value>' for item in versions)
        return f"<m:return>{cells}</m:return>"
    plan, node = text_of(call, "ExchangePlanName"), text_of(call, "NodeCode")
    if not may(infobase, request.state.user, f"ExchangePlan_{plan}", "read"):
        raise ExchangeError("access", "Недостаточно прав для обмена данными")
    with infobase.reading() as session:
        found = base_parameters(open_context(infobase, session, plan, node))
    if operation == "TestConnection":
        known = "true" if found["NodeExists"] else "false"
        message = "" if found["NodeExists"] else f"Узел обмена «{node}» не найден"
        return f"<m:return>{known}</m:return><m:Result>{escape(message)}</m:Result>"
    cells = "".join(
        f'<Property name="{name}"><Value>{escape(_text(value))}</Value></Property>' for name, value in found.items()
    )
    return f'<m:return xmlns="{_CORE}">{cells}</m:return><m:ResultMessage></m:ResultMessage>'


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _enveloped(content: str) -> str:
    return f'<soap:Envelope xmlns:soap="{_ENVELOPE}"><soap:Body>{content}</soap:Body></soap:Envelope>'


def _xml(text: str, status: int = 200) -> Response:
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode(), status, media_type="text/xml; charset=utf-8"
    )


def _wsdl(service: _Service, namespace: str, location: str) -> str:
    """The description: document/literal, as the platform writes it."""
    elements, messages, operations, bindings = [], [], [], []
    for name, (parameters, results) in service.operations.items():
        for element, fields in ((name, parameters), (f"{name}Response", results)):
            inner = "".join(f'<xs:element name="{field}" type="{kind}" nillable="true"/>' for field, kind in fields)
            elements.append(
                f'<xs:element name="{element}"><xs:complexType><xs:sequence>{inner}</xs:sequence></xs:complexType></xs:element>'
            )
        for suffix, element in (("Request", name), ("Response", f"{name}Response")):
            messages.append(
                f'<message name="{name}{suffix}Message"><part name="parameters" element="tns:{element}"/></message>'
            )
        operations.append(
            f'<operation name="{name}"><input message="tns:{name}RequestMessage"/><output message="tns:{name}ResponseMessage"/></operation>'
        )
        bindings.append(
            f'<operation name="{name}"><soapbind:operation style="document" soapAction="{namespace}#{service.name}:{name}"/>'
            '<input><soapbind:body use="literal"/></input><output><soapbind:body use="literal"/></output></operation>'
        )
    return (
        '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soapbind="http://schemas.xmlsoap.org/wsdl/soap/"'
        f' xmlns:tns="{namespace}" name="{service.name}" targetNamespace="{namespace}"><types>{_CORE_TYPES}'
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:core="{_CORE}" targetNamespace="{namespace}"'
        f' elementFormDefault="qualified"><xs:import namespace="{_CORE}"/>{"".join(elements)}</xs:schema></types>'
        f'{"".join(messages)}<portType name="{service.name}PortType">{"".join(operations)}</portType>'
        f'<binding name="{service.name}SoapBinding" type="tns:{service.name}PortType">'
        '<soapbind:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>'
        f'{"".join(bindings)}</binding><service name="{service.name}"><port name="{service.name}Soap"'
        f' binding="tns:{service.name}SoapBinding"><soapbind:address location="{escape(location)}"/></port></service></definitions>'
    )


_CORE_TYPES = (
    f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{_CORE}" elementFormDefault="qualified">'
    '<xs:complexType name="Array"><xs:sequence><xs:element name="Value" nillable="true" minOccurs="0" maxOccurs="unbounded"/>'
    '</xs:sequence></xs:complexType><xs:complexType name="Structure"><xs:sequence>'
    '<xs:element name="Property" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>'
    '<xs:element name="Value" nillable="true"/></xs:sequence><xs:attribute name="name" type="xs:NMTOKEN" use="required"/>'
    "</xs:complexType></xs:element></xs:sequence></xs:complexType></xs:schema>"
)
