"""Any file: recognised by its content, checked, compared with another."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from harness.errors import DocumentError, UsageError
from harness.exchange import commerceml_write, directbank_write, xdto, xsd
from harness.exchange import enterprise_data as ed
from harness.exchange import enterprise_data_write as edw
from harness.exchange.comparison import compare
from harness.exchange.inspection import Means, inspect
from harness.exchange.problems import FormatError, appeared, problem
from harness.exchange.recognise import Kind, recognise
from tests.harness.exchange.samples import OFFERS, message, samples
from tests.harness.exchange.test_archive import packed
from tests.harness.exchange.test_catalogue import CATALOGUE
from tests.harness.exchange.test_directbank import packet

REAL = Path(__file__).parents[4] / "shared" / "real"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real")
SCHEMA = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:1C.ru:commerceml_2" targetNamespace="urn:1C.ru:commerceml_2"
 elementFormDefault="qualified">{include}<xs:element name="КоммерческаяИнформация"><xs:complexType><xs:sequence>
 <xs:element name="Документ" minOccurs="0"><xs:complexType><xs:sequence><xs:element name="Ид" type="xs:string"/>
 <xs:element name="КПП" minOccurs="0"><xs:simpleType><xs:restriction base="xs:string"><xs:maxLength value="9"/></xs:restriction></xs:simpleType></xs:element>
 </xs:sequence></xs:complexType></xs:element></xs:sequence><xs:attribute name="ВерсияСхемы"/></xs:complexType></xs:element></xs:schema>"""
ORDER = '<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_2">{inner}</КоммерческаяИнформация>'


@pytest.mark.parametrize("kind", samples())
def test_each_format_is_recognised_and_right(kind: Kind, tmp_path: Path) -> None:
    data = samples()[kind]
    path = tmp_path / "file"
    path.write_bytes(data)

    assert recognise(data) is kind
    found = inspect(path, "file")
    assert (found.kind, found.problems) == (kind, ())
    assert found.facts


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "пуст"),
        (b"hello", "не известен"),
        ("***** ^Type=400^".encode("cp1251"), "белорусского"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><body/></html>", "html"),
        (b"<", "не XML"),
        ("<ФайлОбмена/>".encode(), "КД 2"),
        (b"PK\x03\x04", "архив повреждён"),
        (packed(("a.jpg", b"1")), "нет файлов обмена"),
        (packed(("a.xml", packed(("b.xml", b"<a/>")))), "архив в архиве"),
    ],
)
def test_what_is_no_exchange_is_refused_with_its_reason(data: bytes, words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        inspect(data, "file")


def test_files_of_an_archive_are_checked_each() -> None:
    broken = OFFERS.replace(b">750.50<", b">-1<")
    found = inspect(
        packed(("import.xml", samples()[Kind.COMMERCEML]), ("offers.xml", broken), ("a.jpg", b"1")), "v8.zip"
    )

    assert found.facts == {"files": "3"}
    assert [(one.name, len(one.problems)) for one in found.inner] == [("import.xml", 0), ("offers.xml", 1)]
    assert len(found.all_problems) == 1


def test_a_message_is_checked_by_a_package() -> None:
    package = xdto.load_package(samples()[Kind.XDTO])
    data = edw.write(replace(message(), body_namespace=package.namespace))

    found = inspect(data, "m.xml", means=Means(package=package))

    assert {item.code for item in found.problems} == {"VERSION", "UNKNOWN"}
    with pytest.raises(UsageError, match="--package"):
        inspect(OFFERS, "o.xml", means=Means(package=package))


def test_the_header_of_a_message_travels_whole() -> None:
    again = ed.read(edw.write(message()))

    assert (again.extensions, again.contour, again.object_types) == (
        message().extensions,
        message().contour,
        message().object_types,
    )
    assert ed.check(again) == []
    wrong = replace(message(), object_types=(ed.ObjectType("x", "1.11", "*"),), contour=(ed.ContourNode("", "A"),))
    assert [item.code for item in ed.check(wrong)] == ["MISSING", "MISSING", "VERSION"]


@pytest.mark.parametrize("kind", samples())
def test_a_file_equals_itself(kind: Kind) -> None:
    data = samples()[kind]

    assert compare(data, data) == []


def told(before: bytes, after: bytes, **means: object) -> list[str]:
    return [one.told() for one in compare(before, after, **means)]  # type: ignore[arg-type]


def test_differences_are_told_by_declared_identity() -> None:
    statement = samples()[Kind.BANK]
    assert told(statement, statement.replace(b"=1200.50", b"=1200.51", 1)) == [
        "Счёт 40702810400000000001 15.01.2026: поле «ВсегоПоступило» было «1200.50», стало «1200.51»"
    ]
    item = replace(CATALOGUE.items[0], name="Стул")
    changed = commerceml_write.write_catalogue(replace(CATALOGUE, items=(item,)))
    assert told(samples()[Kind.COMMERCEML], changed) == [
        "исчезло: Товар i1#red",
        "Товар i1: поле «name» было «Стол», стало «Стул»",
    ]
    assert told(edw.write(message()), edw.write(message(ИНН="7707083893"))) == [
        "Справочник.Контрагенты 1: появилось поле «/Справочник.Контрагенты/КлючевыеСвойства[1]/ИНН[1]»: 7707083893"
    ]


def test_what_differs_in_every_message_is_left_out_until_asked_for() -> None:
    seen = ed.Confirmation("Синхронизация", "B", "A", 9, 8)
    before = edw.write(message())
    after = edw.write(replace(message(), created="2026-02-01T00:00:00", confirmation=seen))

    assert told(before, after) == []
    assert len(told(before, after, everything=True)) == 3
    directbank = directbank_write.write_packet(packet())
    assert (
        told(directbank, directbank_write.write_packet(replace(packet(), id="other", created="2026-02-01T00:00:00")))
        == []
    )


def test_equal_objects_in_another_order_are_equal() -> None:
    assert told(edw.write(message()), edw.write(replace(message(), objects=message().objects[::-1]))) == []


def test_different_formats_are_not_compared() -> None:
    with pytest.raises(UsageError, match="разные"):
        compare(samples()[Kind.BANK], samples()[Kind.WSDL])
    with pytest.raises(UsageError, match="распакуйте"):
        compare(packed(("a.xml", b"<a/>")), packed(("a.xml", b"<a/>")))


def schema(folder: Path, include: str = "") -> xsd.Schema:
    path = folder / "schema.xsd"
    path.write_text(SCHEMA.format(include=include), encoding="utf-8")
    return xsd.load_schema(path)


def test_violations_are_a_set_of_which_only_new_ones_count(tmp_path: Path) -> None:
    known = schema(tmp_path)
    before = ORDER.format(inner="<Документ><Ид>1</Ид><КПП>1234567890</КПП></Документ>").encode()
    same = ORDER.format(inner="<Документ><Ид>2</Ид><КПП>12345678901</КПП></Документ>").encode()
    worse = ORDER.format(inner="<Документ><КПП>1234567890</КПП></Документ>").encode()

    old = xsd.violations(before, known)
    assert [item.path for item in old.values()] == ["/КоммерческаяИнформация/Документ/КПП"]
    assert xsd.new_violations(old, xsd.violations(same, known)) == {}
    (new,) = xsd.new_violations(old, xsd.violations(worse, known)).values()
    assert new.text == "элемент «КПП» здесь не ожидается, ожидается: Ид"
    assert len(compare(before, worse, schema=known)) == len(compare(before, worse)) + 1


def test_a_file_without_the_namespace_is_checked_all_the_same(tmp_path: Path) -> None:
    bare = (
        ORDER.format(inner="<Документ><КПП>1</КПП></Документ>").replace(' xmlns="urn:1C.ru:commerceml_2"', "").encode()
    )

    found = xsd.violations(bare, schema(tmp_path))

    assert [key.code for key in found] == ["NAMESPACE", "SCHEMAV_ELEMENT_CONTENT"]


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:9/x.xsd", "../x.xsd", "/etc/passwd", "file:///etc/passwd", "missing.xsd"]
)
def test_a_schema_includes_nothing_from_elsewhere(location: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "x.xsd").write_text(SCHEMA.format(include=""), encoding="utf-8")

    with pytest.raises(DocumentError):
        schema(tmp_path / "in", f'<xs:include schemaLocation="{location}"/>')


def test_a_schema_with_an_entity_in_its_include_is_refused(tmp_path: Path) -> None:
    (tmp_path / "part.xsd").write_text('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x/>', encoding="utf-8")

    with pytest.raises(DocumentError, match="DTD"):
        schema(tmp_path, '<xs:include schemaLocation="part.xsd"/>')


def test_an_update_is_judged_by_new_problems_alone() -> None:
    before = [problem("VALUE", "цена {amount} меньше нуля", line=3, path="/a[1]", amount=1)]
    after = [
        problem("VALUE", "цена {amount} меньше нуля", line=9, path="/a[7]", amount=1),
        problem("MISSING", "x", path="/b"),
    ]

    assert [item.code for item in appeared(before, after)] == ["MISSING"]


def test_values_of_foreign_files_do_not_become_templates() -> None:
    assert (
        problem("VALUE", "«{value}» и {other}", value="{other}", other="{0.__class__}").text
        == "«{other}» и {0.__class__}"
    )
    assert FormatError("{a}", a="x" * 500).message.endswith("…")


def test_a_large_catalogue_is_checked_in_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "import.xml"
    items = (replace(CATALOGUE.items[0], id=f"i{n}", description="д" * 2000) for n in range(2000))
    with path.open("wb") as file:
        commerceml_write.write_catalogue_to(file, CATALOGUE, items)
    tracemalloc.start()

    found = inspect(path, "import.xml")

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.facts["item"], found.problems) == ("2000", ())
    assert peak < 4 * 2**20 < path.stat().st_size


@needs_real
@pytest.mark.parametrize("path", sorted(path for path in REAL.rglob("*") if path.is_file()), ids=lambda path: path.name)
def test_no_real_file_crashes_a_reader(path: Path) -> None:
    for kind in (None, *Kind):
        with suppress(DocumentError):
            assert all(item.text for item in inspect(path, path.name, kind).all_problems)
