"""Registration of changes for nodes of exchange plans: which objects wait to be sent to whom, and in which message they went.

The platform keeps it in tables of its own; here it is an information register that OData does not publish. The rules are those of the platform
and of БСП (facts/exchanges.md 1.3): a change made again after it was sent waits anew, an acknowledgment deletes what went up to its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stand.emulator.exchanging.common import described
from stand.emulator.rows import Ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from stand.emulator.database.infobase import Session
    from stand.emulator.model import MetaObject
    from stand.emulator.rows import Row

__all__ = [
    "REGISTER",
    "acknowledge",
    "mark_sent",
    "nodes_of",
    "register",
    "register_change",
    "register_recent",
    "waiting",
    "withdraw",
]

_RECENT = 8
REGISTER = "InformationRegister_РегистрацияИзменений"


def nodes_of(session: Session, plan: str) -> list[Row]:
    """Nodes of a plan except this base itself."""
    own = described(session.configuration.behaviour).get(plan, {}).get("own")
    return [row for row in session.select(f"ExchangePlan_{plan}") if row["Code"] != own]


def register_change(session: Session, meta: MetaObject, row: Row) -> None:
    """Registers a written object for every node of every plan that sends it."""
    name = str(meta.name)
    for plan, table in described(session.configuration.behaviour).items():
        if f"ExchangePlan_{plan}" not in session.configuration.objects or name not in _sent(table):
            continue
        for node in nodes_of(session, plan):
            register(session, plan, str(node["Code"]), [row["Ref"]])


def _sent(table: Mapping[str, object]) -> set[str]:
    objects = table.get("objects")
    if not isinstance(objects, dict):
        return set()
    lost = table.get("not_registered", ())
    names = {str(item["object"]) for item in objects.values() if item.get("send")}
    return names - set(lost if isinstance(lost, list) else ())


def register(session: Session, plan: str, node: str, references: Iterable[Ref]) -> None:
    """Registers objects for a node; number 0: not sent yet."""
    for reference in references:
        session.write_independent(REGISTER, {**_key(plan, node, reference), "НомерСообщения": 0})


def withdraw(session: Session, plan: str, node: str, reference: Ref) -> None:
    """Takes an object off: what came from a node is not sent back to it."""
    session.delete_independent(REGISTER, _key(plan, node, reference))


def waiting(session: Session, plan: str, node: str) -> list[Ref]:
    """Objects registered for a node, in the order of their kinds."""
    rows = session.select(REGISTER, where={"ПланОбмена": plan, "Узел": node})
    return [Ref(row["ОбъектМетаданных"], row["Идентификатор"]) for row in rows]


def mark_sent(session: Session, plan: str, node: str, message_no: int, references: Iterable[Ref] | None = None) -> None:
    """Writes the number of the message into everything registered that it carries: all of it, or what is named."""
    for reference in waiting(session, plan, node) if references is None else references:
        session.write_independent(REGISTER, {**_key(plan, node, reference), "НомерСообщения": message_no})


def acknowledge(session: Session, plan: str, node: str, received_no: int) -> int:
    """Deletes what was sent in messages up to the number the peer has received; how many."""
    count = 0
    for row in list(session.select(REGISTER, where={"ПланОбмена": plan, "Узел": node})):
        if 0 < row["НомерСообщения"] <= received_no:
            session.delete_independent(REGISTER, _key(plan, node, Ref(row["ОбъектМетаданных"], row["Идентификатор"])))
            count += 1
    return count


def register_recent(session: Session) -> None:
    """Registers the latest objects of each kind for every node, as if exchanges had last run shortly before: for a generated base."""
    for plan, table in described(session.configuration.behaviour).items():
        if f"ExchangePlan_{plan}" not in session.configuration.objects:
            continue
        for name in sorted(_sent(table)):
            order = "-Date" if name.startswith("Document_") else "-Code"
            recent = [
                row["Ref"] for row in session.select(name, order=(order,), limit=_RECENT) if not row.get("IsFolder")
            ]
            for node in nodes_of(session, plan):
                register(session, plan, str(node["Code"]), recent)


def _key(plan: str, node: str, reference: Ref) -> dict[str, str]:
    return {"ПланОбмена": plan, "Узел": node, "ОбъектМетаданных": reference.object, "Идентификатор": reference.id}
