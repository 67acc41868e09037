"""All exchanges of a base behind four calls: what there is, the message that would go, export, import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stand.emulator.database.store import write_setting
from stand.emulator.exchanging import bank, bank_statement, branch, crm, registration, shop, shop_catalogue, universal
from stand.emulator.exchanging.common import (
    SUCCESS_SETTING,
    Context,
    ExchangeError,
    Outcome,
    described,
    node_row,
    succeeded,
)
from stand.emulator.exchanging.opening import count_sent, open_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stand.emulator.database.infobase import Infobase, Session

__all__ = ["Node", "ObjectDirection", "export_message", "import_message", "nodes", "preview_message"]

MEDIA = {
    "bank": "text/plain",
    "shop": "application/xml; charset=utf-8",
    "universal": "application/xml; charset=utf-8",
    "branch": "application/xml; charset=utf-8",
    "crm": "application/json; charset=utf-8",
}
_SENT = "exchange.sent"


@dataclass(frozen=True, slots=True)
class ObjectDirection:
    """An object type of an exchange and the ways it goes."""

    name: str
    send: bool
    receive: bool


@dataclass(frozen=True, slots=True)
class Node:
    """State of a node, as the readiness service tells it."""

    plan: str
    node: str
    title: str
    kind: str
    sent_no: int
    received_no: int
    versions: tuple[str, ...]
    node_version: str
    objects: tuple[ObjectDirection, ...]
    registered: int
    last_success: str
    enabled: bool


def nodes(infobase: Infobase, only: str = "") -> list[Node]:
    """All nodes of all exchanges, or of one plan."""
    found: list[Node] = []
    with infobase.reading() as session:
        for plan, table in described(infobase.configuration.behaviour).items():
            if only not in ("", plan):
                continue
            if table["kind"] == "bank":
                found += _accounts(infobase, session, plan, table)
            else:
                found += [_node(infobase, session, plan, table, row) for row in registration.nodes_of(session, plan)]
    return found


def _accounts(infobase: Infobase, session: Session, plan: str, table: Mapping[str, Any]) -> list[Node]:
    result = []
    for row in session.select("Catalog_БанковскиеСчета"):
        if row["Owner"].object != "Catalog_Организации":
            continue
        number = str(row["НомерСчета"])
        context = open_context(infobase, session, plan, number)
        result.append(
            Node(
                plan=plan,
                node=number,
                title=f"{table['title']}: {row['Description']}",
                kind="bank",
                sent_no=int(infobase.get_setting(f"{_SENT}/{plan}/{number}", "0")),
                received_no=0,
                versions=(str(table["format_version"]),),
                node_version=str(table["format_version"]),
                objects=(ObjectDirection("Платежное поручение", send=True, receive=True),),
                registered=len(bank.orders_waiting(context)),
                last_success=infobase.get_setting(f"{SUCCESS_SETTING}/{plan}/{number}"),
                enabled=True,
            )
        )
    return result


def _node(infobase: Infobase, session: Session, plan: str, table: Mapping[str, Any], row: dict[str, Any]) -> Node:
    code = str(row["Code"])
    # A branch speaks no format of its own: both sides must have the same release.
    own = str(table.get("schema_version", ""))
    return Node(
        plan=plan,
        node=code,
        title=str(row["Description"]),
        kind=str(table["kind"]),
        sent_no=int(row["SentNo"]),
        received_no=int(row["ReceivedNo"]),
        versions=tuple(table.get("versions", [own] if own else [])),
        node_version=str(row.get("ВерсияФорматаОбмена", own)),
        objects=tuple(
            ObjectDirection(name, bool(item.get("send")), bool(item.get("receive")))
            for name, item in table.get("objects", {}).items()
            if item.get("send") or item.get("receive")
        ),
        registered=len(registration.waiting(session, plan, code)),
        last_success=infobase.get_setting(f"{SUCCESS_SETTING}/{plan}/{code}"),
        enabled=not row["DeletionMark"],
    )


def preview_message(infobase: Infobase, plan: str, node: str) -> tuple[bytes, str]:
    """The message that would be exported now, and its media type; nothing moves.

    Raises:
        ExchangeError: no such node, or it cannot be exported to.
    """
    with infobase.reading() as session:
        context = open_context(infobase, session, plan, node)
        return _made(context, preview=True), MEDIA[context.table["kind"]]


def export_message(infobase: Infobase, plan: str, node: str, user: str = "") -> tuple[bytes, str]:
    """Exports a message: the number of the sent message moves when the whole of it is ready.

    Raises:
        ExchangeError: no such node, or it cannot be exported to.
    """
    try:
        with infobase.transaction(user) as session:
            context = open_context(infobase, session, plan, node)
            return _made(context, preview=False), MEDIA[context.table["kind"]]
    except ExchangeError as error:
        _log_refusal(infobase, plan, node, error, user)
        raise


def _made(context: Context, *, preview: bool) -> bytes:
    match context.table["kind"]:
        case "bank":
            content = bank.export_orders(context)
            if not preview:
                _count_file(context)
            return content
        case "shop":
            content = shop_catalogue.export_offers(context)
            if not preview:
                count_sent(context)
            return content
        case "crm":
            content = crm.export_contacts(context)
            if not preview:
                count_sent(context)
            return content
        case "universal":
            return universal.export_message(context, preview=preview)
        case _:
            return branch.export_message(context, preview=preview)


def _count_file(context: Context) -> None:
    """Files to the bank are counted, though the format has no number for them."""
    name = f"{_SENT}/{context.plan}/{context.node}"
    connection = context.session.connection
    known = connection.execute("SELECT value FROM _settings WHERE name = ?", (name,)).fetchone()
    write_setting(connection, name, str(int(known[0] if known else 0) + 1))
    succeeded(context.session, context.plan, context.node)


_IMPORTERS = {
    "bank": bank_statement.import_statement,
    "shop": shop.import_orders,
    "universal": universal.import_message,
    "branch": branch.import_message,
    "crm": crm.import_deals,
}


def import_message(
    infobase: Infobase, plan: str, node: str, message: bytes, *, dry_run: bool = False, user: str = ""
) -> Outcome:
    """Loads a message whole or not at all.

    Args:
        infobase: loads.
        plan: name of the exchange.
        node: code of the node; of the bank, the number of the account.
        message: bytes as they came.
        user: who loads it, for the event log.
        dry_run: says what would come of it and leaves the base as it was.

    Raises:
        ExchangeError: the message is refused; the refusal stands in the event log.
    """
    session_of = infobase.rehearsal if dry_run else infobase.transaction
    outcome = Outcome()
    try:
        with session_of(user) as session:
            context = open_context(infobase, session, plan, node)
            outcome = _IMPORTERS[context.table["kind"]](context, message)
            if context.table["kind"] in ("bank", "shop", "crm"):
                succeeded(session, plan, node)
    except ExchangeError as error:
        if not dry_run:
            _log_refusal(infobase, plan, node, error, user)
            _acknowledge_anyway(infobase, plan, node)
        raise
    return outcome


def _acknowledge_anyway(infobase: Infobase, plan: str, node: str) -> None:
    """A base that acknowledges what it could not load loses it for good: `acknowledges_failed` of the configuration."""
    table = described(infobase.configuration.behaviour).get(plan, {})
    if not table.get("acknowledges_failed"):
        return
    with infobase.transaction() as session:
        row = node_row(open_context(infobase, session, plan, node))
        cells = {"Ref": row["Ref"], "ReceivedNo": int(row["ReceivedNo"]) + 1}
        session.put(f"ExchangePlan_{plan}", cells, load=True)


def _log_refusal(infobase: Infobase, plan: str, node: str, error: ExchangeError, user: str) -> None:
    """A refusal is a warning of the log: telling a bad message is what the base is for."""
    with infobase.transaction(user) as session:
        session.log_event("warning", f"Обмен данными.{plan}", f"ExchangePlan_{plan}", f"Узел {node}: {error.text}")
