"""Обмен с банком напрямую (DirectBank) и окно банка, которое принимает файлы."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.flows import choose_contract
from harness.errors import AnswerError
from harness.exchange import bank as file_format
from harness.exchange import directbank as db
from harness.exchange.peers.bank import Bank

if TYPE_CHECKING:
    from pathlib import Path

    from harness.checks.one_exchange import Exchange, Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("bank"), pytest.mark.writes]
VERSIONS = ("1.02", "1.03")
"""Версии текстового формата, которые принимает банк; обновляет их банк, а не мы."""
PROBE = "05"
"""Вид документа «запрос-зонд»."""
TREASURY = "03100643000000017300"
"""Казначейский счёт налогового платежа."""


def _bank(base: Base, pack: Pack, ours: Exchange, tls: Path | None = None) -> Bank:
    """Банк стенда с тем БИК, который указан у нашего расчётного счёта."""
    number = pack["field.account_number"]
    account = next(iter(base.odata.rows(pack["bank_accounts"], filter=f"{number} eq '{ours.node}'")), None)
    assert account is not None, f"Расчётный счёт {ours.node} не найден в справочнике"
    return Bank(str(account[pack["field.bank_code"]]), versions=pack.get("bank.versions", VERSIONS), tls=tls)


@pytest.mark.scenario("BANK-04", area="exchange", severity="blocker", owner="Казначейство")
def test_orders_are_executed_once(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Банк исполняет платёжные поручения один раз и возвращает выписку

    База сама обращается к банку стенда: вход, настройки, пакеты с поручениями, извещения, выписка. Банк исполняет каждое поручение
    один раз, даже если обмен запущен дважды; суммы у банка и в базе совпадают; поступление из выписки проведено.
    """
    ours = exchange("bank")
    peer, watch = ours.meet(_bank(base, pack, ours)), ours.watch()
    file = file_format.read(ours.preview(), "файл для банка")
    wanted = {item.get("Номер"): item.amount() or Decimal(0) for item in file.documents}
    first = ours.run()
    # Отправленное становится подтверждённым, когда банк об этом скажет: извещения приходят в том же или следующем сеансе.
    _statement(base, pack, period, peer, ours.node)
    second = ours.run()
    done = [
        {"Номер": item.number, "Сумма": item.amount, "СчетПолучателя": item.payee_account} for item in peer.executed
    ]
    observe.table("исполнено", done, key=("Номер", "СчетПолучателя"), title="Поручения, исполненные банком")
    observe.contract("шаги", dict.fromkeys(dict.fromkeys(first.steps), "обращение"), title="Обращения к банку")
    observe.value("подтверждено", first.sent, title="Поручений, о приёме которых банк сообщил")
    twice = len(peer.executed) - len({(item.number, item.amount) for item in peer.executed})
    assert not twice, ours.says(f"банк исполнил дважды поручений: {twice}")
    paid = {item.number: item.amount for item in peer.executed}
    assert paid == wanted, ours.says(
        f"у банка поручений {len(paid)} на {sum(paid.values())}, в базе {len(wanted)} на {sum(wanted.values())}"
    )
    assert first.sent == len(wanted), ours.says(
        f"банк принял {len(wanted)} поручений, база считает принятыми {first.sent}"
    )
    assert second.received.created == 1, ours.says(f"из выписки банка создано документов: {second.received.created}")
    errors = watch.told()
    assert not errors, ours.says(f"ошибки в журнале регистрации: {errors}")


def _statement(base: Base, pack: Pack, period: Period, peer: Bank, account: str) -> None:
    """Выписка банка с одним поступлением от покупателя."""
    contract = choose_contract(base.odata, pack, "customer_contract")
    partner = base.odata.get(pack["partners"], contract.partner)
    own = base.odata.get(pack["organizations"], contract.organization)
    tax = pack["field.tax_number"]
    where = f"Owner eq cast(guid'{contract.partner}','{pack['partners']}') and DeletionMark eq false"
    accounts = sorted(
        str(row[pack["field.account_number"]]) for row in base.odata.rows(pack["bank_accounts"], filter=where)
    )
    payment = db.Payment(
        number="990003",
        date=f"{period.end:%Y-%m-%d}",
        amount=Decimal("777.70"),
        payer_account=accounts[0],
        payee_account=account,
        payer_inn=str(partner[tax]),
        payee_inn=str(own[tax]),
        purpose="Оплата по договору, без НДС",
        debit=False,
        id="990003",
    )
    names = {"Payer": {"Name": str(partner["Description"])}, "Payee": {"Name": str(own["Description"])}}
    day = f"{period.end:%Y-%m-%d}T00:00:00"
    peer.give_statement(account, (day, day), Decimal("1000.00"), [payment], names)


@pytest.mark.scenario("BANK-05", area="exchange", severity="blocker", owner="Казначейство")
def test_bank_failures_do_no_harm(
    base: Base,
    pack: Pack,
    period: Period,
    observe: Observe,
    exchange: Exchanges,
) -> None:
    """Сбои банка не приводят к потерянным и двойным платежам

    Банк молчит о принятых пакетах, отвечает ошибкой внутри ответа 200, закрывает сеанс, обрывает ответ, показывает недоверенный
    сертификат, отклоняет поручение. База не считает отправленным то, о чём банк не сообщил, и называет причину отказа.
    Распроведённое поручение в банк не уходит, номера узла от сбоев не сдвигаются.
    """
    ours = exchange("bank")
    rows = []
    peer = ours.meet(_bank(base, pack, ours))
    for title, kind, step in (
        ("ошибка внутри ответа 200", "error-200", "GetSettings"),
        ("сеанс закрыт", "expired", "GetSettings"),
        ("обрыв ответа", "half", "Logon"),
        ("страница вместо ответа", "garbage", "Logon"),
    ):
        peer.fail(kind, step)
        rows.append({"Сбой": title, "Причина названа": bool(ours.refusal())})
        peer.recover()
    ours.meet(_bank(base, pack, ours, tls=ours.folder))
    certificate = ours.refusal()
    rows.append({"Сбой": "недоверенный сертификат", "Причина названа": bool(certificate)})
    observe.table("сбои", rows, key="Сбой", title="Сбои банка")
    moved = ours.moved()
    ours.turn_to(peer)
    taken_back = _orders(base, pack, period, ours.node, "Сбои банка, молчание")[0]
    base.odata.unpost(pack["payment_order"], taken_back)
    peer.silent = True
    quiet = ours.run()
    gone = TREASURY not in {item.payee_account for item in peer.executed}
    sent = peer.steps().count("SendPack")
    _orders(base, pack, period, ours.node, "Сбои банка, отказ")
    peer.silent, peer.rejecting = False, "Недостаточно средств на счёте"
    ours.run()
    answered = ours.run()
    told = any(peer.rejecting in text for text in answered.received.warnings)
    observe.value("отказ назван", told, title="Причина отказа банка названа в базе")
    assert not moved, ours.says("сбой банка сдвинул номера узла")
    assert gone, ours.says("распроведённое поручение всё равно уходит в банк")
    assert certificate, ours.says("база доверилась банку с недоверенным сертификатом")
    missed = [str(row["Сбой"]) for row in rows if not row["Причина названа"]]
    assert not missed, ours.says(f"сбой банка принят за успех: {', '.join(missed)}")
    assert sent, ours.says("база не отправила банку ни одного поручения")
    assert quiet.sent == 0, ours.says(f"банк не подтвердил приём, а база считает отправленными {quiet.sent} поручений")
    assert told, ours.says("банк отклонил поручение, а база об этом не сообщает")


@pytest.mark.scenario("BANK-06", area="exchange", severity="blocker", owner="Казначейство")
def test_window_takes_the_file(base: Base, pack: Pack, period: Period, observe: Observe, exchange: Exchanges) -> None:
    """Банк принимает файл с налоговым платежом и выплатой физическому лицу

    В файле есть обычные поручения, платёж в бюджет (статус составителя, КБК, ОКТМО, казначейский счёт) и поручение с кодом вида
    дохода. Банк проверяет их так, как проверяет при приёме. Распроведённое поручение в банк не уходит.
    """
    ours = exchange("bank")
    made = _orders(base, pack, period, ours.node, "Проверка готовности")
    file = file_format.read(ours.preview(), "файл для банка")
    mine = [item for item in file.documents if item.get("НазначениеПлатежа").startswith("Проверка готовности")]
    rows = [{field.name: field.value for field in item.fields if field.name != "Номер"} for item in mine]
    observe.table("поручения", rows, key="НазначениеПлатежа", title="Налоговый платёж и выплата физическому лицу")
    refusals = Bank("", versions=pack.get("bank.versions", VERSIONS)).take_file(ours.preview())
    base.odata.unpost(pack["payment_order"], made[0])
    left = file_format.read(ours.preview(), "файл для банка").documents
    gone = not any(item.get("НазначениеПлатежа") == "Проверка готовности: налог" for item in left)
    observe.value("распроведённое не уходит", gone, title="Распроведённое поручение в банк не уходит")
    assert len(mine) == 2, ours.says(f"в файле для банка не оба поручения, созданных сценарием: {len(mine)}")
    assert not refusals, ours.says(f"банк не примет файл: {'; '.join(refusals[:4])}")
    codes = {item.get("КодНазПлатежа") for item in mine}
    assert "1" in codes, ours.says("код вида дохода (КодНазПлатежа) в поручении физическому лицу потерян")
    assert gone, ours.says("распроведённое поручение всё равно уходит в банк")


@pytest.mark.scenario("BANK-07", area="exchange", severity="warning", owner="Казначейство")
def test_connection_is_tested(base: Base, pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Проверка связи с банком говорит правду

    В настройках прямого обмена есть проверка связи: база отправляет запрос-зонд и ждёт извещения банка. Банк зонд принимает, поручения при
    этом не уходят. Когда банк молчит, база говорит, что ответа нет, а не показывает успех.
    """
    ours = exchange("bank")
    peer = ours.meet(_bank(base, pack, ours))
    try:
        answered = ours.test()
    except AnswerError as error:
        raise AssertionError(ours.says(f"банк не принял запрос-зонд: {error.message}")) from error
    observe.contract("шаги", dict.fromkeys(dict.fromkeys(answered.steps), "обращение"), title="Проверка связи с банком")
    kinds = [item.kind for packet in peer.packets for item in packet.documents]
    peer.silent = True
    try:
        ours.test()
        believed = True
    except AnswerError:
        believed = False
    assert kinds == [PROBE], ours.says(
        f"вместо запроса-зонда (вид 05) банк получил документы видов: {', '.join(kinds)}"
    )
    assert not believed, ours.says("банк не ответил на запрос-зонд, а база показывает успешную проверку связи")


def _orders(base: Base, pack: Pack, period: Period, account: str, label: str) -> list[str]:
    """Налоговый платёж на казначейский счёт и выплата физическому лицу."""
    number, code = pack["field.account_number"], pack["field.bank_code"]
    own = next(iter(base.odata.rows(pack["bank_accounts"], filter=f"{number} eq '{account}'")))
    contract = choose_contract(base.odata, pack, "supplier_contract")
    fields = pack["payment_order_fields"]
    treasury = {
        "Description": f"Казначейство России ({label})",
        "Owner": contract.partner,
        "Owner_Type": f"StandardODATA.{pack['partners']}",
        number: TREASURY,
        code: "017003983",
        fields["correspondent"]: "40102810545370000003",
    }
    budget = base.odata.create(pack["bank_accounts"], treasury)
    common: dict[str, Any] = {
        "Date": f"{period.end:%Y-%m-%d}T12:00:00",
        pack["field.organization"]: str(own["Owner"]),
        pack["field.bank_account"]: str(own["Ref_Key"]),
        pack["field.partner"]: contract.partner,
        fields["date"]: f"{period.end:%Y-%m-%d}T00:00:00",
    }
    tax = common | {
        fields["partner_account"]: str(budget["Ref_Key"]),
        pack["field.amount"]: Decimal("1500.00"),
        pack["field.purpose"]: f"{label}: налог",
        fields["status"]: "02",
        fields["budget_code"]: "18201061201010000510",
        fields["territory"]: "45382000",
    }
    where = f"Owner eq cast(guid'{contract.partner}','{pack['partners']}') and DeletionMark eq false"
    usual = min(
        (row for row in base.odata.rows(pack["bank_accounts"], filter=where) if not str(row[number]).startswith("03")),
        key=lambda row: str(row[number]),
    )
    person = common | {
        fields["partner_account"]: str(usual["Ref_Key"]),
        pack["field.amount"]: Decimal("2500.00"),
        pack["field.purpose"]: f"{label}: выплата по договору № 7 «ёлка»",
        fields["income_code"]: "1",
    }
    made = []
    for body in (tax, person):
        created = base.odata.create(pack["payment_order"], body)
        base.odata.post(pack["payment_order"], str(created["Ref_Key"]))
        made.append(str(created["Ref_Key"]))
    return made
