"""Virtual tables over a million movements, and what making a base of many documents takes. SQLite, medians of several runs.

The reference in the same run is the same question as SQL typed by hand over the same tables.
usage: python benchmarks/bench_registers.py [MOVEMENTS] [RUNS]
       python benchmarks/bench_registers.py --documents 50000
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from harness.onec.names import Kind, ObjectName
from stand.emulator.company import create_demo
from stand.emulator.database.infobase import Infobase
from stand.emulator.database.movements import Request, Tables
from stand.emulator.database.totals import rebuild
from stand.emulator.database.virtual_sql import totals
from stand.emulator.model import (
    MONEY,
    QUANTITY,
    Attribute,
    Configuration,
    MetaObject,
    Register,
    RegisterKind,
    ValueType,
)
from stand.emulator.standard import standard_attributes

if TYPE_CHECKING:
    from collections.abc import Callable

    from stand.emulator.database.session import Session

STOCK, PAPER, GOODS, PLACES = "AccumulationRegister_Товары", "Document_Отгрузка", "Catalog_Товары", "Catalog_Склады"
MIDDLE = datetime(2026, 5, 17, 12)  # noqa: DTZ001 - dates of 1C have no zone
QUARTER = (datetime(2026, 4, 1), datetime(2026, 6, 30, 23, 59, 59))  # noqa: DTZ001 - as above


def configuration() -> Configuration:
    """A register of goods by warehouses, a document that writes it."""
    items = [
        MetaObject(ObjectName(Kind(kind), name), standard_attributes(f"{kind}_{name}", Kind(kind)))
        for kind, name in (("Catalog", "Товары"), ("Catalog", "Склады"), ("Document", "Отгрузка"))
    ]
    dimensions = (Attribute("Товар", ValueType((GOODS,))), Attribute("Склад", ValueType((PLACES,))))
    resources = (Attribute("Количество", QUANTITY), Attribute("Сумма", MONEY))
    register = Register(RegisterKind.BALANCE, dimensions, resources, recorders=(PAPER,))
    items.append(MetaObject(ObjectName(Kind.ACCUMULATION_REGISTER, "Товары"), register=register))
    return Configuration("Замер", "1", {str(item.name): item for item in items})


def fill(session: Session, movements: int) -> None:
    """So many movements over two years, ten to a document, a thousand goods in five warehouses."""
    session.execute(
        f'INSERT INTO "{STOCK}" ("Recorder", "Period", "LineNumber", "Active", "RecordType", "Товар", "Склад", "Количество", "Сумма")'  # noqa: S608 - names of this file
        " WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)"
        " SELECT printf('00000000-0000-4000-8000-%012d', i / 10),"
        " strftime('%Y-%m-%dT%H:%M:%S', '2025-01-01', (i * 63 % 63000000) || ' seconds'), i % 10 + 1, 1,"
        " CASE WHEN i % 3 = 0 THEN 'Expense' ELSE 'Receipt' END,"
        " printf('10000000-0000-4000-8000-%012d', i * 7919 % 1000), printf('20000000-0000-4000-8000-%012d', i % 5),"
        " i % 100000, i % 1000000 FROM n",
        (movements,),
    )


SIGNED = ", ".join(
    f'SUM(CASE WHEN "RecordType" = \'Receipt\' THEN "{name}" ELSE -"{name}" END) AS "{name}"'
    for name in ("Количество", "Сумма")
)
STORED = ", ".join(f'SUM("+{name}" - "-{name}") AS "{name}"' for name in ("Количество", "Сумма"))
DIFFERENCE = (
    'CASE WHEN "RecordType" = \'Receipt\' THEN "Количество" ELSE -"Количество" END,'
    ' CASE WHEN "RecordType" = \'Receipt\' THEN "Сумма" ELSE -"Сумма" END'
)
MONTHS = f'SELECT "Товар", "Склад", "+Количество" - "-Количество" AS a, "+Сумма" - "-Сумма" AS b FROM "{STOCK}.totals" WHERE "Month" < ?'  # noqa: S608 - as above
REST = f'SELECT "Товар", "Склад", {DIFFERENCE} FROM "{STOCK}" WHERE "Active" = 1 AND "Period" >= ? AND "Period" < ?'  # noqa: S608 - as above
NOW, NO_TOTALS, MOMENT, SPAN = (
    *("Balance now, stored totals", "Balance now, no totals"),
    *("Balance on a moment, stored totals", "Turnovers of a quarter, stored totals"),
)
BY_HAND: dict[str, tuple[str, tuple[str, ...]]] = {
    NOW: (f'SELECT "Товар", "Склад", {STORED} FROM "{STOCK}.totals" WHERE "Month" = ? GROUP BY 1, 2', ("current",)),  # noqa: S608 - as above
    NO_TOTALS: (f'SELECT "Товар", "Склад", {SIGNED} FROM "{STOCK}" WHERE "Active" = 1 GROUP BY 1, 2', ()),  # noqa: S608 - as above
    MOMENT: (
        f'SELECT "Товар", "Склад", SUM(a), SUM(b) FROM ({MONTHS} UNION ALL {REST}) GROUP BY 1, 2',  # noqa: S608 - as above
        ("2026-05-01T00:00:00", "2026-05-01T00:00:00", "2026-05-17T12:00:00"),
    ),
    SPAN: (
        f'SELECT "Товар", "Склад", {STORED} FROM "{STOCK}.totals" WHERE "Month" >= ? AND "Month" < ? GROUP BY 1, 2',  # noqa: S608 - as above
        ("2026-04-01T00:00:00", "2026-07-01T00:00:00"),
    ),
}
ASKED = {
    NOW: ("Balance", Request(), True),
    MOMENT: ("Balance", Request(end=MIDDLE), True),
    SPAN: ("Turnovers", Request(*QUARTER), True),
    NO_TOTALS: ("Balance", Request(), False),
}


def median(runs: int, action: Callable[[], object]) -> float:
    """Median wall time, seconds."""
    times = []
    for _run in range(runs):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def measure(movements: int, runs: int) -> None:
    """Prints each question: as the emulator asks it, as typed by hand, and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        base = Infobase.create(Path(folder) / "base.db", configuration())
        with base.transaction() as session:
            fill(session, movements)
            spent = median(1, lambda: rebuild(session.connection, session.layout, [STOCK]))
            print(f"{movements} movements; totals made anew in {spent:.2f} s")
        with base.reading() as session:
            meta = session.meta(STOCK)
            tables = Tables.of(session.layout, meta)
            for title, (kind, request, stored) in ASKED.items():
                chosen = tables if stored else replace(tables, totals=None)
                derived = totals(meta, chosen, kind, request)
                times = runs if stored else 1
                ours = median(times, lambda: session.connection.execute(derived.sql, derived.params).fetchall())  # noqa: B023 - called at once
                hand = median(times, lambda: session.connection.execute(*BY_HAND[title]).fetchall())  # noqa: B023 - as above
                print(f"{title:38} median {ours:7.4f} s   by hand {hand:7.4f} s   {ours / hand:4.2f} x")
        base.close()


def generate(documents: int) -> None:
    """Prints how long a demo base of so many documents takes, posted and with totals."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        create_demo(Path(folder) / "demo.db", password="bench", documents=documents).close()  # noqa: S106 - a throw-away base
        print(f"demo base of {documents} documents: {time.perf_counter() - started:.2f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--documents"]:
        generate(int(sys.argv[2]))
    else:
        measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000, int(sys.argv[2]) if len(sys.argv) > 2 else 5)
