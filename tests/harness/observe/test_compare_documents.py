from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import DocumentError
from harness.observe.documents import hide_personal
from harness.observe.paths import masked, matches
from harness.observe.pseudonyms import Pseudonyms
from harness.record.models import DifferenceClass
from tests.harness.observe.pair import Pair

if TYPE_CHECKING:
    from pathlib import Path

    from harness.record.models import Difference

XML = """<?xml version="1.0" encoding="UTF-8"?>
<Сообщение xmlns="http://v8.1c.ru/edi/edi_stnd/EnterpriseData/1.17" Номер="7">
  <Время>2026-01-01T10:00:00</Время>
  <Заказ><Код>А</Код><Сумма>10.50</Сумма></Заказ>
  <Заказ><Код>Б</Код><Сумма>3</Сумма></Заказ>
</Сообщение>"""
JSON = (
    '{"id": 5, "lines": [{"code": "A", "qty": 1.50, "note": null}, {"code": "B", "qty": 2, "note": ""}], "flag": true}'
)
TEXT = "1CClientBankExchange\nНомер=1\nСумма=100.00\nПолучатель=Иванова\nКонецФайла"
IDENTITY = {"/Сообщение/Заказ": "Код"}


def compared(folder: Path, before: str | bytes, after: str | bytes, media: str = "xml", **how: Any) -> list[Difference]:
    sides = [side.encode() if isinstance(side, str) else side for side in (before, after)]
    return Pair(folder).both(
        lambda observe: observe.document("d", sides[0], media=media, **how),
        lambda observe: observe.document("d", sides[1], media=media, **how),
    )


@pytest.mark.parametrize(("media", "content"), [("xml", XML), ("json", JSON), ("text", TEXT), ("binary", "\x00\x01")])
def test_the_same_document_is_identical(folder: Path, media: str, content: str) -> None:
    assert [found.cls for found in compared(folder, content, content, media)] == [DifferenceClass.IDENTICAL]


def test_layout_and_order_of_identified_members_do_not_matter(folder: Path) -> None:
    lines = XML.splitlines()
    other = "\n".join([*lines[:3], lines[4].strip(), lines[3].replace("><", ">\n    <"), lines[5]])

    assert [found.cls for found in compared(folder, XML, other, identity=IDENTITY)] == [DifferenceClass.IDENTICAL]


def test_changed_value_is_named_by_its_member(folder: Path) -> None:
    (found,) = compared(folder, XML, XML.replace(">3<", ">4<"), identity=IDENTITY)

    assert found.cls is DifferenceClass.UNEXPLAINED
    assert str(found.text) == "Документ «d», «/Сообщение/Заказ[Код=Б]/Сумма»: было 3, стало 4"


def test_lost_member_is_a_loss_of_values_and_not_of_structure(folder: Path) -> None:
    (found,) = compared(folder, XML, XML.replace("<Заказ><Код>Б</Код><Сумма>3</Сумма></Заказ>", ""), identity=IDENTITY)

    assert (found.cls, found.removed) == (DifferenceClass.UNEXPLAINED, 2)


def test_lost_and_new_elements_are_structure(folder: Path) -> None:
    breaking, widening = compared(folder, XML, XML.replace("Сумма>", "Итого>"), identity=IDENTITY)

    assert (breaking.cls, breaking.breaking) == (DifferenceClass.STRUCTURE, True)
    assert (widening.cls, widening.breaking) == (DifferenceClass.STRUCTURE, False)
    assert str(breaking.text) == "Документ «d»: больше нет «/Сообщение/Заказ/Сумма»"


def test_new_version_of_a_format_is_one_difference(folder: Path) -> None:
    (found,) = compared(folder, XML, XML.replace("/1.17", "/1.19"), identity=IDENTITY)

    assert [(e.key, e.before[-4:], e.after[-4:]) for e in found.examples] == [("/Сообщение/@xmlns", "1.17", "1.19")]


def test_masks_hide_what_is_volatile_and_nothing_else(folder: Path) -> None:
    after = XML.replace("10:00:00", "11:00:00").replace('Номер="7"', 'Номер="8"').replace(">3<", ">4<")

    (found,) = compared(folder, XML, after, identity=IDENTITY, mask=["/Сообщение/Время", "@Номер"])

    assert [example.key for example in found.examples] == ["/Сообщение/Заказ[Код=Б]/Сумма"]


def test_members_under_one_identity_are_told(folder: Path) -> None:
    twice = XML.replace("<Код>Б</Код>", "<Код>А</Код>")

    (found,) = compared(folder, twice, twice, identity=IDENTITY)

    assert found.cls is DifferenceClass.DUPLICATE_KEY


@pytest.mark.parametrize(
    ("old", "new", "cls"),
    [
        ("1.50", "1.5", DifferenceClass.IDENTICAL),
        ("1.50", "1.51", DifferenceClass.UNEXPLAINED),
        ("1.50", '"1.50"', DifferenceClass.STRUCTURE),
        ("null", '""', DifferenceClass.UNEXPLAINED),
        ("true", "false", DifferenceClass.UNEXPLAINED),
        ('"B"', '"C"', DifferenceClass.UNEXPLAINED),
        ('"flag": true', '"flag": {}', DifferenceClass.STRUCTURE),
    ],
)
def test_json_is_compared_by_type_and_value(folder: Path, old: str, new: str, cls: DifferenceClass) -> None:
    found = compared(folder, JSON, JSON.replace(old, new), "json", identity={"/lines": "code"})

    assert [difference.cls for difference in found] == [cls]


def test_text_is_compared_by_lines(folder: Path) -> None:
    (found,) = compared(
        folder, TEXT, TEXT.replace("100.00", "200.00").replace("Получатель=Иванова\n", "") + "\nЕщё", "text"
    )

    assert (found.changed, found.removed, found.added) == (1, 1, 1)
    assert str(found.text).startswith("Документ «d», «строка 3»: было Сумма=100.00, стало Сумма=200.00")


def test_encoding_of_a_text_is_structure(folder: Path) -> None:
    (found,) = compared(folder, TEXT.encode("cp1251"), TEXT.encode("utf-8"), "text")

    assert (found.cls, found.breaking) == (DifferenceClass.STRUCTURE, True)
    assert [(e.before, e.after) for e in found.examples] == [("cp1251", "utf-8")]


def test_mask_of_a_text_is_an_expression(folder: Path) -> None:
    (found,) = compared(folder, TEXT, TEXT.replace("Номер=1", "Номер=2"), "text", mask=[r"Номер=\d+"])

    assert found.cls is DifferenceClass.IDENTICAL


def test_long_texts_are_compared_in_reasonable_time(folder: Path) -> None:
    before = [f"строка {number}" for number in range(20_000)]
    after = [*before[1:10_000], "новая", *before[10_000:], "ещё"]

    (found,) = compared(folder, "\n".join(before), "\n".join(after), "text")

    assert (found.added, found.removed) == (2, 1)


def test_binary_is_compared_by_content(folder: Path) -> None:
    (found,) = compared(folder, b"\xff\x00", b"\xff\x01", "binary")

    assert found.cls is DifferenceClass.UNEXPLAINED
    assert "sha256" in str(found.text)


@pytest.mark.parametrize(
    ("media", "content"),
    [
        ("xml", b"not xml"),
        ("xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        ("xml", b""),
        ("json", b"{"),
        ("json", b"<a/>"),
    ],
)
def test_document_that_is_not_what_it_says_is_refused(folder: Path, media: str, content: bytes) -> None:
    with pytest.raises(DocumentError):
        compared(folder, content, content, media)


@pytest.mark.parametrize(
    ("media", "content", "personal"),
    [
        ("xml", "<А><ФИО>Иванова Мария</ФИО><Б имя='Иванова Мария'>1</Б></А>", ["/А/ФИО", "@имя"]),
        ("json", '{"a": [{"name": "Иванова Мария", "sum": 1.10}]}', ["**/name"]),
        ("text", "Получатель=Иванова Мария\nСумма=1.10", [r"(?<=Получатель=).*$"]),
    ],
)
def test_personal_parts_of_a_document_are_pseudonyms(media: str, content: str, personal: list[str]) -> None:
    hidden = hide_personal(content.encode(), media, personal, Pseudonyms(b"k")).decode()

    assert "Иванова" not in hidden
    assert "ПД-" in hidden
    assert "1.10" in hidden or media == "xml"


def test_path_patterns() -> None:
    assert matches("/a/b", "/a/b")
    assert not matches("/a/b", "/a/b/c")
    assert not matches("/a/b", "/x/a/b")
    assert matches("b", "/a/b")
    assert matches("/a/*/c", "/a/b/c")
    assert not matches("/a/*/c", "/a/b/b/c")
    assert matches("/a/**/c", "/a/c")
    assert matches("**/@t", "/a/b/@t")
    assert matches("/a/x*", "/a/xyz")
    assert masked(("/a/b",), "/a/b/c")
    assert not masked(("/a/b/c",), "/a/b")


@pytest.mark.parametrize(
    ("media", "content", "mask"),
    [
        ("xml", XML, ["**"]),
        ("xml", XML, ["/Сообщение"]),
        ("json", JSON, ["id", "lines", "flag"]),
        ("text", TEXT, [".+"]),
    ],
)
def test_mask_that_covers_all_leaves_nothing_to_believe(
    folder: Path, media: str, content: str, mask: list[str]
) -> None:
    (found,) = compared(folder, content, content.replace("50", "51").replace("100", "101"), media, mask=mask)

    assert found.cls is DifferenceClass.NO_TWIN
    assert "маски закрыли его целиком" in str(found.text)
