"""Documents read: XML and JSON as trees, text with its encoding; their personal parts hidden."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from lxml import etree

from harness.errors import DocumentError
from harness.exchange.markup import local, namespace, parse
from harness.observe.kinds import digits
from harness.observe.paths import matches
from harness.observe.trees import Node

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

    from harness.observe.pseudonyms import Pseudonyms

_JSON = msgspec.json.Decoder(float_hook=Decimal)
_JSON_OUT = msgspec.json.Encoder(decimal_format="number")


def tree(content: bytes, media: str, place: str) -> tuple[str, Node]:
    """Path of the root, and the root, of an XML or JSON document.

    Raises:
        DocumentError: not what `media` says.
    """
    if media == "xml":
        root = parse(content, place)
        return f"/{local(root)}", _element(root, "")
    return "", _member(_decode(content, place))


def _decode(content: bytes, place: str) -> Any:
    try:
        return _JSON.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DocumentError(
            f"это не JSON: {error}", place=place, hint="файл повреждён или получен не целиком"
        ) from error


def _element(element: _Element, outer: str) -> Node:
    space = namespace(element)
    attributes = [("xmlns", space)] if space != outer else []
    attributes += sorted((str(name).rpartition("}")[2], str(value)) for name, value in element.attrib.items())
    text = _text(element)
    children = [(local(child), _element(child, space)) for child in element if local(child)]
    return Node(text if text or not (children or element.attrib) else None, "", attributes, children)


def _text(element: _Element) -> str:
    parts = [element.text or "", *((child.tail or "") for child in element)]
    text = "".join(parts)
    return text if len(element) == 0 else text.strip()


def _member(value: Any) -> Node:
    if isinstance(value, dict) and value:
        steps = sorted(
            ((str(name).replace("/", "⁄"), inner) for name, inner in value.items()), key=lambda step: step[0]
        )
        return Node(None, "object", [], [(step, _member(inner)) for step, inner in steps])
    if isinstance(value, list) and value:
        return Node(None, "list", [], [("", _member(inner)) for inner in value])
    kind, text = _leaf(value)
    return Node(text, kind)


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
