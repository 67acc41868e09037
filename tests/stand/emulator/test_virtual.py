"""Virtual tables against a slow and obvious reference, on random movements."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stand.emulator.rows import Ref, Row
from tests.stand.emulator.sample import ACCOUNTS, GOODS, LEDGER, PRICES, RATES, SALE, SALES, STOCK, sample_base

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Infobase
    from tests.stand.emulator.factory import InfobaseFactory

FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 - dates of 1C are naive
DOCUMENTS = [Ref(SALE, f"00000000-0000-4000-8000-00000000000{number}") for number in range(3)]
ITEMS = [Ref(GOODS, f"10000000-0000-4000-8000-00000000000{number}") for number in range(3)]
NAMES = ("41", "60", "62")
TYPES = ("Active", "Passive", "ActivePassive")

moments = st.integers(0, 96).map(lambda hours: FIRST + timedelta(hours=hours))
amounts = st.decimals(min_value=-999, max_value=999, places=2)
stock_records = st.lists(
    st.fixed_dictionaries(
        {
            "Period": moments,
            "RecordType": st.sampled_from(["Receipt", "Expense"]),
            "Active": st.booleans(),
            "Товар": st.sampled_from(ITEMS),
            "Место": st.sampled_from(["А", "Б"]),
            "Количество": amounts,
            "Сумма": amounts,
        }
    ),
    max_size=12,
)
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def base(shared_infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = sample_base(shared_infobase_factory)
    yield infobase
    infobase.close()


def signed(row: Row, name: str) -> Decimal:
    amount: Decimal = row[name]
    return amount if row["RecordType"] == "Receipt" else -amount


def as_table(rows: list[Row], *names: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return {
        tuple(row[name] for name in names): tuple(value for name, value in row.items() if name not in names)
        for row in rows
    }


def without_zeros(table: dict[tuple[Any, ...], list[Decimal]]) -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    return {key: tuple(values) for key, values in table.items() if any(values)}


@relaxed
@given(stock_records, moments)
def test_balance(base: Infobase, records: list[Row], moment: datetime) -> None:
    expected: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in records:
        if row["Active"] and row["Period"] < moment:
            cell = expected[row["Товар"], row["Место"]]
            cell[0] += signed(row, "Количество")
            cell[1] += signed(row, "Сумма")
    with base.rehearsal() as session:
        session.write_records(STOCK, DOCUMENTS[0], records)
        found = session.balance(STOCK, period=moment)
    assert as_table(found, "Товар", "Место") == without_zeros(expected)


@relaxed
@given(stock_records, moments, moments)
def test_balance_and_turnovers(base: Infobase, records: list[Row], start: datetime, end: datetime) -> None:
    expected: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 5)
    for row in records:
        if not row["Active"] or row["Period"] > end:
            continue
        cell = expected[(row["Товар"],)]
        amount = signed(row, "Сумма")
        if row["Period"] < start:
            cell[0] += amount
        else:
            cell[1] += amount
            cell[2] += row["Сумма"] if row["RecordType"] == "Receipt" else 0
            cell[3] += row["Сумма"] if row["RecordType"] == "Expense" else 0
        cell[4] += amount
    with base.rehearsal() as session:
        session.write_records(STOCK, DOCUMENTS[0], records)
        found = session.balance_and_turnovers(STOCK, start=start, end=end, dimensions=("Товар",))
        turnovers = session.turnovers(STOCK, start=start, end=end, dimensions=("Товар",))
    sums = {
        (row["Товар"],): tuple(value for name, value in row.items() if name.startswith("Сумма"))
        for row in found
        if any(value for name, value in row.items() if name.startswith("Сумма"))
    }
    assert sums == without_zeros(expected)
    moved = {key: cells[1:4] for key, cells in expected.items() if any(cells[1:4])}
    assert {
        (row["Товар"],): [row["СуммаTurnover"], row["СуммаReceipt"], row["СуммаExpense"]]
        for row in turnovers
        if any(row[f"Сумма{name}"] for name in ("Turnover", "Receipt", "Expense"))
    } == moved
    for row in found:
        assert row["СуммаOpeningBalance"] + row["СуммаReceipt"] - row["СуммаExpense"] == row["СуммаClosingBalance"]


entries = st.lists(
    st.fixed_dictionaries(
        {
            "Period": moments,
            "Dr": st.sampled_from(NAMES),
            "Cr": st.sampled_from(NAMES),
            "Сумма": amounts,
            "КоличествоDr": amounts,
            "КоличествоCr": amounts,
            "ЦехDr": st.sampled_from(["1", "2"]),
            "ЦехCr": st.sampled_from(["1", "2"]),
        }
    ),
    max_size=10,
)


@relaxed
@given(entries, moments)
def test_balance_of_accounts_stands_on_their_side(base: Infobase, records: list[Row], moment: datetime) -> None:
    expected: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in records:
        if row["Period"] < moment:
            for side, sign in (("Dr", 1), ("Cr", -1)):
                cell = expected[row[side], row[f"Цех{side}"]]
                cell[0] += sign * row["Сумма"]
                cell[1] += sign * row[f"Количество{side}"]
    with base.rehearsal() as session:
        accounts = {
            name: session.put(ACCOUNTS, {"Code": name, "Type": type_}) for name, type_ in zip(NAMES, TYPES, strict=True)
        }
        names = {ref: name for name, ref in accounts.items()}
        kept = [{**row, "AccountDr": accounts[row["Dr"]], "AccountCr": accounts[row["Cr"]]} for row in records]
        session.write_records(LEDGER, DOCUMENTS[0], kept)
        found = session.balance(LEDGER, period=moment, dimensions=("Account", "Цех"))
        turnovers = session.turnovers(LEDGER, dimensions=("Account",))
    assert {
        (names[row["Account"]], row["Цех"]): (row["СуммаBalance"], row["КоличествоBalance"]) for row in found
    } == without_zeros(expected)
    for row in found:
        assert row["СуммаBalanceDr"] - row["СуммаBalanceCr"] == row["СуммаBalance"]
        type_ = dict(zip(NAMES, TYPES, strict=True))[names[row["Account"]]]
        if type_ == "Active":
            assert row["СуммаBalanceCr"] == 0
        elif type_ == "Passive":
            assert row["СуммаBalanceDr"] == 0
        else:
            assert min(row["СуммаBalanceDr"], row["СуммаBalanceCr"]) == 0
    assert sum(row["СуммаTurnoverDr"] for row in turnovers) == sum(row["СуммаTurnoverCr"] for row in turnovers)


def test_turnover_registers_have_turnovers_only(base: Infobase) -> None:
    with base.rehearsal() as session:
        session.write_records(
            SALES, DOCUMENTS[0], [{"Period": FIRST, "Товар": ITEMS[0], "Сумма": Decimal(5)} for _ in range(2)]
        )
        (row,) = session.turnovers(SALES, start=FIRST, end=FIRST)
    assert row == {"Товар": ITEMS[0], "СуммаTurnover": Decimal(10)}


@relaxed
@given(st.lists(st.tuples(moments, st.sampled_from(ITEMS), amounts), max_size=10), moments)
def test_slice_last(base: Infobase, changes: list[tuple[datetime, Ref, Decimal]], moment: datetime) -> None:
    expected: dict[Ref, tuple[datetime, Decimal]] = {}
    by_key = {(period, item): amount for period, item, amount in changes}
    for (period, item), amount in by_key.items():
        if period <= moment and (item not in expected or expected[item][0] <= period):
            expected[item] = (period, amount)
    with base.rehearsal() as session:
        for (period, item), amount in by_key.items():
            session.write_independent(RATES, {"Period": period, "Валюта": "USD", "Где": item, "Курс": amount})
        found = {row["Где"]: (row["Period"], row["Курс"]) for row in session.slice_last(RATES, period=moment)}
        one = session.slice_last(RATES, period=moment, where={"Где": ITEMS[0]})
    assert found == expected
    assert [row["Где"] for row in one] == [item for item in expected if item == ITEMS[0]]


def test_a_slice_of_a_subordinate_register_sees_active_records_only(base: Infobase) -> None:
    with base.rehearsal() as session:
        for number, active in enumerate((True, True, False)):
            row = {
                "Period": FIRST + timedelta(days=number),
                "Товар": ITEMS[0],
                "Цена": Decimal(number),
                "Active": active,
            }
            session.write_records(PRICES, DOCUMENTS[number], [row])
        (row,) = session.slice_last(PRICES)
    assert row["Цена"] == Decimal(1)
