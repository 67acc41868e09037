"""The interface itself: a request of a user to an answer. Everything that goes wrong becomes an answer in 1C's words."""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.onec.edmx import write_edmx
from stand.emulator.database.connection import FAILURES
from stand.emulator.odata.answers import Answer, Form, error_answer, error_form
from stand.emulator.odata.calls import Call
from stand.emulator.odata.composition import composed, composition_of, set_composition
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
from stand.emulator.odata.exchange_plans import EXCHANGE_METHODS, exchange
from stand.emulator.odata.output import Output
from stand.emulator.odata.shapes import Publication
from stand.emulator.quirks import DEFAULT
from stand.emulator.rows import BusinessError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stand.emulator.auth import User
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.odata.output import Leave
    from stand.emulator.odata.urls import Request
    from stand.emulator.quirks import Quirks

_LOG = logging.getLogger(__name__)
_READING = ("GET", "HEAD")
_QUICK = 0.02
"""Seconds one entity of a set may keep the event loop, on the average."""
_FORGIVEN = 0.95
"""What is left of the cost of a slow set with each request, so that it is tried again."""


class ODataService:
    """The standard OData interface of an infobase."""

    def __init__(self, infobase: Infobase, quirks: Quirks = DEFAULT, *, seconds: float = 0.0) -> None:
        self.infobase = infobase
        self.seconds = seconds
        self.quirks = quirks
        self._layout = infobase.layout
        self._publication = Publication(composed(infobase.layout, composition_of(infobase)))
        self._metadata = b""
        self._lock = threading.Lock()
        self._cost: dict[str, float] = {}
        self._local = isinstance(infobase.place, Path)

    def publication(self) -> Publication:
        """The composition; made anew when the configuration was replaced."""
        if self._layout is not self.infobase.layout:
            with self._lock:
                if self._layout is not self.infobase.layout:
                    if self.quirks.composition_after_update == "lost":
                        set_composition(self.infobase, ())
                    self._compose()
        return self._publication

    def compose(self, names: Iterable[str] | None) -> None:
        """Sets the composition; None: as the configuration says.

        Raises:
            UsageError: the configuration has no such object.
        """
        with self._lock:
            set_composition(self.infobase, names)
            self._compose()

    def _compose(self) -> None:
        self._layout = self.infobase.layout
        self._publication = Publication(composed(self._layout, composition_of(self.infobase)))
        self._metadata = b""

    def quick(self, request: Request) -> bool:
        """Whether a request asks for one entity of a local base, and such entities have been quick so far."""
        if not self._local or request.method != "GET" or len(request.segments) != 1:
            return False
        name, arguments = request.segments[0].name, request.segments[0].arguments
        if arguments is None:
            return False
        cost = self._cost.get(name, 0.0)
        if cost > _QUICK:
            self._cost[name] = cost * _FORGIVEN
        return cost <= _QUICK

    def handle_quickly(self, request: Request, user: User) -> Answer:
        """As `handle`, for the thread everybody waits for: a set that keeps it waiting is not quick any more."""
        name = request.segments[0].name
        # Asking the system for a thread's own time costs as much as a read, so it is asked for only when the wall clock has seen something slow:
        # that clock alone would blame a set for the neighbours of a busy machine.
        doubted = name in self._cost
        clock = time.thread_time if doubted else time.perf_counter
        started = clock()
        answer = self.handle(request, user)
        spent = clock() - started
        if answer.status != 200:
            return answer
        if doubted:
            self._cost[name] = 0.5 * self._cost[name] + 0.5 * spent
            if self._cost[name] < _QUICK / 10:
                del self._cost[name]
        elif spent > _QUICK:
            self._cost[name] = _QUICK / 2
        return answer

    def handle(self, request: Request, user: User) -> Answer:
        """The answer to a request, whole; never an exception."""
        answer = self.serve(request, user, None)
        return answer or error_answer(business(INTERNAL), error_form(request), self.quirks.texts)

    def serve(self, request: Request, user: User, leave: Leave | None) -> Answer | None:
        """The answer, or None when it left piece by piece through `leave`. An exception only after it began to leave."""
        began = False

        def leaving(answer: Answer, pieces: Iterable[bytes]) -> None:
            nonlocal began
            began = True
            if leave is not None:
                leave(answer, pieces)

        try:
            return self._answer(request, user, leaving if leave is not None else None)
        except Exception as error:
            if began:
                raise
            return error_answer(_as_1c_says(error), error_form(request), self.quirks.texts)

    def _answer(self, request: Request, user: User, leave: Leave | None) -> Answer | None:
        if not request.segments:
            return self._service_document(request)
        first, *rest = request.segments
        if first.name == "$metadata" and not rest:
            return self._metadata_document(request)
        if first.name == "$batch":
            # Answered in XML even to those who ask for JSON (facts/odata.md 7).
            return error_answer(unsupported("$batch"), Form.ATOM, self.quirks.texts)
        publication = self.publication()
        if first.name in EXCHANGE_METHODS:
            return exchange(self.infobase, publication, request, user, self.quirks)
        shape = publication.shapes.get(first.name)
        if shape is None:
            raise no_entity_set(first.name)
        return Call(
            self.infobase, publication, request, user, shape, first, tuple(rest), self.quirks, leave, self.seconds
        ).answer()

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


def _as_1c_says(error: Exception) -> ODataError:
    """Whatever went wrong in 1C's words; what the emulator itself did not expect is in the log."""
    if isinstance(error, ODataError):
        return error
    if isinstance(error, BusinessError):
        return business(error.text)
    if isinstance(error, FAILURES):
        # Limits of the database's query language show as a 500 in 1C as well (facts/odata.md 7).
        _LOG.warning("запрос не выполнен базой данных: %s", error)
    else:
        _LOG.error("внутренняя ошибка эмулятора", exc_info=error)
    return business(INTERNAL)
