"""An answer in the form that was asked for: JSON with or without metadata, or Atom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stand.emulator.odata import atom
from stand.emulator.odata.answers import Answer, Form, form_of, json_answer
from stand.emulator.odata.shapes import ShapeKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stand.emulator.odata.shapes import Shape
    from stand.emulator.odata.urls import Request

_FEED = "application/atom+xml;type=feed;charset=utf-8"
_ENTRY = "application/atom+xml;type=entry;charset=utf-8"
_XML = "application/xml;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Output:
    """Writes answers to one request."""

    root: str
    form: Form

    @classmethod
    def of(cls, request: Request) -> Output:
        """By `$format` and `Accept`.

        Raises:
            ODataError: 400 code 3.
        """
        return cls(request.root, form_of(request))

    def collection(self, shape: Shape, entities: Sequence[Mapping[str, Any]], count: int | None) -> Answer:
        """A collection; the count is a string in JSON."""
        if self.form is Form.ATOM:
            if shape.kind is ShapeKind.VIRTUAL:
                return Answer(200, atom.result(shape.name, entities), _XML)
            return Answer(200, atom.feed(self.root, shape, entities, count), _FEED)
        value = self._head(shape.name)
        if count is not None:
            value["odata.count"] = str(count)
        value["value"] = entities
        return json_answer(value)

    def entity(self, shape: Shape, entity: Mapping[str, Any], status: int = 200, location: str = "") -> Answer:
        """One entity; `location` is the address of a new one, which 1C sends as raw UTF-8 (facts/odata.md 6)."""
        headers = ((b"Location", location.encode()),) if location else ()
        if self.form is Form.ATOM:
            return Answer(status, atom.entry(self.root, shape, entity), _ENTRY, headers)
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
        value: dict[str, Any] = {"odata.metadata": self.root} if self.form is Form.MINIMAL else {}
        value["value"] = [{"name": name, "url": name} for name in names]
        return json_answer(value)

    def _head(self, title: str) -> dict[str, Any]:
        return {"odata.metadata": f"{self.root}/$metadata#{title}"} if self.form is Form.MINIMAL else {}
