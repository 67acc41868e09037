"""CommerceML, the format between 1C and web shops: orders, catalogue and offers, by local names (facts/exchanges.md 3.1).

Real files of versions 2.03 to 3.1 come with three namespaces or none; nothing here depends on one. Everything is read as a stream
(`harness.exchange.commerceml_stream`); the functions here collect what a file of a usual size holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from harness.exchange.commerceml_models import (
    ROOT,
    Catalogue,
    Contractor,
    Group,
    Head,
    Holder,
    Item,
    Named,
    Offer,
    Order,
    OrderLine,
    Package,
    PropertyKind,
)
from harness.exchange.commerceml_stream import CATALOGUES, CLASSIFIER, PACKAGES, stream
from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "ROOT",
    "Catalogue",
    "Contractor",
    "Group",
    "Head",
    "Holder",
    "Item",
    "Named",
    "Offer",
    "Order",
    "OrderLine",
    "Package",
    "PropertyKind",
    "read_catalogue",
    "read_offers",
    "read_orders",
    "stream",
]


def read_orders(data: bytes | Path | BinaryIO, place: str = "файл заказов") -> tuple[Order, ...]:
    """Reads the orders of a file, also those wrapped in `Контейнер` (3.1).

    Raises:
        DocumentError: not XML, or not CommerceML.
    """
    return tuple(record for record in stream(data, place) if isinstance(record, Order))


def read_offers(data: bytes | Path | BinaryIO, place: str = "файл предложений") -> Package:
    """Reads a package of offers (also of prices or of rests).

    Raises:
        DocumentError: not XML, not CommerceML, or no package in it.
    """
    head, package = Head(), None
    named: list[Named] = []
    offers: list[Offer] = []
    problems: list[str] = []
    for record in stream(data, place, problems):
        if isinstance(record, Head):
            head = record
        elif isinstance(record, Holder) and record.kind == PACKAGES[0]:
            package = package or record
        elif isinstance(record, Named):
            named.append(record)
        elif isinstance(record, Offer):
            offers.append(record)
    if package is None:
        raise FormatError(_("в файле нет пакета предложений"), place=place)
    return Package(
        schema=head.schema,
        namespace=head.namespace,
        id=package.id,
        changes_only=package.changes_only,
        price_types=_named(named, "ТипЦены"),
        offers=tuple(offers),
        problems=tuple(problems),
        stores=_named(named, "Склад"),
        catalogue=package.catalogue,
    )


def read_catalogue(data: bytes | Path | BinaryIO, place: str = "файл каталога") -> Catalogue:
    """Reads a classifier and a catalogue; either may be absent, as in the split files of 3.1.

    Raises:
        DocumentError: not XML, not CommerceML, or neither in it.
    """
    head, holder, classifier = Head(), None, None
    groups: list[Group] = []
    properties: list[PropertyKind] = []
    named: list[Named] = []
    items: list[Item] = []
    for record in stream(data, place):
        match record:
            case Head():
                head = record
            case Holder(kind=kind) if kind == CATALOGUES[0]:
                holder = record
            case Holder(kind=kind) if kind == CLASSIFIER:
                classifier = record
            case Group():
                groups.append(record)
            case PropertyKind():
                properties.append(record)
            case Named():
                named.append(record)
            case Item():
                items.append(record)
            case _other:
                continue
    if holder is None and classifier is None:
        raise FormatError(_("в файле нет ни классификатора, ни каталога"), place=place)
    main = holder or classifier or Holder("")
    return Catalogue(
        schema=head.schema,
        namespace=head.namespace,
        id=main.id,
        name=main.name,
        changes_only=holder.changes_only if holder else None,
        groups=tuple(groups),
        properties=tuple(properties),
        items=tuple(items),
        price_types=_named(named, "ТипЦены"),
        stores=_named(named, "Склад"),
        units=_named(named, "ЕдиницаИзмерения"),
        classifier=(holder.classifier if holder else "") or (classifier.id if classifier else ""),
    )


def _named(found: list[Named], kind: str) -> tuple[tuple[str, str], ...]:
    return tuple((item.id, item.name) for item in found if item.kind == kind)
