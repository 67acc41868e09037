"""Обмен с филиалом: сообщения плана обмена распределённой базы."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.exchanges import IMPORT_KEY, import_row
from harness.errors import DocumentError
from harness.exchange.markup import parse, text
from harness.exchange.peers.branch import Branch

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchange, Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("branch")]
PARTNER = "7e3e0ef4-8295-11f1-8af8-04ecd881cf77"
NAME = "Контрагент филиала для проверки"
FUTURE = 5


def _branch(ours: Exchange) -> tuple[Branch, bytes]:
    """Филиал, который знает о центре столько, сколько центр о нём, и сообщение для него."""
    data = ours.preview()
    sender = text(parse(data, "сообщение филиалу"), "Header", "From")
    # Филиал продолжает обмен: его отправленные центр принял, а принятые отправил.
    return Branch(ours.plan, ours.node, sender, sent=ours.state.received_no, received=ours.state.sent_no), data


def _kind(pack: Pack) -> str:
    return f"CatalogObject.{str(pack['partners']).partition('_')[2]}"


@pytest.mark.scenario("BRANCH-01", area="exchange", severity="blocker", owner="Ответственный за филиалы")
def test_branch_takes_the_message(observe: Observe, exchange: Exchanges) -> None:
    """Филиал принимает сообщение центра

    Сообщение адресовано филиалу, номер следующий по порядку, конфигурация та же, изменений конфигурации без нужды в нём нет,
    объекты те же, что до обновления.
    """
    ours = exchange("branch")
    branch, data = _branch(ours)
    try:
        taken = branch.take(data)
    except DocumentError as error:
        raise AssertionError(ours.says(f"филиал не примет сообщение: {error.message}")) from error
    rows = [{"Объект": kind, "Количество": count} for kind, count in taken.objects.items()]
    observe.table(
        "объекты",
        rows,
        key="Объект",
        title="Объекты в сообщении филиалу",
        types={"Объект": "text", "Количество": "number"},
    )
    observe.value(
        "изменений конфигурации", len(taken.configuration), title="Изменений конфигурации в сообщении филиалу"
    )
    cells = {f"{kind}/{name}": "реквизит" for (kind, _ref), values in branch.objects.items() for name in values}
    observe.contract("реквизиты", dict(sorted(cells.items())), title="Реквизиты объектов в сообщении филиалу")
    assert taken.objects, ours.says("в сообщении филиалу нет ни одного объекта")
    assert sum(taken.objects.values()) + taken.deletions == ours.state.registered, ours.says(
        f"к отправке филиалу {ours.state.registered} объектов, в сообщении {sum(taken.objects.values())} и удалений {taken.deletions}"
    )


@pytest.mark.scenario("BRANCH-02", area="exchange", severity="blocker", owner="Ответственный за филиалы")
@pytest.mark.writes
def test_objects_go_round(base: Base, pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Объект проходит путь филиал — центр — филиал, удаление тоже

    Новый контрагент филиала появляется в центре под той же ссылкой и один раз, сколько бы ни пришло сообщение. Удалённый в
    филиале помечается на удаление в центре. Контрагент, удалённый в центре, исчезает и в филиале.
    """
    ours = exchange("branch")
    watch = ours.watch()
    branch, data = _branch(ours)
    branch.take(data)
    kind = _kind(pack)
    cells = {"Ref": PARTNER, "Code": "Ф99900001", "Description": NAME, pack["field.tax_number"]: "7707083893"}
    branch.objects[kind, PARTNER] = cells
    message = branch.make({(kind, PARTNER): cells}, received=ours.state.sent_no)
    first = ours.load(message)
    second = ours.load(message)
    found = list(base.odata.rows(pack["partners"], filter=f"Description eq '{NAME}'"))
    removed = ours.load(branch.make({}, deleted=((kind, PARTNER),), received=ours.state.sent_no))
    marked = base.odata.get(pack["partners"], PARTNER)
    base.odata.change(pack["partners"], PARTNER, {"DeletionMark": False})
    base.odata.delete(pack["partners"], PARTNER)
    back = Branch(
        ours.plan,
        ours.node,
        branch.root,
        sent=branch.sent,
        received=ours.state.sent_no,
        objects={(kind, PARTNER): cells},
    )
    taken = back.take(ours.preview())
    rows = [import_row(first, "первая"), import_row(second, "повторная"), import_row(removed, "удаление")]
    observe.table("загрузка", rows, key=IMPORT_KEY, title="Итог загрузки сообщений филиала")
    gone = (kind, PARTNER) not in back.objects and taken.deleted > 0
    observe.value("удаление ушло филиалу", gone, title="Удаление в центре дошло до филиала")
    assert [str(row["Ref_Key"]) for row in found] == [PARTNER], ours.says(
        f"контрагент филиала в центре: карточек {len(found)}, ссылка сохранена {any(str(row['Ref_Key']) == PARTNER for row in found)}"
    )
    assert second.already_received, ours.says("повторное сообщение филиала не распознано как принятое ранее")
    assert marked["DeletionMark"], ours.says("удаление в филиале не дошло до центра")
    assert gone, ours.says("удалённый в центре контрагент остался в филиале")
    errors = watch.told()
    assert not errors, ours.says(f"ошибки в журнале регистрации: {errors}")


@pytest.mark.scenario("BRANCH-03", area="exchange", severity="blocker", owner="Ответственный за филиалы")
@pytest.mark.writes
def test_wrong_messages_are_refused(pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Чужие, старые и испорченные сообщения филиала не загружаются

    Сообщение другой конфигурации, другому адресату, половина сообщения и объект, которого в конфигурации нет, отвергаются с
    понятной причиной; сообщение с уже принятым номером ничего не меняет. Номера узла не сдвигаются.
    """
    ours = exchange("branch")
    branch, data = _branch(ours)
    branch.take(data)
    kind, number = _kind(pack), ours.state.received_no + 1
    cells = {"Ref": PARTNER.replace("77", "78"), "Code": "Ф99900002", "Description": f"{NAME} 2"}
    objects = {(kind, cells["Ref"]): cells}
    whole = branch.make(objects, number=number, received=ours.state.sent_no)
    wrong = {
        "другая конфигурация": branch.make(objects, number=number, received=ours.state.sent_no, digest="0" * 40),
        "другой адресат": branch.make(objects, number=number, received=ours.state.sent_no, to="Ф77"),
        "половина сообщения": whole[: len(whole) // 2],
        "неизвестный объект": branch.make(
            {("CatalogObject.НетТакого", "1"): {"Ref": PARTNER}}, number=number, received=ours.state.sent_no
        ),
    }
    rows = [{"Сообщение": name, "Отвергнуто": bool(ours.refusal_of(data))} for name, data in wrong.items()]
    observe.table("отказы", rows, key="Сообщение", title="Отказы при загрузке сообщений филиала")
    moved = ours.moved()
    accepted = [str(row["Сообщение"]) for row in rows if not row["Отвергнуто"]]
    assert not accepted, ours.says(f"загружено то, что следует отвергнуть: {', '.join(accepted)}")
    assert not moved, ours.says(f"отказ сдвинул номера сообщений: {moved}")
    reason = ours.refusal_of(whole)
    assert not reason, ours.says(f"сообщение филиала с той же конфигурацией не загружено: {reason}")


@pytest.mark.scenario("BRANCH-04", area="exchange", severity="blocker", owner="Ответственный за филиалы")
@pytest.mark.writes
def test_restored_copy_is_noticed(observe: Observe, exchange: Exchanges) -> None:
    """Центр, восстановленный из копии, не теряет изменений для филиала

    Филиал подтверждает номер, которого восстановленный центр ещё не отправлял. Центр должен понять, что восстановлен из копии:
    догнать номер и не снимать с регистрации то, чего филиал не получал.
    """
    ours = exchange("branch")
    branch, _data = _branch(ours)
    message = branch.make({}, received=ours.state.sent_no + FUTURE)
    ours.load(message)
    after = ours.now()
    rows = [
        {"Показатель": "номер отправленного догнал", "Значение": after.sent_no - ours.state.sent_no},
        {"Показатель": "снято с регистрации", "Значение": ours.state.registered - after.registered},
    ]
    observe.table("копия", rows, key="Показатель", title="Поведение восстановленного центра")
    assert after.sent_no == ours.state.sent_no + FUTURE, ours.says(
        f"центр не распознал, что восстановлен из копии: филиал принял {ours.state.sent_no + FUTURE}, центр отправил {after.sent_no}"
    )
    assert after.registered == ours.state.registered, ours.says(
        f"изменения для филиала потеряны: было к отправке {ours.state.registered}, стало {after.registered}"
    )
