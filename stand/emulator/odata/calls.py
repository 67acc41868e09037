"""One request to an entity set: reading and writing, rights checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stand.emulator import auth
from stand.emulator.odata import changes
from stand.emulator.odata.answers import Answer, Form
from stand.emulator.odata.atom import read_entry
from stand.emulator.odata.errors import access_denied, forbidden_method, no_method, no_segment, unsupported
from stand.emulator.odata.keys import address, key_values
from stand.emulator.odata.output import Output
from stand.emulator.odata.reading import Reading, source_of
from stand.emulator.odata.shapes import ShapeKind
from stand.emulator.odata.urls import parse_arguments, parse_key
from stand.emulator.odata.virtual_sets import virtual_source
from stand.emulator.odata.writing import read_body
from stand.emulator.rows import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.database.session import Session
    from stand.emulator.odata.reading import Source
    from stand.emulator.odata.shapes import Publication, Shape
    from stand.emulator.odata.urls import Request, Segment

_RIGHTS = {"POST": "insert", "PATCH": "update", "MERGE": "update", "PUT": "update", "DELETE": "delete"}
_ACTIONS = ("Post", "Unpost")
_KNOWN_ACTIONS = (*_ACTIONS, "Start", "ExecuteTask")
_LOAD_MODE = ("1c_odata-dataloadmode", "1c_odata_dataloadmode")
"""Header of the data-load mode: the manual's spelling and the one older clients send (facts/odata.md 6)."""
_STREAMED = ("application/octet-stream", "application/xml+xdto")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a set.

    Attributes:
        first: the set, maybe with a key.
        rest: what the path goes on with.
    """

    infobase: Infobase
    publication: Publication
    request: Request
    user: User
    shape: Shape
    first: Segment
    rest: tuple[Segment, ...]

    def answer(self) -> Answer:
        """The answer.

        Raises:
            ODataError, BusinessError: as 1C refuses.
        """
        if self.request.method in ("GET", "HEAD"):
            self._allow(self.shape, "read")
            return self._read()
        return self._act() if self.rest else self._write()

    # -- reading ---------------------------------------------------------------------------------------------------------------

    def _read(self) -> Answer:
        output = Output.of(self.request)
        with self.infobase.reading(self.user.name) as session:
            reading = self._reading(session, output)
            if self.first.arguments is not None:
                return self._read_entity(reading, output)
            if not self.rest:
                return self._collection(reading, output, source_of(self.shape))
            if len(self.rest) != 1:
                raise no_segment(self.rest[1].name)
            if self.rest[0].name == "$count":
                source = source_of(self.shape)
                number = reading.count(source, reading.where(source, self.request.options.get("$filter")))
                # The live answer begins with a UTF-8 mark (facts/odata.md 2).
                return Answer(200, _BOM + str(number).encode(), "text/plain;charset=utf-8")
            select = self.request.options.get("$select", "")
            source = virtual_source(self.publication, self.shape, self.rest[0], self.request.parameters, select)
            return self._collection(reading, output, source)

    def _reading(self, session: Session, output: Output) -> Reading:
        atom = output.form is Form.ATOM
        return Reading(self.publication, session.connection, links=output.form is not Form.PLAIN, addresses=atom)

    def _collection(self, reading: Reading, output: Output, source: Source) -> Answer:
        found = reading.collection(source, self.request.options)
        for target in reading.targets(source.shape, found.plan):
            self._allow(target, "read")
        return output.collection(source.shape, found.entities, found.count)

    def _read_entity(self, reading: Reading, output: Output) -> Answer:
        if self.rest and self.rest[-1].name in _KNOWN_ACTIONS:
            raise forbidden_method(self.request.method)
        shape, key, name = reading.path(self.shape, self._key(), self.rest)
        self._allow(shape, "read")
        if not name:
            return output.entity(shape, reading.entity(shape, key, self.request.options))
        value = reading.property_of(shape, key, name)
        if isinstance(value, Stored):
            if value.media not in _STREAMED and not value.media.startswith("image/"):
                raise unsupported(f"{name} ({value.media})")
            return Answer(200, value.content, value.media)
        return output.value(name, shape.by_name[name].edm, value)

    def _key(self) -> dict[str, Any]:
        return key_values(self.shape, parse_key(self.first.arguments or ""))

    # -- writing ---------------------------------------------------------------------------------------------------------------

    def _write(self) -> Answer:
        method = self.request.method
        right = _RIGHTS.get(method)
        if right is None or (method == "POST") != (self.first.arguments is None):
            raise forbidden_method(method)
        self._allow(self.shape, right)
        if method == "POST":
            return self._create()
        key = self._key()
        if method == "DELETE":
            with self.infobase.transaction(self.user.name) as session:
                changes.delete(session, self.shape, key)
            return Answer(204)
        body = self._body()
        with self.infobase.transaction(self.user.name) as session:
            key = changes.change(session, self.shape, key, body, whole=method == "PUT", load=self._load)
            return self._written(session, key, created=False)

    def _create(self) -> Answer:
        body = self._body()
        with self.infobase.transaction(self.user.name) as session:
            key = changes.create(session, self.shape, body, load=self._load)
            # A new record of an independent register is answered with 200 (facts/odata.md 6).
            return self._written(session, key, created=self.shape.kind is not ShapeKind.INDEPENDENT)

    def _written(self, session: Session, key: Mapping[str, Any], *, created: bool) -> Answer:
        """The whole entity as it is now, read within the same transaction; 201 with its address when it is new."""
        output = Output.of(self.request)
        entity = self._reading(session, output).entity(self.shape, key, {})
        if not created:
            return output.entity(self.shape, entity)
        cells = {name: self.shape.table.by_name[name].encode(item) for name, item in key.items()}
        return output.entity(self.shape, entity, 201, f"{self.request.root}/{address(self.shape, cells)}")

    def _body(self) -> dict[str, Any]:
        if "xml" in self.request.headers.get("content-type", ""):
            return read_entry(self.request.body)
        return read_body(self.request.body)

    def _act(self) -> Answer:
        action = self.rest[-1]
        if self.first.arguments is None or len(self.rest) != 1:
            raise no_segment(action.name)
        if self.request.method != "POST":
            raise forbidden_method(self.request.method)
        if action.name not in _ACTIONS:
            raise no_method()
        self._allow(self.shape, "post")
        given = {**(parse_arguments(action.arguments) if action.arguments else {}), **self.request.parameters}
        key = self._key()
        with self.infobase.transaction(self.user.name) as session:
            changes.act(session, self.shape, key, action.name, given)
        return Answer(200)

    @property
    def _load(self) -> bool:
        return any(self.request.headers.get(name, "").lower() == "true" for name in _LOAD_MODE)

    def _allow(self, shape: Shape, right: str) -> None:
        if not auth.may(self.infobase, self.user, shape.object_name, right):
            raise access_denied()
