"""Calculation registers: actual action periods, schedule, base; against day-by-day reckoning, on both databases."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stand.emulator.database.calculation import Base, actual_periods, base_of, schedule_data
from stand.emulator.database.movements import Condition
from tests.stand.emulator.ledgers import DAYS, PAPERS, PAY, TYPE, amounts, configuration, fill_charts, relaxed
from tests.stand.emulator.sample import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.infobase import Infobase
    from stand.emulator.database.session import Session
    from stand.emulator.rows import Row
    from tests.stand.emulator.factory import InfobaseFactory

FIRST = datetime(2026, 1, 1)  # noqa: DTZ001 - dates of 1C are naive
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
HOURS = {"пять": 7, "два": 3}
days = st.integers(0, 80).map(lambda number: FIRST + number * DAY)


@st.composite
def periods(draw: st.DrawFn) -> tuple[datetime, datetime]:
    """From the beginning of a day to the end of one."""
    start = draw(days)
    return start, start + draw(st.integers(1, 12)) * DAY - SECOND


records = st.lists(
    st.fixed_dictionaries(
        {
            "CalculationType": st.sampled_from(TYPE),
            "Кто": st.sampled_from(["Он", "Она"]),
            "График": st.sampled_from(sorted(HOURS)),
            "RegistrationPeriod": st.sampled_from([datetime(2026, month, 1) for month in (1, 2, 3)]),  # noqa: DTZ001 - as above
            "Action": periods(),
            "Base": periods(),
            "Active": st.sampled_from([True, True, False]),
            "ReversingEntry": st.sampled_from([False, False, True]),
            "Результат": amounts,
        }
    ),
    max_size=7,
)


@pytest.fixture(scope="module")
def base(shared_infobase_factory: InfobaseFactory) -> Iterator[Infobase]:
    infobase = shared_infobase_factory(configuration())
    with infobase.transaction() as session:
        fill_charts(session)
        for offset in range(120):
            for schedule, hours in HOURS.items():
                day = FIRST - 10 * DAY + offset * DAY
                session.write_independent(
                    DAYS, {"График": schedule, "Дата": day, "Дни": hours if day.weekday() < 5 else 0}
                )
    yield infobase
    infobase.close()


def write(session: Session, rows: list[Row]) -> None:
    full = [
        {
            **{name: value for name, value in row.items() if name not in ("Action", "Base")},
            "BegOfActionPeriod": row["Action"][0],
            "EndOfActionPeriod": row["Action"][1],
            "BegOfBasePeriod": row["Base"][0],
            "EndOfBasePeriod": row["Base"][1],
        }
        for row in rows
    ]
    session.write_records(PAY, PAPERS[0], full)


def _days(period: tuple[datetime, datetime]) -> list[datetime]:
    return [period[0] + number * DAY for number in range((period[1] - period[0]).days + 1)]


def left_of(rows: list[Row], row: Row) -> list[datetime]:
    """Days of the action period of a record nothing took: the third type displaces the first, for the same person."""
    taken = {
        day
        for other in rows
        if other["Active"]
        and not other["ReversingEntry"]
        and (row["CalculationType"], other["CalculationType"]) == (TYPE[0], TYPE[2])
        and other["Кто"] == row["Кто"]
        for day in _days(other["Action"])
    }
    return [day for day in _days(row["Action"]) if day not in taken]


def hours_of(schedule: str, wanted: list[datetime]) -> int:
    return sum(HOURS[schedule] for day in wanted if day.weekday() < 5)


@relaxed
@given(records)
def test_what_is_left_of_action_periods(base: Infobase, rows: list[Row]) -> None:
    expected = Counter(
        (number, day) for number, row in enumerate(rows, 1) if row["Active"] for day in left_of(rows, row)
    )
    with base.rehearsal() as session:
        write(session, rows)
        found = session.virtual(actual_periods(session.layout, session.meta(PAY), Condition()))
    pieces = [
        (row["LineNumber"], day) for row in found for day in _days((row["BegOfActionPeriod"], row["EndOfActionPeriod"]))
    ]
    assert Counter(pieces) == expected
    for one in found:
        # Pieces are whole: what is next to one is taken or outside of the period.
        own = left_of(rows, rows[one["LineNumber"] - 1])
        assert one["BegOfActionPeriod"] - DAY not in own
        assert one["EndOfActionPeriod"] + SECOND not in own


@relaxed
@given(records)
def test_the_schedule_of_each_period_of_a_record(base: Infobase, rows: list[Row]) -> None:
    with base.rehearsal() as session:
        write(session, rows)
        found = session.virtual(schedule_data(session.layout, session.meta(PAY), Condition()))
    assert {row["LineNumber"] for row in found} == {number for number, row in enumerate(rows, 1) if row["Active"]}
    for one in found:
        row = rows[one["LineNumber"] - 1]
        month = row["RegistrationPeriod"]
        last = (month + 31 * DAY).replace(day=1) - SECOND
        assert (
            one["ДниRegistrationPeriod"],
            one["ДниActionPeriod"],
            one["ДниActualActionPeriod"],
            one["ДниBasePeriod"],
        ) == tuple(
            hours_of(row["График"], wanted)
            for wanted in (_days((month, last)), _days(row["Action"]), left_of(rows, row), _days(row["Base"]))
        )


@relaxed
@given(records, st.booleans())
def test_the_base_of_a_record(base: Infobase, rows: list[Row], split: bool) -> None:
    expected: dict[tuple[Any, ...], Decimal] = {}
    for number, row in enumerate(rows, 1):
        if not row["Active"]:
            continue
        sums: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
        for other in rows:
            month = row["Base"][0].replace(day=1)
            if (
                other["Active"]
                and (row["CalculationType"], other["CalculationType"]) == (TYPE[2], TYPE[1])
                and month <= other["RegistrationPeriod"] <= row["Base"][1]
                and (split or other["Кто"] == row["Кто"])
            ):
                sums[other["Кто"] if split else row["Кто"],] += other["Результат"]
        expected |= {
            (number, *key): amount for key, amount in (sums or {("" if split else row["Кто"],): Decimal(0)}).items()
        }
    wanted = Base(PAY, (), (), ("Кто",)) if split else Base(PAY, ("Кто",), ("Кто",))
    with base.rehearsal() as session:
        write(session, rows)
        found = session.virtual(base_of(session.layout, session.meta(PAY), wanted, Condition()))
    view = "КтоViewPoint" if split else "Кто"
    assert {(row["LineNumber"], row[view]): row["РезультатBase"] for row in found} == expected


def test_virtual_tables_of_a_calculation_register_through_the_interface(base: Infobase) -> None:
    rows: list[Row] = [
        {
            "CalculationType": type_,
            "Кто": "Он",
            "График": "пять",
            "RegistrationPeriod": FIRST,
            "Action": period,
            "Base": period,
            "Результат": Decimal(100),
        }
        for type_, period in (
            (TYPE[0], (FIRST, FIRST + 31 * DAY - SECOND)),
            (TYPE[2], (FIRST + 9 * DAY, FIRST + 14 * DAY - SECOND)),
            (TYPE[1], (FIRST, FIRST + 31 * DAY - SECOND)),
        )
    ]
    with base.transaction() as session:
        write(session, rows)
    asking = Asking(base)
    pieces = asking.rows(f"{PAY}/ActualActionPeriod(Condition='CalculationType_Key eq guid''{TYPE[0].id}''')")
    assert sorted((row["BegOfActionPeriod"], row["EndOfActionPeriod"]) for row in pieces) == [
        ("2026-01-01T00:00:00", "2026-01-09T23:59:59"),
        ("2026-01-15T00:00:00", "2026-01-31T23:59:59"),
    ]
    (plan,) = asking.rows(f"{PAY}/ScheduleData?Condition=LineNumber eq 1&$select=ДниActionPeriod,ДниActualActionPeriod")
    assert plan == {"ДниActionPeriod": 22 * 7, "ДниActualActionPeriod": (22 - 3) * 7}
    table = "BaseНачисления(MainRegisterDimensions='Кто',BaseRegisterDimensions='Кто',ViewPoints='CalculationType')"
    (found,) = asking.rows(f"{PAY}/{table}?$filter=LineNumber eq 2")
    assert found["РезультатBase"] == 100
    assert asking.refusal("GET", f"{PAY}/ScheduledData()")[:2] == (400, "6")
    assert asking.refusal("GET", f"{PAY}/ActualActionPeriod(Period=datetime'2026-01-01T00:00:00')")[:2] == (501, "0")
    assert asking.refusal("GET", f"{PAY}/BaseНачисления(MainRegisterDimensions='Кто')")[:2] == (400, "14")
    assert asking.refusal("GET", f"{PAY}/BaseНачисления(MainRegisterDimensions='Нет',BaseRegisterDimensions='Кто')")[
        :2
    ] == (400, "6")
    (kept,) = [row for row in asking.rows(f"{PAY}_RecordType?$filter=LineNumber eq 2") if row["LineNumber"] == "2"]
    assert (kept["RegistrationPeriod"], kept["ReversingEntry"]) == ("2026-01-01T00:00:00", False)
    with base.transaction() as session:
        session.clear_records(PAPERS[0])
