"""Обмен через универсальный формат EnterpriseData."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.checks import universal
from harness.checks.exchanges import IMPORT_KEY, import_row
from harness.exchange import enterprise_data
from harness.exchange import enterprise_data_write as writing

if TYPE_CHECKING:
    from harness.checks.one_exchange import Exchanges
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.packs import Pack

pytestmark = [pytest.mark.needs("odata", "service"), pytest.mark.group("universal")]
PARTNER_REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf53"
PARTNER_NAME = "Контрагент проверки готовности"
PARTNER_TAX = "7707083893"
STRANGER_REF = "7e3e0ef4-8295-11f1-8af8-04ecd881cf54"
"""Ссылка, под которой корреспондент знает контрагента, а база её ещё не видела."""
UNKNOWN_VERSION = "9.99"


@pytest.mark.scenario("UNI-01", area="exchange", severity="blocker", owner="Ответственный за интеграции")
def test_message_is_exported(observe: Observe, exchange: Exchanges) -> None:
    """Сообщение универсального формата выгружается таким же

    Конверт составлен по правилам формата, объекты сообщения те же и заполнены так же. Не сравниваются время создания и
    номера сообщений: они обязаны меняться.
    """
    ours = exchange("universal")
    data = ours.preview()
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
    assert not wrong, ours.says("корреспондент не примет сообщение: " + "; ".join(wrong[:5]))


# Раньше сценариев, после которых обмен считается успешным: время успеха хранится до секунды.
@pytest.mark.scenario("UNI-07", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_settings_are_no_exchange(pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Сообщение с одними настройками не считается обменом

    Рукопожатие без версии формата только договаривается. Время последнего успешного обмена и номера после него прежние: иначе
    остановившийся обмен выглядит работающим.
    """
    ours = exchange("universal")
    handshake = replace(universal.message_from(ours, pack, []), version="", objects=())
    ours.outlive_last_success()
    ours.load(writing.write(handshake))
    after = ours.now()
    observe.value(
        "время успеха прежнее", after.last_success == ours.state.last_success, title="Рукопожатие не считается обменом"
    )
    assert after.received_no == ours.state.received_no, ours.says("рукопожатие сдвинуло номер принятого")
    assert after.last_success == ours.state.last_success, ours.says(
        "сообщение с одними настройками засчитано как успешный обмен данными"
    )


@pytest.mark.scenario("UNI-02", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_message_is_imported_once(base: Base, pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Сообщение корреспондента принимается один раз

    Новый контрагент из сообщения появляется в базе, номер принятого сообщения растёт на единицу. То же сообщение, присланное
    снова, распознаётся как принятое ранее и ничего не создаёт.
    """
    ours = exchange("universal")
    sent = universal.partner(PARTNER_REF, PARTNER_NAME, PARTNER_TAX, КПП="770701001")
    data = writing.write(universal.message_from(ours, pack, [sent]))
    first, second = ours.load(data), ours.load(data)
    after = ours.now()
    rows = [import_row(first, "первая"), import_row(second, "повторная")]
    observe.table("загрузка", rows, key=IMPORT_KEY, title="Итог загрузки сообщения")
    found = list(base.odata.rows(pack["partners"], filter=f"Description eq '{PARTNER_NAME}'"))
    tax = pack["field.tax_number"]
    observe.table(
        "контрагент", [{"Контрагент": row["Description"], "ИНН": row[tax]} for row in found], key="Контрагент"
    )
    assert second.already_received, ours.says("повторное сообщение не распознано как принятое ранее")
    assert len(found) == 1, ours.says(f"после двух загрузок одного сообщения контрагентов с его именем: {len(found)}")
    assert after.received_no == ours.state.received_no + 1, ours.says(
        f"номер принятого был {ours.state.received_no}, стал {after.received_no}"
    )


@pytest.mark.scenario("UNI-04", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_known_partner_is_recognised(base: Base, pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Контрагент, который в базе уже есть, узнаётся, а не задваивается

    Корреспондент присылает контрагента под своим идентификатором, которого база ещё не знает. Он должен быть найден по ИНН:
    иначе у контрагента появится двойник, и долги разойдутся на две карточки.
    """
    ours = exchange("universal")
    tax = pack["field.tax_number"]
    rows = base.odata.rows(pack["partners"], filter=f"DeletionMark eq false and {tax} ne ''")
    known = min(
        (row for row in rows if row["Description"] != PARTNER_NAME), key=lambda row: str(row["Code"]), default=None
    )
    assert known is not None, "В базе нет ни одного контрагента с ИНН"
    sent = universal.partner(STRANGER_REF, str(known["Description"]), str(known[tax]), КПП="770701001")
    loaded = ours.load(writing.write(universal.message_from(ours, pack, [sent])))
    observe.table(
        "загрузка", [import_row(loaded, "первая")], key=IMPORT_KEY, title="Итог загрузки известного контрагента"
    )
    found = list(base.odata.rows(pack["partners"], filter=f"{tax} eq '{known[tax]}'"))
    observe.value("карточек", len(found), title="Карточек контрагента с этим ИНН")
    assert len(found) == 1, ours.says(
        f"контрагент «{known['Description']}» не узнан по ИНН, карточек с его ИНН стало {len(found)}"
    )


@pytest.mark.scenario("UNI-03", area="exchange", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.writes
def test_version_is_agreed(pack: Pack, observe: Observe, exchange: Exchanges) -> None:
    """Общая с корреспондентом версия формата есть, неизвестная версия отвергается

    Корреспондент обновляется отдельно и понимает только свои версии формата: если новый релиз их больше не поддерживает, обмен
    остановится. Сообщение неизвестной версии отвергается с понятной причиной, номера сообщений узла не сдвигаются.
    """
    ours = exchange("universal")
    common = enterprise_data.common_version(ours.state.versions, pack["universal.partner_versions"])
    observe.value("общая версия", common or "нет", title="Версия формата, о которой договорятся стороны")
    universal.agreed_version(ours, pack)
    sent = universal.partner(PARTNER_REF, PARTNER_NAME, PARTNER_TAX)
    reason = ours.refusal_of(writing.write(universal.message_from(ours, pack, [sent], version=UNKNOWN_VERSION)))
    observe.value("неизвестная версия отвергнута", bool(reason))
    assert reason, ours.says(f"принято сообщение неизвестной версии {UNKNOWN_VERSION}")
    moved = ours.moved()
    assert not moved, ours.says(f"отказ сдвинул номера сообщений: {moved}")
