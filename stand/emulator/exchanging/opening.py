"""An exchange of a base, opened for work and settled after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.exchanging import registration
from stand.emulator.exchanging.common import Context, ExchangeError, described, node_row, succeeded

if TYPE_CHECKING:
    from stand.emulator.database.infobase import Infobase, Session

__all__ = ["count_sent", "open_context"]


def open_context(infobase: Infobase, session: Session, plan: str, node: str) -> Context:
    """The exchange of a plan with a node within a transaction.

    Raises:
        ExchangeError: no such plan.
    """
    table = described(infobase.configuration.behaviour).get(plan)
    if table is None:
        raise ExchangeError("plan", f"Плана обмена «{plan}» нет")
    return Context(session, Lookup(session, infobase.configuration), plan, node, table)


def count_sent(context: Context) -> None:
    """Settles an exchange that knows no acknowledgment by number: what went out whole waits no more."""
    node = node_row(context)
    cells = {"Ref": node["Ref"], "SentNo": int(node["SentNo"]) + 1}
    context.session.put(f"ExchangePlan_{context.plan}", cells, load=True)
    for reference in registration.waiting(context.session, context.plan, context.node):
        registration.withdraw(context.session, context.plan, context.node, reference)
    succeeded(context.session, context.plan, context.node)
