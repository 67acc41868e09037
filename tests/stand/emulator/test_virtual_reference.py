"""Tables of totals of every kind of register against the slow reference, on random movements, on both databases."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stand.emulator.database.accounting import entry_turnovers
from stand.emulator.database.movements import Tables
from stand.emulator.database.virtual import measures
from stand.emulator.database.virtual_sql import Request, totals
from tests.stand.emulator import reference
from tests.stand.emulator.ledgers import (
    ACCOUNT,
    ACCOUNT_TYPES,
    KIND,
    LEDGER,
    PAPERS,
    PLAIN,
    SALES,
    STOCK,
    TILL,
    amounts,
    configuration,
    fill_charts,
    ledger_records,
    moments,
    plain_records,
    relaxed,
    sales_records,
    stock_records,
    till_records,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.database.session import Session
    from stand.emulator.rows import Row
    from tests.stand.emulator.factory import InfobaseFactory

ends = st.one_of(st.none(), moments)


def _in_order(span: tuple[datetime | None, datetime | None]) -> tuple[datetime | None, datetime | None]:
    start, end = span
    return (end, start) if start is not None and end is not None and end < start else span


spans = st.tuples(ends, ends).map(_in_order)
kinds = st.one_of(st.none(), st.lists(st.integers(0, 2), min_size=1, max_size=2, unique=True))
STORED = pytest.mark.parametrize("stored", [True, False], ids=["stored totals", "records"])


@pytest.fixture(scope="module")
def base(shared_infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = shared_infobase_factory(configuration())
    with infobase.transaction() as session:
        fill_charts(session)
    yield infobase
    infobase.close()


def ask(session: Session, register: str, kind: str, request: Request, *, stored: bool) -> dict[tuple[Any, ...], Row]:
    """Rows of a table of totals by their key."""
    meta = session.meta(register)
    tables = Tables.of(session.layout, meta)
    if not stored:
        tables = Tables(tables.records, None, tables.chart, tables.kinds)
    names = {name for name, _measure, _resource in measures(meta, kind)}
    rows = session.virtual(totals(meta, tables, kind, request))
    result = {tuple(value for name, value in row.items() if name not in names): row for row in rows}
    assert len(result) == len(rows)
    return result


def numbers(
    rows: dict[tuple[Any, ...], Row], resources: Sequence[str], *suffixes: str
) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    return {key: tuple(row[name + suffix] for name in resources for suffix in suffixes) for key, row in rows.items()}


def two_papers(session: Session, register: str, rows: list[Row]) -> None:
    """Records of two documents: totals must add them up."""
    session.write_records(register, PAPERS[0], [dict(row) for row in rows[::2]])
    session.write_records(register, PAPERS[1], [dict(row) for row in rows[1::2]])


BALANCED = ("OpeningBalance", "Receipt", "Expense", "ClosingBalance")
SIDES = ("OpeningBalance", "TurnoverDr", "TurnoverCr", "ClosingBalance")


@STORED
@relaxed
@given(stock_records, spans, st.sampled_from([("Товар", "Место", "Основание"), ("Основание",), ("Место",), ()]))
def test_a_register_of_balances(
    base: Infobase, stored: bool, rows: list[Row], span: tuple[datetime | None, datetime | None], by: tuple[str, ...]
) -> None:
    resources = ("Количество", "Сумма")
    moves = reference.accumulation_moves(rows, resources, ("Товар", "Место", "Основание"))
    start, end = span
    with base.rehearsal() as session:
        two_papers(session, STOCK, rows)
        found = ask(session, STOCK, "Balance", Request(end=end, dimensions=by), stored=stored)
        assert numbers(found, resources, "Balance") == reference.balance(moves, by, end, 2)
        found = ask(session, STOCK, "Turnovers", Request(start, end, by), stored=stored)
        assert numbers(found, resources, "Receipt", "Expense") == reference.turnovers(moves, by, span, 2)
        assert all(row["СуммаTurnover"] == row["СуммаReceipt"] - row["СуммаExpense"] for row in found.values())
        found = ask(session, STOCK, "BalanceAndTurnovers", Request(start, end, by), stored=stored)
        assert numbers(found, resources, *BALANCED) == reference.balance_and_turnovers(moves, by, span, 2)


@STORED
@relaxed
@given(stock_records, spans, st.tuples(st.sampled_from(sorted(reference.CUTS)), st.sampled_from([("Товар",), ()])))
def test_periods_of_turnovers_and_running_balances(
    base: Infobase,
    stored: bool,
    rows: list[Row],
    span: tuple[datetime | None, datetime | None],
    grouping: tuple[str, tuple[str, ...]],
) -> None:
    moves = reference.accumulation_moves(rows, ("Сумма", "Количество"), ("Товар",))
    period, by = grouping
    cut = reference.CUTS[period]
    request = Request(*span, dimensions=by, periods=(period,))
    with base.rehearsal() as session:
        two_papers(session, STOCK, rows)
        found = ask(session, STOCK, "Turnovers", request, stored=stored)
        assert numbers(found, ("Сумма", "Количество"), "Receipt", "Expense") == reference.turnovers(
            moves, by, span, 2, cut
        )
        found = ask(session, STOCK, "BalanceAndTurnovers", request, stored=stored)
        assert numbers(found, ("Сумма", "Количество"), *BALANCED) == reference.balance_and_turnovers(
            moves, by, span, 2, cut
        )


@STORED
@relaxed
@given(sales_records, till_records, spans)
def test_a_register_of_turnovers_and_one_without_dimensions(
    base: Infobase, stored: bool, sales: list[Row], till: list[Row], span: tuple[datetime | None, datetime | None]
) -> None:
    sold = reference.accumulation_moves(sales, ("Сумма",), ("Товар",))
    kept = reference.accumulation_moves(till, ("Сумма",), ())
    with base.rehearsal() as session:
        two_papers(session, SALES, sales)
        two_papers(session, TILL, till)
        found = ask(session, SALES, "Turnovers", Request(*span), stored=stored)
        assert numbers(found, ("Сумма",), "Turnover") == {
            key: pair[:1] for key, pair in reference.turnovers(sold, ("Товар",), span, 1).items()
        }
        found = ask(session, TILL, "Balance", Request(end=span[1]), stored=stored)
        assert numbers(found, ("Сумма",), "Balance") == reference.balance(kept, (), span[1], 1)
        found = ask(session, TILL, "BalanceAndTurnovers", Request(*span), stored=stored)
        assert numbers(found, ("Сумма",), *BALANCED) == reference.balance_and_turnovers(kept, (), span, 1)


def _extra_names(chosen: list[int] | None, prefix: str = "ExtDimension") -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(1, len(chosen if chosen is not None else (1, 2, 3)) + 1))


def _guids(chosen: list[int] | None) -> tuple[str, ...] | None:
    return None if chosen is None else tuple(KIND[kind].id for kind in chosen)


@STORED
@relaxed
@given(ledger_records, spans, st.tuples(kinds, st.booleans()))
def test_accounts_with_their_extra_dimensions(
    base: Infobase,
    stored: bool,
    rows: list[Row],
    span: tuple[datetime | None, datetime | None],
    wanted: tuple[list[int] | None, bool],
) -> None:
    chosen, deep = wanted
    by = ("Account", *(_extra_names(chosen) if deep or chosen is not None else ()), "Организация", "Цех")
    moves = reference.ledger_moves(rows, chosen)
    resources = ("Сумма", "Количество")
    start, end = span
    with base.rehearsal() as session:
        two_papers(session, LEDGER, rows)
        request = Request(end=end, dimensions=by, kinds=_guids(chosen))
        found = ask(session, LEDGER, "Balance", request, stored=stored)
        assert numbers(found, resources, "Balance") == reference.balance(
            reference.without_turnovers_only(moves, chosen), by, end, 2
        )
        for key, row in found.items():
            type_ = ACCOUNT_TYPES[ACCOUNT.index(key[0])]
            balance = row["СуммаBalance"]
            debit = balance if type_ == "Active" or (type_ == "ActivePassive" and balance > 0) else 0
            assert (row["СуммаBalanceDr"], row["СуммаBalanceCr"]) == (debit, debit - balance)
        request = Request(start, end, by, kinds=_guids(chosen))
        found = ask(session, LEDGER, "Turnovers", request, stored=stored)
        assert numbers(found, resources, "TurnoverDr", "TurnoverCr") == reference.turnovers(moves, by, span, 2)
        found = ask(session, LEDGER, "BalanceAndTurnovers", request, stored=stored)
        assert numbers(found, resources, *SIDES) == reference.balance_and_turnovers(moves, by, span, 2)


@relaxed
@given(ledger_records, spans, kinds, kinds)
def test_turnovers_with_the_corresponding_account(
    base: Infobase,
    rows: list[Row],
    span: tuple[datetime | None, datetime | None],
    chosen: list[int] | None,
    balanced: list[int] | None,
) -> None:
    far = _extra_names(balanced, "BalancedExtDimension") if balanced is not None else ()
    by = ("Account", *(_extra_names(chosen) if chosen is not None else ()), "Организация", "BalancedAccount", *far)
    moves = reference.ledger_moves(rows, chosen, balanced)
    with base.rehearsal() as session:
        two_papers(session, LEDGER, rows)
        request = Request(*span, dimensions=by, kinds=_guids(chosen), balanced_kinds=_guids(balanced))
        found = ask(session, LEDGER, "Turnovers", request, stored=True)
    assert numbers(found, ("Сумма", "Количество"), "TurnoverDr", "TurnoverCr") == reference.turnovers(
        moves, by, span, 2
    )


@relaxed
@given(ledger_records, spans, kinds, kinds)
def test_turnovers_between_accounts(
    base: Infobase,
    rows: list[Row],
    span: tuple[datetime | None, datetime | None],
    chosen: list[int] | None,
    balanced: list[int] | None,
) -> None:
    by = ["AccountDr", "AccountCr"]
    for side, listed in (("Dr", chosen), ("Cr", balanced)):
        by += _extra_names(listed, f"ExtDimension{side}") if listed is not None else ()
    with base.rehearsal() as session:
        two_papers(session, LEDGER, rows)
        meta = session.meta(LEDGER)
        request = Request(*span, dimensions=tuple(by), kinds=_guids(chosen), balanced_kinds=_guids(balanced))
        found = session.virtual(entry_turnovers(meta, Tables.of(session.layout, meta), request))
    sums = ("СуммаTurnover", "КоличествоTurnoverDr", "КоличествоTurnoverCr")
    assert {
        tuple(row[name] for name in by): tuple(row[name] for name in sums) for row in found
    } == reference.entry_turnovers(rows, span, chosen, balanced)


@STORED
@relaxed
@given(plain_records, spans, kinds)
def test_accounts_without_correspondence(
    base: Infobase,
    stored: bool,
    rows: list[Row],
    span: tuple[datetime | None, datetime | None],
    chosen: list[int] | None,
) -> None:
    by = ("Account", *_extra_names(chosen), "Организация")
    moves = reference.plain_moves(rows, chosen)
    with base.rehearsal() as session:
        two_papers(session, PLAIN, rows)
        request = Request(end=span[1], dimensions=by, kinds=_guids(chosen))
        found = ask(session, PLAIN, "Balance", request, stored=stored)
        assert numbers(found, ("Сумма", "Количество"), "Balance") == reference.balance(
            reference.without_turnovers_only(moves, chosen), by, span[1], 2
        )
        request = Request(*span, dimensions=by, kinds=_guids(chosen))
        found = ask(session, PLAIN, "BalanceAndTurnovers", request, stored=stored)
        assert numbers(found, ("Сумма", "Количество"), *SIDES) == reference.balance_and_turnovers(moves, by, span, 2)


@STORED
@relaxed
@given(st.lists(st.tuples(moments, amounts), max_size=3, unique_by=lambda item: item[0]), spans)
def test_balances_go_on_from_document_to_document(
    base: Infobase,
    stored: bool,
    written: list[tuple[datetime, Decimal]],
    span: tuple[datetime | None, datetime | None],
) -> None:
    """Grouped by recorder each document opens with what the one before it left; the ends of the span are no rows."""
    start, end = span
    balance, expected = Decimal(0), {}
    papers = dict(zip((moment for moment, _amount in written), PAPERS, strict=False))
    for moment, amount in sorted(written):
        if (start is None or moment >= start) and (end is None or moment <= end):
            expected[papers[moment], moment] = (balance, amount, balance + amount)
        balance += amount
    with base.rehearsal() as session:
        for moment, amount in written:
            session.write_records(TILL, papers[moment], [{"Period": moment, "RecordType": "Receipt", "Сумма": amount}])
        request = Request(start, end, (), ("Period", "Recorder"))
        found = ask(session, TILL, "BalanceAndTurnovers", request, stored=stored)
    sums = ("СуммаOpeningBalance", "СуммаTurnover", "СуммаClosingBalance")
    assert {(row["Recorder"], row["Period"]): tuple(row[name] for name in sums) for row in found.values()} == {
        key: numbers for key, numbers in expected.items() if any(numbers)
    }
