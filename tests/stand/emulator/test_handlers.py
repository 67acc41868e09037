"""Posting, handlers, bodies in Atom, hostile bodies (facts/odata.md 6)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.onec.values import decode_json
from stand.emulator.rows import BusinessError, Row
from tests.stand.emulator.filled import FIRST, PAID, SECOND, TABLE, filled_base
from tests.stand.emulator.sample import (
    GOODS,
    RATES,
    SALE,
    STOCK,
    Asking,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.session import Session
    from stand.emulator.model import MetaObject

ZERO = "00000000-0000-0000-0000-000000000000"
TABLE_URL, SALE_URL = f"{GOODS}(guid'{TABLE}')", f"{SALE}(guid'{SECOND}')"
RATE_URL = f"{RATES}(Period=datetime'2026-03-01T00:00:00',Валюта='EUR',Где='',Где_Type='StandardODATA.Undefined')"


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    base = filled_base(tmp_path)
    yield Asking(base)
    base.close()


# -- posting and handlers ---------------------------------------------------------------------------------------------------------


def posting(_session: Session, _meta: MetaObject, row: Row) -> dict[str, list[Row]]:
    if not row["Товары"]:
        raise BusinessError("Нечего проводить")
    return {
        STOCK: [
            {"RecordType": "Expense", "Товар": line["Товар"], "Количество": line["Количество"]}
            for line in row["Товары"]
        ]
    }


def test_post_and_unpost(asking: Asking) -> None:
    asking.infobase.hooks.posting = posting
    url = f"{SALE}(guid'{FIRST}')"
    asking.send("POST", f"{url}/Unpost")
    assert asking.get(url)["Posted"] is False
    assert [item["Recorder"] for item in asking.rows(STOCK)] == [PAID]
    asking.send("POST", f"{url}/Post?PostingModeOperational=false")
    assert asking.get(url)["Posted"] is True
    assert len(asking.rows(f"{STOCK}_RecordType?$filter=RecordType eq 'Expense' and Active")) == 5
    assert asking.send("PATCH", url, {"Posted": False, "Комментарий": "x"})["Posted"] is True  # never set directly


def test_a_refused_posting_is_500_with_code_minus_one_and_changes_nothing(asking: Asking) -> None:
    asking.infobase.hooks.posting = posting
    before = asking.infobase.fingerprint()
    assert asking.refusal("POST", f"{SALE_URL}/Post()") == (500, "-1", "Нечего проводить")
    assert asking.infobase.fingerprint() == before


def test_marking_a_posted_document_and_posting_a_marked_one_are_refused(asking: Asking) -> None:
    assert asking.refusal("PATCH", f"{SALE}(guid'{FIRST}')", {"DeletionMark": True})[:2] == (500, "-1")
    assert asking.send("PATCH", SALE_URL, {"DeletionMark": True})["DeletionMark"] is True
    assert asking.refusal("POST", f"{SALE_URL}/Post")[:2] == (500, "-1")


def test_handlers_refuse_but_not_in_load_mode(asking: Asking) -> None:
    def refuse(_session: Session, _meta: MetaObject, _row: Row) -> None:
        raise BusinessError("Запись запрещена датой запрета изменения")

    asking.infobase.hooks.before_write = refuse
    assert asking.refusal("PATCH", TABLE_URL, {"Вес": 1}) == (500, "-1", "Запись запрещена датой запрета изменения")
    for header in ("1C_OData-DataLoadMode", "1C_OData_DataLoadMode"):
        asking.headers[header.lower()] = "true"
        assert asking.call("PATCH", TABLE_URL, {"Вес": 1}).status == 200
        del asking.headers[header.lower()]


def test_a_failure_of_ours_is_an_answer_too(asking: Asking, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_session: Session, _meta: MetaObject, _row: Row) -> None:
        raise ZeroDivisionError

    asking.infobase.hooks.before_write = fail
    assert asking.refusal("PATCH", TABLE_URL, {"Вес": 1})[:2] == (500, "-1")
    assert "ZeroDivisionError" in caplog.text


# -- Atom -------------------------------------------------------------------------------------------------------------------------

ENTRY = """<entry xmlns="http://www.w3.org/2005/Atom"><content><m:properties xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"
 xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><d:Сумма>12.5</d:Сумма><d:Комментарий m:null="true"/>
 <d:Товары><d:element><d:LineNumber>1</d:LineNumber><d:Количество>3</d:Количество></d:element></d:Товары></m:properties></content></entry>"""


def test_bodies_in_atom(asking: Asking) -> None:
    asking.headers["content-type"] = "application/atom+xml"
    changed = asking.send("PATCH", SALE_URL, ENTRY.encode())
    assert (changed["Сумма"], changed["Комментарий"], changed["Товары"][0]["Количество"]) == (Decimal("12.5"), "", 3)


@pytest.mark.parametrize(
    "body",
    [
        '<!DOCTYPE e [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ENTRY.replace("12.5", "&x;"),
        '<!DOCTYPE e [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]>' + ENTRY.replace("12.5", "&b;"),
        "<entry/>",
        "не XML",
        "",
    ],
)
def test_hostile_atom_is_refused(asking: Asking, body: str) -> None:
    asking.headers["content-type"] = "application/atom+xml"
    before = asking.infobase.fingerprint()
    assert asking.refusal("PATCH", SALE_URL, body.encode())[:2] == (400, "2")
    assert asking.infobase.fingerprint() == before


# -- hostile values ---------------------------------------------------------------------------------------------------------------

values: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(
            [
                TABLE,
                "StandardODATA.Document_Оплата",
                "Edm.Double",
                "Edm.DateTime",
                "2026-01-01T00:00:00",
                "0001-01-01T00:00:00+14:00",
            ]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["LineNumber", "Что", "Что_Type"]), inner)
    ),
    max_leaves=6,
)
fields = st.sampled_from(
    [
        "Ref_Key",
        "Number",
        "Date",
        "DeletionMark",
        "Покупатель_Key",
        "Покупатель@odata.bind",
        "Сумма",
        "Основание",
        "Основание_Type",
        "Комментарий",
        "Товары",
    ]
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    base = filled_base(tmp_path_factory.mktemp("writing"))
    yield Asking(base)
    base.close()


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(fields, values, max_size=5))
def test_no_body_breaks_it(shared: Asking, body: dict[str, Any]) -> None:
    answer = shared.call("PATCH", SALE_URL, body)
    assert answer.status in (200, 400, 404, 500)
    if answer.status == 500:
        text = decode_json(answer.body)["odata.error"]["message"]["value"]
        lines = body.get("Товары")
        unnumbered = isinstance(lines, list) and any(
            isinstance(line, dict) and "LineNumber" not in line for line in lines
        )
        assert unnumbered or "внутренняя ошибка" not in text, text
