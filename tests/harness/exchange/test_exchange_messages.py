"""Exchange plans by OData (SelectChanges) and messages of a distributed base."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.exchange import distributed, exchange_plans

REAL = Path(__file__).parents[4] / "shared" / "real" / "odata"
FEED = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0"
 xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
 <entry><id>http://host/base/odata/standard.odata/Catalog_%D0%A2%D0%BE%D0%B2%D0%B0%D1%80%D1%8B(guid'1')</id>
  <content type="application/xml"><m:properties><d:Description>Стол</d:Description><d:DataVersion>AAA=</d:DataVersion>
   <d:Цены m:type="Collection(x)"><d:element><d:Цена>1</d:Цена></d:element><d:element/></d:Цены></m:properties></content></entry>
 <at:deleted-entry ref="http://host/base/odata/standard.odata/Document_Заказ(guid'2')" when="2026-01-15T10:00:00Z"/>
</feed>""".encode()
MESSAGE = """<v8msg:Message xmlns:v8msg="http://v8.1c.ru/messages" xmlns:v8de="http://v8.1c.ru/data" xmlns:v8="http://v8.1c.ru/8.1/data/core">
 <v8msg:Header><v8msg:ExchangePlan>Филиалы</v8msg:ExchangePlan><v8msg:To>Ф1</v8msg:To><v8msg:From>ЦБ</v8msg:From>
  <v8msg:MessageNo>4</v8msg:MessageNo><v8msg:ReceivedNo>3</v8msg:ReceivedNo></v8msg:Header>
 <v8msg:Body><v8de:Changes><v8de:Digest1>abc</v8de:Digest1><v8de:Digest2>def</v8de:Digest2>
  <v8de:Config><v8md:Metadata xmlns:v8md="http://v8.1c.ru/md"><v8md:ObjectID>1</v8md:ObjectID><v8md:ClassID>c</v8md:ClassID>
   <v8md:Version>2</v8md:Version><v8md:Name>Товары</v8md:Name></v8md:Metadata></v8de:Config>
  <v8de:ConfigurationExtensions><v8de:Extension><v8de:Name>Бонусы</v8de:Name></v8de:Extension>
   <v8de:ConfigurationExtensionDeletion Name="Старое"/></v8de:ConfigurationExtensions>
  <v8de:Data><CatalogObject.Товары xmlns:d3p1="Таблица"><Ref>1</Ref><Description>Стол</Description>
   <d3p1:Цены><Цена>1</Цена></d3p1:Цены></CatalogObject.Товары><v8:ObjectDeletion><Ref>2</Ref></v8:ObjectDeletion></v8de:Data>
 </v8de:Changes></v8msg:Body></v8msg:Message>""".encode()


def test_registered_changes_are_read_and_counted() -> None:
    first, removed = exchange_plans.read(FEED)

    assert (first.id, first.version) == ("Catalog_Товары(guid'1')", "AAA=")
    assert dict(first.fields) == {"Description": "Стол", "DataVersion": "AAA=", "Цены#": "2"}
    assert (removed.id, removed.deleted, removed.fields) == ("Document_Заказ(guid'2')", True, ())
    found = exchange_plans.summary(FEED)
    assert (found.changed, found.deleted, found.total) == ((("Catalog_Товары", 1),), (("Document_Заказ", 1),), 2)


@pytest.mark.parametrize("data", [b"", b'{"odata.error": {}}', b"<entry/>", FEED.replace(b"(guid'2')", b"")])
def test_what_is_no_feed_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        exchange_plans.summary(data)


def test_addresses_are_those_1c_takes() -> None:
    root = "http://host/base/odata/standard.odata"

    address = exchange_plans.select_changes("Филиалы", "0f", 5, root)

    assert address.startswith(f"{root}/SelectChanges?DataExchangePoint=%27http%3A%2F%2F")
    assert address.endswith("%28guid%270f%27%29%27&MessageNo=5")
    assert "/NotifyChangesReceived?" in exchange_plans.notify_received("Филиалы", "0f", 5, root)


@pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с ответами SelectChanges")
def test_real_feeds_are_read() -> None:
    totals = {path.name[:6]: exchange_plans.summary(path).total for path in REAL.glob("msg00[234]_*.xml")}

    assert totals == {"msg002": 5, "msg003": 9, "msg004": 5}


def test_a_message_of_a_branch_is_read_with_a_namespace_that_is_a_word() -> None:
    found = distributed.read(MESSAGE)

    assert (found.plan, found.to, found.sender, found.message_no, found.received_no) == ("Филиалы", "Ф1", "ЦБ", 4, 3)
    assert found.digests == (("Digest1", "abc"), ("Digest2", "def"))
    assert [item.name for item in found.metadata] == ["Товары"]
    assert found.extensions == ("Бонусы", "−Старое")
    assert found.changes_configuration
    assert found.counts() == {"CatalogObject.Товары": 1, "ObjectDeletion": 1}
    assert dict(found.data[0].fields) == {"Ref": "1", "Description": "Стол", "Цены#": "1"}
    assert found.data[1].deleted
    assert distributed.check(found) == []


@pytest.mark.parametrize(
    ("old", "new", "received", "code"),
    [
        ("Филиалы<", "<", 0, "MISSING"),
        (">4<", ">0<", 0, "VALUE"),
        ("Ф1<", "Ф2<", 0, "REFERENCE"),
        (">4<", ">4<", 4, "DUPLICATE"),
    ],
)
def test_what_the_platform_refuses_is_told(old: str, new: str, received: int, code: str) -> None:
    message = distributed.read(MESSAGE.replace(old.encode(), new.encode()))

    assert [item.code for item in distributed.check(message, node="Ф1", received_no=received)] == [code]


def test_another_digest_is_another_configuration() -> None:
    message = distributed.read(MESSAGE)

    assert distributed.conflicts(message, {"Digest1": "abc"}) == []
    (found,) = distributed.conflicts(message, {"Digest2": "xyz"})
    assert "не соответствует ожидаемой" in found.text


@pytest.mark.parametrize("data", [b"<Message/>", b"<a/>", MESSAGE.replace(b">4<", b">4x<"), MESSAGE[:500]])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        distributed.read(data)
