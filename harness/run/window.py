"""The rollback deadline: from the window of the production update and the times measured on the stand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.gate import facts as names
from harness.record.models import Fact, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from harness.config.model import Window


_DEADLINE = "Откат нужно начать не позже {deadline}: восстановление заняло на стенде {restore} с, запас {margin} %"
_DEADLINE_SOON = (
    "Откат нужно начать не позже {deadline}: восстановление заняло на стенде меньше секунды, запас {margin} %"
)
_FITS = "Копия, обновление, проверка и откат займут {needed} мин из {given} мин окна"
_FITS_SOON = "Копия, обновление, проверка и откат займут меньше минуты из {given} мин окна"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the production update fits into its window.

    Attributes:
        backup, update, check, restore: seconds, margin included; `check` is the phase after the update.
        deadline: the last moment at which a rollback may begin; the decision to go on or to go back falls before it.
        fits: backup, update, check and, if it must be, the restore end within the window.
    """

    backup: float
    update: float
    check: float
    restore: float
    deadline: datetime
    fits: bool


def plan(window: Window, measured: Mapping[str, float]) -> Plan | None:
    """Computes the plan; None when the window or a measured time is not known.

    Args:
        window: [window] of the settings, times of the base's own zone.
        measured: seconds of "backup", "update", "after", "restore" on the stand.
    """
    if window.start is None or window.end is None or not {"update", "restore"} <= measured.keys():
        return None
    factor = 1 + window.margin
    backup, update, check, restore = (
        measured.get(name, 0.0) * factor for name in ("backup", "update", "after", "restore")
    )
    deadline = window.end - timedelta(seconds=restore)
    fits = window.start + timedelta(seconds=backup + update + check) <= deadline
    return Plan(backup, update, check, restore, deadline, fits)


def facts(window: Window, measured: Mapping[str, float]) -> Iterator[Fact]:
    """The plan as facts for the gates and the document."""
    found = plan(window, measured)
    if found is None:
        return
    text = Text(
        msgid=_DEADLINE_SOON if measured["restore"] < 1 else _DEADLINE,
        params={
            "deadline": f"{found.deadline:%d.%m.%Y %H:%M}",
            "restore": f"{measured['restore']:.0f}",
            "margin": f"{window.margin * 100:.0f}",
        },
    )
    yield Fact(name=names.ROLLBACK_DEADLINE, value=found.deadline.isoformat(), text=text)
    yield Fact(name=names.WINDOW_FITS, value="true" if found.fits else "false", text=_fitting(window, found))


def _fitting(window: Window, found: Plan) -> Text:
    needed = found.backup + found.update + found.check + found.restore
    assert window.start is not None
    assert window.end is not None
    params = {"needed": f"{math.ceil(needed / 60)}", "given": f"{(window.end - window.start).total_seconds() / 60:.0f}"}
    if found.fits:
        return Text(msgid=_FITS_SOON if needed < 60 else _FITS, params=params)
    return Text(
        msgid="Копия, обновление, проверка и откат займут {needed} мин: больше, чем {given} мин окна", params=params
    )
