"""Actions of business processes and tasks: Start and ExecuteTask (facts/odata.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.onec.names import Kind
from stand.emulator.odata.errors import no_entity, no_method, unsupported_option
from stand.emulator.odata.urls import text_argument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.session import Session
    from stand.emulator.odata.shapes import Shape

ACTIONS = {"Start": (Kind.BUSINESS_PROCESS, "RoutePoint"), "ExecuteTask": (Kind.TASK, "")}
"""Action to the kind of object it is bound to and its parameter."""


def act_on_process(
    session: Session, shape: Shape, key: Mapping[str, Any], action: str, parameters: Mapping[str, str]
) -> None:
    """Starts a process or executes a task.

    Raises:
        ODataError: 400 code 6: no such action here; 501 code 0: no such parameter; 404 code 9: no such object.
        BusinessError: started or executed already.
    """
    kind, known = ACTIONS[action]
    if shape.meta.kind is not kind:
        raise no_method()
    for name in parameters:
        if name != known:
            raise unsupported_option(name)
    row = session.get(shape.object_name, key["Ref"])
    if row is None:
        raise no_entity(shape.name)
    if action == "Start":
        session.start_process(shape.object_name, row, text_argument(parameters.get("RoutePoint", "")))
    else:
        session.execute_task(shape.object_name, row)
