"""Проверки, которые можно дать любой базе: им хватает описания публикации."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks import balances, reposting, totals
from harness.checks.contract import contract_entries

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.fixtures import FactsFixture, FindingsFixture
    from harness.phase.packs import Pack


@pytest.mark.scenario("SWEEP-01", area="sweep", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("odata")
def test_every_set_is_readable(base: Base, pack: Pack, observe: Observe) -> None:
    """Все опубликованные данные читаются

    Каждый набор, который база публикует наружу, отвечает на запрос одной строки. Набор, который читался до обновления и
    перестал читаться, остановит тех, кто им пользуется: сайт, отчётность, обмены.
    """
    sets = totals.readable_sets(base.odata.metadata(), exclude=pack.get("sweep.exclude", ()))
    rows = totals.read_probe(base.odata, sets)
    types = {"Набор": "text", "Читается": "text"}
    observe.table("чтение", rows, key="Набор", title="Чтение опубликованных наборов", types=types, growing=True)


@pytest.mark.scenario("SWEEP-02", area="sweep", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.needs("odata")
def test_contract_is_kept(base: Base, observe: Observe) -> None:
    """Состав публикации сохранился: объекты, реквизиты, перечисления

    Внешние системы обращаются к объектам, реквизитам и значениям перечислений по именам. Исчезнувшее или переименованное
    ломает их сразу; появившееся новое показывается, чтобы его приняли осознанно.
    """
    observe.contract("публикация", contract_entries(base.odata.metadata()), title="Состав публикации OData")


@pytest.mark.scenario("SWEEP-03", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
def test_data_is_kept(base: Base, pack: Pack, observe: Observe, facts: FactsFixture, findings: FindingsFixture) -> None:
    """Данные после обновления те же: число строк, суммы, содержимое

    По каждому набору сравниваются число строк и состав ключей, по каждой колонке число заполненных значений, сумма и
    отпечаток содержимого. Обновление может менять данные только намеренно, и такое изменение должно быть согласовано.
    """
    exclude, limit = pack.get("sweep.exclude", ()), pack.get("sweep.limit", 200_000)
    found = totals.set_totals(base.odata, base.odata.metadata(), exclude=exclude, limit=limit)
    title = "Строки, суммы и содержимое наборов"
    observe.table("итоги", found.rows, key=totals.KEY, title=title, types=totals.TYPES, growing=True)
    facts.add("sweep_rows_read", found.read)
    facts.add("sweep_sets_skipped", len(found.skipped))
    for item in found.skipped:
        findings.add(
            "NOT-READ", object=item.set, text="Набор прочитан не полностью: {why}", severity="info", why=item.reason
        )


@pytest.mark.scenario("SWEEP-04", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
def test_balances_are_kept(base: Base, pack: Pack, period: Period, observe: Observe, findings: FindingsFixture) -> None:
    """Остатки регистров на конец периода не изменились

    Остатки по каждому регистру накопления и бухгалтерии на конец последнего дня периода сравниваются по всем разрезам до
    копейки и до штуки.
    """
    found = balances.register_balances(base.odata, period.end, exclude=pack.get("sweep.exclude", ()))
    title = f"Остатки на {period.end:%d.%m.%Y}"
    observe.table("остатки", found.rows, key=balances.KEY, title=title, types=balances.TYPES, may_be_empty=True)
    for register, reason in found.refused.items():
        findings.add("NOT-READ", object=register, text="Остатки не получены: {why}", severity="info", why=reason)


@pytest.mark.scenario("SWEEP-05", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_reposting_gives_the_same_movements(
    base: Base, pack: Pack, period: Period, observe: Observe, facts: FactsFixture
) -> None:
    """Перепроведение документов даёт те же движения

    Несколько проведённых документов каждого вида проводятся заново: через сервис готовности без записи (изменения
    откатываются), без него прямо на стенде. Если новый релиз проводит документ иначе, то старые документы при первом же
    перепроведении изменят отчёты закрытых периодов.
    """
    post = reposting.reposting(base.odata, base.service)
    sample = reposting.repost_sample(base.odata, post, period.start, period.end, count=pack.get("sweep.sample", 12))
    title = "Движения при перепроведении"
    observe.table("движения", sample.rows, key=reposting.KEY, title=title, types=reposting.TYPES, may_be_empty=True)
    facts.add("sweep_reposted", sample.documents)
    assert not sample.refused, "Не проводятся: " + "; ".join(sample.refused[:5])
