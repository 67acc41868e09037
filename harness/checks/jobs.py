"""Scheduled jobs as rows: what is switched on, how it is scheduled, how it ended last time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.onec.services import ReadinessService


def job_rows(service: ReadinessService) -> list[dict[str, Any]]:
    """One row a job (key: Задание). The moment of the last run is not compared: it depends on the clock only."""
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
