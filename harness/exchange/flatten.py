"""Files of exchanges as objects with fields, by the identity each format declares: what two files are compared by.

What changes from message to message by its nature (numbers, moments of creation) is declared here, never guessed (design 4.6).
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

from harness.exchange import bank, commerceml_stream, directbank, distributed, enterprise_data, exchange_plans
from harness.exchange.commerceml_models import Contractor, Group, Head, Holder, Item, Named, Offer, Order, PropertyKind
from harness.exchange.golden import flat_element
from harness.exchange.inspection import content
from harness.exchange.markup import children, local, text
from harness.exchange.recognise import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lxml.etree import _Element

    from harness.exchange.commerceml_models import Record

Entry = tuple[str, dict[str, str]]
VOLATILE = {
    Kind.BANK: {"ДатаСоздания", "ВремяСоздания"},
    Kind.COMMERCEML: {"created"},
    Kind.ENTERPRISE_DATA: {"CreationDate", "MessageNo", "ReceivedNo", "LastUpdate"},
    Kind.BRANCH: {"MessageNo", "ReceivedNo"},
    Kind.DIRECTBANK: {"@id", "@creationDate", "@extID"},
    Kind.CHANGES: {"DataVersion"},
}
"""Fields that differ in every message; `--all` compares them too."""
_WORDS: dict[type, str] = {
    Group: "Группа",
    PropertyKind: "Свойство",
    Item: "Товар",
    Offer: "Предложение",
    Order: "Документ",
    Contractor: "Контрагент",
}


def entries(kind: Kind, source: bytes | Path, place: str, *, everything: bool = False) -> Iterator[Entry]:
    """Objects of a file with their fields; an identity that comes again gets a number.

    Raises:
        DocumentError: the file cannot be read.
        KeyError: a format that is compared by its own rules.
    """
    hidden = set() if everything else VOLATILE[kind]
    seen: dict[str, int] = {}
    for name, values in _READERS[kind](source, place):
        seen[name] = seen.get(name, 0) + 1
        shown = name if seen[name] == 1 else f"{name} #{seen[name]}"
        yield shown, {field: value for field, value in values.items() if field.rpartition("/")[2] not in hidden}


def _bank(source: bytes | Path, place: str) -> Iterator[Entry]:
    file = bank.read(content(source, place), place)
    header = {item.name: item.value for item in file.header if item.name not in ("РасчСчет", "Документ")}
    header |= {"РасчСчет": ", ".join(sorted(item.value for item in file.header if item.name == "РасчСчет"))}
    yield "Заголовок", header | {"encoding": file.encoding}
    for section in file.sections:
        values = {item.name: item.value for item in section.fields}
        if section.kind == "РасчСчет":
            yield f"Счёт {section.get('РасчСчет')} {section.get('ДатаНачала')}", values
        else:
            sides = f"{section.get('ПлательщикСчет')} → {section.get('ПолучательСчет')}"
            yield f"{section.title} № {section.get('Номер')} от {section.get('Дата')}, {sides}", values


def _commerceml(source: bytes | Path, place: str) -> Iterator[Entry]:
    for record in commerceml_stream.stream(source, place):
        yield _name(record), dict(_plain(record))


def _name(record: Record) -> str:
    match record:
        case Head():
            return "КоммерческаяИнформация"
        case Holder(kind=kind):
            return kind
        case Named(kind=kind, id=key):
            return f"{kind} {key}"
        case _:
            return f"{_WORDS[type(record)]} {record.id}"


def _plain(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Fields of a model; pairs by their first part, further models by their place."""
    for field in fields(value):
        name, here = f"{prefix}{field.name}", getattr(value, field.name)
        if not isinstance(here, tuple):
            yield name, "" if here is None else str(here)
            continue
        for place, one in enumerate(here, start=1):
            if is_dataclass(one):
                yield from _plain(one, f"{name}[{getattr(one, 'id', '') or place}].")
            elif isinstance(one, tuple):
                yield f"{name}[{one[0]}]", str(one[1])
            else:
                yield f"{name}[{place}]", str(one)


def _enterprise_data(source: bytes | Path, place: str) -> Iterator[Entry]:
    message = enterprise_data.read(content(source, place).removeprefix(b"\xef\xbb\xbf"), place)
    seen = message.confirmation
    header = {
        "Format": f"{message.format_uri}/{message.version} {message.extension}".strip(),
        "CreationDate": message.created,
        "AvailableVersion": ", ".join(sorted(message.versions, key=enterprise_data.version_key)),
        "NewFrom": message.new_from,
        "Prefix": message.prefix,
    }
    if seen is not None:
        header |= {"ExchangePlan": seen.plan, "To": seen.to, "From": seen.sender}
        header |= {"MessageNo": str(seen.message_no), "ReceivedNo": str(seen.received_no)}
    header |= {f"{item.name}/Sending": item.sending for item in message.object_types}
    header |= {f"{item.name}/Receiving": item.receiving for item in message.object_types}
    yield "Header", header
    for item in message.objects:
        yield f"{local(item)} {_identity(item)}".strip(), dict(flat_element(item))


def _identity(item: _Element) -> str:
    """Public identifier, else all key properties, of an object; of a deletion the reference it names."""
    keys = next(children(item, "КлючевыеСвойства"), None)
    if keys is not None:
        return text(keys, "Ссылка") or ", ".join((one.text or "").strip() for one in children(keys) if not len(one))
    return " ".join(value for _path, value in flat_element(item))[:80]


def _branch(source: bytes | Path, place: str) -> Iterator[Entry]:
    message = distributed.read(content(source, place).removeprefix(b"\xef\xbb\xbf"), place)
    header = {"ExchangePlan": message.plan, "To": message.to, "From": message.sender, **dict(message.digests)}
    numbers = {"MessageNo": str(message.message_no), "ReceivedNo": str(message.received_no)}
    yield "Header", header | numbers
    for change in message.metadata:
        yield f"Metadata {change.name or change.id}", {"Version": change.version}
    for name in message.extensions:
        yield f"ConfigurationExtension {name}", {}
    for item in message.data:
        yield f"{item.type} {item.ref}".strip(), dict(item.fields)


def _directbank(source: bytes | Path, place: str) -> Iterator[Entry]:
    data = content(source, place)
    root = directbank.read_any(data, place)
    if local(root) != "Packet":
        yield local(root), dict(flat_element(root))
        return
    packet = directbank.packet_of(root, place)
    yield "Packet", {"formatVersion": packet.version, "Sender": packet.sender.id or packet.sender.bic}
    for item in packet.documents:
        body = (
            {}
            if item.encrypted or item.kind not in directbank.KINDS
            else dict(flat_element(directbank.read_document(item.data)))
        )
        yield f"Document {item.kind}", {"formatVersion": item.version, **body}


def _changes(source: bytes | Path, place: str) -> Iterator[Entry]:
    for item in exchange_plans.read(source, place):
        yield item.id, {"deleted": str(item.deleted).lower(), **dict(item.fields)}


_READERS: dict[Kind, Callable[[bytes | Path, str], Iterator[Entry]]] = {
    Kind.BANK: _bank,
    Kind.COMMERCEML: _commerceml,
    Kind.ENTERPRISE_DATA: _enterprise_data,
    Kind.BRANCH: _branch,
    Kind.DIRECTBANK: _directbank,
    Kind.CHANGES: _changes,
}
