"""Functions of the query language in PostgreSQL give the answers of the Python ones."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from harness.onec.values import format_datetime
from stand.emulator.database import functions
from stand.emulator.database.dialect import dialect_of
from stand.emulator.database.infobase import Infobase
from tests.stand.emulator.sample import sample_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stand.emulator.database.connection import Connection

relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
moments = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)).map(  # noqa: DTZ001 - dates of 1C are naive
    lambda moment: format_datetime(moment.replace(microsecond=0))
)
units = st.sampled_from(sorted(functions.UNITS))
numbers = st.integers(-(10**18), 10**18)


@pytest.fixture(scope="module")
def connection(postgres_address: str) -> Iterator[Connection]:
    place = postgres_address.format(name="functions")
    Infobase.create(place, sample_configuration()).close()
    with closing(dialect_of(place).connect()) as found:
        yield found
    Infobase.remove(place)


def one(connection: Connection, sql: str, *values: Any) -> Any:
    return connection.execute(f"SELECT {sql}", values).fetchone()[0]


@relaxed
@given(st.text("абя-%_[]^.*\\я", max_size=8), st.text("абя-%_[]^.*\\я", max_size=8))
@example("]", "[]]")
@example("а\nб", "а_б")
@example("в", "[а-я]")
@example("к", "[^к]")
@example("-", "[я-а]")
@example("x", "%x%")
@example("-", "[--а]")
@example("а", "[а--]")
def test_like(connection: Connection, text: str, pattern: str) -> None:
    assert one(connection, "onec_like(?, ?)", text, pattern) == int(functions.like(text, pattern))


@relaxed
@given(moments, units, st.one_of(st.integers(-50_000, 50_000), st.integers(-(10**12), 10**12)))
@example("2024-01-31T00:00:00", "month", 1)
@example("9999-12-31T23:59:59", "second", 1)
@example("0001-01-01T00:00:00", "year", -1)
@example("0001-01-01T00:00:00", "week", -500_000)
@example("0001-01-01T00:00:00", "quarter", 39_995)
def test_dateadd(connection: Connection, moment: str, unit: str, count: int) -> None:
    assert one(connection, "onec_dateadd(?, ?, ?)", moment, unit, count) == functions.date_add(moment, unit, count)


@relaxed
@given(moments, moments, units)
def test_datediff(connection: Connection, first: str, second: str, unit: str) -> None:
    assert one(connection, "onec_datediff(?, ?, ?)", first, second, unit) == functions.date_difference(
        first, second, unit
    )


@relaxed
@given(
    moments,
    st.sampled_from(["year", "quarter", "month", "day", "dayofyear", "dayofweek", "hour", "minute", "second"]),
)
def test_part(connection: Connection, moment: str, part: str) -> None:
    assert one(connection, "onec_part(?, ?)", moment, part) == functions.date_part(moment, part)


@relaxed
@given(numbers, st.integers(0, 6), numbers, st.integers(0, 6))
@example(-7, 0, 2, 0)
@example(1, 0, 0, 0)
def test_div(connection: Connection, a: int, scale_a: int, b: int, scale_b: int) -> None:
    found = one(connection, f"onec_div(?, {scale_a}, ?, {scale_b})", a, b)
    assert found == functions.divide(a, scale_a, b, scale_b)


@relaxed
@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_number(connection: Connection, number: object) -> None:
    assert one(connection, "onec_number(?, 10)", f"{number}") == functions.number_of(f"{number}", 10)


@pytest.mark.parametrize("sql", ["onec_like(NULL, 'а')", "onec_dateadd(NULL, 'day', 1)", "onec_part(NULL, 'year')"])
def test_nothing_of_nothing(connection: Connection, sql: str) -> None:
    assert one(connection, sql) is None


def test_what_sqlite_has(connection: Connection) -> None:
    assert one(connection, "instr(?, ?)", "абв", "в") == 3
    assert one(connection, "substr(?, ?)", "абвг", -2) == "вг"
    assert one(connection, "substr(?, ?, ?)", "абвг", 2, 2) == "бв"
    assert one(connection, "substr(?, ?, ?)", "абвг", -3, 2) == "бв"
