"""The base as the client of a CRM's REST service in the manner of Bitrix24 (facts/exchanges.md 8).

Lists come in pages of 50, commands go in batches of 50, a 503 means "too often, come again", an expired token is renewed with the refresh
token, and an answer 200 may hold an error inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import msgspec

from stand.emulator.database.store import write_setting
from stand.emulator.exchanging import crm, registration
from stand.emulator.exchanging.common import Context, ExchangeError, Outcome
from stand.emulator.exchanging.opening import count_sent, open_context
from stand.emulator.exchanging.outward import LOGIN, PASSWORD, wire_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.exchanging.running import RunResult
    from stand.emulator.exchanging.wire import Wire

__all__ = ["run_crm", "take_event"]

_BATCH = 50
_PAUSE = 0.02
_LIMIT = "QUERY_LIMIT_EXCEEDED"


class _Rest:
    """Calls of the REST service; `login` is the access token, `password` the refresh token."""

    def __init__(self, wire: Wire, table: Mapping[str, Any]) -> None:
        self.wire = wire
        self._table = table
        self._access, self._refresh = wire.login, wire.password
        wire.forget_login()
        self.renewed: tuple[str, str] | None = None

    def call(self, method: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """One method; its whole answer.

        Raises:
            ExchangeError: refused, or too often for too long.
        """
        for attempt in range(int(self._table["retries"]) + 1):
            response = self.wire.call(
                "POST",
                f"/{method}.json",
                content=msgspec.json.encode({**fields, "auth": self._access}),
                headers={"Content-Type": "application/json"},
                said=method,
            )
            answer = _decoded(response.content, method)
            error = str(answer.get("error", ""))
            if error == _LIMIT or response.status_code == 503:
                self.wire.pause(_PAUSE * (attempt + 1))
                continue
            if error == "expired_token" and attempt == 0 and self._table.get("renews_token", True):
                self._renew()
                continue
            if error or not 200 <= response.status_code < 300:
                said = answer.get("error_description") or error or response.status_code
                raise ExchangeError("crm", f"CRM отказала ({method}): {said}")
            return answer
        raise ExchangeError("limit", f"CRM отвечает «слишком часто» на {method}: предел запросов не отпускает")

    def _renew(self) -> None:
        response = self.wire.call(
            "POST",
            "/oauth/token",
            content=urlencode({"grant_type": "refresh_token", "refresh_token": self._refresh}).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            said="oauth/token",
        )
        answer = _decoded(response.content, "oauth/token")
        if "access_token" not in answer:
            raise ExchangeError("token", "CRM не обновила токен доступа: требуется новая авторизация")
        self._access, self._refresh = str(answer["access_token"]), str(answer.get("refresh_token", ""))
        self.renewed = (self._access, self._refresh)

    def pages(self, method: str, fields: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """All records of a list, page by page."""
        start = 0
        while True:
            answer = self.call(method, {**fields, "start": start})
            yield from answer.get("result", ())
            if "next" not in answer or self._table.get("first_page_only"):
                return
            start = int(answer["next"])

    def batch(self, commands: Mapping[str, str]) -> dict[str, Any]:
        """Up to 50 commands in one request.

        Raises:
            ExchangeError: one of them failed, though the request came through.
        """
        answer = self.call("batch", {"halt": 0, "cmd": dict(commands)})
        inner = answer.get("result", {})
        failed = inner.get("result_error") or {}
        if failed and not self._table.get("ignores_inner_errors"):
            name, error = next(iter(failed.items()))
            raise ExchangeError("crm", f"CRM не выполнила команду «{name}»: {error.get('error_description', '')}")
        result: dict[str, Any] = inner.get("result", {})
        return result


def _decoded(content: bytes, method: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ExchangeError("crm", f"CRM ответила не в JSON ({method})") from error
    if not isinstance(found, dict):
        raise ExchangeError("crm", f"CRM ответила непонятно ({method})")
    return found


def run_crm(infobase: Infobase, plan: str, node: str, user: str, result: RunResult) -> None:
    """Companies out, deals in, stages of deals out.

    Raises:
        ExchangeError: the CRM refuses or cannot be reached.
    """
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        rest = _Rest(wire_of(context), context.table)
        waiting = registration.waiting(session, plan, node)
        companies = _companies(context, [item.id for item in waiting if item.object == crm.PARTNERS])
    result.steps = rest.wire.steps
    try:
        stages = {
            str(item["STATUS_ID"]) for item in rest.pages("crm.status.list", {"filter": {"ENTITY_ID": "DEAL_STAGE"}})
        }
        if missing := set(context.table["stages"].values()) - stages:
            raise ExchangeError("stage", f"В CRM нет стадий, которые знает база: {', '.join(sorted(missing))}")
        result.sent = _send_companies(rest, context, companies)
        deals = list(rest.pages("crm.deal.list", {"order": {"ID": "ASC"}}))
        _add_rows(rest, deals)
        with infobase.transaction(user) as session:
            done = open_context(infobase, session, plan, node)
            for deal in deals:
                crm.load_deal(done, deal, result.received)
        result.sent += _send_stages(rest, infobase, plan, node, user)
    finally:
        if rest.renewed is not None and context.table.get("keeps_token", True):
            with infobase.transaction(user) as session:
                for name, value in zip((LOGIN, PASSWORD), rest.renewed, strict=True):
                    write_setting(session.connection, f"{name}/{plan}/{node}", value)
    with infobase.transaction(user) as session:
        count_sent(open_context(infobase, session, plan, node))


def _companies(context: Context, references: list[str]) -> list[dict[str, str]]:
    rows = [context.session.get(crm.PARTNERS, item) for item in references]
    return [crm.partner_fields(context, row) for row in rows if row is not None and not row["IsFolder"]]


def _send_companies(rest: _Rest, context: Context, companies: list[dict[str, str]]) -> int:
    """New companies are added, known ones changed: known by ORIGIN_ID."""
    known = {
        str(item.get("ORIGIN_ID", "")): str(item["ID"])
        for item in rest.pages("crm.company.list", {"filter": {"ORIGINATOR_ID": context.table["originator"]}})
    }
    for start in range(0, len(companies), _BATCH):
        commands = {}
        for number, fields in enumerate(companies[start : start + _BATCH]):
            ident = known.get(fields.get("ORIGIN_ID", ""), "") if fields.get("ORIGIN_ID") else ""
            query = {f"fields[{name}]": value for name, value in fields.items()}
            query |= {"id": ident} if ident else {}
            commands[f"c{number}"] = f"crm.company.{'update' if ident else 'add'}?{urlencode(query)}"
        rest.batch(commands)
    return len(companies)


def _add_rows(rest: _Rest, deals: list[dict[str, Any]]) -> None:
    """Goods of the deals, fetched in batches: one request a deal would meet the limit of requests."""
    for start in range(0, len(deals), _BATCH):
        part = deals[start : start + _BATCH]
        commands = {
            f"r{number}": f"crm.deal.productrows.get?{urlencode({'id': deal['ID']})}"
            for number, deal in enumerate(part)
        }
        found = rest.batch(commands)
        for number, deal in enumerate(part):
            deal["PRODUCT_ROWS"] = found.get(f"r{number}", [])


def _send_stages(rest: _Rest, infobase: Infobase, plan: str, node: str, user: str) -> int:
    """Stages of the orders that came from the CRM and have changed since."""
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        rows = [
            session.get(item.object, item.id)
            for item in registration.waiting(session, plan, node)
            if item.object == crm.ORDERS
        ]
        changed = [
            (str(row["ИдентификаторСайта"]).removeprefix("crm-"), crm.deal_fields(context, row))
            for row in rows
            if row is not None and str(row["ИдентификаторСайта"]).startswith("crm-")
        ]
    if changed and context.table.get("sends_stages", True):
        commands = {
            f"d{ident}": f"crm.deal.update?{urlencode({'id': ident, **{f'fields[{k}]': v for k, v in fields.items()}})}"
            for ident, fields in changed[:_BATCH]
        }
        rest.batch(commands)
    return len(changed)


def take_event(infobase: Infobase, plan: str, node: str, form: Mapping[str, str], user: str = "") -> Outcome:
    """A webhook: the CRM says that a deal has changed; the base fetches and loads it.

    Raises:
        ExchangeError: another event, or the deal cannot be fetched or loaded.
    """
    if form.get("event", "").upper() not in ("ONCRMDEALADD", "ONCRMDEALUPDATE"):
        raise ExchangeError("event", f"Событие «{form.get('event', '')}» не обрабатывается")
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        rest = _Rest(wire_of(context), context.table)
    ident = form.get("data[FIELDS][ID]", "")
    deal = dict(rest.call("crm.deal.get", {"id": ident}).get("result", {}))
    deal["PRODUCT_ROWS"] = rest.call("crm.deal.productrows.get", {"id": ident}).get("result", [])
    outcome = Outcome()
    with infobase.transaction(user) as session:
        crm.load_deal(open_context(infobase, session, plan, node), deal, outcome)
    return outcome
