"""The questions the harness asks a base are answered through an index, never by reading a table from end to end."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from stand.emulator.database.tables import quoted
from tests.stand.emulator.demo import company
from tests.stand.emulator.sample import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.infobase import Infobase

ID = "guid'10000000-0000-4000-8000-000000000001'"
MOMENT = "datetime'2026-02-01T00:00:00'"
SALE, STOCK, LEDGER = (
    "Document_РеализацияТоваровУслуг",
    "AccumulationRegister_ТоварыНаСкладах",
    "AccountingRegister_Хозрасчетный",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infobase]:
    folder: Path = tmp_path_factory.mktemp("indexes")
    with company(folder) as infobase:
        yield infobase


@pytest.mark.parametrize(
    ("url", "table"),
    [
        (f"{SALE}?$filter=Date ge {MOMENT} and Date lt {MOMENT}", SALE),
        (f"{SALE}?$filter=Number eq 'ЛУ00-000001'", SALE),
        (f"Catalog_Номенклатура?$filter=Parent_Key eq {ID}", "Catalog_Номенклатура"),
        (f"Catalog_ДоговорыКонтрагентов?$filter=Owner_Key eq {ID}", "Catalog_ДоговорыКонтрагентов"),
        ("Catalog_Контрагенты?$filter=Code eq '000000001'", "Catalog_Контрагенты"),
        (f"{SALE}_Товары?$filter=Ref_Key eq {ID}", f"{SALE}.Товары"),
        (f"{STOCK}_RecordType?$filter=Recorder eq cast({ID},'{SALE}')", STOCK),
        (f"{STOCK}_RecordType?$filter=Period ge {MOMENT} and Period lt {MOMENT}", STOCK),
        (f"{STOCK}_RecordType?$filter=Номенклатура_Key eq {ID} and Period ge {MOMENT}", STOCK),
        (f"{LEDGER}_RecordType?$filter=AccountDr_Key eq {ID} and Period ge {MOMENT}", LEDGER),
        (f"{LEDGER}_RecordType?$filter=AccountCr_Key eq {ID} and Period ge {MOMENT}", LEDGER),
        (f"{STOCK}/Turnovers(StartPeriod={MOMENT},EndPeriod={MOMENT})", STOCK),
        (f"{STOCK}/Balance(Period=datetime'2026-02-11T00:00:00')", STOCK),
        (f"{STOCK}/Balance()", f"{STOCK}.totals"),
        (
            f"{LEDGER}/Turnovers(StartPeriod=datetime'2026-02-01T00:00:00',EndPeriod=datetime'2026-02-28T23:59:59')",
            f"{LEDGER}.totals",
        ),
        (
            f"InformationRegister_КурсыВалют?$filter=Валюта_Key eq {ID} and Period le {MOMENT}",
            "InformationRegister_КурсыВалют",
        ),
        (
            f"Task_ЗадачаИсполнителя?$filter=BusinessProcess eq cast({ID},'BusinessProcess_СогласованиеЗаказа')",
            "Task_ЗадачаИсполнителя",
        ),
    ],
)
def test_questions_go_through_an_index(base: Infobase, url: str, table: str) -> None:
    asked: list[str] = []
    with base.reading() as session:
        connection = session.connection
    assert isinstance(connection, sqlite3.Connection)
    # The only connection there is: the request gets it, and what it runs is noted with its values in place.
    connection.set_trace_callback(asked.append)
    Asking(base).rows(url)
    connection.set_trace_callback(None)
    sql = next(item for item in asked if quoted(table) in item)
    with base.reading() as session:
        steps = [str(row[3]) for row in session.connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert not [step for step in steps if step.startswith("SCAN t")], steps
    assert any("INDEX" in step or "PRIMARY KEY" in step for step in steps), steps
