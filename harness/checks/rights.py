"""Rights: the matrix a base declares, and what a user really can do by requests of his own.

The matrix can be right while the requests are refused (restrictions by records, a module's own check) and the other way
round, so both are observed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from harness.checks.probing import first_rows
from harness.errors import AccessError, AnswerError
from harness.onec.parallel import Crew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from harness.onec.edmx import EntityType, Metadata
    from harness.onec.odata import ODataClient
    from harness.onec.services import ReadinessService

KEY = ("Роль", "Объект")
"""Key of the matrix."""
USER_KEY = ("Пользователь", "Набор")
"""Key of tables of what test users may do."""
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


def read_rights(client: ODataClient, sets: Iterable[str], *, sessions: int = 1) -> list[dict[str, str]]:
    """Asks every set for one row as this user: rows (key: Набор) with "разрешено", "запрещено" or the error.

    A set that is not published any more is "нет в публикации": a matter of the contract, not of rights.
    """
    names = list(sets)
    answers = Crew(sessions).each(lambda name: attempt(partial(first_rows, client, name)), names)
    return [{"Набор": name, "Чтение": answer} for name, answer in zip(names, answers, strict=True)]


def objects_of(metadata: Metadata) -> tuple[str, ...]:
    """Sets that are objects of their own, in order of names: rights on tabular sections and records are those of their owners."""
    return tuple(
        name for name in metadata.entity_sets if not name.endswith("_RecordType") and _is_object(metadata, name)
    )


def _is_object(metadata: Metadata, name: str) -> bool:
    entity = metadata.type_of(name)
    return entity is not None and set(entity.key) != {"Ref_Key", "LineNumber"}


def any_objects(main: ODataClient, sets: Iterable[str], *, sessions: int = 1) -> dict[str, str]:
    """A reference to one object of each set that has marks of deletion, catalogs, documents and the like; sets without objects are left out.

    Args:
        main: of a user who sees everything.
        sets: see `objects_of`.
        sessions: requests at the same time.
    """
    metadata = main.metadata()
    marked = [name for name in sets if _can_be_marked(metadata.type_of(name))]

    def one(name: str) -> str:
        found = main.rows(name, select=("Ref_Key",), filter="DeletionMark eq false", top=1)
        return next((str(row["Ref_Key"]) for row in found), "")

    refs = zip(marked, Crew(sessions).each(one, marked), strict=True)
    return {name: ref for name, ref in refs if ref}


def _can_be_marked(entity: EntityType | None) -> bool:
    return entity is not None and entity.key == ("Ref_Key",) and entity.property("DeletionMark") is not None


def write_rights(client: ODataClient, objects: Mapping[str, str]) -> list[dict[str, str]]:
    """Sends, as this user, every object a change that changes nothing: its mark of deletion as it is.

    The base checks the right before anything else, and an object written again is what it was.

    Args:
        client: of the user.
        objects: set to reference, see `any_objects`.

    Returns:
        Rows (key: Набор) with "разрешено", "запрещено" or the error.
    """
    same = {"DeletionMark": False}
    return [
        {"Набор": name, "Запись": attempt(partial(client.change, name, ref, same))} for name, ref in objects.items()
    ]


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
