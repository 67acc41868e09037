"""The readiness service of a base of the demo company, `/hs/readiness/v1` (design 4.4, described in stand/readiness-service.yaml).

Every answer is JSON in UTF-8; an error is `{"error": {"code", "message"}}`. Who asks is told by the server; the event log, rights and jobs are for
administrators, a report is for those who may read what it reads, an exchange for those who may read its plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from harness.onec.names import Kind
from stand.emulator.auth import User, may
from stand.emulator.behaviour.attached import Behaviour, behaviour_of
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.behaviour.report_page import page_of
from stand.emulator.exchanging import gateway
from stand.emulator.service import answers, session_answers
from stand.emulator.service.refusals import REFUSALS, ServiceError, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from starlette.requests import Request

    from stand.emulator.behaviour.reporting import Report, ReportResult
    from stand.emulator.database.infobase import Infobase
    from stand.emulator.session_lock import SessionGate
    from stand.emulator.sessions import Sessions

__all__ = ["ROOT", "routes"]

ROOT = "/hs/readiness/v1"
_REPORT_OPTIONS = ("variant", "start", "end")
_DIGITS = 18
_Handler: TypeAlias = "Callable[[Request, User, bytes], Response]"


def routes(infobase: Infobase) -> Sequence[Route]:
    """Routes of the service below a publication; the user is in `request.state.user`."""
    service = _Service(infobase)
    table: list[tuple[str, str, _Handler]] = [
        ("GET", "/info", service.info),
        ("GET", "/reports", service.reports),
        ("GET", "/reports/{name}", service.report),
        ("GET", "/reports/{name}/file", service.report_file),
        ("GET", "/exchanges", service.exchanges),
        ("GET", "/exchanges/{plan}/{node}/message", service.preview),
        ("POST", "/exchanges/{plan}/{node}/export", service.export),
        ("POST", "/exchanges/{plan}/{node}/import", service.import_),
        ("GET", "/jobs", service.jobs),
        ("GET", "/rights", service.rights),
        ("GET", "/log", service.log),
        ("POST", "/documents/{set}/{ref}/movements", service.movements),
        ("GET", "/sessions", service.sessions),
        ("DELETE", "/sessions/{number}", service.end_session),
        ("GET", "/sessions/lock", service.session_lock),
        ("PUT", "/sessions/lock", service.lock_sessions),
        ("DELETE", "/sessions/lock", service.unlock_sessions),
    ]
    by_path: dict[str, dict[str, _Handler]] = {}
    for method, path, handler in table:
        by_path.setdefault(path, {})[method] = handler
    return [Route(ROOT + path, _endpoint(handlers), methods=list(handlers)) for path, handlers in by_path.items()]


def _endpoint(handlers: Mapping[str, _Handler]) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        handler = handlers["GET" if request.method == "HEAD" else request.method]
        return await run_in_threadpool(_guarded, handler, request, body)

    return endpoint


def _guarded(handler: _Handler, request: Request, body: bytes) -> Response:
    """Turns refusals into answers; anything else is the server's own 500."""
    try:
        return handler(request, request.state.user, body)
    except REFUSALS as error:
        return answers.error(refusal_of(error))


class _Service:
    """Handlers; each takes the request, the user and the body."""

    def __init__(self, infobase: Infobase) -> None:
        self._infobase = infobase
        self._known: Behaviour | None = None

    def _behaviour(self) -> Behaviour:
        self._known = behaviour_of(self._infobase, self._known)
        return self._known

    def _allow(self, user: User, object_name: str, action: str) -> None:
        if not may(self._infobase, user, object_name, action):
            raise ServiceError(403, "access", f"Недостаточно прав: {object_name}")

    def _administrator(self, user: User) -> None:
        if not user.full_rights:
            raise ServiceError(403, "access", "Недостаточно прав: нужна роль администратора")

    def info(self, _request: Request, _user: User, _body: bytes) -> Response:
        return answers.json(answers.info(self._infobase))

    def reports(self, _request: Request, _user: User, _body: bytes) -> Response:
        return answers.json([answers.report(item) for item in self._behaviour().reports.by_name.values()])

    def report(self, request: Request, user: User, _body: bytes) -> Response:
        return answers.json(answers.report_result(self._run(request, user)))

    def report_file(self, request: Request, user: User, _body: bytes) -> Response:
        return Response(page_of(self._run(request, user)), media_type="text/html; charset=utf-8")

    def _run(self, request: Request, user: User) -> ReportResult:
        behaviour = self._behaviour()
        report = self._report(behaviour, request.path_params["name"])
        for name in report.objects:
            self._allow(user, name, "read")
        query = request.query_params
        if query.get("variant", "") not in ("", *report.variants):
            raise ServiceError(400, "variant", f"У отчёта «{report.title}» нет варианта «{query['variant']}»")
        start, end = answers.period(query.get("start"), query.get("end"))
        parameters: Mapping[str, str] = {
            name: value for name, value in query.items() if name not in _REPORT_OPTIONS and value
        }
        with self._infobase.reading(user.name) as session:
            lookup = Lookup(session, behaviour.configuration)
            return report.run(session, lookup, start, end, parameters)

    def _report(self, behaviour: Behaviour, name: str) -> Report:
        report = behaviour.reports.by_name.get(name)
        if report is None:
            raise ServiceError(404, "report", f"Отчёта «{name}» нет")
        return report

    def exchanges(self, request: Request, _user: User, _body: bytes) -> Response:
        return answers.json(gateway.nodes(self._infobase, request.query_params.get("plan", "")))

    def _exchange(self, request: Request, user: User) -> tuple[str, str]:
        plan, node = request.path_params["plan"], request.path_params["node"]
        name = f"ExchangePlan_{plan}"
        known = name in self._infobase.configuration.objects
        self._allow(user, name if known else "Document_ПлатежноеПоручение", "read")
        return plan, node

    def preview(self, request: Request, user: User, _body: bytes) -> Response:
        content, media = gateway.preview_message(self._infobase, *self._exchange(request, user))
        return Response(content, headers={"Content-Type": media})

    def export(self, request: Request, user: User, _body: bytes) -> Response:
        content, media = gateway.export_message(self._infobase, *self._exchange(request, user), user=user.name)
        return Response(content, headers={"Content-Type": media})

    def import_(self, request: Request, user: User, body: bytes) -> Response:
        plan, node = self._exchange(request, user)
        dry = request.query_params.get("dry_run", "false").lower() == "true"
        outcome = gateway.import_message(self._infobase, plan, node, body, dry_run=dry, user=user.name)
        return answers.json(outcome)

    def jobs(self, _request: Request, user: User, _body: bytes) -> Response:
        self._administrator(user)
        return answers.json(answers.jobs(self._infobase))

    def rights(self, request: Request, user: User, _body: bytes) -> Response:
        self._administrator(user)
        return answers.json(answers.rights(self._infobase, request.query_params.get("role", "")))

    def log(self, request: Request, user: User, _body: bytes) -> Response:
        self._administrator(user)
        return answers.json(self._infobase.log(answers.moment(request.query_params.get("since", ""))))

    def movements(self, request: Request, user: User, _body: bytes) -> Response:
        name, ref = request.path_params["set"], request.path_params["ref"]
        meta = self._infobase.configuration.objects.get(name)
        if meta is None or meta.kind is not Kind.DOCUMENT:
            raise ServiceError(404, "document", f"Документа «{name}» нет")
        self._allow(user, name, "post")
        with self._infobase.rehearsal(user.name) as session:
            if session.get(name, ref) is None:
                raise ServiceError(404, "document", f"Объект не найден ({name}: {ref})")
            session.post(name, ref)
            found = answers.movements(session, name, ref)
        return answers.json(found)

    def sessions(self, request: Request, user: User, _body: bytes) -> Response:
        self._administrator(user)
        living: Sessions = request.state.sessions
        return answers.json([session_answers.session(item) for item in living.listed()])

    def end_session(self, request: Request, user: User, _body: bytes) -> Response:
        self._administrator(user)
        living: Sessions = request.state.sessions
        number = request.path_params["number"]
        if not (number.isascii() and number.isdigit() and len(number) < _DIGITS and living.end(int(number))):
            raise ServiceError(404, "session", f"Сеанса {number[:20]} нет")
        return Response(status_code=204)

    def session_lock(self, request: Request, user: User, _body: bytes) -> Response:
        self._administrator(user)
        gate: SessionGate = request.state.gate
        return answers.json(session_answers.session_lock(gate.lock))

    def lock_sessions(self, request: Request, user: User, body: bytes) -> Response:
        self._administrator(user)
        gate: SessionGate = request.state.gate
        gate.set(session_answers.wanted_lock(body), user.name)
        return answers.json(session_answers.session_lock(gate.lock))

    def unlock_sessions(self, request: Request, user: User, _body: bytes) -> Response:
        self._administrator(user)
        gate: SessionGate = request.state.gate
        gate.set(None, user.name)
        return Response(status_code=204)
