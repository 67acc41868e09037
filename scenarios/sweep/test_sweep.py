"""Проверки, которые можно дать любой базе: им хватает описания публикации."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import msgspec
import pytest

from harness.checks import balances, filters, lengths, probing, reposting, timing, totals
from harness.checks.amounts import figure
from harness.checks.contract import contract_entries, split_by_use
from harness.checks.drift import Drift
from harness.checks.movements import RECORDS

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.fixtures import FactsFixture, FindingsFixture
    from harness.phase.packs import Pack
    from harness.phase.sweep import Sweep


@pytest.mark.scenario("SWEEP-01", area="sweep", severity="blocker", owner="Администратор 1С")
@pytest.mark.needs("odata")
def test_every_set_is_readable(base: Base, sweep: Sweep, observe: Observe) -> None:
    """Все опубликованные данные читаются, вид значений в ответах прежний

    Каждый набор, который база публикует наружу, отвечает на запрос. Набор, который читался до обновления и перестал
    читаться, остановит тех, кто им пользуется: сайт, отчётность, обмены. Число, которое стало приходить строкой, остановит
    их тоже, хотя в описании публикации ничего не изменится.
    """
    sets = sweep.chosen(totals.readable_sets(base.odata.metadata()))
    seen = probing.probe(base.odata, sets, sessions=sweep.sessions)
    title = "Чтение опубликованных наборов"
    observe.table("чтение", seen.rows, key=probing.KEY, title=title, types=probing.TYPES, growing=True)
    observe.table(
        "вид значений",
        seen.shapes,
        key=probing.SHAPE_KEY,
        title="Значения, которые приходят не в том виде, что обещан",
        types=probing.SHAPE_TYPES,
        may_be_empty=True,
    )


@pytest.mark.scenario("SWEEP-02", area="sweep", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.needs("odata")
def test_contract_is_kept(
    base: Base, sweep: Sweep, pack: Pack, period: Period, *, observe: Observe, findings: FindingsFixture
) -> None:
    """Состав публикации сохранился: объекты, реквизиты, функции, перечисления, отборы

    Внешние системы обращаются к объектам, реквизитам и значениям перечислений по именам. Исчезнувшее или переименованное
    ломает их сразу; появившееся новое показывается, чтобы его приняли осознанно. В объектах, которые создают наши обмены и
    сценарии, ломает и новый обязательный реквизит. Отборы интеграций из пакета имён отправляются базе по-настоящему: реквизит
    может остаться на месте, а отбор по нему перестать работать.
    """
    read, written = split_by_use(contract_entries(base.odata.metadata()), sweep.used)
    observe.contract("публикация", read, title="Состав публикации OData")
    if written:
        title = "Состав публикации OData: объекты, в которые пишут обмены"
        observe.contract("публикация: запись", written, title=title, direction="write")
    if pack.filters:
        _check_filters(base, sweep, pack, period, observe=observe, findings=findings)


def _check_filters(
    base: Base, sweep: Sweep, pack: Pack, period: Period, *, observe: Observe, findings: FindingsFixture
) -> None:
    """Отборы, названные в пакете имён: что о реквизитах опубликовано и отвечает ли база."""
    client = base.odata
    chosen = sweep.remembered("filters", filters.Chosen, lambda: filters.choose(client, pack.filters, period.start))
    entries = filters.filter_entries(client.metadata(), chosen.filters)
    title = "Реквизиты, по которым отбирают интеграции"
    observe.contract("публикация: отбор", entries, title=title, direction="filter")
    rows = filters.ask(client, chosen.filters)
    title = "Отборы интеграций: отвечает ли база и сколько находит"
    observe.table("отборы", rows, key=filters.KEY, title=title, types=filters.TYPES, may_be_empty=True)
    refused = {f"{row['Набор']}/{row['Реквизит']}": str(row["Отвечает"]) for row in rows if row["Найдено"] is None}
    for name in chosen.unknown:
        text = "В пакете имён назван отбор «{name}», а такого реквизита база не публикует: проверять нечего"
        findings.add("FILTER-UNKNOWN", object=name, text=text, severity="warning", name=name)
    # Что не работало до обновления, сказано в обоих этапах: сравнение покажет только то, что перестало работать.
    for name, why in sweep.remembered("filters-refused", dict[str, str], lambda: refused).items():
        text = "Отбор по «{name}» не работает уже до обновления: {why}"
        findings.add("FILTER-REFUSED", object=name, text=text, severity="warning", name=name, why=why)


@pytest.mark.scenario("SWEEP-03", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
def test_data_is_kept(
    base: Base, sweep: Sweep, observe: Observe, facts: FactsFixture, findings: FindingsFixture
) -> None:
    """Данные после обновления те же: число строк, суммы, содержимое

    По каждому набору сравниваются число строк и состав ключей, по каждой колонке число заполненных значений, сумма, длина
    самого длинного текста и отпечаток содержимого, а где есть период, ещё и суммы по месяцам. Обновление может менять данные
    только намеренно, и такое изменение должно быть согласовано.
    """
    client, metadata = base.odata, base.odata.metadata()
    weigh = partial(totals.row_counts, client, sessions=sweep.sessions)
    sets = sweep.walk("data", sweep.chosen(totals.readable_sets(metadata)), metadata, weigh)
    is_new = sweep.new_columns(metadata)
    found = totals.set_totals(client, sets, limit=sweep.limit, sessions=sweep.sessions, is_new=is_new)
    title = "Строки, суммы и содержимое наборов"
    observe.table("итоги", found.rows, key=totals.KEY, title=title, types=totals.TYPES, growing=True)
    observe.table(
        "по месяцам",
        found.months,
        key=totals.MONTH_KEY,
        title="Строки и суммы наборов по месяцам",
        types=totals.MONTH_TYPES,
        growing=("Набор", "Колонка"),
        may_be_empty=True,
    )
    facts.add("sweep_rows_read", found.read)
    facts.add("sweep_sets_skipped", len(found.skipped))
    for item in found.skipped:
        findings.add(
            "NOT-READ", object=item.set, text="Набор прочитан не полностью: {why}", severity="info", why=item.reason
        )
    for item in found.unsteady:
        text = "Набор менялся, пока читался: {why}"
        findings.add("UNSTEADY", object=item.set, text=text, severity="warning", why=item.reason)


@pytest.mark.scenario("SWEEP-04", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
def test_balances_are_kept(
    base: Base, sweep: Sweep, period: Period, observe: Observe, findings: FindingsFixture
) -> None:
    """Остатки регистров на начало и конец периода не изменились

    Остатки по каждому регистру накопления и бухгалтерии на первый и последний день периода сравниваются по всем разрезам,
    счетам и субконто до копейки и до штуки.
    """
    metadata = base.odata.metadata()
    weigh = partial(totals.row_counts, base.odata, sessions=sweep.sessions)
    registers = sweep.walk("balances", sweep.chosen(balances.registers_with(metadata, "Balance")), metadata, weigh)
    days = (period.start, period.end)
    found = balances.register_balances(base.odata, registers, days, sessions=sweep.sessions)
    title = f"Остатки на {period.start:%d.%m.%Y} и {period.end:%d.%m.%Y}"
    key, types = balances.DAY_KEY, balances.DAY_TYPES
    observe.table("остатки", found.rows, key=key, title=title, types=types, growing=("Регистр",), may_be_empty=True)
    _tell_refused(findings, found.refused)


@pytest.mark.scenario("SWEEP-06", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
def test_turnovers_are_kept(
    base: Base, sweep: Sweep, period: Period, observe: Observe, findings: FindingsFixture
) -> None:
    """Обороты регистров за период не изменились

    Обороты по каждому регистру накопления и бухгалтерии за весь период сравниваются по всем разрезам, у регистров бухгалтерии
    ещё и по корреспонденциям счетов, если база их публикует.
    """
    metadata = base.odata.metadata()
    weigh = partial(totals.row_counts, base.odata, sessions=sweep.sessions)
    names = sweep.chosen(balances.registers_with(metadata, *balances.TURNOVERS))
    registers = sweep.walk("turnovers", names, metadata, weigh)
    found = balances.register_turnovers(base.odata, registers, period.start, period.end, sessions=sweep.sessions)
    title = f"Обороты за {period.start:%d.%m.%Y}–{period.end:%d.%m.%Y}"
    key, types = balances.KEY, balances.TYPES
    observe.table("обороты", found.rows, key=key, title=title, types=types, growing=("Регистр",), may_be_empty=True)
    _tell_refused(findings, found.refused)


def _tell_refused(findings: FindingsFixture, refused: dict[str, str]) -> None:
    for name, reason in refused.items():
        findings.add(
            "NOT-READ", object=name, text="Виртуальная таблица не ответила: {why}", severity="info", why=reason
        )


@pytest.mark.scenario("SWEEP-05", area="sweep", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_reposting_gives_the_same_movements(
    base: Base, sweep: Sweep, period: Period, *, observe: Observe, facts: FactsFixture, findings: FindingsFixture
) -> None:
    """Перепроведение документов даёт те же движения

    Проведённые документы каждого вида, месяца, организации и вида операции проводятся заново: через сервис готовности без
    записи (изменения откатываются), без него прямо на стенде, и прежние движения возвращаются. Если новый релиз проводит
    документ иначе, то старые документы при первом же перепроведении изменят отчёты закрытых периодов. До обновления новые движения
    сверяются ещё и с записанными: если история меняется уже при рабочем релизе, об этом говорит отдельное предупреждение.
    """
    client, metadata = base.odata, base.odata.metadata()
    weigh = partial(totals.row_counts, client, sessions=sweep.sessions)
    kinds = sweep.walk("reposting", sweep.chosen(reposting.document_sets(client)), metadata, weigh)
    sample = reposting.repost_sample(
        client,
        base.service,
        kinds,
        period.start,
        period.end,
        count=sweep.sample,
        seed=sweep.seed,
        stored=sweep.before,
    )
    title = "Движения при перепроведении"
    observe.table("движения", sample.rows, key=reposting.KEY, title=title, types=reposting.TYPES, may_be_empty=True)
    facts.add("sweep_reposted", sample.documents)
    for altered in sample.altered:
        text = "После пробного перепроведения движения на стенде остались новыми: {why}"
        findings.add("LEFT-REPOSTED", object=altered.partition(":")[0], text=text, severity="info", why=altered)
    for drift in sweep.remembered("drift", list[Drift], lambda: sample.drifts):
        _tell_drift(findings, drift)
    assert not sample.refused, "Не проводятся: " + "; ".join(sample.refused[:5])


def _tell_drift(findings: FindingsFixture, drift: Drift) -> None:
    """Документы, движения которых перепроведение меняет уже до обновления: релиз здесь ни при чём.

    Найденное до обновления повторяется после него: замечание, которого после обновления нет, считается исправленным.
    """
    first = next((line for line in drift.lines if line.indicator != RECORDS), drift.lines[0])
    findings.add(
        "REPOSTING-DRIFT",
        object=drift.kind,
        text="Перепроведение уже до обновления меняет движения «{kind}»: документов {count} из {total}; закрытые периоды изменятся при "
        "перепроведении. Например, {document}, {register}, {indicator}: записано {stored}, получается {posted}. Так проводит рабочая "
        "конфигурация, новый релиз здесь ни при чём",
        severity="warning",
        advice="Выясните, что изменилось с тех пор, как эти документы проводились: правила проведения, себестоимость, сами движения. До "
        "этого не перепроводите закрытые периоды",
        evidence=(f"{drift.kind}.json", msgspec.json.encode(drift.lines)),
        kind=drift.kind,
        count=drift.changed,
        total=drift.posted,
        document=first.document,
        register=first.register,
        indicator=first.indicator,
        stored=figure(first.stored),
        posted=figure(first.posted),
    )


@pytest.mark.scenario("SWEEP-07", area="sweep", severity="warning", owner="Администратор 1С")
@pytest.mark.needs("odata")
@pytest.mark.group("timings")
def test_heaviest_reads_are_as_fast(base: Base, sweep: Sweep, period: Period, observe: Observe) -> None:
    """Самые тяжёлые чтения не стали медленнее

    По объектам, в которых больше всего строк, повторяется самое тяжёлое чтение: остаток регистра, последняя тысяча записей.
    Отчёты, списки и обмены состоят из таких чтений.
    """
    client, metadata = base.odata, base.odata.metadata()
    weigh = partial(totals.row_counts, client, sessions=sweep.sessions)
    names = sweep.chosen(totals.readable_sets(metadata))
    largest = partial(_heaviest, base, sweep)
    for name in sweep.walk("timings", names, metadata, weigh, only=largest):
        operation = timing.heavy_read(client, name, period.end)
        observe.timing(operation.name, operation.call, title=operation.title)


def _heaviest(base: Base, sweep: Sweep, names: tuple[str, ...]) -> tuple[str, ...]:
    counts = totals.row_counts(base.odata, names, sessions=sweep.sessions)
    return timing.heaviest(base.odata, names, counts, len(names) if sweep.options.budget else _HEAVIEST)


_HEAVIEST = 3
"""Объектов, чтение которых измеряется, когда срок не задан; заданный срок говорит сам, сколько успеть."""


@pytest.mark.scenario("SWEEP-08", area="sweep", severity="blocker", owner="Ответственный за интеграции")
@pytest.mark.needs("odata")
@pytest.mark.writes
def test_texts_are_kept_whole(
    base: Base, sweep: Sweep, period: Period, observe: Observe, findings: FindingsFixture
) -> None:
    """Реквизиты вмещают тексты не короче прежних

    База молча обрезает текст, который не помещается в реквизит, и в описании публикации длины нет. В каждый справочник и
    документ записывается один объект с длинными текстами: сколько от них осталось, столько реквизит и вмещает. Объект сразу
    удаляется.
    """
    metadata = base.odata.metadata()
    sets, is_new = sweep.chosen(lengths.objects_with_texts(metadata)), sweep.new_columns(metadata)
    found = lengths.string_lengths(base.odata, sets, period.end, sessions=1)
    entries = {path: kind for path, kind in found.entries.items() if not is_new(*path.split("/", 1))}
    observe.contract("длины", entries, title="Длины строковых реквизитов", direction="write")
    for name, reason in found.refused.items():
        findings.add(
            "NOT-WRITTEN", object=name, text="Объект не записан, длины неизвестны: {why}", severity="info", why=reason
        )
