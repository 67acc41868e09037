"""Обмен через универсальный формат с настоящей базой-корреспондентом: другая конфигурация, свой процесс, обмен по HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.exchanges import LogWatch, node_of
from harness.checks.flows import choose_contract, choose_stock
from harness.checks.reconciliation import reconcile
from harness.exchange import enterprise_data
from harness.exchange.peers.base import CorrespondentBase

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.onec.odata import ODataClient
    from harness.onec.services import ExchangeNode
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.counterparts import OutwardStand
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("universal"), pytest.mark.writes]
COLUMNS = ("Дата", "Сумма", "Контрагент", "Строк", "СуммаСтрок")
"""Что должно совпасть у документа в двух базах."""
LABEL = "Проверка обмена"


def _node(base: Base, pack: Pack) -> ExchangeNode:
    return node_of(base.service, pack["universal.plan"], pack.get("universal.node", ""))


def _peer(base: Base, pack: Pack, node: ExchangeNode) -> CorrespondentBase:
    """База-корреспондент, которая продолжает обмен с тех же номеров: иначе её первое сообщение было бы «принято ранее»."""
    ours = enterprise_data.read(base.service.preview_message(node.plan, node.node))
    own = ours.confirmation.sender if ours.confirmation else ""
    version = enterprise_data.common_version(node.versions, pack["universal.partner_versions"])
    assert version, (
        f"Обмен {node.plan}: нет общей версии формата: база поддерживает {', '.join(node.versions)}, "
        f"корреспондент {', '.join(pack['universal.partner_versions'])}"
    )
    return CorrespondentBase(own=node.node, peer=own, version=version, sent=node.received_no, received=node.sent_no)


def _documents(client: ODataClient, pack: Pack, role: str, numbers: set[str] | None = None) -> list[dict[str, Any]]:
    """Живые документы: проведённые и не помеченные, по номеру. Имена объектов у корреспондента те же: формат один."""
    # По наименованию: коды у сторон свои.
    names = {
        str(row["Ref_Key"]): str(row["Description"])
        for row in client.rows(pack["partners"], select=("Ref_Key", "Description"))
    }
    quantity, amount = pack["field.goods"], pack["field.line_amount"]
    rows = client.rows(pack[role], filter="DeletionMark eq false and Posted eq true")
    return [
        {
            "Номер": str(row["Number"]),
            "Дата": row["Date"],
            "Сумма": row[pack["field.amount"]],
            "Контрагент": names.get(str(row[pack["field.partner"]]), ""),
            "Строк": len(row[quantity]),
            "СуммаСтрок": sum((line[amount] for line in row[quantity]), Decimal(0)),
        }
        for row in rows
        if numbers is None or str(row["Number"]) in numbers
    ]


def _sale(base: Base, pack: Pack, period: Period) -> tuple[str, str]:
    """Реализация для обмена: ссылка и номер."""
    contract = choose_contract(base.odata, pack, "customer_contract")
    good = choose_stock(base.odata, pack, period.end, count=1)[0]
    body = {
        "Date": f"{period.end:%Y-%m-%d}T12:00:00",
        pack["field.organization"]: contract.organization,
        pack["field.partner"]: contract.partner,
        pack["field.contract"]: contract.contract,
        pack["field.warehouse"]: good.warehouse,
        pack["field.comment"]: LABEL,
        pack["field.goods"]: [
            {
                "LineNumber": 1,
                pack["field.item"]: good.item,
                pack["field.quantity"]: Decimal(1),
                pack["field.price"]: Decimal("120.00"),
            }
        ],
    }
    row = base.odata.create(pack["sale"], body)
    base.odata.post(pack["sale"], str(row["Ref_Key"]))
    return str(row["Ref_Key"]), str(row["Number"])


@pytest.mark.scenario("UNI-05", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_two_bases_agree(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    outward: OutwardStand,
) -> None:
    """Две базы после обмена сходятся, отмены доходят

    База сама обменивается с корреспондентом по сети. Документы, которые она отправила, у корреспондента есть, суммы и строки те
    же, лишних нет. Поступление корреспондента приходит в базу. Распроведённая реализация исчезает и у корреспондента. Номера
    сообщений сторон согласованы, второй обмен ничего не создаёт.
    """
    node, watch = _node(base, pack), LogWatch(base.service)
    peer = outward.start(_peer(base, pack, node))
    outward.point(node.plan, node.node, address=peer.url, login=peer.user, password=peer.password)
    ref, number = _sale(base, pack, period)
    registered = outward.registered(node.plan, node.node)
    numbers = _numbers(base, node)
    first = outward.run(node.plan, node.node)
    ours, theirs = _documents(base.odata, pack, "sale", numbers), _documents(peer.odata, pack, "sale")
    mismatches = reconcile(ours, theirs, key="Номер", columns=COLUMNS)
    for item in mismatches[:10]:
        outward.findings.add(
            "RECONCILIATION", object=item.document, text="Сверка с корреспондентом: {mismatch}", mismatch=str(item)
        )
    repeated = outward.run(node.plan, node.node)
    purchase = _purchase(peer, pack)
    back = outward.run(node.plan, node.node)
    base.odata.unpost(pack["sale"], ref)
    outward.run(node.plan, node.node)
    left = [row["Номер"] for row in _documents(peer.odata, pack, "sale")]
    outward.run(node.plan, node.node)
    rows = [
        {"Сторона": "база", "Документов": len(ours), "Сумма": _total(ours)},
        {"Сторона": "корреспондент", "Документов": len(theirs), "Сумма": _total(theirs)},
    ]
    observe.table("итоги", rows, key="Сторона", title="Документы и суммы двух сторон")
    observe.contract("отправлено", dict.fromkeys(registered, "объект"), title="Виды объектов, ушедших корреспонденту")
    _agree(base, pack, node, peer)
    assert not mismatches, f"Обмен {node.plan}: базы не сходятся: {'; '.join(map(str, mismatches[:4]))}"
    assert number in {row["Номер"] for row in theirs}, (
        f"Обмен {node.plan}: реализация {number} до корреспондента не дошла"
    )
    assert first.sent, f"Обмен {node.plan}: корреспонденту ничего не отправлено"
    assert repeated.received.created == 0, (
        f"Обмен {node.plan}: повторный обмен создал в базе {repeated.received.created} объектов"
    )
    found = list(base.odata.rows(pack["purchase"], filter=f"Number eq '{purchase}'"))
    assert (back.received.created > 0, len(found)) == (True, 1), (
        f"Обмен {node.plan}: поступление корреспондента {purchase} в базе: документов {len(found)}"
    )
    assert number not in left, (
        f"Обмен {node.plan}: распроведённая реализация {number} осталась у корреспондента проведённой"
    )
    assert not watch.errors(), f"Обмен {node.plan}: ошибки в журнале регистрации: {'; '.join(watch.errors()[:3])}"


def _numbers(base: Base, node: ExchangeNode) -> set[str]:
    """Номера документов, которые уйдут в сообщении."""
    message = enterprise_data.read(base.service.preview_message(node.plan, node.node))
    found = set()
    for item in message.objects:
        for key in item:
            if str(key.tag).endswith("КлючевыеСвойства"):
                found |= {str(cell.text) for cell in key if str(cell.tag).endswith("}Номер") and cell.text}
    return found


def _total(rows: list[dict[str, Any]]) -> Decimal:
    return sum((row["Сумма"] for row in rows), Decimal(0))


def _purchase(peer: CorrespondentBase, pack: Pack) -> str:
    """Поступление в базе корреспондента с реквизитами последней пришедшей реализации: номер документа."""
    sale = max(peer.odata.rows(pack["sale"]), key=lambda row: (row["Date"], str(row["Number"])))
    copied = {
        name: sale[name]
        for name in (pack["field.organization"], pack["field.partner"], pack["field.contract"], pack["field.warehouse"])
    }
    line = sale[pack["field.goods"]][0]
    body = {
        "Date": sale["Date"],
        "Number": "БП00-990001",
        **copied,
        pack["field.amount"]: line[pack["field.line_amount"]],
        pack["field.incoming_number"]: "БП-77",
        pack["field.goods"]: [
            {"LineNumber": 1}
            | {
                name: line[name]
                for name in (
                    pack["field.item"],
                    pack["field.quantity"],
                    pack["field.price"],
                    pack["field.line_amount"],
                    pack["field.vat_rate"],
                    pack["field.vat"],
                )
            }
        ],
    }
    row = peer.odata.create(pack["purchase"], body)
    peer.odata.post(pack["purchase"], str(row["Ref_Key"]))
    return str(row["Number"])


def _agree(base: Base, pack: Pack, node: ExchangeNode, peer: CorrespondentBase) -> None:
    """Ни одна сторона не приняла больше, чем отправила другая (facts/exchanges.md 1.8)."""
    ours = _node(base, pack)
    plan = f"ExchangePlan_{node.plan}"
    theirs = next(row for row in peer.odata.rows(plan, filter=f"Code eq '{peer.peer}'"))
    told = f"у нас отправлено {ours.sent_no}, принято {ours.received_no}; у корреспондента отправлено {theirs['SentNo']}, принято {theirs['ReceivedNo']}"
    agree = ours.received_no <= int(theirs["SentNo"]) and int(theirs["ReceivedNo"]) <= ours.sent_no
    assert agree, f"Обмен {node.plan}: номера сообщений сторон не согласованы: {told}"
