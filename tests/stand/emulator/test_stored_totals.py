"""Stored totals are the sums of the movements, whatever was written, written over, deleted, undone, loaded or migrated."""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import DocumentError
from stand.emulator.database.bulk import Bulk
from stand.emulator.database.infobase import Infobase
from stand.emulator.database.periods import CURRENT
from stand.emulator.database.tables import quoted
from stand.emulator.loaders.recording import create_recorded
from stand.emulator.model import Configuration
from tests.stand.emulator import reference
from tests.stand.emulator.demo import company
from tests.stand.emulator.ledgers import (
    ITEMS,
    LEDGER,
    PAPERS,
    PAY,
    PLAIN,
    SALES,
    START,
    STOCK,
    TILL,
    configuration,
    fill_charts,
    ledger_records,
    plain_records,
    relaxed,
    sales_records,
    stock_records,
    till_records,
)
from tests.stand.emulator.sample import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stand.emulator.database.session import Session
    from stand.emulator.rows import Ref, Row
    from tests.stand.emulator.factory import InfobaseFactory

Totals = dict[tuple[Any, ...], tuple[Decimal, ...]]


def test_a_base_of_a_version_without_totals_gets_them(infobase_factory: InfobaseFactory) -> None:
    infobase = infobase_factory(configuration())
    with infobase.transaction() as session:
        fill_charts(session)
        session.write_records(STOCK, PAPERS[0], [{"Period": START, "RecordType": "Receipt", "Количество": Decimal(5)}])
        (kept,) = session.balance(STOCK)
        session.connection.execute(f"DROP TABLE {quoted(session.layout.totals[STOCK].name)}")
        session.connection.execute("DELETE FROM _settings WHERE name = 'format'")
    infobase.close()
    with closing(Infobase.open(infobase.place)) as again:
        with again.reading() as session:
            assert session.balance(STOCK) == [kept]
        with again.transaction() as session:
            session.connection.execute(f"DROP TABLE {quoted(PAY)}")
            session.connection.execute("DELETE FROM _settings WHERE name = 'format'")
    with pytest.raises(DocumentError, match=PAY):
        Infobase.open(infobase.place)


@pytest.fixture(scope="module")
def base(shared_infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = shared_infobase_factory(configuration())
    with infobase.transaction() as session:
        fill_charts(session)
    yield infobase
    infobase.close()


def stored(session: Session, register: str) -> Totals:
    """Rows of the table of totals that are not zero: month and dimensions to numbers."""
    table = session.layout.totals[register]
    numbers = [field.name for field in table.fields if field.name[0] in "+-"]
    sql = f"SELECT {table.select_list} FROM {quoted(table.name)} AS t"  # noqa: S608 - names quoted
    rows = [table.decode(cells) for cells in session.connection.execute(sql)]
    found = {
        tuple(value for name, value in row.items() if name not in numbers): tuple(row[name] for name in numbers)
        for row in rows
    }
    assert len(found) == len(rows)
    return {key: amounts for key, amounts in found.items() if any(amounts)}


def summed(moves: list[reference.Move], dimensions: tuple[str, ...]) -> Totals:
    """The same out of the movements."""
    table: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 4)
    for move in moves:
        for month in (f"{move.period:%Y-%m}-01T00:00:00", CURRENT):
            key = (month, *(move.fields[name] for name in dimensions))
            pairs = [one for pair in zip(move.plus, move.minus, strict=True) for one in pair]
            table[key] = [a + b for a, b in zip(table[key], pairs, strict=False)]
    return {key: tuple(amounts) for key, amounts in table.items() if any(amounts)}


EXTRA = ("ExtDimension1", "ExtDimension2", "ExtDimension3")
CASES: dict[str, tuple[Any, Any]] = {
    STOCK: (
        stock_records,
        lambda rows: summed(
            reference.accumulation_moves(rows, ("Количество", "Сумма"), ("Товар", "Место", "Основание")),
            ("Товар", "Место", "Основание"),
        ),
    ),
    SALES: (sales_records, lambda rows: summed(reference.accumulation_moves(rows, ("Сумма",), ("Товар",)), ("Товар",))),
    TILL: (till_records, lambda rows: summed(reference.accumulation_moves(rows, ("Сумма",), ()), ())),
    LEDGER: (
        ledger_records,
        lambda rows: summed(reference.ledger_moves(rows), ("Account", *EXTRA, "Организация", "Цех")),
    ),
    PLAIN: (plain_records, lambda rows: summed(reference.plain_moves(rows), ("Account", *EXTRA, "Организация"))),
}


@pytest.mark.parametrize("register", CASES)
@relaxed
@given(st.data())
def test_totals_are_the_sums_of_the_movements(base: Infobase, register: str, data: st.DataObject) -> None:
    records, expected = CASES[register]
    writes = data.draw(st.lists(st.tuples(st.sampled_from(PAPERS), records), min_size=1, max_size=4))
    kept: dict[Ref, list[Row]] = {}
    with base.rehearsal() as session:
        for paper, rows in writes:
            session.write_records(register, paper, [dict(row) for row in rows])
            kept[paper] = rows
        assert stored(session, register) == expected([row for rows in kept.values() for row in rows])
        gone = data.draw(st.sampled_from(PAPERS))
        session.clear_records(gone)
        assert stored(session, register) == expected(
            [row for paper, rows in kept.items() if paper != gone for row in rows]
        )


def _fail_midway(session: Session, rows: list[Row]) -> None:
    with session.part():
        session.write_records(STOCK, PAPERS[0], rows)
        session.write_records(STOCK, PAPERS[1], rows)
        raise RuntimeError


@relaxed
@given(stock_records, stock_records)
def test_totals_of_a_part_that_failed_are_as_before(base: Infobase, first: list[Row], second: list[Row]) -> None:
    with base.rehearsal() as session:
        session.write_records(STOCK, PAPERS[0], first)
        before = stored(session, STOCK)
        with pytest.raises(RuntimeError):
            _fail_midway(session, second)
        assert stored(session, STOCK) == before


@relaxed
@given(st.lists(st.tuples(st.sampled_from(PAPERS), sales_records), max_size=4, unique_by=lambda item: item[0]))
def test_totals_of_a_bulk_load(base: Infobase, loads: list[tuple[Ref, list[Row]]]) -> None:
    with base.rehearsal() as session:
        bulk = Bulk(session)
        for paper, rows in loads:
            bulk.records(
                {SALES: [{**row, "Recorder": paper, "LineNumber": number} for number, row in enumerate(rows, 1)]}
            )
        bulk.flush()
        assert stored(session, SALES) == CASES[SALES][1]([row for _paper, rows in loads for row in rows])


def test_totals_are_made_anew_when_the_register_changes(shared_infobase_factory: InfobaseFactory) -> None:
    """A dimension that is gone folds totals together, a register that is new has none, records that went take theirs along."""
    before = configuration()
    base = shared_infobase_factory(before)
    rows: list[Row] = [
        {
            "Period": datetime(2026, month, 5),  # noqa: DTZ001 - dates of 1C are naive
            "RecordType": "Receipt",
            "Место": place,
            "Сумма": Decimal(month),
            "Количество": Decimal(1),
        }
        for month in (1, 2)
        for place in ("А", "Б")
    ]
    with base.transaction() as session:
        fill_charts(session)
        session.write_records(STOCK, PAPERS[0], rows)
    meta = before.objects[STOCK]
    assert meta.register is not None
    narrow = replace(meta.register, dimensions=tuple(item for item in meta.register.dimensions if item.name != "Место"))
    objects = {**before.objects, STOCK: replace(meta, register=narrow)}
    del objects[SALES]
    base.replace_configuration(Configuration(before.name, "2.0", objects))
    with base.transaction() as session:
        assert {key[0]: numbers for key, numbers in stored(session, STOCK).items()} == {
            "2026-01-01T00:00:00": (Decimal(2), Decimal(0), Decimal(2), Decimal(0)),
            "2026-02-01T00:00:00": (Decimal(2), Decimal(0), Decimal(4), Decimal(0)),
            CURRENT: (Decimal(4), Decimal(0), Decimal(6), Decimal(0)),
        }
        assert SALES not in session.layout.totals
        assert session.balance(STOCK, period=datetime(2026, 2, 1))[0]["СуммаBalance"] == Decimal(2)  # noqa: DTZ001 - as above
        session.write_records(STOCK, PAPERS[0], rows[:1])
        assert {key[0]: numbers[2] for key, numbers in stored(session, STOCK).items()} == dict.fromkeys(
            ("2026-01-01T00:00:00", CURRENT), Decimal(1)
        )


def test_totals_of_a_recorded_base_are_those_of_the_base_recorded(tmp_path: Path) -> None:
    base = Infobase.create(tmp_path / "made.db", configuration())
    with base.transaction() as session:
        for number, paper in enumerate(PAPERS):
            row = {"RecordType": "Receipt", "Товар": ITEMS[0], "Место": "А", "Сумма": Decimal(number + 1)}
            session.write_records(STOCK, paper, [{**row, "Period": datetime(2026, number + 1, 5)}])  # noqa: DTZ001 - as above
    atom = Asking(base, headers={"accept": "application/atom+xml"})
    metadata, feed = tmp_path / "metadata.xml", tmp_path / "feed.xml"
    metadata.write_bytes(atom.call("GET", "$metadata").body)
    feed.write_bytes(atom.call("GET", STOCK).body)
    recorded = create_recorded(tmp_path / "recorded.db", metadata, [feed])
    for url in (
        "Balance()",
        "Balance(Period=datetime'2026-02-10T00:00:00')",
        "Turnovers()?$select=MonthPeriod,СуммаTurnover",
    ):
        rows = Asking(recorded).rows(f"{STOCK}/{url}")
        assert rows == Asking(base).rows(f"{STOCK}/{url}")
        assert rows
    recorded.close()
    base.close()


def test_totals_of_the_generated_company_are_the_sums_of_its_movements(tmp_path: Path) -> None:
    with company(tmp_path) as base, base.reading() as session:
        for register, table in session.layout.totals.items():
            fresh = stored(session, register)
            meta = session.meta(register)
            assert meta.register is not None
            if meta.register.kind.value in ("balance", "turnover"):
                names = tuple(item.name for item in meta.register.dimensions)
                resources = tuple(item.name for item in meta.register.resources)
                moves = reference.accumulation_moves(session.records(register), resources, names)
                expected: dict[tuple[Any, ...], list[Decimal]] = {}
                for move in moves:
                    for month in (f"{move.period:%Y-%m}-01T00:00:00", CURRENT):
                        cell = expected.setdefault(
                            (month, *(move.fields[name] for name in names)), [Decimal(0)] * (2 * len(resources))
                        )
                        for at, (plus, minus) in enumerate(zip(move.plus, move.minus, strict=True)):
                            cell[2 * at] += plus
                            cell[2 * at + 1] += minus
                assert fresh == {key: tuple(cell) for key, cell in expected.items() if any(cell)}, table.name
            assert fresh, table.name
