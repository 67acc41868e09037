"""Documents as flat lists of (path, value), so that they can be compared by structure, and their personal parts hidden.

A path carries what identifies a member of a list, "/Заказы/Заказ[Номер=7]/Сумма"; its shape does not, "/Заказы/Заказ/Сумма".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from lxml import etree

from harness.errors import DocumentError
from harness.exchange.markup import local, namespace, parse
from harness.observe.kinds import digits
from harness.observe.paths import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lxml.etree import _Element

    from harness.observe.pseudonyms import Pseudonyms

_JSON = msgspec.json.Decoder(float_hook=Decimal)
_JSON_OUT = msgspec.json.Encoder(decimal_format="number")


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf of a document.

    Attributes:
        path: where it is, with the identity of list members.
        shape: where it is, without.
        value: what is there, as text.
        kind: for JSON: text, number, boolean, null, empty object, empty list; "" for XML.
    """

    path: str
    shape: str
    value: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Flat:
    """A document's leaves in order, and paths of list members that share one identity."""

    entries: tuple[Entry, ...]
    duplicates: tuple[str, ...]


def flatten(content: bytes, media: str, identity: Mapping[str, str], place: str) -> Flat:
    """Leaves of an XML or JSON document.

    Raises:
        DocumentError: not what `media` says.
    """
    if media == "xml":
        return _XmlWalk(identity).of(parse(content, place))
    return _JsonWalk(identity).of(_decode(content, place))


def _decode(content: bytes, place: str) -> Any:
    try:
        return _JSON.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentError(
            f"это не JSON: {error}", place=place, hint="файл повреждён или получен не целиком"
        ) from error


class _Walk:
    """What both walks share: labels of list members."""

    def __init__(self, identity: Mapping[str, str]) -> None:
        self._identity = identity
        self._entries: list[Entry] = []
        self._duplicates: list[str] = []

    def _flat(self) -> Flat:
        return Flat(tuple(self._entries), tuple(self._duplicates))

    def _key_of(self, shape: str) -> str:
        return next((key for pattern, key in self._identity.items() if matches(pattern, shape)), "")

    def _label(
        self, base: str, shape: str, number: int, seen: dict[str, int], identity: Callable[[str], str | None]
    ) -> str:
        """Path of a list member: by its identity when one is declared and present, else by position (the first has none)."""
        key = self._key_of(shape)
        value = identity(key) if key else None
        if value is None:
            return base if number == 1 else f"{base}[{number}]"
        path = f"{base}[{key}={value.replace('/', '⁄')}]"
        seen[path] = seen.get(path, 0) + 1
        if seen[path] == 1:
            return path
        if seen[path] == 2:
            self._duplicates.append(path)
        return f"{path}#{seen[path]}"


class _XmlWalk(_Walk):
    def of(self, root: _Element) -> Flat:
        path = f"/{local(root)}"
        self._element(root, path, path, "")
        return self._flat()

    def _element(self, element: _Element, path: str, shape: str, outer: str) -> None:
        space = namespace(element)
        if space != outer:
            self._entries.append(Entry(f"{path}/@xmlns", f"{shape}/@xmlns", space))
        for name, value in sorted(element.attrib.items()):
            short = str(name).rpartition("}")[2]
            self._entries.append(Entry(f"{path}/@{short}", f"{shape}/@{short}", str(value)))
        text = _text(element)
        members = [child for child in element if local(child)]
        if text or not (members or element.attrib):
            self._entries.append(Entry(path, shape, text))
        counts: dict[str, int] = {}
        seen: dict[str, int] = {}
        for child in members:
            name = local(child)
            counts[name] = counts.get(name, 0) + 1
            inner = f"{shape}/{name}"
            label = self._label(f"{path}/{name}", inner, counts[name], seen, partial(_xml_value, child))
            self._element(child, label, inner, space)


def _text(element: _Element) -> str:
    parts = [element.text or "", *((child.tail or "") for child in element)]
    text = "".join(parts)
    return text if len(element) == 0 else text.strip()


def _xml_value(element: _Element, key: str) -> str | None:
    """Value of "Номер", "@id" or "Товар/Код" below an element."""
    here = element
    steps = key.split("/")
    for step in steps:
        if step.startswith("@"):
            return next(
                (str(value) for name, value in here.attrib.items() if str(name).rpartition("}")[2] == step[1:]), None
            )
        found = next((child for child in here if local(child) == step), None)
        if found is None:
            return None
        here = found
    return _text(here)


class _JsonWalk(_Walk):
    def of(self, value: Any) -> Flat:
        self._value(value, "", "")
        return self._flat()

    def _value(self, value: Any, path: str, shape: str) -> None:
        if isinstance(value, dict) and value:
            for name, inner in sorted(value.items()):
                step = str(name).replace("/", "⁄")
                self._value(inner, f"{path}/{step}", f"{shape}/{step}")
        elif isinstance(value, list) and value:
            seen: dict[str, int] = {}
            for number, inner in enumerate(value, start=1):
                label = self._label(path or "/", shape or "/", number, seen, partial(_json_value, inner))
                self._value(inner, label, shape)
        else:
            kind, text = _leaf(value)
            self._entries.append(Entry(path or "/", shape or "/", text, kind))


def _leaf(value: Any) -> tuple[str, str]:
    if value is None:
        return "null", "null"
    if isinstance(value, bool):
        return "boolean", str(value).lower()
    if isinstance(value, int | Decimal):
        return "number", digits(value, bare=True)
    if isinstance(value, dict):
        return "object", "{}"
    if isinstance(value, list):
        return "list", "[]"
    return "text", str(value)


def _json_value(value: Any, key: str) -> str | None:
    for step in key.split("/"):
        if not isinstance(value, dict) or step not in value:
            return None
        value = value[step]
    return None if isinstance(value, dict | list) else _leaf(value)[1]


def text_of(content: bytes) -> tuple[str, str]:
    """Text and its encoding: UTF-8 (with or without a mark), UTF-16 by its mark, else cp1251, as 1C's files have it."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace"), encoding
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace"), "cp1251"


def hide_personal(content: bytes, media: str, patterns: Sequence[str], pseudonyms: Pseudonyms) -> bytes:
    """A document whose personal parts are pseudonyms; without patterns it is only checked to be what `media` says.

    Raises:
        DocumentError: not what `media` says.
        ValueError: personal parts of a binary file cannot be found.
    """
    if media == "binary":
        if patterns:
            raise ValueError("В двоичном файле персональные данные не найти: не сохраняйте его или уберите personal")
        return content
    if media == "text":
        return _hide_text(content, patterns, pseudonyms)
    if media == "json":
        value = _decode(content, "JSON")
        return _JSON_OUT.encode(_hide_json(value, "", tuple(patterns), pseudonyms)) if patterns else content
    root = parse(content, "XML")
    if not patterns:
        return content
    _hide_xml(root, f"/{local(root)}", tuple(patterns), pseudonyms)
    encoding = root.getroottree().docinfo.encoding or "UTF-8"
    hidden = etree.tostring(root, encoding=encoding, xml_declaration=True)
    return hidden if isinstance(hidden, bytes) else hidden.encode(encoding)


def _hide_text(content: bytes, patterns: Sequence[str], pseudonyms: Pseudonyms) -> bytes:
    text, encoding = text_of(content)
    if not patterns:
        return content
    for pattern in patterns:
        text = re.sub(pattern, lambda found: str(pseudonyms.column([found[0]])[0]), text, flags=re.MULTILINE)
    return text.encode(encoding, errors="replace")


def _hide_json(value: Any, shape: str, patterns: tuple[str, ...], pseudonyms: Pseudonyms) -> Any:
    if isinstance(value, dict):
        return {name: _hide_json(inner, f"{shape}/{name}", patterns, pseudonyms) for name, inner in value.items()}
    if isinstance(value, list):
        return [_hide_json(inner, shape, patterns, pseudonyms) for inner in value]
    return pseudonyms.column([value])[0] if any(matches(pattern, shape) for pattern in patterns) else value


def _hide_xml(element: _Element, shape: str, patterns: tuple[str, ...], pseudonyms: Pseudonyms) -> None:
    for name, value in element.attrib.items():
        if any(matches(pattern, f"{shape}/@{str(name).rpartition('}')[2]}") for pattern in patterns):
            element.set(name, str(pseudonyms.column([str(value)])[0]))
    if element.text and any(matches(pattern, shape) for pattern in patterns):
        element.text = str(pseudonyms.column([element.text])[0])
    for child in element:
        if local(child):
            _hide_xml(child, f"{shape}/{local(child)}", patterns, pseudonyms)
