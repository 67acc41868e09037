from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from harness.errors import DocumentError
from harness.exchange import commerceml as cml
from harness.exchange.commerceml_write import write_orders

REAL = Path(__file__).parents[4] / "shared" / "real" / "commerceml"
ITEM = "bd72d910-55bc-11d9-848a-00112f43529a"
ORDER = cml.Order(
    id="site-1",
    number="132",
    date="2026-02-11",
    operation="Заказ товара",
    currency="RUB",
    amount=Decimal("1500.00"),
    buyer="Петров Пётр",
    buyer_id="1#petrov",
    buyer_inn="500100732259",
    lines=(cml.OrderLine(ITEM, "Стол", Decimal("750.00"), Decimal(2), Decimal("1500.00"), "20"),),
    details=(("Статус заказа", "Принят"),),
    time="18:45:21",
)
OFFERS = """<?xml version="1.0" encoding="UTF-8"?>
<КоммерческаяИнформация{space} ВерсияСхемы="2.08">
 <ПакетПредложений{delta}>
  <Ид>cat#</Ид>
  <ТипыЦен><ТипЦены><Ид>retail</Ид><Наименование>Розничная</Наименование></ТипЦены></ТипыЦен>
  <Предложения>
   <Предложение><Ид>{item}#red</Ид><Артикул>A-1</Артикул><Наименование>Стол</Наименование>
    <Цены><Цена><ЦенаЗаЕдиницу>{price}</ЦенаЗаЕдиницу><ИдТипаЦены>retail</ИдТипаЦены></Цена></Цены>
    <Количество>7</Количество><Склад ИдСклада="main" КоличествоНаСкладе="7"/></Предложение>
   <Предложение Статус="Удален"><Ид>gone</Ид></Предложение>
  </Предложения>
 </ПакетПредложений>
</КоммерческаяИнформация>"""


def offers(*, space: str = "", delta: str = ' СодержитТолькоИзменения="false"', price: str = "750.00") -> cml.Package:
    return cml.read_offers(OFFERS.format(space=space, delta=delta, price=price, item=ITEM).encode())


def test_orders_written_as_a_shop_does_are_read_back() -> None:
    data = write_orders([ORDER])

    assert "windows-1251" in data.splitlines()[0].decode("ascii").lower()
    assert cml.read_orders(data) == (ORDER,)


@pytest.mark.parametrize("space", ["", ' xmlns="urn:1C.ru:commerceml_2"', ' xmlns="urn:1C.ru:commerceml_3"'])
def test_offers_do_not_depend_on_the_namespace(space: str) -> None:
    found = offers(space=space)

    first, gone = found.offers
    assert (first.item, first.article, first.prices) == (ITEM, "A-1", (("retail", Decimal("750.00")),))
    assert first.rests == (("", Decimal(7)), ("main", Decimal(7)))
    assert gone.deleted
    assert found.price_types == (("retail", "Розничная"),)
    assert found.id == "cat#"


def test_delta_flag_has_three_states() -> None:
    assert offers().changes_only is False
    assert offers(delta=' СодержитТолькоИзменения="true"').changes_only is True
    assert offers(delta="").changes_only is None


def test_bad_prices_are_problems_not_crashes() -> None:
    assert "запятой" in offers(price="750,00").problems[0]
    broken = offers(price="дорого")
    assert "не число" in broken.problems[0]
    assert broken.offers[0].prices == ()


def test_orders_in_containers_of_version_3() -> None:
    inner = "<Документ><Ид>7</Ид><Номер1С>А-1</Номер1С><ПометкаУдаления>true</ПометкаУдаления></Документ>"
    data = f"<КоммерческаяИнформация><Контейнер>{inner}</Контейнер></КоммерческаяИнформация>".encode()

    (order,) = cml.read_orders(data)

    assert (order.id, order.number_1c, order.deleted, order.amount) == ("7", "А-1", True, None)


@pytest.mark.parametrize("reader", [cml.read_orders, cml.read_offers])
def test_hostile_and_foreign_files_are_refused(reader: object) -> None:
    assert callable(reader)
    bomb = '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><КоммерческаяИнформация>&y;</КоммерческаяИнформация>'.encode()
    with pytest.raises(DocumentError, match="DTD"):
        reader(bomb)
    with pytest.raises(DocumentError, match="не CommerceML"):
        reader(b"<a/>")
    with pytest.raises(DocumentError, match=r"XML|пуст"):
        reader(b"")
    with pytest.raises(DocumentError, match="не XML"):
        reader("<КоммерческаяИнформация>".encode())


def test_a_catalogue_is_not_a_package_of_offers() -> None:
    with pytest.raises(DocumentError, match="нет пакета предложений"):
        cml.read_offers("<КоммерческаяИнформация><Каталог/></КоммерческаяИнформация>".encode())


@pytest.mark.skipif(not REAL.is_dir(), reason="рядом с проектом нет папки shared/real с настоящими файлами магазинов")
def test_real_files() -> None:
    assert len(cml.read_orders((REAL / "argent_documents.xml").read_bytes())) == 2
    (order,) = cml.read_orders((REAL / "carono_orders.xml").read_bytes())
    assert sum(line.amount or 0 for line in order.lines) == order.amount
    assert len(cml.read_offers((REAL / "dobromyslov_offers0_1.xml").read_bytes()).offers) == 44
    assert cml.read_offers((REAL / "argent_prices.xml").read_bytes()).changes_only is True
    for path in sorted(REAL.glob("*.xml")):
        for reader in (cml.read_orders, cml.read_offers):
            try:
                reader(path.read_bytes(), path.name)
            except DocumentError as error:
                assert path.name in error.place  # noqa: PT017 (most files are of another kind, and say so)
