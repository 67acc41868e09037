"""Правила универсального формата: что обязано быть отвергнуто, что не должно потеряться."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.checks import universal
from harness.exchange import enterprise_data
from harness.exchange import enterprise_data_write as writing

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.checks.one_exchange import Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("universal"), pytest.mark.writes]
REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf61"
OTHER = "7e3e0ef4-8295-11f1-8af8-04ecd881cf62"
GOOD = "7e3e0ef4-8295-11f1-8af8-04ecd881cf63"
NAME = "Контрагент правил обмена"
GOOD_NAME = "Товар правил обмена"
FUTURE = 5


@pytest.mark.scenario("UNI-06", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_wrong_messages_are_refused(pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Неверные сообщения корреспондента отвергаются целиком

    Без обязательного реквизита, с неизвестным значением перечисления, чужому адресату, от неизвестного узла, половина файла,
    другая кодировка, сообщение старых правил конвертации. У каждого отказа понятная причина; номер принятого не сдвигается,
    иначе корреспондент сочтёт данные принятыми и больше их не пришлёт.
    """
    ours = exchange("universal")
    whole = writing.write(universal.message_from(ours, pack, [universal.partner(REF, NAME, "7707083893")]))
    wrong = {
        "без обязательного реквизита": writing.write(
            universal.message_from(ours, pack, [universal.partner(REF, "", "7707083893")])
        ),
        "неизвестное значение перечисления": writing.write(
            universal.message_from(ours, pack, [universal.good(GOOD, GOOD_NAME, "НетТакогоТипа")])
        ),
        "чужой адресат": writing.write(universal.message_from(ours, pack, [], to="ЧУЖАЯ")),
        "неизвестный отправитель": writing.write(universal.message_from(ours, pack, [], sender="ЧУЖАЯ")),
        "половина файла": whole[: len(whole) // 2],
        "другая кодировка": b'<?xml version="1.0" encoding="windows-1251"?>'
        + whole.partition(b"?>")[2].replace("Контрагент".encode(), b"\x98"),
        "старые правила конвертации": '<?xml version="1.0" encoding="UTF-8"?><ФайлОбмена ВерсияФормата="3.1"/>'.encode(),
    }
    rows: list[dict[str, object]] = []
    moved: list[str] = []
    for name, data in wrong.items():
        reason, went = ours.refusal_of(data), ours.moved()
        moved += [name] if went else []
        rows.append({"Сообщение": name, "Отвергнуто": bool(reason), "Номера на месте": not went})
    observe.table("отказы", rows, key="Сообщение", title="Отказы при загрузке сообщений корреспондента")
    accepted = [str(row["Сообщение"]) for row in rows if not row["Отвергнуто"]]
    assert not moved, ours.says(
        f"база подтвердила сообщение, которое не смогла загрузить, данные потеряются: {', '.join(moved)}"
    )
    assert not accepted, ours.says(f"загружено то, что следует отвергнуть: {', '.join(accepted)}")


@pytest.mark.scenario("UNI-08", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_message_of_before_is_read(
    base: Base, pack: Pack, observe: Observe, exchange: Exchanges, carried: Callable[[str, bytes], bytes]
) -> None:
    """Сообщение, записанное до обновления, читается после него

    Корреспондент обновится позже и присылает сообщения в прежнем виде. Сообщение, составленное на прежнем релизе, загружается и
    новым: контрагент и товар создаются, ничего не требуется сверх того, что требовалось.
    """
    ours = exchange("universal")
    fresh = writing.write(
        universal.message_from(
            ours, pack, [universal.partner(REF, NAME, "7707083893", КПП="770701001"), universal.good(GOOD, GOOD_NAME)]
        )
    )
    data = carried("UNI-08-message.xml", fresh)
    sent = enterprise_data.read(data).confirmation
    assert sent is not None
    # Этапы начинаются с одной копии, так что номер подходит обоим; на своей базе номер мог уйти вперёд.
    if sent.message_no != ours.state.received_no + 1:
        message = enterprise_data.read(data)
        data = writing.write(replace(message, confirmation=replace(sent, message_no=ours.state.received_no + 1)))
    reason = ours.refusal_of(data)
    observe.value("принято", not reason, title="Сообщение прежнего релиза принято")
    assert not reason, ours.says(f"сообщение, записанное до обновления, не читается: {reason}")
    found = base.odata.count(pack["partners"], filter=f"Description eq '{NAME}'")
    goods = base.odata.count(pack["goods"], filter=f"Description eq '{GOOD_NAME}'")
    observe.table(
        "создано",
        [{"Объект": "контрагент", "Карточек": found}, {"Объект": "товар", "Карточек": goods}],
        key="Объект",
        title="Загружено из прежнего сообщения",
    )
    assert (found, goods) == (1, 1), ours.says(f"из прежнего сообщения загружено контрагентов {found}, товаров {goods}")


@pytest.mark.scenario("UNI-09", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_restored_copy_is_noticed(pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """База, восстановленная из копии, не теряет изменений для корреспондента

    Корреспондент подтверждает номер, которого восстановленная база ещё не отправляла. База должна догнать номер и не снимать с
    регистрации то, чего корреспондент не получал.
    """
    ours = exchange("universal")
    data = writing.write(universal.message_from(ours, pack, [], received_no=ours.state.sent_no + FUTURE))
    ours.load(data)
    after = ours.now()
    rows = [
        {"Показатель": "номер отправленного догнал", "Значение": after.sent_no - ours.state.sent_no},
        {"Показатель": "снято с регистрации", "Значение": ours.state.registered - after.registered},
    ]
    observe.table("копия", rows, key="Показатель", title="Поведение восстановленной базы")
    assert after.sent_no == ours.state.sent_no + FUTURE, ours.says(
        f"база не распознала, что восстановлена из копии: корреспондент принял {ours.state.sent_no + FUTURE}, отправлено {after.sent_no}"
    )
    assert after.registered == ours.state.registered, ours.says(
        f"изменения для корреспондента потеряны: было к отправке {ours.state.registered}, стало {after.registered}"
    )


@pytest.mark.scenario("UNI-10", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_identifiers_are_kept(base: Base, pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Соответствие идентификаторов корреспондента сохраняется

    Контрагент, узнанный по ИНН, запоминается под идентификатором корреспондента. Когда корреспондент пришлёт его с другими
    наименованием и ИНН, изменится та же карточка: без этого соответствия появится двойник.
    """
    ours, tax = exchange("universal"), pack["field.tax_number"]
    rows = base.odata.rows(pack["partners"], filter=f"DeletionMark eq false and {tax} ne ''")
    # Последний по коду: первого берут сценарии процессов, а переименованный здесь остаётся переименованным.
    known = max((row for row in rows if not str(row["Description"]).startswith(NAME)), key=lambda row: str(row["Code"]))
    first = universal.message_from(ours, pack, [universal.partner(OTHER, str(known["Description"]), str(known[tax]))])
    ours.load(writing.write(first))
    before = (
        base.odata.count(pack["partners"], filter="IsFolder eq false")
        if "IsFolder" in known
        else base.odata.count(pack["partners"])
    )
    renamed = universal.message_from(
        ours, pack, [universal.partner(OTHER, f"{NAME} (переименован)", "7706107510")], ahead=2
    )
    ours.load(writing.write(renamed))
    after = (
        base.odata.count(pack["partners"], filter="IsFolder eq false")
        if "IsFolder" in known
        else base.odata.count(pack["partners"])
    )
    card = base.odata.get(pack["partners"], str(known["Ref_Key"]))
    kept = ours.identifiers()
    observe.contract(
        "соответствия", dict.fromkeys(kept, "объект"), title="Виды объектов, для которых хранится соответствие"
    )
    observe.value("карточек прибавилось", after - before, title="Новых карточек после переименования у корреспондента")
    assert after == before, ours.says(
        f"переименованный у корреспондента контрагент задвоился: карточек прибавилось {after - before}"
    )
    assert card["Description"] == f"{NAME} (переименован)", ours.says(
        f"соответствие идентификаторов потеряно: изменение контрагента «{known['Description']}» не дошло до его карточки"
    )
