"""Правила универсального формата: что обязано быть отвергнуто, что не должно потеряться."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.checks.exchanges import is_refused, node_of, numbers_of, preview
from harness.exchange import enterprise_data
from harness.exchange import enterprise_data_write as writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element

    from harness.observe.capture import Observe
    from harness.onec.services import ExchangeNode
    from harness.phase.access import Base
    from harness.phase.counterparts import OutwardStand
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("universal"), pytest.mark.writes]
REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf61"
OTHER = "7e3e0ef4-8295-11f1-8af8-04ecd881cf62"
GOOD = "7e3e0ef4-8295-11f1-8af8-04ecd881cf63"
NAME = "Контрагент правил обмена"
FUTURE = 5


def _node(base: Base, pack: Pack) -> ExchangeNode:
    return node_of(base.service, pack["universal.plan"], pack.get("universal.node", ""))


def _version(node: ExchangeNode, pack: Pack) -> str:
    version = enterprise_data.common_version(node.versions, pack["universal.partner_versions"])
    assert version, f"Обмен {node.plan}: с корреспондентом нет общей версии формата"
    return version


def _partner(ref: str, name: str, tax: str, **more: str) -> _Element:
    key = {"Ссылка": ref, "Наименование": name, "ИНН": tax, "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо", **more}
    return writing.build_object(
        "Справочник.Контрагенты", {"КлючевыеСвойства": {name: value for name, value in key.items() if value}}
    )


def _good(kind: str) -> _Element:
    """Товар, каким его отправляет корреспондент: наименование, единица, тип номенклатуры."""
    key = {
        "Ссылка": GOOD,
        "НаименованиеПолное": "Товар правил обмена",
        "Артикул": "READY-77",
        "Наименование": "Товар правил обмена",
    }
    return writing.build_object("Справочник.Номенклатура", {"КлючевыеСвойства": key, "ТипНоменклатуры": kind})


def _message(
    base: Base, pack: Pack, node: ExchangeNode, objects: list[_Element], **changes: Any
) -> enterprise_data.Message:
    """Следующее по порядку сообщение корреспондента; `changes` портят его подтверждение."""
    ours = writing.acknowledged(enterprise_data.read(preview(base.service, node)), node.sent_no)
    made = writing.reply(ours, message_no=node.received_no + 1, objects=objects, version=_version(node, pack))
    assert made.confirmation is not None
    return replace(made, confirmation=replace(made.confirmation, **changes))


@pytest.mark.scenario("UNI-06", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_wrong_messages_are_refused(base: Base, pack: Pack, observe: Observe) -> None:
    """Неверные сообщения корреспондента отвергаются целиком

    Без обязательного реквизита, с неизвестным значением перечисления, чужому адресату, от неизвестного узла, половина файла,
    другая кодировка, сообщение старых правил конвертации. У каждого отказа понятная причина; номер принятого не сдвигается,
    иначе корреспондент сочтёт данные принятыми и больше их не пришлёт.
    """
    node = _node(base, pack)
    whole = writing.write(_message(base, pack, node, [_partner(REF, NAME, "7707083893")]))
    wrong = {
        "без обязательного реквизита": writing.write(_message(base, pack, node, [_partner(REF, "", "7707083893")])),
        "неизвестное значение перечисления": writing.write(_message(base, pack, node, [_good("НетТакогоТипа")])),
        "чужой адресат": writing.write(_message(base, pack, node, [], to="ЧУЖАЯ")),
        "неизвестный отправитель": writing.write(_message(base, pack, node, [], sender="ЧУЖАЯ")),
        "половина файла": whole[: len(whole) // 2],
        "другая кодировка": b'<?xml version="1.0" encoding="windows-1251"?>'
        + whole.partition(b"?>")[2].replace("Контрагент".encode(), b"\x98"),
        "старые правила конвертации": '<?xml version="1.0" encoding="UTF-8"?><ФайлОбмена ВерсияФормата="3.1"/>'.encode(),
    }
    rows = []
    moved = []
    for name, data in wrong.items():
        reason = is_refused(base.service, node, data)
        now = _node(base, pack)
        if numbers_of(now) != numbers_of(node):
            moved.append(name)
        rows.append(
            {"Сообщение": name, "Отвергнуто": bool(reason), "Номера на месте": numbers_of(now) == numbers_of(node)}
        )
    observe.table("отказы", rows, key="Сообщение", title="Отказы при загрузке сообщений корреспондента")
    accepted = [str(row["Сообщение"]) for row in rows if not row["Отвергнуто"]]
    assert not moved, (
        f"Обмен {node.plan}: база подтвердила сообщение, которое не смогла загрузить, данные потеряются: {', '.join(moved)}"
    )
    assert not accepted, f"Обмен {node.plan}: загружено то, что следует отвергнуть: {', '.join(accepted)}"


@pytest.mark.scenario("UNI-07", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_settings_are_no_exchange(base: Base, pack: Pack, observe: Observe) -> None:
    """Сообщение с одними настройками не считается обменом

    Рукопожатие без версии формата только договаривается. Время последнего успешного обмена и номера после него прежние: иначе
    остановившийся обмен выглядит работающим.
    """
    node = _node(base, pack)
    message = _message(base, pack, node, [])
    handshake = replace(message, version="", objects=())
    base.service.import_message(node.plan, node.node, writing.write(handshake))
    after = _node(base, pack)
    observe.value(
        "время успеха прежнее", after.last_success == node.last_success, title="Рукопожатие не считается обменом"
    )
    assert after.received_no == node.received_no, f"Обмен {node.plan}: рукопожатие сдвинуло номер принятого"
    assert after.last_success == node.last_success, (
        f"Обмен {node.plan}: сообщение с одними настройками засчитано как успешный обмен данными"
    )


@pytest.mark.scenario("UNI-08", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_message_of_before_is_read(
    base: Base, pack: Pack, observe: Observe, carried: Callable[[str, bytes], bytes]
) -> None:
    """Сообщение, записанное до обновления, читается после него

    Корреспондент обновится позже и присылает сообщения в прежнем виде. Сообщение, составленное на прежнем релизе, загружается и
    новым: контрагент и товар создаются, ничего не требуется сверх того, что требовалось.
    """
    node = _node(base, pack)
    fresh = writing.write(
        _message(base, pack, node, [_partner(REF, NAME, "7707083893", КПП="770701001"), _good("Товар")])
    )
    data = carried("UNI-08-message.xml", fresh)
    sent = enterprise_data.read(data).confirmation
    assert sent is not None
    # Этапы начинаются с одной копии, так что номер подходит обоим; на своей базе номер мог уйти вперёд.
    if sent.message_no != node.received_no + 1:
        message = enterprise_data.read(data)
        data = writing.write(replace(message, confirmation=replace(sent, message_no=node.received_no + 1)))
    reason = is_refused(base.service, node, data)
    observe.value("принято", not reason, title="Сообщение прежнего релиза принято")
    assert not reason, f"Обмен {node.plan}: сообщение, записанное до обновления, не читается: {reason}"
    found = base.odata.count(pack["partners"], filter=f"Description eq '{NAME}'")
    goods = base.odata.count(pack["goods"], filter="Description eq 'Товар правил обмена'")
    observe.table(
        "создано",
        [{"Объект": "контрагент", "Карточек": found}, {"Объект": "товар", "Карточек": goods}],
        key="Объект",
        title="Загружено из прежнего сообщения",
    )
    assert (found, goods) == (1, 1), (
        f"Обмен {node.plan}: из прежнего сообщения загружено контрагентов {found}, товаров {goods}"
    )


@pytest.mark.scenario("UNI-09", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_restored_copy_is_noticed(base: Base, pack: Pack, observe: Observe) -> None:
    """База, восстановленная из копии, не теряет изменений для корреспондента

    Корреспондент подтверждает номер, которого восстановленная база ещё не отправляла. База должна догнать номер и не снимать с
    регистрации то, чего корреспондент не получал.
    """
    node = _node(base, pack)
    data = writing.write(_message(base, pack, node, [], received_no=node.sent_no + FUTURE))
    base.service.import_message(node.plan, node.node, data)
    after = _node(base, pack)
    rows = [
        {"Показатель": "номер отправленного догнал", "Значение": after.sent_no - node.sent_no},
        {"Показатель": "снято с регистрации", "Значение": node.registered - after.registered},
    ]
    observe.table("копия", rows, key="Показатель", title="Поведение восстановленной базы")
    assert after.sent_no == node.sent_no + FUTURE, (
        f"Обмен {node.plan}: база не распознала, что восстановлена из копии: корреспондент принял {node.sent_no + FUTURE}, отправлено {after.sent_no}"
    )
    assert after.registered == node.registered, (
        f"Обмен {node.plan}: изменения для корреспондента потеряны: было к отправке {node.registered}, стало {after.registered}"
    )


@pytest.mark.scenario("UNI-10", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_identifiers_are_kept(base: Base, pack: Pack, observe: Observe, outward: OutwardStand) -> None:
    """Соответствие идентификаторов корреспондента сохраняется

    Контрагент, узнанный по ИНН, запоминается под идентификатором корреспондента. Когда корреспондент пришлёт его с другими
    наименованием и ИНН, изменится та же карточка: без этого соответствия появится двойник.
    """
    node, tax = _node(base, pack), pack["field.tax_number"]
    rows = base.odata.rows(pack["partners"], filter=f"DeletionMark eq false and {tax} ne ''")
    known = min((row for row in rows if not str(row["Description"]).startswith(NAME)), key=lambda row: str(row["Code"]))
    first = _message(base, pack, node, [_partner(OTHER, str(known["Description"]), str(known[tax]))])
    base.service.import_message(node.plan, node.node, writing.write(first))
    node = _node(base, pack)
    before = (
        base.odata.count(pack["partners"], filter="IsFolder eq false")
        if "IsFolder" in known
        else base.odata.count(pack["partners"])
    )
    renamed = _message(base, pack, node, [_partner(OTHER, f"{NAME} (переименован)", "7706107510")])
    base.service.import_message(node.plan, node.node, writing.write(renamed))
    after = (
        base.odata.count(pack["partners"], filter="IsFolder eq false")
        if "IsFolder" in known
        else base.odata.count(pack["partners"])
    )
    card = base.odata.get(pack["partners"], str(known["Ref_Key"]))
    kept = outward.identifiers(node.plan, node.node)
    observe.contract(
        "соответствия", dict.fromkeys(kept, "объект"), title="Виды объектов, для которых хранится соответствие"
    )
    observe.value("карточек прибавилось", after - before, title="Новых карточек после переименования у корреспондента")
    assert after == before, (
        f"Обмен {node.plan}: переименованный у корреспондента контрагент задвоился: карточек прибавилось {after - before}"
    )
    assert card["Description"] == f"{NAME} (переименован)", (
        f"Обмен {node.plan}: соответствие идентификаторов потеряно: изменение контрагента «{known['Description']}» не дошло до его карточки"
    )
