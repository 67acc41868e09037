"""Reading of foreign XML: no entity, no DTD, no network, bounded depth and size; elements by local name.

The only place of the exchange formats that calls a parser. Real exchange files come with, without and with wrong namespaces
(facts/exchanges.md 3.1), so that everything here matches local names only.
"""

from __future__ import annotations

import io
import re
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from lxml import etree

from harness.exchange.problems import FormatError
from harness.exchange.problems import mark as _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from lxml.etree import _Element

LIMIT = 64 * 2**20
"""Bytes of a document that is held in memory as a whole; larger ones are read as streams or refused."""
_KEPT = 300_000
"""Elements a stream may leave behind (classifiers, heads); a file with more is not what it says it is."""
_AUDIT = 5000
"""Records after which the elements left behind are counted."""
_GAP = 32 * 2**20
"""Bytes of one record, or between two."""
_PEEK = 1 << 16
"""Bytes in which the root element ends."""
_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{0,30})?", re.ASCII)
_BAD_NAMESPACE = {etree.ErrorTypes.WAR_NS_URI, etree.ErrorTypes.WAR_NS_URI_RELATIVE}


def parse(data: bytes, place: str, limit: int = LIMIT) -> _Element:
    """Parses a document and returns its root.

    A namespace that is a plain Russian word (1C writes such, facts/exchanges.md 2) is no reason to refuse.

    Raises:
        DocumentError: not well-formed, empty, too large, too deep, or holds a DTD or entities.
    """
    if len(data) > limit:
        raise FormatError(_("файл больше {limit} МБ: целиком такой не читается"), place=place, limit=limit // 2**20)
    body = data.lstrip()
    if not body:
        raise FormatError(_("файл пуст"), place=place)
    if b"<!DOCTYPE" in body[:4096].upper():
        raise _declared(place)
    parser = _parser()
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        root = _with_word_namespaces(body, parser, error, place)
    refuse_declarations(root, place)
    return root


def _parser(*, recover: bool = False) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        recover=recover,
    )


def _with_word_namespaces(body: bytes, parser: etree.XMLParser, error: etree.XMLSyntaxError, place: str) -> _Element:
    """Parses again and forgives namespaces that are no URI, and nothing else."""
    if {entry.type for entry in parser.error_log} <= _BAD_NAMESPACE and len(parser.error_log):
        forgiving = _parser(recover=True)
        root = etree.fromstring(body, forgiving)
        if root is not None and {entry.type for entry in forgiving.error_log} <= _BAD_NAMESPACE:
            return root
    raise _broken(error, place)


def _broken(error: etree.XMLSyntaxError, place: str) -> FormatError:
    return FormatError(
        _("это не XML: {error}"),
        place=f"{place}:{error.lineno or 0}",
        hint=_("файл повреждён или получен не целиком"),
        error=error.msg or "",
    )


def _declared(place: str) -> FormatError:
    return FormatError(
        _("в файле есть объявление DTD или внешних сущностей"),
        place=place,
        hint=_("обменные файлы 1С их не содержат: не загружайте этот файл"),
    )


def refuse_declarations(root: _Element, place: str) -> None:
    """Refuses a document type declaration: exchange files have none, attacks have."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise _declared(place)


@contextmanager
def opened(source: bytes | Path | BinaryIO) -> Iterator[BinaryIO]:
    """Bytes, a path or an open file as an open file."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        with source.open("rb") as file:
            yield file
    else:
        yield source


class _Feed:
    """A file without the blanks before its first sign (a parser takes them for a broken declaration), with its beginning to look at."""

    def __init__(self, file: BinaryIO, place: str) -> None:
        self._file = file
        self._place = place
        self.head = b""
        while len(self.head) < _PEEK:
            piece = file.read(_PEEK)
            if not piece:
                break
            self.head += piece if self.head else piece.removeprefix(b"\xef\xbb\xbf").lstrip()
        self._left = self.head
        self.since = 0

    def read(self, size: int = -1) -> bytes:
        """Next bytes; too many of them since the last record end the reading."""
        if self._left:
            taken, self._left = (self._left, b"") if size < 0 else (self._left[:size], self._left[size:])
        else:
            taken = self._file.read(size)
        self.since += len(taken)
        if self.since > _GAP:
            raise _too_much(self._place)
        return taken


def stream(
    file: BinaryIO, place: str, tags: Iterable[str], is_record: Callable[[_Element], bool]
) -> Iterator[tuple[str, _Element]]:
    """Events of a document of any size.

    First ("start", root), where the root has its attributes and nothing inside. Then ("start", element) and ("end", element) of the
    elements that are named, except inside of records; of a record its end alone, when it is complete. A record is forgotten after it.

    Args:
        file: an open binary file.
        place: what to name in an error.
        tags: local names that give events.
        is_record: whether a named element is a record where it stands.

    Raises:
        DocumentError: as `parse`; too much outside of records or in one of them.
    """
    feed = _Feed(file, place)
    yield "start", _root(feed.head, place)
    inside: _Element | None = None
    records = 0
    for event, element in _events(feed, place, [f"{{*}}{name}" for name in tags]):
        if inside is not None:
            if event == "end" and element is inside:
                yield event, element
                _forget(element)
                inside = None
                feed.since = 0
                records += 1
                if records % _AUDIT == 0:
                    _small_enough(element, place)
        elif event == "start" and is_record(element):
            inside = element
        else:
            yield event, element


def _root(head: bytes, place: str) -> _Element:
    """The root element out of the beginning of a file: refused before anything is built when there is a DTD."""
    if not head:
        raise FormatError(_("файл пуст"), place=place)
    if b"<!DOCTYPE" in head[:4096].upper():
        raise _declared(place)
    for _event, element in _events(io.BytesIO(head), place, None):
        refuse_declarations(element, place)
        return element
    raise FormatError(_("файл пуст"), place=place)


def _events(source: _Feed | io.BytesIO, place: str, tags: list[str] | None) -> Iterator[tuple[str, _Element]]:
    """Events of the parser, with its error turned into ours."""
    events = etree.iterparse(
        source,
        events=("start", "end"),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        yield from events
    except etree.XMLSyntaxError as error:
        raise _broken(error, place) from error


def _forget(element: _Element) -> None:
    """Empties a record and drops its forerunner: the element itself must stay until the parser has left it."""
    parent = element.getparent()
    element.clear()
    if parent is not None:
        before = element.getprevious()
        if before is not None and not len(before) and not before.text and not before.attrib:
            parent.remove(before)


def _small_enough(element: _Element, place: str) -> None:
    """What stays of a document between its records is bounded too."""
    for count, _one in enumerate(element.getroottree().iter()):
        if count > _KEPT:
            raise _too_much(place)


def _too_much(place: str) -> FormatError:
    return FormatError(_("в файле слишком много данных вне записей формата: читать дальше небезопасно"), place=place)


def local(element: _Element | None) -> str:
    """Name without namespace; "" for processing instructions, unresolved entities and for no element."""
    tag: object = element.tag if element is not None else ""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def line_of(element: _Element) -> int:
    """Line of an element, 0 when it was not read from a file."""
    line: object = element.sourceline
    return line if isinstance(line, int) else 0


def namespace(element: _Element) -> str:
    """Namespace of an element, "" when it has none."""
    tag: object = element.tag
    return tag[1:].partition("}")[0] if isinstance(tag, str) and tag.startswith("{") else ""


def children(element: _Element | None, *names: str) -> Iterator[_Element]:
    """Direct children with one of the local names; all children when no name is given; none of no element."""
    if element is not None:
        for one in element:
            name = local(one)
            if name and (not names or name in names):
                yield one


def firsts(element: _Element) -> dict[str, _Element]:
    """First child of each local name: for elements that are asked for many of them."""
    found: dict[str, _Element] = {}
    for one in element:
        tag: object = one.tag
        if isinstance(tag, str):
            found.setdefault(tag.rpartition("}")[2], one)
    return found


def own_text(found: dict[str, _Element], name: str) -> str:
    """Text of one of the first children, stripped; "" when there is none."""
    one = found.get(name)
    return (one.text or "").strip() if one is not None else ""


def child(element: _Element, *path: str) -> _Element | None:
    """First descendant along a path of local names."""
    here: _Element | None = element
    for name in path:
        here = next(children(here, name), None)
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
    # No exponents: 1C writes none, and "1e99999999" is a bomb for whoever formats it.
    return Decimal(cleaned) if _NUMBER.fullmatch(cleaned) else None
