"""Exchange plans by OData: what is registered for a node, from the feed of SelectChanges (facts/odata.md 5, Exchange plans).

The feed is Atom with `at:deleted-entry` (RFC 6721) for objects that were removed. 1C builds the whole package in memory, so that feeds
are large: they are read as a stream.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote, unquote

from harness.exchange import markup
from harness.exchange.markup import child, children, local, text
from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lxml.etree import _Element

_RECORDS = ("entry", "deleted-entry")
_ADDRESS = re.compile(r"([^/()]+)\(([^()]*)\)$")


@dataclass(frozen=True, slots=True)
class Registered:
    """An object registered for a node.

    Attributes:
        entity: name of the entity set, "Catalog_Номенклатура".
        key: key as written, "guid'…'"; several parts for registers.
        deleted: the object was removed from the base.
        version: DataVersion, "" when there is none.
        fields: properties with plain values, and the number of rows of tabular parts as "Товары#".
    """

    entity: str
    key: str
    deleted: bool = False
    version: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        """Identity: entity and key."""
        return f"{self.entity}({self.key})"


@dataclass(frozen=True, slots=True)
class Summary:
    """What is registered for a node, counted.

    Attributes:
        changed: objects by entity set, in order of names.
        deleted: removed objects by entity set.
    """

    changed: tuple[tuple[str, int], ...]
    deleted: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        """All registered objects."""
        return sum(count for _name, count in (*self.changed, *self.deleted))


def read(source: bytes | Path | BinaryIO, place: str = "SelectChanges") -> Iterator[Registered]:
    """Registered objects of a feed, in its order.

    Raises:
        DocumentError: not XML, or not a feed (an error of 1C in JSON is named).
    """
    with markup.opened(source) as file:
        events = markup.stream(file, place, _RECORDS, lambda item: item.getparent() is not None)
        root = next(events)[1]
        if local(root) != "feed":
            raise FormatError(
                _("корневой элемент «{name}», а не «feed»: это не ответ SelectChanges"), place=place, name=local(root)
            )
        for _event, element in events:
            yield _registered(element, place)


def _registered(element: _Element, place: str) -> Registered:
    removed = local(element) == "deleted-entry"
    address = element.get("ref", "") if removed else text(element, "id")
    found = _ADDRESS.search(unquote(address))
    if found is None:
        raise FormatError(_("адрес объекта «{address}» не читается"), place=place, address=address)
    fields = tuple(_fields(child(element, "content", "properties"))) if not removed else ()
    version = dict(fields).get("DataVersion", "")
    return Registered(found.group(1), found.group(2), removed, version, fields)


def _fields(properties: _Element | None) -> Iterator[tuple[str, str]]:
    for item in children(properties):
        name = local(item)
        rows = sum(1 for _row in children(item, "element"))
        if len(item):
            yield f"{name}#", str(rows)
        else:
            yield name, (item.text or "").strip()


def summary(source: bytes | Path | BinaryIO, place: str = "SelectChanges") -> Summary:
    """Counts of registered objects by entity set: more after an update than before is a finding (facts/exchanges.md 1.8)."""
    changed: dict[str, int] = {}
    removed: dict[str, int] = {}
    for item in read(source, place):
        here = removed if item.deleted else changed
        here[item.entity] = here.get(item.entity, 0) + 1
    return Summary(tuple(sorted(changed.items())), tuple(sorted(removed.items())))


def select_changes(plan: str, node: str, message_no: int, root: str) -> str:
    """Address of SelectChanges for a node: POST it; `root` is the address of the service without a slash at its end."""
    return _address("SelectChanges", plan, node, message_no, root)


def notify_received(plan: str, node: str, message_no: int, root: str) -> str:
    """Address of NotifyChangesReceived: POST it after the changes of message `message_no` and below were stored by the peer."""
    return _address("NotifyChangesReceived", plan, node, message_no, root)


def _address(method: str, plan: str, node: str, message_no: int, root: str) -> str:
    # The inner quotes are not doubled: that is how 1C takes it (facts/odata.md 5).
    point = f"'{root}/ExchangePlan_{plan}(guid'{node}')'"
    return f"{root}/{method}?DataExchangePoint={quote(point, safe='')}&MessageNo={message_no}"
