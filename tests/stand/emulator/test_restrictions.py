"""Row-level rights: refusal without `allowedOnly`, open rows with it, on every way to a row."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from stand.emulator.auth import User
from stand.emulator.odata.restrictions import Restrictions
from tests.stand.emulator.filled import FIRST, IVANOV, LAMP, SECOND, TABLE
from tests.stand.emulator.filled import filled_base as _filled
from tests.stand.emulator.sample import GOODS, PEOPLE, PRICES, RATES, SALE, SALES, STOCK, Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Infobase

EVERYTHING = {name: ["*"] for name in ("read", "insert", "update", "delete", "post")}
ROLES: dict[str, Any] = {
    "Продавец": {
        **EVERYTHING,
        "restrict": {
            SALE: "Posted eq true",
            GOODS: {"read": "Description ne 'Лампа'", "update": "Description eq 'Стол'"},
            STOCK: "Место eq 'Другой'",
            PRICES: "Цена gt 1000",
            RATES: "Период ne null",
            PEOPLE: "Owner/Description eq 'Стол'",
        },
    },
    "Кладовщик": {**EVERYTHING, "restrict": {SALE: "Number eq '0000-000002'"}},
    "Без ограничений": EVERYTHING,
    "Ничего": {},
}
ROLES["Продавец"]["restrict"][RATES] = "Курс lt 91"


@pytest.fixture(scope="module")
def infobase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    base = _filled(tmp_path_factory.mktemp("restrictions"))
    base.replace_configuration(replace(base.configuration, behaviour={"roles": ROLES}))
    yield base
    base.close()


def asking(infobase: Infobase, *roles: str) -> Asking:
    return Asking(infobase, User("Иванова", roles))


@pytest.fixture
def seller(infobase: Infobase) -> Asking:
    return asking(infobase, "Продавец")


def test_a_closed_row_refuses_the_whole_set(seller: Asking) -> None:
    assert seller.refusal("GET", SALE) == (401, "20", "Нарушение прав доступа!")
    assert len(seller.rows(f"{SALE}?$filter=Posted eq true")) == 1  # the query meets no closed row
    assert seller.refusal("GET", f"{SALE}/$count")[:2] == (401, "20")


@pytest.mark.parametrize("option", ["allowedOnly=true", "$allowedOnly=true"])
def test_only_open_rows_come_when_asked_for(seller: Asking, option: str) -> None:
    assert [row["Ref_Key"] for row in seller.rows(f"{SALE}?{option}")] == [FIRST]
    assert seller.call("GET", f"{SALE}/$count?{option}").body.endswith(b"1")
    assert seller.get(f"{SALE}?{option}&$inlinecount=allpages")["odata.count"] == "1"
    assert seller.refusal("GET", f"{SALE}?allowedOnly=false")[:2] == (401, "20")


def test_single_entities_sections_and_registers(seller: Asking) -> None:
    assert seller.get(f"{SALE}(guid'{FIRST}')")["Ref_Key"] == FIRST
    assert seller.refusal("GET", f"{SALE}(guid'{SECOND}')?allowedOnly=true")[:2] == (401, "20")
    assert len(seller.rows(f"{SALE}_Товары")) == 3
    assert seller.refusal("GET", STOCK)[:2] == (401, "20")
    assert seller.rows(f"{STOCK}?allowedOnly=true") == []
    assert seller.rows(f"{STOCK}_RecordType?allowedOnly=true") == []
    assert len(seller.rows(f"{RATES}?allowedOnly=true")) == 1
    assert len(seller.rows(SALES)) == 1


def test_virtual_tables(seller: Asking) -> None:
    assert seller.refusal("GET", f"{STOCK}/Balance()")[:2] == (401, "20")
    assert seller.rows(f"{STOCK}/Balance()?allowedOnly=true") == []
    assert seller.rows(f"{STOCK}/Balance(Condition='Место eq ''Склад''')?allowedOnly=true") == []
    assert seller.refusal("GET", f"{RATES}/SliceLast()")[:2] == (401, "20")
    (rate,) = seller.rows(f"{RATES}/SliceLast()?allowedOnly=true")
    assert str(rate["Курс"]) == "90.1234"


def test_what_an_expansion_shows_is_as_closed(seller: Asking) -> None:
    assert seller.rows(f"{SALE}?$expand=Покупатель&allowedOnly=true")[0]["Покупатель"]["Ref_Key"] == IVANOV
    lines = seller.rows(f"{SALE}_Товары?$filter=LineNumber eq 3&$expand=Товар&allowedOnly=true")
    assert (lines[0]["Товар_Key"], lines[0]["Товар"]) == (LAMP, None)
    assert seller.refusal("GET", f"{SALE}_Товары?$filter=LineNumber eq 3&$expand=Товар")[:2] == (401, "20")


@pytest.mark.parametrize(
    "path",
    [
        f"{SALE}_Товары?$filter=Товар/Description eq 'Лампа'",
        f"{SALE}_Товары?$orderby=Товар/Description",
        f"{SALE}_Товары/$count?$filter=Товар/Description eq 'Лампа'",
        f"{SALE}?$filter=Posted eq true and Товары/any(d: d/Товар/Description eq 'Лампа')",
        f"{SALES}/Turnovers(Condition='Товар/Description eq ''Лампа''')",
        f"{SALE}_Товары?$filter=cast(Товар,'Catalog_Товары')/Description eq 'Лампа'",
    ],
)
def test_a_path_tells_nothing_of_a_closed_object(seller: Asking, infobase: Infobase, path: str) -> None:
    assert asking(infobase, "Без ограничений").call("GET", path).status == 200
    assert seller.refusal("GET", path)[:2] == (401, "20")
    answer = seller.call("GET", f"{path}{'&' if '?' in path else '?'}allowedOnly=true")
    assert answer.status == 200
    if "orderby" not in path:
        assert answer.body.endswith(b"0" if "$count" in path else b'"value":[]}')


def test_a_path_among_open_objects_is_open(seller: Asking) -> None:
    # Sales know nothing of the lamp, which is closed: nothing closed is met.
    assert len(seller.rows(f"{SALES}_RecordType?$filter=Товар/Description eq 'Стол'")) == 1
    # Of two steps it cannot be told what was met.
    deep = f"{SALE}?$filter=Posted eq true and Покупатель/Owner/Description eq 'Стол'"
    assert seller.refusal("GET", deep)[:2] == (401, "20")
    assert len(seller.rows(f"{deep}&allowedOnly=true")) == 1


def test_a_path_into_objects_without_the_right_is_refused(infobase: Infobase) -> None:
    before = infobase.configuration
    infobase.replace_configuration(replace(before, behaviour={"roles": {"Р": {"read": [SALE, PEOPLE]}}}))
    reader = asking(infobase, "Р")
    assert len(reader.rows(f"{SALE}?$filter=Покупатель/Description eq 'Иванов'")) == 1
    for path in (f"{SALE}?$filter=Покупатель/Owner/Description eq 'Стол'", f"{SALE}(guid'{FIRST}')/Покупатель/Owner"):
        assert reader.refusal("GET", path)[:2] == (401, "20")
    infobase.replace_configuration(before)


def test_writes_stay_within_what_is_open(seller: Asking) -> None:
    assert seller.refusal("PATCH", f"{SALE}(guid'{SECOND}')", {"Комментарий": "1"})[:2] == (401, "20")
    assert seller.refusal("DELETE", f"{SALE}(guid'{SECOND}')")[:2] == (401, "20")
    assert seller.refusal("POST", f"{SALE}(guid'{SECOND}')/Unpost")[:2] == (401, "20")
    assert seller.send("PATCH", f"{GOODS}(guid'{TABLE}')", {"Вес": 1})["Вес"] == 1
    renamed = seller.refusal("PATCH", f"{GOODS}(guid'{TABLE}')", {"Description": "Стул"})
    assert renamed[:2] == (401, "20")
    assert seller.get(f"{GOODS}(guid'{TABLE}')")["Description"] == "Стол"
    assert seller.refusal("POST", SALE, {"Date": "2026-01-01T00:00:00"})[:2] == (401, "20")


def test_roles_add_up_and_one_open_role_opens_everything(infobase: Infobase) -> None:
    assert len(asking(infobase, "Продавец", "Кладовщик").rows(f"{SALE}?allowedOnly=true")) == 2
    assert len(asking(infobase, "Продавец", "Без ограничений").rows(SALE)) == 2
    assert len(Asking(infobase, User("А", full_rights=True)).rows(SALE)) == 2
    assert asking(infobase, "Ничего").refusal("GET", SALE)[:2] == (401, "20")
    assert Restrictions(infobase, User("Б", ("Ничего", "Без ограничений"))).texts(SALE, "read") is None


def test_a_condition_is_bound_and_never_sql(infobase: Infobase) -> None:
    roles = {"Р": {**EVERYTHING, "restrict": {GOODS: "Description eq 'x'' OR 1=1 --'"}}}
    before = infobase.configuration
    infobase.replace_configuration(replace(before, behaviour={"roles": roles}))
    assert asking(infobase, "Р").rows(f"{GOODS}?allowedOnly=true") == []
    infobase.replace_configuration(before)
