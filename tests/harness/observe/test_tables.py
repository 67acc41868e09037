from __future__ import annotations

import dataclasses
import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow.parquet as pq
import pytest

from harness.observe import tables as module
from harness.observe.kinds import ColumnKind
from harness.observe.pseudonyms import PREFIX, Pseudonyms, load_key
from harness.observe.tables import TableSpec, column_kinds, write_table
from harness.onec.names import EMPTY_REF

if TYPE_CHECKING:
    from pathlib import Path


def stored(folder: Path, rows: Any, **spec: Any) -> list[dict[str, Any]]:
    path = folder / "t.parquet"
    assert write_table(path, rows, TableSpec(**spec), Pseudonyms(b"k")) == len(pq.read_table(path))
    read: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return read


def test_values_come_back_exactly(tmp_path: Path) -> None:
    guid = str(uuid.uuid4())
    row = {
        "text": "Стол",
        "number": Decimal("12345678901234567.89"),
        "whole": 7,
        "moment": datetime.fromisoformat("2026-01-31T12:00:05"),
        "flag": False,
        "guid": guid,
        "nested": {"b": [1, None], "a": "x"},
        "nothing": None,
    }

    (read,) = stored(tmp_path, [row])

    assert read == row | {"guid": uuid.UUID(guid), "nested": '{"a":"x","b":[1,null]}', "number": row["number"]}
    assert column_kinds(tmp_path / "t.parquet") == {
        "text": ColumnKind.TEXT,
        "number": ColumnKind.NUMBER,
        "whole": ColumnKind.NUMBER,
        "moment": ColumnKind.DATETIME,
        "flag": ColumnKind.BOOLEAN,
        "guid": ColumnKind.TEXT,
        "nested": ColumnKind.JSON,
        "nothing": ColumnKind.UNKNOWN,
    }


def test_nothing_and_emptiness_are_told_apart(tmp_path: Path) -> None:
    rows = [
        {"text": None, "ref": None, "date": None},
        {"text": "", "ref": EMPTY_REF, "date": datetime.fromisoformat("0001-01-01")},
        {"text": " ", "ref": str(uuid.UUID(int=1)), "date": date(2026, 1, 1)},
    ]

    read = stored(tmp_path, rows)

    assert [row["text"] for row in read] == [None, "", " "]
    assert [row["ref"] for row in read] == [None, uuid.UUID(int=0), uuid.UUID(int=1)]
    assert [row["date"] for row in read] == [
        None,
        datetime.fromisoformat("0001-01-01"),
        datetime.fromisoformat("2026-01-01"),
    ]


def test_values_of_several_kinds_in_one_column_stay_apart(tmp_path: Path) -> None:
    read = stored(
        tmp_path, [{"v": "1"}, {"v": 1}, {"v": Decimal("1.0")}, {"v": True}, {"v": None}, {"v": date(2026, 1, 1)}]
    )

    assert [row["v"] for row in read] == ["s:1", "n:1", "n:1", "b:true", None, "d:2026-01-01T00:00:00"]


def test_number_too_long_for_a_decimal_keeps_its_digits(tmp_path: Path) -> None:
    long = Decimal("1" * 39)

    (read,) = stored(tmp_path, [{"n": long}])

    assert Decimal(read["n"]) == long
    assert column_kinds(tmp_path / "t.parquet") == {"n": ColumnKind.NUMBER}


def test_rows_may_be_structures_and_have_different_columns(tmp_path: Path) -> None:
    @dataclasses.dataclass
    class First:
        a: int

    class Second(msgspec.Struct):
        b: str

    read = stored(tmp_path, [First(1), Second("x"), {"c": True}])

    assert read == [{"a": 1, "b": None, "c": None}, {"a": None, "b": "x", "c": None}, {"a": None, "b": None, "c": True}]


def test_declared_columns_exist_in_an_empty_table(tmp_path: Path) -> None:
    assert stored(tmp_path, [], types={"Ref_Key": "Edm.Guid", "Сумма": "number", "Дата": "Edm.DateTime"}) == []

    assert column_kinds(tmp_path / "t.parquet") == {
        "Ref_Key": ColumnKind.TEXT,
        "Сумма": ColumnKind.NUMBER,
        "Дата": ColumnKind.DATETIME,
    }


def test_row_or_value_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="словарём"):
        stored(tmp_path, [1])
    with pytest.raises(TypeError, match="object"):
        stored(tmp_path, [{"a": object()}])
    assert not list(tmp_path.iterdir())


def test_long_table_is_written_piece_by_piece_and_widens_its_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    guid = str(uuid.UUID(int=5))
    rows = [
        {"n": 1, "g": guid, "m": "x", "e": None},
        {"n": 2, "g": None, "m": "y", "e": None},
        {"n": Decimal("0.125"), "g": "не GUID", "m": 5, "e": None},
        {"n": None, "g": guid, "m": {"a": 1}, "e": None},
        {"n": 10**20, "g": guid, "m": "z", "e": True, "new": "n"},
    ]

    read = stored(tmp_path, iter(rows))

    assert [row["n"] for row in read] == [1, 2, Decimal("0.125"), None, 10**20]
    assert [row["g"] for row in read] == [guid, None, "не GUID", guid, guid]
    assert [row["m"] for row in read] == ["s:x", "s:y", "n:5", 'j:{"a":1}', "s:z"]
    assert [row["e"] for row in read] == [None, None, None, None, True]
    assert [row["new"] for row in read] == [None, None, None, None, "n"]
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_personal_columns_are_pseudonyms_that_still_join(tmp_path: Path) -> None:
    rows = [
        {"person": "Иванова Мария"},
        {"person": "Петров Пётр"},
        {"person": "Иванова Мария"},
        {"person": ""},
        {"person": None},
    ]

    read = [row["person"] for row in stored(tmp_path, rows, personal=["person"])]

    assert read[0] == read[2] != read[1]
    assert read[0].startswith(PREFIX)
    assert read[3:] == ["", None]
    assert "Иванова".encode() not in (tmp_path / "t.parquet").read_bytes()


def test_pseudonyms_depend_on_the_key(tmp_path: Path) -> None:
    first, second = load_key(tmp_path / "a" / "key"), load_key(tmp_path / "b" / "key")

    assert load_key(tmp_path / "a" / "key") == first != second
    assert Pseudonyms(first).of("Иванова") != Pseudonyms(second).of("Иванова")


def test_registered_secret_does_not_reach_a_table(tmp_path: Path) -> None:
    from harness.record import add_secret

    add_secret("Тайное-слово-таблицы")

    (read,) = stored(tmp_path, [{"a": "до Тайное-слово-таблицы после"}])

    assert read["a"] == "до *** после"
