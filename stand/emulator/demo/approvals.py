"""Approvals of the generated company: business processes over its first orders, some finished, some waiting, with their tasks."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stand.emulator.database.bulk import Bulk, stable_ref
from stand.emulator.demo.world import PERIOD_START

if TYPE_CHECKING:
    from stand.emulator.database.infobase import Session
    from stand.emulator.demo.world import World
    from stand.emulator.rows import Row

__all__ = ["write_approvals"]

_PROCESS, _TASK = "BusinessProcess_СогласованиеЗаказа", "Task_ЗадачаИсполнителя"
_COUNT = 6
_POINTS = (("Согласовать", "Согласовать заказ покупателя"), ("Ознакомиться", "Ознакомиться с решением по заказу"))
_STEP = timedelta(hours=3)


def write_approvals(session: Session, world: World) -> None:
    """Every other process is completed, the others wait at their first task."""
    bulk = Bulk(session)
    orders = list(session.select("Document_ЗаказПокупателя", order=("Date", "Number"), limit=_COUNT, sections=False))
    tasks = 0
    for number, order in enumerate(orders, 1):
        done = number % 2 == 1
        author = world.managers[number % len(world.managers)]
        date: datetime = order["Date"] + _STEP
        process: Row = {
            "Ref": stable_ref(_PROCESS, str(number)),
            "Number": str(number).zfill(9),
            "Date": date,
            "Started": True,
            "Completed": done,
            "Заказ": order["Ref"],
            "Автор": author,
            "Согласовано": done,
        }
        bulk.add(_PROCESS, process)
        for at, (point, title) in enumerate(_POINTS if done else _POINTS[:1], 1):
            tasks += 1
            task: Row = {
                "Ref": stable_ref(_TASK, str(tasks)),
                "Number": str(tasks).zfill(9),
                "Description": title,
                "Date": date + _STEP * (at - 1),
                "BusinessProcess": process["Ref"],
                "RoutePoint": point,
                "Executed": done,
                "Исполнитель": author,
                "Предмет": order["Ref"],
                "СрокИсполнения": date + timedelta(days=2),
            }
            bulk.add(_TASK, task)
    bulk.flush()
    for name, last in ((_PROCESS, len(orders)), (_TASK, tasks)):
        session.remember_number(name, "Number", str(PERIOD_START.year), last)
