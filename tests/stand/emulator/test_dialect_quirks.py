"""Each switch changes what the interface answers, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.onec.values import decode_json
from stand.emulator.odata.service import ODataService
from stand.emulator.quirks import Quirks
from tests.stand.emulator.filled import CHAIR, FIRST, SECOND, TABLE, filled_base
from tests.stand.emulator.sample import CURRENCY, GOODS, PEOPLE, RATES, SALE, STOCK, Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from stand.emulator.database.infobase import Infobase

URL = f"{GOODS}(guid'{TABLE}')"


@pytest.fixture
def infobase(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    base = filled_base(tmp_path_factory.mktemp("quirks"))
    yield base
    base.close()


@pytest.fixture
def with_quirk(infobase: Infobase) -> Callable[..., Asking]:
    def make(*pairs: str) -> Asking:
        asking = Asking(infobase)
        asking.service = ODataService(infobase, Quirks.parse(pairs))
        return asking

    return make


@pytest.mark.parametrize("written", ["{}", '"{}"', 'W/"{}"'])
def test_if_match(with_quirk: Callable[..., Asking], written: str) -> None:
    old = with_quirk().get(URL)["DataVersion"]
    assert with_quirk().call("PATCH", URL, {"Вес": 1}, if_match=written.format("AAAAAAAAAP8=")).status == 200
    strict = with_quirk("if-match=enforced")
    refused = strict.call("PATCH", URL, {"Вес": 2}, if_match=written.format(old))
    assert (refused.status, strict.get(URL)["Вес"]) == (412, 1)
    assert strict.call("DELETE", URL, if_match=written.format(old)).status == 412
    fresh = strict.get(URL)["DataVersion"]
    assert strict.call("PATCH", URL, {"Вес": 2}, if_match=written.format(fresh)).status == 200
    assert strict.call("PATCH", URL, {"Вес": 3}, if_match="*").status == 200
    assert strict.call("PATCH", URL, {"Вес": 4}).status == 200


def test_the_header_of_the_data_load_mode(with_quirk: Callable[..., Asking], infobase: Infobase) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    infobase.hooks.before_write = refuse
    new, old = "1c_odata-dataloadmode", "1c_odata_dataloadmode"

    def loads(asking: Asking, header: str) -> bool:
        asking.headers = {**asking.headers, header: "true"}
        return asking.call("PATCH", URL, {"Вес": 1}).status == 200

    assert loads(with_quirk(), new)
    assert loads(with_quirk(), old)
    assert loads(with_quirk("data-load-header=new"), new)
    assert not loads(with_quirk("data-load-header=new"), old)
    assert not loads(with_quirk("data-load-header=old"), new)
    infobase.hooks.before_write = None


def test_fill_checks(with_quirk: Callable[..., Asking], infobase: Infobase) -> None:
    from dataclasses import replace

    checks = {"fill_checks": {GOODS: ["Description", "Артикул"]}}
    infobase.replace_configuration(replace(infobase.configuration, behaviour=checks))
    assert with_quirk().send("POST", GOODS, {"Description": "Без артикула"}, 201)["Артикул"] == ""
    strict = with_quirk("fill-checks=run")
    assert strict.refusal("POST", GOODS, {"Description": "Без артикула"}) == (500, "-1", 'Поле "Артикул" не заполнено')
    assert strict.refusal("PATCH", URL, {"Артикул": ""})[:2] == (500, "-1")
    assert strict.send("POST", GOODS, {"Description": "С артикулом", "Артикул": "1"}, 201)
    strict.headers["1c_odata-dataloadmode"] = "true"
    assert strict.send("POST", GOODS, {"Description": "Загрузка"}, 201)["Артикул"] == ""


def test_keys_of_constants(with_quirk: Callable[..., Asking]) -> None:
    zero = f"{CURRENCY}(guid'00000000-0000-0000-0000-000000000000')"
    assert with_quirk().get(zero) == with_quirk().get(f"{CURRENCY}(0)")
    assert with_quirk("constant-key=surrogate").refusal("GET", zero)[:2] == (400, "7")
    assert with_quirk("constant-key=guid").refusal("GET", f"{CURRENCY}(SurrogateKey=0)")[:2] == (400, "7")
    assert with_quirk("constant-key=guid").get(zero)["SurrogateKey"] == 0


def test_inlinecount_and_count(with_quirk: Callable[..., Asking]) -> None:
    page = f"{GOODS}?$inlinecount=allpages&$top=1&$skip=1"
    assert [len(with_quirk(*pair).get(page)["value"]) for pair in ((), ("inlinecount=whole",))] == [1, 3]
    assert with_quirk("inlinecount=whole").get(page)["odata.count"] == "3"
    url = f"{GOODS}/$count"
    assert with_quirk().call("GET", url).body == b"\xef\xbb\xbf3"
    assert with_quirk("count=plain").call("GET", url).body == b"3"
    assert with_quirk("count=absent").refusal("GET", url)[:2] == (501, "0")


def test_an_unknown_parameter_of_a_function(with_quirk: Callable[..., Asking]) -> None:
    url = f"{STOCK}/Balance(EndDate=datetime'2026-01-01T00:00:00')"
    assert with_quirk().refusal("GET", url) == (501, "0", "Параметр EndDate не поддерживается")
    assert with_quirk("unknown-parameter=400").refusal("GET", url) == (400, "0", "Параметр EndDate не поддерживается")


def test_records_of_a_set_in_atom(with_quirk: Callable[..., Asking]) -> None:
    full = with_quirk().call("GET", f"{STOCK}?$format=atom").body.decode()
    bare = with_quirk("record-set-atom=bare").call("GET", f"{STOCK}?$format=atom").body.decode()
    assert (full.count("<d:Recorder>"), bare.count("<d:Recorder>")) == (6, 2)


def test_the_key_in_a_post(with_quirk: Callable[..., Asking]) -> None:
    body = {"Ref_Key": CHAIR, "Description": "Чужой ключ"}
    assert with_quirk().refusal("POST", GOODS, body)[:2] == (400, "15")
    assert with_quirk("post-key=ignored").send("POST", GOODS, body, 201)["Ref_Key"] != CHAIR


def test_merge(with_quirk: Callable[..., Asking]) -> None:
    assert with_quirk().send("MERGE", URL, {"Вес": 5})["Вес"] == 5
    assert with_quirk("merge=refused").refusal("MERGE", URL, {"Вес": 5})[:2] == (405, "19")


@pytest.mark.parametrize(
    ("url", "russian", "english"),
    [
        ("CatalogПоставщики", "Сущность 'CatalogПоставщики' не найдена", '"CatalogПоставщики" entity is not found'),
        (f"{PEOPLE}(guid'{FIRST}')", f"Экземпляр сущности '{PEOPLE}' не найден", "Entity instance not found"),
        (
            f"{GOODS}?$filter=a b",
            "Ошибка при разборе опции запроса $filter (позиция 3)",
            "Error parsing $filter (позиция 3) query option",
        ),
        (f"{RATES}/Нет()", "Метод не найден", "Method not found"),
    ],
)
def test_texts_follow_the_language_of_the_session(
    with_quirk: Callable[..., Asking], url: str, russian: str, english: str
) -> None:
    assert with_quirk().refusal("GET", url)[2] == russian
    assert with_quirk("texts=en").refusal("GET", url)[2] == english
    answer = with_quirk("texts=en").call("GET", url)
    assert decode_json(answer.body)["odata.error"]["message"]["lang"] == "ru"  # as recorded


def test_a_composition_may_be_lost_by_an_update(with_quirk: Callable[..., Asking], infobase: Infobase) -> None:
    from dataclasses import replace

    kept, lost = with_quirk(), with_quirk("composition-after-update=lost")
    kept.service.compose([GOODS, SALE])
    infobase.replace_configuration(replace(infobase.configuration, version="2.0"))
    assert len(kept.rows(SALE)) == 2
    assert lost.refusal("GET", SALE)[:2] == (404, "8")
    assert lost.get("")["value"] == []
    assert with_quirk().refusal("GET", f"{SALE}(guid'{SECOND}')")[:2] == (404, "8")
