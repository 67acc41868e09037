"""Whatever comes over the network, the answer is the interface's own: an HTTP answer with 1C's code, soon, and nothing of the machine in it."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.onec.values import encode_json
from stand.emulator.application import Serving, application
from stand.emulator.odata.service import ODataService
from tests.stand.emulator.filled import FIRST, PAID, TABLE, filled_base
from tests.stand.emulator.sample import CURRENCY, GOODS, LEDGER, PEOPLE, PLAN, RATES, SALE, STOCK, Asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp, Message

    from tests.stand.emulator.factory import InfobaseFactory

ROOT = "/demo/odata/standard.odata/"
SETS = [GOODS, SALE, f"{SALE}_Товары", STOCK, f"{STOCK}_RecordType", RATES, LEDGER, PEOPLE, CURRENCY, PLAN]
INTERNAL = "Произошла внутренняя ошибка OData сервиса"
SLOW = 60.0
"""Seconds after which a request hangs: they take thousandths, and a busy machine is no failure."""
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Told(NamedTuple):
    """An answer."""

    status: int
    body: bytes


class Wire:
    """Sends raw requests into the application, as the server does."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()
        self.failures: list[logging.LogRecord] = []

    def send(self, method: str, path: bytes, query: bytes = b"", body: bytes = b"", **headers: str) -> Told:
        """The answer; it must come soon, and nothing of ours may have failed behind it."""
        from urllib.parse import unquote

        got: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Message) -> None:
            got.append(message)

        named = [
            (name.replace("_", "-").encode(), value.encode("latin-1", "replace")) for name, value in headers.items()
        ]
        scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "scheme": "http",
            "path": unquote(path.decode("latin-1")),
            "raw_path": path,
            "query_string": query,
            "headers": [(b"host", b"stand"), *named],
            "server": ("stand", 80),
            "state": {},
        }
        self.failures.clear()
        started = time.monotonic()
        self.loop.run_until_complete(self.app(scope, receive, send))
        assert time.monotonic() - started < SLOW
        told = Told(int(got[0]["status"]), b"".join(item.get("body", b"") for item in got[1:]))
        assert not self.failures, self.failures[0].getMessage()
        if told.status >= 500:
            assert b"<m:code>" in told.body or b'"code"' in told.body, told
            # 1C's own words for rows without a number, and for nothing else here.
            assert INTERNAL.encode() not in told.body or "Товары".encode() in body or b"RecordSet" in body
        assert b"Traceback" not in told.body
        assert b"root:x:0" not in told.body
        return told


class _Log(logging.Handler):
    def __init__(self, wire: Wire) -> None:
        super().__init__(logging.WARNING)
        self.wire = wire

    def emit(self, record: logging.LogRecord) -> None:
        self.wire.failures.append(record)


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    base = filled_base(tmp_path_factory.mktemp("fuzz"))
    found = Wire(application(base, publication="demo", serving=Serving(max_body=100_000, max_url=4000)))
    handler = _Log(found)
    logger = logging.getLogger("stand.emulator")
    logger.addHandler(handler)
    yield found
    logger.removeHandler(handler)
    found.loop.run_until_complete(found.loop.shutdown_default_executor())
    found.loop.close()
    base.close()


raw_words = st.sampled_from(
    [
        "/",
        "(",
        ")",
        "'",
        "''",
        "%27",
        "%2F",
        "%00",
        "%ff",
        "..",
        "guid'",
        TABLE,
        "=",
        ",",
        "$count",
        "$metadata",
        "SliceLast",
        "Post",
    ]
    + [quote(name) for name in SETS]
)
paths = st.lists(raw_words, max_size=8).map("".join) | st.binary(max_size=40).map(
    lambda item: quote(item, safe="/()'$")
)


@FUZZ
@given(st.sampled_from(["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "MERGE", "OPTIONS", "X" * 40]), paths)
@example("GET", "../../../../etc/passwd")
@example("GET", f"{quote(GOODS)}(guid'{TABLE}')/%D0%9A%D0%B0%D1%80%D1%82%D0%B8%D0%BD%D0%BA%D0%B0")
@example("POST", "SelectChanges")
def test_paths(wire: Wire, method: str, path: str) -> None:
    told = wire.send(method, (ROOT + path).encode())
    assert told.status in (200, 201, 204, 400, 401, 404, 405, 500, 501)


options = st.sampled_from(
    [
        "$filter",
        "$select",
        "$expand",
        "$orderby",
        "$top",
        "$skip",
        "$inlinecount",
        "$format",
        "allowedOnly",
        "$x",
        "Condition",
        "Period",
    ]
)
words = st.sampled_from(
    [
        "Ref_Key",
        "Товары",
        "/",
        "*",
        "**",
        "any(",
        "d:",
        ")",
        "(",
        "'",
        "guid'",
        "datetime'",
        " eq ",
        " and ",
        ",",
        "-",
        "+",
        "%00",
        "%ff",
        "1",
        "9" * 30,
        "____Presentation",
        "Покупатель",
        "Основание",
        "cast(",
        "'Document_Продажа'",
        "Что",
        "null",
        "RecordSet",
        "́",
        "😀",
        "json",
    ]
)
texts = st.lists(words, max_size=10).map("".join) | st.text(max_size=30)


@FUZZ
@given(st.sampled_from(SETS), st.lists(st.tuples(options, texts), max_size=4), st.booleans())
def test_queries(wire: Wire, name: str, pairs: list[tuple[str, str]], json: bool) -> None:
    query = "&".join(f"{option}={quote(text.encode('utf-8', 'replace'), safe='%+')}" for option, text in pairs)
    accept = "application/json" if json else "application/atom+xml"
    wire.send("GET", (ROOT + quote(name)).encode(), query.encode(), accept=accept)


@FUZZ
@given(st.sampled_from(SETS), st.binary(max_size=200))
def test_raw_queries(wire: Wire, name: str, query: bytes) -> None:
    wire.send("GET", (ROOT + quote(name)).encode(), b"$filter=" + query, accept="application/json")
    wire.send("GET", (ROOT + quote(name)).encode(), query, accept="application/json")


keys = st.lists(
    st.sampled_from(
        [
            "guid'",
            "'",
            TABLE,
            FIRST,
            "Ref_Key",
            "=",
            ",",
            "LineNumber",
            "1",
            "-1",
            "Recorder",
            "Recorder_Type",
            "StandardODATA.",
            SALE,
            "datetime'",
            "0",
            "Валюта",
            "Где",
            "Где_Type",
            "Period",
            "2026-01-01T00:00:00",
            "true",
            "null",
            " ",
            "9" * 25,
            "1.5",
            "Edm.String",
        ]
    ),
    max_size=12,
).map("".join) | st.text(max_size=30)


@FUZZ
@given(
    st.sampled_from(["GET", "PATCH", "DELETE"]),
    st.sampled_from(SETS),
    keys,
    st.sampled_from(["", "/Ref", "/Товары", "/Покупатель/Owner"]),
)
@example(
    "GET",
    RATES,
    "Period=datetime'2026-01-01T00:00:00',Валюта='U''D',Где='x',Где_Type='StandardODATA.Catalog_Товары'",
    "",
)
def test_keys(wire: Wire, method: str, name: str, key: str, tail: str) -> None:
    path = f"{ROOT}{name}({key}){tail}"
    wire.send(
        method, quote(path.encode("utf-8", "replace"), safe="/()',=").encode(), body=b"{}", accept="application/json"
    )


scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.text(max_size=20)
    | st.sampled_from(
        [
            "2026-01-01T00:00:00",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59+14:00",
            TABLE,
            "1e400",
            "NaN",
            "-0",
            "12.345678901234567890",
        ]
    )
    | st.sampled_from(
        [
            "StandardODATA.Catalog_Товары",
            "Edm.Double",
            "Edm.DateTime",
            "Edm.Boolean",
            "UnavailableEntities.X",
            "StandardODATA.",
        ]
    )
)
names = st.sampled_from(
    [
        "Ref_Key",
        "Description",
        "Вес",
        "Штук",
        "Срок",
        "Услуга",
        "Создан",
        "Ключ",
        "Ставка",
        "Картинка_Base64Data",
        "Картинка_Type",
        "Parent_Key",
        "Code",
        "Date",
        "Number",
        "Сумма",
        "Покупатель_Key",
        "Покупатель@odata.bind",
        "Основание",
        "Основание_Type",
        "Товары",
        "RecordSet",
        "Recorder",
        "Value",
        "Recorder_Type",
        "Period",
        "Валюта",
        "Где",
        "Где_Type",
        "Курс",
        "LineNumber",
        "Posted",
        "DeletionMark",
        "DataVersion",
        "odata.type",
        "Нет",
        "",
    ]
)
bodies = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=6), max_leaves=12
)
targets = st.sampled_from([("POST", name) for name in SETS] + [
    ("PATCH", f"{GOODS}(guid'{TABLE}')"),
    ("PUT", f"{GOODS}(guid'{TABLE}')"),
    ("PATCH", f"{SALE}(guid'{FIRST}')"),
    ("PATCH", f"{CURRENCY}(0)"),
    ("PATCH", f"{STOCK}(Recorder='{PAID}',Recorder_Type='StandardODATA.Document_Оплата')"),
    ("POST", f"{SALE}(guid'{FIRST}')/Post"),
])  # fmt: skip


@FUZZ
@given(targets, st.dictionaries(names, bodies, max_size=8) | bodies)
def test_bodies(wire: Wire, target: tuple[str, str], body: Any) -> None:
    wire.send(
        target[0], quote(ROOT + target[1], safe="/()',=").encode(), body=encode_json(body), accept="application/json"
    )


@FUZZ
@given(
    targets, st.binary(max_size=200), st.sampled_from(["application/json", "application/atom+xml", "text/plain", ""])
)
@example(("POST", GOODS), b"[" * 50_000, "application/json")
@example(("POST", GOODS), b'{"a":' * 20_000, "application/json")
@example(("POST", GOODS), b'{"\xd0\x92\xd0\xb5\xd1\x81": ' + b"9" * 90_000 + b"}", "application/json")
@example(("POST", GOODS), b"<entry>" * 10_000, "application/atom+xml")
def test_raw_bodies(wire: Wire, target: tuple[str, str], body: bytes, media: str) -> None:
    told = wire.send(
        target[0],
        quote(ROOT + target[1], safe="/()',=").encode(),
        body=body,
        content_type=media,
        accept="application/json",
    )
    assert told.status in (200, 201, 400, 404, 405, 413, 500)


def test_entities_in_atom_are_refused_and_no_file_is_read(wire: Wire, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("тайна", encoding="utf-8")
    properties = "xmlns:m='http://schemas.microsoft.com/ado/2007/08/dataservices/metadata' xmlns:d='http://schemas.microsoft.com/ado/2007/08/dataservices'"
    for declared in (
        f'<!DOCTYPE e [<!ENTITY x SYSTEM "{secret.as_uri()}">]>',
        '<!DOCTYPE e [<!ENTITY x SYSTEM "http://127.0.0.1:9/x">]>',
        f'<!DOCTYPE e SYSTEM "{secret.as_uri()}">',
        '<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;&b;">]>',
    ):
        text = f"<?xml version='1.0'?>{declared}<entry {properties}><m:properties><d:Description>&x;</d:Description></m:properties></entry>"
        told = wire.send(
            "POST",
            (ROOT + quote(GOODS)).encode(),
            body=text.encode(),
            content_type="application/atom+xml",
            accept="application/json",
        )
        assert told.status == 400
        assert "тайна".encode() not in told.body


def test_expressions_that_grow_when_they_are_compiled(wire: Wire) -> None:
    nested = "Основание"
    for _ in range(40):
        nested = f"cast({nested},'{SALE}')/Основание"
    rounded = "Вес"
    for _ in range(40):
        rounded = f"round({rounded} div 3)"
    for name, text in ((SALE, f"{nested} eq null"), (GOODS, f"{rounded} gt 1")):
        query = f"$filter={quote(text)}".encode()
        told = wire.send("GET", (ROOT + quote(name)).encode(), query[:4000], accept="application/json")
        assert told.status in (400, 414, 500)


def test_a_query_that_computes_too_long_is_cut(infobase_factory: InfobaseFactory) -> None:
    with closing(filled_base(infobase_factory)) as base:
        with base.transaction() as session:
            for number in range(300):
                lines = [{"Цена": number} for _ in range(10)]
                session.put(SALE, {"Товары": lines})
        text = " or ".join(["Товары/any(d: d/Цена lt -1)"] * 150)
        service = ODataService(base, seconds=0.005)
        asking = Asking(base)
        asking.service = service
        started = time.monotonic()
        assert asking.refusal("GET", f"{SALE}?$filter={text}")[:2] == (500, "-1")
        assert time.monotonic() - started < SLOW
        assert len(asking.rows(f"{SALE}?$top=3")) == 3


def test_limits_are_switches(wire: Wire) -> None:
    assert wire.send("GET", (ROOT + quote(GOODS)).encode(), b"$filter=" + b"x" * 4000).status == 414
    assert wire.send("POST", (ROOT + quote(GOODS)).encode(), body=b"x" * 100_001).status == 413
