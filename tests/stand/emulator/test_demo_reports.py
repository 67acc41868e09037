from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import ConfigError
from stand.emulator.behaviour.attached import Behaviour
from stand.emulator.behaviour.lookups import Lookup
from stand.emulator.behaviour.report_page import page_of
from tests.stand.emulator.demo import company, update_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.behaviour.reporting import ReportResult
    from stand.emulator.database.infobase import Infobase

START, END = date(2026, 1, 1), date(2026, 3, 31)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Infobase]:
    with company(tmp_path) as infobase:
        yield infobase


def run(infobase: Infobase, name: str, start: date = START, end: date = END, **parameters: Any) -> ReportResult:
    behaviour = Behaviour.of(infobase)
    with infobase.reading() as session:
        lookup = Lookup(session, behaviour.configuration)
        return behaviour.reports.by_name[name].run(session, lookup, start, end, parameters)


def test_every_report_shows_rows_with_unique_keys_and_totals_that_are_their_sums(base: Infobase) -> None:
    for name in Behaviour.of(base).reports.by_name:
        result = run(base, name)
        assert result.rows, name
        keys = [tuple(row[part] for part in result.key) for row in result.rows]
        assert len(set(keys)) == len(keys), name
        kinds = {column.name: column.type for column in result.columns}
        for row in result.rows:
            assert all(isinstance(row[column], Decimal | int) for column, kind in kinds.items() if kind == "number"), (
                name
            )
        for column, total in result.totals.items():
            if not column.endswith(("Рентабельность", "Выполнения")):
                assert total == sum(row[column] for row in result.rows), (name, column)


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("ОстаткиТоваров", ("НачальныйОстаток", "Приход", "Расход", "КонечныйОстаток")),
        ("ВедомостьВзаиморасчетов", ("НачальныйОстаток", "Увеличение", "Уменьшение", "КонечныйОстаток")),
        ("ОстаткиДенег", ("НачальныйОстаток", "Поступило", "Списано", "КонечныйОстаток")),
    ],
)
@pytest.mark.parametrize("period", [(START, END), (date(2026, 2, 1), date(2026, 2, 28))])
def test_opening_and_turnover_give_closing(
    base: Infobase, name: str, columns: tuple[str, ...], period: tuple[date, date]
) -> None:
    for row in run(base, name, *period).rows:
        opening, plus, minus, closing = (row[column] for column in columns)
        assert opening + plus - minus == closing, row


def test_the_closing_balance_of_a_month_opens_the_next(base: Infobase) -> None:
    january = {
        (row["Артикул"], row["Склад"]): row["КонечныйОстаток"]
        for row in run(base, "ОстаткиТоваров", START, date(2026, 1, 31)).rows
    }
    february = run(base, "ОстаткиТоваров", date(2026, 2, 1), date(2026, 2, 28)).rows
    for row in february:
        assert row["НачальныйОстаток"] == january.get((row["Артикул"], row["Склад"]), 0)


def test_the_trial_balance_balances(base: Infobase) -> None:
    totals = run(base, "ОборотноСальдоваяВедомость").totals
    for part in ("Начальный", "Оборот", "Конечный"):
        assert totals[f"{part}Дебет"] == totals[f"{part}Кредит"] > 0


def test_debts_are_all_of_some_age(base: Infobase) -> None:
    rows = run(base, "ЗадолженностьПоСрокам").rows
    ages = ("НеПросрочено", "До30Дней", "До60Дней", "Свыше60Дней")
    for row in rows:
        assert row["Долг"] == sum(row[age] for age in ages)
        assert min(row[age] for age in ages) >= 0
    assert sum(row["До30Дней"] for row in rows) > 0


def test_a_filter_is_by_code_or_by_reference(base: Infobase) -> None:
    with base.reading() as session:
        store = next(iter(session.select("Catalog_Склады", where={"Description": "Склад запчастей"})))
    whole = run(base, "ОстаткиТоваров").rows
    by_code = run(base, "ОстаткиТоваров", Склад=store["Code"]).rows
    assert by_code == run(base, "ОстаткиТоваров", Склад=store["Ref"].id).rows
    assert by_code == [row for row in whole if row["Склад"] == "Склад запчастей"]
    assert 0 < len(by_code) < len(whole)


def test_an_unknown_parameter_or_item_is_refused(base: Infobase) -> None:
    with pytest.raises(ConfigError, match="нет параметра «Цвет»"):
        run(base, "ОстаткиТоваров", Цвет="1")
    with pytest.raises(ConfigError, match="Нет элемента с кодом «777»"):
        run(base, "ОстаткиТоваров", Склад="777")


def test_an_empty_period_is_an_empty_report(base: Infobase) -> None:
    result = run(base, "ВаловаяПрибыль", date(2020, 1, 1), date(2020, 1, 31))
    assert result.rows == []
    assert result.totals["Выручка"] == 0


def test_the_slow_plan_gives_the_same_numbers(base: Infobase) -> None:
    before = run(base, "ОборачиваемостьТоваров").rows
    update_with(base, "report-slow")
    assert run(base, "ОборачиваемостьТоваров").rows == before


def test_a_page_is_escaped(base: Infobase) -> None:
    with base.transaction() as session:
        good = next(row for row in session.select("Catalog_Номенклатура") if row["Артикул"] == "БТ-001")
        session.put("Catalog_Номенклатура", {"Ref": good["Ref"], "Description": "<script>alert(1)</script>"})
    page = page_of(run(base, "ПрайсЛист"))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
