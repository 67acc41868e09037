"""Counterparts as servers: what they answer, what they keep, how they fail; the shop's dialogue is the recorded one."""

from __future__ import annotations

import re
import socket
import sys
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from harness.errors import DocumentError, StandError
from harness.exchange.peers.bank import Bank
from harness.exchange.peers.base import CorrespondentBase
from harness.exchange.peers.branch import Branch
from harness.exchange.peers.crm import PAGE, Crm
from harness.exchange.peers.listener import Listener
from harness.exchange.peers.process import ServingProcess
from harness.exchange.peers.server import FAILURES, LIMIT, Asked, Peer
from harness.exchange.peers.shop import COOKIE, STRICT, Shop
from stand.emulator.exchanging.shop_client import ShopDialogue
from stand.emulator.exchanging.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.responses import Response

RECORDED = Path(__file__).resolve().parents[5] / "shared" / "real" / "commerceml" / "http_protocol_access_log.txt"
TABLE = {"schema_version": "2.09"}
GOOD = "db9b7cf6-69ab-55f6-9aee-9763265d2161"
CATALOGUE = (
    '<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.09"><Классификатор><Ид>1</Ид></Классификатор>'
    f'<Каталог СодержитТолькоИзменения="false"><Ид>1</Ид><Товары><Товар><Ид>{GOOD}</Ид><Наименование>Чайник</Наименование>'
    "</Товар></Товары></Каталог></КоммерческаяИнформация>"
).encode()
OFFERS = (
    '<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2" ВерсияСхемы="2.09"><ПакетПредложений СодержитТолькоИзменения="false">'
    f"<Ид>1#</Ид><Предложения><Предложение><Ид>{GOOD}</Ид><Цены><Цена><ИдТипаЦены>7</ИдТипаЦены><ЦенаЗаЕдиницу>PRICE</ЦенаЗаЕдиницу>"
    "</Цена></Цены><Количество>3</Количество></Предложение></Предложения></ПакетПредложений></КоммерческаяИнформация>"
).encode()


def load(shop: Shop, price: bytes = b"10.50") -> ShopDialogue:
    """The base's side of the dialogue, as it runs it."""
    dialogue = ShopDialogue(Wire(shop.address, shop.user, shop.password), TABLE)
    dialogue.authorise("catalog")
    for name, content in (("import0_1.xml", CATALOGUE), ("offers0_1.xml", OFFERS.replace(b"PRICE", price))):
        dialogue.authorise("catalog")
        dialogue.begin("catalog")
        dialogue.send("catalog", name, content)
    dialogue.complete("catalog")
    return dialogue


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as peer:
        yield peer


def test_the_shop_shows_what_was_loaded(shop: Shop) -> None:
    load(shop)
    (item,) = shop.store.shown()
    assert (item.item, item.name, item.price, item.rest, item.price_type) == (
        GOOD,
        "Чайник",
        Decimal("10.50"),
        Decimal(3),
        "7",
    )


@pytest.mark.skipif(not RECORDED.is_file(), reason="записанного журнала веб-сервера рядом с проектом нет")
def test_the_dialogue_is_the_recorded_one(shop: Shop) -> None:
    load(shop)
    first = RECORDED.read_text(encoding="utf-8").split("\n\n")[0]
    recorded = [
        f"{method} {kind} {mode} {name or ''}".strip()
        for method, kind, mode, name in re.findall(r'"(\w+) /1c\?type=(\w+)&mode=(\w+)(?:&filename=(\S+))? HTTP', first)
        if not (name or "").endswith(".jpg")
    ]
    asked = [re.sub(r"^\d+ ", "", line) for line in shop.log().splitlines()]
    ours = [
        f"{method} {kind} {mode} {name or ''}".strip()
        for line in asked
        for method, kind, mode, name in re.findall(r'"(\w+) /1c\?type=(\w+)&mode=(\w+)(?:&filename=([^"&]+))?"', line)
    ]
    assert ours == recorded


def test_the_strict_shop_wants_its_key_and_takes_pieces() -> None:
    with Shop(replace(STRICT, file_limit=100)) as shop:
        load(shop)
        assert len(shop.store.shown()) == 1
        assert max(call.size for call in shop.calls) <= 100
        assert {"catalog deactivate", "catalog complete"} <= set(shop.steps())
        known = next(call for call in shop.calls if call.step == "catalog init")
        assert "sessid=***" in known.line()
        answer = requests.get(
            shop.address, {"type": "catalog", "mode": "init"}, cookies={COOKIE: "чужой".encode().hex()}, timeout=5
        )
        assert answer.text.startswith("failure")


def test_a_decimal_comma_and_a_wrong_password_are_refused(shop: Shop) -> None:
    with pytest.raises(Exception, match="запятой"):
        load(shop, b"10,50")
    shop.password = "другой"
    answer = requests.get(shop.address, {"type": "sale", "mode": "checkauth"}, auth=("x", "y"), timeout=5)
    assert answer.text.startswith("failure")


def test_a_name_out_of_the_folder_is_refused(shop: Shop) -> None:
    dialogue = ShopDialogue(Wire(shop.address, shop.user, shop.password), TABLE)
    dialogue.authorise("catalog")
    dialogue.begin("catalog")
    with pytest.raises(Exception, match="Недопустимое имя"):
        dialogue.ask("catalog", "file", content=b"x", filename="../../etc/passwd")


def test_ordered_failures_strike_their_step_and_only_so_often() -> None:
    with Listener() as peer:
        peer.fail("refuse", times=2)
        assert [requests.get(peer.url, timeout=5).status_code for _ in range(3)] == [403, 403, 503]
        peer.fail("half", "GET /half")
        with pytest.raises(requests.RequestException):
            requests.get(f"{peer.url}/half", timeout=5)
        peer.fail("drop", "GET /drop")
        with pytest.raises(requests.RequestException):
            requests.get(f"{peer.url}/drop", timeout=5)
        peer.fail("timeout", "GET /late")
        with pytest.raises(requests.Timeout):
            requests.get(f"{peer.url}/late", timeout=0.2)
        assert [call.status for call in peer.calls][:3] == [403, 403, 503]
        with pytest.raises(ValueError, match="нет"):
            peer.fail("пожар")
    assert "timeout" in FAILURES


class Fallible(Peer):
    """Breaks down on what it is asked."""

    def answer(self, asked: Asked) -> Response:
        """A fault of the counterpart's own."""
        raise LookupError(asked.step)


def test_a_counterpart_that_breaks_down_says_so_and_what_is_no_request_is_refused() -> None:
    with Fallible() as peer:
        answer = requests.post(f"{peer.url}/x?a=", "тело".encode(), timeout=5)
        assert (answer.status_code, answer.text) == (500, "ошибка корреспондента: LookupError")
        assert peer.calls[0].line() == '1 "POST /x?a=" 500 8'
        assert requests.post(peer.url, iter([b"1", b"2"]), timeout=5).status_code == 400
        assert requests.post(peer.url, headers={"Content-Length": str(LIMIT + 1)}, timeout=5).status_code == 413
        with socket.create_connection(("127.0.0.1", peer.port), 5) as plain:
            plain.sendall(b"GET /\r\n\r\n")
            assert plain.recv(100).startswith(b"HTTP/1.1 400 ")
        with socket.create_connection(("127.0.0.1", peer.port), 5) as held:
            held.sendall(b"GET /held HTTP/1.1\r\n")
            peer.close()
            with suppress(ConnectionResetError):
                assert held.recv(100) == b""


def test_a_self_signed_certificate_is_seen_by_who_looks(tmp_path: Path) -> None:
    with Listener(tls=tmp_path) as peer:
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(peer.url, timeout=5)
        assert requests.get(peer.url, timeout=5, verify=str(tmp_path / "peer.crt")).status_code == 503


def test_the_bank_refuses_what_a_bank_refuses() -> None:
    bank = Bank("044525225")
    text = "1CClientBankExchange\r\nВерсияФормата=1.04\r\nКодировка=Windows\r\nСекцияДокумент=Платёжка\r\nНомер=1\r\nКонецДокумента\r\n"
    reasons = "; ".join(bank.take_file(text.encode("cp1251")))
    assert "1.04" in reasons
    assert "Платёжка" in reasons
    assert "КонецФайла" in reasons
    assert "PDF" in bank.take_file(b"%PDF-1.4")[0]


def test_the_crm_pages_renews_and_limits() -> None:
    with Crm() as crm:
        for _ in range(PAGE + 1):
            crm.add_deal({"STAGE_ID": "NEW"}, [])
        body = {"auth": crm.access, "start": 0}
        first = requests.post(f"{crm.address}/crm.deal.list.json", json=body, timeout=5).json()
        rest = requests.post(
            f"{crm.address}/crm.deal.list.json", json=body | {"start": first["next"]}, timeout=5
        ).json()
        assert (len(first["result"]), len(rest["result"]), "next" in rest) == (PAGE, 1, False)
        crm.fail("limit")
        assert requests.post(f"{crm.address}/crm.deal.list.json", json=body, timeout=5).status_code == 503
        old = crm.access
        crm.expire()
        assert (
            requests.post(f"{crm.address}/crm.deal.list.json", json={"auth": old}, timeout=5).json()["error"]
            == "expired_token"
        )
        token = {"grant_type": "refresh_token", "refresh_token": crm.refresh}
        assert requests.post(f"{crm.address}/oauth/token", data=token, timeout=5).json()["access_token"] == crm.access
        assert requests.post(f"{crm.address}/oauth/token", data=token, timeout=5).status_code == 400


def test_the_branch_keeps_numbers_addressee_and_digest() -> None:
    root = Branch("План", "ЦБ", "Ф01", digest="d1")
    branch = Branch("План", "Ф01", "ЦБ")
    cells = {("CatalogObject.Товары", "1"): {"Ref": "1", "Description": "Чайник"}}
    message = root.make(cells)
    assert branch.take(message).objects == {"CatalogObject.Товары": 1}
    assert (branch.received, branch.digest) == (1, "d1")
    for wrong, words in (
        (message, "не больше"),
        (root.make(cells, to="Ф02"), "адресовано не филиалу"),
        (root.make(cells, digest="d2"), "не соответствует ожидаемой"),
        (root.make(cells, received=9), "подтвердил"),
        (message[: len(message) // 2], "XML"),
    ):
        with pytest.raises(DocumentError, match=words):
            branch.take(wrong)
    assert branch.received == 1
    assert branch.take(root.make({}, deleted=(("CatalogObject.Товары", "1"),))).deleted == 1
    assert branch.objects == {}


def test_the_correspondent_base_is_in_a_process_of_its_own_and_ends() -> None:
    plan = "ExchangePlan_СинхронизацияДанныхЧерезУниверсальныйФормат"
    with CorrespondentBase(own="БП", peer="ТЗ", version="1.17", sent=4, received=7) as base:
        (node,) = base.odata.rows(plan, filter="Code eq 'ТЗ'")
        assert (int(node["SentNo"]), int(node["ReceivedNo"])) == (4, 7)
        url = base.url
        assert base.password not in repr(base.session)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=2)
    with CorrespondentBase(own="БП", peer="ТЗ", version="1.17") as fresh:
        (node,) = fresh.odata.rows(plan, filter="Code eq 'ТЗ'")
        assert (int(node["SentNo"]), int(node["ReceivedNo"])) == (0, 0)


def test_the_process_of_a_correspondent_serves_the_next_one_too_and_a_dead_one_is_not_asked() -> None:
    command = (
        sys.executable,
        "-c",
        "import sys\nfor line in sys.stdin: print('http://127.0.0.1:1' if line.strip() else '', flush=True)",
    )
    first = ServingProcess.take(command)
    assert first.serve("{}") == "http://127.0.0.1:1"
    first.give_back()
    second = ServingProcess.take(command)
    assert second is first
    second.give_back()
    second.end()
    assert not second.alive
    third = ServingProcess.take(command)
    assert third is not first
    third.end()
    third.end()


def test_a_base_that_does_not_start_is_said_so() -> None:
    with pytest.raises(StandError, match="не запустилась"):
        CorrespondentBase(
            own="БП", peer="ТЗ", version="1.17", command=(sys.executable, "-c", "raise SystemExit('нет места')")
        ).start()
