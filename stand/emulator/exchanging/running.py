"""Runs an exchange the way the base's scheduled job does: the base goes to its correspondent itself.

What came is written before the correspondent is told that it may forget it, and numbers move only after the whole of a step came through.
A failure is an error of the event log, as a failed job is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.onec.exchange_folder import folder_of
from stand.emulator.exchanging import registration, shop, shop_catalogue
from stand.emulator.exchanging.bank_client import probe_bank, run_bank
from stand.emulator.exchanging.common import ExchangeError, Outcome, described
from stand.emulator.exchanging.crm_client import run_crm
from stand.emulator.exchanging.folder_client import run_by_folder
from stand.emulator.exchanging.opening import count_sent, open_context
from stand.emulator.exchanging.outward import address_of, wire_of
from stand.emulator.exchanging.peer_client import run_universal
from stand.emulator.exchanging.shop_client import ShopDialogue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeAlias

    from stand.emulator.database.infobase import Infobase

    _Runner: TypeAlias = Callable[[Infobase, str, str, str, "RunResult"], None]

__all__ = ["RunResult", "probe_exchange", "run_exchange"]


@dataclass(slots=True)
class RunResult:
    """What a run came to.

    Attributes:
        steps: what the base asked of its correspondent, in order, for people.
        sent: objects that went out.
        received: what came in.
    """

    steps: list[str] = field(default_factory=list)
    sent: int = 0
    received: Outcome = field(default_factory=Outcome)


def run_exchange(infobase: Infobase, plan: str, node: str, user: str = "") -> RunResult:
    """Runs an exchange once.

    Raises:
        ExchangeError: it did not come through; the reason is for people and stands in the event log.
    """
    return _performed(infobase, plan, node, user, _runner)


def probe_exchange(infobase: Infobase, plan: str, node: str, user: str = "") -> RunResult:
    """Tests the connection as the settings window does: the correspondent is asked, nothing of the base goes out or comes in.

    Raises:
        ExchangeError: no connection, or an exchange that has no such test; the reason is for people and stands in the event log.
    """
    return _performed(infobase, plan, node, user, _tester)


def _performed(
    infobase: Infobase, plan: str, node: str, user: str, choose: Callable[[Infobase, str], _Runner]
) -> RunResult:
    result = RunResult()
    try:
        choose(infobase, plan)(infobase, plan, node, user, result)
    except ExchangeError as error:
        with infobase.transaction(user) as session:
            session.log_event("error", f"Обмен данными.{plan}", f"ExchangePlan_{plan}", f"Узел {node}: {error.text}")
        raise
    return result


def _described(infobase: Infobase, plan: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] | None = described(infobase.configuration.behaviour).get(plan)
    if table is None:
        raise ExchangeError("plan", f"Плана обмена «{plan}» нет")
    return table


def _tester(infobase: Infobase, plan: str) -> _Runner:
    table = _described(infobase, plan)
    if str(table["kind"]) != "bank":
        raise ExchangeError("test", f"Обмен «{table['title']}» не проверяет связь отдельно от обмена")
    return probe_bank


def _runner(infobase: Infobase, plan: str) -> _Runner:
    table = _described(infobase, plan)
    runner = _RUNNERS.get(str(table["kind"]))
    if runner is None:
        raise ExchangeError("outward", f"Обмен «{table['title']}» идёт файлами: база никуда не обращается сама")
    return runner


def _run_shop(infobase: Infobase, plan: str, node: str, user: str, result: RunResult) -> None:
    """Goods and offers out, orders in, states of orders out."""
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        wire = wire_of(context)
    result.steps = wire.steps
    dialogue = ShopDialogue(wire, context.table)
    dialogue.authorise("catalog")
    with infobase.reading(user) as session:
        files = shop_catalogue.catalogue_files(open_context(infobase, session, plan, node))
        waiting = registration.waiting(session, plan, node)
    for name, content in files.items():
        dialogue.authorise("catalog")
        dialogue.begin("catalog")
        dialogue.send("catalog", name, content)
    dialogue.complete("catalog")
    result.sent = len(waiting)
    _run_orders(infobase, dialogue, result, (plan, node, user))

    with infobase.transaction(user) as session:
        count_sent(open_context(infobase, session, plan, node))


def _run_orders(infobase: Infobase, dialogue: ShopDialogue, result: RunResult, place: tuple[str, str, str]) -> None:
    plan, node, user = place
    dialogue.authorise("sale")
    dialogue.begin("sale")
    content = dialogue.orders()
    if content.strip():
        with infobase.transaction(user) as session:
            result.received = shop.import_orders(open_context(infobase, session, plan, node), content)
    dialogue.confirm()
    with infobase.reading(user) as session:
        context = open_context(infobase, session, plan, node)
        orders = [item for item in registration.waiting(session, plan, node) if item.object == shop.ORDERS]
        states = shop_catalogue.statuses_file(context, orders) if orders else b""
    if states:
        dialogue.send("sale", "orders0_1.xml", states)


def _run_universal(infobase: Infobase, plan: str, node: str, user: str, result: RunResult) -> None:
    """Through a folder or over the network: the address in the exchange's settings says which."""
    with infobase.reading(user) as session:
        address = address_of(session, plan, node, described(infobase.configuration.behaviour)[plan])
    if folder_of(address) is None:
        run_universal(infobase, plan, node, user, result)
    else:
        run_by_folder(infobase, plan, node, user, result)


_RUNNERS: dict[str, _Runner] = {
    "shop": _run_shop,
    "bank": run_bank,
    "crm": run_crm,
    "universal": _run_universal,
}
