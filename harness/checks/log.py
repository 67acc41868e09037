"""The event log: which errors, where, how often."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from harness.onec.services import ReadinessService

KEY = ("Событие", "Объект")
"""Key of the table of errors."""
TYPES = dict.fromkeys(KEY, "text") | {"Количество": "number", "Текст": "text"}
"""Columns of the table of errors, also of an empty one."""
SAMPLE = 300
"""Characters of a comment that are kept."""


def error_rows(service: ReadinessService, since: datetime | None) -> list[dict[str, Any]]:
    """Errors since a moment, grouped (key: KEY), with the text of the first one.

    Args:
        service: of the stand.
        since: moment of the base's own clock; None is all of the log.
    """
    counts: Counter[tuple[str, str]] = Counter()
    texts: dict[tuple[str, str], str] = {}
    for entry in service.log(since):
        if entry.level == "error":
            key = (entry.event, entry.metadata)
            counts[key] += 1
            texts.setdefault(key, entry.comment[:SAMPLE])
    return [
        {"Событие": event, "Объект": place, "Количество": count, "Текст": texts[event, place]}
        for (event, place), count in sorted(counts.items())
    ]
