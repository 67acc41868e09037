from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.exchange import enterprise_data as ed
from harness.exchange import enterprise_data_write as edw

REAL = Path(__file__).parents[4] / "shared" / "real" / "enterprisedata"
PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"
REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf53"


def message(**changed: object) -> ed.Message:
    body = edw.build_object(
        "Справочник.Валюты", {"КлючевыеСвойства": {"Ссылка": REF, "ДанныеКлассификатора": {"Код": "643"}}}
    )
    base = ed.Message(
        format_uri=ed.FORMAT,
        version="1.17",
        created="2026-01-01T10:00:00",
        confirmation=ed.Confirmation(PLAN, "БП", "ТЗ", 5, 3),
        versions=("1.17", "1.19"),
        object_types=(ed.ObjectType("Справочник.Валюты", "*", ""),),
        prefix="ТЗ",
        objects=(body,),
    )
    return replace(base, **changed)  # type: ignore[arg-type]


def test_written_message_is_read_back_with_the_header_in_order() -> None:
    data = edw.write(message())

    assert data.startswith(b"\xef\xbb\xbf<?xml")
    again = ed.read(data)
    assert ed.validate(again) == []
    assert again.confirmation == ed.Confirmation(PLAN, "БП", "ТЗ", 5, 3)
    assert (again.version, again.versions, again.prefix) == ("1.17", ("1.17", "1.19"), "ТЗ")
    assert again.counts() == {"Справочник.Валюты": 1}
    assert again.identifiers() == (REF,)
    assert again.object_types[0].receiving == ""


def test_versions_are_compared_as_numbers() -> None:
    assert ed.common_version(("1.8", "1.10", "1.17"), ("1.8", "1.10")) == "1.10"
    assert ed.common_version(("1.19", "1.20"), ("1.17",)) == ""
    assert sorted(["1.10", "1.8", "1.17"], key=ed.version_key) == ["1.8", "1.10", "1.17"]


def test_format_without_version_is_a_handshake() -> None:
    found = ed.read(edw.write(message(version="", objects=())))

    assert found.handshake
    assert found.format_uri == ed.FORMAT
    assert ed.validate(found) == []


def test_second_uri_is_a_format_extension() -> None:
    found = ed.read(edw.write(message(extension="http://example.org/ext")))

    assert (found.version, found.extension) == ("1.17", "http://example.org/ext")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"format_uri": "http://v8.1c.ru/other"}, "адрес формата"),
        ({"versions": ("1.19",)}, "не входит в объявленные"),
        ({"versions": ("1.17", "1.9")}, "версии формата 1.9 не существует"),
        ({"versions": ()}, "AvailableVersion"),
        ({"created": ""}, "CreationDate"),
        ({"confirmation": None}, "Confirmation"),
        ({"body_namespace": "http://v8.1c.ru/edi/edi_stnd/EnterpriseData/1.16"}, "пространство имён тела"),
        ({"objects": (edw.build_object("Справочник.Валюты", {"Код": "643"}),)}, "ключевые свойства"),
    ],
)
def test_each_fault_of_the_envelope_is_said_in_words(changed: dict[str, object], words: str) -> None:
    problems = ed.validate(ed.read(edw.write(message(**changed))))

    assert any(words in problem for problem in problems), problems


def test_header_parts_out_of_order_are_found() -> None:
    data = edw.write(message()).decode("utf-8-sig")
    created = "<msg:CreationDate>2026-01-01T10:00:00</msg:CreationDate>"
    moved = data.replace(created, "").replace("</msg:Header>", f"{created}</msg:Header>")

    assert any("порядок" in problem for problem in ed.validate(ed.read(moved.encode())))


def test_reply_is_addressed_back_and_acknowledges() -> None:
    back = ed.read(edw.write(edw.reply(ed.read(edw.write(message())), message_no=4)))

    assert back.confirmation == ed.Confirmation(PLAN, "ТЗ", "БП", 4, 5)
    assert back.identifiers() == (REF,)


def test_reply_in_another_version_moves_the_body_to_its_namespace() -> None:
    back = ed.read(edw.write(edw.reply(message(), message_no=4, version="1.20")))

    assert back.body_namespace.endswith("/1.20")
    assert ed.validate(back) == []


def test_other_xml_is_refused_with_its_reason() -> None:
    with pytest.raises(DocumentError, match="КД 2"):
        ed.read("<ФайлОбмена ВерсияФормата='2.0'/>".encode())
    with pytest.raises(DocumentError, match="Message/Header"):
        ed.read(b"<a/>")
    with pytest.raises(DocumentError, match="не XML"):
        ed.read(b"<a>")
    with pytest.raises(DocumentError, match="пуст"):
        ed.read(b"  ")
    with pytest.raises(DocumentError, match="DTD"):
        ed.read(b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Message>&x;</Message>')
    with pytest.raises(DocumentError, match="MessageNo"):
        ed.read(edw.write(message()).replace(b"MessageNo>5<", b"MessageNo>x<"))


@pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с настоящими сообщениями")
def test_real_messages() -> None:
    handshake = ed.read((REAL / "handshake_1.22_unf.xml").read_bytes())
    assert handshake.handshake
    # Its author left out LastUpdate, which ExchangeMessage.xdto.xml demands.
    assert ed.validate(handshake) == ["в узле контура синхронизации не заполнено «LastUpdate»"]
    body = ed.read((REAL / "message_1.8_partial.xml").read_bytes())
    assert body.counts() == {"Справочник.Валюты": 1, "Справочник.Организации": 1}
    assert ed.read(edw.write(body)).identifiers() == body.identifiers()
