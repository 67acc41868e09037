from __future__ import annotations

from decimal import Decimal

from harness.checks.exchanges import capability_entries
from harness.checks.reports import broken_totals, columns_in
from harness.checks.reposting import spread
from harness.checks.state import extension_entries, update_problems
from harness.onec.services import (
    BaseInfo,
    Configuration,
    ExchangeNode,
    ExchangeObject,
    Extension,
    ReportColumn,
    ReportResult,
    UpdateHandler,
    UpdateState,
)


def test_totals_of_a_report_must_be_sums_of_its_rows() -> None:
    columns = (ReportColumn(name="Товар"), ReportColumn(name="Сумма", type="number"))
    rows = (
        {"Товар": "а", "Сумма": Decimal("1.10")},
        {"Товар": "б", "Сумма": None},
        {"Товар": "в", "Сумма": Decimal("2.20")},
    )
    right = ReportResult(report="Отчёт", columns=columns, rows=rows, totals={"Сумма": Decimal("3.30")})
    wrong = ReportResult(report="Отчёт", columns=columns, rows=rows, totals={"Сумма": Decimal("3.31")})

    assert broken_totals(right, ("Сумма",)) == []
    assert broken_totals(wrong, ("Сумма",)) == ["итог колонки Сумма 3.31 не равен сумме строк 3.30"]
    assert broken_totals(right, ("Налог",)) == ["нет итога по колонке Налог"]


def test_columns_of_an_equation() -> None:
    assert columns_in("sum(Дебет) == sum(Кредит)") == ("Дебет", "Кредит")
    assert columns_in("Долг == НеПросрочено + До30Дней - Долг") == ("Долг", "НеПросрочено", "До30Дней")


def test_a_sample_is_spread_evenly_with_both_ends() -> None:
    rows = [{"n": number} for number in range(10)]

    assert [row["n"] for row in spread(rows, 4)] == [0, 3, 6, 9]
    assert spread(rows, 0) == rows
    assert spread(rows, 20) == rows
    assert spread(rows, 1) == rows[:1]
    assert spread([], 3) == []


def test_capabilities_name_plan_node_and_direction() -> None:
    node = ExchangeNode(
        plan="Обмен",
        node="БП",
        versions=("1.17",),
        objects=(ExchangeObject(name="Документ.Заказ", send=True, receive=False),),
    )

    assert capability_entries([node]) == {
        "Обмен/БП/версия/1.17": "версия формата",
        "Обмен/БП/отправка/Документ.Заказ": "объект",
    }


def test_an_unfinished_update_is_told_in_sentences() -> None:
    info = BaseInfo(
        base="Б",
        configuration=Configuration(name="К"),
        extensions=(Extension(name="Отчёты"), Extension(name="Склад", applied=False, reason="нет метода")),
        update=UpdateState(
            handlers=(
                UpdateHandler(name="А"),
                UpdateHandler(name="Б", state="failed", error="деление на 0"),
                UpdateHandler(name="В", state="waiting"),
            ),
            deferred_left=2,
        ),
    )

    assert update_problems(info) == [
        "Обработчик Б завершился ошибкой: деление на 0",
        "Обработчик В не выполнен",
        "Осталось отложенных обработчиков: 2",
        "Расширение Склад не применено: нет метода",
    ]
    assert extension_entries(info) == {"Отчёты": "применено", "Склад": "не применено: нет метода"}
