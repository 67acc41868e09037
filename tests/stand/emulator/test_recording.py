"""Bases made of recordings: `$metadata` there and back, rows as they were recorded, changed files, hostile files."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from harness.errors import DocumentError
from harness.onec.edmx import canonical, read_edmx, write_edmx
from stand.emulator.loaders.edmx import configuration_from_metadata
from stand.emulator.loaders.recording import create_recorded
from stand.emulator.odata.edmx_out import metadata_of
from tests.recording import GOODS, STORES, record
from tests.stand.emulator.sample import Asking, sample_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL = Path(__file__).parents[4] / "shared" / "real" / "odata"
real = pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с записями настоящих баз")
D = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
M = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"


def test_a_configuration_survives_its_own_metadata() -> None:
    written = write_edmx(metadata_of(sample_configuration()))
    described = read_edmx(written)
    assert described.problems == ()
    again = metadata_of(configuration_from_metadata(described))
    assert canonical(again) == canonical(described)


def test_metadata_hides_what_is_not_published() -> None:
    described = metadata_of(sample_configuration())
    assert "Catalog_Скрытый" not in described.entity_sets
    author = described.entity_types["Catalog_Товары"]
    assert author.property("Автор_Key") is not None
    assert "Автор" not in {link.name for link in author.navigation}
    assert "Parent" in {link.name for link in author.navigation}


@real
def test_the_real_metadata_comes_back_equal() -> None:
    described = read_edmx((REAL / "msg001_metadata.xml").read_bytes())
    assert canonical(metadata_of(configuration_from_metadata(described))) == canonical(described)


@real
def test_trimmed_real_metadata_comes_back_equal_but_for_what_was_trimmed() -> None:
    described = canonical(read_edmx((REAL / "ut11_trimmed_metadata.xml").read_bytes()))
    again = canonical(
        metadata_of(configuration_from_metadata(read_edmx((REAL / "ut11_trimmed_metadata.xml").read_bytes())))
    )
    for part in ("entity_types", "associations", "entity_sets", "functions"):
        assert again[part] == described[part]
    for part in ("complex_types", "enum_types"):
        assert {name: again[part].get(name) for name in described[part]} == described[part]


@real
def test_an_inconsistent_excerpt_does_not_stop_the_loader() -> None:
    configuration = configuration_from_metadata(read_edmx((REAL / "bp_excerpt_metadata.xml").read_bytes()))
    ledger = configuration.objects["AccountingRegister_Хозрасчетный"].register
    assert ledger is not None
    assert ledger.correspondence
    assert {"Сумма", "КоличествоDr", "ВалютнаяСуммаCr"} <= {item.name for item in ledger.resources}
    assert [item.name for item in ledger.dimensions] == [
        *("Организация", "ВалютаDr", "ВалютаCr", "ПодразделениеDr", "ПодразделениеCr"),
    ]
    assert [item.name for item in ledger.attributes] == ["Содержание", "НеКорректироватьСтоимостьАвтоматически"]


@real
def test_an_excerpt_comes_back_equal_as_far_as_it_is_complete() -> None:
    """Registers whose both types and sets the excerpt holds: keys, openness, properties and their order; what they pointed at was cut."""
    described = read_edmx((REAL / "bp_excerpt_metadata.xml").read_bytes())
    again = metadata_of(configuration_from_metadata(described))
    complete = [
        name
        for name in described.entity_types
        if f"{name}_RecordType" in described.entity_types and {name, f"{name}_RecordType"} <= set(described.entity_sets)
    ]
    assert len(complete) >= 4
    for name in (*complete, *(f"{item}_RecordType" for item in complete)):
        ours, recorded = again.entity_types[name], described.entity_types[name]
        assert (ours.key, ours.open, ours.properties) == (recorded.key, recorded.open, recorded.properties)
    for name, recorded_enum in described.enum_types.items():
        assert again.enum_types[name] == recorded_enum


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    files = record(tmp_path / "before", price="10.5000001")
    base = create_recorded(tmp_path / "base.db", files.metadata, [files.feed])
    yield Asking(base)
    base.close()


def test_recorded_rows_are_served_with_every_digit(asking: Asking) -> None:
    rows = asking.rows(f"{GOODS}?$orderby=Code")
    assert [row["Цена"] for row in rows] == [Decimal("10.5000001"), 4, Decimal("7.25")]
    assert [row["Вес"] for row in rows] == [Decimal("70.125"), Decimal("5.5"), 1]
    assert len(asking.rows(STORES)) == 1


def test_a_dropped_attribute_and_an_unpublished_set_are_said_by_the_files(tmp_path: Path) -> None:
    whole = record(tmp_path / "before")
    less = record(tmp_path / "after", article=False, stores=False)
    base = create_recorded(tmp_path / "base.db", less.metadata, [whole.feed])
    asking = Asking(base)
    assert "Артикул" not in asking.rows(GOODS)[0]
    assert asking.refusal("GET", STORES)[:2] == (404, "8")
    base.close()


def test_a_set_taken_out_of_the_container_is_not_served(tmp_path: Path) -> None:
    files = record(tmp_path / "before")
    text = files.metadata.read_text(encoding="utf-8")
    cut = re.sub(rf"<EntitySet Name=\"{STORES}\".*?/>", "", text, flags=re.DOTALL)
    assert cut != text
    files.metadata.write_text(cut, encoding="utf-8")
    base = create_recorded(tmp_path / "base.db", files.metadata, [files.feed])
    assert set(Asking(base).service.publication().shapes) == {GOODS}
    base.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"<html><body>Not found</body></html>",
        b'<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed xmlns="http://www.w3.org/2005/Atom">&x;</feed>',
        b'<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>',
    ],
)
def test_what_is_no_feed_is_refused_and_leaves_no_base(tmp_path: Path, content: bytes) -> None:
    files = record(tmp_path / "before")
    files.feed.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        create_recorded(tmp_path / "base.db", files.metadata, [files.feed])
    assert str(files.feed) in str(caught.value)
    assert not (tmp_path / "base.db").exists()


@pytest.mark.parametrize(
    ("right", "wrong"), [("10.50", "десять"), ("false", "10.50"), ("00000000-0000-4000-8000-000000000001", "x")]
)
def test_a_value_that_is_not_of_its_type_says_where(tmp_path: Path, right: str, wrong: str) -> None:
    files = record(tmp_path / "before")
    text = files.feed.read_text(encoding="utf-8")
    files.feed.write_text(text.replace(right, wrong), encoding="utf-8")
    if wrong == "10.50":
        create_recorded(tmp_path / "base.db", files.metadata, [files.feed]).close()
        return
    with pytest.raises(DocumentError, match="запись 1"):
        create_recorded(tmp_path / "base.db", files.metadata, [files.feed])


@real
def test_every_recorded_property_of_the_real_base_is_served_as_recorded(tmp_path: Path) -> None:
    feeds = sorted(REAL.glob("msg00[234]_*.xml"))
    base = create_recorded(tmp_path / "base.db", REAL / "msg001_metadata.xml", feeds)
    asking = Asking(base)
    assert len(asking.service.publication().shapes) == 38
    compared = 0
    for feed in feeds:
        for entry in etree.parse(feed).getroot().findall("{http://www.w3.org/2005/Atom}entry"):
            address = str(entry.findtext("{http://www.w3.org/2005/Atom}id")).partition("standard.odata/")[2]
            served = asking.get(address)
            properties = entry.find(f"{{http://www.w3.org/2005/Atom}}content/{M}properties")
            assert properties is not None
            for recorded in properties:
                compared += _assert_same(served, recorded)
    assert compared > 2000
    base.close()


def _assert_same(served: dict[str, Any], recorded: Any) -> int:
    name = etree.QName(recorded).localname
    rows = recorded.findall(f"{D}element")
    if rows or recorded.get(f"{M}type"):
        assert len(served[name]) == len(rows)
        return sum(_assert_same(line, cell) for line, row in zip(served[name], rows, strict=True) for cell in row)
    text = "" if recorded.get(f"{M}null") else recorded.text or ""
    value = served[name]
    if isinstance(value, bool):
        assert value == (text == "true"), name
    elif isinstance(value, int | Decimal):
        assert value == Decimal(text or 0), name
    else:
        assert value == text, name
    return 1
