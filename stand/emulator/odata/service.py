"""The interface itself: a request of a user to an answer. Everything that goes wrong becomes an answer in 1C's words."""

from __future__ import annotations

import logging
import sqlite3
import threading
from typing import TYPE_CHECKING

from harness.onec.edmx import write_edmx
from stand.emulator.odata.answers import Answer, Form, error_answer, error_form
from stand.emulator.odata.calls import Call
from stand.emulator.odata.edmx_out import metadata_of
from stand.emulator.odata.errors import (
    INTERNAL,
    ODataError,
    bad_representation,
    business,
    forbidden_method,
    no_entity_set,
    unsupported,
)
from stand.emulator.odata.output import Output
from stand.emulator.odata.shapes import Publication
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.odata.urls import Request

_LOG = logging.getLogger(__name__)
_READING = ("GET", "HEAD")
_EXCHANGE = ("SelectChanges", "NotifyChangesReceived")


class ODataService:
    """The standard OData interface of an infobase."""

    def __init__(self, infobase: Infobase) -> None:
        self.infobase = infobase
        self._publication = Publication(infobase.layout)
        self._metadata = b""
        self._lock = threading.Lock()

    def publication(self) -> Publication:
        """The composition; made anew when the configuration was replaced."""
        with self._lock:
            if self._publication.layout is not self.infobase.layout:
                self._publication = Publication(self.infobase.layout)
                self._metadata = b""
            return self._publication

    def handle(self, request: Request, user: User) -> Answer:
        """The answer to a request; never an exception."""
        try:
            return self._answer(request, user)
        except ODataError as error:
            return error_answer(error, error_form(request))
        except BusinessError as error:
            return error_answer(business(error.text), error_form(request))
        except sqlite3.Error as error:
            # Limits of the database's query language show as a 500 in 1C as well (facts/odata.md 7).
            _LOG.warning("запрос не выполнен базой данных: %s", error)
            return error_answer(business(INTERNAL), error_form(request))
        except Exception:  # noqa: BLE001 - a server answers whatever happens; what happened is in the log
            _LOG.exception("внутренняя ошибка эмулятора")
            return error_answer(business(INTERNAL), error_form(request))

    def _answer(self, request: Request, user: User) -> Answer:
        if not request.segments:
            return self._service_document(request)
        first, *rest = request.segments
        if first.name == "$metadata" and not rest:
            return self._metadata_document(request)
        if first.name == "$batch":
            # Answered in XML even to those who ask for JSON (facts/odata.md 7).
            return error_answer(unsupported("$batch"), Form.ATOM)
        if first.name in _EXCHANGE:
            raise unsupported(first.name)
        publication = self.publication()
        shape = publication.shapes.get(first.name)
        if shape is None:
            raise no_entity_set(first.name)
        return Call(self.infobase, publication, request, user, shape, first, tuple(rest)).answer()

    def _service_document(self, request: Request) -> Answer:
        if request.method not in _READING:
            raise forbidden_method(request.method)
        return Output.of(request).service(list(self.publication().shapes))

    def _metadata_document(self, request: Request) -> Answer:
        if request.method not in _READING:
            raise forbidden_method(request.method)
        if "json" in request.options.get("$format", ""):
            raise bad_representation("$metadata в формате JSON")
        publication = self.publication()
        with self._lock:
            if not self._metadata:
                self._metadata = write_edmx(metadata_of(publication.configuration, publication.layout))
            return Answer(200, self._metadata, "application/xml;charset=utf-8")
