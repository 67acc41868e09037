"""Scheduled jobs as rows: what is switched on, how it is scheduled, how it ended last time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.onec.services import ReadinessService

KEY = "Задание"
"""Key of the table of jobs."""
TYPES = dict.fromkeys((KEY, "Название", "Расписание", "Состояние", "Ошибка"), "text") | {"Включено": "boolean"}
"""Columns of that table, also of an empty one."""


def job_rows(service: ReadinessService) -> list[dict[str, Any]]:
    """One row a job (key: KEY). The moment of the last run is not compared: it depends on the clock only."""
    return [
        {
            "Задание": job.name,
            "Название": job.title,
            "Включено": job.enabled,
            "Расписание": job.schedule,
            "Состояние": job.state,
            "Ошибка": job.last_error,
        }
        for job in service.jobs()
    ]
