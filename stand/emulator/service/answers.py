"""Answers of the readiness service: what of a base is told, and in which shape (stand/readiness-service.yaml)."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from harness.onec.names import NAMESPACE
from stand.emulator.auth import ACTIONS, User, may
from stand.emulator.behaviour.attached import BASE_NAME, JOBS_BLOCKED, OUTWARD_BLOCKED, STAND_MARK
from stand.emulator.behaviour.updating import handled
from stand.emulator.database.tables import Storage
from stand.emulator.rows import EMPTY_MOMENT, Ref
from stand.emulator.service.refusals import ServiceError
from stand.emulator.standard import ext_dimension_attributes, record_attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.behaviour.reporting import Report, ReportResult
    from stand.emulator.database.infobase import Infobase, Session
    from stand.emulator.database.tables import Field
    from stand.emulator.rows import Row
    from stand.emulator.service.refusals import Refusal

__all__ = [
    "error",
    "info",
    "jobs",
    "json",
    "moment",
    "movements",
    "period",
    "report",
    "report_result",
    "rights",
]


_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _plain(value: Any) -> Any:
    if isinstance(value, Ref):
        return value.id
    raise TypeError(type(value).__name__)


_ENCODER = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)


def json(value: Any) -> Response:
    """A JSON answer; numbers keep all their digits."""
    return Response(_ENCODER.encode(value), media_type="application/json; charset=utf-8")


def error(told: Refusal) -> Response:
    """An error as the service tells it."""
    response = json({"error": {"code": told.code, "message": told.text}})
    response.status_code = told.status
    return response


def period(start: str | None, end: str | None) -> tuple[date, date]:
    """Both days of a period; each may be left out: from the beginning, until today.

    Raises:
        ServiceError: no dates, or the wrong way round.
    """
    first = date(1, 1, 1) if start is None else _day(start)
    last = datetime.now().date() if end is None else _day(end)  # noqa: DTZ005 - the server's local time, as in 1C
    if first > last:
        raise ServiceError(400, "period", f"Начало периода {first} позже конца {last}")
    return first, last


def _day(text: str) -> date:
    try:
        # Other ways to write a day of ISO 8601 are not agreed on.
        return date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError as problem:
        raise ServiceError(400, "period", f"«{text}» не дата, ожидается ГГГГ-ММ-ДД") from problem


def moment(text: str) -> str:
    """A moment of the event log as it is kept there.

    Raises:
        ServiceError: no moment.
    """
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
    except ValueError as problem:
        raise ServiceError(400, "moment", f"«{text}» не дата и время") from problem


def _tables(infobase: Infobase, name: str) -> dict[str, Any]:
    value = infobase.configuration.behaviour.get(name)
    return value if isinstance(value, dict) else {}


def info(infobase: Infobase) -> dict[str, Any]:
    """What the base says of itself."""
    configuration = infobase.configuration
    update = handled(infobase)
    name = infobase.get_setting(BASE_NAME)
    marked = infobase.get_setting(STAND_MARK) == "1"
    return {
        "base": name,
        "configuration": {
            "name": configuration.name,
            "synonym": configuration.title,
            "version": configuration.version,
            "vendor": configuration.vendor,
        },
        "platform": configuration.platform,
        "time_zone": str(_tables(infobase, "configuration").get("time_zone", "")),
        "server_time": datetime.now().replace(microsecond=0),  # noqa: DTZ005 - the server's local time, as in 1C
        "emulator": True,
        "stand": {"mark": marked, "name": f"Стенд: {name}" if marked else ""},
        "isolation": {
            "scheduled_jobs_blocked": infobase.get_setting(JOBS_BLOCKED) == "1",
            "external_resources_blocked": infobase.get_setting(OUTWARD_BLOCKED) == "1",
        },
        "extensions": _extensions(infobase, update.refused if update else {}),
        "update": {
            "handlers": [
                {
                    "name": item.name,
                    "version": item.version,
                    "state": item.state,
                    "error": item.error,
                    "deferred": item.deferred,
                }
                for item in (update.handlers if update else ())
            ],
            "deferred_left": len(update.deferred) if update else 0,
        },
    }


def _extensions(infobase: Infobase, refused: Mapping[str, str]) -> list[dict[str, Any]]:
    """Extensions of the configuration, and those an update could not apply."""
    known = _tables(infobase, "extensions")
    lost: dict[str, Any] = {name: {"version": "", "applied": False} for name in refused if name not in known}
    return [
        {
            "name": name,
            "version": item["version"],
            "applied": item["applied"] and name not in refused,
            "reason": refused.get(name) or item.get("reason", ""),
        }
        for name, item in (known | lost).items()
    ]


def report(item: Report) -> dict[str, Any]:
    """A report of the inventory."""
    return {
        "name": item.name,
        "title": item.title,
        "origin": item.origin,
        "custom": item.custom,
        "variants": list(item.variants),
        "parameters": [{"name": name, "type": target, "required": False} for name, target in item.parameters.items()],
    }


def report_result(result: ReportResult) -> dict[str, Any]:
    """What a report showed."""
    return {
        "report": result.report,
        "variant": result.variant,
        "start": result.start,
        "end": result.end,
        "columns": [{"name": item.name, "title": item.title, "type": item.type} for item in result.columns],
        "key": list(result.key),
        "rows": result.rows,
        "totals": result.totals,
    }


def jobs(infobase: Infobase) -> list[dict[str, Any]]:
    """Scheduled jobs. On a base whose jobs are blocked none has run."""
    return [
        {
            "name": name,
            "title": item["title"],
            "enabled": item["enabled"],
            "schedule": item["schedule"],
            "state": item.get("state", "idle"),
            "last_run": item.get("last_run"),
            "last_error": item.get("last_error"),
        }
        for name, item in _tables(infobase, "jobs").items()
    ]


def rights(infobase: Infobase, role: str) -> list[dict[str, Any]]:
    """Rights of every role, or of one, on every object.

    Raises:
        ServiceError: no such role.
    """
    roles = _tables(infobase, "roles")
    if role and role not in roles:
        raise ServiceError(404, "role", f"Роли «{role}» нет")
    found = []
    for name in [role] if role else roles:
        user = User("", (name,), full_rights=bool(roles[name].get("full")))
        for meta in infobase.configuration.published:
            row: dict[str, Any] = {"role": name, "object": str(meta.name)}
            found.append(row | {action: may(infobase, user, str(meta.name), action) for action in ACTIONS})
    return found


def movements(session: Session, name: str, ref: str) -> list[dict[str, Any]]:
    """Records of a document by register, fields named and written as OData does."""
    recorder = Ref(name, ref.lower())
    result = []
    for register in session.registers_of(name):
        rows = [_record(session, register, row) for row in session.records(register, recorder=recorder)]
        if rows:
            result.append({"register": register, "rows": rows})
    return result


def _record(session: Session, register: str, row: Row) -> dict[str, Any]:
    table = session.layout.objects[register]
    meta = session.meta(register)
    assert meta.register is not None
    hidden = {item.name for item in ext_dimension_attributes(meta.register)}
    names = [item.name for item in (*record_attributes(meta), *meta.register.fields) if item.name not in hidden]
    result: dict[str, Any] = {}
    for name in names:
        result |= _cell(table.by_name[name], row[name])
    return result


def _cell(field: Field, value: Any) -> Mapping[str, Any]:
    if field.storage is Storage.REFERENCE:
        return {f"{field.name}_Key": value.id}
    if field.storage is Storage.COMPOSITE:
        if value is None:
            return {field.name: "", f"{field.name}_Type": f"{NAMESPACE}.Undefined"}
        if isinstance(value, Ref):
            return {field.name: value.id, f"{field.name}_Type": f"{NAMESPACE}.{value.object}"}
        return {field.name: value, f"{field.name}_Type": "Edm.String"}
    return {field.name: "0001-01-01T00:00:00" if value == EMPTY_MOMENT else value}
