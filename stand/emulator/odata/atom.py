"""Entities as Atom, the interface's default form (facts/odata.md 3, Atom), and bodies of writes that come in it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

import msgspec
from lxml import etree

from harness.errors import DocumentError
from harness.onec.names import NAMESPACE
from stand.emulator.odata.answers import printable
from stand.emulator.odata.errors import bad_body, twice_in_body
from stand.emulator.odata.shapes import Part, Shape, ShapeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_D = "http://schemas.microsoft.com/ado/2007/08/dataservices"
_M = f"{_D}/metadata"
_ATOM = "http://www.w3.org/2005/Atom"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_NAMES = f'xmlns="{_ATOM}" xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns:d="{_D}" xmlns:m="{_M}"'
_LINK = "@navigationLinkUrl"
_RECORDER = ("Recorder", "Recorder_Key", "Recorder_Type")
Pages: TypeAlias = "Iterable[list[dict[str, Any]]]"
ID = "@id"
"""Key of an entity under which the renderer puts its address when Atom is wanted."""


def feed(root: str, shape: Shape, pages: Pages, count: int | None, *, bare: bool = False) -> Iterator[bytes]:
    """A collection, page by page; the count stands at its end. `bare`: records of a set do not repeat their recorder."""
    parts = [_HEAD, f"<feed {_NAMES} xml:base={quoteattr(root + '/')}>"]
    filled = False
    for page in pages:
        if filled:
            yield _bytes(parts)
            parts = []
        parts += [_entry(root, shape, entity, bare=bare) for entity in page]
        filled = True
    if count is not None:
        parts.append(f"<m:count>{count}</m:count>")
    parts.append("</feed>")
    yield _bytes(parts)


def entry(root: str, shape: Shape, entity: Mapping[str, Any], *, bare: bool = False) -> bytes:
    """One entity as a document."""
    names = f" {_NAMES} xml:base={quoteattr(root + '/')}"
    return _bytes([_HEAD, _entry(root, shape, entity, names, bare=bare)])


def element(root: str, shape: Shape, entity: Mapping[str, Any]) -> str:
    """One entry of a feed that is put together elsewhere."""
    return _entry(root, shape, entity)


def changes(root: str, entries: Iterable[str], deleted: Iterable[str]) -> Iterator[bytes]:
    """A feed of changes: entries, then what was deleted (RFC 6721)."""
    yield _bytes([_HEAD, f"<feed {_NAMES} xml:base={quoteattr(root + '/')}>", *entries, *deleted, "</feed>"])


def result(type_name: str, pages: Pages) -> Iterator[bytes]:
    """Rows of a virtual table: not a feed, but `d:Result` with elements."""
    full = f"{NAMESPACE}.{type_name}"
    parts = [f'{_HEAD}<d:Result xmlns:d="{_D}" xmlns:m="{_M}" m:type="Collection({full})">']
    filled = False
    for page in pages:
        if filled:
            yield _bytes(parts)
            parts = []
        parts += [f'<d:element m:type="{full}">{_values(row.items())}</d:element>' for row in page]
        filled = True
    parts.append("</d:Result>")
    yield _bytes(parts)


def _bytes(parts: Iterable[str]) -> bytes:
    return "".join(parts).encode("utf-8", "replace")


def value(name: str, given: Any) -> bytes:
    """One property."""
    return f'{_HEAD}<d:{name} xmlns:d="{_D}" xmlns:m="{_M}">{_text(given)}</d:{name}>'.encode()


def service(root: str, names: Iterable[str]) -> bytes:
    """The service document."""
    sets = "".join(
        f"<collection href={quoteattr(name)}><atom:title>{escape(name)}</atom:title></collection>" for name in names
    )
    return (
        f'{_HEAD}<service xmlns="http://www.w3.org/2007/app" xmlns:atom="{_ATOM}" xml:base={quoteattr(root)}>'
        f"<workspace><atom:title>Default</atom:title>{sets}</workspace></service>"
    ).encode()


def _entry(root: str, shape: Shape, entity: Mapping[str, Any], names: str = "", *, bare: bool = False) -> str:
    address = str(entity.get(ID, shape.name))
    now = datetime.now().isoformat(timespec="seconds")  # noqa: DTZ005 - the server's local clock, as 1C writes it
    links = "".join(
        _link(name.removesuffix(_LINK), href, entity) for name, href in entity.items() if name.endswith(_LINK)
    )
    own = {
        name: item
        for name, item in entity.items()
        if "@" not in name and not name.endswith("_Expanded") and name not in shape.links
    }
    return (
        f"<entry{names}><id>{escape(f'{root}/{address}')}</id>"
        f'<category term="{NAMESPACE}.{shape.name}" scheme="{_D}/scheme"/>'
        f'<title type="text"/><updated>{now}</updated><author/><summary/>{links}'
        f'<link rel="edit" href={quoteattr(address)} title="edit-link"/>'
        f'<content type="application/xml"><m:properties xmlns:d="{_D}" xmlns:m="{_M}">{_properties(shape, own, bare=bare)}</m:properties></content></entry>'
    )


def _link(name: str, href: str, entity: Mapping[str, Any]) -> str:
    head = (
        f'<link rel="{_D}/related/{name}" href={quoteattr(str(href))} '
        f'type="application/atom+xml;type=entry;charset=utf-8" title={quoteattr(name)}'
    )
    inner = entity.get(name)
    if not isinstance(inner, dict):
        return f"{head}/>"
    plain = ((key, item) for key, item in inner.items() if "@" not in key)
    properties = f'<m:properties xmlns:d="{_D}" xmlns:m="{_M}">{_values(plain)}</m:properties>'
    return f'{head}><m:inline><entry><content type="application/xml">{properties}</content></entry></m:inline></link>'


def _properties(shape: Shape, entity: Mapping[str, Any], *, bare: bool) -> str:
    parts: list[str] = []
    for name, item in entity.items():
        prop = shape.by_name.get(name)
        if prop is None or prop.part is not Part.SECTION:
            parts.append(_element(name, item))
            continue
        row_type = prop.edm.removeprefix("Collection(").removesuffix(")")
        # Rows of a section do not repeat their owner; records of a set do, on 8.5 (facts/odata.md 3).
        hidden = ("Ref_Key",) if shape.kind is not ShapeKind.RECORD_SET else _RECORDER if bare else ()
        rows = "".join(
            f'<d:element m:type="{row_type}">{_values((key, cell) for key, cell in row.items() if key not in hidden)}</d:element>'
            for row in item
        )
        parts.append(f'<d:{name} m:type="{prop.edm}">{rows}</d:{name}>' if rows else f'<d:{name} m:type="{prop.edm}"/>')
    return "".join(parts)


def _values(items: Iterable[tuple[str, Any]]) -> str:
    return "".join(_element(name, item) for name, item in items if "@" not in name)


def _element(name: str, item: Any) -> str:
    if item is None:
        return f'<d:{name} m:null="true"/>'
    if isinstance(item, dict):
        return f"<d:{name}>{_values(item.items())}</d:{name}>"
    if isinstance(item, list):
        inner = "".join(_element("element", one) for one in item)
        return f"<d:{name}>{inner}</d:{name}>"
    text = _text(item)
    return f"<d:{name}>{text}</d:{name}>" if text else f"<d:{name}/>"


def _text(item: Any) -> str:
    if isinstance(item, bool):
        return "true" if item else "false"
    if isinstance(item, msgspec.Raw):
        return bytes(item).decode()
    # What XML cannot hold would make the whole document unreadable.
    text = str(item)
    return escape(text if text.isprintable() else printable(text))


def read_entry(body: bytes) -> dict[str, Any]:
    """A body in Atom as the same plain dict a JSON body is; values are texts.

    Raises:
        ODataError: 400 code 2: no XML, entities or a DTD inside, or no entry.
    """
    from stand.emulator.loaders.feed import parse_xml

    try:
        root = parse_xml(body, "тело запроса")
    except DocumentError as error:
        raise bad_body(error.message) from error
    properties = root.find(f".//{{{_M}}}properties")
    if properties is None:
        raise bad_body("в теле нет m:properties")
    return {**_links(root), **_named(properties)}


def _links(root: Any) -> dict[str, Any]:
    """References given as links to objects; a link that only repeats where to navigate says nothing."""
    found: dict[str, Any] = {}
    for link in root.findall(f"{{{_ATOM}}}link"):
        rel, href = str(link.get("rel", "")), str(link.get("href", ""))
        if rel.startswith(f"{_D}/related/") and href.endswith("')"):
            found[f"{rel.rpartition('/')[2]}@odata.bind"] = href
    return found


def _named(element: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for item in element:
        name = etree.QName(item).localname
        if name in found:
            raise twice_in_body(name)
        found[name] = _parsed(item)
    return found


def _parsed(element: Any) -> Any:
    if element.get(f"{{{_M}}}null") == "true":
        return None
    rows = element.findall(f"{{{_D}}}element")
    if rows or str(element.get(f"{{{_M}}}type", "")).startswith("Collection("):
        return [_named(row) if len(row) else row.text or "" for row in rows]
    return _named(element) if len(element) else element.text or ""
