from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from stand.emulator.exchanging import gateway, registration
from stand.emulator.exchanging.bank_statement import parse_statement
from stand.emulator.exchanging.common import ExchangeError
from stand.emulator.exchanging.universal import common_version
from tests.stand.emulator.demo import UNIVERSAL, company, customer, got, one, sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.exchanging.common import Outcome

BANK, SHOP, BRANCH = "БанкКлиент", "ОбменССайтом", "ОбменСФилиалом"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


def node(base: Infobase, plan: str) -> gateway.Node:
    return next(item for item in gateway.nodes(base) if item.plan == plan)


def load(base: Infobase, plan: str, message: bytes, *, dry_run: bool = False) -> Outcome:
    return gateway.import_message(base, plan, node(base, plan).node, message, dry_run=dry_run)


def counts(outcome: Outcome) -> tuple[int, int, int]:
    return outcome.created, outcome.updated, outcome.skipped


def refused(base: Infobase, plan: str, message: bytes) -> ExchangeError:
    """The refusal; the base is as it was but for a line of the log, numbers included."""
    before = {name: value for name, value in base.fingerprint().items() if name != "_log"}
    with pytest.raises(ExchangeError) as failure:
        load(base, plan, message)
    assert {name: value for name, value in base.fingerprint().items() if name != "_log"} == before
    assert failure.value.text in base.log()[-1].comment
    return failure.value


FILES = {BANK: "bank_statement.txt", SHOP: "shop_orders.xml", UNIVERSAL: "universal_in.xml", BRANCH: "branch_in.xml"}


@pytest.mark.parametrize(
    ("plan", "first", "second"),
    [
        (BANK, (4, 0, 0), (0, 0, 4)),
        (SHOP, (2, 0, 0), (0, 0, 2)),
        (UNIVERSAL, (2, 1, 0), (0, 0, 0)),
        (BRANCH, (1, 0, 0), (0, 0, 0)),
    ],
)
def test_a_message_twice_creates_nothing_twice(
    base: Infobase, plan: str, first: tuple[int, ...], second: tuple[int, ...]
) -> None:
    message = sample(FILES[plan])
    assert counts(load(base, plan, message)) == first
    again = load(base, plan, message)
    assert counts(again) == second
    assert again.already_received is (plan in (UNIVERSAL, BRANCH))
    assert node(base, plan).last_success


@pytest.mark.parametrize("plan", FILES)
def test_a_dry_run_leaves_no_trace(base: Infobase, plan: str) -> None:
    before = base.fingerprint()
    assert load(base, plan, sample(FILES[plan]), dry_run=True).created > 0
    assert base.fingerprint() == before


@pytest.mark.parametrize("plan", FILES)
@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x00\xff" * 40,
        b"<a/>",
        b"<a><b></a>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
    ],
)
def test_nonsense_is_refused(base: Infobase, plan: str, message: bytes) -> None:
    refused(base, plan, message)


@pytest.mark.parametrize("plan", FILES)
def test_half_a_message_is_refused_whole(base: Infobase, plan: str) -> None:
    message = sample(FILES[plan])
    refused(base, plan, message[: len(message) * 2 // 3])


def test_an_export_of_everything_can_be_looked_at_without_moving_anything(base: Infobase) -> None:
    before = base.fingerprint()
    for item in gateway.nodes(base):
        assert gateway.preview_message(base, item.plan, item.node)[0]
    assert base.fingerprint() == before
    for item in gateway.nodes(base):
        gateway.export_message(base, item.plan, item.node)
    assert all(item.sent_no == 1 for item in gateway.nodes(base))


# -- bank ------------------------------------------------------------------------------------------------------------------------


def test_a_statement_becomes_posted_payments(base: Infobase) -> None:
    load(base, BANK, sample("bank_statement.txt"))
    with base.reading() as session:
        income = one(session, "Document_ПоступлениеНаРасчетныйСчет", НомерВходящегоДокумента="7101")
        assert (income["Posted"], income["СуммаДокумента"]) == (True, Decimal("72500.5"))
        assert income["Контрагент"] == customer(session)["Ref"]
        assert not income["Договор"].empty
        stranger = one(session, "Catalog_Контрагенты", ИНН="6942400808")
        assert stranger["Description"] == "ООО «Новый покупатель»"
        fee = one(session, "Document_СписаниеСРасчетногоСчета", НомерВходящегоДокумента="31")
        assert fee["ВидОперации"] == "КомиссияБанка"


def test_a_payment_for_an_order_finds_it_and_a_paid_order_of_ours_is_not_sent_again(base: Infobase) -> None:
    with base.reading() as session:
        order = next(iter(session.select("Document_ЗаказПокупателя", where={"Контрагент": customer(session)["Ref"]})))
        ours = node(base, BANK).node
        waiting = [
            row
            for row in session.select("Document_ПлатежноеПоручение", where={"Оплачено": False})
            if got(session, row["БанковскийСчет"])["НомерСчета"] == ours
        ]
    text = (
        sample("bank_statement.txt")
        .decode("cp1251")
        .replace("Оплата по счёту № 318", f"Оплата по заказу № {order['Number']}")
    )
    if waiting:
        number, amount = waiting[0]["Number"][-6:].lstrip("0"), waiting[0]["СуммаДокумента"]
        text = text.replace("Номер=905", f"Номер={number}").replace("Сумма=40000.00", f"Сумма={amount}")
        text = text.replace("ВсегоСписано=41290.00", f"ВсегоСписано={amount + 1290}").replace(
            "КонечныйОстаток=5043210.50", f"КонечныйОстаток={Decimal('5083210.50') - amount}"
        )
    load(base, BANK, text.encode("cp1251"))
    with base.reading() as session:
        assert (
            one(session, "Document_ПоступлениеНаРасчетныйСчет", НомерВходящегоДокумента="7101")["Заказ"] == order["Ref"]
        )
    assert node(base, BANK).registered == max(0, len(waiting) - 1)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("НачальныйОстаток=5000000.00", "НачальныйОстаток=5000000.01", "totals"),
        ("Сумма=12000.00", "Сумма=12000.01", "totals"),
        ("Сумма=12000.00", "Сумма=12000,00", "amount"),
        ("Дата=31.03.2026", "Дата=2026-03-31", "date"),
        ("КонецДокумента", "", "section"),
        ("КонецФайла", "", "section"),
        ("ПлательщикИНН=6942400808\r\n", "", "required"),
        ("Кодировка=Windows", "Кодировка=UTF-8", "encoding"),
        ("1CClientBankExchange", "1CClientBankStatement", "format"),
    ],
)
def test_a_wrong_statement_is_refused_with_the_reason(base: Infobase, old: str, new: str, code: str) -> None:
    text = sample("bank_statement.txt").decode("cp1251")
    assert old in text
    assert refused(base, BANK, text.replace(old, new).encode("cp1251")).code == code


def test_a_statement_of_another_account_or_in_another_encoding_than_it_says_is_refused(base: Infobase) -> None:
    text = sample("bank_statement.txt").decode("cp1251")
    assert (
        refused(base, BANK, text.replace(node(base, BANK).node, "40702810000000000001").encode("cp1251")).code
        == "account"
    )
    assert refused(base, BANK, text.encode("utf-8")).code == "encoding"


def test_a_value_may_hold_an_equals_sign() -> None:
    statement = parse_statement(sample("bank_statement.txt"))
    assert statement.documents[1]["НазначениеПлатежа"].endswith("есть знак = и «ёлочки»")


def test_payment_orders_go_out_as_the_bank_reads_them(base: Infobase) -> None:
    content = gateway.preview_message(base, BANK, node(base, BANK).node)[0]
    text = content.decode("cp1251")
    assert text.startswith("1CClientBankExchange\r\nВерсияФормата=1.03\r\nКодировка=Windows\r\n")
    assert text.endswith("КонецФайла\r\n")
    assert text.count("СекцияДокумент=Платежное поручение") == node(base, BANK).registered > 0
    assert "\n" not in text.replace("\r\n", "")
    for name in ("ПлательщикИНН", "ПолучательИНН", "НазначениеПлатежа", "Сумма"):
        assert re.search(rf"^{name}=\S", text, re.MULTILINE)


# -- shop ------------------------------------------------------------------------------------------------------------------------


def test_an_order_of_the_shop_is_posted_and_a_changed_one_is_changed(base: Infobase) -> None:
    load(base, SHOP, sample("shop_orders.xml"))
    with base.reading() as session:
        order = one(session, "Document_ЗаказПокупателя", ИдентификаторСайта="site-100501")
        assert (order["Posted"], order["СуммаДокумента"], len(order["Товары"])) == (True, Decimal(9525), 2)
    text = sample("shop_orders.xml").decode()
    changed = (
        text.replace("<Количество>12</Количество>", "<Количество>2</Количество>")
        .replace("<Сумма>3228.00</Сумма>", "<Сумма>538.00</Сумма>")
        .replace("<Сумма>9525.00</Сумма>", "<Сумма>6835.00</Сумма>")
    )
    assert counts(load(base, SHOP, changed.encode())) == (0, 1, 1)
    with base.reading() as session:
        again = one(session, "Document_ЗаказПокупателя", ИдентификаторСайта="site-100501")
        assert (again["Number"], again["СуммаДокумента"]) == (order["Number"], Decimal(6835))
        ordered = session.turnovers(
            "AccumulationRegister_ЗаказыПокупателей", where={"Заказ": order["Ref"]}, dimensions=("Заказ",)
        )
        assert ordered[0]["СуммаReceipt"] == 6835


def test_a_namespace_a_container_and_another_encoding_do_not_matter(base: Infobase) -> None:
    text = sample("shop_orders.xml").decode()
    wrapped = text.replace("<КоммерческаяИнформация ", '<КоммерческаяИнформация xmlns="urn:1C.ru:commerceml_3" ')
    wrapped = wrapped.replace("<Документ>", "<Контейнер><Документ>").replace("</Документ>", "</Документ></Контейнер>")
    message = wrapped.replace('encoding="UTF-8"', 'encoding="windows-1251"').encode("cp1251", "xmlcharrefreplace")
    assert counts(load(base, SHOP, message)) == (2, 0, 0)
    assert counts(load(base, SHOP, sample("shop_orders.xml"))) == (0, 0, 2)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<Сумма>9525.00</Сумма>", "<Сумма>9525.10</Сумма>", "totals"),
        ("<Ид>site-100502</Ид>", "<Ид></Ид>", "required"),
        ("<Количество>3</Количество>", "<Количество>три</Количество>", "amount"),
        ("<Дата>2026-03-31</Дата>", "<Дата>31.03.2026</Дата>", "date"),
        ("<Роль>Покупатель</Роль>", "<Роль>Продавец</Роль>", "required"),
    ],
)
def test_a_wrong_order_refuses_the_whole_file(base: Infobase, old: str, new: str, code: str) -> None:
    text = sample("shop_orders.xml").decode()
    assert old in text
    assert refused(base, SHOP, text.replace(old, new).encode()).code == code


def test_goods_nobody_sells_are_named(base: Infobase) -> None:
    text = re.sub(
        r"<Товар>\s*<Ид>[^<]+",
        "<Товар><Ид>11111111-2222-3333-4444-555555555555",
        sample("shop_orders.xml").decode(),
        count=1,
    )
    error = refused(base, SHOP, text.encode())
    assert error.code == "goods"
    assert "11111111-2222-3333-4444-555555555555" in error.text


def test_offers_hold_every_good_with_price_and_stock(base: Infobase) -> None:
    text = gateway.preview_message(base, SHOP, "САЙТ")[0].decode()
    assert 'xmlns="urn:1C.ru:commerceml_2"' in text
    assert 'СодержитТолькоИзменения="false"' in text
    with base.reading() as session:
        goods = [row for row in session.select("Catalog_Номенклатура") if not row["IsFolder"] and not row["Услуга"]]
    assert text.count("<Предложение>") == text.count("<Товар>") == len(goods)
    assert "<ЦенаЗаЕдиницу>0" not in text


# -- universal format ------------------------------------------------------------------------------------------------------------


def universal(**values: str) -> bytes:
    text = sample("universal_in.xml").decode()
    for name, value in values.items():
        text, found = re.subn(rf"<msg:{name}>[^<]*</msg:{name}>", f"<msg:{name}>{value}</msg:{name}>", text)
        assert found, name
    return text.encode()


def test_numbers_move_only_after_success_and_an_acknowledgment_clears_what_was_sent(base: Infobase) -> None:
    waiting = node(base, UNIVERSAL).registered
    assert waiting > 0
    sent = gateway.export_message(base, UNIVERSAL, "БП")[0].decode("utf-8-sig")
    assert "<msg:MessageNo>1</msg:MessageNo>" in sent
    assert (node(base, UNIVERSAL).sent_no, node(base, UNIVERSAL).registered) == (1, waiting)
    again = gateway.export_message(base, UNIVERSAL, "БП")[0].decode("utf-8-sig")
    assert again.count("<Документ.РеализацияТоваровУслуг>") == sent.count("<Документ.РеализацияТоваровУслуг>") > 0
    load(base, UNIVERSAL, universal(ReceivedNo="2"))
    state = node(base, UNIVERSAL)
    assert (state.sent_no, state.received_no, state.registered) == (2, 1, 0)


def test_a_change_made_after_sending_waits_for_the_next_message(base: Infobase) -> None:
    gateway.export_message(base, UNIVERSAL, "БП")
    with base.transaction() as session:
        session.put(
            "Catalog_Контрагенты",
            {"Ref": one(session, "Catalog_Контрагенты", Code="000000007")["Ref"], "КПП": "770000000"},
        )
    load(base, UNIVERSAL, universal(ReceivedNo="1"))
    assert node(base, UNIVERSAL).registered == 1


def test_a_base_restored_from_a_copy_is_told_and_catches_up(base: Infobase) -> None:
    waiting = node(base, UNIVERSAL).registered
    outcome = load(base, UNIVERSAL, universal(ReceivedNo="7"))
    assert "восстановлена из копии" in outcome.warnings[0]
    state = node(base, UNIVERSAL)
    assert (state.sent_no, state.registered) == (7, waiting)
    assert "<msg:MessageNo>8<" in gateway.export_message(base, UNIVERSAL, "БП")[0].decode("utf-8-sig")


def test_the_version_is_negotiated_with_every_message(base: Infobase) -> None:
    outcome = load(base, UNIVERSAL, universal(AvailableVersion="1.19"))
    assert outcome.warnings == ["Изменен номер версии формата обмена: 1.17 → 1.19"]
    assert node(base, UNIVERSAL).node_version == "1.19"
    assert "EnterpriseData/1.19" in gateway.preview_message(base, UNIVERSAL, "БП")[0].decode()
    load(base, UNIVERSAL, universal(AvailableVersion="1.6", MessageNo="2"))
    assert node(base, UNIVERSAL).node_version == "0.0"
    with pytest.raises(ExchangeError, match="Не определен Менеджер конвертации"):
        gateway.export_message(base, UNIVERSAL, "БП")
    assert node(base, UNIVERSAL).sent_no == 0


def test_versions_are_compared_as_numbers() -> None:
    assert common_version(["1.8", "1.10"], ["1.10", "1.8", "1.9"]) == "1.10"
    assert common_version(["1.19"], ["1.17"]) == "0.0"


@pytest.mark.parametrize(
    ("values", "code", "words"),
    [
        (
            {"Format": "http://v8.1c.ru/edi/edi_stnd/EnterpriseData/1.22"},
            "version",
            'Версия "1.22" формата сообщения обмена',
        ),
        ({"Format": "http://example.org/Other/1.17"}, "format", "не соответствует формату плана обмена"),
        ({"To": "ЧУЖОЙ"}, "178", "адресовано узлу"),
        ({"From": "НЕТ"}, "node", "Не найден узел обмена для загрузки данных"),
        ({"MessageNo": "первый"}, "9", "не число"),
    ],
)
def test_a_header_that_does_not_fit_is_refused_in_the_words_of_the_library(
    base: Infobase, values: dict[str, str], code: str, words: str
) -> None:
    error = refused(base, UNIVERSAL, universal(**values))
    assert error.code == code
    assert words in error.text


def test_a_peer_with_old_rules_is_told_apart(base: Infobase) -> None:
    error = refused(base, UNIVERSAL, '<ФайлОбмена ВерсияФормата="3.1"/>'.encode())
    assert "не выполнено обновление настройки синхронизации" in error.text


def test_a_handshake_is_no_exchange_of_data(base: Infobase) -> None:
    outcome = load(base, UNIVERSAL, sample("universal_handshake.xml"))
    assert counts(outcome) == (0, 0, 0)
    state = node(base, UNIVERSAL)
    assert (state.received_no, state.last_success) == (0, "")


def test_a_mandatory_property_and_a_wrong_value_are_named(base: Infobase) -> None:
    text = sample("universal_in.xml").decode()
    nameless = refused(base, UNIVERSAL, text.replace("<Наименование>ООО «Зелёный мыс»</Наименование>", "").encode())
    assert "Наименование: не заполнено обязательное поле" in nameless.text
    wrong = refused(base, UNIVERSAL, text.replace("<Количество>20<", "<Количество>много<").encode())
    assert (
        wrong.text
        == "Документ.ПоступлениеТоваровУслуг.Товары[1].Количество: значение поля не соответствует заданным ограничениям."
    )
    rate = refused(base, UNIVERSAL, text.replace("<Ставка>10<", "<Ставка>13<").encode())
    assert "СтавкаНДС" in rate.text


def test_the_message_is_loaded_as_it_says(base: Infobase) -> None:
    load(base, UNIVERSAL, universal())
    with base.reading() as session:
        purchase = one(session, "Document_ПоступлениеТоваровУслуг", Number="БП00-000031")
        assert purchase["Posted"]
        assert purchase["Товары"][0]["СтавкаНДС"] == "НДС10"
        assert purchase["СуммаДокумента"] == 1840
        assert customer(session)["НаименованиеПолное"].endswith("(переименовано)")
        partner = one(session, "Catalog_Контрагенты", ИНН="5033103850")
        assert partner["КодПоОКПО"] == "12345678"
        pairs = list(session.select("InformationRegister_ПубличныеИдентификаторыСинхронизируемыхОбъектов"))
        assert partner["Ref"] in {row["Ссылка"] for row in pairs}


def test_a_deletion_travels_and_unposts(base: Infobase) -> None:
    load(base, UNIVERSAL, universal())
    text = universal(MessageNo="2").decode()
    body = "<УдалениеОбъекта><СсылкаНаОбъект><СсылкаНаОбъект><ПоступлениеТоваровУслугСсылка>5e1a7c90-0b7d-4c55-9a53-7f2f6f0a0002</ПоступлениеТоваровУслугСсылка></СсылкаНаОбъект></СсылкаНаОбъект></УдалениеОбъекта>"
    head, _body, tail = re.split(r"(?<=EnterpriseData/1\.17\">)(.*)(?=</Body>)", text, flags=re.DOTALL)
    outcome = load(base, UNIVERSAL, (head + body + tail).encode())
    assert outcome.updated == 1
    with base.reading() as session:
        purchase = one(session, "Document_ПоступлениеТоваровУслуг", Number="БП00-000031")
        assert (purchase["DeletionMark"], purchase["Posted"]) == (True, False)
        assert list(session.records("AccumulationRegister_ТоварыНаСкладах", recorder=purchase["Ref"])) == []


def test_our_deletion_and_a_document_unposted_travel_as_deletions(base: Infobase) -> None:
    with base.transaction() as session:
        partner = customer(session)["Ref"]
        session.put("Catalog_Контрагенты", {"Ref": partner, "DeletionMark": True})
        sale = next(ref for ref in registration.waiting(session, UNIVERSAL, "БП") if ref.object.startswith("Document_"))
        session.unpost(sale.object, sale)
    text = gateway.preview_message(base, UNIVERSAL, "БП")[0].decode()
    assert text.count("<УдалениеОбъекта>") == 2
    assert f"<КонтрагентыСсылка>{partner.id}</КонтрагентыСсылка>" in text
    assert f"<РеализацияТоваровУслугСсылка>{sale.id}</РеализацияТоваровУслугСсылка>" in text


@pytest.mark.parametrize("number", ["9" * 5000, "--1", "1e3", "١"])
def test_a_number_that_is_none_is_refused(base: Infobase, number: str) -> None:
    assert refused(base, UNIVERSAL, universal(MessageNo=number)).code == "9"


def test_what_came_from_a_node_is_not_sent_back_to_it(base: Infobase) -> None:
    with base.transaction() as session:
        for reference in registration.waiting(session, UNIVERSAL, "БП"):
            registration.withdraw(session, UNIVERSAL, "БП", reference)
    load(base, UNIVERSAL, universal())
    assert node(base, UNIVERSAL).registered == 0


# -- branch ----------------------------------------------------------------------------------------------------------------------


def test_the_branch_brings_a_good_and_gets_ours(base: Infobase) -> None:
    load(base, BRANCH, sample("branch_in.xml"))
    with base.reading() as session:
        assert one(session, "Catalog_Номенклатура", Артикул="БТ-901")["Description"].startswith("Самовар")
    text = gateway.export_message(base, BRANCH, "Ф01")[0].decode()
    assert "<v8msg:ReceivedNo>1</v8msg:ReceivedNo>" in text
    assert "CatalogObject.Контрагенты" in text


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<v8msg:To>ЦБ</v8msg:To>", "<v8msg:To>Ф02</v8msg:To>", "178"),
        ("<Артикул>", "<Цвет>красный</Цвет><Артикул>", "attribute"),
        ("CatalogObject.Номенклатура", "CatalogObject.Корабли", "object"),
        ("<Вес>2.4</Вес>", "<Вес>тяжёлый</Вес>", "value"),
    ],
)
def test_a_branch_of_another_configuration_is_refused(base: Infobase, old: str, new: str, code: str) -> None:
    text = sample("branch_in.xml").decode()
    assert refused(base, BRANCH, text.replace(old, new).encode()).code == code


def test_an_unknown_plan_or_node_is_refused(base: Infobase) -> None:
    with pytest.raises(ExchangeError, match="нет"):
        gateway.preview_message(base, "ОбменСЛуной", "1")
    with pytest.raises(ExchangeError, match="Не найден узел"):
        gateway.preview_message(base, UNIVERSAL, "ДРУГОЙ")
    with pytest.raises(ExchangeError, match="не найден"):
        gateway.preview_message(base, BANK, "123")
