"""Levels of JSON metadata, Atom both ways, answers that leave piece by piece."""

from __future__ import annotations

import socket
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

import pytest
import requests
from lxml import etree

from harness.onec.values import decode_json
from stand.emulator.rows import Ref
from stand.emulator.server import EmulatorServer
from tests.stand.emulator.filled import FIRST, IVANOV, TABLE, filled_base
from tests.stand.emulator.sample import GOODS, PEOPLE, RATES, ROOT, SALE, STOCK, Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = "$format=application/json;odata=fullmetadata"
D = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
M = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
ATOM = "{http://www.w3.org/2005/Atom}"
MANY = 2345


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    base = filled_base(tmp_path_factory.mktemp("levels"))
    with base.transaction() as session:
        for number in range(MANY):
            session.put(PEOPLE, {"Description": f"Человек {number:05}", "Owner": Ref(GOODS, TABLE)})
    yield Asking(base)
    base.close()


def test_full_metadata_tells_types(asking: Asking) -> None:
    sale = asking.get(f"{SALE}(guid'{FIRST}')?{FULL}")
    assert sale["odata.metadata"] == f"{ROOT}/$metadata#{SALE}/@Element"
    assert sale["odata.type"] == f"StandardODATA.{SALE}"
    assert sale["odata.id"] == f"{ROOT}/{SALE}(guid'{FIRST}')"
    assert sale["odata.editLink"] == f"{SALE}(guid'{FIRST}')"
    assert (sale["Date@odata.type"], sale["Ref_Key@odata.type"]) == ("Edm.DateTime", "Edm.Guid")
    assert "Number@odata.type" not in sale
    assert sale["Товары@odata.type"] == f"Collection(StandardODATA.{SALE}_Товары_RowType)"
    line = sale["Товары"][0]
    assert (line["odata.type"], line["LineNumber@odata.type"]) == (f"StandardODATA.{SALE}_Товары_RowType", "Edm.Int64")
    assert not [name for name in sale if name.startswith("@")]


def test_every_level_has_the_same_values(asking: Asking) -> None:
    def plain(value: object) -> object:
        if isinstance(value, list):
            return [plain(item) for item in value]
        if isinstance(value, dict):
            return {name: plain(item) for name, item in value.items() if "odata." not in name and "@" not in name}
        return value

    for name in (SALE, GOODS, STOCK, f"{STOCK}_RecordType", RATES, f"{STOCK}/Balance()"):
        levels = [
            asking.rows(f"{name}?$format=application/json;odata={level}&$top=5")
            for level in ("nometadata", "minimalmetadata", "fullmetadata")
        ]
        assert plain(levels[0]) == plain(levels[1]) == plain(levels[2])
        assert plain(levels[0]) == levels[0]
    expanded = asking.rows(f"{SALE}?{FULL}&$expand=Покупатель&$filter=Ref_Key eq guid'{FIRST}'")[0]
    assert expanded["Покупатель"]["Ref_Key"] == IVANOV
    assert not [name for name in expanded["Покупатель"] if name.startswith("@")]


def test_what_atom_says_can_be_written_back(asking: Asking) -> None:
    for url in (f"{SALE}(guid'{FIRST}')", f"{GOODS}(guid'{TABLE}')"):
        before = asking.get(url)
        body = asking.call("GET", f"{url}?$format=atom").body
        # Rows of a section carry no owner in Atom, but they carry their numbers.
        answer = asking.call("PATCH", url, body, content_type="application/atom+xml")
        assert answer.status == 200, answer.body.decode()
        after = decode_json(answer.body)
        assert after.pop("DataVersion") != before.pop("DataVersion")
        before["odata.metadata"] = after["odata.metadata"]
        assert after == before


def test_an_entry_with_links_creates_an_object(asking: Asking) -> None:
    entry = f"""<?xml version="1.0" encoding="UTF-8"?>
    <entry xmlns="{ATOM[1:-1]}" xmlns:d="{D[1:-1]}" xmlns:m="{M[1:-1]}">
      <link rel="{D[1:-1]}/related/Покупатель" href="{PEOPLE}(guid'{IVANOV}')"/>
      <link rel="{D[1:-1]}/related/Прочее" href="{PEOPLE}(guid'{IVANOV}')/Прочее"/>
      <content type="application/xml"><m:properties>
        <d:Date>2026-03-01T10:00:00</d:Date><d:Сумма>12.50</d:Сумма><d:Комментарий m:null="true"/>
        <d:Товары m:type="Collection(StandardODATA.{SALE}_Товары_RowType)">
          <d:element m:type="StandardODATA.{SALE}_Товары_RowType">
            <d:LineNumber>1</d:LineNumber><d:Товар_Key>{TABLE}</d:Товар_Key><d:Количество>2.5</d:Количество>
          </d:element>
        </d:Товары>
      </m:properties></content></entry>""".encode()
    answer = asking.call("POST", f"{SALE}?$format=atom", entry, content_type="application/atom+xml;type=entry")
    assert (answer.status, answer.content_type) == (201, "application/atom+xml;type=entry;charset=utf-8")
    key = etree.fromstring(answer.body).findtext(f".//{D}Ref_Key")
    made = asking.get(f"{SALE}(guid'{key}')")
    assert (made["Покупатель_Key"], made["Сумма"], made["Комментарий"]) == (IVANOV, Decimal("12.50"), "")
    assert [(row["Товар_Key"], row["Количество"]) for row in made["Товары"]] == [(TABLE, Decimal("2.5"))]
    assert asking.call("DELETE", f"{SALE}(guid'{key}')").status == 204


def test_a_property_twice_is_refused(asking: Asking) -> None:
    body = b'{"Description": "a", "Description": "b"}'
    assert asking.refusal("POST", GOODS, body)[:2] == (400, "18")
    nested = '{"Товары": [{"LineNumber": 1, "LineNumber": 1}]}'.encode()
    assert asking.refusal("POST", SALE, nested)[:2] == (400, "18")
    entry = f'<entry xmlns:d="{D[1:-1]}" xmlns:m="{M[1:-1]}"><m:properties><d:Вес>1</d:Вес><d:Вес>2</d:Вес></m:properties></entry>'
    answer = asking.call("POST", GOODS, entry.encode(), content_type="application/atom+xml")
    assert decode_json(answer.body)["odata.error"]["code"] == "18"


def test_a_long_answer_leaves_in_pieces_and_is_the_same(asking: Asking) -> None:
    server = EmulatorServer(asking.infobase)
    url = f"{server.start()}/odata/standard.odata/{PEOPLE}"
    json = requests.get(url, params={"$format": "json", "$inlinecount": "allpages"}, timeout=20)
    atom = requests.get(url, params={"$inlinecount": "allpages"}, timeout=20)
    server.stop()
    assert json.headers["Transfer-Encoding"] == "chunked"
    root = json.json()["odata.metadata"].partition("/$metadata")[0]
    whole = asking.call("GET", f"{PEOPLE}?$inlinecount=allpages")
    assert whole.body.replace(ROOT.encode(), root.encode()) == json.content
    feed = etree.fromstring(atom.content)
    assert len(feed.findall(f"{ATOM}entry")) == MANY + 1
    assert [item.text for item in feed if item.tag == f"{M}count"] == [str(MANY + 1)]
    assert feed[-1].tag == f"{M}count"


def test_who_goes_away_in_the_middle_frees_the_server(asking: Asking) -> None:
    server = EmulatorServer(asking.infobase)
    where = urlsplit(server.start())
    target = quote(f"/demo/odata/standard.odata/{PEOPLE}") + "?$format=json"
    for _ in range(3):
        with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as raw:
            raw.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 200")
    answer = requests.get(f"{server.url}/odata/standard.odata/{PEOPLE}/$count", timeout=20)
    server.stop()
    assert answer.status_code == 200
    assert asking.send("POST", GOODS, {"Description": "Пишут дальше"}, 201)
