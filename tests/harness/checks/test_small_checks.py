from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import msgspec

from harness.checks.exchanges import capability_entries, node_of
from harness.checks.log import FEW, error_rows
from harness.checks.reports import broken_totals, column_entries, columns_in, fingerprints, inventory_entries
from harness.checks.sampling import stratified
from harness.checks.state import extension_entries, strange_sessions, update_problems
from harness.onec.services import (
    BaseInfo,
    Configuration,
    ExchangeNode,
    ExchangeObject,
    Extension,
    LogEvent,
    ReadinessService,
    Report,
    ReportColumn,
    ReportResult,
    Session,
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


def orders(count: int) -> list[dict[str, Any]]:
    return [
        {
            "Number": f"ТД00-{number:06}",
            "Date": datetime(2026, 1 + number % 3, 1 + number % 28),  # noqa: DTZ001 - dates of 1C are naive
            "Организация_Key": "аб"[number % 2],
            "ВидОперации": "редкий" if number == 41 else "обычный",
        }
        for number in range(count)
    ]


FIELDS = ("Организация_Key", "ВидОперации")


def test_a_sample_takes_some_of_every_month_organisation_and_kind() -> None:
    sample = stratified("Document_Заказ", orders(120), FIELDS, 14)

    assert len(sample) == 14
    assert {(row["Date"].month, row["Организация_Key"]) for row in sample} == {(m, o) for m in (1, 2, 3) for o in "аб"}
    assert [row["Number"] for row in sample if row["ВидОперации"] == "редкий"] == ["ТД00-000041"]


def test_a_sample_is_that_of_its_seed_and_hardly_changes_with_the_number_of_documents() -> None:
    rows = orders(120)
    sample = stratified("Document_Заказ", rows, FIELDS, 14)

    assert stratified("Document_Заказ", rows, FIELDS, 14) == sample
    assert stratified("Document_Заказ", rows, FIELDS, 14, seed=2) != sample
    assert stratified("Document_Оплата", rows, FIELDS, 14) != sample
    assert len([row for row in sample if row not in stratified("Document_Заказ", orders(121), FIELDS, 14)]) <= 2


def test_a_sample_of_few_documents_is_all_of_them() -> None:
    rows = orders(10)

    assert stratified("Document_Заказ", rows, FIELDS, 0) == rows
    assert stratified("Document_Заказ", rows, FIELDS, 20) == rows
    assert stratified("Document_Заказ", [], FIELDS, 3) == []


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


def test_contents_of_a_report_do_not_depend_on_the_order_of_rows() -> None:
    columns = (ReportColumn(name="Товар"), ReportColumn(name="Сумма", type="number"))
    rows = ({"Товар": "а", "Сумма": Decimal("1.10")}, {"Товар": "б", "Сумма": Decimal("2.20")})
    report = ReportResult(report="Отчёт", columns=columns, rows=rows, key=("Товар",))
    swapped = msgspec.structs.replace(
        report, rows=({"Товар": "а", "Сумма": Decimal("2.20")}, {"Товар": "б", "Сумма": Decimal("1.10")})
    )

    seen = fingerprints(report)

    assert [(row["Колонка"], row["Заполнено"], row["Сумма"]) for row in seen] == [
        ("Товар", 2, None),
        ("Сумма", 2, Decimal("3.30")),
    ]
    assert fingerprints(msgspec.structs.replace(report, rows=rows[::-1])) == seen
    assert fingerprints(swapped)[1]["Отпечаток"] != seen[1]["Отпечаток"]
    assert fingerprints(report, "Отчёт (отбор)")[0]["Отчёт"] == "Отчёт (отбор)"


def test_titles_of_reports_and_columns_are_no_part_of_the_contract() -> None:
    report = Report(name="Отчёт", title="Один", origin="extension", custom=True, variants=("Основной",))
    column = ReportColumn(name="Сумма", title="Сумма, руб", type="number")

    assert inventory_entries([report]) == {"Отчёт": "extension, доработанный", "Отчёт/вариант/Основной": "вариант"}
    assert inventory_entries([msgspec.structs.replace(report, title="Другой")]) == inventory_entries([report])
    assert column_entries(ReportResult(report="Отчёт", columns=(column,), rows=())) == {"Сумма": "number"}


def test_errors_of_the_log_are_told_apart_by_text_and_not_by_numbers_in_it() -> None:
    entries = [
        LogEvent(time="t", level=level, event="Запись", metadata="Catalog_Склады", comment=text)
        for level, text in (
            ("error", "строка 7: нет места"),
            ("error", "строка 12: нет места"),
            ("error", "деление на 0"),
            ("info", "записано"),
        )
    ]
    service = cast("ReadinessService", SimpleNamespace(log=lambda _since: entries))

    assert [(row["Текст"], row["Количество"]) for row in error_rows(service, None)] == [
        ("деление на …", FEW),
        ("строка …: нет места", FEW),
    ]
    entries += [
        LogEvent(time="t", level="error", event="Запись", metadata="Catalog_Склады", comment="деление на 0")
    ] * FEW
    assert [row["Количество"] for row in error_rows(service, None)] == [FEW + 1, FEW]


def test_node_does_not_depend_on_the_order_of_the_list() -> None:
    nodes = [ExchangeNode(plan="Банк", node="2", registered=4), ExchangeNode(plan="Банк", node="1")]
    for listed in (nodes, nodes[::-1]):
        service = cast("ReadinessService", SimpleNamespace(exchanges=lambda _plan, listed=listed: listed))
        assert node_of(service, "Банк").node == "2"
        assert node_of(service, "Банк", "1").node == "1"


def test_sessions_of_the_checks_are_no_strangers() -> None:
    applications = ("ODataConnection", "Designer", "BackgroundJob", "HTTPServiceConnection", "BackgroundJob")
    sessions = [Session(number=number, application=name) for number, name in enumerate(applications)]

    assert strange_sessions(sessions) == [
        {"Приложение": "BackgroundJob", "Сеансов": 2},
        {"Приложение": "Designer", "Сеансов": 1},
    ]
