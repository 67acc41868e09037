"""Routes of business processes that are data (`routes` of the behaviour; the head of configuration/management.toml tells how to read them).

A process that starts comes to its first point: a task is made. A task that is executed moves its process on to the next point, until there is
none left and the process is completed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.errors import ConfigError
from stand.emulator.behaviour.expressions import Expression, compiled
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.rows import BusinessError, Ref

if TYPE_CHECKING:
    from stand.emulator.database.infobase import Session
    from stand.emulator.model import Configuration, MetaObject
    from stand.emulator.rows import Row

__all__ = ["Routes"]


@dataclass(frozen=True, slots=True)
class _Point:
    name: str
    title: str
    when: Expression | None
    cells: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class _Route:
    task: str
    points: tuple[_Point, ...]
    done: tuple[tuple[str, Expression], ...]


class Routes:
    """Routes of all business processes of a configuration."""

    def __init__(self, configuration: Configuration) -> None:
        """Compiles.

        Raises:
            ConfigError: a route names a task or an expression that makes no sense.
        """
        self._configuration = configuration
        described = configuration.behaviour.get("routes")
        tables = described if isinstance(described, Mapping) else {}
        self._routes = {name: self._route(name, table) for name, table in tables.items()}

    def _route(self, name: str, table: Mapping[str, Any]) -> _Route:
        place = f"routes/{name}"
        task = str(table.get("task", ""))
        if name not in self._configuration.objects or task not in self._configuration.objects:
            raise ConfigError(f"Нет бизнес-процесса «{name}» или его задачи «{task}»", place=place)
        points = tuple(
            _Point(
                str(item["name"]),
                str(item.get("title", item["name"])),
                compiled(item["when"], place) if "when" in item else None,
                _cells(item.get("set", {}), place),
            )
            for item in table.get("points", ())
        )
        return _Route(task, points, _cells(table.get("done", {}), place))

    def start(self, session: Session, meta: MetaObject, row: Row, point: str) -> None:
        """Starts a process that is written: its first task, or the one of the point that is named.

        Raises:
            BusinessError: started already, or there is no such point.
        """
        name = str(meta.name)
        if row.get("Started"):
            raise BusinessError("Бизнес-процесс уже стартован!")
        route = self._routes.get(name)
        points = route.points if route is not None else ()
        first = next((at for at, item in enumerate(points) if item.name == point), None) if point else 0
        if first is None:
            raise BusinessError(f"Точка маршрута «{point}» не найдена!")
        row["Started"] = True
        session.put(name, row)
        self._go(session, name, row, points[first:])

    def execute(self, session: Session, meta: MetaObject, row: Row) -> None:
        """Executes a task and moves its process on.

        Raises:
            BusinessError: executed already.
        """
        if row.get("Executed"):
            raise BusinessError("Задача уже выполнена!")
        row["Executed"] = True
        session.put(str(meta.name), row)
        owner = row.get("BusinessProcess")
        if not isinstance(owner, Ref):
            return
        process = session.get(owner.object, owner.id)
        route = self._routes.get(owner.object)
        if process is None or route is None:
            return
        names = [item.name for item in route.points]
        at = names.index(row["RoutePoint"]) + 1 if row.get("RoutePoint") in names else len(names)
        self._go(session, owner.object, process, route.points[at:])

    def _go(self, session: Session, name: str, process: Row, points: tuple[_Point, ...]) -> None:
        """On to the first of the points whose condition holds; completed when there is none."""
        scope = Lookup(session, self._configuration).scope({"doc": process})
        for point in points:
            if point.when is not None and not point.when(scope):
                continue
            route = self._routes[name]
            task: Row = {cell: expression(scope) for cell, expression in point.cells}
            task |= {
                "Description": point.title,
                "Date": datetime.now().replace(microsecond=0),  # noqa: DTZ005 - 1C's clock is the server's local one
                "BusinessProcess": process["Ref"],
                "RoutePoint": point.name,
            }
            session.put(route.task, task)
            return
        process["Completed"] = True
        if name in self._routes:
            process |= {cell: expression(scope) for cell, expression in self._routes[name].done}
        session.put(name, process)


def _cells(table: Mapping[str, Any], place: str) -> tuple[tuple[str, Expression], ...]:
    return tuple((str(cell), compiled(str(text), place)) for cell, text in table.items())
