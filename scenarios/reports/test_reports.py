"""Отчёты, по которым работает компания: сравниваются по строкам и колонкам, итоги проверяются внутри релиза."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.checks.reports import check_report

if TYPE_CHECKING:
    from harness.observe.capture import Observe
    from harness.phase.access import Base
    from harness.phase.context import Period
    from harness.phase.packs import Pack

pytestmark = pytest.mark.needs("service")


@pytest.mark.scenario("REP-02", area="report", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.covers("report:@report.trial_balance")
def test_trial_balance(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Оборотно-сальдовая ведомость сходится

    Дебет равен кредиту на начало, в оборотах и на конец; остатки и обороты по каждому счёту те же, что до обновления.
    """
    name = pack["report.trial_balance"]
    equal = [f"sum({part}Дебет) == sum({part}Кредит)" for part in ("Начальный", "Оборот", "Конечный")]
    rolled = "НачальныйДебет - НачальныйКредит + ОборотДебет - ОборотКредит == КонечныйДебет - КонечныйКредит"
    check_report(base.service, observe, period, name, control=(*equal, rolled))


@pytest.mark.scenario("REP-03", area="report", severity="blocker", owner="Коммерческий директор")
@pytest.mark.covers("report:@report.gross_profit")
def test_gross_profit(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Валовая прибыль по товарам не изменилась

    По каждому товару выручка, себестоимость и прибыль те же, прибыль равна выручке за вычетом себестоимости, а итоги
    отчёта равны суммам строк до копейки.
    """
    name = pack["report.gross_profit"]
    equal = "Выручка - Себестоимость == ВаловаяПрибыль"
    summed = ("Количество", "Выручка", "СуммаНДС", "Себестоимость", "ВаловаяПрибыль")
    check_report(base.service, observe, period, name, control=(equal,), summed=summed)


@pytest.mark.scenario("REP-04", area="report", severity="blocker", owner="Коммерческий директор")
@pytest.mark.covers("report:@report.sales_by_manager")
def test_sales_by_manager(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Продажи по менеджерам не изменились

    По этому отчёту считается премия: выручка и прибыль каждого менеджера должны остаться прежними.
    """
    summed = ("Количество", "Выручка", "Себестоимость", "Прибыль")
    name = pack["report.sales_by_manager"]
    check_report(base.service, observe, period, name, summed=summed, personal=("Менеджер",))


@pytest.mark.scenario("REP-05", area="report", severity="blocker", owner="Коммерческий директор")
@pytest.mark.covers("report:@report.sales_by_partner")
def test_sales_by_partner(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Продажи по контрагентам не изменились

    Выручка и налог по каждому покупателю те же, итоги равны суммам строк.
    """
    summed = ("Выручка", "СуммаНДС", "Себестоимость")
    check_report(base.service, observe, period, pack["report.sales_by_partner"], summed=summed)


@pytest.mark.scenario("REP-06", area="report", severity="blocker", owner="Отдел закупок")
@pytest.mark.covers("report:@report.purchases")
def test_purchases(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Закупки по поставщикам не изменились

    Количество, суммы и налог по каждому поставщику те же, итоги равны суммам строк.
    """
    check_report(base.service, observe, period, pack["report.purchases"], summed=("Количество", "Сумма", "СуммаНДС"))


@pytest.mark.scenario("REP-07", area="report", severity="blocker", owner="Заведующий складом")
@pytest.mark.covers("report:@report.stock")
def test_stock(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Остатки товаров сходятся, отбор по складу работает

    Начальный остаток, приход, расход и конечный остаток сходятся по каждому товару и складу. Отчёт с отбором по одному
    складу показывает только этот склад.
    """
    name = pack["report.stock"]
    rolled = "НачальныйОстаток + Приход - Расход == КонечныйОстаток"
    summed = ("НачальныйОстаток", "Приход", "Расход", "КонечныйОстаток")
    whole = check_report(base.service, observe, period, name, control=(rolled,), summed=summed)
    stores = base.odata.rows(pack["warehouses"], select=("Code", "Description"), filter="DeletionMark eq false")
    named = {str(store["Description"]): str(store["Code"]) for store in stores}
    shown = sorted({str(row["Склад"]) for row in whole.rows} & set(named))
    assert shown, f"Отчёт {name} не показал ни одного склада из справочника"
    chosen = shown[-1]
    part = check_report(base.service, observe, period, name, parameters={"Склад": named[chosen]}, part="по складу")
    strangers = sorted({str(row["Склад"]) for row in part.rows} - {chosen})
    assert not strangers, f"Отчёт {name}: отбор Склад={chosen} не действует, показаны также: {', '.join(strangers)}"


@pytest.mark.scenario("REP-08", area="report", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.covers("report:@report.settlements")
def test_settlements(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Ведомость взаиморасчётов сходится

    По каждому договору начальный долг, увеличение, уменьшение и конечный долг сходятся и равны тем, что до обновления.
    """
    rolled = "НачальныйОстаток + Увеличение - Уменьшение == КонечныйОстаток"
    summed = ("НачальныйОстаток", "Увеличение", "Уменьшение", "КонечныйОстаток")
    check_report(base.service, observe, period, pack["report.settlements"], control=(rolled,), summed=summed)


@pytest.mark.scenario("REP-09", area="report", severity="blocker", owner="Финансовый директор")
@pytest.mark.covers("report:@report.debts")
def test_debts_by_term(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Задолженность по срокам: все сроки на месте и дают весь долг

    Непросроченная часть и три срока просрочки вместе равны долгу по каждому договору.
    """
    parts = "Долг == НеПросрочено + До30Дней + До60Дней + Свыше60Дней"
    check_report(base.service, observe, period, pack["report.debts"], control=(parts,), summed=("Долг", "НеПросрочено"))


@pytest.mark.scenario("REP-10", area="report", severity="blocker", owner="Казначейство")
@pytest.mark.covers("report:@report.money")
def test_money(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Движение денег по счетам и статьям не изменилось

    Поступления и списания по каждому банковскому счёту и статье те же.
    """
    name, equal = pack["report.money"], "Поступило - Списано == Итого"
    check_report(base.service, observe, period, name, control=(equal,), summed=("Поступило", "Списано", "Итого"))


@pytest.mark.scenario("REP-17", area="report", severity="blocker", owner="Казначейство")
@pytest.mark.covers("report:@report.money_balances")
def test_money_balances(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Остатки денег на счетах сходятся

    По каждому банковскому счёту начальный остаток, поступления и списания дают конечный остаток.
    """
    name, rolled = pack["report.money_balances"], "НачальныйОстаток + Поступило - Списано == КонечныйОстаток"
    summed = ("НачальныйОстаток", "Поступило", "Списано", "КонечныйОстаток")
    check_report(base.service, observe, period, name, control=(rolled,), summed=summed)


@pytest.mark.scenario("REP-11", area="report", severity="blocker", owner="Расчётный отдел")
@pytest.mark.covers("report:@report.payroll")
def test_payroll(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Расчётная ведомость не изменилась

    Начислено, удержано и к выплате каждому сотруднику столько же; к выплате равно начисленному за вычетом НДФЛ.
    """
    name, equal = pack["report.payroll"], "Начислено - НДФЛ == КВыплате"
    summed = ("Начислено", "НДФЛ", "Взносы", "КВыплате")
    check_report(base.service, observe, period, name, control=(equal,), summed=summed, personal=("Сотрудник",))


@pytest.mark.scenario("REP-12", area="report", severity="blocker", owner="Отдел продаж")
@pytest.mark.covers("report:@report.orders")
def test_orders(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Выполнение заказов покупателей не изменилось

    Сумма каждого заказа равна отгруженному и оставшемуся вместе.
    """
    name, equal = pack["report.orders"], "СуммаЗаказа - Отгружено == Осталось"
    summed = ("СуммаЗаказа", "Отгружено", "Осталось")
    check_report(base.service, observe, period, name, control=(equal,), summed=summed)


@pytest.mark.scenario("REP-13", area="report", severity="blocker", owner="Главный бухгалтер")
@pytest.mark.covers("report:@report.vat")
def test_vat_by_rate(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """НДС по ставкам не изменился

    По каждой ставке сумма без налога и налог вместе дают всю сумму; налог закрытого периода обновление менять не должно.
    """
    equal = "СуммаБезНДС + СуммаНДС == Всего"
    check_report(base.service, observe, period, pack["report.vat"], control=(equal,))


@pytest.mark.scenario("REP-14", area="report", severity="warning", owner="Отдел закупок")
@pytest.mark.covers("report:@report.turnover")
def test_turnover(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Оборачиваемость товаров не изменилась

    По отчёту планируются закупки: средний остаток и проданное количество каждого товара те же.
    """
    check_report(base.service, observe, period, pack["report.turnover"], summed=("Продано",))


@pytest.mark.scenario("REP-15", area="report", severity="warning", owner="Казначейство")
@pytest.mark.covers("report:@report.payments")
def test_payment_calendar(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Платёжный календарь не изменился

    Ожидаемые платежи те же: день, заказ, плательщик, сумма.
    """
    check_report(base.service, observe, period, pack["report.payments"], summed=("Сумма",))


@pytest.mark.scenario("REP-16", area="report", severity="warning", owner="Отдел продаж")
@pytest.mark.covers("report:@report.prices")
def test_price_list(base: Base, pack: Pack, period: Period, observe: Observe) -> None:
    """Прайс-лист не изменился

    Цены каждого товара по каждому виду цен те же.
    """
    check_report(base.service, observe, period, pack["report.prices"])
