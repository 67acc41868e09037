"""Sessions and their lock as the readiness service tells and takes them (stand/readiness-service.yaml)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from stand.emulator.service.refusals import ServiceError
from stand.emulator.session_lock import SessionLock

if TYPE_CHECKING:
    from stand.emulator.sessions import SessionInfo

_APPLICATIONS = {"odata": "ODataConnection", "hs": "HTTPServiceConnection"}


def session(item: SessionInfo) -> dict[str, Any]:
    """A living session."""
    return {
        "number": item.number,
        "user": item.user,
        "application": _APPLICATIONS.get(item.service, item.service),
        "started": item.started,
        "active": item.active,
    }


def session_lock(lock: SessionLock | None) -> dict[str, Any]:
    """The lock; its code is told to nobody."""
    known = lock or SessionLock()
    return {
        "locked": lock is not None,
        "message": known.message,
        "with_code": bool(known.code),
        "start": known.start or None,
        "end": known.end or None,
    }


def wanted_lock(body: bytes) -> SessionLock:
    """The lock a request asks for; `{}` asks for one without words.

    Raises:
        ServiceError: 400: not such an object, no moments, an end before the beginning.
    """
    try:
        given = msgspec.json.decode(body, type=SessionLock)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise ServiceError(400, "lock", f"Описание блокировки не читается: {error}") from error
    start, end = _moment(given.start), _moment(given.end)
    if start and end and end <= start:
        raise ServiceError(400, "lock", f"Конец блокировки {given.end} не позже начала {given.start}")
    return SessionLock(message=given.message.replace("\0", ""), code=given.code.replace("\0", ""), start=start, end=end)


def _moment(text: str) -> str:
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=None, microsecond=0).isoformat()
    except ValueError as problem:
        raise ServiceError(400, "moment", f"«{text}» не дата и время") from problem
