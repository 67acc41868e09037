"""EnterpriseData, the universal exchange format: envelope, versions, numbering (facts/exchanges.md 1.1, 1.3, 1.4).

The envelope is read and checked completely; objects of the body are kept as elements, compared by structure elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.exchange.markup import child, children, line_of, local, namespace, parse, text, texts
from harness.exchange.problems import FormatError, Problem, problem
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element

ENVELOPE = "http://www.1c.ru/SSL/Exchange/Message"
"""Namespace of the header; the root has none."""
FORMAT = "http://v8.1c.ru/edi/edi_stnd/EnterpriseData"
HEADER_ORDER = (
    "Format",
    "CreationDate",
    "Confirmation",
    "AvailableVersion",
    "NewFrom",
    "AvailableObjectTypes",
    "Prefix",
    "AvailableExtensions",
    "SynchronizationContour",
)
"""The header is an ordered type: 1C refuses a message whose parts stand in another order."""
PUBLISHED_VERSIONS = (
    "1.2",
    "1.3",
    "1.4",
    "1.5",
    "1.6",
    "1.7",
    "1.8",
    "1.10",
    "1.11",
    "1.12",
    *(f"1.{n}" for n in range(15, 23)),
)
"""Versions that exist; there is no 1.9, 1.13, 1.14."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Addressing and acknowledgment; numbers are 0 when acknowledgment is switched off."""

    plan: str
    to: str
    sender: str
    message_no: int = 0
    received_no: int = 0


@dataclass(frozen=True, slots=True)
class ObjectType:
    """What the sender can do with a type of the format: versions as a list, "*" for all, "" for none."""

    name: str
    sending: str
    receiving: str


@dataclass(frozen=True, slots=True)
class ContourNode:
    """A node of the synchronisation contour (`SynchronizationContour/Node`); `name` is as written, base64 in practice."""

    name: str
    code: str
    prefix: str = ""
    last_update: str = ""
    peers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Attributes:
        version: version of the format, "" in a settings-only message (handshake).
        extension: URI of a format extension, "" when there is none.
        created: CreationDate as written.
        extensions: namespace and base version of each available extension of the format.
        contour: nodes of the synchronisation contour.
        confirmation: None when the message has none (an error for an exchange through a plan).
        order: local names of the header's parts as they stand.
        body_namespace: namespace of the body, "" without a body.
        objects: elements of the body.
    """

    format_uri: str
    version: str
    extension: str = ""
    created: str = ""
    confirmation: Confirmation | None = None
    versions: tuple[str, ...] = ()
    new_from: str = ""
    object_types: tuple[ObjectType, ...] = ()
    extensions: tuple[tuple[str, str], ...] = ()
    contour: tuple[ContourNode, ...] = ()
    prefix: str = ""
    order: tuple[str, ...] = ()
    body_namespace: str = ""
    objects: tuple[_Element, ...] = ()

    @property
    def handshake(self) -> bool:
        """Settings only: must not be counted as an exchange of data."""
        return not self.version

    def counts(self) -> dict[str, int]:
        """How many objects of each type the body holds, in order of names."""
        found: dict[str, int] = {}
        for item in self.objects:
            found[local(item)] = found.get(local(item), 0) + 1
        return dict(sorted(found.items()))

    def identifiers(self) -> tuple[str, ...]:
        """Public identifiers (`КлючевыеСвойства/Ссылка`) of the objects, in order; "" for an object without one."""
        return tuple(text(item, "КлючевыеСвойства", "Ссылка") for item in self.objects)


def version_key(version: str) -> tuple[int, ...]:
    """Sorts versions as numbers: "1.10" after "1.8". A part that is no number sorts first."""
    return tuple(int(part) if part.isdigit() else -1 for part in version.split("."))


def common_version(ours: Iterable[str], theirs: Iterable[str]) -> str:
    """The greatest common version, "" when there is none: what both sides will speak (facts/exchanges.md 1.4)."""
    return max(set(ours) & set(theirs), key=version_key, default="")


def read(data: bytes, place: str = "сообщение обмена") -> Message:
    """Reads a message.

    Raises:
        DocumentError: not XML, or not an exchange message; the message says what it is when it is the format of КД 2.
    """
    root = parse(data, place)
    head = child(root, "Header")
    if local(root) == "ФайлОбмена":
        raise FormatError(
            _("это файл обмена по правилам КД 2, а не EnterpriseData"),
            place=place,
            hint=_("у корреспондента не выполнено обновление настройки синхронизации"),
        )
    if local(root) != "Message" or head is None:
        raise FormatError(_("в файле нет Message/Header: ошибка формата файла обмена"), place=place)
    uri, _space, extension = text(head, "Format").partition(" ")
    base, _slash, tail = uri.rpartition("/")
    versioned = bool(tail) and tail[0].isdigit()
    body = child(root, "Body")
    return Message(
        format_uri=base if versioned else uri,
        version=tail if versioned else "",
        extension=extension.strip(),
        created=text(head, "CreationDate"),
        confirmation=_confirmation(child(head, "Confirmation"), place),
        versions=texts(head, "AvailableVersion"),
        new_from=text(head, "NewFrom"),
        object_types=_object_types(child(head, "AvailableObjectTypes")),
        extensions=tuple(
            (text(item, "Namespace"), text(item, "BaseVersion"))
            for item in children(child(head, "AvailableExtensions"), "Extension")
        ),
        contour=tuple(_contour(item) for item in children(child(head, "SynchronizationContour"), "Node")),
        prefix=text(head, "Prefix"),
        order=tuple(local(part) for part in children(head)),
        body_namespace=namespace(body) if body is not None else "",
        objects=tuple(children(body)) if body is not None else (),
    )


def _confirmation(part: _Element | None, place: str) -> Confirmation | None:
    if part is None:
        return None
    numbers = []
    for name in ("MessageNo", "ReceivedNo"):
        value = text(part, name) or "0"
        if not (value.isascii() and value.lstrip("-").isdigit() and len(value) < 19):
            raise FormatError(_("{name} — не число: {value}"), place=place, name=name, value=value)
        numbers.append(int(value))
    return Confirmation(text(part, "ExchangePlan"), text(part, "To"), text(part, "From"), numbers[0], numbers[1])


def _contour(item: _Element) -> ContourNode:
    peers = children(child(item, "CorrNodes"), "CorrNode")
    return ContourNode(
        text(item, "Name"),
        text(item, "Code"),
        text(item, "Prefix"),
        text(item, "LastUpdate"),
        tuple((text(one, "Name"), text(one, "Code")) for one in peers),
    )


def _object_types(part: _Element | None) -> tuple[ObjectType, ...]:
    if part is None:
        return ()
    return tuple(
        ObjectType(text(item, "Name"), text(item, "Sending"), text(item, "Receiving"))
        for item in children(part, "ObjectType")
    )


def validate(message: Message) -> list[str]:
    """What 1C would refuse or misread, as Russian sentences; empty when the envelope is right."""
    return [found.text for found in check(message)]


def check(message: Message) -> list[Problem]:
    """What 1C would refuse or misread in the envelope, with paths; objects by a package are `xdto.Package.validate`."""
    found = [*_header(message), *_versions(message)]
    if not message.handshake:
        found += _body(message)
    for place, item in enumerate(message.objects, start=1):
        if not _keyed(item):
            template = _("{object}: не заполнены ключевые свойства")
            path = f"/Message/Body/*[{place}]"
            found.append(problem("MISSING", template, line=line_of(item), path=path, object=local(item)))
    return found


def _header(message: Message) -> Iterator[Problem]:
    path = "/Message/Header"
    if message.format_uri != FORMAT:
        template = _("адрес формата «{found}», ожидается «{wanted}»")
        yield problem("VERSION", template, path=f"{path}/Format", found=message.format_uri, wanted=FORMAT)
    known = [name for name in message.order if name in HEADER_ORDER]
    if known != sorted(known, key=HEADER_ORDER.index):
        yield problem(
            "ORDER", _("порядок частей заголовка нарушен: {order}"), path=path, order=", ".join(message.order)
        )
    if not message.created:
        yield problem("MISSING", _("не заполнена дата создания (CreationDate)"), path=f"{path}/CreationDate")
    if message.confirmation is not None and not message.confirmation.sender:
        yield problem("MISSING", _("не указан отправитель (From)"), path=f"{path}/Confirmation/From")
    yield from _settings(message, path)


def _settings(message: Message, path: str) -> Iterator[Problem]:
    """Parts of the header that set up the exchange: contour and object types."""
    for node in message.contour:
        for name, value in (("Name", node.name), ("Code", node.code), ("LastUpdate", node.last_update)):
            if not value:
                template = _("в узле контура синхронизации не заполнено «{name}»")
                yield problem("MISSING", template, path=f"{path}/SynchronizationContour/Node/{name}", name=name)
    for item in message.object_types:
        for name, listed in (("Sending", item.sending), ("Receiving", item.receiving)):
            extra = [one.strip() for one in listed.split(",") if one.strip() not in ("", "*", *message.versions)]
            if extra:
                template = _("{object}: версии {versions} не объявлены в сообщении")
                where = f"{path}/AvailableObjectTypes/ObjectType/{name}"
                yield problem("VERSION", template, path=where, object=item.name, versions=", ".join(extra))


def _versions(message: Message) -> Iterator[Problem]:
    path = "/Message/Header/AvailableVersion"
    if not message.versions:
        yield problem("MISSING", _("не указана ни одна поддерживаемая версия (AvailableVersion)"), path=path)
    for item in message.versions:
        if item not in PUBLISHED_VERSIONS:
            yield problem("VERSION", _("версии формата {version} не существует"), path=path, version=item)


def _body(message: Message) -> Iterator[Problem]:
    if message.version not in message.versions:
        template = _("версия сообщения {version} не входит в объявленные {versions}")
        versions = ", ".join(message.versions)
        yield problem("VERSION", template, path="/Message/Header/Format", version=message.version, versions=versions)
    if message.body_namespace != f"{FORMAT}/{message.version}":
        template = _("пространство имён тела «{found}» не соответствует версии {version}")
        yield problem("VERSION", template, path="/Message/Body", found=message.body_namespace, version=message.version)
    if message.confirmation is None:
        template = _("нет подтверждения (Confirmation): обмен через план обмена невозможен")
        yield problem("MISSING", template, path="/Message/Header/Confirmation")


def _keyed(item: _Element) -> bool:
    """The first child of every object is its key properties; a deletion has a reference instead."""
    first = next(children(item), None)
    return first is not None and (local(first) == "КлючевыеСвойства" or local(item) == "УдалениеОбъекта")
