"""An answer in the form that was asked for: JSON with or without metadata, or Atom."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from stand.emulator.odata import atom
from stand.emulator.odata.answers import JSON_TYPE, Answer, Form, form_of, json_answer
from stand.emulator.odata.full_metadata import full_entity
from stand.emulator.odata.shapes import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from stand.emulator.odata.shapes import Shape
    from stand.emulator.odata.urls import Request

_FEED = "application/atom+xml;type=feed;charset=utf-8"
_ENTRY = "application/atom+xml;type=entry;charset=utf-8"
_XML = "application/xml;charset=utf-8"
_ENCODER = msgspec.json.Encoder()
_CONTROL = re.compile("[\x00-\x1f\x7f]")
Leave: TypeAlias = "Callable[[Answer, Iterable[bytes]], None]"
"""Sends an answer whose body comes piece by piece."""
Pages: TypeAlias = "Iterable[list[dict[str, Any]]]"


@dataclass(frozen=True, slots=True)
class Output:
    """Writes answers to one request."""

    root: str
    form: Form
    bare_records: bool = False

    @classmethod
    def of(cls, request: Request, *, bare_records: bool = False) -> Output:
        """By `$format` and `Accept`; `bare_records`: records of a set do not repeat their recorder in Atom.

        Raises:
            ODataError: 400 code 3.
        """
        return cls(request.root, form_of(request), bare_records)

    def collection(self, shape: Shape, pages: Pages, count: int | None, leave: Leave | None) -> Answer | None:
        """A collection; the count is a string in JSON. One page is an answer; a longer one leaves piece by piece, and None is returned."""
        if self.form is Form.ATOM:
            virtual = shape.kind is ShapeKind.VIRTUAL
            media = _XML if virtual else _FEED
            pieces = (
                atom.result(shape.name, pages)
                if virtual
                else atom.feed(self.root, shape, pages, count, bare=self.bare_records)
            )
        else:
            media, pieces = JSON_TYPE, self._json(shape, pages, count)
        first = next(pieces, b"")
        second = next(pieces, None)
        if second is None:
            return Answer(200, first, media)
        rest = chain((first, second), pieces)
        if leave is None:
            return Answer(200, b"".join(rest), media)
        leave(Answer(200, b"", media), rest)
        return None

    def _json(self, shape: Shape, pages: Pages, count: int | None) -> Iterator[bytes]:
        head = self._head(shape.name)
        if count is not None:
            head["odata.count"] = str(count)
        opening = _ENCODER.encode(head)[:-1] + (b',"value":[' if head else b'"value":[')
        pieces = [opening]
        filled = False
        for page in pages:
            entities = [full_entity(self.root, shape, item) for item in page] if self.form is Form.FULL else page
            if filled:
                yield b"".join(pieces)
                pieces = [b","]
            pieces.append(_ENCODER.encode(entities)[1:-1])
            filled = True
        pieces.append(b"]}")
        yield b"".join(pieces)

    def entity(self, shape: Shape, entity: dict[str, Any], status: int = 200, location: str = "") -> Answer:
        """One entity; `location` is the address of a new one, which 1C sends as raw UTF-8 (facts/odata.md 6)."""
        headers = ((b"Location", _CONTROL.sub("", location).encode()),) if location else ()
        if self.form is Form.ATOM:
            body = atom.entry(self.root, shape, entity, bare=self.bare_records)
            return Answer(status, body, _ENTRY, headers)
        if self.form is Form.FULL:
            entity = full_entity(self.root, shape, entity)
        return json_answer({**self._head(f"{shape.name}/@Element"), **entity}, status, headers)

    def value(self, name: str, edm: str, value: Any) -> Answer:
        """One property."""
        if self.form is Form.ATOM:
            return Answer(200, atom.value(name, value), _XML)
        return json_answer({**self._head(edm), "value": value})

    def service(self, names: Sequence[str]) -> Answer:
        """The service document."""
        if self.form is Form.ATOM:
            return Answer(200, atom.service(self.root, names), _XML)
        value: dict[str, Any] = {"odata.metadata": self.root} if self.form is not Form.PLAIN else {}
        value["value"] = [{"name": name, "url": name} for name in names]
        return json_answer(value)

    def _head(self, title: str) -> dict[str, Any]:
        return {"odata.metadata": f"{self.root}/$metadata#{title}"} if self.form is not Form.PLAIN else {}
