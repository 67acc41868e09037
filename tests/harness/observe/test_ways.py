"""The short way of comparing equal tables says what the long one says; the engine keeps nothing between two comparisons."""

from __future__ import annotations

import tempfile
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import UUID

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.observe import compare_tables, table_keys
from harness.observe.pseudonyms import Pseudonyms
from harness.observe.sql import Engine, connect
from harness.observe.table_keys import unique
from harness.observe.tables import TableSpec, write_table
from harness.record.files import sha256_file
from harness.record.models import Observation, ObservationKind, Phase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.record.models import Difference

GUIDS = st.sampled_from([str(UUID(int=number)) for number in range(3)])
CELLS = st.one_of(st.none(), st.sampled_from(["", " ", "a", "1"]))
KEYS = (
    st.tuples(CELLS, st.integers(0, 2)),
    st.tuples(GUIDS, st.sampled_from([Decimal("1.0"), Decimal("1.00"), Decimal(2), None])),
    st.tuples(st.sampled_from([None, datetime(1, 1, 1), datetime(2026, 1, 1)]), st.booleans()),  # noqa: DTZ001 - dates of 1C have no zone
    st.tuples(st.one_of(CELLS, st.integers(0, 1)), st.none()),
)
TABLES = st.one_of([st.lists(keys, max_size=8) for keys in KEYS])


def written(folder: Path, rows: Sequence[dict[str, Any]]) -> list[Observation]:
    """The same table, observed in both phases."""
    seen = []
    definition = {"key": ["К", "Л.М"], "tolerance": {}, "ordered": True, "mask": [], "growing": []}
    for phase in Phase:
        path = folder / f"{phase.value}.parquet"
        write_table(path, rows, TableSpec(types={"К": "text"} if not rows else {}), Pseudonyms(b"key"))
        seen.append(
            Observation(
                scenario="A-1",
                name="t",
                kind=ObservationKind.TABLE,
                phase=phase,
                file=path.name,
                digest=sha256_file(path),
                title="Таблица",
                definition=definition,
            )
        )
    return seen


@settings(max_examples=60, deadline=None)
@given(TABLES)
def test_equal_tables_come_to_the_same_by_either_way(keys: list[tuple[Any, Any]]) -> None:
    rows = [{"К": first, "Л.М": second, "З": number} for number, (first, second) in enumerate(keys)]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        sides = written(Path(name), rows)
        short = compare_tables.compare_tables(Path(name), *sides)
        patch.setattr(table_keys, "SMALL", -1)  # the engine tells of every table
        assert short == compare_tables.compare_tables(Path(name), *sides)


def test_repeated_keys_of_equal_tables_are_told(tmp_path: Path) -> None:
    rows = [{"К": key, "Л.М": None, "З": 1} for key in ("b", "a", "a", None, None)]
    found: list[Difference] = compare_tables.compare_tables(tmp_path, *written(tmp_path, rows))

    assert [(one.cls.value, one.added, one.removed) for one in found] == [("duplicate-key", 2, 2)]


def test_a_large_table_is_left_to_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, [{"К": 1}, {"К": 2}, {"К": 3}], TableSpec(), Pseudonyms(b"key"))

    assert unique(path, ["К"], 3)
    monkeypatch.setattr(table_keys, "SMALL", 2)
    assert not unique(path, ["К"], 3)


def test_what_one_comparison_made_another_does_not_see_and_no_memory_holds() -> None:
    with connect() as one:
        one.execute("CREATE TEMP TABLE t AS SELECT range AS i FROM range(1000000)")
        with connect() as other, pytest.raises(duckdb.CatalogException):
            other.execute("SELECT * FROM t")
    with connect() as later:
        (held,) = later.execute("SELECT coalesce(sum(memory_usage_bytes), 0) FROM duckdb_memory()").fetchone() or (0,)

    assert held < 1_000_000


def test_the_engine_is_limited_and_reaches_for_nothing() -> None:
    with connect() as connection:
        known = dict(connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())

    assert known["memory_limit"] == "953.6 MiB"
    assert (known["autoinstall_known_extensions"], known["autoload_known_extensions"]) == ("false", "false")
    assert known["enable_external_file_cache"] == "false"


def test_a_file_written_anew_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    for number in (1, 2):
        write_table(path, [{"К": number}], TableSpec(), Pseudonyms(b"key"))
        with connect() as connection:
            table = connection.read_parquet(path.as_posix())
            assert table.fetchall() == [(Decimal(number),)]


def test_threads_share_an_engine_that_can_be_closed_and_used_again() -> None:
    engine = Engine()
    said: list[Any] = []

    def ask() -> None:
        with engine.cursor() as cursor:
            said.append(cursor.execute("SELECT sum(range) FROM range(1000)").fetchone())

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.close()
    ask()
    engine.close()

    assert said == [(499500,)] * 5
