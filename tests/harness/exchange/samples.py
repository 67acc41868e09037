"""One right file of each format, made by the project's own writers: what inspections, comparisons and fuzzers begin with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from harness.exchange import bank, commerceml_write, directbank_write
from harness.exchange import enterprise_data as ed
from harness.exchange import enterprise_data_write as edw
from harness.exchange.bank_build import build_statement
from harness.exchange.recognise import Kind
from tests.harness.exchange.test_catalogue import CATALOGUE, PACKAGE
from tests.harness.exchange.test_directbank import packet
from tests.harness.exchange.test_exchange_messages import FEED, MESSAGE
from tests.harness.exchange.test_services import ANSWER, SERVICE, WSDL
from tests.harness.exchange.test_xdto import PACKAGE as XDTO

ACCOUNT = "40702810400000000001"
PAID = {
    "Номер": "17",
    "Дата": "15.01.2026",
    "Сумма": "1200.50",
    "ПлательщикСчет": "40702810900000000002",
    "ПолучательСчет": ACCOUNT,
    "ДатаПоступило": "15.01.2026",
}


def message(**partner: str) -> ed.Message:
    """A message with two objects; `partner` changes properties of the first."""
    keys = {"Ссылка": "1", "Наименование": "Ромашка", "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо"}
    objects = (
        edw.build_object("Справочник.Контрагенты", {"КлючевыеСвойства": keys | partner}),
        edw.build_object("Справочник.Валюты", {"КлючевыеСвойства": {"Ссылка": "2", "Код": "643"}}),
    )
    return ed.Message(
        ed.FORMAT,
        "1.17",
        created="2026-01-15T10:00:00",
        confirmation=ed.Confirmation("Синхронизация", "B", "A", 3, 2),
        versions=("1.10", "1.17"),
        object_types=(ed.ObjectType("Справочник.Контрагенты", "*", "1.10,1.17"),),
        extensions=(("http://own/1", "1.17"),),
        contour=(ed.ContourNode("0KPQvdGE", "A", "НФ", "2026-01-15T10:00:00", (("0KPQvdGE", "B"),)),),
        body_namespace=f"{ed.FORMAT}/1.17",
        objects=objects,
    )


def samples() -> dict[Kind, bytes]:
    """A file of each kind but the archive."""
    import json

    from harness.exchange import golden

    statement = build_statement(ACCOUNT, date(2026, 1, 15), date(2026, 1, 15), opening=Decimal(0), documents=[PAID])
    service = SERVICE.format(root="shop", path="/orders", method="POST", handler="Post")
    pair = golden.pair("orders", ("GET", "hs/shop", {}, b""), (200, {"Content-Type": "text/html"}, b'{"a": 1}'))
    return {
        Kind.BANK: bank.write(statement),
        Kind.COMMERCEML: commerceml_write.write_catalogue(CATALOGUE),
        Kind.ENTERPRISE_DATA: edw.write(message()),
        Kind.BRANCH: MESSAGE,
        Kind.DIRECTBANK: directbank_write.write_packet(packet()),
        Kind.CHANGES: FEED,
        Kind.XDTO: XDTO.encode(),
        Kind.WSDL: WSDL.encode(),
        Kind.HTTP_SERVICE: service.encode(),
        Kind.CAPABILITIES: json.dumps(ANSWER, ensure_ascii=False).encode(),
        Kind.GOLDEN: golden.write(pair),
    }


OFFERS = commerceml_write.write_offers(PACKAGE)
