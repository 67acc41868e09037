"""What CommerceML files hold, as models: catalogue, offers, orders (facts/exchanges.md 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

ROOT = "КоммерческаяИнформация"


@dataclass(frozen=True, slots=True)
class Head:
    """The root element.

    Attributes:
        schema: ВерсияСхемы as written, "2.08".
        namespace: "" in files without one.
        id: attribute Ид that 2.09 and 3.1 files carry.
    """

    schema: str = ""
    namespace: str = ""
    created: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Holder:
    """Head of a catalogue or of a package of offers, told when its records begin.

    Attributes:
        kind: "Каталог", "ПакетПредложений", "Классификатор".
        changes_only: the delta flag; None when the attribute is absent.
    """

    kind: str
    id: str = ""
    name: str = ""
    changes_only: bool | None = None
    classifier: str = ""
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group of goods; `parent` is "" at the top."""

    id: str
    name: str
    parent: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class PropertyKind:
    """A property of goods and, for a closed list, its values: id and text."""

    id: str
    name: str
    type: str = ""
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Named:
    """A price type, a store or a unit: `kind` is the name of its element ("ТипЦены", "Склад", "ЕдиницаИзмерения")."""

    kind: str
    id: str
    name: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """Goods of a catalogue.

    Attributes:
        id: identifier; goods with a characteristic carry `item#characteristic`.
        groups: ids of groups.
        properties: id of the property and its value (id of the value for a closed list).
        details: ЗначенияРеквизитов.
        vat: rate as written.
    """

    id: str
    name: str
    article: str = ""
    unit: str = ""
    barcode: str = ""
    groups: tuple[str, ...] = ()
    description: str = ""
    images: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, str], ...] = ()
    characteristics: tuple[tuple[str, str], ...] = ()
    vat: str = ""
    revision: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """An offer: prices by id of the price type, rests by id of the store ("" is the total)."""

    id: str
    name: str
    article: str = ""
    prices: tuple[tuple[str, Decimal], ...] = ()
    rests: tuple[tuple[str, Decimal], ...] = ()
    deleted: bool = False
    characteristics: tuple[tuple[str, str], ...] = ()
    unit: str = ""

    @property
    def item(self) -> str:
        """Identifier of the goods without the characteristic."""
        return self.id.partition("#")[0]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of goods. Sums are in the currency of the order; None for what is not a number.

    Attributes:
        id: identifier of the goods, `item#characteristic` for an offer; "ORDER_DELIVERY" for delivery.
        vat: rate as written ("20", "НДС20", "Без НДС"), "" when absent.
    """

    id: str
    name: str
    price: Decimal | None
    quantity: Decimal | None
    amount: Decimal | None
    vat: str = ""

    @property
    def item(self) -> str:
        """Identifier of the goods without the characteristic."""
        return self.id.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a shop, or an order 1C sends back with a status.

    Attributes:
        date: YYYY-MM-DD as written.
        details: ЗначенияРеквизитов, "Статус заказа" and the like.
        number_1c: number given by 1C, "" before the first exchange.
        revision: guards against an old copy overwriting a newer one.
        tax_on_top: taxes that are not in the sums of the lines (УчтеноВСумме is false).
    """

    id: str
    number: str
    date: str
    operation: str
    currency: str
    amount: Decimal | None
    buyer: str
    lines: tuple[OrderLine, ...]
    details: tuple[tuple[str, str], ...] = ()
    time: str = ""
    buyer_id: str = ""
    buyer_inn: str = ""
    number_1c: str = ""
    revision: str = ""
    deleted: bool = False
    tax_on_top: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Contractor:
    """A contractor of a file of contractors (3.1)."""

    id: str
    name: str
    inn: str = ""
    kpp: str = ""
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Package:
    """A package of offers.

    Attributes:
        changes_only: the delta flag; None when the attribute is absent. A lost flag makes a shop switch off all other goods.
        price_types: id and name.
    """

    schema: str
    namespace: str
    id: str
    changes_only: bool | None
    price_types: tuple[tuple[str, str], ...]
    offers: tuple[Offer, ...]
    problems: tuple[str, ...] = ()
    stores: tuple[tuple[str, str], ...] = ()
    catalogue: str = ""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A classifier and a catalogue."""

    schema: str
    namespace: str
    id: str
    name: str
    changes_only: bool | None
    groups: tuple[Group, ...] = ()
    properties: tuple[PropertyKind, ...] = ()
    items: tuple[Item, ...] = ()
    price_types: tuple[tuple[str, str], ...] = ()
    stores: tuple[tuple[str, str], ...] = ()
    units: tuple[tuple[str, str], ...] = ()
    classifier: str = ""


Record = Head | Holder | Group | PropertyKind | Named | Item | Offer | Order | Contractor
"""What a stream gives."""
