"""Обмен через универсальный формат EnterpriseData."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.exchanges import IMPORT_KEY, import_row, is_refused, node_of, numbers_of, preview
from harness.exchange import enterprise_data
from harness.exchange import enterprise_data_write as writing

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.onec.services import ExchangeNode
    from harness.phase.access import Base
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("universal")]
PARTNER_REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf53"
PARTNER_NAME = "Контрагент проверки готовности"
STRANGER_REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf54"
"""Ссылка, под которой корреспондент знает контрагента, а база её ещё не видела."""
UNKNOWN_VERSION = "9.99"


def _node(base: Base, pack: Pack) -> ExchangeNode:
    return node_of(base.service, pack["universal.plan"], pack.get("universal.node", ""))


@pytest.mark.scenario("UNI-01", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_message_is_exported(base: Base, pack: Pack, observe: Observe) -> None:
    """Сообщение универсального формата выгружается таким же

    Конверт составлен по правилам формата, объекты сообщения те же и заполнены так же. Не сравниваются время создания и
    номера сообщений: они обязаны меняться.
    """
    node = _node(base, pack)
    data = preview(base.service, node)
    message = enterprise_data.read(data, "сообщение универсального формата")
    rows = [{"Объект": kind, "Количество": count} for kind, count in message.counts().items()]
    observe.table(
        "объекты", rows, key="Объект", title="Объекты в сообщении", types={"Объект": "text", "Количество": "number"}
    )
    observe.document(
        "сообщение",
        data,
        title="Сообщение универсального формата",
        identity={"/Message/Body/*": "КлючевыеСвойства/Ссылка"},
        mask=(
            "/Message/Header/CreationDate",
            "/Message/Header/Confirmation/MessageNo",
            "/Message/Header/Confirmation/ReceivedNo",
            # Версии и виды объектов сравнивает EXCH-02, по узлам.
            "/Message/Header/AvailableVersion",
            "/Message/Header/AvailableObjectTypes",
        ),
    )
    wrong = enterprise_data.validate(message)
    assert not wrong, f"Обмен {node.plan}: корреспондент не примет сообщение: " + "; ".join(wrong[:5])


@pytest.mark.scenario("UNI-02", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_message_is_imported_once(base: Base, pack: Pack, observe: Observe) -> None:
    """Сообщение корреспондента принимается один раз

    Новый контрагент из сообщения появляется в базе, номер принятого сообщения растёт на единицу. То же сообщение, присланное
    снова, распознаётся как принятое ранее и ничего не создаёт.
    """
    node = _node(base, pack)
    version = enterprise_data.common_version(node.versions, pack["universal.partner_versions"])
    assert version, _no_common(node, pack)
    data = writing.write(_incoming(base, node, version))
    first = base.service.import_message(node.plan, node.node, data)
    second = base.service.import_message(node.plan, node.node, data)
    after = _node(base, pack)
    rows = [import_row(first, "первая"), import_row(second, "повторная")]
    observe.table("загрузка", rows, key=IMPORT_KEY, title="Итог загрузки сообщения")
    found = list(base.odata.rows(pack["partners"], filter=f"Description eq '{PARTNER_NAME}'"))
    tax = pack["field.tax_number"]
    observe.table(
        "контрагент", [{"Контрагент": row["Description"], "ИНН": row[tax]} for row in found], key="Контрагент"
    )
    assert second.already_received, f"Обмен {node.plan}: повторное сообщение не распознано как принятое ранее"
    assert len(found) == 1, (
        f"Обмен {node.plan}: после двух загрузок одного сообщения контрагентов с его именем: {len(found)}"
    )
    assert after.received_no == node.received_no + 1, (
        f"Обмен {node.plan}: номер принятого был {node.received_no}, стал {after.received_no}"
    )


def _incoming(
    base: Base,
    node: ExchangeNode,
    version: str,
    *,
    ref: str = PARTNER_REF,
    name: str = PARTNER_NAME,
    tax: str = "7707083893",
) -> enterprise_data.Message:
    """What the partner would send: one counterparty, in a version it speaks, addressed as the base addresses it."""
    ours = enterprise_data.read(preview(base.service, node))
    counterparty = writing.build_object(
        "Справочник.Контрагенты",
        {
            "КлючевыеСвойства": {
                "Ссылка": ref,
                "Наименование": name,
                "ИНН": tax,
                "КПП": "770701001",
                "ЮридическоеФизическоеЛицо": "ЮридическоеЛицо",
            }
        },
    )
    # ReceivedNo не больше отправленного узлом: подтверждение «из будущего» означало бы восстановленную копию.
    ours = writing.acknowledged(ours, node.sent_no)
    return writing.reply(ours, message_no=node.received_no + 1, objects=[counterparty], version=version)


def _no_common(node: ExchangeNode, pack: Pack) -> str:
    theirs = ", ".join(pack["universal.partner_versions"])
    return f"Обмен {node.plan}: нет общей версии формата: база поддерживает {', '.join(node.versions)}, корреспондент «{node.title}» {theirs}"


@pytest.mark.scenario("UNI-04", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_known_partner_is_recognised(base: Base, pack: Pack, observe: Observe) -> None:
    """Контрагент, который в базе уже есть, узнаётся, а не задваивается

    Корреспондент присылает контрагента под своим идентификатором, которого база ещё не знает. Он должен быть найден по ИНН:
    иначе у контрагента появится двойник, и долги разойдутся на две карточки.
    """
    node = _node(base, pack)
    version = enterprise_data.common_version(node.versions, pack["universal.partner_versions"])
    assert version, _no_common(node, pack)
    tax = pack["field.tax_number"]
    rows = base.odata.rows(pack["partners"], filter=f"DeletionMark eq false and {tax} ne ''")
    known = min(
        (row for row in rows if row["Description"] != PARTNER_NAME), key=lambda row: str(row["Code"]), default=None
    )
    assert known is not None, "В базе нет ни одного контрагента с ИНН"
    data = writing.write(
        _incoming(base, node, version, ref=STRANGER_REF, name=str(known["Description"]), tax=str(known[tax]))
    )
    loaded = base.service.import_message(node.plan, node.node, data)
    observe.table(
        "загрузка", [import_row(loaded, "первая")], key=IMPORT_KEY, title="Итог загрузки известного контрагента"
    )
    found = list(base.odata.rows(pack["partners"], filter=f"{tax} eq '{known[tax]}'"))
    observe.value("карточек", len(found), title="Карточек контрагента с этим ИНН")
    assert len(found) == 1, (
        f"Обмен {node.plan}: контрагент «{known['Description']}» не узнан по ИНН, карточек с его ИНН стало {len(found)}"
    )


@pytest.mark.scenario("UNI-03", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_version_is_agreed(base: Base, pack: Pack, observe: Observe) -> None:
    """Общая с корреспондентом версия формата есть, неизвестная версия отвергается

    Корреспондент обновляется отдельно и понимает только свои версии формата: если новый релиз их больше не поддерживает, обмен
    остановится. Сообщение неизвестной версии отвергается с понятной причиной, номера сообщений узла не сдвигаются.
    """
    node = _node(base, pack)
    common = enterprise_data.common_version(node.versions, pack["universal.partner_versions"])
    observe.value("общая версия", common or "нет", title="Версия формата, о которой договорятся стороны")
    assert common, _no_common(node, pack)
    unknown = writing.write(_incoming(base, node, UNKNOWN_VERSION))
    reason = is_refused(base.service, node, unknown)
    observe.value("неизвестная версия отвергнута", bool(reason))
    after = _node(base, pack)
    assert reason, f"Обмен {node.plan}: принято сообщение неизвестной версии {UNKNOWN_VERSION}"
    assert numbers_of(after) == numbers_of(node), (
        f"Обмен {node.plan}: отказ сдвинул номера сообщений: {numbers_of(node)} → {numbers_of(after)}"
    )
