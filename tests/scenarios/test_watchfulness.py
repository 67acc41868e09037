"""What once got past the scenarios, and what once raised a false alarm: each is an update of its own making, run for real."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.record.models import DifferenceClass, ObservationKind, Outcome, Phase
from stand.bases import Changed, DemoBase
from tests.scenarios.stage import ROOT, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stand.bases import Account
    from stand.emulator.database.infobase import Infobase

SEEDED, HARMLESS = "2.0.14.8", "2.0.14.9"
PATCHES = {
    SEEDED: """
[[change]] # a report nobody wrote a scenario for counts its tax twice
set = "reports/КнигаПродаж/sources/реализации/sum/СуммаНДС"
value = "total(row.Товары, 'СуммаНДС') * 2"
[[change]] # a filter nobody tried is not listened to
set = "reports/ПродажиПоКонтрагентам/sources/продажи/filter"
value = { "Организация" = "Организация" }
[[change]] # a counterparty known to the base is not recognised
set = "exchanges/СинхронизацияДанныхЧерезУниверсальныйФормат/objects/Справочник.Контрагенты/search"
value = []
[[change]] # the same movement twice, with opposite signs: sums stay as they were
add = "posting/Document_НачислениеЗарплаты/rules/сторно"
value = { register = "AccountingRegister_Хозрасчетный", debit = "44.01", credit = "70", set = { "Сумма" = "-1" } }
[[change]]
add = "posting/Document_НачислениеЗарплаты/rules/сторно2"
value = { register = "AccountingRegister_Хозрасчетный", debit = "44.01", credit = "70", set = { "Сумма" = "1" } }
[[change]]
append = "roles/МенеджерПоПродажам/read"
value = "Document_НачислениеЗарплаты"
[[change]]
append = "roles/ОбменССайтом/read"
value = "Document_НачислениеЗарплаты"
[[change]]
append = "roles/ОбменССайтом/update"
value = "Catalog_Номенклатура"
[[change]] # no article is as long as that yet: only a new one will be cut
set = "Catalog/Номенклатура/attributes/Артикул"
value = "String(20)"
""",
    HARMLESS: """
[[change]]
add = "reports/Новый"
[change.value]
title = "Новый отчёт"
origin = "vendor"
key = ["Код"]
sources = { "курсы" = { read = "slice", register = "InformationRegister_КурсыВалют", key = { "Код" = "row.Валюта.Code" } } }
columns = { "Код" = { type = "string" } }
[[change]]
set = "reports/КнигаПродаж/title"
value = "Книга продаж (форма 2026 года)"
[[change]]
set = "reports/КнигаПродаж/columns/СуммаСНДС/title"
value = "Всего с налогом"
[[change]]
set = "jobs/ПересчетИтогов/title"
value = "Пересчёт итогов регистров накопления"
[[change]]
add = "jobs/Новое"
value = { title = "Новое задание", enabled = true, schedule = "каждый час" }
[[change]]
add = "roles/Кладовщик"
value = { title = "Кладовщик", read = ["Catalog_Склады"] }
[[change]]
add = "Catalog/НовыйСправочник"
value = { code = 9, attributes = { "Примечание" = "String(5)" } }
[[change]]
add = "handlers/Сведения"
[change.value]
version = "2.0.14.9"
title = "Сведения"
steps = [{ do = "log", level = "info", event = "Данные", metadata = "Catalog_Склады", comments = ["записано"] }]
""",
}


@dataclass(frozen=True, slots=True)
class PatchedBase(DemoBase):
    """The demo company with releases of the test's own."""

    folder: Path = Path()

    def update(self, infobase: Infobase, path: Path | str, release: str, accounts: Sequence[Account]) -> Changed:
        """Updates from the test's folder."""
        from stand.emulator.company import update_demo

        del path, accounts
        update_demo(infobase, release, self.folder)
        return Changed()


@pytest.fixture(scope="module")
def updated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    """One base, seen before once and after each of the two updates."""
    folder = tmp_path_factory.mktemp("watchfulness")
    company = folder / "company"
    shutil.copytree(ROOT / "fixtures" / "demo", company)
    for release, patch in PATCHES.items():
        (company / "changes" / f"{release}.toml").write_text(patch, encoding="utf-8")
        text = f'title = "т"\ndate = "2026-09-02"\nabout = "т"\nchanges = ["{release}"]\ndefects = []\n'
        (company / "releases" / f"{release}.toml").write_text(text, encoding="utf-8")
    before = Stage(folder, PatchedBase("2.0.14.7", documents=100, folder=company))
    backup = before.start()
    chosen = ("-k", "test_inventory or test_rights or test_state or test_sweep or test_universal")
    assert before.phase(Phase.BEFORE, *chosen) == 0, before.output
    found = {}
    for release in PATCHES:
        stage = found[release] = before.fork(release)
        before.stand.restore(backup)
        before.stand.update(release)
        stage.phase(Phase.AFTER, *chosen)
    yield found
    before.close()


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("REP-01", ("Отчёт=КнигаПродаж, Колонка=СуммаНДС",)),
        ("REP-01", ("ПродажиПоКонтрагентам (отбор: Менеджер)",)),
        ("UNI-04", ("не узнан по ИНН", "стало 2")),
        ("SWEEP-05", ("Document_НачислениеЗарплаты", "(записей)")),
        ("OPS-03", ("Роль=МенеджерПоПродажам, Объект=Document_НачислениеЗарплаты",)),
        ("OPS-11", ("Пользователь=ОбменССайтом, Набор=Document_НачислениеЗарплаты", "разрешено")),
        ("OPS-12", ("Пользователь=ОбменССайтом, Набор=Catalog_Номенклатура", "разрешено")),
        ("SWEEP-08", ("Catalog_Номенклатура/Артикул", "Edm.String(25)", "Edm.String(20)")),
    ],
)
def test_what_once_got_past_is_named(updated: dict[str, Stage], scenario: str, words: tuple[str, ...]) -> None:
    lines = [line for line in updated[SEEDED].said().splitlines() if line.startswith(scenario)]

    assert any(all(word in line for word in words) for line in lines), lines


def test_an_opened_right_is_no_harmless_growth(updated: dict[str, Stage]) -> None:
    found = [item for item in updated[SEEDED].differences() if item.scenario == "OPS-03"]

    assert [(item.cls, item.breaking) for item in found] == [(DifferenceClass.UNEXPLAINED, False)]


def test_harmless_changes_only_widen(updated: dict[str, Stage]) -> None:
    stage = updated[HARMLESS]
    differences = [item for item in stage.differences() if item.kind is not ObservationKind.TIMING]

    assert {run.outcome for run in stage.record().runs.values()} == {Outcome.PASSED}
    assert [str(item.text) for item in differences if item.cls is not DifferenceClass.STRUCTURE or item.breaking] == []
    assert {item.scenario for item in differences} == {
        "OPS-03",
        "OPS-04",
        "OPS-05",
        "OPS-11",
        "REP-01",
        "SWEEP-01",
        "SWEEP-02",
        "SWEEP-03",
    }
