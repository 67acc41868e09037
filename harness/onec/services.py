"""Client of the readiness service `/hs/readiness/v1`: what OData cannot say (design 4.4).

Answers become frozen structures (`harness.onec.service_models`, re-exported here); an answer of another shape is an error that
names the place. A base may have a part of the service only: a route it lacks is `RouteAbsentError`, told from a report or a document
that is not found by the code the service itself puts into its errors.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import msgspec

from harness.errors import AnswerError, RouteAbsentError, StandError
from harness.onec.kept import Kept
from harness.onec.service_models import (
    BaseInfo,
    Configuration,
    ExchangeNode,
    ExchangeObject,
    Extension,
    ImportedObject,
    ImportResult,
    IsolationState,
    Job,
    LogEvent,
    Movements,
    Report,
    ReportColumn,
    ReportParameter,
    ReportResult,
    Right,
    Session,
    SessionLock,
    StandMark,
    UpdateHandler,
    UpdateState,
)
from harness.onec.values import Row, decode_value, format_datetime, literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from harness.onec.session import StandSession

__all__ = [
    "BaseInfo",
    "Configuration",
    "ExchangeNode",
    "ExchangeObject",
    "Extension",
    "ImportResult",
    "ImportedObject",
    "IsolationState",
    "Job",
    "LogEvent",
    "Movements",
    "ReadinessService",
    "Report",
    "ReportColumn",
    "ReportParameter",
    "ReportResult",
    "Right",
    "Session",
    "SessionLock",
    "StandMark",
    "UpdateHandler",
    "UpdateState",
]

ROOT = "/hs/readiness/v1"
_T = TypeVar("_T")
_EDM = {"number": "Edm.Double", "date": "Edm.DateTime", "boolean": "Edm.Boolean", "string": "Edm.String"}


class ReadinessService:
    """Calls the readiness service of one publication; every method raises what `StandSession.request` raises.

    Args:
        session: the stand's HTTP session.
    """

    def __init__(self, session: StandSession) -> None:
        self.session = session
        self.kept = Kept(session.guard)
        """What this user has read in the base and nobody has changed since."""

    def available(self) -> bool:
        """Whether the base has the service at all.

        Raises:
            HarnessError: anything but "not published": refused access and a stand in trouble are not an absent service.
        """
        try:
            self.info()
        except (StandError, AnswerError) as error:
            if error.status == 404:
                return False
            raise
        return True

    def info(self) -> BaseInfo:
        """What the base says of itself."""
        return self._get("/info", BaseInfo)

    def reports(self) -> tuple[Report, ...]:
        """The inventory of reports."""
        return self._get("/reports", tuple[Report, ...])

    def report(
        self,
        name: str,
        *,
        variant: str = "",
        start: date | None = None,
        end: date | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> ReportResult:
        """Runs a report.

        Args:
            name: as in the inventory.
            variant: "" is the report's own default.
            start: first day of the period.
            end: last day of the period.
            parameters: further parameters by name.
        """
        result = self._get(
            f"/reports/{quote(name, safe='')}", ReportResult, _report_params(variant, start, end, parameters)
        )
        types = {column.name: _EDM.get(column.type, "") for column in result.columns}
        place = f"отчёт {name}"
        rows = tuple(_typed(row, types, place) for row in result.rows)
        return msgspec.structs.replace(result, rows=rows, totals=_typed(result.totals, types, place))

    def report_file(
        self,
        name: str,
        *,
        variant: str = "",
        start: date | None = None,
        end: date | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> bytes:
        """The report as the base renders it, HTML."""
        params = _report_params(variant, start, end, parameters)
        return self._bytes("GET", f"/reports/{quote(name, safe='')}/file", params)

    def exchanges(self, plan: str = "") -> tuple[ExchangeNode, ...]:
        """Nodes of exchange plans, or of one; a base that does not know the question tells all."""
        found = self._get("/exchanges", tuple[ExchangeNode, ...], {"plan": plan} if plan else {})
        return tuple(node for node in found if plan in ("", node.plan))

    def preview_message(self, plan: str, node: str) -> bytes:
        """The message that would be exported now; message numbers do not move."""
        return self._bytes("GET", f"{_node(plan, node)}/message")

    def export_message(self, plan: str, node: str) -> bytes:
        """Exports a message; the node's SentNo moves."""
        return self._bytes("POST", f"{_node(plan, node)}/export")

    def import_message(self, plan: str, node: str, message: bytes, *, dry_run: bool = False) -> ImportResult:
        """Imports a message.

        Raises:
            AnswerError: the base refused the message (status 400); message numbers have not moved.
        """
        with _route():
            data = self.session.json(
                "POST",
                f"{ROOT}{_node(plan, node)}/import",
                params={"dry_run": literal(dry_run)},
                content=message,
                headers={"Content-Type": "application/octet-stream"},
            )
        return _shaped(data, ImportResult, "/exchanges/…/import")

    def jobs(self) -> tuple[Job, ...]:
        """Scheduled jobs."""
        return self._get("/jobs", tuple[Job, ...])

    def rights(self, role: str = "") -> tuple[Right, ...]:
        """Rights by role and object; of one role when it is named."""
        return self._get("/rights", tuple[Right, ...], {"role": role} if role else {})

    def log(self, since: datetime | str | None = None) -> tuple[LogEvent, ...]:
        """Events of the log, of all time or since a moment of the server's clock (a date or its ISO text)."""
        text = since if isinstance(since, str) else format_datetime(since) if since else ""
        return self._get("/log", tuple[LogEvent, ...], {"since": text} if text else {})

    def sessions(self) -> tuple[Session, ...]:
        """Living sessions, oldest first; asking takes none."""
        return self._get("/sessions", tuple[Session, ...])

    def session_lock(self) -> SessionLock:
        """Whether new sessions are blocked."""
        return self._get("/sessions/lock", SessionLock)

    def movements(self, document_set: str, ref: str) -> tuple[Movements, ...]:
        """Records a document would make: it is posted inside a transaction that is rolled back."""
        path = f"/documents/{quote(document_set, safe='')}/{quote(ref, safe='')}/movements"
        with _route():
            data = self.session.json("POST", ROOT + path, content=b"")
        return _shaped(data, tuple[Movements, ...], path)

    def _get(self, path: str, shape: type[_T], params: Mapping[str, str] | None = None) -> _T:
        with _route():
            data = self.session.json("GET", ROOT + path, params=params)
        return _shaped(data, shape, path)

    def _bytes(self, method: str, path: str, params: Mapping[str, str] | None = None) -> bytes:
        content = None if method == "GET" else b""
        with _route():
            return self.session.request(
                method, ROOT + path, params=params, content=content, headers={"Accept": "*/*"}
            ).content


@contextmanager
def _route() -> Iterator[None]:
    """Tells a route that is not published (404 without a code of the service) from a thing the service did not find."""
    try:
        yield
    except (StandError, AnswerError) as error:
        if error.status != 404 or (isinstance(error, AnswerError) and error.code):
            raise
        raise RouteAbsentError(
            "сервис готовности этой базы этого не умеет",
            place=error.place,
            hint="Обновите расширение сервиса готовности в базе.",
            status=404,
        ) from error


def _node(plan: str, node: str) -> str:
    return f"/exchanges/{quote(plan, safe='')}/{quote(node, safe='')}"


def _report_params(
    variant: str, start: date | None, end: date | None, parameters: Mapping[str, object] | None
) -> dict[str, str]:
    params = {"variant": variant} if variant else {}
    if start:
        params["start"] = format_datetime(start)[:10]
    if end:
        params["end"] = format_datetime(end)[:10]
    return params | {name: str(value) for name, value in (parameters or {}).items()}


def _shaped(data: object, shape: type[_T], place: str) -> _T:
    try:
        return msgspec.convert(data, shape)
    except msgspec.ValidationError as error:
        raise AnswerError(
            f"ответ сервиса готовности не по договору: {error}",
            place=ROOT + place,
            hint="Обновите расширение сервиса готовности в базе.",
            status=200,
            code="shape",
        ) from None


def _typed(row: Mapping[str, Any], types: Mapping[str, str], place: str) -> Row:
    result: Row = {}
    for name, value in row.items():
        try:
            result[name] = decode_value(types.get(name, ""), value)
        except ValueError as error:
            raise AnswerError(f"колонка {name}: {error}", place=place, status=200, code="type") from None
    return result
