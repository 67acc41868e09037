"""A small recorded base of the tests' own: `$metadata` and a feed, in two states that may differ as an update makes them differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.onec.edmx import write_edmx
from harness.onec.names import Kind, ObjectName
from stand.emulator.model import MONEY, QUANTITY, STRING, Attribute, Configuration, MetaObject
from stand.emulator.odata.edmx_out import metadata_of
from stand.emulator.standard import standard_attributes

if TYPE_CHECKING:
    from pathlib import Path

GOODS, STORES = "Catalog_Товары", "Catalog_Склады"
_FEED = """\
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:d="http://schemas.microsoft.com/ado/2007/08/dataservices"
      xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">
{entries}
</feed>
"""
_ENTRY = """\
<entry><category term="StandardODATA.{set}" scheme="http://schemas.microsoft.com/ado/2007/08/dataservices/scheme"/>
<content type="application/xml"><m:properties>{properties}</m:properties></content></entry>
"""


@dataclass(frozen=True, slots=True)
class Recording:
    """Files of one state."""

    metadata: Path
    feed: Path


def record(folder: Path, *, price: str = "10.50", article: bool = True, stores: bool = True) -> Recording:
    """Writes a state: goods with prices, and stores.

    Args:
        price: of the first of the goods.
        article: whether goods have the attribute Артикул.
        stores: whether the catalog of stores is published.
    """
    folder.mkdir(parents=True, exist_ok=True)
    attributes = [Attribute("Цена", MONEY), Attribute("Вес", QUANTITY)]
    if article:
        attributes.append(Attribute("Артикул", STRING))
    objects = [_catalog("Товары", *attributes)]
    if stores:
        objects.append(_catalog("Склады"))
    configuration = Configuration("Запись", "1.0", {str(item.name): item for item in objects})
    metadata, feed = folder / "metadata.xml", folder / "feed.xml"
    metadata.write_bytes(write_edmx(metadata_of(configuration)))
    feed.write_text(_FEED.format(entries="".join(_entries(price, article=article, stores=stores))), encoding="utf-8")
    return Recording(metadata, feed)


def _catalog(name: str, *attributes: Attribute) -> MetaObject:
    standard = standard_attributes(f"Catalog_{name}", Kind.CATALOG)
    return MetaObject(ObjectName(Kind.CATALOG, name), standard, attributes)


def _entries(price: str, *, article: bool, stores: bool) -> list[str]:
    goods = [("1", "Стол", price, "70.125"), ("2", "Стул", "4.00", "5.5"), ("3", "Лампа", "7.25", "1")]
    found = []
    for number, name, cost, weight in goods:
        properties = {
            "Ref_Key": f"00000000-0000-4000-8000-00000000000{number}",
            "Code": f"00000000{number}",
            "Description": name,
            "DeletionMark": "false",
            "Цена": cost,
            "Вес": weight,
            **({"Артикул": f"А-{number}"} if article else {}),
        }
        found.append(_entry(GOODS, properties))
    if stores:
        key = "00000000-0000-4000-8000-000000000009"
        found.append(_entry(STORES, {"Ref_Key": key, "Code": "000000001", "Description": "Основной"}))
    return found


def _entry(entity_set: str, properties: dict[str, str]) -> str:
    written = "".join(f"<d:{name}>{value}</d:{name}>" for name, value in properties.items())
    return _ENTRY.format(set=entity_set, properties=written)
