from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from harness.errors import DocumentError
from harness.exchange import markup

if TYPE_CHECKING:
    from lxml.etree import _Element

BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;</a>'


def records(data: bytes) -> list[str]:
    def is_record(element: _Element) -> bool:
        return element.getparent() is not None

    events = markup.stream(io.BytesIO(data), "x", ("r",), is_record)
    return [markup.text(element) for event, element in events if event == "end"]


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
        b'<?xml version="1.0"?>' + b" " * 5000 + b"<!doctype a []><a/>",
        BOMB.decode().encode("utf-16"),
    ],
)
def test_no_document_type_gets_in(data: bytes) -> None:
    for read in (lambda: markup.parse(data, "x"), lambda: records(data)):
        with pytest.raises(DocumentError):
            read()


def test_depth_and_size_are_bounded() -> None:
    with pytest.raises(DocumentError, match="не XML"):
        markup.parse(b"<a>" * 5000 + b"</a>" * 5000, "x")
    with pytest.raises(DocumentError, match="больше 1 МБ"):
        markup.parse(b"<a>" + b"x" * 2**20 + b"</a>", "x", limit=2**20)


def test_a_namespace_that_is_a_russian_word_is_read() -> None:
    root = markup.parse('<a xmlns:d3p1="Таблица"><d3p1:Строка>1</d3p1:Строка></a>'.encode(), "x")

    assert markup.text(root, "Строка") == "1"
    assert markup.namespace(root[0]) == "Таблица"


def test_a_russian_namespace_forgives_no_other_fault() -> None:
    with pytest.raises(DocumentError, match="не XML"):
        markup.parse('<a xmlns:d3p1="Таблица"><d3p1:Строка>1</a>'.encode(), "x")


def test_a_stream_gives_complete_records_and_forgets_them() -> None:
    data = b"  <a><h/>" + b"".join(b"<r>%d<s/></r>" % n for n in range(12000)) + b"</a>"

    assert records(data) == [str(n) for n in range(12000)]


def test_a_stream_refuses_what_is_no_record_and_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "_GAP", 1 << 17)

    with pytest.raises(DocumentError, match="слишком много данных"):
        records(b"<a>" + b"<junk>1</junk>" * 20000 + b"</a>")
    with pytest.raises(DocumentError, match="слишком много данных"):
        records(b"<a><r>" + b"<x/>" * 60000 + b"</r></a>")


def test_junk_between_records_does_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(markup, "_KEPT", 1000)
    monkeypatch.setattr(markup, "_AUDIT", 100)

    with pytest.raises(DocumentError, match="слишком много данных"):
        records(b"<a>" + b"<r/><j><k/></j>" * 3000 + b"</a>")


@pytest.mark.parametrize("text", ["1e99999999", "NaN", "Infinity", "--1", "", "1.2.3", "٣", "1" * 99])
def test_what_is_no_number_of_1c_is_none(text: str) -> None:
    assert markup.number(text) is None
