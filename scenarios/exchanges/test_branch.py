"""Обмен с филиалом: сообщения плана обмена распределённой базы."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.exchanges import IMPORT_KEY, LogWatch, import_row, is_refused, node_of, numbers_of, preview
from harness.errors import DocumentError
from harness.exchange.markup import parse, text
from harness.exchange.peers.branch import Branch

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.onec.services import ExchangeNode
    from harness.phase.access import Base
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("branch")]
PARTNER = "7e3e0ef4-8295-11f1-8af8-04ecd881cf77"
NAME = "Контрагент филиала для проверки"
FUTURE = 5


def _node(base: Base, pack: Pack) -> ExchangeNode:
    return node_of(base.service, pack["branch.plan"], pack.get("branch.node", ""))


def _branch(base: Base, node: ExchangeNode) -> tuple[Branch, bytes]:
    """Филиал, который знает о центре столько, сколько центр о нём, и сообщение для него."""
    data = preview(base.service, node)
    sender = text(parse(data, "сообщение филиалу"), "Header", "From")
    # Филиал продолжает обмен: его отправленные центр принял, а принятые отправил.
    return Branch(node.plan, node.node, sender, sent=node.received_no, received=node.sent_no), data


def _kind(pack: Pack) -> str:
    return f"CatalogObject.{str(pack['partners']).partition('_')[2]}"


@pytest.mark.scenario("BRANCH-01", area="exchange", severity="blocker", owner="Ответственный за филиалы")
def test_branch_takes_the_message(base: Base, pack: Pack, observe: Observe) -> None:
    """Филиал принимает сообщение центра

    Сообщение адресовано филиалу, номер следующий по порядку, конфигурация та же, изменений конфигурации без нужды в нём нет,
    объекты те же, что до обновления.
    """
    node = _node(base, pack)
    branch, data = _branch(base, node)
    try:
        taken = branch.take(data)
    except DocumentError as error:
        raise AssertionError(f"Обмен {node.plan}: филиал не примет сообщение: {error.message}") from error
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
    assert taken.objects, f"Обмен {node.plan}: в сообщении филиалу нет ни одного объекта"
    assert sum(taken.objects.values()) + taken.deletions == node.registered, (
        f"Обмен {node.plan}: к отправке филиалу {node.registered} объектов, в сообщении {sum(taken.objects.values())} и удалений {taken.deletions}"
    )


@pytest.mark.scenario("BRANCH-02", area="exchange", severity="blocker", owner="Ответственный за филиалы")
@pytest.mark.writes
def test_objects_go_round(base: Base, pack: Pack, observe: Observe) -> None:
    """Объект проходит путь филиал — центр — филиал, удаление тоже

    Новый контрагент филиала появляется в центре под той же ссылкой и один раз, сколько бы ни пришло сообщение. Удалённый в
    филиале помечается на удаление в центре. Контрагент, удалённый в центре, исчезает и в филиале.
    """
    node, watch = _node(base, pack), LogWatch(base.service)
    branch, data = _branch(base, node)
    branch.take(data)
    kind = _kind(pack)
    cells = {"Ref": PARTNER, "Code": "Ф99900001", "Description": NAME, pack["field.tax_number"]: "7707083893"}
    branch.objects[kind, PARTNER] = cells
    message = branch.make({(kind, PARTNER): cells}, received=node.sent_no)
    first = base.service.import_message(node.plan, node.node, message)
    second = base.service.import_message(node.plan, node.node, message)
    found = list(base.odata.rows(pack["partners"], filter=f"Description eq '{NAME}'"))
    removed = base.service.import_message(
        node.plan, node.node, branch.make({}, deleted=((kind, PARTNER),), received=node.sent_no)
    )
    marked = base.odata.get(pack["partners"], PARTNER)
    base.odata.change(pack["partners"], PARTNER, {"DeletionMark": False})
    base.odata.delete(pack["partners"], PARTNER)
    back = Branch(
        node.plan, node.node, branch.root, sent=branch.sent, received=node.sent_no, objects={(kind, PARTNER): cells}
    )
    taken = back.take(preview(base.service, _node(base, pack)))
    rows = [import_row(first, "первая"), import_row(second, "повторная"), import_row(removed, "удаление")]
    observe.table("загрузка", rows, key=IMPORT_KEY, title="Итог загрузки сообщений филиала")
    gone = (kind, PARTNER) not in back.objects and taken.deleted > 0
    observe.value("удаление ушло филиалу", gone, title="Удаление в центре дошло до филиала")
    assert [str(row["Ref_Key"]) for row in found] == [PARTNER], (
        f"Обмен {node.plan}: контрагент филиала в центре: карточек {len(found)}, ссылка сохранена {any(str(row['Ref_Key']) == PARTNER for row in found)}"
    )
    assert second.already_received, f"Обмен {node.plan}: повторное сообщение филиала не распознано как принятое ранее"
    assert marked["DeletionMark"], f"Обмен {node.plan}: удаление в филиале не дошло до центра"
    assert gone, f"Обмен {node.plan}: удалённый в центре контрагент остался в филиале"
    assert not watch.errors(), f"Обмен {node.plan}: ошибки в журнале регистрации: {'; '.join(watch.errors()[:3])}"


@pytest.mark.scenario("BRANCH-03", area="exchange", severity="blocker", owner="Ответственный за филиалы")
@pytest.mark.writes
def test_wrong_messages_are_refused(base: Base, pack: Pack, observe: Observe) -> None:
    """Чужие, старые и испорченные сообщения филиала не загружаются

    Сообщение другой конфигурации, другому адресату, половина сообщения и объект, которого в конфигурации нет, отвергаются с
    понятной причиной; сообщение с уже принятым номером ничего не меняет. Номера узла не сдвигаются.
    """
    node = _node(base, pack)
    branch, data = _branch(base, node)
    branch.take(data)
    kind, number = _kind(pack), node.received_no + 1
    cells = {"Ref": PARTNER.replace("77", "78"), "Code": "Ф99900002", "Description": f"{NAME} 2"}
    objects = {(kind, cells["Ref"]): cells}
    whole = branch.make(objects, number=number, received=node.sent_no)
    wrong = {
        "другая конфигурация": branch.make(objects, number=number, received=node.sent_no, digest="0" * 40),
        "другой адресат": branch.make(objects, number=number, received=node.sent_no, to="Ф77"),
        "половина сообщения": whole[: len(whole) // 2],
        "неизвестный объект": branch.make(
            {("CatalogObject.НетТакого", "1"): {"Ref": PARTNER}}, number=number, received=node.sent_no
        ),
    }
    rows = [
        {"Сообщение": name, "Отвергнуто": bool(is_refused(base.service, node, data))} for name, data in wrong.items()
    ]
    observe.table("отказы", rows, key="Сообщение", title="Отказы при загрузке сообщений филиала")
    after = _node(base, pack)
    accepted = [str(row["Сообщение"]) for row in rows if not row["Отвергнуто"]]
    assert not accepted, f"Обмен {node.plan}: загружено то, что следует отвергнуть: {', '.join(accepted)}"
    assert numbers_of(after) == numbers_of(node), (
        f"Обмен {node.plan}: отказ сдвинул номера сообщений: {numbers_of(node)} → {numbers_of(after)}"
    )
    reason = is_refused(base.service, node, whole)
    assert not reason, f"Обмен {node.plan}: сообщение филиала с той же конфигурацией не загружено: {reason}"


@pytest.mark.scenario("BRANCH-04", area="exchange", severity="blocker", owner="Ответственный за филиалы")
@pytest.mark.writes
def test_restored_copy_is_noticed(base: Base, pack: Pack, observe: Observe) -> None:
    """Центр, восстановленный из копии, не теряет изменений для филиала

    Филиал подтверждает номер, которого восстановленный центр ещё не отправлял. Центр должен понять, что восстановлен из копии:
    догнать номер и не снимать с регистрации то, чего филиал не получал.
    """
    node = _node(base, pack)
    branch, _data = _branch(base, node)
    message = branch.make({}, received=node.sent_no + FUTURE)
    base.service.import_message(node.plan, node.node, message)
    after = _node(base, pack)
    rows = [
        {"Показатель": "номер отправленного догнал", "Значение": after.sent_no - node.sent_no},
        {"Показатель": "снято с регистрации", "Значение": node.registered - after.registered},
    ]
    observe.table("копия", rows, key="Показатель", title="Поведение восстановленного центра")
    assert after.sent_no == node.sent_no + FUTURE, (
        f"Обмен {node.plan}: центр не распознал, что восстановлен из копии: филиал принял {node.sent_no + FUTURE}, центр отправил {after.sent_no}"
    )
    assert after.registered == node.registered, (
        f"Обмен {node.plan}: изменения для филиала потеряны: было к отправке {node.registered}, стало {after.registered}"
    )
