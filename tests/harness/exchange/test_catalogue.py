"""CommerceML: catalogue, offers, prices, rests as a stream, written, checked."""

from __future__ import annotations

import io
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.exchange import commerceml as cml
from harness.exchange import commerceml_write as writing
from harness.exchange.commerceml_rules import check, orphans

REAL = Path(__file__).parents[4] / "shared" / "real" / "commerceml"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с выгрузками")
CATALOGUE = cml.Catalogue(
    schema="2.08",
    namespace="urn:1C.ru:commerceml_2",
    id="main",
    name="Каталог",
    changes_only=False,
    groups=(cml.Group("g", "Мебель"), cml.Group("g2", "Столы", "g"), cml.Group("g3", "Старое", deleted=True)),
    properties=(cml.PropertyKind("color", "Цвет", "Справочник", (("red", "Красный"),)),),
    items=(
        cml.Item(
            "i1",
            "Стол",
            article="A-1",
            unit="796",
            barcode="4600000000008",
            groups=("g2",),
            description="Дуб",
            images=("import_files/1.jpg", "import_files/2.jpg"),
            properties=(("color", "red"),),
            details=(("ВидНоменклатуры", "Товар"),),
            vat="20",
            revision="AAA=",
        ),
        cml.Item("i1#red", "Стол красный", characteristics=(("Цвет", "Красный"),), deleted=True),
    ),
    price_types=(("retail", "Розничная"),),
    stores=(("main", "Основной"),),
    units=(("796", "шт"),),
    classifier="main-c",
)
PACKAGE = cml.Package(
    schema="2.08",
    namespace="urn:1C.ru:commerceml_2",
    id="main#",
    changes_only=True,
    price_types=(("retail", "Розничная"),),
    offers=(
        cml.Offer(
            "i1#red", "Стол", "A-1", (("retail", Decimal("750.50")),), (("", Decimal(7)), ("main", Decimal("6.5")))
        ),
        cml.Offer("i1", "Стол", deleted=True, characteristics=(("Цвет", "Синий"),), unit="796"),
    ),
    stores=(("main", "Основной"),),
    catalogue="main",
)


@pytest.mark.parametrize("space", ["", *writing.NAMESPACES.values()])
@pytest.mark.parametrize("delta", [True, False, None])
def test_what_is_written_is_read_back(space: str, *, delta: bool | None) -> None:
    catalogue = replace(CATALOGUE, namespace=space, changes_only=delta)
    package = replace(PACKAGE, namespace=space, changes_only=delta)

    assert cml.read_catalogue(writing.write_catalogue(catalogue)) == catalogue
    for split in (False, True):
        assert cml.read_offers(writing.write_offers(package, split=split)) == package


def test_the_parts_of_3_1_are_read_one_by_one() -> None:
    def file(inner: str) -> bytes:
        return f'<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_3" ВерсияСхемы="3.1" Ид="1">{inner}</КоммерческаяИнформация>'.encode()

    units = file(
        "<Классификатор><Ид>c</Ид><ЕдиницыИзмерения><ЕдиницаИзмерения><Код>796</Код><НаименованиеПолное>Штука</НаименованиеПолное></ЕдиницаИзмерения></ЕдиницыИзмерения></Классификатор>"
    )
    changes = file("<ИзмененияПакетаПредложений><Ид>p</Ид><Предложения/></ИзмененияПакетаПредложений>")
    people = file(
        "<Контрагенты><Контрагент><Ид>1</Ид><Наименование>Петров</Наименование><ИНН>1</ИНН></Контрагент></Контрагенты>"
    )

    assert cml.read_catalogue(units).units == (("796", "Штука"),)
    assert (cml.read_offers(changes).changes_only, cml.read_offers(changes).id) == (True, "p")
    assert [record for record in cml.stream(people) if isinstance(record, cml.Contractor)] == [
        cml.Contractor("1", "Петров", "1")
    ]


def test_a_stream_tells_the_head_before_the_records() -> None:
    kinds = [type(record).__name__ for record in cml.stream(writing.write_catalogue(CATALOGUE))]

    assert kinds[:3] == ["Head", "Holder", "Group"]
    assert kinds.index("Holder", 2) < kinds.index("Item")


def test_a_large_catalogue_is_written_and_read_item_by_item() -> None:
    file = io.BytesIO()
    items = (replace(CATALOGUE.items[0], id=f"i{n}") for n in range(3000))
    writing.write_catalogue_to(file, CATALOGUE, items)
    file.seek(0)

    assert sum(isinstance(record, cml.Item) for record in cml.stream(file)) == 3000


def test_a_right_file_has_no_problems_and_its_facts_are_told() -> None:
    checker = check(writing.write_catalogue(CATALOGUE))

    assert checker.problems == []
    assert checker.facts["delta"] == "full"
    assert checker.counts["Item"] == 2
    assert check(writing.write_offers(PACKAGE)).facts["delta"] == "changes"


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (writing.write_catalogue(replace(CATALOGUE, changes_only=None)), "MISSING", "СодержитТолькоИзменения"),
        (writing.write_catalogue(replace(CATALOGUE, schema="4.0")), "VERSION", "«4.0»"),
        (writing.write_catalogue(replace(CATALOGUE, items=CATALOGUE.items * 2)), "DUPLICATE", "встречается дважды"),
        (writing.write_catalogue(replace(CATALOGUE, items=(cml.Item("", "x"),))), "MISSING", "без идентификатора"),
        (
            writing.write_catalogue(replace(CATALOGUE, items=(cml.Item("1", "x", groups=("no",)),))),
            "REFERENCE",
            "группы no",
        ),
        (
            writing.write_catalogue(replace(CATALOGUE, items=(cml.Item("1", "x", properties=(("no", "1"),)),))),
            "REFERENCE",
            "свойства no",
        ),
        (writing.write_offers(replace(PACKAGE, price_types=(("other", "Другая"),))), "REFERENCE", "retail"),
        (writing.write_offers(PACKAGE).replace(b">750.50<", b">750,50<"), "VALUE", "запятой"),
        (
            writing.write_offers(PACKAGE).replace(b">750.50<", "договорная".encode().join((b">", b"<"))),
            "VALUE",
            "не число",
        ),
        (writing.write_offers(PACKAGE).replace(b">750.50<", b">-750.50<"), "VALUE", "меньше нуля"),
    ],
)
def test_what_is_wrong_is_told(data: bytes, code: str, words: str) -> None:
    found = check(data).problems

    assert code in {item.code for item in found}
    assert any(words in item.text for item in found)


def test_an_order_whose_lines_do_not_add_up_is_told_and_taxes_on_top_count() -> None:
    line = cml.OrderLine("i1", "Стол", Decimal(100), Decimal(1), Decimal(100))
    order = cml.Order("1", "1", "2026-01-15", "Заказ товара", "RUB", Decimal(100), "Петров", (line,))
    taxed = (
        "<КоммерческаяИнформация><Документ><Ид>1</Ид><Номер>1</Номер><Дата>2026-01-15</Дата><ХозОперация>Заказ товара</ХозОперация>"
        "<Сумма>120</Сумма><Налоги><Налог><УчтеноВСумме>false</УчтеноВСумме><Сумма>20</Сумма></Налог></Налоги>"
        "<Товары><Товар><Ид>1</Ид><Сумма>100</Сумма></Товар></Товары></Документ></КоммерческаяИнформация>"
    ).encode()

    assert check(writing.write_orders([order])).problems == []
    assert [item.code for item in check(writing.write_orders([replace(order, amount=Decimal(99))])).problems] == [
        "TOTALS"
    ]
    assert [item.code for item in check(writing.write_orders([replace(order, amount=None)])).problems] == ["VALUE"]
    assert check(taxed).problems == []


def test_orders_of_3_1_are_wrapped_and_keep_revision_number_and_deletion() -> None:
    order = cml.Order(
        "1",
        "1",
        "2026-01-15",
        "Заказ товара",
        "RUB",
        Decimal(1),
        "x",
        (),
        time="10:00:00",
        revision="3",
        number_1c="0001",
        deleted=True,
    )

    data = writing.write_orders([order], schema="3.1")

    assert "Контейнер".encode("cp1251") in data
    assert cml.read_orders(data) == (order,)


def test_offers_without_goods_are_named() -> None:
    catalogue = writing.write_catalogue(CATALOGUE)
    offers = writing.write_offers(replace(PACKAGE, offers=(*PACKAGE.offers, cml.Offer("lost#1", "x"))))

    assert list(orphans(catalogue, offers)) == ["lost#1"]


@pytest.mark.parametrize(
    "data", [b"", b"<a/>", b"<html>", "<КоммерческаяИнформация>".encode(), "<КоммерческаяИнформация/>".encode()]
)
def test_what_is_no_catalogue_is_refused(data: bytes) -> None:
    for read in (cml.read_catalogue, cml.read_offers):
        with pytest.raises(DocumentError):
            read(data)


@needs_real
@pytest.mark.parametrize("path", sorted(REAL.glob("*.xml")), ids=lambda path: path.name)
def test_every_real_file_is_read_and_right(path: Path) -> None:
    checker = check(path)

    assert checker.counts["Head"] == 1
    assert sum(checker.counts.values()) >= 2
    assert checker.problems == []


@needs_real
@pytest.mark.parametrize("name", ["carono_import", "imega_import", "argent_products", "argent_group"])
def test_real_catalogues_are_written_back_equal(name: str) -> None:
    catalogue = cml.read_catalogue(REAL / f"{name}.xml")

    again = cml.read_catalogue(writing.write_catalogue(catalogue))

    assert set(again.groups) == set(catalogue.groups)
    assert replace(again, groups=(), classifier="") == replace(catalogue, groups=(), classifier="")
