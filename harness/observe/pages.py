"""A page of HTML as people see it: its text line by line, and a copy of it that is safe to draw.

Scripts, frames, forms of other sites and everything fetched from elsewhere are taken out; what is written inside stays. Texts that are masked,
personal or secret are replaced in the copy too, so that a picture shows no more than a record may hold.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lxml import etree

from harness.errors import DocumentError
from harness.record.files import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lxml.etree import _Element

LARGEST: Final = 20_000_000
"""Bytes of a page that is read at all: a report of a hundred thousand rows has fewer."""
_REMOVED: Final = frozenset(
    [
        "script",
        "iframe",
        "frame",
        "frameset",
        "object",
        "embed",
        "applet",
        "param",
        "link",
        "base",
        "meta",
        "audio",
        "video",
        "source",
        "track",
        "portal",
        "template",
    ]
)
"""Elements that run, fetch or lead elsewhere; without them a page looks as it is printed."""
_SILENT: Final = frozenset({"style", "script", "template", "noframes", "noembed"})
"""Elements whose text nobody sees."""
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_CELLS: Final = frozenset({"td", "th"})
_ADDRESSES: Final = ("src", "srcset", "background", "poster", "data", "lowsrc", "longdesc", "imagesrcset")
_SHOWN: Final = ("value", "alt", "title", "placeholder", "label")
"""Attributes a reader may see."""
_CHARSET: Final = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.\-]+)""", re.IGNORECASE)
_HEAD: Final = 4096
_CELL: Final = "\x1f"
_INVISIBLE: Final = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_IMAGE: Final = re.compile(r"data:image/[\w.+\-]+[;,]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """A page taken apart.

    Attributes:
        lines: its text: a line a paragraph, cells of a row divided by " | ", pictures by their caption and content.
        html: the safe copy, UTF-8, a whole document.
    """

    lines: tuple[str, ...]
    html: str


def page_of(content: bytes | str, replace: Callable[[str], str] = str) -> Page:
    """Reads a page, however badly it is written.

    Args:
        content: the page; of bytes the encoding is found out: a mark, UTF-8, what the page says of itself, else cp1251.
        replace: what becomes of every piece of its text, and of attributes a reader may see.

    Raises:
        DocumentError: larger than is read, or no page at all.
    """
    text = content if isinstance(content, str) else _decoded(content)
    if len(text) > LARGEST:
        raise DocumentError(
            f"страница больше {LARGEST // 1_000_000} МБ",
            place="HTML",
            hint="сохраните её как таблицу или сузьте период отчёта",
        )
    # Control signs make lxml refuse a text, and are nothing a reader sees.
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", " ", text)
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = etree.fromstring(text.encode("utf-8", errors="replace"), parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(
            f"это не HTML: {error}", place="HTML", hint="страница пуста или получена не целиком"
        ) from error
    if root is None:
        raise DocumentError("это не HTML: страница пуста", place="HTML", hint="страница пуста или получена не целиком")
    etree.strip_elements(root, *_REMOVED, with_tail=False)
    _replaced(root, replace)
    lines = tuple(_lines(root))
    _settled(root)
    etree.strip_elements(root, "title", with_tail=False)
    shown = etree.tostring(root, encoding="unicode", method="html")
    return Page(lines, f'<!doctype html><meta charset="utf-8">{shown}')


def _decoded(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = _CHARSET.search(content[:_HEAD])
    try:
        return content.decode(codecs.lookup(said[1].decode("ascii")).name if said else "cp1251", errors="replace")
    except (LookupError, ValueError):  # an encoding nobody knows, or one that makes no text
        return content.decode("cp1251", errors="replace")


def _replaced(root: _Element, replace: Callable[[str], str]) -> None:
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            if str(name).lower() in _SHOWN:
                element.set(name, replace(str(value)))
        if element.tag not in _SILENT and element.text:
            element.text = replace(element.text)
        if element.tail:
            element.tail = replace(element.tail)


def _settled(root: _Element) -> None:
    """Takes out what would run, and addresses of what would be fetched: only pictures that lie in the page itself stay."""
    for element in root.iter(etree.Element):
        for name, value in element.attrib.items():
            plain = str(name).lower()
            if plain.startswith("on") or (plain in _ADDRESSES and not _IMAGE.match(str(value).strip())):
                del element.attrib[name]


def _lines(root: _Element) -> Iterator[str]:
    """Text by lines; inside a cell everything is one line, or a lost column would look like a lost paragraph."""
    pieces: list[str] = []
    cells = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = str(element.tag)
        if event == "start":
            if tag in _CELLS:
                cells += 1
            pieces += _opening(element, tag, inside=cells > 0)
            if element.text and tag not in _SILENT:
                pieces.append(element.text)
        else:
            if tag in _CELLS:
                cells -= 1
                pieces.append(_CELL)
            elif tag in _BLOCKS:
                pieces.append(" " if cells else "\n")
            if element.tail:
                pieces.append(element.tail if tag != "br" else element.tail.lstrip("\n"))
    # A line feed of the source is a blank; one of a block element is the end of a line, and has a piece of its own.
    text = "".join(piece if piece == "\n" else piece.replace("\n", " ") for piece in pieces)
    for line in text.split("\n"):
        shown = [_plain(cell) for cell in line.split(_CELL)]
        if any(shown):
            yield " | ".join(shown if len(shown) == 1 or shown[-1] else shown[:-1])


def _opening(element: _Element, tag: str, *, inside: bool) -> list[str]:
    if tag == "img":
        return [_picture(element)]
    if tag == "input" and element.get("type", "text").lower() not in ("hidden", "password", "image", "file"):
        checked = " ✓" if element.get("checked") is not None else ""
        return [f" {element.get('value') or ''}{checked} "]
    if tag in _BLOCKS:
        return [" " if inside else "\n"]
    return []


def _picture(element: _Element) -> str:
    """A picture in words: what it is called, and what it is, so that another one under the same name is seen."""
    source = (element.get("src") or "").strip()
    caption = _plain(element.get("alt") or element.get("title") or "")
    if _IMAGE.match(source):
        kind = f"sha256 {sha256(source.encode('utf-8', errors='replace'))[:12]}"
    else:  # of an address only the name of the file: host, session and signature change by themselves
        kind = re.split(r"[?#]", source)[0].rpartition("/")[2][:80] or "без содержимого"
    return f" [картинка{f' «{caption}»' if caption else ''}: {kind}] "


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())
