"""The universal format for scenarios: the correspondent's messages, and the documents two bases must have alike."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from harness.checks.flows import choose_contract, choose_stock
from harness.exchange import enterprise_data
from harness.exchange import enterprise_data_write as writing
from harness.exchange.markup import children, local
from harness.exchange.peers.base import CorrespondentBase

if TYPE_CHECKING:
    from collections.abc import Collection

    from lxml.etree import _Element

    from harness.checks.one_exchange import Exchange
    from harness.onec.odata import ODataClient
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

COLUMNS = ("Дата", "Сумма", "Контрагент", "Строк", "СуммаСтрок")
"""What must be equal of a document in two bases (rows of `documents`, key «Номер»)."""
_LABEL = "Проверка обмена"


def agreed_version(exchange: Exchange, pack: Pack) -> str:
    """The version of the format the base and its correspondent agree on.

    Raises:
        AssertionError: there is none: the exchange would stop.
    """
    ours, theirs = exchange.state.versions, pack["universal.partner_versions"]
    version = enterprise_data.common_version(ours, theirs)
    assert version, exchange.says(
        f"нет общей версии формата: база поддерживает {', '.join(ours)}, корреспондент «{exchange.state.title}» {', '.join(theirs)}"
    )
    return version


def own_code(exchange: Exchange) -> str:
    """Code of the base under test in the exchange plan, as it signs its messages."""
    confirmation = enterprise_data.read(exchange.sample).confirmation
    return confirmation.sender if confirmation else ""


def correspondent(exchange: Exchange, pack: Pack) -> CorrespondentBase:
    """A correspondent that goes on with the numbers the base knows: its first message would be "received before" otherwise."""
    state = exchange.state
    return CorrespondentBase(
        own=state.node,
        peer=own_code(exchange),
        version=agreed_version(exchange, pack),
        sent=state.received_no,
        received=state.sent_no,
    )


# -- messages a correspondent would write ------------------------------------------------------------------------------------------


def message_from(
    exchange: Exchange, pack: Pack, objects: list[_Element], *, version: str = "", ahead: int = 1, **changes: Any
) -> enterprise_data.Message:
    """The correspondent's next message.

    Args:
        exchange: addressed as the base addresses it, numbered after the node as it was when the scenario began.
        pack: knows which versions the correspondent speaks.
        objects: of the body.
        version: another one than they agree on.
        ahead: how much its number is greater than the last received one.
        **changes: what to spoil in the confirmation.
    """
    state = exchange.state
    # ReceivedNo is never greater than what the node has sent: that would mean a restored copy.
    ours = writing.acknowledged(enterprise_data.read(exchange.sample), state.sent_no)
    agreed = version or agreed_version(exchange, pack)
    made = writing.reply(ours, message_no=state.received_no + ahead, objects=objects, version=agreed)
    assert made.confirmation is not None
    return replace(made, confirmation=replace(made.confirmation, **changes))


def partner(ref: str, name: str, tax: str, **more: str) -> _Element:
    """A counterparty; an empty property is left out."""
    key = {"Ссылка": ref, "Наименование": name, "ИНН": tax, **more, "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо"}
    return writing.build_object(
        "Справочник.Контрагенты", {"КлючевыеСвойства": {name: value for name, value in key.items() if value}}
    )


def good(ref: str, name: str, kind: str = "Товар") -> _Element:
    """A good as the correspondent sends it: name, article, kind."""
    key = {"Ссылка": ref, "НаименованиеПолное": name, "Артикул": "READY-77", "Наименование": name}
    return writing.build_object("Справочник.Номенклатура", {"КлючевыеСвойства": key, "ТипНоменклатуры": kind})


# -- documents of two bases --------------------------------------------------------------------------------------------------------


def numbers_in(message: bytes) -> set[str]:
    """Numbers of the documents a message carries."""
    keys = [
        key
        for item in enterprise_data.read(message).objects
        for key in children(item)
        if local(key) == "КлючевыеСвойства"
    ]
    return {str(cell.text) for key in keys for cell in children(key) if local(cell) == "Номер" and cell.text}


def documents(
    client: ODataClient, pack: Pack, role: str, numbers: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Live documents, posted and not marked (key «Номер»). Both sides name objects alike: the format is one."""
    # By name: each side has codes of its own.
    names = {
        str(row["Ref_Key"]): str(row["Description"])
        for row in client.rows(pack["partners"], select=("Ref_Key", "Description"))
    }
    lines, amount = pack["field.goods"], pack["field.line_amount"]
    rows = client.rows(pack[role], filter="DeletionMark eq false and Posted eq true")
    return [
        {
            "Номер": str(row["Number"]),
            "Дата": row["Date"],
            "Сумма": row[pack["field.amount"]],
            "Контрагент": names.get(str(row[pack["field.partner"]]), ""),
            "Строк": len(row[lines]),
            "СуммаСтрок": sum((line[amount] for line in row[lines]), Decimal(0)),
        }
        for row in rows
        if numbers is None or str(row["Number"]) in numbers
    ]


def totals(**sides: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """How many documents each side has and for how much (key «Сторона»)."""
    return [
        {
            "Сторона": side,
            "Документов": len(rows),
            "Сумма": sum((row["Сумма"] for row in rows), Decimal(0)),
        }
        for side, rows in sides.items()
    ]


def make_sale(base: Base, pack: Pack, period: Period) -> tuple[str, str]:
    """A posted sale of one good: its reference and number."""
    contract = choose_contract(base.odata, pack, "customer_contract")
    item = choose_stock(base.odata, pack, period.end, count=1)[0]
    line = {
        "LineNumber": 1,
        pack["field.item"]: item.item,
        pack["field.quantity"]: Decimal(1),
        pack["field.price"]: Decimal("120.00"),
    }
    body = {
        "Date": f"{period.end:%Y-%m-%d}T12:00:00",
        pack["field.organization"]: contract.organization,
        pack["field.partner"]: contract.partner,
        pack["field.contract"]: contract.contract,
        pack["field.warehouse"]: item.warehouse,
        pack["field.comment"]: _LABEL,
        pack["field.goods"]: [line],
    }
    row = base.odata.create(pack["sale"], body)
    base.odata.post(pack["sale"], str(row["Ref_Key"]))
    return str(row["Ref_Key"]), str(row["Number"])


def make_purchase(client: ODataClient, pack: Pack, number: str) -> None:
    """A posted purchase in the correspondent's base, with the attributes of the last sale that came to it."""
    sale = max(client.rows(pack["sale"]), key=lambda row: (row["Date"], str(row["Number"])))
    line = sale[pack["field.goods"]][0]
    head = ("organization", "partner", "contract", "warehouse")
    columns = ("item", "quantity", "price", "line_amount", "vat_rate", "vat")
    body = {
        "Date": sale["Date"],
        "Number": number,
        **{pack[f"field.{name}"]: sale[pack[f"field.{name}"]] for name in head},
        pack["field.amount"]: line[pack["field.line_amount"]],
        pack["field.incoming_number"]: "БП-77",
        pack["field.goods"]: [
            {"LineNumber": 1} | {pack[f"field.{name}"]: line[pack[f"field.{name}"]] for name in columns}
        ],
    }
    row = client.create(pack["purchase"], body)
    client.post(pack["purchase"], str(row["Ref_Key"]))


def disagreement(exchange: Exchange, peer: CorrespondentBase) -> str:
    """What the two sides' numbers say of each other: neither may have received more than the other has sent (facts/exchanges.md 1.8)."""
    ours = exchange.now()
    theirs = next(iter(peer.odata.rows(f"ExchangePlan_{exchange.plan}", filter=f"Code eq '{peer.peer}'")))
    sent, received = int(theirs["SentNo"]), int(theirs["ReceivedNo"])
    if ours.received_no <= sent and received <= ours.sent_no:
        return ""
    return f"у нас отправлено {ours.sent_no}, принято {ours.received_no}; у корреспондента отправлено {sent}, принято {received}"
