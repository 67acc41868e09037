"""A CRM with a REST service in the manner of Bitrix24 (facts/exchanges.md 8): pages of 50, batches, a rate limit, tokens that expire.

Companies and deals are kept in memory. ORIGIN_ID with ORIGINATOR_ID guards against doubles the way the base must use it: the CRM itself adds
whatever it is told to add, as the real one does.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import msgspec
from starlette.responses import Response

from harness.exchange.peers.server import Asked, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGE = 50
BATCH = 50
ROOT = "/rest/1"
STAGES = ("NEW", "EXECUTING", "WON", "LOSE")
_FAILED = {
    "limit": (503, "QUERY_LIMIT_EXCEEDED", "Too many requests"),
    "expired": (401, "expired_token", "The access token provided has expired"),
    "error-200": (200, "INTERNAL_SERVER_ERROR", "Внутренняя ошибка портала"),
    "refuse": (403, "insufficient_scope", "Нет прав на этот метод"),
}
"""Failures that are answers: status, code, words."""


class Crm(Peer):
    """The CRM.

    Args:
        stages: ids of the stages of deals.
        tls: see `Peer`.
    """

    name = "CRM"

    def __init__(self, *, stages: tuple[str, ...] = STAGES, tls: Path | None = None) -> None:
        super().__init__(tls=tls)
        self.stages = stages
        self.companies: dict[str, dict[str, str]] = {}
        self.deals: dict[str, dict[str, Any]] = {}
        self.rows: dict[str, list[dict[str, str]]] = {}
        self.access, self.refresh = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        self.renewals = 0
        self._last = 0

    @property
    def address(self) -> str:
        """Address of the REST service."""
        return f"{self.url}{ROOT}"

    @property
    def user(self) -> str:
        """What the base is given as its login: the access token."""
        return self.access

    @property
    def password(self) -> str:
        """What the base is given as its password: the refresh token."""
        return self.refresh

    def expire(self) -> None:
        """The access token expires now; the refresh token is good once."""
        self.access = secrets.token_urlsafe(12)

    def add_deal(self, fields: Mapping[str, Any], rows: list[dict[str, str]]) -> str:
        """A manager makes a deal; its id."""
        ident = self._ident()
        self.deals[ident] = {"ID": ident, **fields}
        self.rows[ident] = rows
        return ident

    def _ident(self) -> str:
        self._last += 1
        return str(self._last)

    def step_of(self, method: str, path: str, query: dict[str, str]) -> str:
        """The method: "crm.deal.list"."""
        del method, query
        return path.removeprefix(ROOT).strip("/").removesuffix(".json")

    def failed(self, kind: str, asked: Asked) -> Response:
        """As the service fails."""
        if kind == "garbage":
            return Response("<html>Портал на обслуживании</html>", 200, media_type="text/html; charset=utf-8")
        if kind == "error-200" and asked.step == "batch":
            inner = {"error": "", "error_description": "Поле обязательно для заполнения"}
            return _json({"result": {"result": {}, "result_error": {"c0": inner}}})
        if kind not in _FAILED:
            return super().failed(kind, asked)
        status, error, description = _FAILED[kind]
        return _json({"error": error, "error_description": description}, status)

    def answer(self, asked: Asked) -> Response:
        """One call."""
        if asked.step == "oauth/token":
            return self._renew(dict(parse_qsl(asked.body.decode("utf-8", errors="replace"))))
        try:
            fields = msgspec.json.decode(asked.body or b"{}", type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _json({"error": "BAD_REQUEST", "error_description": "Не JSON"}, 400)
        if fields.pop("auth", "") != self.access:
            return _json({"error": "expired_token", "error_description": "The access token provided has expired"}, 401)
        if asked.step == "batch":
            return self._batch(fields)
        found, error = self._call(asked.step, fields)
        return _json({"error": error, "error_description": error}, 400) if error else _json(found)

    def _renew(self, form: Mapping[str, str]) -> Response:
        if form.get("refresh_token") != self.refresh:
            return _json({"error": "invalid_grant"}, 400)
        self.access, self.refresh = secrets.token_urlsafe(12), secrets.token_urlsafe(12)
        self.renewals += 1
        return _json({"access_token": self.access, "refresh_token": self.refresh, "expires_in": 3600})

    def _batch(self, fields: Mapping[str, Any]) -> Response:
        commands: Mapping[str, str] = fields.get("cmd", {})
        if len(commands) > BATCH:
            return _json({"error": "ERROR_BATCH_LENGTH_EXCEEDED", "error_description": "Не больше 50 команд"}, 400)
        results: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for name, command in commands.items():
            method, _, query = command.partition("?")
            found, error = self._call(method, _nested(query))
            if error:
                errors[name] = {"error": "", "error_description": error}
            else:
                results[name] = found["result"]
        return _json({"result": {"result": results, "result_error": errors}})

    def _call(self, method: str, fields: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
        """An answer and no error, or the other way round."""
        lists: dict[str, list[dict[str, Any]]] = {
            "crm.status.list": [{"STATUS_ID": name, "ENTITY_ID": "DEAL_STAGE"} for name in self.stages],
            "crm.company.list": list(self.companies.values()),
            "crm.deal.list": list(self.deals.values()),
        }
        if method in lists:
            return _page(lists[method], fields), ""
        ident, values = str(fields.get("id", "")), dict(fields.get("fields", {}))
        if method == "crm.company.add":
            new = self._ident()
            self.companies[new] = {"ID": new, **values}
            return {"result": new}, ""
        return self._of_record(method, ident, values)

    def _of_record(self, method: str, ident: str, values: dict[str, str]) -> tuple[dict[str, Any], str]:
        error = ""
        result: Any = True
        match method:
            case "crm.deal.get" if ident in self.deals:
                result = self.deals[ident]
            case "crm.deal.productrows.get" if ident in self.deals:
                result = self.rows.get(ident, [])
            case "crm.company.update" if ident in self.companies:
                self.companies[ident] |= values
            case "crm.deal.update" if ident in self.deals:
                stage = values.get("STAGE_ID", self.stages[0])
                error = "" if stage in self.stages else f"Стадия {stage} не найдена"
                self.deals[ident] |= {} if error else values
            case _:
                error = f"Метод {method} или запись «{ident}» не найдены"
        return {"result": result}, error


def _page(rows: list[dict[str, Any]], fields: Mapping[str, Any]) -> dict[str, Any]:
    start = int(fields.get("start", 0) or 0)
    found = [row for row in rows if all(str(row.get(k, "")) == str(v) for k, v in (fields.get("filter") or {}).items())]
    answer: dict[str, Any] = {"result": found[start : start + PAGE], "total": len(found)}
    return answer | ({"next": start + PAGE} if start + PAGE < len(found) else {})


def _nested(query: str) -> dict[str, Any]:
    """`fields[TITLE]=x&id=1` as nested tables."""
    result: dict[str, Any] = {}
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=200):
        head, _, rest = name.partition("[")
        if rest:
            result.setdefault(head, {})[rest.rstrip("]")] = value
        else:
            result[head] = value
    return result


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, media_type="application/json; charset=utf-8")
