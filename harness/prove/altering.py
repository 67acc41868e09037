"""How answers of a base are altered on the way: one exchange in, the same exchange with one thing changed out. Nothing here talks to anybody.

An alteration is a function of an `Exchange`; it returns what is to be sent instead, or None for an answer it has nothing to do with. Only the
body, the status and the delay of an answer change: the base itself never learns of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.onec.values import decode_json, encode_json

if TYPE_CHECKING:
    from collections.abc import Callable

Cells: TypeAlias = dict[str, Any]
Alteration: TypeAlias = "Callable[[Exchange], Exchange | None]"

ODATA, SERVICE = "odata/standard.odata", "hs/readiness/v1"
METADATA = f"{ODATA}/$metadata"
_LOGIN = b'<!DOCTYPE html><html lang="ru"><meta charset="utf-8"><title>\xd0\x92\xd1\x85\xd0\xbe\xd0\xb4</title></html>'
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its answer.

    Attributes:
        path: decoded, below the publication, without a slash in front.
        query: decoded.
        seconds: how long the base took.
        delay: seconds to wait before sending the answer.
    """

    method: str
    path: str
    query: str
    status: int
    media: str
    body: bytes
    seconds: float = 0.0
    delay: float = 0.0

    @property
    def set(self) -> str:
        """Entity set of an OData request, "" when it is none: of the set itself, of an entity, of a function."""
        head, found, rest = self.path.partition(f"{ODATA}/")
        return rest.partition("/")[0].partition("(")[0] if found and not head else ""

    def json(self) -> Any:
        """The body, decoded; None when it is no JSON."""
        try:
            return decode_json(self.body) if "json" in self.media else None
        except ValueError:
            return None

    def told(self, value: object) -> Exchange:
        """The same with another JSON body."""
        return replace(self, body=encode_json(value))


def rows_of(exchange: Exchange, name: str = "") -> list[Cells] | None:
    """Rows of a page of a set; None when it is another answer."""
    if (
        exchange.status != 200
        or not exchange.path.startswith(f"{ODATA}/")
        or (name and exchange.path != f"{ODATA}/{name}")
    ):
        return None
    value = exchange.json()
    rows = value.get("value") if isinstance(value, dict) else None
    return rows if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else None


def in_rows(name: str, change: Callable[[list[Cells]], list[Cells]]) -> Alteration:
    """Changes the rows of every page of a set."""

    def alter(exchange: Exchange) -> Exchange | None:
        if rows_of(exchange, name) is None:
            return None
        value = exchange.json()
        return exchange.told({**value, "value": change([dict(row) for row in value["value"]])})

    return alter


def in_cell(name: str, column: str, change: Callable[[Any], Any]) -> Alteration:
    """Changes a column of a set wherever it comes: in pages, in single entities."""

    def alter(exchange: Exchange) -> Exchange | None:
        if exchange.set != name or exchange.status != 200:
            return None
        value = exchange.json()
        return None if value is None else exchange.told(_changed(value, column, change))

    return alter


def _changed(value: Any, column: str, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_changed(item, column, change) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: change(item) if key == column else _changed(item, column, change) for key, item in value.items()}


def without_cell(name: str, column: str) -> Alteration:
    """Takes a column out of the answers of a set and out of `$metadata`, as a release does that drops an attribute."""

    def alter(exchange: Exchange) -> Exchange | None:
        if exchange.path == METADATA:
            return _metadata(
                exchange,
                rf'(<EntityType Name="{re.escape(name)}".*?)<Property Name="{re.escape(column)}"[^>]*?(?:/>|>.*?</Property>)',
                r"\1",
            )
        if exchange.set != name or exchange.status != 200:
            return None
        if column in exchange.query:
            return refused(exchange, 400, f"Свойство не найдено: {column}")
        value = exchange.json()
        return None if value is None else exchange.told(_dropped(value, column))

    return alter


def _dropped(value: Any, column: str) -> Any:
    if isinstance(value, list):
        return [_dropped(item, column) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _dropped(item, column) for key, item in value.items() if key != column}


def without_set(name: str) -> Alteration:
    """Takes a set out of the publication: out of `$metadata`, out of the list of sets, and nobody finds it any more."""

    def alter(exchange: Exchange) -> Exchange | None:
        if exchange.path == METADATA:
            return _metadata(exchange, rf'<EntitySet Name="{re.escape(name)}"[^>]*?(?:/>|>.*?</EntitySet>)', "")
        if exchange.path.rstrip("/") == ODATA and rows_of(exchange) is not None:
            value = exchange.json()
            return exchange.told({**value, "value": [row for row in value["value"] if row.get("name") != name]})
        return refused(exchange, 404, f"Сущность «{name}» не найдена", "8") if exchange.set == name else None

    return alter


def in_metadata(pattern: str, put: str) -> Alteration:
    """Changes `$metadata` by a regular expression, once."""
    return lambda exchange: _metadata(exchange, pattern, put) if exchange.path == METADATA else None


def _metadata(exchange: Exchange, pattern: str, put: str) -> Exchange:
    text = re.sub(pattern, put, exchange.body.decode("utf-8", errors="replace"), count=1, flags=re.DOTALL)
    return replace(exchange, body=text.encode())


def in_service(path: str, change: Callable[[Any], Any]) -> Alteration:
    """Changes an answer of the readiness service; `path` is below its root, a regular expression of all of it."""

    def alter(exchange: Exchange) -> Exchange | None:
        if exchange.status != 200 or not re.fullmatch(f"{SERVICE}/{path}", exchange.path):
            return None
        value = exchange.json()
        return None if value is None else exchange.told(change(value))

    return alter


def instead(name: str, answer: Callable[[Exchange], Exchange]) -> Alteration:
    """Answers every reading of a set in another way."""
    return lambda exchange: answer(exchange) if exchange.set == name else None


def refused(exchange: Exchange, status: int, words: str, code: str = "-1") -> Exchange:
    """1C's own error."""
    said = {"odata.error": {"code": code, "message": {"lang": "ru", "value": words}}}
    return replace(exchange, status=status, media="application/json;charset=utf-8", body=encode_json(said))


def login_page(exchange: Exchange) -> Exchange:
    """What a proxy that wants a password sends, with status 200."""
    return replace(exchange, status=200, media="text/html; charset=utf-8", body=_LOGIN)


def cut_short(exchange: Exchange) -> Exchange:
    """Half of the answer, as if it were all."""
    return replace(exchange, body=exchange.body[: len(exchange.body) // 2])


def slower(pattern: str, times: float, floor: float) -> Alteration:
    """Answers whose path matches come so many times later, by `floor` seconds at least."""

    def alter(exchange: Exchange) -> Exchange | None:
        if not re.search(pattern, exchange.path):
            return None
        return replace(exchange, delay=max(floor, exchange.seconds * (times - 1)))

    return alter


def shifted(value: Any, by: timedelta) -> Any:
    """A moment moved; what is no moment, or an empty one, stays."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value) or value.startswith("0001"):
        return value
    return (datetime.fromisoformat(value) + by).isoformat(timespec="seconds")


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def is_moment(value: Any) -> bool:
    """Whether a JSON value is a moment that is not empty."""
    return isinstance(value, str) and _MOMENT.fullmatch(value) is not None and not value.startswith("0001")
