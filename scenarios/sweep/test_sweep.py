"""Проверки, которые можно дать любой базе: им хватает описания публикации."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.balances import KEY as BALANCE_KEY
from harness.checks.balances import register_balances
from harness.checks.contract import contract_entries
from harness.checks.reposting import KEY as REPOSTING_KEY
from harness.checks.reposting import repost_sample
from harness.checks.totals import read_probe, readable_sets, set_totals

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.fixtures import FactsFixture
    from harness.phase.packs import Pack


@pytest.mark.scenario("SWEEP-01", area="sweep", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("odata")
def test_every_set_is_readable(base: Base, pack: Pack, observe: Observe) -> None:
    """Все опубликованные данные читаются

    Каждый набор, который база публикует наружу, отвечает на запрос одной строки. Набор, который читался до обновления и
    перестал читаться, остановит тех, кто им пользуется: сайт, отчётность, обмены.
    """
    sets = readable_sets(base.odata.metadata(), exclude=pack.get("sweep.exclude", ()))
    observe.table("чтение", read_probe(base.odata, sets), key="Набор", title="Чтение опубликованных наборов")


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
def test_data_is_kept(base: Base, pack: Pack, observe: Observe, facts: FactsFixture) -> None:
    """Данные после обновления те же: число строк, суммы, содержимое

    По каждому набору сравниваются число строк и состав ключей, по каждой колонке число заполненных значений, сумма и
    отпечаток содержимого. Обновление может менять данные только намеренно, и такое изменение должно быть согласовано.
    """
    totals = set_totals(
        base.odata, base.odata.metadata(), exclude=pack.get("sweep.exclude", ()), limit=pack.get("sweep.limit", 200_000)
    )
    observe.table(
        "итоги",
        totals.rows,
        key=("Набор", "Колонка"),
        title="Строки, суммы и содержимое наборов",
        types={"Заполнено": "number", "Сумма": "number", "Отпечаток": "text"},
    )
    facts.add("sweep_rows_read", totals.read)
    facts.add(
        "sweep_sets_skipped",
        len(totals.skipped),
        text="; ".join(f"{item.set}: {item.reason}" for item in totals.skipped),
    )


@pytest.mark.scenario("SWEEP-04", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
def test_balances_are_kept(base: Base, pack: Pack, period: Period, observe: Observe, facts: FactsFixture) -> None:
    """Остатки регистров на конец периода не изменились

    Остатки по каждому регистру накопления и бухгалтерии на конец последнего дня периода сравниваются по всем разрезам до
    копейки и до штуки.
    """
    balances = register_balances(base.odata, period.end, exclude=pack.get("sweep.exclude", ()))
    observe.table(
        "остатки",
        balances.rows,
        key=BALANCE_KEY,
        title=f"Остатки на {period.end:%d.%m.%Y}",
        types={"Остаток": "number"},
    )
    facts.add("sweep_registers_refused", len(balances.refused), text="; ".join(balances.refused))


@pytest.mark.scenario("SWEEP-05", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata", "service")
def test_reposting_gives_the_same_movements(
    base: Base, pack: Pack, period: Period, observe: Observe, facts: FactsFixture
) -> None:
    """Перепроведение документов даёт те же движения

    Несколько проведённых документов каждого вида проводятся заново без записи (изменения откатываются). Если новый релиз
    проводит документ иначе, то старые документы при первом же перепроведении изменят отчёты закрытых периодов.
    """
    sample = repost_sample(base.odata, base.service, period.start, period.end, count=pack.get("sweep.sample", 12))
    observe.table(
        "движения", sample.rows, key=REPOSTING_KEY, title="Движения при перепроведении", types={"Значение": "number"}
    )
    facts.add("sweep_reposted", sample.documents)
    assert not sample.refused, "Не проводятся: " + "; ".join(sample.refused[:5])
