"""What exactly is done to a value, a row, a report, a job: small pure functions the mutations are made of."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec

from harness.onec.values import encode_json
from harness.prove.altering import Exchange, is_number
from harness.prove.altering import refused as _refusal

if TYPE_CHECKING:
    from collections.abc import Callable

_WORD = "ВнесённаяОшибка"
_KOPECK = Decimal("0.01")


def plus(by: Decimal) -> Callable[[Any], Any]:
    """Adds to a number that is not zero."""
    return lambda value: value + by if is_number(value) and value else value


def negative(value: Any) -> Any:
    """The other sign."""
    return -value if is_number(value) else value


def zero(value: Any) -> Any:
    """Nothing left of a number."""
    return 0 if is_number(value) else value


def shorter(value: Any) -> Any:
    """A text without its last third."""
    return value[: max(1, len(value) * 2 // 3)] if isinstance(value, str) and len(value) > 3 else value


def crossed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Numbers of neighbouring rows change places: counts and sums stay as they were."""
    for first, second in zip(rows[::2], rows[1::2], strict=False):
        for name in first:
            if is_number(first[name]) and is_number(second.get(name)) and not name.endswith("Number"):
                first[name], second[name] = second[name], first[name]
    return rows


def padded(value: Any) -> Any:
    """The same number with zeros at its end."""
    return (
        Decimal(f"{Decimal(value):f}" + ("0" if "." in f"{Decimal(value):f}" else ".0")) if is_number(value) else value
    )


def broken(exchange: Exchange) -> Exchange:
    """1C ran out of memory."""
    return _refusal(exchange, 500, "Недостаточно свободной памяти сервера 1С:Предприятия")


def forbidden(exchange: Exchange) -> Exchange:
    """1C refuses."""
    return _refusal(exchange, 403, "Нарушение прав доступа", "20")


def spaced(exchange: Exchange) -> Exchange | None:
    """The same JSON, written for people."""
    if exchange.json() is None:
        return None
    return replace(exchange, body=msgspec.json.format(exchange.body, indent=2))


def reordered(exchange: Exchange) -> Exchange | None:
    """The same JSON with the fields of objects the other way round."""
    value = exchange.json()
    return None if value is None else replace(exchange, body=encode_json(_reversed(value)))


def _reversed(value: Any) -> Any:
    if isinstance(value, list):
        return [_reversed(item) for item in value]
    return {key: _reversed(value[key]) for key in reversed(value)} if isinstance(value, dict) else value


def totals_plus(report: Any) -> Any:
    """Totals no longer the sums of the rows."""
    totals = {name: value + _KOPECK if is_number(value) else value for name, value in report["totals"].items()}
    return {**report, "totals": totals}


def row_lost(report: Any) -> Any:
    """Without the last row."""
    return {**report, "rows": report["rows"][:-1]}


def column_lost(report: Any) -> Any:
    """Without the last column that is no part of the key."""
    names = [item["name"] for item in report["columns"] if item["name"] not in report["key"]]
    if not names:
        return report
    lost = names[-1]
    return {
        **report,
        "columns": [item for item in report["columns"] if item["name"] != lost],
        "rows": [{name: value for name, value in row.items() if name != lost} for row in report["rows"]],
        "totals": {name: value for name, value in report["totals"].items() if name != lost},
    }


def retitled(report: Any) -> Any:
    """Columns with other titles."""
    return {**report, "columns": [{**item, "title": f"{item.get('title', '')} *"} for item in report["columns"]]}


def without(name: str) -> Callable[[Any], Any]:
    """A list without the item of a name."""
    return lambda items: [item for item in items if item["name"] != name]


def switched_off(name: str) -> Callable[[Any], Any]:
    """A list of jobs with one of them off."""
    return lambda jobs: [{**item, "enabled": False} if item["name"] == name else item for item in jobs]


def renamed(jobs: Any) -> Any:
    """Jobs with other titles."""
    return [{**item, "title": f"{item.get('title', '')} *"} for item in jobs]


def job_added(jobs: Any) -> Any:
    """One job more, switched off."""
    return [
        *jobs,
        {"name": "НовоеЗадание", "title": "Новое задание", "enabled": False, "schedule": "", "state": "idle"},
    ]


def role_added(rights: Any) -> Any:
    """One role more, that may read what the first one may."""
    if not rights:
        return rights
    return [*rights, {**rights[0], "role": "НоваяРоль", "read": True}]


def opened(rights: Any) -> Any:
    """The first role that may not read something may."""
    done = False
    found = []
    for item in rights:
        if not done and not item.get("read"):
            done = True
            item = {**item, "read": True, "insert": True}  # noqa: PLW2901  # a copy, the original stays
        found.append(item)
    return found


def refused(info: Any) -> Any:
    """An extension that was not applied."""
    extension = {
        "name": _WORD,
        "version": "1",
        "applied": False,
        "reason": "Значение контролируемого свойства не совпадает",
    }
    return {**info, "extensions": [*info.get("extensions", []), extension]}


def failed(info: Any) -> Any:
    """An update handler that failed."""
    update = info.get("update") or {}
    handler = {"name": _WORD, "version": "1", "state": "failed", "error": "Обработчик прерван"}
    return {**info, "update": {**update, "handlers": [*update.get("handlers", []), handler]}}


def logged(events: Any) -> Any:
    """Errors in the event log."""
    error = {"time": "2026-01-01T00:00:00", "level": "error", "event": _WORD, "metadata": "", "comment": _WORD}
    return [*events, error]


def reset(nodes: Any) -> Any:
    """Message numbers from the beginning."""
    return [{**item, "sent_no": 0, "received_no": 0} for item in nodes]
