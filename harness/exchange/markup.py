"""Reading of foreign XML: no entity, no DTD, no network, bounded depth; elements by local name.

Real exchange files come with, without and with wrong namespaces (facts/exchanges.md 3.1), so that everything here matches
local names only.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from lxml import etree

from harness.errors import DocumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element


def parse(data: bytes, place: str) -> _Element:
    """Parses a document and returns its root.

    Raises:
        DocumentError: not well-formed, empty, or holds a DTD or entities.
    """
    if not data.strip():
        raise DocumentError("файл пуст", place=place)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
    )
    try:
        root = etree.fromstring(data.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 0
        raise DocumentError(
            f"это не XML: {error.msg}", place=f"{place}:{line}", hint="файл повреждён или получен не целиком"
        ) from error
    refuse_declarations(root, place)
    return root


def refuse_declarations(root: _Element, place: str) -> None:
    """Refuses a document type declaration: exchange files have none, attacks have."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise DocumentError(
            "в файле есть объявление DTD или внешних сущностей",
            place=place,
            hint="обменные файлы 1С их не содержат: не загружайте этот файл",
        )


def local(element: _Element | None) -> str:
    """Name without namespace; "" for processing instructions, unresolved entities and for no element."""
    tag: object = element.tag if element is not None else ""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def namespace(element: _Element) -> str:
    """Namespace of an element, "" when it has none."""
    tag: object = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(element: _Element, *names: str) -> Iterator[_Element]:
    """Direct children with one of the local names; all children when no name is given."""
    return (child for child in element if (not names and local(child)) or local(child) in names)


def child(element: _Element, *path: str) -> _Element | None:
    """First descendant along a path of local names."""
    here: _Element | None = element
    for name in path:
        here = next(children(here, name), None) if here is not None else None
    return here


def text(element: _Element | None, *path: str) -> str:
    """Text at a path, stripped; "" when there is none."""
    found = child(element, *path) if element is not None else None
    return (found.text or "").strip() if found is not None else ""


def texts(element: _Element, *names: str) -> tuple[str, ...]:
    """Texts of the direct children with these names."""
    return tuple((item.text or "").strip() for item in children(element, *names))


def number(value: str) -> Decimal | None:
    """A number as shops and 1C write it, also with a decimal comma or spaces between thousands; None for anything else."""
    cleaned = value.replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        found = Decimal(cleaned)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None
