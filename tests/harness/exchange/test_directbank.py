from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.exchange import directbank as db
from harness.exchange import directbank_write as writing
from harness.exchange import xsd
from harness.exchange.directbank_answers import audit, read_answer
from harness.exchange.directbank_dialogue import Answer, Bank, Request, enqueue, step
from harness.exchange.directbank_rules import check_document, check_packet

REAL = Path(__file__).parents[4] / "shared" / "real" / "directbank"
needs_real = pytest.mark.skipif(
    not REAL.is_dir(), reason="рядом с проектом нет папки shared/real со схемами DirectBank"
)
NOW = "2026-01-15T10:00:00"
CUSTOMER = db.Party(id="82007cb2", name="ООО Ромашка", inn="7705260699", kpp="770501001")
BANK = db.Party(bic="044525888", name="Банк")
PAYMENT = db.Payment(
    "14",
    "2026-01-15",
    Decimal("15.00"),
    "40702810813123123222",
    "40702810401200000035",
    "7705260699",
    "7704596181",
    "за товар",
)
SIDES = {side: {"Name": "Ромашка", "BIC": "044525888", "BankName": "Банк"} for side in ("Payer", "Payee")}
HEADERS = {"CustomerID": CUSTOMER.id, "APIVersion": "2.3.2"}
BASIC = {"Authorization": "Basic " + base64.b64encode("user:п".encode()).decode()}


def order(key: str = "p1", **changed: object) -> bytes:
    payment = replace(PAYMENT, **changed)  # type: ignore[arg-type]
    return writing.payment_order(key, NOW, CUSTOMER, BANK, payment=payment, banks=SIDES)


def packet(key: str = "pk1", *documents: db.Document) -> db.Packet:
    inner = documents or (db.Document("p1", "10", order(), compressed=True, notify=True),)
    return db.Packet(
        key, NOW, CUSTOMER, BANK, inner, agent="1С", footprint=(("IP", "127.0.0.1"), ("MAC", "02-00-00-00-00-01"))
    )


def statement() -> bytes:
    return writing.statement(
        "s1",
        NOW,
        BANK,
        CUSTOMER,
        account=PAYMENT.payer_account,
        period=("2026-01-15T00:00:00", "2026-01-15T23:59:59"),
        opening=Decimal("100.00"),
        payments=[
            replace(PAYMENT, debit=True, id="p1"),
            replace(PAYMENT, debit=False, amount=Decimal("1.50"), id="p2"),
        ],
        banks=SIDES,
    )


def documents() -> dict[str, bytes]:
    return {
        "order": order(),
        "statement": statement(),
        "settings": writing.settings("s", NOW, BANK, CUSTOMER, address="https://bank", user="u", kinds=["05", "10"]),
        "notice": writing.status_notice("n", NOW, BANK, CUSTOMER, of="p1", code="02", name="Исполнен", info="всё"),
        "packet notice": writing.packet_notice("n", NOW, BANK, CUSTOMER, answer="b1", of="pk1"),
        "probe": writing.to_bytes(writing.document("05", "b", NOW, CUSTOMER, BANK)),
        "request": writing.to_bytes(writing.document("03", "q", NOW, CUSTOMER, BANK, original="p1")),
        "packet": writing.write_packet(packet()).removeprefix(db.BOM),
    }


@needs_real
@pytest.mark.parametrize("name", documents())
def test_what_is_written_is_valid_by_the_schema_of_the_standard(name: str) -> None:
    schema = xsd.load_schema(REAL / "1C-Bank_Library.xsd")

    assert list(xsd.violations(documents()[name], schema).values()) == []


@needs_real
def test_the_samples_of_the_standard_are_read_and_valid() -> None:
    schema = xsd.load_schema(REAL / "1C-Bank_Library.xsd")
    kinds = {path.stem: db.kind_of(db.read_document(path.read_bytes())) for path in REAL.glob("*.xml")}

    assert kinds == {
        "PayDocRu": "10",
        "Probe": "05",
        "Settings": "06",
        "Statement": "15",
        "StatusDocNotice": "02",
        "StatusRequest": "03",
    }
    for path in REAL.glob("*.xml"):
        assert xsd.violations(path.read_bytes(), schema) == {}, path.name


def test_a_packet_is_read_back() -> None:
    data = writing.write_packet(packet())

    assert data.startswith(db.BOM)
    assert db.read_packet(data) == packet()
    assert check_packet(db.read_packet(data)) == []
    assert db.read_payment(order()) == replace(PAYMENT, id="p1")


def test_a_statement_adds_up_and_is_read_back() -> None:
    found = db.read_statement(statement())

    assert (found.opening, found.closing) == (Decimal("100.00"), Decimal("86.50"))
    assert [payment.debit for payment in found.payments] == [True, False]
    assert check_document(statement()) == []
    (wrong,) = check_document(statement().replace(b">86.50<", b">86.51<"))
    assert (wrong.code, wrong.path) == ("TOTALS", "/Statement/Data/ClosingBalance")


@pytest.mark.parametrize(
    ("document", "code", "words"),
    [
        (db.Document("p1", "99", order()), "VALUE", "неизвестный вид"),
        (db.Document("p1", "15", order()), "VALUE", "внутри PayDocRu"),
        (db.Document("p2", "10", order()), "REFERENCE", "внутри документа p1"),
        (db.Document("p1", "10", b"<a"), "STRUCTURE", "не XML"),
        (db.Document("p1", "10", order(amount=Decimal(0))), "VALUE", "сумма платежа"),
        (db.Document("p1", "10", order(payee_account="40702")), "VALUE", "20 цифр"),
    ],
)
def test_a_wrong_packet_is_told(document: db.Document, code: str, words: str) -> None:
    (found,) = check_packet(packet("pk1", document))

    assert (found.code, found.path.startswith("/Packet/Document[1]")) == (code, True)
    assert words in found.text


def test_encrypted_documents_are_left_alone() -> None:
    assert check_packet(packet("pk1", db.Document("p1", "10", b"\0\1", encrypted=True))) == []


@pytest.mark.parametrize(
    "data",
    [
        b"<Packet/>",
        b"",
        f'<Packet xmlns="{db.NAMESPACE}"><Document><Data>!</Data></Document></Packet>'.encode(),
        f'<Packet xmlns="{db.NAMESPACE}"><Document compressed="true"><Data>AAAA</Data></Document></Packet>'.encode(),
    ],
)
def test_what_is_no_packet_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        db.read_packet(data)


class Client:
    """A client that keeps what it said and heard."""

    def __init__(self, **changed: object) -> None:
        made = Bank(BANK, CUSTOMER, "user", "п", settings=documents()["settings"])
        self.bank = replace(made, **changed)  # type: ignore[arg-type]
        self.log: list[tuple[Request, Answer]] = []
        self.headers = dict(HEADERS)

    def call(self, operation: str, method: str = "GET", body: bytes = b"", **query: str) -> Answer:
        request = Request(operation, method, dict(self.headers), query, body, NOW, f"id-{len(self.log)}")
        self.bank, answer = step(self.bank, request)
        self.log.append((request, answer))
        return answer

    def logon(self) -> Answer:
        self.headers |= BASIC
        answer = self.call("Logon", "POST")
        self.headers.pop("Authorization")
        self.headers["SID"] = read_answer(answer.body).sid
        return answer


def test_logon_settings_send_receive() -> None:
    client = Client()
    client.logon()
    settings = read_answer(client.call("GetSettings").body).settings
    sent = read_answer(client.call("SendPack", "POST", writing.write_packet(packet())).body)
    client.bank = enqueue(client.bank, "o1", "2026-01-16T09:00:00", [db.Document("s1", "15", statement())])
    listed = read_answer(client.call("GetPackList", date="15.01.2026 00:00:00").body)
    got = read_answer(client.call("GetPack", id=listed.packets[0]).body).packet

    assert db.kind_of(db.read_document(settings)) == "06"
    assert sent.id == "id-2"
    assert client.bank.documents["p1"].data == order()
    assert (listed.packets, listed.moment) == (("o1",), "2026-01-16T09:00:00")
    assert got is not None
    assert db.read_statement(got.documents[0].data).closing == Decimal("86.50")
    assert read_answer(client.call("GetPackList", date=listed.moment).body).packets == ()
    assert audit(client.log) == []


@pytest.mark.parametrize(
    ("prepare", "operation", "method", "body", "code"),
    [
        ({"APIVersion": ""}, "Logon", "POST", b"", "1002"),
        ({"CustomerID": "x"}, "Logon", "POST", b"", "1003"),
        ({"Authorization": "Basic eA=="}, "Logon", "POST", b"", "1201"),
        ({"APIVersion": "9.9"}, "Logon", "POST", b"", "2006"),
        ({"SID": ""}, "SendPack", "POST", b"", "1002"),
        ({"SID": "x"}, "SendPack", "POST", b"", "1007"),
        ({}, "LogonCert", "POST", b"", "1011"),
        ({}, "SendPack", "POST", b"<a/>", "2001"),
        ({}, "SendPack", "POST", writing.write_packet(replace(packet(), sender=db.Party(id="x"))), "2004"),
        ({}, "SendPack", "POST", writing.write_packet(replace(packet(), recipient=db.Party(bic="1"))), "2005"),
        ({}, "SendPack", "POST", writing.write_packet(replace(packet(), version="1.0")), "2006"),
        ({}, "SendPack", "POST", writing.write_packet(packet("k", db.Document("s1", "15", statement()))), "2007"),
        ({}, "SendPack", "POST", writing.write_packet(packet("k", db.Document("p1", "10", b"x"))), "2201"),
        ({}, "GetPack", "GET", b"", "2102"),
        ({}, "Drop", "GET", b"", "1010"),
    ],
)
def test_a_bank_refuses_with_the_codes_of_the_standard(
    prepare: dict[str, str], operation: str, method: str, body: bytes, code: str
) -> None:
    client = Client()
    client.logon()
    before = client.bank
    client.headers |= prepare

    answer = client.call(operation, method, body)

    assert (answer.error, read_answer(answer.body).code) == (code, code)
    assert client.bank == before


def test_a_payment_is_never_taken_twice() -> None:
    client = Client()
    client.logon()
    client.call("SendPack", "POST", writing.write_packet(packet()))

    again = client.call("SendPack", "POST", writing.write_packet(packet()))
    same_document = client.call("SendPack", "POST", writing.write_packet(packet("pk2")))
    other = packet("pk3", db.Document("p9", "10", order("p9")))
    same_details = client.call("SendPack", "POST", writing.write_packet(other))

    assert [answer.error for answer in (again, same_document, same_details)] == ["2002", "2202", "2203"]
    assert len(client.bank.received) == 1


def test_a_one_time_password_is_wanted_before_anything_else() -> None:
    client = Client(otp="1234")
    first = read_answer(client.logon().body)

    assert first.otp
    assert client.call("SendPack", "POST", writing.write_packet(packet())).error == "1007"
    client.headers["OTP"] = "0000"
    assert client.call("LogonOTP", "POST").error == "1204"
    client.headers["OTP"] = "1234"
    assert client.call("LogonOTP", "POST").error == ""
    assert client.call("SendPack", "POST", writing.write_packet(packet())).error == ""


def test_an_audit_names_what_a_client_did_wrong() -> None:
    client = Client()
    client.logon()
    client.bank = enqueue(client.bank, "o1", "2026-01-16T09:00:00", [db.Document("s1", "15", statement())])
    client.call("GetPackList")
    client.headers["SID"] = "stolen"
    client.call("GetPack", id="o1")

    assert [(item.code, item.line) for item in audit(client.log)] == [("ORDER", 3), ("MISSING", 2)]


def test_no_secret_of_the_bank_is_shown() -> None:
    shown = repr(replace(Client().bank, password="секрет", otp="1234"))

    assert "секрет" not in shown
    assert "1234" not in shown.replace(PAYMENT.payer_account, "")
