"""What a web shop keeps: catalogue, prices, rests, orders, in a database of its own: "what the shop now shows" can be asked after an exchange."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.exchange.commerceml import Item, Offer, Order

_TABLES = """
CREATE TABLE goods (id TEXT PRIMARY KEY, name TEXT, article TEXT, vat TEXT, properties TEXT, active INTEGER, seen INTEGER);
CREATE TABLE offers (id TEXT PRIMARY KEY, item TEXT, characteristics TEXT, active INTEGER, seen INTEGER);
CREATE TABLE prices (offer TEXT, kind TEXT, amount TEXT, PRIMARY KEY (offer, kind));
CREATE TABLE rests (offer TEXT, store TEXT, amount TEXT, PRIMARY KEY (offer, store));
CREATE TABLE orders (id TEXT PRIMARY KEY, content BLOB, exported INTEGER, status TEXT, number TEXT, deleted INTEGER);
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer as a buyer sees it: key (item, characteristic id, price type)."""

    item: str
    offer: str
    name: str
    price_type: str
    price: Decimal
    rest: Decimal
    vat: str
    characteristics: str


class ShopStore:
    """The shop's database."""

    def __init__(self) -> None:
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.executescript(_TABLES)
        self._load = 0

    def begin(self) -> None:
        """A new exchange session begins: what it does not name can be told from what it does."""
        self._load += 1

    def put_goods(self, items: Iterable[Item], *, full: bool) -> int:
        """Goods of a catalogue; a full one switches off everything it does not hold."""
        count = 0
        for item in items:
            properties = "; ".join(f"{key}={value}" for key, value in item.properties)
            row = (item.id, item.name, item.article, item.vat, properties, int(not item.deleted), self._load)
            self._db.execute("INSERT OR REPLACE INTO goods VALUES (?, ?, ?, ?, ?, ?, ?)", row)
            count += 1
        if full:
            self._db.execute("UPDATE goods SET active = 0 WHERE seen < ?", (self._load,))
        self._db.commit()
        return count

    def put_offers(self, offers: Iterable[Offer], *, full: bool) -> list[str]:
        """Offers, prices, rests; returns offers whose goods the shop does not know."""
        strangers = []
        for offer in offers:
            if self._one("SELECT 1 FROM goods WHERE id = ?", (offer.item,)) is None:
                strangers.append(offer.id)
                continue
            told = "; ".join(f"{name}={value}" for name, value in offer.characteristics)
            self._db.execute(
                "INSERT OR REPLACE INTO offers VALUES (?, ?, ?, ?, ?)",
                (offer.id, offer.item, told, int(not offer.deleted), self._load),
            )
            self._db.execute("DELETE FROM prices WHERE offer = ?", (offer.id,))
            self._db.execute("DELETE FROM rests WHERE offer = ?", (offer.id,))
            for kind, amount in offer.prices:
                self._db.execute("INSERT OR REPLACE INTO prices VALUES (?, ?, ?)", (offer.id, kind, str(amount)))
            for store, amount in offer.rests:
                self._db.execute("INSERT OR REPLACE INTO rests VALUES (?, ?, ?)", (offer.id, store, str(amount)))
        if full:
            self._db.execute("UPDATE offers SET active = 0 WHERE seen < ?", (self._load,))
        self._db.commit()
        return strangers

    def shown(self) -> list[Shown]:
        """What a buyer sees now: active offers of active goods, with a row a price."""
        rows = self._db.execute(
            "SELECT o.item, o.id, g.name, p.kind, p.amount, g.vat, o.characteristics FROM offers AS o"
            " JOIN goods AS g ON g.id = o.item JOIN prices AS p ON p.offer = o.id"
            " WHERE o.active = 1 AND g.active = 1 ORDER BY o.id, p.kind"
        ).fetchall()
        return [
            Shown(item, offer, name, kind, Decimal(price), self._rest(offer), vat, told)
            for item, offer, name, kind, price, vat, told in rows
        ]

    def _rest(self, offer: str) -> Decimal:
        row = self._one("SELECT amount FROM rests WHERE offer = ? AND store = ''", (offer,))
        return Decimal(str(row[0])) if row else Decimal(0)

    def properties(self) -> dict[str, str]:
        """Values of properties of goods by id of the goods, as the shop filters by them."""
        rows = self._db.execute("SELECT id, properties FROM goods WHERE active = 1 ORDER BY id").fetchall()
        return {str(ident): str(told) for ident, told in rows}

    def stores(self) -> list[str]:
        """Ids of stores rests are kept by."""
        return [
            str(row[0]) for row in self._db.execute("SELECT DISTINCT store FROM rests WHERE store <> '' ORDER BY 1")
        ]

    # -- orders ----------------------------------------------------------------------------------------------------------------

    def place(self, ident: str, content: bytes) -> None:
        """A buyer places or changes an order: it is to be told to the base again."""
        known = self._one("SELECT status, number FROM orders WHERE id = ?", (ident,)) or ("", "")
        row = (ident, content, 0, known[0], known[1], 0)
        self._db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?)", row)
        self._db.commit()

    def unexported(self) -> list[tuple[str, bytes]]:
        """Orders the base has not confirmed yet."""
        rows = self._db.execute("SELECT id, content FROM orders WHERE exported = 0 ORDER BY id").fetchall()
        return [(str(ident), bytes(content)) for ident, content in rows]

    def confirm(self, idents: Sequence[str]) -> None:
        """Moves the mark: these orders are with the base."""
        self._db.executemany("UPDATE orders SET exported = 1 WHERE id = ?", [(ident,) for ident in idents])
        self._db.commit()

    def put_states(self, orders: Iterable[Order]) -> None:
        """States the base sends back."""
        for order in orders:
            told = dict(order.details)
            deleted = order.deleted or told.get("ПометкаУдаления") == "true"
            self._db.execute(
                "UPDATE orders SET status = ?, number = ?, deleted = ? WHERE id = ?",
                (told.get("Статус заказа", ""), order.number_1c, int(deleted), order.id),
            )
        self._db.commit()

    def states(self) -> list[dict[str, Any]]:
        """Orders as the buyer sees them in his account."""
        rows = self._db.execute("SELECT id, exported, status, number, deleted FROM orders ORDER BY id").fetchall()
        names = ("Заказ", "Передан", "Статус", "Номер", "Отменён")
        return [
            dict(zip(names, (ident, bool(exported), status, number, bool(deleted)), strict=True))
            for ident, exported, status, number, deleted in rows
        ]

    def _one(self, sql: str, params: tuple[object, ...]) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._db.execute(sql, params).fetchone()
        return row

    def close(self) -> None:
        """Forgets everything."""
        self._db.close()
