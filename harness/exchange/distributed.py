"""Messages of a distributed infobase (РИБ): envelope, digests, configuration changes, data (facts/exchanges.md 2).

Matched by local names: the namespaces are the platform's, and some are plain Russian words (`markup.parse` reads these).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.exchange.markup import child, children, local, namespace, parse, text
from harness.exchange.problems import FormatError, Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from lxml.etree import _Element

MESSAGES = "http://v8.1c.ru/messages"
_DIGESTS = ("Digest1", "Digest2")
_DATA_PARTS = ("Data",)


@dataclass(frozen=True, slots=True)
class MetadataChange:
    """A changed object of the configuration inside a message."""

    id: str
    name: str
    version: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class DataObject:
    """An object of data: `type` is the platform's name ("CatalogObject.Номенклатура"); a deletion is "ObjectDeletion".

    Attributes:
        ref: reference, "" for record sets.
        fields: plain values; the number of rows of tabular parts and record sets as "Товары#".
    """

    type: str
    ref: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def deleted(self) -> bool:
        """Whether the object was removed."""
        return self.type == "ObjectDeletion"


@dataclass(frozen=True, slots=True)
class BranchMessage:
    """A message between nodes.

    Attributes:
        digests: digests of the configuration by name; the receiver compares them with its own.
        metadata: changed objects of the configuration.
        extensions: extensions that travel with the message.
    """

    plan: str
    to: str
    sender: str
    message_no: int
    received_no: int
    digests: tuple[tuple[str, str], ...] = ()
    metadata: tuple[MetadataChange, ...] = ()
    extensions: tuple[str, ...] = ()
    data: tuple[DataObject, ...] = ()

    @property
    def changes_configuration(self) -> bool:
        """Whether the node has to update its configuration before it can load the data."""
        return bool(self.metadata or self.extensions)

    def counts(self) -> dict[str, int]:
        """Objects of data by type, in order of names."""
        found: dict[str, int] = {}
        for item in self.data:
            found[item.type] = found.get(item.type, 0) + 1
        return dict(sorted(found.items()))


def read(data: bytes, place: str = "сообщение РИБ") -> BranchMessage:
    """Reads a message of a node.

    Raises:
        DocumentError: not XML, or not such a message.
    """
    root = parse(data, place)
    head = child(root, "Header")
    if local(root) != "Message" or namespace(root) != MESSAGES or head is None:
        raise FormatError(_("это не сообщение распределённой базы: нет v8msg:Message/Header"), place=place)
    body = child(root, "Body")
    changes = child(body, "Changes") if body is not None else None
    holder = changes if changes is not None else body
    return BranchMessage(
        plan=text(head, "ExchangePlan"),
        to=text(head, "To"),
        sender=text(head, "From"),
        message_no=_number(head, "MessageNo", place),
        received_no=_number(head, "ReceivedNo", place),
        digests=tuple(_digests(head, holder)),
        metadata=tuple(
            _metadata(item) for item in children(child(holder, "Config") if holder is not None else None, "Metadata")
        ),
        extensions=tuple(_extensions(holder)),
        data=tuple(_objects(holder)),
    )


def _number(head: _Element, name: str, place: str) -> int:
    value = text(head, name) or "0"
    if not (value.isascii() and value.lstrip("-").isdigit() and len(value) < 19):
        raise FormatError(_("{name} — не число: {value}"), place=place, name=name, value=value)
    return int(value)


def _digests(head: _Element, holder: _Element | None) -> list[tuple[str, str]]:
    return [
        (name, value)
        for part in (head, holder)
        for name in _DIGESTS
        if part is not None and (value := text(part, name))
    ]


def _metadata(item: _Element) -> MetadataChange:
    return MetadataChange(text(item, "ObjectID"), text(item, "Name"), text(item, "Version"), text(item, "ClassID"))


def _extensions(holder: _Element | None) -> list[str]:
    """Names of the extensions inside, and of those that are to be removed with a minus before them."""
    found = []
    for item in children(child(holder, "ConfigurationExtensions") if holder is not None else None):
        name = text(item, "Name") or item.get("Name", "") or (item.text or "").strip()
        found.append(f"−{name}" if local(item) == "ConfigurationExtensionDeletion" else name)
    return found


def _objects(holder: _Element | None) -> list[DataObject]:
    found = []
    for part in children(holder, *_DATA_PARTS) if holder is not None else ():
        for item in children(part):
            reference = text(item, "Ref") or item.get("Ref", "")
            found.append(DataObject(local(item), reference, tuple(_fields(item))))
    return found


def _fields(item: _Element) -> list[tuple[str, str]]:
    rows: dict[str, int] = {}
    plain: list[tuple[str, str]] = []
    for part in children(item):
        if len(part):
            rows[local(part)] = rows.get(local(part), 0) + 1
        else:
            plain.append((local(part), (part.text or "").strip()))
    return [*plain, *((f"{name}#", str(count)) for name, count in rows.items())]


def check(message: BranchMessage, *, node: str = "", received_no: int = 0) -> list[Problem]:
    """What the platform would refuse, in its order; `node` and `received_no` are the receiver's own when they are known."""
    found = []
    for name, value in (("ExchangePlan", message.plan), ("To", message.to), ("From", message.sender)):
        if not value:
            template = _("в заголовке не заполнено «{name}»")
            found.append(problem("MISSING", template, path=f"/Message/Header/{name}", name=name))
    if message.message_no <= 0:
        found.append(problem("VALUE", _("номер сообщения не больше нуля"), path="/Message/Header/MessageNo"))
    if node and message.to and message.to != node:
        template = _("сообщение предназначено узлу {to}, а загружает узел {node}")
        found.append(problem("REFERENCE", template, path="/Message/Header/To", to=message.to, node=node))
    if 0 < message.message_no <= received_no:
        template = _("сообщение {number} уже принято, последнее принятое {received}")
        path = "/Message/Header/MessageNo"
        found.append(problem("DUPLICATE", template, path=path, number=message.message_no, received=received_no))
    return found


def conflicts(message: BranchMessage, digests: dict[str, str]) -> list[Problem]:
    """Digests that differ from the receiver's own: "Конфигурация узла распределенной ИБ не соответствует ожидаемой"."""
    return [
        problem(
            "REFERENCE",
            _("конфигурация узла не соответствует ожидаемой: {name} сообщения {theirs}, базы {ours}"),
            path=f"/Message/Header/{name}",
            name=name,
            theirs=value,
            ours=digests[name],
        )
        for name, value in message.digests
        if name in digests and digests[name] != value
    ]
