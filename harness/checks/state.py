"""State of a base as a whole: what it holds by month, whether its update is finished."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from harness.checks.reposting import document_sets
from harness.onec.values import datetime_literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from harness.onec.odata import ODataClient
    from harness.onec.services import BaseInfo, Session

KEY = ("Вид", "Месяц")
"""Key of the table of documents by month."""
_COUNTS = ("Документов", "Проведено", "ПомеченоНаУдаление")
TYPES = dict.fromkeys(KEY, "text") | dict.fromkeys(_COUNTS, "number")
"""Columns of that table, also of an empty one."""


def documents_by_month(client: ODataClient, start: date, end: date) -> list[dict[str, Any]]:
    """Documents of a period (key: KEY): all, posted, marked for deletion."""
    chosen = f"Date ge {datetime_literal(start)} and Date lt {datetime_literal(end + timedelta(days=1))}"
    rows: list[dict[str, Any]] = []
    for kind in document_sets(client):
        counts: dict[str, Counter[str]] = {}
        for row in client.rows(kind, select=("Ref_Key", "Date", "Posted", "DeletionMark"), filter=chosen):
            month = counts.setdefault(f"{row['Date']:%Y-%m}", Counter())
            month["all"] += 1
            month["posted"] += bool(row["Posted"])
            month["marked"] += bool(row["DeletionMark"])
        rows += [
            {
                "Вид": kind,
                "Месяц": month,
                "Документов": seen["all"],
                "Проведено": seen["posted"],
                "ПомеченоНаУдаление": seen["marked"],
            }
            for month, seen in sorted(counts.items())
        ]
    return rows


def extension_entries(info: BaseInfo) -> dict[str, str]:
    """Extensions as a contract: name to whether it was applied. The version is left out: a new one breaks nobody."""
    return {item.name: "применено" if item.applied else f"не применено: {item.reason}" for item in info.extensions}


SESSION_KEY = "Приложение"
"""Key of the table of sessions."""
SESSION_TYPES = {"Приложение": "text", "Сеансов": "number"}
"""Columns of that table, also of an empty one."""
_OURS = frozenset({"ODataConnection", "HTTPServiceConnection"})


def strange_sessions(sessions: Iterable[Session]) -> list[dict[str, Any]]:
    """Sessions nobody expects on a stand (key: SESSION_KEY): users, designers, background jobs; those of the checks are left out."""
    counts = Counter(item.application for item in sessions if item.application not in _OURS)
    return [{"Приложение": name, "Сеансов": count} for name, count in sorted(counts.items())]


def update_problems(info: BaseInfo) -> list[str]:
    """Why the update is not finished, as sentences."""
    found = [
        f"Обработчик {item.name} завершился ошибкой: {item.error}"
        for item in info.update.handlers
        if item.state == "failed"
    ]
    found += [f"Обработчик {item.name} не выполнен" for item in info.update.handlers if item.state == "waiting"]
    if info.update.deferred_left:
        found.append(f"Осталось отложенных обработчиков: {info.update.deferred_left}")
    found += [
        f"Расширение {item.name} не применено: {item.reason or 'причина не указана'}"
        for item in info.extensions
        if not item.applied
    ]
    return found
