"""One request to an entity set: who reads or writes what, rights checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from stand.emulator import auth
from stand.emulator.odata import changes
from stand.emulator.odata.answers import Answer, Form
from stand.emulator.odata.atom import read_entry
from stand.emulator.odata.errors import (
    ODataError,
    access_denied,
    changed_meanwhile,
    forbidden_method,
    no_method,
    no_segment,
    unknown_parameter,
    unsupported,
)
from stand.emulator.odata.keys import address, key_values
from stand.emulator.odata.output import Output
from stand.emulator.odata.paths import Paths
from stand.emulator.odata.reading import Reading, source_of
from stand.emulator.odata.restrictions import Restrictions
from stand.emulator.odata.shapes import ShapeKind
from stand.emulator.odata.time_limit import TimeLimit
from stand.emulator.odata.urls import Segment, parse_arguments, parse_key, text_argument
from stand.emulator.odata.virtual_sets import options_of, virtual_source
from stand.emulator.odata.writing import read_body
from stand.emulator.rows import Stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.database.session import Session
    from stand.emulator.odata.output import Leave
    from stand.emulator.odata.reading import Source
    from stand.emulator.odata.shapes import Publication, Shape
    from stand.emulator.odata.urls import Request
    from stand.emulator.quirks import Quirks

_RIGHTS = {"POST": "insert", "PATCH": "update", "MERGE": "update", "PUT": "update", "DELETE": "delete"}
_ACTIONS = ("Post", "Unpost", "Start", "ExecuteTask")
_NEW, _OLD = "1c_odata-dataloadmode", "1c_odata_dataloadmode"
_LOAD_MODE: dict[str, tuple[str, ...]] = {"new": (_NEW,), "old": (_OLD,), "both": (_NEW, _OLD)}
"""Header of the data-load mode: the manual's spelling and the one older clients send (facts/odata.md 6)."""
_STREAMED = re.compile(r"application/octet-stream|application/xml\+xdto|image/[\w.+-]+", re.ASCII)
_BOM = b"\xef\xbb\xbf"
_VERSION = re.compile(r'(?:W/)?"?([^"]*)"?')


@dataclass(frozen=True, slots=True)
class Call:
    """A request to a set.

    Attributes:
        first: the set, maybe with a key.
        rest: what the path goes on with.
        leave: sends a large answer piece by piece; None: every answer is a whole one.
        seconds: how long a query may compute; 0: as long as it takes.
    """

    infobase: Infobase
    publication: Publication
    request: Request
    user: User
    shape: Shape
    first: Segment
    rest: tuple[Segment, ...]
    quirks: Quirks
    leave: Leave | None = None
    seconds: float = 0.0

    def answer(self) -> Answer | None:
        """The answer; None when it has left already.

        Raises:
            ODataError, BusinessError: as 1C refuses.
        """
        method = self.request.method
        if method in ("GET", "HEAD"):
            self._allow(self.shape, "read")
            return self._read()
        if method not in _RIGHTS or (method == "MERGE" and self.quirks.merge == "refused"):
            raise forbidden_method(method)
        return self._act() if self.rest else self._write()

    # -- reading ---------------------------------------------------------------------------------------------------------------

    def _read(self) -> Answer | None:
        output = self._output()
        if self.first.arguments is not None:
            # One entity by its key is found, not computed: no time limit.
            with self.infobase.reading(self.user.name) as session:
                return self._read_entity(self._reading(session, output), output)
        limit = TimeLimit(self.seconds)
        with self.infobase.reading(self.user.name) as session, limit.on(session.connection):
            reading = self._reading(session, output)
            reading.limit = limit
            if not self.rest:
                return self._collection(reading, output, source_of(self.shape), self.request.options)
            if len(self.rest) != 1:
                raise no_segment(self.rest[1].name)
            if self.rest[0].name == "$count":
                return self._count(reading)
            source = self._virtual(reading)
            return self._collection(reading, output, source, options_of(self.rest[0], self.request.options))

    def _output(self) -> Output:
        return Output.of(self.request, bare_records=self.quirks.record_set_atom == "bare")

    def _reading(self, session: Session, output: Output) -> Reading:
        restrictions = self._restrictions()
        publication = self.publication
        return Reading(
            publication if self.user.full_rights else publication.seen_along(Paths(restrictions)),
            session.connection,
            restrictions,
            links=output.form is not Form.PLAIN,
            addresses=output.form in (Form.ATOM, Form.FULL),
        )

    def _restrictions(self) -> Restrictions:
        wish = self.request.parameters.get("allowedOnly") or self.request.options.get("$allowedOnly") or ""
        return Restrictions(self.infobase, self.user, allowed_only=wish.strip().lower() == "true")

    def _collection(
        self, reading: Reading, output: Output, source: Source, options: Mapping[str, str]
    ) -> Answer | None:
        found = reading.collection(source, options, whole_when_counted=self.quirks.inlinecount == "whole")
        for target in reading.targets(source.shape, found.plan):
            self._allow(target, "read")
        return output.collection(source.shape, found.pages, found.count, self.leave)

    def _count(self, reading: Reading) -> Answer:
        if self.quirks.count == "absent":
            raise unsupported("$count")
        number = reading.count(source_of(self.shape), self.request.options.get("$filter"))
        # The live answer begins with a UTF-8 mark (facts/odata.md 2).
        mark = _BOM if self.quirks.count == "bom" else b""
        return Answer(200, mark + str(number).encode(), "text/plain;charset=utf-8")

    def _virtual(self, reading: Reading) -> Source:
        segment, parameters = self.rest[0], dict(self.request.parameters)
        texts = reading.restrictions.texts(self.shape.object_name, "read")
        if texts is not None:
            records = self.publication.shapes.get(f"{self.shape.object_name}_RecordType", self.shape)
            if not reading.restrictions.allowed_only:
                reading.count(source_of(records), None)  # refuses when the register holds a closed record
            given = {**(parse_arguments(segment.arguments) if segment.arguments else {}), **parameters}
            asked = text_argument(given.get("Condition", "")).strip()
            mine = " or ".join(f"({text})" for text in texts)
            parameters = {**given, "Condition": f"({asked}) and ({mine})" if asked else mine}
            segment = Segment(segment.name)
        paths = reading.publication.paths
        try:
            if paths is not None:
                paths.inside = True
            select = self.request.options.get("$select", "")
            return virtual_source(reading.publication, self.shape, segment, parameters, select)
        except ODataError as error:
            if error.code == 0 and self.quirks.unknown_parameter == "400":
                raise unknown_parameter(error.name) from error
            raise
        finally:
            if paths is not None:
                paths.inside = False

    def _read_entity(self, reading: Reading, output: Output) -> Answer:
        if self.rest and self.rest[-1].name in _ACTIONS:
            raise forbidden_method(self.request.method)
        shape, key, name = reading.path(self.shape, self._key(), self.rest)
        self._allow(shape, "read")
        if not name:
            return output.entity(shape, reading.entity(shape, key, self.request.options))
        value = reading.property_of(shape, key, name)
        if isinstance(value, Stored):
            if not _STREAMED.fullmatch(value.media):
                raise unsupported(f"{name} ({value.media})")
            return Answer(200, value.content, value.media)
        return output.value(name, shape.by_name[name].edm, value)

    def _key(self) -> dict[str, Any]:
        return key_values(self.shape, parse_key(self.first.arguments or ""), self.quirks.constant_key)

    # -- writing ---------------------------------------------------------------------------------------------------------------

    def _write(self) -> Answer:
        method = self.request.method
        if (method == "POST") != (self.first.arguments is None):
            raise forbidden_method(method)
        self._allow(self.shape, _RIGHTS[method])
        if method == "POST":
            return self._create()
        key = self._key()
        if method == "DELETE":
            with self.infobase.transaction(self.user.name) as session:
                self._unlocked(session, key, "delete")
                changes.delete(session, self.shape, key)
            return Answer(204)
        body = self._body()
        with self.infobase.transaction(self.user.name) as session:
            self._unlocked(session, key, "update")
            key = changes.change(
                session, self.shape, key, body, whole=method == "PUT", load=self._load, checked=self._checked
            )
            self._open(session, key, "update")
            return self._written(session, key, created=False)

    def _create(self) -> Answer:
        body = self._body()
        if self.quirks.post_key == "ignored":
            body.pop("Ref_Key", None)
        with self.infobase.transaction(self.user.name) as session:
            key = changes.create(session, self.shape, body, load=self._load, checked=self._checked)
            self._open(session, key, "insert")
            # A new record of an independent register is answered with 200 (facts/odata.md 6).
            return self._written(session, key, created=self.shape.kind is not ShapeKind.INDEPENDENT)

    def _written(self, session: Session, key: Mapping[str, Any], *, created: bool) -> Answer:
        """The whole entity as it is now, read within the same transaction; 201 with its address when it is new."""
        output = self._output()
        reading = self._reading(session, output)
        reading = Reading(
            self.publication,
            session.connection,
            replace(reading.restrictions, user=auth.NOBODY),  # what he wrote himself
            links=reading.renderer.links,
            addresses=reading.renderer.addresses,
        )
        entity = reading.entity(self.shape, key, {})
        if not created:
            return output.entity(self.shape, entity)
        cells = {name: self.shape.table.by_name[name].encode(item) for name, item in key.items()}
        return output.entity(self.shape, entity, 201, f"{self.request.root}/{address(self.shape, cells)}")

    def _unlocked(self, session: Session, key: Mapping[str, Any], right: str) -> None:
        """Whether the object is open to the user, and as old as he thinks."""
        self._open(session, key, right)
        wanted = self.request.headers.get("if-match", "").strip()
        if self.quirks.if_match != "enforced" or wanted in ("", "*") or "DataVersion" not in self.shape.table.by_name:
            return
        found = _VERSION.fullmatch(wanted)
        row = session.get(self.shape.object_name, key["Ref"])
        if row is not None and (found is None or found.group(1) != row["DataVersion"]):
            raise changed_meanwhile(wanted)

    def _open(self, session: Session, key: Mapping[str, Any], right: str) -> None:
        if self.shape.kind is ShapeKind.OBJECT:
            self._restrictions().check(session.connection, self.publication, self.shape, key["Ref"].id, right)

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
        right = "post" if action.name in ("Post", "Unpost") else "update"
        self._allow(self.shape, right)
        given = {**(parse_arguments(action.arguments) if action.arguments else {}), **self.request.parameters}
        key = self._key()
        with self.infobase.transaction(self.user.name) as session:
            self._open(session, key, right)
            changes.act(session, self.shape, key, action.name, given)
        return Answer(200)

    @property
    def _load(self) -> bool:
        names = _LOAD_MODE[self.quirks.data_load_header]
        return any(self.request.headers.get(name, "").lower() == "true" for name in names)

    @property
    def _checked(self) -> bool:
        return self.quirks.fill_checks == "run"

    def _allow(self, shape: Shape, right: str) -> None:
        if not auth.may(self.infobase, self.user, shape.object_name, right):
            raise access_denied()
