"""The event log: which errors, where, how often."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from harness.onec.services import ReadinessService

KEY = ("Событие", "Объект", "Текст")
"""Key of the table of errors."""
TYPES = dict.fromkeys(KEY, "text") | {"Количество": "number"}
"""Columns of the table of errors, also of an empty one."""
_VOLATILE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d+(?:[.,:/-]\d+)*", re.IGNORECASE)
FEW = 10
"""Up to so many errors of a kind are all the same: the few of every day."""
SURGE = "99%"
"""Tolerance of the number of errors of a known kind: twice as many are a surge."""
SAMPLE = 300
"""Characters of a comment that are kept."""


def error_rows(service: ReadinessService, since: datetime | None) -> list[dict[str, Any]]:
    """Kinds of errors since a moment (key: KEY), and how many there are of each; `FEW` where there are fewer.

    A kind is event, object and text without numbers and identifiers: another error of a known event is another kind.

    Args:
        service: of the stand.
        since: moment of the base's own clock; None is all of the log.
    """
    counts = Counter(
        (entry.event, entry.metadata, _VOLATILE.sub("…", entry.comment)[:SAMPLE])
        for entry in service.log(since)
        if entry.level == "error"
    )
    return [
        {"Событие": event, "Объект": place, "Текст": text, "Количество": max(count, FEW)}
        for (event, place, text), count in sorted(counts.items())
    ]
