"""Обмен с банком: выписка загружается, платёжные поручения выгружаются."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.exchanges import IMPORT_KEY, import_row
from harness.checks.flows import Contract, choose_contract
from harness.checks.references import References
from harness.exchange import bank
from harness.exchange.bank_build import build_statement
from harness.exchange.bank_rules import Direction, validate

if TYPE_CHECKING:
    from datetime import date

    from harness.checks.one_exchange import Exchanges
    from harness.observe.capture import Observe
    from harness.onec.odata import ODataClient
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("bank")]
BREAKING = ("ENCODING", "STRUCTURE", "MISSING", "MOJIBAKE", "VALUE", "TOTALS")
"""Замечания, с которыми банк файл не примет."""
TOTAL = Decimal("12445.67")
"""Сумма оплат выписки."""


@pytest.mark.scenario("BANK-01", area="exchange", severity="blocker", owner="Казначейство")
@pytest.mark.writes
def test_statement_is_loaded_once(
    base: Base, pack: Pack, period: Period, observe: Observe, exchange: Exchanges
) -> None:
    """Выписка банка загружается и не задваивается

    Выписка с двумя оплатами покупателя создаёт два документа поступления с правильными суммой, плательщиком, договором и
    назначением. Повторная загрузка той же выписки не создаёт ничего.
    """
    ours = exchange("bank")
    watch = ours.watch()
    contract = choose_contract(base.odata, pack, "customer_contract")
    data = bank.write(_statement(base.odata, pack, contract, ours.node, period.end))
    assert not validate(bank.read(data)), "Выписка, составленная сценарием, неверна"
    first = ours.load(data)
    second = ours.load(data)
    rows = [import_row(first, "первая"), import_row(second, "повторная")]
    observe.table("загрузка", rows, key=IMPORT_KEY, title="Итог загрузки выписки")
    received = _received(base, pack)
    observe.table("документы", received, key="НомерВПлатежке", title="Документы из выписки")
    assert first.created == 2, ours.says(f"из выписки с двумя оплатами создано документов: {first.created}")
    assert second.created == 0, ours.says(f"повторная загрузка той же выписки создала документов: {second.created}")
    total = sum((row["Сумма"] for row in received), Decimal(0))
    assert total == TOTAL, ours.says(f"в выписке поступлений на {TOTAL}, в базе на {total}")
    errors = watch.told()
    assert not errors, ours.says(f"ошибки в журнале регистрации: {errors}")


def _statement(client: ODataClient, pack: Pack, contract: Contract, account: str, day: date) -> bank.BankFile:
    """A statement with two payments of one customer to our account."""
    partner = client.get(pack["partners"], contract.partner)
    own = client.get(pack["organizations"], contract.organization)
    tax = pack["field.tax_number"]
    where = f"Owner eq cast(guid'{contract.partner}','{pack['partners']}') and DeletionMark eq false"
    accounts = sorted(
        str(row[pack["field.account_number"]]) for row in client.rows(pack["bank_accounts"], filter=where)
    )
    assert accounts, f"У контрагента {partner['Description']} нет банковского счёта"
    common = {
        "Дата": f"{day:%d.%m.%Y}",
        "ПлательщикСчет": accounts[0],
        "Плательщик": str(partner["Description"]),
        "ПлательщикИНН": str(partner[tax]),
        "ПолучательСчет": account,
        "ДатаПоступило": f"{day:%d.%m.%Y}",
        "Получатель": str(own["Description"]),
        "ПолучательИНН": str(own[tax]),
    }
    payments = [
        {"Номер": "990001", "Сумма": "12345.67"}
        | common
        | {"НазначениеПлатежа": "Оплата по договору № 1, НДС 20 % = 2057.61"},
        {"Номер": "990002", "Сумма": "100.00"} | common | {"НазначениеПлатежа": "Доплата «ёлки», без НДС"},
    ]
    return build_statement(account, day, day, opening=Decimal("5000.00"), documents=payments)


def _received(base: Base, pack: Pack) -> list[dict[str, Any]]:
    names = References(base.odata)
    number, partner, contract, purpose = (
        pack[f"field.{name}"] for name in ("incoming_number", "partner", "contract", "purpose")
    )
    rows = base.odata.rows(pack["payment_in"], filter=f"{number} eq '990001' or {number} eq '990002'")
    return [
        {
            "НомерВПлатежке": row[number],
            "Дата": row["Date"].date(),
            "Проведён": row["Posted"],
            "Сумма": row[pack["field.amount"]],
            "Плательщик": names.name(pack["partners"], row[partner]),
            "Договор": names.name(pack["contracts"], row[contract]),
            "Назначение": row[purpose],
        }
        for row in rows
    ]


def _unbalanced(account: str, day: date) -> bytes:
    """A statement whose closing balance does not follow from its opening one."""
    right = bank.write(build_statement(account, day, day, opening=Decimal("5000.00"), documents=()))
    return right.replace("КонечныйОстаток=5000.00".encode("cp1251"), "КонечныйОстаток=4000.00".encode("cp1251"))


@pytest.mark.scenario("BANK-02", area="exchange", severity="blocker", owner="Казначейство")
def test_payment_orders_are_exported(observe: Observe, exchange: Exchanges) -> None:
    """Платёжные поручения выгружаются в банк без ошибок

    Файл для банка прочитан так, как его читает банк: кодировка совпадает с указанной, обязательные поля заполнены, суммы и
    реквизиты те же, что до обновления. Номера сообщений при этом не сдвигаются: файл получен для просмотра.
    """
    ours = exchange("bank")
    file = bank.read(ours.preview(), "файл для банка")
    head = {"Версия": file.version, "Кодировка": file.encoding, "Указанная кодировка": file.get("Кодировка")}
    observe.contract("заголовок", head | {"Документов": str(len(file.documents))}, title="Заголовок файла для банка")
    rows = [{"Вид": item.title} | {field.name: field.value for field in item.fields} for item in file.documents]
    observe.table("поручения", rows, key=("Номер", "Дата"), title="Платёжные поручения в файле для банка")
    total = sum((item.amount() or Decimal(0) for item in file.documents), Decimal(0))
    observe.value("сумма", total, title="Сумма поручений в файле для банка")
    assert file.documents, ours.says("в файле нет ни одного платёжного поручения")
    wrong = [problem for problem in validate(file, Direction.TO_BANK) if problem.code in BREAKING]
    assert not wrong, ours.says("банк не примет файл: " + "; ".join(str(problem) for problem in wrong[:5]))


@pytest.mark.scenario("BANK-03", area="exchange", severity="warning", owner="Казначейство")
@pytest.mark.writes
def test_wrong_statement_is_refused(period: Period, observe: Observe, exchange: Exchanges) -> None:
    """Чужая и испорченная выписки не загружаются

    Выписка по счёту, которого у компании нет, выписка с неверными итогами и файл другого формата отвергаются с понятной причиной, документы не создаются,
    номера узла не сдвигаются.
    """
    ours = exchange("bank")
    day = period.end - timedelta(days=1)
    stranger = "40702810600000009999"
    foreign = build_statement(stranger, day, day, opening=Decimal(0), documents=())
    answers = {
        "чужой счёт": ours.refusal_of(bank.write(foreign)),
        "другой формат": ours.refusal_of(b"***** ^Type=400^\r\n[IN_PARAM]\r\n"),
        "пустой файл": ours.refusal_of(b""),
        "неверные итоги": ours.refusal_of(_unbalanced(ours.node, day)),
    }
    rows = [{"Файл": name, "Отвергнут": bool(reason)} for name, reason in answers.items()]
    observe.table("отказы", rows, key="Файл", title="Отказы при загрузке выписки")
    accepted = [name for name, reason in answers.items() if not reason]
    assert not accepted, ours.says(f"загружено то, что следует отвергнуть: {', '.join(accepted)}")
    assert not ours.moved(), ours.says("отказ сдвинул номера узла")
