"""Rights: the matrix a base declares, and what a user really can do by requests of his own.

The matrix can be right while the requests are refused (restrictions by records, a module's own check) and the other way
round, so both are observed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harness.checks.totals import first_row
from harness.errors import AccessError, AnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.onec.odata import ODataClient
    from harness.onec.services import ReadinessService

KEY = ("Роль", "Объект")
"""Key of the matrix."""
TYPES = dict.fromkeys(KEY, "text") | dict.fromkeys(
    ("Чтение", "Добавление", "Изменение", "Удаление", "Проведение"), "boolean"
)
"""Columns of the matrix, also of an empty one."""
ALLOWED, REFUSED = "разрешено", "запрещено"
_DENIED = "20"
"""Code of "Нарушение прав доступа" (facts/odata.md 7)."""


def rights_rows(service: ReadinessService, role: str = "") -> list[dict[str, Any]]:
    """The matrix role × object (key: KEY); objects a role cannot touch at all are left out."""
    rows = [
        {
            "Роль": item.role,
            "Объект": item.object,
            "Чтение": item.read,
            "Добавление": item.insert,
            "Изменение": item.update,
            "Удаление": item.delete,
            "Проведение": item.post,
        }
        for item in service.rights(role)
    ]
    return [row for row in rows if any(value is True for value in row.values())]


def read_rights(client: ODataClient, sets: Iterable[str]) -> list[dict[str, str]]:
    """Asks every set for one row as this user: rows (key: Набор) with "разрешено", "запрещено" or the error.

    A set that is not published any more is "нет в публикации": a matter of the contract, not of rights.
    """
    return [{"Набор": name, "Чтение": attempt(partial(first_row, client, name))} for name in sets]


def attempt(call: Callable[[], object]) -> str:
    """What a request came to: "разрешено", "запрещено", or the error in words."""
    try:
        call()
    except AccessError:
        return REFUSED
    except AnswerError as error:
        if error.code == _DENIED or error.status in (401, 403):
            return REFUSED
        if error.code == "8":
            return "нет в публикации"
        return f"ошибка {error.code or error.status}: {error.message[:200]}"
    return ALLOWED


def insert_right(client: ODataClient, entity_set: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """Tries to create an object as this user.

    Returns:
        What the request came to, and the reference of the object that was made ("" when none): the caller deletes it as a
        user who may.
    """
    made: dict[str, Any] = {}

    def create() -> None:
        made.update(client.create(entity_set, body))

    return attempt(create), str(made.get("Ref_Key") or "")
