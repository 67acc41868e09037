r"""Ordered faults: what a network, a web server or an overloaded base does to answers, described as data of the configuration.

A table `faults` of the behaviour; a request meets every fault that matches it, in order::

    [[faults]]
    match = { method = "GET", path = "Document_Продажа$", query = "top=\\d{4}" }   # all of them regular expressions but the method; all may be left out
    then = { delay_ms = 500 }
    times = 3                     # only the first three requests that match; 0 or nothing: all
    after = 1                     # and not the very first one

`path` is searched in the decoded path below the publication ("odata/standard.odata/Catalog_X(guid'…')/Post", "hs/readiness/v1/info"), `query` in
the decoded query string. What `then` may hold:

    delay_ms = 500                          the answer comes later
    status = 503, body = "…", media = "…"   an answer in place of 1C's
    error = "Недостаточно памяти …"         1C's own refusal with code -1 (`status` as well, 500 without it)
    html = true                             a login page of a proxy, status 200 (facts/odata.md 11.12)
    truncate = 200                          so many bytes of the body, as if that were all
    drop = true                             the connection is closed without an answer; with `truncate` in the middle of one
    numbers_as_strings = true               JSON whose numbers became strings
    number_shift = { property = "Сумма", by = 0.01 }   JSON in which a number differs
"""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.responses import HTMLResponse, Response

from harness.errors import ConfigError
from harness.onec.values import decode_json, encode_json
from stand.emulator.odata.answers import error_answer
from stand.emulator.odata.errors import ODataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stand.emulator.database.infobase import Infobase

__all__ = ["Fault", "Faults", "faults_of"]

TRANSPORT = "onec.transport"
"""Where the server puts the connection's transport into a request's state, so that a fault can drop it."""
_MATCHED = 1000
_PATTERN = 200
_OPEN_ENDS = 3
_MAX_DELAY = 60_000
_MATCH = {"method": str, "path": str, "query": str}
_THEN: dict[str, type | tuple[type, ...]] = {
    "delay_ms": int,
    "status": int,
    "body": str,
    "media": str,
    "error": str,
    "html": bool,
    "truncate": int,
    "drop": bool,
    "numbers_as_strings": bool,
    "number_shift": dict,
}
_FAULT: dict[str, type | tuple[type, ...]] = {"id": str, "match": dict, "then": dict, "times": int, "after": int}
# A repeated group can take exponential time, several open ends together take a power of the text's length.
_REPEATED_GROUP = re.compile(r"\)[*+{?]|\\[1-9]|\(\?")
_OPEN_END = re.compile(r"[*+]|\{\d*,\d*\}")
_LOGIN_PAGE = (
    '<!DOCTYPE html><html lang="ru"><meta charset="utf-8"><title>Вход</title>'
    "<h1>Требуется вход в корпоративную сеть</h1></html>"
)


@dataclass(slots=True)
class Fault:
    """One fault and how many requests have met it."""

    method: str = ""
    path: re.Pattern[str] | None = None
    query: re.Pattern[str] | None = None
    then: Mapping[str, Any] = field(default_factory=dict)
    times: int = 0
    after: int = 0
    met: int = 0

    def matches(self, method: str, path: str, query: str) -> bool:
        """Whether a request is one it is meant for, counts aside."""
        return (
            self.method in ("", method)
            and (self.path is None or self.path.search(path[:_MATCHED]) is not None)
            and (self.query is None or self.query.search(query[:_MATCHED]) is not None)
        )

    def strikes(self) -> bool:
        """Counts a request that matches: whether it is hit."""
        self.met += 1
        return self.met > self.after and (not self.times or self.met <= self.after + self.times)


def faults_of(behaviour: Mapping[str, object]) -> list[Fault]:
    """Faults a configuration describes, checked.

    Raises:
        ConfigError: an unknown key, a value of another type, a regular expression that is wrong or could hang.
    """
    described = behaviour.get("faults", [])
    if not isinstance(described, list):
        raise ConfigError("faults — не список таблиц", place="faults")
    return [_fault(item, f"faults, {number}") for number, item in enumerate(described, 1)]


def _fault(table: object, place: str) -> Fault:
    checked = _checked(table, _FAULT, place)
    match = _checked(checked.get("match", {}), _MATCH, f"{place}, match")
    then = _checked(checked.get("then", {}), _THEN, f"{place}, then")
    if not then:
        raise ConfigError("не сказано, что случается: нет then", place=place)
    if not 0 <= then.get("delay_ms", 0) <= _MAX_DELAY:
        raise ConfigError(f"delay_ms: от 0 до {_MAX_DELAY}", place=place)
    if not 100 < then.get("status", 200) < 600 or then.get("truncate", 0) < 0:
        raise ConfigError("status: код HTTP от 101 до 599; truncate: не меньше нуля", place=place)
    if "number_shift" in then:
        _checked(then["number_shift"], {"property": str, "by": (int, float, Decimal)}, f"{place}, number_shift")
    return Fault(
        method=match.get("method", "").upper(),
        path=_pattern(match.get("path", ""), f"{place}, path"),
        query=_pattern(match.get("query", ""), f"{place}, query"),
        then=then,
        times=checked.get("times", 0),
        after=checked.get("after", 0),
    )


def _checked(table: object, known: Mapping[str, type | tuple[type, ...]], place: str) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise ConfigError("не таблица", place=place)
    for name, value in table.items():
        if name not in known:
            raise ConfigError(f"неизвестный ключ «{name}»", place=place, hint=f"есть: {', '.join(known)}")
        if not isinstance(value, known[name]) or (isinstance(value, bool) and known[name] is int):
            raise ConfigError(f"{name}: значение другого типа", place=place)
    return table


def _pattern(text: str, place: str) -> re.Pattern[str] | None:
    if not text:
        return None
    if len(text) > _PATTERN or _REPEATED_GROUP.search(text) or len(_OPEN_END.findall(text)) > _OPEN_ENDS:
        raise ConfigError(
            "слишком сложное регулярное выражение",
            place=place,
            hint=f"не длиннее {_PATTERN} знаков, не больше {_OPEN_ENDS} повторов, без повтора групп и обратных ссылок",
        )
    try:
        return re.compile(text)
    except re.error as error:
        raise ConfigError(f"регулярное выражение не читается: {error}", place=place) from error


class Faults:
    """Faults of an infobase as an application around another one; what matches no fault passes untouched."""

    def __init__(self, inner: ASGIApp, infobase: Infobase, publication: str) -> None:
        """Compiles the faults at once, so that a wrong table is seen at the start.

        Raises:
            ConfigError: as `faults_of`.
        """
        self._inner = inner
        self._infobase = infobase
        self._skip = len(publication) + 2
        self._lock = threading.Lock()
        self._configuration = infobase.configuration
        self._faults = faults_of(infobase.configuration.behaviour)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, hit by whatever matches it."""
        struck = self._struck(scope)
        if not struck:
            await self._inner(scope, receive, send)
            return
        then = {key: value for fault in struck for key, value in fault.then.items() if key != "delay_ms"}
        delay = sum(fault.then.get("delay_ms", 0) for fault in struck)
        await asyncio.sleep(delay / 1000)
        if then.get("drop") and "truncate" not in then:
            await _drop(scope, receive)
            return
        instead = _instead(then)
        if not then.keys() & {"truncate", "numbers_as_strings", "number_shift"}:
            await (instead or self._inner)(scope, receive, send)
            return
        status, headers, body = await _collected(instead or self._inner, scope, receive)
        declared = body = _twisted(then, body)
        if "truncate" in then:
            body = body[: then["truncate"]]
            declared = declared if then.get("drop") else body
        headers = [pair for pair in headers if pair[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(declared)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body, "more_body": len(body) < len(declared)})
        if len(body) < len(declared):
            await _drop(scope, receive)

    def _struck(self, scope: Scope) -> list[Fault]:
        if not self._faults and self._configuration is self._infobase.configuration:
            return []
        with self._lock:
            if self._configuration is not self._infobase.configuration:
                self._configuration = self._infobase.configuration
                self._faults = faults_of(self._configuration.behaviour)
            if not self._faults:
                return []
            path = scope["path"][self._skip :]
            query = unquote(scope["query_string"].decode("latin-1"))
            return [item for item in self._faults if item.matches(scope["method"], path, query) and item.strikes()]


def _instead(then: Mapping[str, Any]) -> Response | None:
    """The answer in place of 1C's, if there is to be one."""
    if then.get("html"):
        return HTMLResponse(_LOGIN_PAGE, then.get("status", 200))
    if "error" in then:
        answer = error_answer(ODataError(then.get("status", 500), -1, then["error"]))
        return Response(answer.body, answer.status, media_type=answer.content_type)
    if "status" in then or "body" in then:
        return Response(then.get("body", ""), then.get("status", 200), media_type=then.get("media", "text/html"))
    return None


async def _collected(
    application: ASGIApp, scope: Scope, receive: Receive
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    status, headers, parts = 500, list[tuple[bytes, bytes]](), list[bytes]()

    async def collect(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], list(message.get("headers", []))
        else:
            parts.append(message.get("body", b""))

    await application(scope, receive, collect)
    return status, headers, b"".join(parts)


async def _drop(scope: Scope, receive: Receive) -> None:
    """Closes the connection after what was already sent, and waits until it is closed."""
    transport = scope.get("state", {}).get(TRANSPORT)
    if transport is None:
        raise ConnectionAbortedError
    transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass


def _twisted(then: Mapping[str, Any], body: bytes) -> bytes:
    """JSON with its numbers changed; what is no JSON stays."""
    shift = then.get("number_shift")
    if shift is None and not then.get("numbers_as_strings"):
        return body
    try:
        value = decode_json(body)
    except ValueError:
        return body
    if shift is not None:
        value = _shifted(value, str(shift.get("property", "")), Decimal(str(shift.get("by", 0))))
    if then.get("numbers_as_strings"):
        value = _texts(value)
    return encode_json(value)


def _shifted(value: Any, name: str, by: Decimal) -> Any:
    if isinstance(value, list):
        return [_shifted(item, name, by) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: item + by if key == name and _number(item) else _shifted(item, name, by) for key, item in value.items()
    }


def _texts(value: Any) -> Any:
    if isinstance(value, list):
        return [_texts(item) for item in value]
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    return str(value) if _number(value) else value


def _number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)
