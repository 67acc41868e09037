"""Обмен через универсальный формат файлами: две базы читают и пишут сообщения в общем каталоге."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks import universal
from harness.checks.outward import Outward
from harness.checks.reconciliation import reconcile
from harness.exchange import enterprise_data
from harness.exchange import enterprise_data_write as writing
from harness.exchange.peers.folder import ExchangeFolder
from harness.onec.exchange_folder import is_message_of

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchange, Exchanges
    from harness.exchange.peers.base import CorrespondentBase
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("universal"), pytest.mark.writes]
REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf71"
NAME = "Контрагент обмена файлами"
TAX = "7702070139"
PURCHASE = "БП00-990011"


def _other_side(peer: CorrespondentBase, exchange: Exchange, folder: ExchangeFolder) -> Outward:
    """Обмен корреспондента: он смотрит на тот же каталог."""
    theirs = Outward(peer.session)
    theirs.point(exchange.plan, peer.peer, address=folder.address)
    return theirs


def _misnamed(folder: ExchangeFolder, own: str, peer: str) -> str:
    """Файлы каталога, которых не прочитает ни одна из сторон."""
    known = ((own, peer), (peer, own))
    return ", ".join(name for name in folder.names() if not any(is_message_of(name, *pair) for pair in known))


@pytest.mark.scenario("UNI-11", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_two_bases_agree_by_files(
    base: Base, pack: Pack, period: Period, observe: Observe, exchange: Exchanges
) -> None:
    """Две базы сходятся и при обмене файлами через каталог

    Базы по очереди читают сообщение другой стороны из общего каталога и кладут туда своё, корреспондент — в архиве. Документы, которые
    база отправила, у корреспондента есть, суммы и строки те же, лишних нет. Его поступление приходит в базу, распроведённая реализация
    исчезает у него. Каждое сообщение подтверждает принятое, подтверждённое уходит из очереди, номера сторон согласованы.
    """
    ours = exchange("universal")
    watch = ours.watch()
    own = universal.own_code(ours)
    folder = ours.meet(ExchangeFolder(ours.exchange_folder))
    peer = ours.start(universal.correspondent(ours, pack))
    theirs = _other_side(peer, ours, folder)
    # Корреспондент начинает: сообщения для него ещё нет, он говорит об этом и всё же кладёт своё.
    alone = theirs.refusal(ours.plan, own)
    ref, number = universal.make_sale(base, pack, period)
    numbers = universal.numbers_in(ours.preview())
    first = ours.run()
    strange = _misnamed(folder, own, ours.node)
    assert not strange, ours.says(
        f"файл сообщения называется {strange}, корреспондент ищет «Message_{own}_{ours.node}» и его не прочитает"
    )
    theirs.run(ours.plan, own)
    sent = universal.documents(base.odata, pack, "sale", numbers)
    arrived = universal.documents(peer.odata, pack, "sale")
    universal.make_purchase(peer.odata, pack, PURCHASE)
    theirs.run(ours.plan, own)
    back = ours.run()
    confirmed = enterprise_data.read(folder.take(own, ours.node)).confirmation
    state = ours.now()
    base.odata.unpost(pack["sale"], ref)
    ours.run()
    theirs.run(ours.plan, own)
    left = {row["Номер"] for row in universal.documents(peer.odata, pack, "sale")}
    ours.run()
    repeated = ours.run()
    found = base.odata.count(pack["purchase"], filter=f"Number eq '{PURCHASE}'")
    rows = universal.totals(база=sent, корреспондент=arrived)
    observe.table("итоги", rows, key="Сторона", title="Документы и суммы двух сторон при обмене файлами")
    observe.contract("файлы", dict.fromkeys(folder.names(), "файл"), title="Файлы в каталоге обмена")
    mismatches = reconcile(sent, arrived, key="Номер", columns=universal.COLUMNS)
    assert alone, ours.says("пустой каталог обмена принят за успешный обмен")
    assert not mismatches, ours.says(f"после обмена файлами базы не сходятся: {'; '.join(map(str, mismatches[:4]))}")
    assert number in {row["Номер"] for row in arrived}, ours.says(
        f"реализация {number} в файле до корреспондента не дошла"
    )
    assert first.sent, ours.says("в файле корреспонденту ничего не отправлено")
    assert (back.received.created > 0, found) == (True, 1), ours.says(
        f"поступление корреспондента {PURCHASE} из файла в базе: документов {found}"
    )
    assert confirmed is not None
    assert confirmed.received_no == state.received_no, ours.says(
        f"файл базы подтверждает сообщение {confirmed.received_no}, а принято {state.received_no}: корреспондент пришлёт то же снова"
    )
    assert confirmed.message_no == state.sent_no, ours.says(
        f"в файле сообщение {confirmed.message_no}, а номер отправленного {state.sent_no}: следующее сообщение корреспондент сочтёт принятым ранее"
    )
    assert not state.registered, ours.says(f"подтверждённое корреспондентом осталось в очереди: {state.registered}")
    assert number not in left, ours.says(f"распроведённая реализация {number} осталась у корреспондента проведённой")
    assert repeated.received.already_received, ours.says("прочитанный файл корреспондента загружен второй раз")
    disagreement = universal.disagreement(ours, peer)
    assert not disagreement, ours.says(f"номера сообщений сторон не согласованы: {disagreement}")
    errors = watch.told()
    assert not errors, ours.says(f"ошибки в журнале регистрации: {errors}")


@pytest.mark.scenario("UNI-12", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_wrong_files_do_no_harm(base: Base, pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Испорченные, чужие и старые файлы каталога обмена ничего не портят

    Пустой каталог, половина файла, половина архива и сообщение чужому адресату не загружаются, причина названа, номер принятого на
    месте. Исправный файл после них загружается. Из двух файлов берётся новый, старая копия и повторный файл распознаются как принятые
    ранее и ничего не меняют.
    """
    swap = exchange("universal")
    own = universal.own_code(swap)
    folder = swap.meet(ExchangeFolder(swap.exchange_folder))
    first = writing.write(universal.message_from(swap, pack, [universal.partner(REF, NAME, TAX)]))
    renamed = universal.partner(REF, f"{NAME} (новый)", TAX)
    second = writing.write(universal.message_from(swap, pack, [renamed], ahead=2))
    foreign = writing.write(universal.message_from(swap, pack, [], to="ЧУЖАЯ"))
    rows = [_refused(swap, "пустой каталог")]
    folder.put_half(swap.node, own, first)
    rows.append(_refused(swap, "половина файла"))
    folder.put(swap.node, own, foreign)
    rows.append(_refused(swap, "чужой адресат"))
    folder.put_half(swap.node, own, first, packed=True)
    rows.append(_refused(swap, "половина архива"))
    observe.table("отказы", rows, key="Файл", title="Отказы при чтении каталога обмена")
    folder.put(swap.node, own, first)
    loaded = swap.run()
    folder.put(swap.node, own, second, packed=True)
    newer = swap.run()
    again = swap.run()
    folder.put(swap.node, own, first)
    old = swap.run()
    names = [
        str(row["Description"]) for row in base.odata.rows(pack["partners"], filter=f"startswith(Description,'{NAME}')")
    ]
    steps = [
        {"Файл": "исправный", "Создано": loaded.received.created, "РанееПринято": loaded.received.already_received},
        {"Файл": "новый в архиве", "Создано": newer.received.created, "РанееПринято": newer.received.already_received},
        {"Файл": "повторный", "Создано": again.received.created, "РанееПринято": again.received.already_received},
        {"Файл": "старая копия", "Создано": old.received.created, "РанееПринято": old.received.already_received},
    ]
    observe.table("файлы", steps, key="Файл", title="Файлы каталога обмена по очереди")
    accepted = [str(row["Файл"]) for row in rows if not row["Отвергнут"]]
    moved = [str(row["Файл"]) for row in rows if not row["Номер на месте"]]
    assert not accepted, swap.says(f"загружены файлы, которые следует отвергнуть: {', '.join(accepted)}")
    assert not moved, swap.says(
        f"база подтвердила файл, который не смогла загрузить, данные потеряются: {', '.join(moved)}"
    )
    assert loaded.received.created == 1, swap.says("исправный файл после испорченных не загружен")
    assert newer.received.updated == 1, swap.says("из двух файлов сообщения прочитан старый, новый не загружен")
    assert again.received.already_received, swap.says("повторный файл сообщения не распознан как принятый ранее")
    assert old.received.already_received, swap.says("старая копия файла сообщения не распознана как принятая ранее")
    assert names == [f"{NAME} (новый)"], swap.says(
        f"после старой копии файла контрагенты в базе: {', '.join(names) or 'нет'}"
    )


def _refused(exchange: Exchange, name: str) -> dict[str, object]:
    """Отвергла ли база то, что лежит в каталоге, и остался ли на месте номер принятого."""
    reason = exchange.refusal()
    kept = exchange.now().received_no == exchange.state.received_no
    return {"Файл": name, "Отвергнут": bool(reason), "Номер на месте": kept}
