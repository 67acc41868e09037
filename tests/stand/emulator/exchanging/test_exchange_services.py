"""HTTP and web services of exchanges of the emulated base, over a socket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import requests
from requests.auth import HTTPBasicAuth

from stand.emulator.company import service_routes
from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import ExchangeError
from stand.emulator.exchanging.outward import is_local, outward, point
from stand.emulator.exchanging.running import run_exchange
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.demo import PASSWORD, UNIVERSAL, company, customer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase

AUTH = HTTPBasicAuth("Администратор".encode(), PASSWORD.encode())
BSP = "/hs/exchange_dsl_1_0_0_1"
NODE = {"ExchangePlanName": UNIVERSAL, "NodeCode": "БП"}


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


@pytest.fixture
def url(base: Infobase) -> Iterator[str]:
    server = EmulatorServer(base, extra_routes=service_routes(base))
    yield server.start()
    server.stop()


def test_a_message_goes_out_in_parts_and_comes_in_in_parts(url: str) -> None:
    service = f"{url}{BSP}/1.0.0.1"
    told = requests.get(f"{service}/GetIBParameters", params=NODE, auth=AUTH, timeout=10)
    assert told.headers["content-type"].startswith("text/html")
    assert told.json()["NodeExists"] is True
    made = requests.post(f"{service}/UploadData", params=NODE, auth=AUTH, timeout=10).json()
    asked = {"FileId": made["FileID"], "BlockSize": "1"}
    prepared = requests.post(f"{service}/PrepareGetFile", params=asked, auth=AUTH, timeout=10).json()
    parts = [
        requests.get(
            f"{service}/GetFilePart",
            params={"TransferId": prepared["TransferId"], "PartNumber": str(number)},
            auth=AUTH,
            timeout=10,
        ).content
        for number in range(1, prepared["PartQuantity"] + 1)
    ]
    assert len(parts) > 1
    assert b"".join(parts).startswith(b"\xef\xbb\xbf<?xml")
    put = requests.post(
        f"{service}/PutFilePart", params={"PartNumber": "1"}, data=b"<a/>", auth=AUTH, timeout=10
    ).json()
    half = {"TransferId": put["TransferId"], "PartQuantity": "2"}
    refused = requests.post(f"{service}/SaveFileFromParts", params=half, auth=AUTH, timeout=10)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "file")


def test_services_want_a_user_with_rights(url: str) -> None:
    path = f"{url}{BSP}/1.0.0.1/GetIBParameters"
    assert requests.get(path, params=NODE, timeout=10).status_code == 401
    manager = HTTPBasicAuth("Менеджер Иванова".encode(), PASSWORD.encode())
    assert requests.get(path, params=NODE, auth=manager, timeout=10).status_code == 403
    assert requests.get(f"{url}/ws/InterfaceVersion.1cws?wsdl", timeout=10).status_code == 401
    assert requests.get(f"{url}/hs/readiness/v1/outward", auth=manager, timeout=10).status_code == 403


def test_a_publication_with_a_user_of_its_own_answers_to_anybody(base: Infobase, url: str) -> None:
    base.configuration.behaviour["publication"] = {"user": "Администратор"}  # type: ignore[index] # a dictionary of the loader
    path = f"{url}{BSP}/1.0.0.1/GetIBParameters"
    assert [requests.get(path, params=NODE, timeout=10).status_code for _ in range(2)] == [200, 200]
    wrong = HTTPBasicAuth("Администратор".encode(), b"wrong")
    assert requests.get(path, params=NODE, auth=wrong, timeout=10).status_code == 401


def test_web_services_describe_themselves_and_answer(url: str) -> None:
    wsdl = requests.get(f"{url}/ws/Exchange_3_0_1_1.1cws?wsdl", auth=AUTH, timeout=10).text
    assert 'targetNamespace="http://www.1c.ru/SSL/Exchange_3_0_1_1"' in wsdl
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><m:TestConnection xmlns:m="http://www.1c.ru/SSL/Exchange_3_0_1_1">'
        f"<m:ExchangePlanName>{UNIVERSAL}</m:ExchangePlanName><m:NodeCode>НЕТ</m:NodeCode></m:TestConnection></s:Body></s:Envelope>"
    )
    answer = requests.post(f"{url}/ws/Exchange_3_0_1_1.1cws", data=body.encode(), auth=AUTH, timeout=10)
    assert re.search(r"<m:return>false</m:return>.*не найден", answer.text)
    fault = requests.post(f"{url}/ws/Exchange_3_0_1_1.1cws", data=b"<!DOCTYPE a []><a/>", auth=AUTH, timeout=10)
    assert fault.status_code == 500
    assert "<soap:Fault>" in fault.text


def test_nothing_goes_to_an_address_that_is_not_of_this_machine(base: Infobase) -> None:
    with base.reading() as session:
        real = {item.plan: item.address for item in outward(session)}
    assert real["ОбменССайтом"] == "https://shop.example.org"
    for plan, node in (("ОбменССайтом", "САЙТ"), ("ОбменСCRM", "CRM"), (UNIVERSAL, "БП")):
        with pytest.raises(ExchangeError, match="заблокирована"):
            run_exchange(base, plan, node)
        with pytest.raises(ExchangeError, match="не на этом компьютере"):
            point(base, plan, node, {"address": "https://shop.example.org"})
    with pytest.raises(ExchangeError, match="идёт файлами"):
        run_exchange(base, "ОбменСФилиалом", "Ф01")
    assert [item.level for item in base.log()[-4:]] == ["error"] * 4


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("http://127.0.0.1:80/x", True),
        ("https://localhost:8443", True),
        ("http://127.0.0.1.example.org:80", False),
        ("http://user@example.org:80/127.0.0.1", False),
        ("ftp://127.0.0.1:21", False),
        ("http://127.0.0.1", False),
        ("http://[::1]:80", True),
        ("http://[::1", False),
        ("", False),
    ],
)
def test_addresses_of_this_machine(address: str, local: bool) -> None:
    assert is_local(address) is local


def test_unposting_and_deletion_are_registered(base: Infobase) -> None:
    with base.transaction() as session:
        sale = next(iter(session.select("Document_РеализацияТоваровУслуг", where={"Posted": True}, limit=1)))
        registration.withdraw(session, UNIVERSAL, "БП", sale["Ref"])
        session.unpost("Document_РеализацияТоваровУслуг", sale["Ref"])
        assert sale["Ref"] in registration.waiting(session, UNIVERSAL, "БП")
        partner = customer(session)["Ref"]
        registration.withdraw(session, "ОбменСФилиалом", "Ф01", partner)
        session.delete(partner.object, partner)
        assert partner in registration.waiting(session, "ОбменСФилиалом", "Ф01")
