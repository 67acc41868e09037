"""A base that finds itself at another place cuts itself off, as the library of standard subsystems (БСП) does with a copy.

БСП remembers the connection string of the infobase; when it is another one, work with external resources and scheduled jobs are blocked until an
administrator says what this base is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stand.emulator.behaviour.attached import JOBS_BLOCKED, OUTWARD_BLOCKED

if TYPE_CHECKING:
    from stand.emulator.database.infobase import Infobase

LOCATION = "isolation.location"
"""Setting of the base: the place it was told to be at home in; "" for a base nobody has asked yet."""
_EVENT = "Блокировка работы с внешними ресурсами"
_TEXT = "Информационная база была перемещена или восстановлена из копии: регламентные задания и внешние ресурсы заблокированы"


def isolate_moved(infobase: Infobase) -> bool:
    """Blocks jobs and outward connections of a base that was moved or restored elsewhere; whether it was.

    A base that is cut off already stays as it is, word for word: its copies have the same content.
    """
    if infobase.get_setting(JOBS_BLOCKED) == "1" and infobase.get_setting(OUTWARD_BLOCKED) == "1":
        return False
    place = infobase.place
    known, here = infobase.get_setting(LOCATION), str(place.absolute()) if isinstance(place, Path) else infobase.title
    if known in ("", here):
        if not known:
            infobase.set_setting(LOCATION, here)
        return False
    with infobase.transaction() as session:
        for name in (JOBS_BLOCKED, OUTWARD_BLOCKED):
            infobase.set_setting(name, "1")
        infobase.set_setting(LOCATION, here)
        session.log_event("warning", _EVENT, "", _TEXT)
    return True
